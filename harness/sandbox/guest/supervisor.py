"""PID 1 of the sandbox: carries jobs between the host and the zygotes, watches them, and leaves nothing of them behind.

Standard library only, Python 3.8 or later; sent over standard input at every start. Processes and what each may know:

    supervisor  (PID 1)     everything on its way, as bytes; never forked from once a job has come; runs nothing foreign
    zygotes                 headers of jobs (limits, numbers); what jobs are forked from
    candidate   one a job   its own source and inputs
    judge       one a check the test program, and what the candidate gives it

Modes: ``uids`` (PID 1 with CAP_SETUID, SETGID, KILL and DAC_OVERRIDE: each candidate and each judge has a user of its
own, and a job's leftovers are killed by user), ``single`` (one user for all; the host throws the whole sandbox away
after each job) and ``open`` (no isolation at all, for trusted code: only process groups are killed).

Frames on standard input and output: 4 bytes length (big endian), then the bytes. A job is three frames: a header in
JSON, and two payloads (the candidate's, and its calls or the judge's). Its answer is four: a report in JSON, the
candidate's rows, its output, the judge's rows. A header ``{"recall": true}``, alone, asks for the jobs that have not
begun: the answer is one frame, ``{"recalled": [ID, ...]}``.
"""

from __future__ import annotations

import json
import marshal
import os
import select
import shutil
import signal
import socket
import sys
import time
from collections import deque

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Deque, Dict, List, Optional, Set, Tuple

MAX_FRAME = 256 * 1024 * 1024
MAX_RESULTS = 64 * 1024 * 1024
MAX_VERDICT = 1 << 16
GRACE_S = 2.0
MOST_WAITED_S = 30.0  # how much longer than its limit a job may last because others had the processor
FLUSH_S = 0.01  # how long an answer may wait for others to be written with it

ENCODER = json.JSONEncoder(separators=(",", ":"))

BORDER = ("remote", "changes", "border", "judge")  # what judges run, in this order, in one namespace

# A lean zygote reads its program from its standard input, as this one did.
ZYGOTE = (
    "import os,marshal\n"
    "b=b''\n"
    "while True:\n"
    "    p=os.read(0,1<<20)\n"
    "    if not p: break\n"
    "    b+=p\n"
    "config=marshal.loads(b)\n"
    "del b,p\n"
    "n=os.open(os.devnull,os.O_RDWR)\n"
    "os.dup2(n,0)\n"
    "os.dup2(n,1)\n"
    "os.close(n)\n"
    "for source in config.pop('sources'):\n"
    "    exec(compile(source,'<zygote>','exec',dont_inherit=True))\n"
)


class Gone(Exception):
    """The host hung up."""


# --- the host ---


class Host:
    """The host's end of standard input and output: neither side ever waits for the other to read first."""

    def __init__(self) -> None:
        self.read_fd, self.write_fd = os.dup(0), os.dup(1)
        self.inbox = bytearray()
        self.outbox: List[bytes] = []
        self.waiting_since = 0.0
        os.set_blocking(self.read_fd, False)
        os.set_blocking(self.write_fd, False)

    def pull(self) -> None:
        """Take what has come; Gone when nothing ever will."""
        try:
            while True:
                # So small that the C library does not map memory for it and unmap it again.
                part = os.read(self.read_fd, 1 << 16)
                if not part:
                    raise Gone
                self.inbox += part
        except BlockingIOError:
            return

    def take_frames(self, count: int) -> Optional[List[bytes]]:
        """The next ``count`` frames when all of them are there."""
        frames = []
        at = 0
        for _ in range(count):
            if len(self.inbox) < at + 4:
                return None
            length = int.from_bytes(self.inbox[at : at + 4], "big")
            if length > MAX_FRAME:
                raise Gone
            if len(self.inbox) < at + 4 + length:
                return None
            frames.append(bytes(self.inbox[at + 4 : at + 4 + length]))
            at += 4 + length
        del self.inbox[:at]
        return frames

    def wait_frames(self, count: int) -> List[bytes]:
        """The next ``count`` frames."""
        while True:
            frames = self.take_frames(count)
            if frames is not None:
                return frames
            select.select([self.read_fd], [], [])
            self.pull()

    def put(self, *frames: bytes) -> None:
        """Write frames at the next flush."""
        if not self.outbox:
            self.waiting_since = time.monotonic()
        for frame in frames:
            self.outbox.append(len(frame).to_bytes(4, "big"))
            self.outbox.append(frame)

    def flush(self) -> None:
        """Write all; takes in what the host sends in the meantime, which may be waiting for just that."""
        if not self.outbox:
            return
        view = memoryview(b"".join(self.outbox))
        self.outbox = []
        while view:
            try:
                view = view[os.write(self.write_fd, view[: 1 << 18]) :]
            except BlockingIOError:
                readable, _, _ = select.select([self.read_fd], [self.write_fd], [])
                if readable:
                    self.pull()
            except BrokenPipeError:
                raise Gone from None

    def is_stale(self) -> bool:
        """Whether something has waited long enough to be written."""
        return bool(self.outbox) and time.monotonic() - self.waiting_since > FLUSH_S


