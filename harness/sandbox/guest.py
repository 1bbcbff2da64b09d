"""The program inside the sandbox: standard library only, Python 3.8 or later, sent over standard input at every start.

Processes and what each may know:

    warden   (PID 1)  forks jobs, sets their limits, kills and wipes after them; never sees an answer, a test or a reply
    relay             carries bytes between the host and the jobs; never forks, never runs foreign code
    candidate         one per job: runs the answer; holds its source and the inputs, nothing else
    judge             one per check job: runs the test program, calls the candidate, reports to the relay

A job's payload travels host -> relay -> memory file -> job, so no byte of it is ever in the memory that later jobs are
forked from. Nothing a candidate prints, returns or exits with is a verdict: it only ever answers calls.

Modes: ``uids`` (PID 1 with CAP_SETUID, SETGID, KILL and DAC_OVERRIDE: candidate and judge get users of their own, and a
job's leftovers are killed by user), ``single`` (one user; the host throws the whole sandbox away after each job) and
``open`` (no isolation at all, for trusted code: only process groups are killed).

Frames on standard input and output: 4 bytes length (big endian), then the bytes.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]
import array
import atexit

# Modules that many answers import: loading them once here makes every fork cheaper.
import bisect  # noqa: F401
import builtins
import gc
import hashlib
import json
import marshal
import math
import os
import resource
import select
import shutil
import signal
import socket
import struct
import sys
import time
import types

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List, Optional, Tuple

    from ...benchmarks import plain
else:
    plain = None  # the codec module; set by main() from the source that the host sends

MAX_FRAME = 256 * 1024 * 1024
MAX_RESULTS = 64 * 1024 * 1024
KEPT_OUTPUT = 16 * 1024
GRACE_S = 2.0
RELAY_KILLED = 75


# --- frames ---


def read_exact(fd: int, count: int) -> bytes:
    """Read ``count`` bytes or raise EOFError."""
    parts = []
    while count:
        part = os.read(fd, min(count, 1 << 20))
        if not part:
            raise EOFError
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def read_frame(fd: int) -> bytes:
    """Read one frame."""
    (length,) = struct.unpack(">I", read_exact(fd, 4))
    if length > MAX_FRAME:
        raise EOFError
    return read_exact(fd, length)


def write_all(fd: int, data: bytes) -> None:
    """Write everything."""
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]


def write_frame(fd: int, data: bytes) -> None:
    """Write one frame."""
    write_all(fd, struct.pack(">I", len(data)) + data)


_ENCODER = json.JSONEncoder(separators=(",", ":"))


def to_json(value: Any) -> bytes:
    """Compact ASCII JSON (lone surrogates survive)."""
    return _ENCODER.encode(value).encode("ascii")


def send_with_fds(sock: socket.socket, data: bytes, fds: List[int]) -> None:
    """One packet with file descriptors (socket.send_fds needs Python 3.9)."""
    sock.sendmsg([data], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))])


def receive_with_fds(sock: socket.socket) -> Tuple[bytes, List[int]]:
    """One packet and its file descriptors."""
    fds = array.array("i")
    data, ancillary, _, _ = sock.recvmsg(4096, socket.CMSG_LEN(8 * fds.itemsize))
    for level, kind, content in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            fds.frombytes(content[: len(content) - len(content) % fds.itemsize])
    return data, list(fds)


# --- candidate ---


def describe(error: BaseException, program: str = "<answer>") -> Dict[str, str]:
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
    return {"raised": type(error).__name__[:100], "message": message}


def load_answer(source: str, name: str) -> Any:
    """Execute the answer as a module of that name and return the module."""
    module = types.ModuleType(name)
    module.__dict__["__builtins__"] = builtins
    sys.modules[name] = module
    code = compile(source, "<answer>", "exec", dont_inherit=True)
    exec(code, module.__dict__)
    return module


def try_load(payload: Dict[str, Any]) -> Tuple[Any, Optional[Dict[str, str]]]:
    """The answer's module, or None and what went wrong."""
    try:
        module = load_answer(payload["source"], "answer")
        entry = payload["entry_point"]
        if entry is not None and not callable(getattr(module, entry, None)):
            return None, {"raised": "NameError", "message": "the answer does not define %s" % entry}
        return module, None
    except BaseException as error:
        return None, describe(error)


