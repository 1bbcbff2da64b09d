"""What jobs are forked from: a process that has seen nothing of any job, and as few pages of memory as possible.

A zygote gets a header and descriptors, forks, waits, and reports how its child ended. Only the child reads the job's
payload. A fork costs what the parent's memory and the child's writes to it cost, so that there are several zygotes: a
``lean`` one for answers that import nothing (this file alone is loaded), others with modules loaded that answers use.

This file and start.py, executed one after the other in one namespace, are the whole program of a lean zygote and its
jobs: they must import nothing that is not built in or tiny.

Descriptors of a job: 0, 1, 2 as ever; 3 its own memory file (payload first, then the rows that it writes); 4 the
channel between candidate and judge, if there is one. A row: 4 bytes of length, one byte of kind, the data.
"""

from __future__ import annotations

import _socket
import gc
import marshal
import os
import resource
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List, Optional, Tuple

CONTROL, ALARM_WRITE, ALARM_READ = 3, 4, 5
MEMORY, CHANNEL = 3, 4
FAULT = 70

LOADED, FAILED, MARSHALLED, DIGEST, PLAIN, RAISED = b"L", b"F", b"m", b"d", b"p", b"x"

config: Dict[str, Any] = globals().get("config", {})  # PID 1 has put it there before this file is executed
plain: Any = None
extra: Any = None  # the namespace of candidate.py or judge.py, in zygotes that have it


def write_row(kind: bytes, data: bytes = b"") -> None:
    """Add one row to the job's memory file; one write each, so that what is done survives a crash."""
    row = (len(data) + 1).to_bytes(4, "big") + kind + data
    while row:
        row = row[os.write(MEMORY, row) :]


def describe(error: BaseException, program: str = "<answer>") -> Tuple[str, str]:
    """An exception as two short texts; runs in the process that raised it, because ``__str__`` may be hostile."""
    try:
        message = str(error)[:500]
    except BaseException as second:
        message = "(its message cannot be shown: %s)" % type(second).__name__
    line = None
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == program:
            line = trace.tb_lineno
        trace = trace.tb_next
    if line is not None and not isinstance(error, SyntaxError):
        message = ("%s (%s line %d)" % (message, program.strip("<>"), line)).strip()
    return type(error).__name__[:100], message


def write_error(kind: bytes, error: BaseException) -> None:
    """A row that tells of an exception."""
    name, message = describe(error)
    write_row(kind, (name + "\0" + message).encode("utf-8", "backslashreplace"))


# --- what an answer runs in ---


def load_answer(source: str, name: str) -> Any:
    """Execute the answer as a module of that name and return the module."""
    module = type(sys)(name)
    module.__dict__["__builtins__"] = __builtins__
    sys.modules[name] = module
    code = compile(source, "<answer>", "exec", dont_inherit=True)
    exec(code, module.__dict__)
    return module


def load_entry(source: str, entry: Optional[str]) -> Any:
    """The answer's module, in which ``entry`` can be called."""
    module = load_answer(source, "answer")
    if entry is not None and not callable(getattr(module, entry, None)):
        raise NameError("the answer does not define %s" % entry)
    return module


ATOMS = frozenset((int, float, bool, str, type(None), bytes, complex))


def is_exact(value: Any, depth: int = 0) -> bool:
    """Whether a value is made of the exact types that marshal writes one to one (it takes buffers for bytes)."""
    kind = type(value)
    if kind in ATOMS:
        return True
    if depth > 150:
        return False
    if kind is list or kind is tuple or kind is set or kind is frozenset:
        return ATOMS.issuperset(map(type, value)) or all(is_exact(item, depth + 1) for item in value)
    if kind is dict:
        for part in (value, value.values()):
            if not (ATOMS.issuperset(map(type, part)) or all(is_exact(item, depth + 1) for item in part)):
                return False
        return True
    return False