# --- zygotes ---


class Zygote:
    """One fork server, fed by packets."""

    def __init__(self, pid: int, control: socket.socket) -> None:
        self.pid = pid
        self.socket = control
        self.settled = self.loaded = False

    def wait_settled(self) -> None:
        """Wait until it has its own real user: before that, ``kill_user`` would reach it."""
        if not self.settled:
            self.settled = True
            if not self.socket.recv(1):
                raise OSError("a zygote did not start")

    def wait_loaded(self) -> int:
        """Wait until it can start jobs, so that no job's time runs while it loads; its process id as it sees it."""
        self.wait_settled()
        self.loaded = True
        return int(marshal.loads(self.socket.recv(4096)))

    def send(self, header: Dict[str, Any], fds: List[int]) -> None:
        """Start a job."""
        ancillary = b"".join(fd.to_bytes(4, sys.byteorder) for fd in fds)
        self.socket.sendmsg([marshal.dumps(header, 2)], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, ancillary)])

    def receive(self) -> Optional[Tuple[int, float, int, bool, str]]:
        """How its job ended: status, CPU seconds, peak KiB, strays, fault; None when the zygote itself is gone."""
        try:
            data = self.socket.recv(4096)
        except ConnectionResetError:
            return None
        return marshal.loads(data) if data else None

    def children(self) -> List[int]:
        """The process ids of its jobs."""
        return children_of(self.pid)


def spawn_zygote(profile: str, sandbox: Supervisor) -> Zygote:
    """Start a zygote as a process of its own; it goes on loading while it is sent its first job."""
    sources = sandbox.config["sources"]
    lean = profile == "lean"
    program = marshal.dumps(
        {
            "sources": [sources[name] for name in ("zygote", "start")],
            "codec": {name: sources[name] for name in ("plain", "plain_arrays")},
            "border": [] if lean else [sources[name] for name in (*BORDER, "candidate")],
            "judge": [] if lean else [sources[name] for name in BORDER],
            "lean": lean,
            "preload": sandbox.config["profiles"].get(profile, []),
            "uid": sandbox.zygote_uid() if sandbox.mode == "uids" else None,
            "isolated": sandbox.mode != "open",
            "hide": sandbox.mode == "single",
            "home": sandbox.home,
        }
    )
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    alarm_read, alarm_write = os.pipe()
    source_read, source_write = os.pipe()
    output_read, output_write = os.pipe()
    wanted = {0: source_read, 1: output_write, 3: theirs.fileno(), 4: alarm_write, 5: alarm_read}
    # By way of high numbers, because one descriptor's place may be another's number.
    actions = [(os.POSIX_SPAWN_DUP2, fd, 100 + place) for place, fd in wanted.items()]  # type: List[Tuple[int, ...]]
    actions += [(os.POSIX_SPAWN_DUP2, 100 + place, place) for place in wanted]
    actions += [(os.POSIX_SPAWN_CLOSE, 100 + place) for place in wanted]
    command = [sys.executable, "-s", *(["-S"] if lean else []), "-c", ZYGOTE]
    # Names are bound at the start: otherwise every fork looks for them again, in pages of its own. Not where an answer
    # may load libraries: some name what they never call, and do not have.
    environment = {**os.environ, "LD_BIND_NOW": "1"} if lean else os.environ
    pid = os.posix_spawn(sys.executable, command, environment, file_actions=actions)
    for fd in (alarm_read, alarm_write, source_read, output_read, output_write):
        os.close(fd)
    theirs.close()
    view = memoryview(program)
    while view:
        view = view[os.write(source_write, view) :]
    os.close(source_write)
    return Zygote(pid, ours)


