"""Programs that never end, or use up what they share with others: time, memory, processes, disk, descriptors, output."""

# ruff: noqa: E501
# Programs are easier to read on one line than cut in pieces.

from __future__ import annotations

from ..rows import rows_of

_row = rows_of("bombs")
_FORK = "error wrong timeout oom"
_BOTH = "check calls program"

ROWS = (
    _row("an endless loop", "it uses its time", "def solve(n):\n    while True: pass", "timeout", _BOTH, cpu_s=0.5),
    _row("an endless loop while loading", "it uses its time before it is called", "while True: pass", "timeout", "check", cpu_s=0.5),
    _row("an endless loop in one instruction", "no signal handler runs in between", "def solve(n): return sum(iter(int, 1))", "timeout", "check", cpu_s=0.5),
    _row("an endless match of a regular expression", "backtracking in C", "import re\ndef solve(n): return re.match('(a*)*b', 'a' * 40)", "timeout", "check", cpu_s=0.5),
    _row("a power in one instruction", "arithmetic in C that holds the interpreter", "def solve(n): return 3 ** (10 ** 9)", "timeout oom error", "check", cpu_s=0.5),
    _row(
        "a loop that ignores every signal",
        "EvalPlus stalled 70 s on it",
        """
import signal
for number in range(1, 65):
    try: signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError): pass
signal.setitimer(signal.ITIMER_REAL, 0)
def solve(n):
    while True:
        try:
            while True: pass
        except BaseException: pass
""",
        "timeout",
        "check calls",
        cpu_s=0.5,
    ),
    _row(
        "a loop that blocks every signal",
        "masks in place of handlers",
        "import signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))\ndef solve(n):\n    while True: pass",
        "timeout",
        "check",
        cpu_s=0.5,
    ),
    _row(
        "a timeout swallowed",
        "an exception raised by an alarm is caught, and it finishes late",
        """
import time
def solve(n):
    while True:
        try: time.sleep(0.01)
        except BaseException: return n
""",
        "timeout",
        "check",
        cpu_s=0.5,
    ),
    _row("a long sleep", "no CPU time is used", "import time\ndef solve(n): time.sleep(1000)", "timeout", "check", cpu_s=0.5),
    _row(
        "CPU time spent by children",
        "the limit is of one process",
        "import os\ndef solve(n):\n    for _ in range(4):\n        if os.fork() == 0:\n            while True: pass\n    os.wait()",
        "timeout error",
        "check",
        cpu_s=0.5,
    ),
    _row("SIGSTOP to itself", "it neither runs nor ends", "import os, signal\ndef solve(n): os.kill(os.getpid(), signal.SIGSTOP)", "timeout", "check", cpu_s=0.5),
    _row("SIGKILL to itself", "it looks like the kernel's out-of-memory kill", "import os, signal\ndef solve(n): os.kill(os.getpid(), signal.SIGKILL)", "error oom"),
    _row("10 GB at once", "more than the limit in one go", "def solve(n): return len(bytearray(10 << 30))", "oom", cpu_s=10),
    _row("memory by and by", "more than the limit in small parts", "def solve(n):\n    kept = []\n    while True: kept.append(bytearray(16 << 20))", "oom", "check", cpu_s=10),
    _row("memory whose error is swallowed", "it goes on at the limit", "def solve(n):\n    kept = []\n    while True:\n        try: kept.append(bytearray(1 << 20))\n        except MemoryError: pass", "timeout oom", "check", cpu_s=1),
    _row("memory mapped and shared", "shared mappings count elsewhere", "import mmap\ndef solve(n):\n    kept = []\n    while True:\n        one = mmap.mmap(-1, 64 << 20)\n        one.write(b'x' * (64 << 20))\n        kept.append(one)", "oom error timeout", "check", cpu_s=2),
    _row(
        "memory in memory files",
        "memfd is counted as nobody's address space",
        "import os\ndef solve(n):\n    kept = []\n    for _ in range(100):\n        fd = os.memfd_create('x')\n        kept.append(fd)\n        for _ in range(32): os.write(fd, bytes(1 << 20))\n    return n",
        _FORK,
        "check",
        cpu_s=2,
        only="docker",
    ),
    _row(
        "many children with much memory",
        "each is below the limit, all together are not",
        """
import os, time
def solve(n):
    for _ in range(20):
        if os.fork() == 0:
            kept = bytearray(200 << 20)
            for at in range(0, len(kept), 4096): kept[at] = 1
            time.sleep(100)
    time.sleep(100)
""",
        "oom timeout error",
        "check",
        cpu_s=2,
        only="docker",
    ),
    _row("segmentation fault", "a crash in C", "import ctypes\ndef solve(n): return ctypes.string_at(0)", "error"),
    _row("a core dump", "a crash that writes its memory to disk", "import os\ndef solve(n): os.abort()", "error"),
    _row("endless recursion", "the interpreter's limit", "def solve(n): return solve(n + 1)", "error"),
    _row("recursion without a limit", "the stack itself", "import sys\nsys.setrecursionlimit(10 ** 9)\ndef solve(n): return [solve(n + 1)]", "error oom timeout", "check"),
    _row("a fork bomb", "processes without end", "import os\ndef solve(n):\n    while True:\n        try: os.fork()\n        except OSError: pass", _FORK, cpu_s=0.5),
    _row(
        "a fork bomb that leaves its session",
        "process groups do not hold it",
        "import os\ndef solve(n):\n    while True:\n        try:\n            if os.fork() == 0: os.setsid()\n        except OSError: pass",
        _FORK,
        "check program",
        cpu_s=0.5,
    ),
    _row(
        "a fork bomb whose parents end",
        "every process is new when it is looked for",
        "import os\ndef solve(n):\n    while True:\n        try:\n            if os.fork(): os._exit(0)\n            os.setsid()\n        except OSError: pass",
        _FORK,
        "check",
        cpu_s=0.5,
    ),
    _row("a vfork and clone bomb by system call", "no Python function is called", "import ctypes\ndef solve(n):\n    libc = ctypes.CDLL(None)\n    while True: libc.fork()", _FORK, "check", cpu_s=0.5),
    _row("zombies", "dead children that nobody waits for", "import os\ndef solve(n):\n    for _ in range(1000):\n        try:\n            if os.fork() == 0: os._exit(0)\n        except OSError: pass\n    return n", "wrong error timeout", "check", cpu_s=0.5),
    _row("a thread bomb", "threads without end", "import threading, time\ndef solve(n):\n    while True:\n        threading.Thread(target=time.sleep, args=(100,)).start()", _FORK, "check calls", cpu_s=0.5),
    _row("threads that never end", "the interpreter waits for them at its end", "import threading, time\nthreading.Thread(target=time.sleep, args=(1000,)).start()\ndef solve(n): return n", "wrong error timeout", _BOTH, cpu_s=0.5),
    _row(
        "1 GB into /tmp",
        "disk that all answers share",
        "def solve(n):\n    for number in range(1000):\n        with open('/tmp/%d' % number, 'wb') as f: f.write(bytes(1 << 20))",
        "error",
        "check",
        cpu_s=2,
    ),
    _row("every inode of /tmp", "names that all answers share", "def solve(n):\n    for number in range(10 ** 6): open('/tmp/%d' % number, 'w').close()", "error timeout", "check", cpu_s=0.5),
    _row("a large file", "one file beyond the limit", "def solve(n):\n    with open('/tmp/large', 'wb') as f:\n        f.truncate(50 << 30)", "error"),
    _row("a large file whose signal is ignored", "SIGXFSZ kills only who lets it", "import signal\nsignal.signal(signal.SIGXFSZ, signal.SIG_IGN)\ndef solve(n):\n    with open('/tmp/large', 'wb') as f:\n        while True: f.write(bytes(1 << 20))", "error timeout", "check"),
    _row("endless printing", "a pipe that nobody empties, a log that fills the disk", "def solve(n):\n    while True: print('x' * 10000)", "error timeout", _BOTH, cpu_s=0.5),
    _row("20 MB on standard error", "the other pipe", "import os\ndef solve(n):\n    for _ in range(2000): os.write(2, b'x' * 10000)", "wrong error", "check"),
    _row("endless printing by a child", "the child is not the process that is watched", "import os, time\nif os.fork() == 0:\n    while True: os.write(1, b'x' * 10000)\ndef solve(n):\n    time.sleep(0.2)\n    return n", "wrong error timeout", _BOTH, cpu_s=0.5),
    _row("every descriptor closed", "the channel is gone", "import os\ndef solve(n):\n    os.closerange(0, 4096)\n    return n", "error"),
    _row("descriptors used up", "the next one the harness needs is missing", "import os\nkept = []\ndef solve(n):\n    while True: kept.append(os.open('/dev/null', 0))", "error wrong", "check calls"),
    _row("pipes filled", "kernel memory in pipe buffers", "import fcntl, os\nkept = []\ndef solve(n):\n    while True:\n        one, other = os.pipe()\n        kept.append(one)\n        fcntl.fcntl(other, 1031, 1 << 20)\n        os.write(other, bytes(1 << 20))", "error wrong timeout", "check"),
    _row("sockets filled", "kernel memory in socket buffers", "import socket\nkept = []\ndef solve(n):\n    while True:\n        pair = socket.socketpair()\n        pair[0].setblocking(False)\n        kept.append(pair)\n        try:\n            while True: pair[0].send(bytes(1 << 16))\n        except BlockingIOError: pass", "error wrong timeout", "check"),
    _row("a zip bomb", "a few bytes that become many", "import zlib\ndef solve(n):\n    packed = zlib.compress(bytes(100 << 20))\n    return b''.join(zlib.decompress(packed) for _ in range(100))", "oom error timeout", "check", cpu_s=2),
    _row("file locks and leases", "a lock that others wait for", "import fcntl, os\ndef solve(n):\n    for path in ('/', '/tmp', '/etc', '/etc/passwd', '/dev/null'):\n        try: fcntl.flock(os.open(path, 0), fcntl.LOCK_EX | fcntl.LOCK_NB)\n        except OSError: pass\n    return n", "wrong", "check"),
)
