"""Programs that end early, with a status that looks like success."""

# ruff: noqa: E501
# Programs are easier to read on one line than cut in pieces.

from __future__ import annotations

from ..rows import rows_of

_row = rows_of("exit")
_ALL = "check asserts calls"

ROWS = (
    _row("os._exit(0) in a call", "exit code 0 is no verdict", "import os\ndef solve(n): os._exit(0)", "error", _ALL),
    _row("os._exit(0) while loading", "exit code 0 is no verdict", "import os\nos._exit(0)", "error", _ALL),
    _row("sys.exit(0) in a call", "SystemExit passes `except Exception`", "import sys\ndef solve(n): sys.exit(0)", "error", _ALL),
    _row("SystemExit while loading", "SystemExit passes `except Exception`", "raise SystemExit(0)", "error", _ALL),
    _row("posix._exit in a call", "os may be patched, posix remains", "import posix\ndef solve(n): posix._exit(0)", "error"),
    _row("quit() in a call", "a builtin that raises SystemExit and closes stdin", "def solve(n): quit()", "error"),
    _row(
        "execv of the interpreter",
        "another program takes the place of the answer and ends well",
        "import os\ndef solve(n): os.execv('/proc/self/exe', ['python3', '-c', 'raise SystemExit(0)'])",
        "error",
    ),
    _row("execv of /bin/true", "as above", "import os\ndef solve(n): os.execv('/bin/true', ['true'])", "error"),
    _row("atexit", "the end of the interpreter says success", "import atexit, os\natexit.register(os._exit, 0)\ndef solve(n): raise SystemExit(0)", "error"),
    _row(
        "exit of a thread",
        "a thread ends the process while the call goes on",
        """
import os, threading, time
def solve(n):
    threading.Thread(target=os._exit, args=(0,)).start()
    time.sleep(0.3)
    return n
""",
        "error wrong",
    ),
    _row(
        "exit from a signal handler",
        "the process ends between two instructions of the harness",
        """
import os, signal
signal.signal(signal.SIGALRM, lambda *a: os._exit(0))
signal.setitimer(signal.ITIMER_REAL, 0.0001)
def solve(n):
    while True: pass
""",
        "error timeout",
    ),
    _row(
        "exit_group by system call",
        "no Python function is called that could have been replaced",
        """
import ctypes, platform
def solve(n):
    ctypes.CDLL(None).syscall({'x86_64': 231, 'aarch64': 94}.get(platform.machine(), 231), 0)
    ctypes.CDLL(None)._exit(0)
""",
        "error",
    ),
    _row("SIGTERM to itself", "a signal that harnesses take for their own stop", "import os, signal\ndef solve(n): os.kill(os.getpid(), signal.SIGTERM)", "error wrong"),
    _row("the exit code of a skipped test", "77 and 5 mean skipped to some runners", "import os\ndef solve(n): os._exit(77)", "error"),
    _row(
        "a fork that answers twice",
        "parent and child both return to the harness and reply",
        "import os\ndef solve(n):\n    os.fork()\n    return n",
        "wrong error timeout",
    ),
    _row(
        "a fork whose child goes on and whose parent ends well",
        "the process that was started has ended, its channel has not",
        "import os\nif os.fork(): os._exit(0)\ndef solve(n): return n",
        "error wrong timeout",
    ),
    _row("program: os._exit(0)", "nothing was printed", "import os\nos._exit(0)", "wrong", "program"),
    _row("program: sys.exit(0)", "nothing was printed", "import sys\nsys.exit(0)", "wrong", "program"),
    _row("program: sys.exit(3)", "a program that says that it failed", "import sys\nsys.exit(3)", "error", "program"),
    _row("program: an exception", "it crashed", "1 / 0", "error", "program"),
    _row("no function", "nothing to call", "x = 1", "error", _ALL),
    _row("a syntax error", "nothing to run", "def solve(n) return n", "error", "check asserts calls program"),
)