def split_zygote(parent: Zygote, sandbox: Supervisor) -> Zygote:
    """A zygote of judges, forked from one of candidates that has its modules loaded already."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    alarm_read, alarm_write = os.pipe()
    home = sandbox.judge_home
    header = {"kind": "zygote", "home": home, "environment": {"HOME": home, "TMPDIR": home}}
    parent.send(header, [theirs.fileno(), alarm_write, alarm_read])
    theirs.close()
    os.close(alarm_write)
    os.close(alarm_read)
    parent.receive()
    made = Zygote(0, ours)
    made.settled = True
    made.pid = made.wait_loaded()
    return made


# --- one job ---


class Job:
    """One job's header, descriptors and what became of it."""

    def __init__(self, header: Dict[str, Any], payloads: List[bytes]) -> None:
        self.header = header
        self.payloads = payloads
        self.zygotes: Dict[Zygote, str] = {}  # which it was forked from, and as what
        self.ends: Dict[str, Tuple[int, float, int, bool, str]] = {}
        self.killed = ""  # why this process ended it
        self.unexplained = False  # whether something else did
        self.started = self.deadline = self.look = 0.0
        self.patience = MOST_WAITED_S
        self.candidate_wall = 0.0
        self.waited = 0.0
        self.cpu: Dict[int, float] = {}  # of each process that was seen
        self.orphans_cpu = 0.0
        self.others_cpu: Dict[int, float] = {}  # at its start: of all processes together (0), and of others here
        self.late = False  # whether it has lasted as long as its CPU time
        self.memory: Dict[str, int] = {}
        self.stdin_fd = -1
        self.stdin = memoryview(b"")
        self.output: Optional[Capture] = None

    @property
    def roles(self) -> Tuple[str, ...]:
        """The processes of this job."""
        return ("candidate", "judge") if self.header["kind"] == "serve" else ("candidate",)

    @property
    def done(self) -> bool:
        """Whether every process of the job has ended."""
        return len(self.ends) == len(self.roles)


class Capture:
    """What comes out of one descriptor, up to a limit of bytes."""

    def __init__(self, fd: int, limit: int) -> None:
        self.fd = fd
        self.limit = limit
        self.parts: List[bytes] = []
        self.seen = 0
        os.set_blocking(fd, False)

    def pull(self) -> bool:
        """Take what is there; whether more may come."""
        try:
            while self.seen <= self.limit:
                part = os.read(self.fd, 1 << 16)
                if not part:
                    return False
                self.seen += len(part)
                self.parts.append(part)
        except BlockingIOError:
            return True
        return False

    def bytes(self) -> bytes:
        """What was kept."""
        return b"".join(self.parts)[: self.limit]


def memory_file(*parts: bytes) -> int:
    """A file in memory with this content, positioned at its start."""
    fd = os.memfd_create("job", os.MFD_CLOEXEC)
    total = 0
    for part in parts:
        view = memoryview(part)
        while view:
            written = os.write(fd, view)
            total += written
            view = view[written:]
    if total:
        os.lseek(fd, 0, os.SEEK_SET)
    return fd


def rows_of(fd: int, skipped: int, most: int) -> Tuple[bytes, bool]:
    """The rows after a payload, and whether there are more than ``most`` bytes of them."""
    size = os.fstat(fd).st_size - skipped
    parts = []
    at = skipped
    while at < skipped + min(size, most):
        part = os.pread(fd, min(1 << 20, skipped + most - at), at)
        if not part:
            break
        parts.append(part)
        at += len(part)
    return b"".join(parts), size >= most