def call_one(function: Any, args: List[Any], kwargs: Dict[str, Any], large: Optional[int] = None) -> Dict[str, Any]:
    """Call and describe what came back as plain data, or by its digest when it is larger than ``large`` bytes."""
    try:
        value = function(*args, **kwargs)
    except BaseException as error:
        return describe(error)
    try:
        if large is not None and type(value) in (str, list, tuple, dict):
            try:
                flat = marshal.dumps(value, 2)  # version 2: no references, so equal values give equal bytes
            except ValueError:
                flat = b""
            if len(flat) > large:
                return {"digest": "marshal2-py%d.%d-%s" % (*sys.version_info[:2], hashlib.blake2b(flat).hexdigest())}
        return {"value": plain.encode(value, reduce=True)}
    except plain.PlainError as error:
        return {"raised": "unplain", "message": str(error)}
    except BaseException as error:
        return describe(error)


def candidate_calls(payload: Dict[str, Any], channel: int) -> None:
    """Answer a fixed list of calls; one frame each."""
    module, fault = try_load(payload)
    write_frame(channel, to_json({"loaded": fault is None, **(fault or {})}))
    if fault is not None:
        return
    entry = payload["entry_point"]
    function = getattr(module, entry) if entry is not None else None
    for call in payload["calls"]:
        if isinstance(call, str):
            reply = call_source(module, function, call, payload["large"])
        else:
            reply = call_one(function, [plain.decode(arg) for arg in call], {}, payload["large"])
        write_frame(channel, to_json(reply))


def call_source(module: Any, function: Any, source: str, large: Optional[int]) -> Dict[str, Any]:
    """A call whose arguments are Python source; without a function the arguments themselves are the result."""
    try:
        args = eval(compile("(" + source + "\n,)", "<arguments>", "eval"), module.__dict__)
    except BaseException as error:
        return describe(error)
    if function is None:
        return call_one(lambda: args, [], {})
    return call_one(function, list(args), {}, large)


def candidate_serve(payload: Dict[str, Any], channel: int) -> None:
    """Answer the judge's calls until it hangs up."""
    module, fault = try_load(payload)
    write_frame(channel, to_json({"loaded": fault is None, **(fault or {})}))
    if fault is not None:
        return
    function = getattr(module, payload["entry_point"])
    while True:
        try:
            request = json.loads(read_frame(channel))
        except EOFError:
            return
        args = [plain.decode(arg) for arg in request["args"]]
        kwargs = {name: plain.decode(arg) for name, arg in request["kwargs"].items()}
        write_frame(channel, to_json(call_one(function, args, kwargs)))


def candidate_program(payload: Dict[str, Any], channel: int) -> None:
    """Run the answer as a script; what it prints is its answer."""
    reply = {"finished": True}  # type: Dict[str, Any]
    try:
        load_answer(payload["source"], "__main__")
    except SystemExit as stop:
        try:
            reply = {"finished": stop.code in (None, 0), "raised": "SystemExit", "message": str(stop.code)[:200]}
        except BaseException as error:
            reply = {"finished": False, **describe(error)}
    except BaseException as error:
        reply = {"finished": False, **describe(error)}
    try:
        # What the interpreter does at its end: wait for threads, then run what was registered.
        threading = sys.modules.get("threading")
        if threading is not None:
            threading._shutdown()
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException as error:
        reply = {"finished": False, **describe(error)}
    try:
        write_frame(channel, to_json(reply))
    except OSError:
        # It closed every descriptor; how it ended can still be said by its exit status.
        os._exit(0 if reply["finished"] else 1)


def candidate_together(payload: Dict[str, Any], channel: int) -> None:
    """The answer and its test program in one process (unshielded): for tests that pass what cannot cross a border."""
    module, fault = try_load(payload)
    if fault is not None:
        report = {"verdict": "error", **fault}
    else:
        report = run_check(payload, getattr(module, payload["entry_point"]))
    write_frame(channel, to_json({"nonce": payload["nonce"], **report}))


