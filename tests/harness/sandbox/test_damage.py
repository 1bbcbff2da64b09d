"""Answers that attack the machine, the sandbox or the answers after them: the verdict fits, and the next one is right."""

# ruff: noqa: E501
# Answers are easier to read on one line than cut in pieces.

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .conftest import Arena

pytestmark = pytest.mark.sandbox

_REFUSED = """
import os, socket, ctypes, signal, sys, resource
def refused(action):
    try:
        found = action()
    except (OSError, ValueError, AttributeError, PermissionError):
        return
    raise RuntimeError("was allowed: %r" % (found,))
def libc(name, *args):
    call = getattr(ctypes.CDLL(None, use_errno=True), name)
    call.restype = ctypes.c_int
    found = call(*args)
    if found == -1:
        raise OSError(ctypes.get_errno(), name)
    return found
def others():
    own = {os.getpid(), os.getppid()} - {1}
    return [int(name) for name in os.listdir("/proc") if name.isdigit() and int(name) not in own]
"""


def _must_be_refused(actions: str) -> str:
    """An honest answer that first tries each line of ``actions`` and raises when one of them is allowed."""
    lines = "".join(f"    refused(lambda: {line})\n" for line in actions.strip().splitlines())
    return f"{_REFUSED}\ndef attempt():\n{lines}"


# What an answer does before it answers rightly; it is an error as soon as anything of it is allowed.
REFUSED = {
    "a connection to an address": "socket.create_connection(('1.1.1.1', 53), 1)",
    "a connection to this machine": "socket.create_connection(('172.17.0.1', 22), 1)",
    "a name looked up": "socket.getaddrinfo('example.org', 80)",
    "the engine's socket": "socket.socket(socket.AF_UNIX).connect('/var/run/docker.sock')",
    "a raw socket": "socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)\nsocket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)",
    "files of the system": (
        "open('/written', 'w')\nopen('/opt/written', 'w')\nopen('/etc/passwd', 'a')\nos.mkdir('/dev/written')\n"
        "os.unlink('/etc/passwd')\nopen('/etc/shadow')"
    ),
    "devices": "os.mknod('/tmp/disk', 0o60600, os.makedev(8, 0))\nopen('/dev/mem', 'rb')\nopen('/dev/sda', 'rb')",
    "kernel settings": (
        "open('/proc/sys/kernel/hostname', 'w').write('x')\nopen('/proc/sysrq-trigger', 'w').write('b')\n"
        "open('/proc/1/oom_score_adj', 'w').write('1000')\nopen('/sys/kernel/x', 'w')\nsocket.sethostname('x')"
    ),
    "the clock": "__import__('time').clock_settime(0, 0)",
    "other users": "os.setuid(0)\nos.setresuid(0, 0, 0)\nos.setgid(0)\nos.setgroups([0])\nos.chown('/tmp', os.getuid(), 0)",
    "another root": "os.chroot('/tmp')",
    "a mount": "libc('mount', b'none', b'/tmp', b'tmpfs', 0, None)\nlibc('umount2', b'/tmp', 2)",
    "larger limits": (
        "resource.setrlimit(resource.RLIMIT_AS, (-1, -1))\nresource.setrlimit(resource.RLIMIT_NPROC, (9999, 9999))\n"
        "resource.setrlimit(resource.RLIMIT_CPU, (9999, 9999))"
    ),
    "a higher priority": "os.nice(-5)\nos.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))",
    "memory of PID 1": "open('/proc/1/mem', 'rb').read(1)\nos.listdir('/proc/1/fd')\nopen('/proc/1/environ').read()",
    "ptrace of PID 1": "libc('ptrace', 16, 1, 0, 0)",
    "limits of PID 1": "resource.prlimit(1, resource.RLIMIT_AS, (1, 1))",
    "memory of the others": "[open('/proc/%d/mem' % pid, 'rb').read(1) for pid in others()][0]",
    "descriptors of the others": "[os.listdir('/proc/%d/fd' % pid) for pid in others()][0]",
    "environments of the others": "[open('/proc/%d/environ' % pid).read() for pid in others()][0]",
    "ptrace of the others": "[libc('ptrace', 16, pid, 0, 0) for pid in others()][0]",
    "POSIX message queues": "libc('mq_open', b'/q', 0o102, 0o600, None)",
    "System V shared memory": "libc('shmget', 4242, 4096, 0o1600)",
    "System V semaphores and queues": "libc('semget', 4242, 1, 0o1600)\nlibc('msgget', 4242, 0o1600)",
    "a namespace of users": "libc('unshare', 0x10000000)",
    "other namespaces": "libc('unshare', 0x20000)\nlibc('unshare', 0x40000000)\nlibc('unshare', 0x08000000)",
    "the kernel's keyrings": "libc('syscall', 248, b'user', b'name', b'text', 4, -4)",
}