class Supervisor:
    """Runs one job after the other."""

    def __init__(self, config: Dict[str, Any], host: Host) -> None:
        self.config = config
        self.mode = config["mode"]
        self.home = config["home"]
        self.host = host
        self.queue: Deque[Job] = deque()
        self.zygotes: Dict[str, Zygote] = {}
        self.by_fd: Dict[int, Zygote] = {}
        self.poll = select.poll()
        self.poll.register(host.read_fd, select.POLLIN)
        self.first_uid, self.user_count = user_range(config["uid"], config["slot"])
        # Not the same for every sandbox: under a rootless engine several may have to share one range.
        self.serial = os.urandom(1)[0] * 2
        self.judge_home = self.home
        if self.mode == "uids":
            if os.getpid() != 1:
                # Outside a PID namespace of its own, kill(-1) could reach processes that are none of its jobs.
                raise SystemExit("user ids for jobs are for a supervisor that is process 1 of its namespace")
            os.chmod(self.home, 0o1777)
            self.judge_home = self.make_judge_home(config["judge_home"])
        self.clean_files = self.free_files()
        self.schedule = schedule()
        self.watch_ipc = self.mode == "uids" and not ipc_is_off()
        self.oom_counter = OomCounter()
        self.cpu_fd = open_cpu_counter() if self.mode == "uids" else -1
        self.whole = True  # no zygote has died
        self.children_fd = open_children(os.getpid())
        self.zygote_pids: Set[bytes] = set()

    # --- between host and jobs ---

    def serve(self) -> None:
        """Run jobs until the host hangs up."""
        while True:
            self.take_jobs()
            if not self.queue:
                if self.host.outbox:
                    self.host.flush()
                    continue  # what was taken in while it wrote may be a job, and the host then sends no more
                select.select([self.host.read_fd], [], [])
                self.host.pull()
                continue
            if self.host.is_stale():
                self.host.flush()
            job = self.queue.popleft()
            self.host.put(*self.run(job))

    def take_jobs(self) -> None:
        """Jobs from what the host has sent so far."""
        while True:
            if len(self.host.inbox) < 4:
                return
            length = int.from_bytes(self.host.inbox[:4], "big")
            if len(self.host.inbox) < 4 + length:
                return
            header = json.loads(bytes(self.host.inbox[4 : 4 + length]))
            if header.get("recall"):
                self.host.take_frames(1)
                self.host.put(json.dumps({"recalled": [job.header["id"] for job in self.queue]}).encode())
                self.host.flush()
                self.queue.clear()
                continue
            frames = self.host.take_frames(3)
            if frames is None:
                return
            self.queue.append(Job(header, frames[1:]))

    def run(self, job: Job) -> List[bytes]:
        """Start, watch, clean up, report."""
        try:
            self.start(job)
            self.watch(job)
            clean = self.clean_up(job)
            return self.report(job, clean)
        finally:
            for fd in (*job.memory.values(), job.stdin_fd, job.output.fd if job.output else -1):
                if fd >= 0:
                    os.close(fd)

    # --- starting ---

    def zygote(self, profile: str) -> Zygote:
        """The zygote of a profile (``judge:`` before it for judges), started when first needed."""
        found = self.zygotes.get(profile)
        if found is None:
            judges, _, loads = profile.rpartition(":")
            found = split_zygote(self.loaded(loads), self) if judges else spawn_zygote(loads, self)
            self.zygotes[profile] = found
            self.zygote_pids.add(str(found.pid).encode())
        return found

    def loaded(self, profile: str) -> Zygote:
        """The zygote of a profile, ready to start jobs."""
        found = self.zygote(profile)
        if not found.loaded:
            found.wait_loaded()
        if found.socket.fileno() not in self.by_fd:
            self.by_fd[found.socket.fileno()] = found
            self.poll.register(found.socket, select.POLLIN)
        return found

    def start(self, job: Job) -> None:
        """Hand the job's payloads to forks of zygotes."""
        header, (first, second) = job.header, job.payloads
        kind = header["kind"]
        candidate = self.loaded(header["profile"])
        judge = self.loaded("judge:" + header["judge"]) if kind == "serve" else None
        for other in self.zygotes.values():
            other.wait_settled()
        job.zygotes[candidate] = "candidate"
        self.serial = (self.serial + 2) % self.user_count
        limits = self.limits(header, len(first) + (len(second) if kind == "calls" else 0))
        job.memory["candidate"] = memory_file(first, second) if kind == "calls" else memory_file(first)
        fds = [job.memory["candidate"]]
        theirs: List[int] = []
        if judge is not None:
            left, right = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
            theirs += [left.detach(), right.detach()]
            fds.append(theirs[0])
        elif kind == "program":
            theirs += self.plumb(job, second)
            fds += theirs
        job.payloads = []
        if self.cpu_fd >= 0:
            # Zygotes that may still be loading: what the others use to fork a job is nothing.
            busy = [zygote.pid for zygote in self.zygotes.values() if not zygote.loaded]
            job.others_cpu = {pid: clock_of(pid) for pid in [os.getpid(), *busy]}
            job.others_cpu[0] = read_cpu_counter(self.cpu_fd)
        job.started = time.monotonic()
        candidate.send(limits, fds)
        if judge is not None:
            job.zygotes[judge] = "judge"
            job.memory["judge"] = memory_file(second)
            # The judge's own work is not the answer's: only the wall clock bounds it.
            limits.update(kind="judge", bytes=len(second), cpu_s=int(header["wall_s"]) + 2, gid=self.judge_gid())
            limits["uid"] = self.first_uid + self.serial + 1 if self.mode == "uids" else 0
            judge.send(limits, [job.memory["judge"], theirs[1]])
        for fd in theirs:
            os.close(fd)

    def limits(self, header: Dict[str, Any], payload: int) -> Dict[str, Any]:
        """What a zygote must know to start a candidate: numbers only."""
        return {
            "kind": header["kind"],
            "first": header["first"],
            "bytes": payload,
            "memory": header["memory_mb"] << 20,
            "processes": 0 if self.mode == "open" else header["processes"],
            "file": max(header["file_mb"] << 20, payload + MAX_RESULTS),
            "cpu_s": max(1, -int(-header["cpu_s"] // 1)),
            "uid": self.first_uid + self.serial if self.mode == "uids" else 0,
            "gid": self.first_uid + self.serial,
            "home": "",
        }

    def plumb(self, job: Job, stdin: bytes) -> List[int]:
        """Pipes for a program's input and output; returns the program's ends."""
        stdin_read, job.stdin_fd = os.pipe()
        output_read, output_write = os.pipe()
        job.output = Capture(output_read, job.header["output_bytes"])
        os.set_blocking(job.stdin_fd, False)
        job.stdin = memoryview(stdin)
        self.feed(job)
        return [stdin_read, output_write]

    def feed(self, job: Job) -> None:
        """Write what the program's input pipe takes now; close it at the end."""
        try:
            while job.stdin:
                job.stdin = job.stdin[os.write(job.stdin_fd, job.stdin) :]
        except BlockingIOError:
            return
        except BrokenPipeError:
            pass  # the program does not read on
        os.close(job.stdin_fd)
        job.stdin_fd = -1

    # --- watching ---

    def watch(self, job: Job) -> None:
        """Wait until the job is done or its time is over."""
        job.deadline = job.started + job.header["wall_s"]
        job.look = job.started + job.header["cpu_s"]  # when one thread can have used its CPU time at the earliest
        watched = []
        if job.output is not None:
            watched.append((job.output.fd, select.POLLIN))
        if job.stdin_fd >= 0:
            watched.append((job.stdin_fd, select.POLLOUT))
        for fd, event in watched:
            self.poll.register(fd, event)
        try:
            while not job.done and not job.killed:
                now = time.monotonic()
                if now >= job.deadline and not self.may_go_on(job):
                    return
                if now >= job.look and self.is_over_cpu(job, now):
                    return
                for fd, event in self.poll.poll((min(job.deadline, job.look) - now) * 1000 + 1):
                    self.react(job, fd, event)
                if self.host.is_stale():
                    self.host.flush()
            if job.late and not job.killed and self.counted_cpu(job) >= job.header["cpu_s"]:
                job.killed = "cpu"
        finally:
            for fd, _ in watched:
                self.ignore(fd)

    def ignore(self, fd: int) -> None:
        """Look no more at a descriptor."""
        try:
            self.poll.unregister(fd)
        except KeyError:
            return  # that was done before

    def react(self, job: Job, fd: int, event: int) -> None:
        """Deal with what a descriptor has to tell."""
        zygote = self.by_fd.get(fd)
        if zygote is not None:
            self.note_end(job, zygote)
            if "judge" in job.ends and not job.done:
                job.killed = "judged"  # the verdict is in; the candidate is only waiting for calls
            elif "candidate" in job.ends and not job.done:
                # The judge sees the end of the channel and reports at once; do not wait long for it.
                job.deadline = min(job.deadline, time.monotonic() + GRACE_S)
                job.look = job.deadline + 1
        elif fd == job.stdin_fd:
            self.feed(job)
            if job.stdin_fd < 0:
                self.ignore(fd)
        elif job.output is not None and fd == job.output.fd:
            if not job.output.pull():
                self.ignore(fd)
                if job.output.seen > job.output.limit:
                    job.killed = "output"
        else:
            self.host.pull()
            self.take_jobs()
            if event & select.POLLHUP and not event & select.POLLIN:
                raise Gone

    def note_end(self, job: Job, zygote: Zygote) -> None:
        """Keep what a zygote says of its job's end."""
        found = zygote.receive()
        if found is None:
            # Memory ran out, or a job killed it that shares its user: the host throws this sandbox away.
            self.whole = False
            self.ignore(zygote.socket.fileno())
            del self.by_fd[zygote.socket.fileno()]
            found = (int(signal.SIGKILL), 0.0, 0, True, "" if self.mode == "single" else "a zygote ended")
        role = job.zygotes.get(zygote)
        if role is None or role in job.ends:
            return  # it had no part in this job
        job.ends[role] = found
        if found[0] == signal.SIGKILL and not job.killed:
            job.unexplained = True
        if role == "candidate":
            job.candidate_wall = time.monotonic() - job.started

    # --- time ---

    def may_go_on(self, job: Job) -> bool:
        """Whether a job gets more time than its limit, because it was kept from running."""
        if "candidate" in job.ends:
            job.killed = "ended"
            return False
        waited = min(self.waited_by(job), job.patience)
        if waited < 0.05 or self.keeps_company(job):
            job.killed = "wall"
            return False
        # Time in which it was kept from running is not its own: other processes had the processor.
        job.patience -= waited
        job.deadline = job.started + job.header["wall_s"] + MOST_WAITED_S - job.patience
        return True

    def keeps_company(self, job: Job) -> bool:
        """Whether the candidate has started processes: it may be those that it waits for."""
        if self.mode == "open":
            return any(children_of(pid) for pid in self.children(job))
        known = len(self.zygotes) + len(job.roles) - len(job.ends)
        return len(all_processes()) > known

    def is_over_cpu(self, job: Job, now: float) -> bool:
        """Whether a job has used its CPU time; else, when to look again."""
        job.late = True
        left = job.header["cpu_s"] - self.cpu_of(job)
        if left <= 0:
            job.killed = "cpu"
            return True
        job.look = now + max(left, 0.02)
        return False

    def children(self, job: Job) -> List[int]:
        """The candidate's process, when it has not ended."""
        return self.zygotes[job.header["profile"]].children()

    def waited_by(self, job: Job) -> float:
        """Seconds that the candidate's first thread was ready to run and did not, less those already allowed for."""
        for pid in self.children(job):
            try:
                with open("/proc/%d/schedstat" % pid) as stream:
                    waited = int(stream.read().split()[1]) / 1e9
            except (OSError, IndexError):
                continue  # it has just ended, or the kernel does not say
            waited, job.waited = waited - job.waited, waited
            return waited
        return 0.0

    def cpu_of(self, job: Job) -> float:
        """CPU seconds that the candidate's processes have used so far, as far as this process has seen them."""
        # Nobody but this process counts a child whose parent ignores SIGCHLD, or has ended.
        for pid in self.processes_of(job):
            job.cpu[pid] = max(job.cpu.get(pid, 0.0), clock_of(pid))
        return max(sum(job.cpu.values()), self.counted_cpu(job))

    def counted_cpu(self, job: Job) -> float:
        """CPU seconds that the kernel counted for all processes here since the job's start, less what is not its own.

        Nothing where no control group tells. This finds children that came and went between two looks.
        """
        if self.cpu_fd < 0:
            return 0.0
        used = read_cpu_counter(self.cpu_fd)
        for pid, before in job.others_cpu.items():
            used -= clock_of(pid) - before if pid else before
        for zygote, role in job.zygotes.items():
            if role == "judge":
                ended = job.ends.get("judge")
                used -= ended[1] if ended else sum(map(clock_of, zygote.children()))
        return used

    def processes_of(self, job: Job) -> List[int]:
        """Every process that is the candidate's doing."""
        if self.mode == "open":
            return self.children(job)
        others = {zygote.pid for zygote in self.zygotes.values()}
        for zygote, role in job.zygotes.items():
            if role == "judge":
                others.update(zygote.children())
        judge = self.first_uid + self.serial + 1 if self.mode == "uids" else -1
        return [pid for pid in all_processes() if pid not in others and owner_of(pid) != judge]

    # --- cleaning up ---

    def clean_up(self, job: Job) -> bool:
        """Kill what is left, reap it, empty /tmp; False when the sandbox must be thrown away."""
        patience = time.monotonic() + GRACE_S
        while True:
            self.kill(job)
            if job.done and (self.mode != "uids" or self.only_zygotes()):
                break
            if time.monotonic() > patience:
                return False
            self.collect_ends(job, 0.0005)
        if job.output is not None:
            job.output.pull()
        if self.mode == "open":
            return True
        if self.mode == "single" or not self.whole or any(end[3] for end in job.ends.values()):
            return False
        return self.wipe() and self.untouched()

    def kill(self, job: Job) -> None:
        """SIGKILL everything of the job."""
        if self.mode == "uids":
            for at in range(len(job.roles)):
                kill_user(self.first_uid + self.serial + at)
        elif self.mode == "single":
            spared = {zygote.pid for zygote in self.zygotes.values()}
            for pid in spared:
                send_signal(pid, signal.SIGCONT)  # a job may have stopped them
            for pid in all_processes():
                if pid not in spared:
                    send_signal(pid, signal.SIGKILL)
        else:
            for zygote in self.zygotes.values():
                for pid in zygote.children():
                    kill_group(pid)

    def collect_ends(self, job: Job, seconds: float) -> None:
        """Wait a little for zygotes to say how their jobs ended; reap orphans."""
        ready, _, _ = select.select(list(self.by_fd), [], [], seconds)
        for fd in ready:
            self.note_end(job, self.by_fd[fd])
        if self.mode == "open":
            return
        while True:
            try:
                pid, _, usage = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if str(pid).encode() not in self.zygote_pids:
                job.orphans_cpu += usage.ru_utime + usage.ru_stime
            self.zygote_pids.discard(str(pid).encode())

    def only_zygotes(self) -> bool:
        """Whether no process is left but this one and the zygotes: orphans become children of PID 1."""
        if self.children_fd < 0:
            return {str(pid).encode() for pid in all_processes()} == self.zygote_pids
        return set(os.pread(self.children_fd, 4096, 0).split()) == self.zygote_pids

    def wipe(self) -> bool:
        """Empty the jobs' folders; whether they are as they were at the start."""
        if self.free_files() == self.clean_files:
            return True
        try:
            for folder in {self.home, self.judge_home}:
                for entry in os.scandir(folder):
                    if entry.is_dir(follow_symlinks=False):
                        shutil.rmtree(entry.path)
                    else:
                        os.unlink(entry.path)
        except (OSError, RecursionError):  # a tree too deep to walk
            return False
        return self.free_files() == self.clean_files

    def free_files(self) -> Tuple[int, int]:
        """How many files the jobs' folders can still hold: fewer than at the start when something was left."""
        return os.statvfs(self.home).f_ffree, os.statvfs(self.judge_home).f_ffree

    def untouched(self) -> bool:
        """Whether nothing of a job remains outside its processes and files."""
        if schedule() != self.schedule:
            return False  # a process of the same effective user may change it while kill_user runs
        return not (self.watch_ipc and ipc_objects())

    def make_judge_home(self, place: str) -> str:
        """A folder for judges' files that no candidate can enter: it belongs to a group that only judges have."""
        path = os.path.join(place, "home")
        os.setegid(self.judge_gid())
        try:
            os.mkdir(path, 0o770)
        finally:
            os.setegid(0)
        os.chmod(path, 0o1770)
        return path

    def zygote_uid(self) -> int:
        """The real user id of zygotes; their effective one stays 0, which lets them start jobs as any user."""
        return self.first_uid - 2

    def judge_gid(self) -> int:
        """The judges' group: below the range of the jobs' users."""
        return self.first_uid - 1

    # --- reporting ---

    def report(self, job: Job, clean: bool) -> List[bytes]:
        """What the host needs to know."""
        status, cpu_s, rss_kb, _, _ = job.ends.get("candidate", (None, 0.0, 0, True, ""))
        length = os.fstat(job.memory["candidate"]).st_size
        skipped = min(self.payload_bytes(job), length)
        rows, over = rows_of(job.memory["candidate"], skipped, MAX_RESULTS)
        verdict = b""
        if "judge" in job.memory:
            verdict, _ = rows_of(job.memory["judge"], job.header["second"], MAX_VERDICT)
        output = job.output.bytes() if job.output is not None else b""
        signalled = status is not None and os.WIFSIGNALED(status)
        fault = next((end[4] for end in job.ends.values() if end[4]), "")
        # Only what went wrong by itself can be the lack of memory's doing; then it is not the sandbox's fault.
        oom = self.oom_counter.grew() and (job.unexplained or bool(fault) or job.killed == "judged")
        cpu_s = max(cpu_s + job.orphans_cpu, sum(job.cpu.values())) if "candidate" in job.ends else 0.0
        found = {
            "id": job.header["id"],
            "killed": job.killed,
            "wall_s": round(job.candidate_wall or time.monotonic() - job.started, 5),
            "cpu_s": cpu_s,
            "exit": os.WEXITSTATUS(status) if status is not None and os.WIFEXITED(status) else None,
            "signal": os.WTERMSIG(status) if status is not None and signalled else None,
            "rss_kb": rss_kb,
            "unexplained": job.unexplained and not oom,
            "oom": oom,
            "clean": clean,
            "fault": "" if oom else fault,
            "output_over": job.killed == "output",
            "results_over": over,
        }
        return [ENCODER.encode(found).encode(), rows, output, verdict]

    @staticmethod
    def payload_bytes(job: Job) -> int:
        """The length of what was in the candidate's memory file before it wrote anything."""
        header = job.header
        return int(header["first"] + (header["second"] if header["kind"] == "calls" else 0))


# --- the machine ---


def user_range(wanted: int, slot: int) -> Tuple[int, int]:
    """The first user id for jobs and how many there are: as wanted where such ids exist in this user namespace."""
    count = 4000
    try:
        with open("/proc/self/uid_map") as stream:
            ranges = [[int(part) for part in line.split()] for line in stream]
    except OSError:
        ranges = []
    if any(first <= wanted and wanted + count < first + length for first, _, length in ranges):
        return wanted, count
    return 2000 + (slot % 30) * 2000, 1998  # a rootless engine maps 65,536 ids only


def kill_user(uid: int) -> None:
    """SIGKILL every process of one user, atomically: kill(-1) as that user reaches exactly those."""
    # Only the effective user changes: with that user's real id too, its processes could send signals to this one.
    os.seteuid(uid)
    try:
        os.kill(-1, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass  # nothing of this user is left
    finally:
        os.seteuid(0)


def send_signal(pid: int, number: int) -> None:
    """A signal to a process that may have ended."""
    try:
        os.kill(pid, number)
    except (ProcessLookupError, PermissionError):
        return


def kill_group(pid: int) -> None:
    """SIGKILL a job process and its session's first group."""
    for kill in (os.killpg, os.kill):
        try:
            kill(pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            continue


def all_processes() -> List[int]:
    """Every process in sight but this one."""
    return [int(name) for name in os.listdir("/proc") if name.isdigit() and int(name) != os.getpid()]


def open_children(pid: int) -> int:
    """A descriptor that lists the children of a process at every read from its start; -1 on kernels without it."""
    try:
        return os.open("/proc/%d/task/%d/children" % (pid, pid), os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return -1


def children_of(pid: int) -> List[int]:
    """The children of a process."""
    try:
        with open("/proc/%d/task/%d/children" % (pid, pid)) as stream:
            return [int(child) for child in stream.read().split()]
    except OSError:  # a kernel without this list, or the process has ended
        return [child for child in all_processes() if parent_of(child) == pid]


def owner_of(pid: int) -> int:
    """The user of a process, -1 when it has ended."""
    try:
        return os.stat("/proc/%d" % pid).st_uid
    except OSError:
        return -1


def parent_of(pid: int) -> int:
    """The parent of a process, 0 when it has ended."""
    try:
        with open("/proc/%d/stat" % pid, "rb") as stream:
            return int(stream.read().rpartition(b")")[2].split()[1])
    except (OSError, IndexError):
        return 0


def clock_of(pid: int) -> float:
    """CPU seconds of a process, without its children; 0 when it has ended."""
    try:
        return time.clock_gettime(~pid << 3 | 2)  # clock_getcpuclockid(3)
    except OSError:
        return 0.0


def open_cpu_counter() -> int:
    """What the kernel counts for this control group; -1 where it is not to be seen, or is that of the whole machine."""
    for path, witness in (("cpuacct/cpuacct.usage", "cpuacct/cpuacct.usage"), ("cpu.stat", "cgroup.type")):
        if os.path.exists("/sys/fs/cgroup/" + witness):
            try:
                return os.open("/sys/fs/cgroup/" + path, os.O_RDONLY | os.O_CLOEXEC)
            except OSError:
                continue
    return -1


def read_cpu_counter(fd: int) -> float:
    """CPU seconds so far."""
    data = os.pread(fd, 4096, 0).split()
    return int(data[1]) / 1e6 if data[0] == b"usage_usec" else int(data[0]) / 1e9


OOM_FILES = (("/sys/fs/cgroup/memory/memory.oom_control", "oom_kill"), ("/sys/fs/cgroup/memory.events", "oom_kill"))


class OomCounter:
    """How many processes of this sandbox the kernel has ended for memory, where a control group tells."""

    def __init__(self) -> None:
        self.fd = -1
        for path, name in OOM_FILES:
            try:
                self.fd, self.name = os.open(path, os.O_RDONLY | os.O_CLOEXEC), name.encode()
                break
            except OSError:
                continue
        self.seen = self.read()

    def read(self) -> int:
        """The number now."""
        if self.fd >= 0:
            for line in os.pread(self.fd, 4096, 0).splitlines():
                if line.split()[:1] == [self.name]:
                    return int(line.split()[1])
        return 0

    def grew(self) -> bool:
        """Whether it has grown since it was last asked."""
        before, self.seen = self.seen, self.read()
        return self.seen > before


def schedule() -> Tuple[int, int, Set[int]]:
    """How the kernel is to schedule this process."""
    return os.getpriority(os.PRIO_PROCESS, 0), os.sched_getscheduler(0), os.sched_getaffinity(0)


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


def protect(mode: str) -> None:
    """Nothing of this process is for jobs: not its memory, and not its place when memory runs out."""
    import ctypes

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a handler would let jobs of the same user interrupt PID 1
    if mode == "open":
        return
    if ctypes.CDLL(None, use_errno=True).prctl(4, 0, 0, 0, 0) != 0:  # PR_SET_DUMPABLE
        raise OSError("prctl(PR_SET_DUMPABLE) failed")


def close_doors(filters: Dict[str, str]) -> None:
    """Install the host's system-call filter, if there is one for this machine, for all processes to come."""
    program = bytes.fromhex(filters.get(os.uname().machine, ""))
    if not program:
        return
    try:
        import ctypes
    except ImportError:
        return  # this image's Python lacks it; what the engine itself refuses is refused

    class Filter(ctypes.Structure):
        _fields_ = [("length", ctypes.c_ushort), ("steps", ctypes.c_char_p)]

    prctl = ctypes.CDLL(None, use_errno=True).prctl
    prctl.argtypes = [ctypes.c_int] + [ctypes.c_ulong] * 4
    found = Filter(len(program) // 8, program)
    prctl(38, 1, 0, 0, 0)  # PR_SET_NO_NEW_PRIVS: without rights of its own only such a process may have a filter
    prctl(22, 2, ctypes.addressof(found), 0, 0)  # PR_SET_SECCOMP, SECCOMP_MODE_FILTER; a kernel without it is no worse


def main() -> None:
    """Read the configuration, serve."""
    host, config, sandbox = Host(), {"mode": ""}, None
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(null, 1)
    os.close(null)
    try:
        config = json.loads(host.wait_frames(1)[0])
        close_doors(config["filters"])
        sandbox = Supervisor(config, host)
        for profile in config["start"]:
            sandbox.zygote(profile)
        protect(config["mode"])
        version = "%d.%d.%d" % sys.version_info[:3]
        host.put(json.dumps({"ready": True, "python": version, "pid": os.getpid()}).encode())
        host.flush()
        sandbox.serve()
    except Gone:
        if config["mode"] == "open":  # elsewhere the kernel ends what PID 1 leaves behind
            for zygote in sandbox.zygotes.values() if sandbox is not None else ():
                for pid in zygote.children():
                    kill_group(pid)
        os._exit(0)


if __name__ == "__main__":
    main()