CANDIDATES = {
    "calls": candidate_calls,
    "check": candidate_serve,
    "program": candidate_program,
    "together": candidate_together,
}


# --- judge ---


class AnswerError(Exception):
    """The answer raised an exception that has no builtin name, or returned something that is not plain data."""


class AnswerGone(BaseException):
    """The answer's process is gone; not an Exception, lest a test's ``except Exception`` take it for an error."""


class CannotCross(BaseException):
    """The test passes the answer something that is not plain data."""


class Proxy:
    """The candidate as the test program sees it: a function that calls across the border."""

    def __init__(self, channel: int) -> None:
        self.__channel = channel
        self.__broken = None  # type: Optional[BaseException]
        self.__raised = None  # type: Optional[BaseException]

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self.__broken is not None:
            raise self.__broken
        try:
            request = {
                "args": [plain.encode(arg) for arg in args],
                "kwargs": {name: plain.encode(arg) for name, arg in kwargs.items()},
            }
        except plain.TooDeep as error:
            # An answer can bring this about with what it returned before, and must not choose how it is judged.
            raise RecursionError(str(error)) from None
        except plain.PlainError as error:
            self.__broken = CannotCross(str(error))
            raise self.__broken from None
        reply = self.__ask(to_json(request))
        if "value" in reply:
            return plain.decode(reply["value"])
        self.__raised = self.__exception(str(reply.get("raised")), str(reply.get("message")))
        raise self.__raised

    def __ask(self, request: bytes) -> Dict[str, Any]:
        try:
            write_frame(self.__channel, request)
            reply = json.loads(read_frame(self.__channel))
            if not isinstance(reply, dict):
                raise ValueError("not a reply")
            return reply
        except (EOFError, OSError, ValueError, RecursionError):
            self.__broken = AnswerGone("the answer's process ended during a call")
            raise self.__broken from None

    @staticmethod
    def __exception(name: str, message: str) -> BaseException:
        known = getattr(builtins, name, None)
        if isinstance(known, type) and issubclass(known, Exception):
            try:
                return known(message)
            except TypeError:  # UnicodeDecodeError and its like want more arguments
                return AnswerError("%s: %s" % (name, message))
        return AnswerError("%s: %s" % (name, message))

    def state(self) -> Tuple[Optional[BaseException], Optional[BaseException]]:
        """What broke the channel, and the last exception that the answer raised."""
        return self.__broken, self.__raised


def run_prelude(source: str, namespace: Dict[str, Any]) -> None:
    """Execute the prelude; a HumanEval prompt may end in a signature, which a ``pass`` completes."""
    if not source.strip():
        return
    try:
        code = compile(source, "<prelude>", "exec", dont_inherit=True)
    except SyntaxError:
        code = compile(source.rstrip() + "\n    pass\n", "<prelude>", "exec", dont_inherit=True)
    exec(code, namespace)


def run_check(payload: Dict[str, Any], candidate: Any) -> Dict[str, Any]:
    """Run the test program on a candidate (a proxy, or the function itself) and say what it found."""
    module = types.ModuleType("tests")
    sys.modules["tests"] = module
    namespace = module.__dict__
    try:
        run_prelude(payload["prelude"], namespace)
        namespace[payload["entry_point"]] = candidate
        namespace["VALUES"] = plain.decode(payload["values"])
        exec(compile(payload["program"], "<tests>", "exec", dont_inherit=True), namespace)
        namespace["check"](candidate)
    except AssertionError as error:
        raised = candidate.state()[1] if isinstance(candidate, Proxy) else None
        return {"verdict": "error" if error is raised else "wrong", **describe(error, "<tests>")}
    except CannotCross as error:
        return {"verdict": "cannot_cross", **describe(error)}
    except BaseException as error:
        return {"verdict": "error", **describe(error, "<tests>")}
    return {"verdict": "pass", "raised": "", "message": ""}


