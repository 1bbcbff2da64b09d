"""Programs that kill, stop, trace or outlive the processes around them."""

# ruff: noqa: E501
# Programs are easier to read on one line than cut in pieces.

from __future__ import annotations

from ..rows import rows_of

_row = rows_of("processes")
_SOME = "wrong error timeout"

_CLONE = """
import ctypes, os, platform, time
libc = ctypes.CDLL(None)
number = {'x86_64': 56, 'aarch64': 220}.get(platform.machine(), 56)
def clone(flags): return libc.syscall(number, ctypes.c_ulong(flags | 17), 0, 0, 0, 0)
"""

ROWS = (
    _row("a signal to every process", "kill(-1) ended every peer's evaluation", "import os, signal\ndef solve(n):\n    os.kill(-1, signal.SIGKILL)\n    return n", "error oom wrong timeout", "check calls"),
    _row("a signal to its process group", "the harness may be in the same group", "import os, signal\ndef solve(n):\n    os.kill(0, signal.SIGKILL)\n    return n", "error oom wrong timeout", "check calls"),
    _row(
        "signals to PID 1",
        "the supervisor",
        "import os\ndef solve(n):\n    for number in range(1, 65):\n        try: os.kill(1, number)\n        except OSError: pass\n    return n",
        "wrong",
        "check",
    ),
    _row(
        "signals to every other process",
        "the judge, the relay and the supervisor",
        """
import os
def solve(n):
    for name in os.listdir('/proc'):
        for number in (2, 15, 19, 9):
            try:
                if int(name) != os.getpid(): os.kill(int(name), number)
            except (OSError, ValueError): pass
    return n
""",
        _SOME,
        "check calls",
    ),
    _row(
        "SIGSTOP to every other process",
        "a harness that is stopped notices nothing",
        """
import os
def solve(n):
    for name in os.listdir('/proc'):
        try:
            if int(name) != os.getpid(): os.kill(int(name), 19)
        except (OSError, ValueError): pass
    return n
""",
        _SOME,
        "check calls",
    ),
    _row("the parent killed", "it ended the whole evaluation in five peers", "import os, signal\ndef solve(n):\n    try: os.kill(os.getppid(), 9)\n    except OSError: pass", "wrong", "check"),
    _row("the parent killed by posix.kill", "os.kill may be patched away", "import posix\ndef solve(n):\n    for pid in (posix.getppid(), posix.getpgrp(), posix.getsid(0)):\n        try: posix.kill(pid, 9)\n        except OSError: pass", "wrong error oom", "check calls"),
    _row("thousands of process numbers killed", "siblings that /proc does not show", "import os\ndef solve(n):\n    for pid in range(1, 33000):\n        if pid != os.getpid():\n            try: os.kill(pid, 9)\n            except OSError: pass\n    return n", _SOME, "check"),
    _row("signals by pidfd", "other system calls for the same", "import ctypes, os\ndef solve(n):\n    libc = ctypes.CDLL(None)\n    for pid in (1, os.getppid()):\n        handle = libc.syscall(434, pid, 0)\n        libc.syscall(424, handle, 9, None, 0)\n        libc.syscall(129, pid, 9, None)\n        libc.syscall(234, pid, pid, 9)\n    return n", _SOME, "check"),
    _row(
        "a storm of signals to PID 1 from children that live on",
        "the supervisor is interrupted without end",
        """
import os
for _ in range(20):
    if os.fork() == 0:
        os.setsid()
        while True:
            for number in (2, 10, 14, 15, 17):
                try: os.kill(1, number)
                except OSError: pass
def solve(n): return n
""",
        _SOME,
        "check",
        cpu_s=0.5,
    ),
    _row("SIGCHLD and SIGIO to the parent", "signals that a supervisor waits for", "import os, signal\ndef solve(n):\n    for _ in range(1000):\n        for number in (signal.SIGCHLD, signal.SIGIO, signal.SIGALRM, signal.SIGPIPE):\n            try: os.kill(os.getppid(), number)\n            except OSError: pass\n    return n", _SOME, "check"),
    _row("a kernel's owner of signals set to the parent", "fcntl F_SETOWN sends signals by proxy", "import fcntl, os\ndef solve(n):\n    one, other = os.pipe()\n    for pid in (1, os.getppid()):\n        try:\n            fcntl.fcntl(one, fcntl.F_SETOWN, pid)\n            fcntl.fcntl(one, 10, 9)\n            fcntl.fcntl(one, fcntl.F_SETFL, os.O_ASYNC)\n            os.write(other, b'x')\n        except OSError: pass\n    return n", _SOME, "check"),
    _row(
        "a daemon that answers nothing",
        "it outlives its answer",
        """
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0: time.sleep(1000)
    os._exit(0)
def solve(n): return n
""",
        "wrong",
        "check",
    ),
    _row(
        "a daemon in every call, outputs closed",
        "nothing ties it to the harness",
        "import os, time\ndef solve(n):\n    if os.fork() == 0:\n        os.setsid()\n        if os.fork(): os._exit(0)\n        os.closerange(0, 256)\n        time.sleep(1000)\n    return n",
        _SOME,
        "check calls program",
    ),
    _row(
        "a daemon that keeps the outputs open",
        "whoever waits for the end of the output waits for ever",
        "import os, time\nif os.fork() == 0:\n    os.setsid()\n    time.sleep(1000)\ndef solve(n): return n",
        _SOME,
        "check calls program",
    ),
    _row(
        "a daemon that forks for ever",
        "it is another process whenever it is looked for",
        """
import os, time
if os.fork() == 0:
    os.setsid()
    while True:
        time.sleep(0.001)
        try:
            if os.fork(): os._exit(0)
        except OSError: pass
def solve(n): return n
""",
        _SOME,
        "check calls",
    ),
    _row("a daemon that ignores every signal", "only SIGKILL ends it", "import os, signal, time\nif os.fork() == 0:\n    os.setsid()\n    for number in range(1, 65):\n        try: signal.signal(number, signal.SIG_IGN)\n        except (OSError, ValueError): pass\n    while True: time.sleep(1)\ndef solve(n): return n", _SOME, "check"),
    _row("a stopped daemon", "it does not run when it is ended", "import os, signal\nif os.fork() == 0:\n    os.setsid()\n    os.kill(os.getpid(), signal.SIGSTOP)\ndef solve(n): return n", _SOME, "check"),
    _row("a daemon under another name", "it calls itself kworker", "import ctypes, os, time\nif os.fork() == 0:\n    os.setsid()\n    ctypes.CDLL(None).prctl(15, b'kworker/0:0', 0, 0, 0)\n    time.sleep(1000)\ndef solve(n): return n", _SOME, "check"),
    _row(
        "children of its parent",
        "CLONE_PARENT makes them siblings, which the supervisor gets as children of its own",
        _CLONE + "for _ in range(5):\n    if clone(0x8000) == 0: time.sleep(1000)\ndef solve(n): return n",
        _SOME,
        "check calls",
    ),
    _row(
        "children of its parent that end well",
        "the supervisor waits for a child and gets another one's status 0",
        _CLONE + "def solve(n):\n    for _ in range(20):\n        if clone(0x8000) == 0: os._exit(0)\n    time.sleep(0.05)\n    return n",
        _SOME,
        "check calls program",
    ),
    _row("children in namespaces of their own", "a new PID namespace hides them", _CLONE + "for flags in (0x20000000, 0x10000000, 0x30000000, 0x7c020000):\n    if clone(flags) == 0: time.sleep(1000)\ndef solve(n): return n", _SOME, "check"),
    _row("a thread that is no thread", "CLONE_VM without CLONE_THREAD", _CLONE + "def solve(n):\n    pid = clone(0x4000)\n    if pid == 0: time.sleep(1000)\n    return n", _SOME, "check"),
    _row("itself made traceable and its child traced", "a traced child is not ended as others are", "import ctypes, os, time\nif os.fork() == 0:\n    ctypes.CDLL(None).ptrace(0, 0, 0, 0)\n    os.kill(os.getpid(), 19)\n    time.sleep(1000)\ndef solve(n): return n", _SOME, "check"),
    _row(
        "ptrace of every process",
        "the judge's memory and verdict",
        """
import ctypes, os
libc = ctypes.CDLL(None)
def solve(n):
    for name in os.listdir('/proc'):
        if name.isdigit() and int(name) != os.getpid():
            for request in (16, 0x4206): libc.ptrace(request, int(name), 0, 0)
    return n
""",
        _SOME,
        "check calls",
    ),
    _row(
        "/proc of every process written to",
        "memory, scores, names and limits of others",
        """
import os
def solve(n):
    for pid in os.listdir('/proc'):
        if not pid.isdigit() or int(pid) == os.getpid(): continue
        for name, text in (('mem', b'x'), ('oom_score_adj', b'1000'), ('comm', b'x'), ('clear_refs', b'1'),
                           ('coredump_filter', b'0'), ('attr/current', b'x'), ('timerslack_ns', b'9')):
            try:
                with open('/proc/%s/%s' % (pid, name), 'wb', 0) as f: f.write(text)
            except (OSError, ValueError): pass
    return n
""",
        _SOME,
        "check calls",
    ),
    _row("limits of others lowered", "prlimit works on other processes of one's user", "import os, resource\ndef solve(n):\n    for pid in [int(p) for p in os.listdir('/proc') if p.isdigit()]:\n        if pid == os.getpid(): continue\n        for what in (resource.RLIMIT_NOFILE, resource.RLIMIT_AS, resource.RLIMIT_CPU):\n            try: resource.prlimit(pid, what, (0, 0))\n            except (OSError, ValueError): pass\n    return n", _SOME, "check calls"),
    _row(
        "the priority of PID 1 lowered",
        "the supervisor becomes too slow to hold limits",
        """
import os
for _ in range(8):
    if os.fork() == 0:
        while True:
            try: os.setpriority(os.PRIO_PROCESS, 1, 19)
            except OSError: pass
def solve(n): return n
""",
        _SOME,
        "check",
        cpu_s=0.5,
    ),
    _row("itself the first to be killed", "the kernel ends another process in its place", "def solve(n):\n    for value in ('-1000', '-1', '1000'):\n        try: open('/proc/self/oom_score_adj', 'w').write(value)\n        except OSError: pass\n    return n", "wrong", "check"),
    _row("a subreaper", "orphans come to it and not to PID 1", "import ctypes, os, time\nctypes.CDLL(None).prctl(36, 1, 0, 0, 0)\nif os.fork() == 0:\n    if os.fork() == 0: time.sleep(1000)\n    os._exit(0)\ndef solve(n): return n", _SOME, "check"),
    _row("a death signal for its parent's children", "PR_SET_PDEATHSIG and its cancellation", "import ctypes, os, time\nctypes.CDLL(None).prctl(1, 0, 0, 0, 0)\nctypes.CDLL(None).prctl(4, 1, 0, 0, 0)\nif os.fork() == 0:\n    os.setsid()\n    time.sleep(1000)\ndef solve(n): return n", _SOME, "check"),
)
