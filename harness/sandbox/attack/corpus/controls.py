"""Honest programs: a sandbox that fails everything would be safe, and useless. ``EXPECTED`` is given to these alone."""

# ruff: noqa: E501
# Programs are easier to read on one line than cut in pieces.

from __future__ import annotations

from ..rows import CONTROL, rows_of

_row = rows_of(CONTROL)
_ALL = "check asserts calls file program"
_RIGHT = "    return EXPECTED + str(n)\n"

ROWS = (
    _row("a right answer", "it must pass", f"def solve(n):\n{_RIGHT}", "pass", _ALL, cpu_s=5),
    _row("a wrong answer", "it must not", "def solve(n):\n    return EXPECTED\n", "wrong", _ALL, cpu_s=5),
    _row("a right answer that prints", "output of a function is no verdict", f"import sys\nprint('FAILED', file=sys.stderr)\ndef solve(n):\n    print('wrong', file=sys.stderr)\n{_RIGHT}", "pass", _ALL, cpu_s=5),
    _row("a right answer with threads and a child", "both are allowed", f"import os, threading\ndef solve(n):\n    thread = threading.Thread(target=len, args=('',))\n    thread.start()\n    thread.join()\n    pid = os.fork()\n    if pid == 0: os._exit(0)\n    os.waitpid(pid, 0)\n{_RIGHT}", "pass", _ALL, cpu_s=5),
    _row("a right answer with files", "/tmp is writable", f"import os\ndef solve(n):\n    with open('/tmp/note', 'w') as f: f.write(str(n))\n    os.unlink('/tmp/note')\n{_RIGHT}", "pass", _ALL, cpu_s=5),
    _row("a right answer that recurses", "900 levels are usual", f"def down(n): return n and down(n - 1)\ndef solve(n):\n    down(900)\n{_RIGHT}", "pass", _ALL, cpu_s=5),
    _row("a right answer that uses 300 MB", "below the limit", f"def solve(n):\n    bytearray(300 << 20)\n{_RIGHT}", "pass", _ALL, cpu_s=5),
    _row("a right answer of a str subclass", "its text is right", "class Text(str): pass\ndef solve(n): return Text(EXPECTED + str(n))", "pass", _ALL, cpu_s=5),
    _row("a right answer that catches everything", "`except BaseException` is bad style, and honest", f"def solve(n):\n    try: raise SystemExit(1)\n    except BaseException: pass\n{_RIGHT}", "pass", _ALL, cpu_s=5),
    _row("a right answer that raises in the third call", "the first two do not make it pass", f"def solve(n):\n    if n == 2: raise ValueError('no')\n{_RIGHT}", "error", _ALL, cpu_s=5),
    _row("no code", "nothing to run", "   \n", "no_answer", "check asserts calls", cpu_s=5),
)