def judge(payload: Dict[str, Any], channel: int, report: int) -> None:
    """Wait until the candidate has loaded, run the tests against it, report."""
    try:
        loaded = json.loads(read_frame(channel))
        if loaded.get("loaded") is not True:
            found = {"verdict": "error", "raised": str(loaded.get("raised")), "message": str(loaded.get("message"))}
            write_frame(report, to_json({"load": True, **found}))
            return
    except (EOFError, OSError, ValueError, AttributeError, RecursionError):
        gone = "the answer's process ended while loading"
        write_frame(report, to_json({"verdict": "gone", "raised": "", "message": gone}))
        return
    proxy = Proxy(channel)
    found = run_check(payload, proxy)
    broken, _ = proxy.state()
    # Whatever the test program made of it, a broken channel is never a pass.
    if isinstance(broken, CannotCross):
        found = {"verdict": "cannot_cross", "raised": "", "message": str(broken)}
    elif broken is not None:
        found = {"verdict": "gone", "raised": "", "message": str(broken)}
    write_frame(report, to_json(found))


# --- warden ---


def become(uid: int) -> None:
    """Give up every right and become this user."""
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)


def set_limits(limits: Dict[str, Any], role: int, open_mode: bool) -> None:
    """Resource limits of a candidate or a judge; they only ever go down."""
    # The judge's own work is not the answer's: only the wall clock bounds it.
    cpu = max(1, math.ceil(limits["wall_s"] if role == 1 else limits["cpu_s"]))
    memory = int(limits["memory_mb"]) << 20
    wanted = [
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_FSIZE, int(limits["file_mb"]) << 20),
        (resource.RLIMIT_NOFILE, 128),
        (resource.RLIMIT_MSGQUEUE, 0),
    ]
    if not open_mode:  # in open mode the user's other processes would count
        wanted.append((resource.RLIMIT_NPROC, int(limits["processes"])))
    for kind, value in wanted:
        _, hard = resource.getrlimit(kind)
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (value, value))
    # The soft limit ends a job with SIGXCPU, which names the reason; the hard one ends those that ignore it.
    resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu + 1))


def prefer_as_oom_victim() -> None:
    """When memory runs out, the kernel should end the job and not the warden."""
    fd = os.open("/proc/self/oom_score_adj", os.O_WRONLY)
    os.write(fd, b"1000")
    os.close(fd)


def arrange(fds: List[int]) -> int:
    """Make ``fds`` the descriptors 0, 1, 2, ... and close all others; returns the last one's new number."""
    highest = max(fds) + len(fds) + 8
    moved = []
    for offset, fd in enumerate(fds):
        os.dup2(fd, highest + offset)
        moved.append(highest + offset)
    for target, fd in enumerate(moved):
        os.dup2(fd, target)
    os.closerange(len(fds), 4096)
    return len(fds) - 1


class Job:
    """One job's processes and what became of them."""

    def __init__(self, limits: Dict[str, Any], fds: List[int]) -> None:
        self.limits = limits
        self.fds = fds
        self.started = time.monotonic()
        self.candidate = 0
        self.judge = 0
        self.ended = {}  # type: Dict[int, Tuple[int, Any]]
        self.killed = ""
        self.candidate_wall = 0.0

    @property
    def done(self) -> bool:
        """Whether every process of the job that matters has ended."""
        return self.candidate in self.ended and (self.judge == 0 or self.judge in self.ended)