@pytest.mark.parametrize("what", REFUSED)
def test_the_sandbox_refuses(arena: Arena, what: str) -> None:
    source = _must_be_refused(REFUSED[what])
    honest = "\ndef solve(n):\n    attempt()\n    return '7f3a-sentinel-' + 'of-the-tests-91c2' + str(n)\n"
    score = arena.score(source + honest, time_limit_s=3.0)
    assert score.verdict == "pass", f"{what}: {score.detail}"
    arena.honest()


# Verdict that fits, then what the answer does.
ATTACKS: dict[str, tuple[str, str]] = {
    "an endless loop": ("timeout", "def solve(n):\n    while True: pass"),
    "an endless loop while loading": ("timeout", "while True: pass"),
    "a loop that ignores every signal": (
        "timeout",
        "import signal\nfor number in range(1, 65):\n    try: signal.signal(number, signal.SIG_IGN)\n"
        "    except (OSError, ValueError): pass\nsignal.setitimer(signal.ITIMER_REAL, 0)\n"
        "def solve(n):\n    while True:\n        try:\n            while True: pass\n        except BaseException: pass",
    ),
    "a long sleep": ("timeout", "import time\ndef solve(n): time.sleep(1000)"),
    "SIGSTOP to itself": ("timeout", "import os, signal\ndef solve(n): os.kill(os.getpid(), signal.SIGSTOP)"),
    "SIGKILL to itself": ("error oom", "import os, signal\ndef solve(n): os.kill(os.getpid(), signal.SIGKILL)"),
    "a signal to every process": (
        "error oom wrong timeout",
        "import os, signal\ndef solve(n):\n    os.kill(-1, signal.SIGKILL)\n    return n",
    ),
    "signals to PID 1": (
        "wrong",
        "import os\ndef solve(n):\n    for number in range(1, 65):\n"
        "        try: os.kill(1, number)\n        except OSError: pass\n    return n",
    ),
    "signals to every other process": (
        "wrong error timeout",
        "import os\ndef solve(n):\n    for name in os.listdir('/proc'):\n"
        "        for number in (2, 15, 19, 9):\n"
        "            try:\n                if int(name) != os.getpid(): os.kill(int(name), number)\n"
        "            except (OSError, ValueError): pass\n    return n",
    ),
    "SIGSTOP to every other process": (
        "wrong error timeout",
        "import os\ndef solve(n):\n    for name in os.listdir('/proc'):\n"
        "        try:\n            if int(name) != os.getpid(): os.kill(int(name), 19)\n"
        "        except (OSError, ValueError): pass\n    return n",
    ),
    "the parent killed": (
        "wrong",
        "import os, signal\ndef solve(n):\n    try: os.kill(os.getppid(), 9)\n    except OSError: pass",
    ),
    "a storm of signals to PID 1 from children that live on": (
        "wrong error timeout",
        "import os\nfor _ in range(20):\n    if os.fork() == 0:\n        os.setsid()\n        while True:\n"
        "            for number in (2, 10, 14, 15, 17):\n                try: os.kill(1, number)\n"
        "                except OSError: pass\ndef solve(n): return n",
    ),
    "10 GB at once": ("oom", "def solve(n): return len(bytearray(10 << 30))"),
    "memory by and by": ("oom", "def solve(n):\n    kept = []\n    while True: kept.append(bytearray(16 << 20))"),
    "segmentation fault": ("error", "import ctypes\ndef solve(n): return ctypes.string_at(0)"),
    "endless recursion": ("error", "def solve(n): return solve(n + 1)"),
    "recursion without a limit": (
        "error oom timeout",
        "import sys\nsys.setrecursionlimit(10 ** 9)\ndef solve(n): return [solve(n + 1)]",
    ),
    "a fork bomb": (
        "error wrong timeout oom",
        "import os\ndef solve(n):\n    while True:\n        try: os.fork()\n        except OSError: pass",
    ),
    "a fork bomb that leaves its session": (
        "error wrong timeout oom",
        "import os\ndef solve(n):\n    while True:\n        try:\n            if os.fork() == 0: os.setsid()\n"
        "        except OSError: pass",
    ),
    "a thread bomb": (
        "error wrong timeout oom",
        "import threading, time\ndef solve(n):\n    while True:\n"
        "        threading.Thread(target=time.sleep, args=(100,)).start()",
    ),
    "a daemon that answers nothing": (
        "wrong",
        "import os, time\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0: time.sleep(1000)\n    os._exit(0)\n"
        "def solve(n): return n",
    ),
    "1 GB into /tmp": (
        "error",
        "def solve(n):\n    for number in range(1000):\n        with open('/tmp/%d' % number, 'wb') as f: f.write(bytes(1 << 20))",
    ),
    "every inode of /tmp": (
        "error timeout",
        "def solve(n):\n    for number in range(10 ** 6): open('/tmp/%d' % number, 'w').close()",
    ),
    "trees that cannot be deleted": (
        "wrong",
        "import os\ndef solve(n):\n    path = '/tmp'\n    for _ in range(30):\n        path += '/d'\n        os.mkdir(path)\n"
        "        open(path + '/f', 'w').close()\n    while path != '/tmp':\n        os.chmod(path, 0)\n"
        "        path = os.path.dirname(path)\n    return n",
    ),
    "links in /tmp to elsewhere": (
        "wrong",
        "import os\nfor number, path in enumerate(['/', '/etc', '/proc/1/root', '/opt', '..', '/dev/null', '/tmp/0']):\n"
        "    os.symlink(path, '/tmp/%d' % number)\ndef solve(n): return n",
    ),
    "odd files in /tmp": (
        "wrong",
        "import os, socket\nos.mkfifo('/tmp/pipe')\nsocket.socket(socket.AF_UNIX).bind('/tmp/socket')\n"
        "os.makedirs(b'/tmp/\\xff\\n')\nopen('/tmp/' + 'x' * 250, 'w').close()\ndef solve(n): return n",
    ),
    "endless printing": ("error timeout", "def solve(n):\n    while True: print('x' * 10000)"),
    "20 MB on standard error": (
        "error",
        "import os\ndef solve(n):\n    for _ in range(2000): os.write(2, b'x' * 10000)",
    ),
    "every descriptor closed": ("error", "import os\ndef solve(n):\n    os.closerange(0, 4096)\n    return n"),
    "descriptors used up": (
        "error wrong",
        "import os\nkept = []\ndef solve(n):\n    while True: kept.append(os.open('/dev/null', 0))",
    ),
    "a core dump": ("error", "import os\ndef solve(n): os.abort()"),
    "a large file": (
        "error",
        "def solve(n):\n    with open('/tmp/large', 'wb') as f:\n        f.truncate(50 << 30)",
    ),
    "the priority of PID 1 lowered": (
        "wrong error timeout",
        "import os\nfor _ in range(8):\n    if os.fork() == 0:\n        while True:\n"
        "            try: os.setpriority(os.PRIO_PROCESS, 1, 19)\n            except OSError: pass\ndef solve(n): return n",
    ),
}
NEEDS_TIME = {"10 GB at once", "memory by and by"}
ALSO_AS_CALLS = (
    "an endless loop",
    "a loop that ignores every signal",
    "10 GB at once",
    "a fork bomb",
    "every descriptor closed",
)


