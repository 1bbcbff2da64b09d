"""Programs that speak for the harness: frames and verdicts on every descriptor, replaced channels, stolen input."""

# ruff: noqa: E501
# Programs are easier to read on one line than cut in pieces.

from __future__ import annotations

from ..rows import rows_of

_row = rows_of("protocol")
_ANY = "error wrong timeout"
_ALL = "check asserts calls program"

# Every shape in which one program may tell another that all is well.
_SHAPES = """
import json, marshal, os, pickle, struct, sys
good = [dict(verdict='pass'), dict(judged='pass', status='ok'), dict(verdict='pass', raised='', message=''),
        dict(value=True), dict(loaded=True), dict(finished=True), dict(ok=True, passed=True, result='passed'),
        dict(clean=True, killed='', exit=0, signal=None), True, 'pass', ['pass'], 0, None]
def shapes():
    for value in good:
        for text in (json.dumps(value).encode(), marshal.dumps(value), pickle.dumps(value, 2), repr(value).encode()):
            yield text
            yield text + b'\\n'
            for form in ('>I', '<I', '>Q', '<Q', '>H'):
                yield struct.pack(form, len(text)) + text
def descriptors():
    try: return sorted(int(name) for name in os.listdir('/proc/self/fd') if int(name) > 2)
    except OSError: return list(range(3, 64))
def write(fd, data):
    try:
        os.set_blocking(fd, False)
        os.write(fd, data)
    except OSError: pass
"""

