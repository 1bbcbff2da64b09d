"""Programs that leave something behind, each with a probe: the next answer, which looks for it."""

# ruff: noqa: E501
# Programs are easier to read on one line than cut in pieces.

from __future__ import annotations

from ..rows import Attack, rows_of
from .refused import HELPERS

_row = rows_of("leftovers")
_FOLDERS = "('/dev/shm', '/dev', '/run', '/var/tmp', '/dev/mqueue', '/var', '/opt', '/home', '/root', '/')"


def _leave(name: str, why: str, source: str, look: str, fitting: str = "wrong error", kinds: str = "check calls") -> Attack:
    """``look`` is the body of the probe's function ``look()``."""
    body = "".join(f"    {line}\n" for line in look.strip("\n").splitlines())
    probe = f"{HELPERS}\ndef look():\n{body}"
    return _row(name, why, source + "\ndef solve(n): return n\n", fitting, kinds, probe=probe, cpu_s=3.0)


ROWS = (
    _leave(
        "processes left",
        "they steal time, and may be of the next answer's user",
        "import os, time\nfor _ in range(5):\n    if os.fork() == 0:\n        os.setsid()\n        time.sleep(1000)\n",
        "mine = [p for p in os.listdir('/proc') if p.isdigit() and os.stat('/proc/' + p).st_uid == os.getuid()]\nreturn len(mine) > 1 + (len(others()) > 2) * 3 and mine",
    ),
    _leave("files left", "a note to the next answer", "import os\nopen('/tmp/left', 'w').write('x')\nopen('/tmp/.hidden', 'w').close()\nos.makedirs('/tmp/a/b')\n", "return os.listdir('/tmp')", kinds="check calls program"),
    _leave("files left in the working folder", "a module the next answer may import", "open('left.py', 'w').write('left = 1')\n", "return [n for n in os.listdir('.') if 'left' in n] or [n for n in os.listdir(os.path.expanduser('~')) if 'left' in n]"),
    _leave(
        "trees left that cannot be deleted",
        "undeletable folders fill /tmp for ever",
        """
import os
path = '/tmp'
for _ in range(30):
    path += '/d'
    os.mkdir(path)
    open(path + '/f', 'w').close()
while path != '/tmp':
    os.chmod(path, 0)
    path = os.path.dirname(path)
""",
        "return os.listdir('/tmp')",
        "wrong",
    ),
    _leave("a folder too deep to name", "longer than any path may be", "import os\nfor _ in range(300):\n    os.mkdir('/tmp/' + 'd' * 50) if os.getcwd() == '/' else os.mkdir('d' * 50)\n    os.chdir('/tmp/' + 'd' * 50 if os.getcwd() == '/' else 'd' * 50)\n", "return os.listdir('/tmp')"),
    _leave(
        "links left in /tmp to elsewhere",
        "whoever wipes or reads them follows",
        "import os\nfor number, path in enumerate(['/', '/etc', '/proc/1/root', '/opt', '..', '/dev/null', '/tmp/0']):\n    os.symlink(path, '/tmp/%d' % number)\n",
        "return os.listdir('/tmp') or not os.path.exists('/dev/null') or not os.listdir('/')",
        "wrong",
    ),
    _leave(
        "odd files left in /tmp",
        "pipes, sockets, and names that are no text",
        "import os, socket\nos.mkfifo('/tmp/pipe')\nsocket.socket(socket.AF_UNIX).bind('/tmp/socket')\nos.makedirs(b'/tmp/\\xff\\n')\nopen('/tmp/' + 'x' * 250, 'w').close()\n",
        "return os.listdir('/tmp')",
        "wrong",
    ),
    _leave("/tmp closed to others", "the next answer cannot write any more", "import os\nfor mode in (0, 0o777):\n    try: os.chmod('/tmp', mode)\n    except OSError: pass\ntry: os.rmdir('/tmp')\nexcept OSError: pass\n", "open('/tmp/own', 'w').close()\nos.unlink('/tmp/own')\nreturn None"),
    _leave("/tmp full", "the next answer has no room", "try:\n    for number in range(100):\n        with open('/tmp/%d' % number, 'wb') as f: f.write(bytes(1 << 20))\nexcept OSError: pass\n", "open('/tmp/own', 'wb').write(bytes(8 << 20))\nos.unlink('/tmp/own')\nreturn os.listdir('/tmp')"),
    _leave("a file that is still open", "a deleted file keeps its room", "import os, time\nf = open('/tmp/x', 'wb')\nfor _ in range(30): f.write(bytes(1 << 20))\nos.unlink('/tmp/x')\nif os.fork() == 0:\n    os.setsid()\n    time.sleep(1000)\n", "room = os.statvfs('/tmp')\nreturn (room.f_blocks - room.f_bfree) * room.f_frsize > 1 << 20"),
    _leave(
        "shared memory files left",
        "folders that are writable by default",
        f"import os\nfor folder in {_FOLDERS}:\n    try: open(folder + '/left', 'w').write('x')\n    except OSError: pass\n",
        f"return [f for f in {_FOLDERS} if os.path.exists(f + '/left')]",
    ),
    _leave("System V shared memory left", "it outlives its process", "import ctypes\nctypes.CDLL(None).shmget(4242, 4096, 0o1666)\n", "return ctypes.CDLL(None).shmget(4242, 4096, 0o666) != -1"),
    _leave("System V semaphores left", "they outlive their process", "import ctypes\nctypes.CDLL(None).semget(4242, 1, 0o1666)\n", "return ctypes.CDLL(None).semget(4242, 1, 0o666) != -1"),
    _leave("System V queues left", "they outlive their process", "import ctypes\nctypes.CDLL(None).msgget(4242, 0o1666)\n", "return ctypes.CDLL(None).msgget(4242, 0o666) != -1"),
    _leave("POSIX message queues left", "they outlive their process", "import ctypes\nctypes.CDLL(None).mq_open(b'/left', 0o102, 0o666, None)\n", "return ctypes.CDLL(None).mq_open(b'/left', 0) != -1"),
    _leave("POSIX shared memory left", "shm_open is a file somewhere", "import ctypes\nfor lib in (None, 'librt.so.1'):\n    try: ctypes.CDLL(lib).shm_open(b'/left', 0o102, 0o666)\n    except (OSError, AttributeError): pass\n", "try: return ctypes.CDLL(None).shm_open(b'/left', 0, 0) != -1\nexcept AttributeError: return None"),
    _leave(
        "keys left",
        "the kernel's keyrings are shared by user",
        "import ctypes, platform\nif platform.machine() == 'x86_64': ctypes.CDLL(None).syscall(248, b'user', b'left', b'text', 4, -4)\n",
        "import platform\nreturn platform.machine() == 'x86_64' and ctypes.CDLL(None).syscall(249, b'user', b'left', None, -4) != -1",
    ),
    _leave(
        "abstract sockets left",
        "they need no file",
        "import socket, os, time\ns = socket.socket(socket.AF_UNIX)\ns.bind('\\0left')\ns.listen()\nif os.fork() == 0:\n    os.setsid()\n    time.sleep(1000)\n",
        "s = socket.socket(socket.AF_UNIX)\ntry: s.connect('\\0left')\nexcept OSError: return None\nreturn 'connected'",
    ),
    _leave(
        "modules and builtins patched",
        "a process that runs several answers keeps the patches",
        "import builtins, sys, json\nbuiltins.left = 1\nsys.left = 1\njson.left = 1\nsys.modules['left'] = sys\n",
        "import builtins, json\nreturn any(hasattr(m, 'left') for m in (builtins, sys, json)) or 'left' in sys.modules",
        kinds="check calls program",
    ),
    _leave("priority lowered", "the next answer runs slowly", "import os\nos.nice(19)\nos.setpriority(os.PRIO_USER, 0, 19)\n", "own, first = (os.getpriority(os.PRIO_PROCESS, pid) for pid in (0, 1))\nreturn own != first and (own, first)"),
    _leave(
        "the schedule of everybody changed",
        "neighbours and successors run slowly, on one processor, or not at all",
        """
import ctypes, os, struct
def attempt(call, *given):
    try: call(*given)
    except (OSError, ValueError): pass
syscall = ctypes.CDLL(None).syscall
setattr_, ioprio_set = (314, 251) if os.uname().machine == 'x86_64' else (274, 30)
processors = sorted(os.sched_getaffinity(0))
for pid in [int(p) for p in os.listdir('/proc') if p.isdigit() and int(p) != os.getpid()]:
    level = 19 if pid == 1 else 18
    attempt(os.sched_setaffinity, pid, {processors[0 if pid == 1 else -1]})
    attempt(os.sched_setscheduler, pid, os.SCHED_IDLE if pid == 1 else os.SCHED_BATCH, os.sched_param(0))
    attempt(os.sched_setparam, pid, os.sched_param(0))
    attempt(os.setpriority, os.PRIO_PROCESS, pid, level)
    attempt(os.setpriority, os.PRIO_PGRP, pid, level)
    syscall(setattr_, pid, struct.pack('IIQiIQQQ', 48, 5 if pid == 1 else 3, 0, level, 0, 0, 0, 0), 0)
    syscall(ioprio_set, 1, pid, 3 << 13 if pid == 1 else 2 << 13 | 7)
for uid in range(os.getuid() - 4, os.getuid() + 4):
    attempt(os.setpriority, os.PRIO_USER, uid, 17)
    syscall(ioprio_set, 3, uid, 3 << 13)
""",
        """
ioprio_get = 252 if os.uname().machine == 'x86_64' else 31
def schedule(pid):
    try: ioprio = libc('syscall', ioprio_get, 1, pid)
    except OSError: ioprio = None  # it is another user's
    return os.sched_getscheduler(pid), sorted(os.sched_getaffinity(pid)), os.getpriority(os.PRIO_PROCESS, pid), ioprio
own = schedule(0)
seen = [schedule(int(p)) for p in os.listdir('/proc') if p.isdigit()]
return own[0] != os.SCHED_OTHER or [one for one in seen if one[:3] != own[:3] or one[3] not in (None, own[3])]
""",
        "wrong",
    ),
    _leave("limits lowered", "the next answer lacks descriptors", "import resource\nfor what in (resource.RLIMIT_NOFILE, resource.RLIMIT_STACK, resource.RLIMIT_NPROC): resource.setrlimit(what, (8, 8))\n", "return resource.getrlimit(resource.RLIMIT_NOFILE)[0] <= 8 or resource.getrlimit(resource.RLIMIT_NPROC)[0] <= 8"),
    _leave("signals ignored, masked and armed", "an alarm that rings in the next answer", "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nsignal.signal(signal.SIGALRM, signal.SIG_IGN)\nsignal.pthread_sigmask(signal.SIG_BLOCK, [10, 12])\nsignal.alarm(1)\n", "import signal, time\ntime.sleep(1.2)\nreturn signal.getsignal(signal.SIGALRM) == signal.SIG_IGN or signal.pthread_sigmask(signal.SIG_BLOCK, [])"),
    _leave("a processor chosen", "affinity and scheduling are inherited", "import os\nos.sched_setaffinity(0, {min(os.sched_getaffinity(0))})\nos.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))\n", "return os.sched_getscheduler(0) != os.SCHED_OTHER"),
    _leave("another working folder and mask", "files land elsewhere, unreadable", "import os\nos.umask(0o777)\nos.chdir('/tmp')\n", "old = os.umask(0o22)\nreturn old == 0o777"),
    _leave("a changed environment", "PYTHONPATH, LD_PRELOAD and PATH lead to the answer's files", "import os\nos.environ.update(PYTHONPATH='/tmp/left', LD_PRELOAD='/tmp/left.so', LEFT='1', PYTHONSTARTUP='/tmp/left.py')\n", "return [name for name in os.environ if name in ('LEFT', 'LD_PRELOAD', 'PYTHONSTARTUP', 'PYTHONPATH')]"),
    _leave("bytecode written beside the library", "the next import runs it", "import glob, os, sys\nfor folder in sys.path + [os.path.dirname(os.__file__)]:\n    for path in (folder + '/left.py', folder + '/__pycache__/left.pyc', folder + '/sitecustomize.py', folder + '/left.pth'):\n        try: open(path, 'w').write('left = 1')\n        except OSError: pass\n", "try: import left\nexcept ImportError: return None\nreturn 'imported'"),
    _leave(
        "a daemon that spoils the next answer's files",
        "it waits in /tmp for what comes",
        """
import os, time
if os.fork() == 0:
    os.setsid()
    while True:
        try: names = os.listdir('/tmp')
        except OSError: names = []
        for name in names:
            try: open('/tmp/' + name, 'w').write('spoilt')
            except OSError: pass
        time.sleep(0.001)
""",
        "import time\nopen('/tmp/own', 'w').write('mine')\ntime.sleep(0.2)\ntext = open('/tmp/own').read()\nos.unlink('/tmp/own')\nreturn text != 'mine' and text",
    ),
    _leave("a daemon that steals the next answer's input", "it reads whatever descriptors it kept", "import os\nif os.fork() == 0:\n    os.setsid()\n    for _ in range(100000):\n        for fd in range(0, 16):\n            try: os.set_blocking(fd, False); os.read(fd, 4096)\n            except OSError: pass\n    os._exit(0)\n", "return None", "wrong error timeout", kinds="check calls program"),
    _leave("standard descriptors locked", "a job's own /dev/null may be the open file of all", "import fcntl, os\nfor fd in (0, 1, 2):\n    fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)\n    fcntl.fcntl(fd, fcntl.F_SETFL, os.O_APPEND)\n", "import fcntl\nreturn [fd for fd in (0, 1, 2) if fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_APPEND]"),
    _leave("random numbers seeded", "the next answer's are known", "import random\nrandom.seed(4242)\n", "import random\nseen = random.random()\nrandom.seed(4242)\nreturn seen == random.random()"),
)