class Warden:
    """PID 1: starts jobs and leaves nothing of them behind."""

    def __init__(self, config: Dict[str, Any], relay: int, sock: socket.socket) -> None:
        self.mode = config["mode"]
        self.users = (config["uid"], config["uid"] + 1)
        self.relay = relay
        self.sock = sock
        self.wake_read, wake_write = os.pipe()
        os.set_blocking(self.wake_read, False)
        os.set_blocking(wake_write, False)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
        self.alarm_read, self.alarm_write = os.pipe()
        os.set_blocking(self.alarm_read, False)
        self.home = config["home"]
        if self.mode == "uids":
            os.chmod(self.home, 0o1777)
        self.priority = os.getpriority(os.PRIO_PROCESS, 0)
        self.watch_ipc = self.mode == "uids" and not ipc_is_off()
        self.clean_files = os.statvfs(self.home).f_ffree
        self.poll = select.poll()
        self.poll.register(self.wake_read, select.POLLIN)
        self.poll.register(self.sock, select.POLLIN)

    def serve(self) -> None:
        """Run jobs until the relay goes away."""
        gc.collect()
        gc.freeze()
        while True:
            try:
                data, fds = receive_with_fds(self.sock)
            except ConnectionResetError:  # it was killed with a report unread
                data, fds = b"", []
            if not data:
                self.relay_is_gone()
            limits = json.loads(data)
            if limits.get("abort"):
                continue  # it crossed with the job's end
            report = to_json(self.run(Job(limits, fds)))
            try:
                self.sock.send(report)
            except ConnectionError:
                self.relay_is_gone()

    def run(self, job: Job) -> Dict[str, Any]:
        """Start, watch, clean up, report."""
        job.candidate = self.fork(job, 0)
        if job.limits["kind"] == "check":
            job.judge = self.fork(job, 1)
        for fd in job.fds:
            os.close(fd)
        self.watch(job)
        clean = self.clean_up(job)
        return {**self.report(job), "clean": clean}

    def fork(self, job: Job, role: int) -> int:
        """Fork the candidate (role 0) or the judge (role 1)."""
        pid = os.fork()
        if pid:
            return pid
        try:
            try:
                payload = self.prepare(job, role)
            except BaseException as error:
                # Nothing of the answer has run: this is the sandbox's fault, and only this process can tell the warden
                # so.
                os.write(self.alarm_write, ("%s: %s" % (type(error).__name__, error)).encode("utf-8", "replace")[:500])
                os._exit(70)
            if role == 1:
                judge(payload, 3, 4)
            else:
                CANDIDATES[job.limits["kind"]](payload, 3)
            os._exit(0)
        finally:
            os._exit(70)

    def prepare(self, job: Job, role: int) -> Any:
        """Make the forked process a job's own: descriptors, limits, user; returns the job's payload."""
        # Each page a fork touches is copied. The signal module's own functions go through enums, 70 pages of them.
        _signal.set_wakeup_fd(-1)
        _signal.signal(_signal.SIGCHLD, _signal.SIG_DFL)
        _signal.signal(_signal.SIGINT, _signal.default_int_handler)
        os.setsid()
        null = os.open("/dev/null", os.O_RDWR)
        payload_fd, channel, extra = job.fds[3 * role : 3 * role + 3]
        data = read_exact(payload_fd, os.fstat(payload_fd).st_size)
        # Only now is foreign data in this process; the warden's own memory stays free of it.
        if role == 1:
            outputs = [null, null, channel, extra]
        elif job.limits["kind"] == "program":
            outputs = [extra, null, channel]  # what a program says on standard error is no part of its answer
        else:
            outputs = [extra, extra, channel]
        self.alarm_write = arrange([null, *outputs, self.alarm_write])
        os.umask(0o077)
        set_limits(job.limits, role, self.mode == "open")
        if self.mode == "uids":
            prefer_as_oom_victim()
        if self.mode == "uids":
            become(self.users[role])
        os.chdir(self.home)
        payload = json.loads(data)
        del data
        if role == 0 and job.limits["kind"] == "program":
            set_stdin(payload.pop("stdin"))
        os.close(self.alarm_write)
        return payload

    def watch(self, job: Job) -> None:
        """Wait until the job is done, its time is over, or the relay calls it off."""
        deadline = job.started + job.limits["wall_s"]
        while True:
            self.reap(job)
            if job.done:
                return
            if job.judge in job.ended and job.candidate not in job.ended:
                job.killed = job.killed or "judged"
                return  # the verdict is in; the candidate is only waiting for calls
            if job.candidate in job.ended and not job.killed:
                # The judge sees the end of the channel and reports at once; do not wait long for it.
                deadline = min(deadline, time.monotonic() + GRACE_S)
                job.killed = "grace"
            left = deadline - time.monotonic()
            if left <= 0:
                if job.killed != "grace":
                    job.killed = "wall"
                return
            for fd, _ in self.poll.poll(left * 1000 + 1):
                if fd == self.wake_read:
                    drain(self.wake_read)
                    continue
                try:
                    called_off = bool(self.sock.recv(4096))
                except ConnectionResetError:
                    called_off = False
                if not called_off:
                    self.relay_is_gone()
                job.killed = "output"
                return

    def reap(self, job: Optional[Job]) -> None:
        """Collect every child that has ended."""
        while True:
            try:
                pid, status, usage = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if pid == self.relay:
                self.relay_is_gone(status)
            if job is not None and pid in (job.candidate, job.judge):
                job.ended[pid] = (status, usage)
                if pid == job.candidate:
                    job.candidate_wall = time.monotonic() - job.started

    def relay_is_gone(self, status: Optional[int] = None) -> None:
        """End everything. Where a job shares the relay's user it can kill the relay: the exit status tells the host."""
        if status is None:
            _, status = os.waitpid(self.relay, 0)
        os._exit(RELAY_KILLED if os.WIFSIGNALED(status) else 0)

    def clean_up(self, job: Job) -> bool:
        """Kill what is left, reap it, empty /tmp; False when the sandbox must be thrown away."""
        patience = time.monotonic() + GRACE_S
        if self.mode == "open":
            while not job.done and time.monotonic() < patience:
                for pid in (job.candidate, job.judge):
                    kill_group(pid)
                self.reap(job)
                time.sleep(0.0005)
            return job.done
        if self.mode == "single":
            # The host throws this sandbox away; until then nothing may hinder the relay from reporting.
            while children() != [self.relay] and time.monotonic() < patience:
                kill_all_but(self.relay)
                self.reap(job)
                time.sleep(0.0005)
            os.kill(self.relay, signal.SIGCONT)
            return False
        while True:
            self.reap(job)
            if children() == [self.relay]:
                break
            if time.monotonic() > patience:
                return False
            for uid in self.users:
                self.kill_user(uid)
            time.sleep(0.0002)
        return self.wipe() and self.untouched()

    def kill_user(self, uid: int) -> None:
        """SIGKILL every process of one user, atomically: kill(-1) as that user reaches exactly those."""
        # Only the effective user changes: with that user's real id too, its processes could send signals to this one.
        os.seteuid(uid)
        try:
            os.kill(-1, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            pass  # nothing of this user is left
        finally:
            os.seteuid(0)

    def untouched(self) -> bool:
        """Whether nothing of a job remains outside its processes and files."""
        if os.getpriority(os.PRIO_PROCESS, 0) != self.priority or os.sched_getscheduler(0) != os.SCHED_OTHER:
            return False  # a process of the same effective user may lower them while kill_user runs
        return not (self.watch_ipc and ipc_objects())

    def wipe(self) -> bool:
        """Empty the jobs' folder; whether it is as it was at the start."""
        if os.statvfs(self.home).f_ffree == self.clean_files:
            return True
        try:
            for entry in os.scandir(self.home):
                if entry.is_dir(follow_symlinks=False):
                    shutil.rmtree(entry.path)
                else:
                    os.unlink(entry.path)
        except OSError:
            return False
        return os.statvfs(self.home).f_ffree == self.clean_files

    def report(self, job: Job) -> Dict[str, Any]:
        """What the host needs to know about how the candidate ended."""
        status, usage = job.ended.get(job.candidate, (None, None))
        wall = job.candidate_wall or time.monotonic() - job.started
        found = {"killed": job.killed, "wall_s": wall, "exit": None, "signal": None, "cpu_s": 0.0, "rss_kb": 0}
        try:
            found["fault"] = os.read(self.alarm_read, 500).decode("utf-8", "replace")
        except BlockingIOError:
            found["fault"] = ""  # as it should be: every process of the job started
        if status is not None and usage is not None:
            found["exit"] = os.WEXITSTATUS(status) if os.WIFEXITED(status) else None
            found["signal"] = os.WTERMSIG(status) if os.WIFSIGNALED(status) else None
            found["cpu_s"] = usage.ru_utime + usage.ru_stime
            found["rss_kb"] = usage.ru_maxrss
        return found


def set_stdin(text: str) -> None:
    """Put a text behind descriptor 0 as a real file."""
    fd = os.memfd_create("stdin")
    write_all(fd, text.encode("utf-8", "surrogatepass"))
    os.lseek(fd, 0, os.SEEK_SET)
    os.dup2(fd, 0)
    os.close(fd)
    sys.stdin = open(0, encoding="utf-8", errors="surrogateescape", closefd=False)  # noqa: SIM115


def kill_group(pid: int) -> None:
    """SIGKILL a job process and its session's first group."""
    if pid:
        for kill in (os.killpg, os.kill):
            try:
                kill(pid, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                continue


def kill_all_but(spared: int) -> None:
    """SIGKILL every process but this one (PID 1) and one other."""
    for name in os.listdir("/proc"):
        if name.isdigit() and int(name) not in (os.getpid(), spared):
            try:
                os.kill(int(name), signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                continue


IPC_TABLES = ("/proc/sysvipc/shm", "/proc/sysvipc/msg", "/proc/sysvipc/sem")


def ipc_is_off() -> bool:
    """Whether the engine has forbidden System V shared memory, queues and semaphores."""
    try:
        for name in ("shmmni", "msgmni"):
            with open("/proc/sys/kernel/" + name) as stream:
                if stream.read().strip() != "0":
                    return False
    except FileNotFoundError:
        pass  # a kernel without them
    return True


def ipc_objects() -> bool:
    """Whether System V objects exist; they outlive the processes that made them."""
    for path in IPC_TABLES:
        try:
            with open(path) as stream:
                if len(stream.readlines()) > 1:
                    return True
        except FileNotFoundError:
            continue
    return False


def children() -> List[int]:
    """The children of this process; orphans of a job are among them because this is PID 1."""
    try:
        with open("/proc/self/task/%d/children" % os.getpid()) as stream:
            return [int(pid) for pid in stream.read().split()]
    except FileNotFoundError:  # a kernel without CONFIG_PROC_CHILDREN: every process but this one
        return [int(name) for name in os.listdir("/proc") if name.isdigit() and int(name) != os.getpid()]


def drain(fd: int) -> None:
    """Empty a non-blocking pipe."""
    try:
        while os.read(fd, 4096):
            pass
    except BlockingIOError:
        return


# --- relay ---


class Capture:
    """What comes out of one descriptor, up to a limit of bytes kept and a limit of bytes seen."""

    def __init__(self, fd: int, keep: int, limit: int) -> None:
        self.fd = fd
        self.keep = keep
        self.limit = limit
        self.seen = 0
        self.parts = []  # type: List[bytes]
        self.kept = 0
        self.open = True
        os.set_blocking(fd, False)

    def pull(self) -> None:
        """Take what is there."""
        try:
            while self.open:
                part = os.read(self.fd, 1 << 16)
                if not part:
                    self.open = False
                    return
                self.seen += len(part)
                if self.kept < self.keep:
                    self.parts.append(part[: self.keep - self.kept])
                    self.kept += len(self.parts[-1])
                if self.seen > self.limit:
                    return
        except BlockingIOError:
            return
        except OSError:
            self.open = False

    @property
    def over(self) -> bool:
        """Whether more came than is allowed."""
        return self.seen > self.limit

    def bytes(self) -> bytes:
        """What was kept."""
        return b"".join(self.parts)


def memory_file(data: bytes) -> int:
    """A file in memory with this content, positioned at its start."""
    fd = os.memfd_create("payload")
    write_all(fd, data)
    os.lseek(fd, 0, os.SEEK_SET)
    return fd


class Relay:
    """Carries one job at a time between the host and the warden."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock

    def serve(self) -> None:
        """Carry jobs until the host hangs up."""
        while True:
            try:
                header = json.loads(read_frame(0))
                payloads = [read_frame(0), read_frame(0)]
            except EOFError:
                return
            for part in self.carry(header, payloads):
                write_frame(1, part)

    def carry(self, header: Dict[str, Any], payloads: List[bytes]) -> List[bytes]:
        """Hand a job to the warden and collect what comes of it: report, results, output, verdict."""
        theirs, captures = self.plumb(header, payloads)
        send_with_fds(self.sock, to_json(header), theirs)
        for fd in theirs:
            os.close(fd)
        report = self.collect(captures)
        for capture in captures:
            capture.pull()
            os.close(capture.fd)
        results, output, verdict = captures
        report["output_over"] = output.over
        report["results_over"] = results.over
        return [to_json(report), results.bytes(), output.bytes(), verdict.bytes()]

    def plumb(self, header: Dict[str, Any], payloads: List[bytes]) -> Tuple[List[int], List[Capture]]:
        """Descriptors for the job, and the ends that stay here."""
        keep = header["output_bytes"] if header["kind"] == "program" else KEPT_OUTPUT
        output_read, output_write = os.pipe()
        verdict_read, verdict_write = os.pipe()
        left, right = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        theirs = [memory_file(payloads[0]), left.detach(), output_write]
        if header["kind"] == "check":
            # The other end of the candidate's channel is the judge's: the relay is not part of their talk.
            theirs += [memory_file(payloads[1]), right.detach(), verdict_write]
            results_read = os.open("/dev/null", os.O_RDONLY)
        else:
            os.close(verdict_write)
            results_read = right.detach()
        captures = [
            Capture(results_read, MAX_RESULTS, MAX_RESULTS),
            Capture(output_read, keep, header["output_bytes"]),
            Capture(verdict_read, 1 << 16, 1 << 16),
        ]
        return theirs, captures

    def collect(self, captures: List[Capture]) -> Dict[str, Any]:
        """Pull from the job's descriptors until the warden reports."""
        called_off = False
        while True:
            poll = select.poll()
            poll.register(0, 0)
            poll.register(self.sock, select.POLLIN)
            for capture in captures:
                if capture.open and not capture.over:
                    poll.register(capture.fd, select.POLLIN)
            for fd, event in poll.poll():
                if fd == 0 and event & (select.POLLHUP | select.POLLERR | select.POLLNVAL):
                    os._exit(0)  # the host is gone; PID 1 follows, and the kernel ends all the rest
                if fd == self.sock.fileno():
                    data = self.sock.recv(4096)
                    if not data:
                        os._exit(0)
                    return json.loads(data)  # type: ignore[no-any-return]
            for capture in captures:
                capture.pull()
            if not called_off and any(capture.over for capture in captures):
                called_off = True
                self.sock.send(to_json({"abort": True}))


# --- start ---


def hide_memory() -> None:
    """Keep other processes of the same user out of this one's memory and descriptors (ptrace, /proc)."""
    import ctypes

    if ctypes.CDLL(None, use_errno=True).prctl(4, 0, 0, 0, 0) != 0:  # PR_SET_DUMPABLE
        raise OSError("prctl(PR_SET_DUMPABLE) failed")


def main() -> None:
    """Read the configuration and the codec, split into warden and relay, serve."""
    global plain
    config = json.loads(read_frame(0))
    module = types.ModuleType("plain")
    exec(compile(read_frame(0), "<plain>", "exec", dont_inherit=True), module.__dict__)
    plain = module
    sys.path[:] = [path for path in sys.path if path]
    sys.argv = ["answer"]
    sys.dont_write_bytecode = True
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a handler would let jobs of the same user interrupt PID 1
    if config["mode"] == "single":
        prefer_as_oom_victim()  # the whole sandbox: once its memory is hidden, its processes cannot ask for it
        hide_memory()
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ready = to_json({"ready": True, "python": "%d.%d.%d" % sys.version_info[:3], "pid": os.getpid()})
    pid = os.fork()
    if pid == 0:
        ours.close()
        if config["mode"] == "uids":
            become(config["uid"] + 2)
        write_frame(1, ready)
        Relay(theirs).serve()
        os._exit(0)
    theirs.close()
    null = os.open("/dev/null", os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(null, 1)
    os.close(null)
    Warden(config, pid, ours).serve()


if __name__ == "__main__":
    main()