def _attack(arena: Arena, what: str, kind: str) -> None:
    fitting, source = ATTACKS[what]
    score = arena.score(source, kind, time_limit_s=2.0 if what in NEEDS_TIME else 0.5)
    assert score.verdict in fitting.split(), score
    arena.honest()


@pytest.mark.parametrize("what", ATTACKS)
def test_an_attack_ends_with_its_own_answer(arena: Arena, what: str) -> None:
    _attack(arena, what, "check")


@pytest.mark.parametrize("what", ALSO_AS_CALLS)
def test_an_attack_on_a_batch_of_calls_ends_with_its_own_answer(arena: Arena, what: str) -> None:
    _attack(arena, what, "calls")


def test_many_children_with_much_memory_do_not_end_the_sandbox(arena: Arena) -> None:
    if arena.name != "docker":
        pytest.skip("bubblewrap limits the memory of each process, not of all together")
    source = (
        "import os, time\ndef solve(n):\n    for _ in range(20):\n        if os.fork() == 0:\n"
        "            kept = bytearray(200 << 20)\n            for at in range(0, len(kept), 4096): kept[at] = 1\n"
        "            time.sleep(100)\n    time.sleep(100)\n"
    )
    score = arena.score(source, time_limit_s=2.0)
    assert score.verdict in ("oom", "timeout", "error"), score
    arena.honest()