def write_value(value: Any, large: Optional[int]) -> None:
    """A row that tells what a call returned: by its digest when it takes more than ``large`` bytes."""
    if is_exact(value):
        # Version 2 has no references and no interning, so that equal values of equal types give equal bytes.
        data = marshal.dumps(value, 2)
        if large is None or len(data) <= large:
            write_row(MARSHALLED, data)
        else:
            write_row(DIGEST, digest(data))
        return
    write_row(PLAIN, codec().dumps(value, reduce=True).encode("ascii"))


def digest(data: bytes) -> bytes:
    """BLAKE2b with 32 bytes."""
    try:
        from _blake2 import blake2b
    except ImportError:
        from hashlib import blake2b
    return blake2b(data, digest_size=32).digest()


def codec() -> Any:
    """The strict codec, which a lean job loads only for what marshal cannot write."""
    global plain
    if plain is None:
        plain = load_source("plain", config["codec"]["plain"])
        load_source("plain_arrays", config["codec"]["plain_arrays"])
    return plain


def run_calls(header: Dict[str, Any]) -> None:
    """Answer a list of calls: two marshalled objects, (source, entry point, large) and the calls.

    A call is a tuple of arguments, bytes (such a tuple in the strict codec) or a text (Python source of arguments).
    """
    data = read_payload(header["bytes"])
    source, entry, large = marshal.loads(data[: header["first"]])
    calls = marshal.loads(data[header["first"] :])
    del data
    ready()
    try:
        module = load_entry(source, entry)
    except BaseException as error:
        write_error(FAILED, error)
        return
    write_row(LOADED)
    function = getattr(module, entry) if entry is not None else None
    for call in calls:
        try:
            kind = type(call)
            if kind is str:
                call = eval(compile("(" + call + "\n,)", "<arguments>", "eval"), module.__dict__)
            elif kind is bytes:
                call = codec().loads(call.decode("ascii"))
            value = call if function is None else function(*call)
        except BaseException as error:
            write_error(RAISED, error)
            continue
        try:
            write_value(value, large)
        except BaseException as error:
            if plain is not None and isinstance(error, plain.PlainError):
                write_row(RAISED, ("unplain\0" + str(error)).encode("utf-8", "backslashreplace"))
            else:
                write_error(RAISED, error)


# --- becoming a job ---


def read_payload(length: int) -> bytes:
    """The job's payload; only from here on is foreign data in this process."""
    parts = []
    while length:
        part = os.read(MEMORY, length)
        if not part:
            raise EOFError("the payload is short")
        parts.append(part)
        length -= len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def read_dict(header: Dict[str, Any]) -> Any:
    """The job's payload as the marshalled object that it is."""
    return marshal.loads(read_payload(header["bytes"]))


def ready() -> None:
    """Close the last way to the zygote: from here on, what goes wrong is the answer's doing."""
    os.close(ALARM_WRITE)


def prepare(header: Dict[str, Any], fds: List[int]) -> None:
    """Make the forked process a job's own: descriptors, limits, user."""
    global ALARM_WRITE
    os.setsid()
    kept = fds[-1] + 1
    os.dup2(ALARM_WRITE, kept)
    ALARM_WRITE = kept
    # Opened anew: what a job does to an open file (its flags, a lock) would else be there for all that come after it.
    null = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(null, standard)
    os.close(null)
    # In this order: memory file; then the channel, or the program's input and output.
    os.dup2(fds[0], MEMORY)
    first_free = MEMORY + 1
    if header["kind"] == "program":
        os.dup2(fds[1], 0)
        os.dup2(fds[2], 1)
    elif len(fds) > 1:
        os.dup2(fds[1], CHANNEL)
        first_free = CHANNEL + 1
    os.closerange(first_free, kept)
    set_limits(header)
    uid = header["uid"]
    if uid:
        os.setresgid(header["gid"], header["gid"], header["gid"])
        os.setresuid(uid, uid, uid)
    if header["home"]:
        os.chdir(header["home"])