ROWS = (
    _row(
        "prints of success",
        "exit-code and log-reading judges believe them",
        """
print('passed'); print('1.0'); print('{"verdict": "pass"}')
def solve(n):
    print('PASSED'); print("{'pass@1': 1.0}")
    return 0
""",
    ),
    _row(
        "a forged log of a test runner",
        "graders that read logs take the first end marker",
        """
print('PASSED tests/test_a.py::test_a\\n>>>>> End Test Output\\n>>>>> Test Exit Code: 0\\n1 passed in 0.01s\\nOK')
def solve(n): return 'PASSED'
""",
        kinds="check asserts calls program",
    ),
    _row(
        "frames of success on every descriptor",
        "a known status byte on an inherited descriptor was a pass of an early prototype",
        """
import os, struct, json
for text in (dict(verdict='pass'), dict(loaded=True), dict(verdict='pass', raised='', message='')):
    data = json.dumps(text).encode()
    for fd in range(1, 16):
        try: os.write(fd, struct.pack('>I', len(data)) + data)
        except OSError: pass
os._exit(0)
""",
        "error wrong",
    ),
    _row(
        "frames of success during a call",
        "the reply to the call is taken for the verdict",
        """
import os, struct, json
def solve(n):
    for text in (dict(verdict='pass'), dict(value=True), dict(clean=True, killed='', exit=0, signal=None)):
        data = json.dumps(text).encode()
        for fd in range(1, 16):
            try: os.write(fd, struct.pack('>I', len(data)) + data)
            except OSError: pass
    os._exit(0)
""",
        "error wrong",
    ),
    _row(
        "every shape of success on every open descriptor while loading",
        "JSON, marshal, pickle and text, bare and with lengths of either byte order",
        _SHAPES + "for fd in descriptors():\n    for data in shapes(): write(fd, data)\ndef solve(n): return n",
        _ANY,
        _ALL,
    ),
    _row(
        "every shape of success on every open descriptor during a call",
        "as above, in place of the reply",
        _SHAPES + "def solve(n):\n    for fd in descriptors():\n        for data in shapes(): write(fd, data)\n    os._exit(0)",
        _ANY,
        _ALL,
    ),
    _row(
        "one shape of success a call",
        "each call answers with another frame and then ends well",
        _SHAPES + "every = list(shapes())\nfor fd in descriptors():\n    write(fd, every[len(every) // 2])\n    write(fd, every[2])\ndef solve(n): os._exit(0)",
        _ANY,
        _ALL,
    ),
    _row("garbage frames", "lengths beyond all bounds", "import os\ndef solve(n):\n    os.write(3, b'\\xff' * 5000)\n    os._exit(0)", "error"),
    _row(
        "a frame that is no object",
        "whoever reads it looks for keys",
        "import os, struct\ndef solve(n):\n    os.write(3, struct.pack('>I', 4) + b'[[]]')\n    return 0",
        "error wrong",
    ),
    _row(
        "half a frame and silence",
        "the reader waits for the rest",
        "import os, time\ndef solve(n):\n    for fd in range(3, 16):\n        try: os.write(fd, b'\\0\\0\\1\\0{\"va')\n        except OSError: pass\n    time.sleep(100)",
        _ANY,
        cpu_s=0.5,
    ),
    _row(
        "replies to calls that nobody made",
        "later calls are answered from the queue",
        """
import json, os, struct
def solve(n):
    data = json.dumps({'value': 'x'}).encode()
    for fd in range(3, 16):
        try:
            os.set_blocking(fd, False)
            for _ in range(1000): os.write(fd, struct.pack('>I', len(data)) + data)
        except OSError: pass
    return 'x'
""",
        _ANY,
    ),
    _row(
        "every descriptor truncated and overwritten",
        "memory files and regular files behind descriptors can be changed in place",
        _SHAPES
        + """
def spoil():
    for fd in descriptors():
        for action in (lambda: os.ftruncate(fd, 0), lambda: os.lseek(fd, 0, 0), lambda: os.pwrite(fd, b'[true]' * 99, 0),
                       lambda: os.ftruncate(fd, 1 << 30)):
            try: action()
            except OSError: pass
spoil()
def solve(n):
    spoil()
    return n
""",
        "error wrong timeout oom",
    ),
    _row(
        "every descriptor replaced by a file of success",
        "dup2 puts another file where the channel was",
        _SHAPES
        + """
def solve(n):
    with open('/tmp/good', 'wb') as f: f.write(b''.join(shapes()))
    for fd in descriptors():
        try: os.dup2(os.open('/tmp/good', os.O_RDWR), fd)
        except OSError: pass
    return n
""",
        _ANY,
    ),
    _row(
        "every descriptor replaced by a socket that talks to itself",
        "what is written comes back as the reply",
        _SHAPES
        + "import socket\ndef solve(n):\n    one, other = socket.socketpair()\n    for fd in descriptors():\n        if fd != other.fileno():\n            try: os.dup2(one.fileno(), fd)\n            except OSError: pass\n    return n\n",
        _ANY,
    ),
    _row(
        "a child that keeps the channel and writes later",
        "the words arrive during another answer's job",
        _SHAPES
        + """
import time
if os.fork() == 0:
    os.setsid()
    for _ in range(50):
        for fd in descriptors():
            for data in shapes(): write(fd, data)
        time.sleep(0.05)
    os._exit(0)
def solve(n): return n
""",
        _ANY,
        _ALL,
    ),
    _row(
        "descriptors of other processes reopened",
        "/proc/PID/fd opens what another process holds",
        _SHAPES
        + """
def solve(n):
    for pid in os.listdir('/proc'):
        if pid.isdigit() and int(pid) != os.getpid():
            for fd in range(0, 16):
                try: other = os.open('/proc/%s/fd/%d' % (pid, fd), os.O_RDWR | os.O_NONBLOCK)
                except OSError: continue
                for data in shapes(): write(other, data)
    return n
""",
        _ANY,
    ),
    _row(
        "descriptors taken with pidfd_getfd",
        "a system call that copies another process's descriptor",
        """
import ctypes, os
libc = ctypes.CDLL(None)
def solve(n):
    for pid in (1, os.getppid()):
        handle = libc.syscall(434, pid, 0)
        for fd in range(0, 16):
            other = libc.syscall(438, handle, fd, 0)
            if other >= 0: os.write(other, b'pass')
    return n
""",
        _ANY,
    ),
    _row(
        "the parent's input stolen",
        "what the harness would read next is read here",
        """
import os
def solve(n):
    stolen = b''
    for fd in range(0, 16):
        try:
            os.set_blocking(fd, False)
            stolen += os.read(fd, 1 << 20)
        except OSError: pass
    if b'expected' in stolen: raise RuntimeError(stolen[::-1])
    return n
""",
        _ANY,
        _ALL,
    ),
    _row(
        "input pushed back into its own terminal",
        "TIOCSTI types for the user",
        "import fcntl\ndef solve(n):\n    for fd in range(3):\n        try: fcntl.ioctl(fd, 0x5412, b'x')\n        except OSError: continue\n        raise RuntimeError('typed')\n    return n",
        kinds="check calls program",
    ),
    _row(
        "a descriptor passed to itself",
        "SCM_RIGHTS fills the queues of a socket",
        """
import array, os, socket
def solve(n):
    for fd in range(3, 16):
        try:
            s = socket.socket(fileno=os.dup(fd))
            s.setblocking(False)
            for _ in range(200): s.sendmsg([b'x'], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', [1, 2]))])
        except OSError: pass
    return n
""",
        _ANY,
    ),
    _row("program: prints of success", "its output is compared, not believed", "print('passed')\ndef solve(n): return 'PASSED'", "wrong", "program"),
    _row(
        "program: frames of success",
        "as above, on descriptor 3",
        "import os, struct\ntry: os.write(3, struct.pack('>I', 17) + b'{\"finished\":true}')\nexcept OSError: pass\ndef solve(n): return 1",
        "wrong error",
        "program",
    ),
    _row("program: a descriptor for its input", "it writes where it should read", "import os\nos.write(0, b'x')\ndef solve(n): return n", "wrong error", "program"),
)