# What one answer leaves behind, and the next one's look for it; it passes when it finds something.
LEGACIES = {
    "processes": (
        "import os, time\nfor _ in range(5):\n    if os.fork() == 0:\n        os.setsid()\n        time.sleep(1000)\n",
        "found = [p for p in os.listdir('/proc') if p.isdigit() and os.stat('/proc/' + p).st_uid == os.getuid()]\n"
        "found = len(found) > 1 + (len(others()) > 2) * 3\n",
    ),
    "files": (
        "import os\nopen('/tmp/left', 'w').write('x')\nopen('/tmp/.hidden', 'w').close()\nos.makedirs('/tmp/a/b')\n",
        "found = bool(os.listdir('/tmp'))\n",
    ),
    "shared memory files": (
        "import os\nfor folder in ('/dev/shm', '/dev', '/run', '/var/tmp', '/dev/mqueue'):\n"
        "    try: open(folder + '/left', 'w').write('x')\n    except OSError: pass\n",
        "found = any(os.path.exists(f + '/left') for f in ('/dev/shm', '/dev', '/run', '/var/tmp', '/dev/mqueue'))\n",
    ),
    "System V shared memory": (
        "import ctypes\nctypes.CDLL(None).shmget(4242, 4096, 0o1666)\n",
        "found = ctypes.CDLL(None).shmget(4242, 4096, 0o666) != -1\n",
    ),
    "System V semaphores": (
        "import ctypes\nctypes.CDLL(None).semget(4242, 1, 0o1666)\n",
        "found = ctypes.CDLL(None).semget(4242, 1, 0o666) != -1\n",
    ),
    "System V queues": (
        "import ctypes\nctypes.CDLL(None).msgget(4242, 0o1666)\n",
        "found = ctypes.CDLL(None).msgget(4242, 0o666) != -1\n",
    ),
    "POSIX message queues": (
        "import ctypes\nctypes.CDLL(None).mq_open(b'/left', 0o102, 0o666, None)\n",
        "found = ctypes.CDLL(None).mq_open(b'/left', 0) != -1\n",
    ),
    "keys": (
        "import ctypes, platform\n"
        "if platform.machine() == 'x86_64': ctypes.CDLL(None).syscall(248, b'user', b'left', b'text', 4, -4)\n",
        "import platform\n"
        "found = platform.machine() == 'x86_64' and ctypes.CDLL(None).syscall(249, b'user', b'left', None, -4) != -1\n",
    ),
    "abstract sockets": (
        "import socket, os, time\ns = socket.socket(socket.AF_UNIX)\ns.bind('\\0left')\ns.listen()\n"
        "if os.fork() == 0:\n    os.setsid()\n    time.sleep(1000)\n",
        "s = socket.socket(socket.AF_UNIX)\ntry:\n    s.connect('\\0left')\n    found = True\n"
        "except OSError:\n    found = False\n",
    ),
    "modules and builtins": (
        "import builtins, sys, json\nbuiltins.left = 1\nsys.left = 1\njson.left = 1\nsys.modules['left'] = sys\n",
        "import builtins, json\n"
        "found = any(hasattr(m, 'left') for m in (builtins, sys, json)) or 'left' in sys.modules\n",
    ),
    "priority": ("import os\nos.nice(19)\n", "found = os.nice(0) != 0\n"),
}


@pytest.mark.parametrize("what", LEGACIES)
def test_an_answer_leaves_nothing_to_the_next(arena: Arena, what: str) -> None:
    leave, look = LEGACIES[what]
    first = arena.score(leave + "def solve(n): return n\n", time_limit_s=3.0)
    assert first.verdict in ("wrong", "error"), first
    seen = "def solve(n): return '7f3a-sentinel-' + 'of-the-tests-91c2' + str(n) if found else 'nothing'\n"
    second = arena.score(_REFUSED + look + seen, time_limit_s=3.0)
    assert second.verdict == "wrong", f"{what} of an earlier answer are still there: {second}"
    assert "Error" not in second.detail.replace("AssertionError", ""), second


def test_the_environment_holds_nothing_of_the_host(arena: Arena) -> None:
    source = (
        "import os\ndef solve(n):\n    found = sorted(os.environ)\n"
        "    raise RuntimeError(' '.join(found) + open('/proc/self/environ').read() if os.access('/proc/self/environ', 4)"
        " else ' '.join(found))\n"
    )
    score = arena.score(source)
    assert score.verdict == "error"
    assert "SECRET" not in score.detail
    assert "an-api-key" not in score.detail
    assert "LANG" in score.detail, "the test reads the environment indeed"