def set_limits(header: Dict[str, Any]) -> None:
    """Resource limits; they only ever go down."""
    cpu = header["cpu_s"]
    limits = [
        (resource.RLIMIT_AS, header["memory"], header["memory"]),
        (resource.RLIMIT_FSIZE, header["file"], header["file"]),
        # The soft limit ends a job with SIGXCPU, which names the reason; the hard one ends those that ignore it.
        (resource.RLIMIT_CPU, cpu, cpu + 1),
    ]
    if header["processes"]:
        limits.append((resource.RLIMIT_NPROC, header["processes"], header["processes"]))
    for kind, soft, hard in limits:
        try:
            resource.setrlimit(kind, (soft, hard))
        except ValueError:  # over a hard limit that is in force already: that one holds
            _, hard = resource.getrlimit(kind)
            resource.setrlimit(kind, (min(soft, hard), hard))


def become_job(header: Dict[str, Any], fds: List[int]) -> None:
    """Everything that a forked child does; it never returns."""
    try:
        if header["kind"] == "zygote":
            become_zygote(header, fds)
        try:
            prepare(header, fds)
            run = run_calls if header["kind"] == "calls" else extra["RUN"][header["kind"]]
        except BaseException as error:
            # Nothing of the answer has run: this is the sandbox's fault, and only this process can tell.
            os.write(ALARM_WRITE, ("%s: %s" % (type(error).__name__, error)).encode("utf-8", "replace")[:500])
            os._exit(FAULT)
        run(header)
        os._exit(0)
    finally:
        os._exit(FAULT)


# --- the fork server ---


def load_source(name: str, source: str) -> Any:
    """A module from its source; what it needs of this one's names is given to it."""
    module = type(sys)(name)
    sys.modules[name] = module  # dataclasses and the like look for it there
    exec(compile(source, "<%s>" % name, "exec", dont_inherit=True), module.__dict__)
    return module


def become_zygote(header: Dict[str, Any], fds: List[int]) -> None:
    """A zygote of another kind, made from this one because all its modules are loaded already: a child of PID 1."""
    if os.fork():
        os._exit(0)  # the new one is an orphan now
    for target, fd in enumerate(fds, CONTROL):
        os.dup2(fd, target)
    os.closerange(CONTROL + len(fds), 128)
    os.environ.update(header["environment"])
    os.chdir(header["home"])
    load_border(config["judge"])
    serve()


def load_border(sources: List[str]) -> None:
    """Load what jobs run that are more than a batch of calls."""
    global extra
    codec()
    extra = {"__name__": "border", "plain": plain, "zygote": sys.modules["__main__"]}
    for source in sources:
        exec(compile(source, "<border>", "exec", dont_inherit=True), extra)


def strays() -> bool:
    """Whether this process has children that it did not fork itself (a job can make some with CLONE_PARENT)."""
    try:
        os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        return False
    return True


def read_alarm() -> str:
    """What a child could not tell otherwise, or nothing."""
    try:
        return os.read(ALARM_READ, 500).decode("utf-8", "replace")
    except BlockingIOError:
        return ""


def serve() -> None:
    """Say that all is loaded, then fork a job for each packet until PID 1 hangs up."""
    control = _socket.socket(fileno=CONTROL)
    os.set_blocking(ALARM_READ, False)
    gc.collect()
    gc.freeze()
    control.send(marshal.dumps(os.getpid(), 2))
    while True:
        data, ancillary, _, _ = control.recvmsg(4096, 64)
        if not data:
            os._exit(0)
        sent = ancillary[0][2]
        fds = [int.from_bytes(sent[at : at + 4], sys.byteorder) for at in range(0, len(sent), 4)]
        try:
            pid = os.fork()
        except OSError as error:
            pid = -1
            fault = "fork: %s" % error
        if pid == 0:
            become_job(marshal.loads(data), fds)
        for fd in fds:
            os.close(fd)
        status, cpu_s, rss_kb = FAULT << 8, 0.0, 0
        if pid > 0:
            _, status, usage = os.wait4(pid, 0)
            cpu_s, rss_kb = usage.ru_utime + usage.ru_stime, usage.ru_maxrss
            fault = read_alarm() if os.WIFEXITED(status) and os.WEXITSTATUS(status) == FAULT else ""
        control.send(marshal.dumps((status, cpu_s, rss_kb, strays(), fault), 2))
