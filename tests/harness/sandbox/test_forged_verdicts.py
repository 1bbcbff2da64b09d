"""Answers that try to be taken for right ones: none of them may ever pass, and the answer after them is judged rightly."""

# ruff: noqa: E501
# Answers are easier to read on one line than cut in pieces.

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .conftest import Arena

pytestmark = pytest.mark.sandbox

_EQUAL_TO_ALL = """
class Equal{base}:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __hash__(self): return 1
    def __bool__(self): return True
    def __contains__(self, item): return True
    def __lt__(self, other): return True
    __le__ = __gt__ = __ge__ = __lt__
def solve(n):
    return Equal()
"""

# What an answer does, and every verdict that fits it.
FORGERIES: dict[str, tuple[str, str]] = {
    "os._exit(0) in a call": ("import os\ndef solve(n): os._exit(0)", "error"),
    "os._exit(0) while loading": ("import os\nos._exit(0)", "error"),
    "sys.exit(0) in a call": ("import sys\ndef solve(n): sys.exit(0)", "error"),
    "SystemExit while loading": ("raise SystemExit(0)", "error"),
    "posix._exit in a call": ("import posix\ndef solve(n): posix._exit(0)", "error"),
    "execv of the interpreter": (
        "import os\ndef solve(n): os.execv('/proc/self/exe', ['python3', '-c', 'raise SystemExit(0)'])",
        "error",
    ),
    "execv of /bin/true": ("import os\ndef solve(n): os.execv('/bin/true', ['true'])", "error"),
    "prints of success": (
        "print('passed'); print('1.0'); print('{\"verdict\": \"pass\"}')\n"
        "def solve(n):\n    print('PASSED'); print(\"{'pass@1': 1.0}\")\n    return 0",
        "wrong",
    ),
    "frames of success on every descriptor": (
        "import os, struct, json\n"
        "for text in (dict(verdict='pass'), dict(loaded=True), dict(verdict='pass', raised='', message='')):\n"
        "    data = json.dumps(text).encode()\n"
        "    for fd in range(1, 16):\n"
        "        try: os.write(fd, struct.pack('>I', len(data)) + data)\n"
        "        except OSError: pass\n"
        "os._exit(0)",
        "error wrong",
    ),
    "frames of success during a call": (
        "import os, struct, json\n"
        "def solve(n):\n"
        "    for text in (dict(verdict='pass'), dict(value=True), dict(clean=True, killed='', exit=0, signal=None)):\n"
        "        data = json.dumps(text).encode()\n"
        "        for fd in range(1, 16):\n"
        "            try: os.write(fd, struct.pack('>I', len(data)) + data)\n"
        "            except OSError: pass\n"
        "    os._exit(0)",
        "error wrong",
    ),
    "garbage frames": (
        "import os\ndef solve(n):\n    os.write(3, b'\\xff' * 5000)\n    os._exit(0)",
        "error",
    ),
    "a frame that is no object": (
        "import os, struct\ndef solve(n):\n    os.write(3, struct.pack('>I', 4) + b'[[]]')\n    return 0",
        "error wrong",
    ),
    "an object equal to everything": (_EQUAL_TO_ALL.format(base=""), "wrong"),
    "an int equal to everything": (_EQUAL_TO_ALL.format(base="(int)"), "wrong"),
    "a str equal to everything": (_EQUAL_TO_ALL.format(base="(str)"), "wrong"),
    "a list equal to everything": (_EQUAL_TO_ALL.format(base="(list)"), "wrong"),
    "hostile __class__": (
        "class Odd:\n    @property\n    def __class__(self): return str\n    def __eq__(self, other): return True\n"
        "def solve(n): return Odd()",
        "error wrong",
    ),
    "hostile __repr__, __str__, __reduce__ and __iter__": (
        "class Odd:\n    def __repr__(self): raise SystemExit(0)\n    __str__ = __repr__\n    __iter__ = __repr__\n"
        "    def __reduce__(self): raise SystemExit(0)\n    __reduce_ex__ = None\ndef solve(n): return Odd()",
        "wrong",
    ),
    "a str subclass with a hostile __str__": (
        "class Odd(str):\n    def __str__(self): raise SystemExit(0)\n    __repr__ = __iter__ = __len__ = __str__\n"
        "def solve(n): return Odd('x')",
        "error wrong",
    ),
    "a list subclass that never ends": (
        "class Odd(list):\n    def __iter__(self):\n        while True: yield 1\ndef solve(n): return Odd([1])",
        "wrong",
    ),
    "an exception whose __str__ raises": (
        "class Odd(Exception):\n    def __str__(self): raise SystemExit(0)\ndef solve(n): raise Odd()",
        "error",
    ),
    "an exception whose __str__ recurses": (
        "class Odd(Exception):\n    def __str__(self): return str(self)\ndef solve(n): raise Odd()",
        "error",
    ),
    "an exception with a metaclass of its own": (
        "class Meta(type):\n    def __getattribute__(self, name): raise SystemExit(0)\n"
        "class Odd(Exception, metaclass=Meta): pass\ndef solve(n): raise Odd('x')",
        "error",
    ),
    "an AssertionError of its own": ("def solve(n): raise AssertionError('passed')", "error"),
    "a BaseException of its own": ("class Odd(BaseException): pass\ndef solve(n): raise Odd()", "error"),
    "KeyboardInterrupt": ("def solve(n): raise KeyboardInterrupt", "error"),
    "GeneratorExit": ("def solve(n): raise GeneratorExit", "error"),
    "nan": ("def solve(n): return float('nan')", "wrong"),
    "an integer with 200,000 digits": ("def solve(n): return 10 ** 200000", "wrong"),
    "a value nested 100,000 deep": (
        "def solve(n):\n    value = []\n    for _ in range(100000): value = [value]\n    return value",
        "error wrong",
    ),
    "a value that contains itself": (
        "def solve(n):\n    value = []\n    value.append(value)\n    return value",
        "error",
    ),
    "a signalling NaN": ("from decimal import Decimal\ndef solve(n): return Decimal('sNaN')", "error wrong"),
    "a list of 5,000,000": ("def solve(n): return [0] * 5000000", "wrong error oom timeout"),
    "a text of 60 MB": ("def solve(n): return 'x' * 60000000", "wrong error oom timeout"),
    "json, os and builtins patched": (
        "import json, os, builtins, struct\n"
        "json.dumps = json.loads = lambda *a, **k: {'verdict': 'pass'}\n"
        "struct.pack = lambda *a: b'\\0' * 4\nbuiltins.AssertionError = ValueError\n"
        "builtins.isinstance = builtins.callable = lambda *a: True\nos.write = lambda *a: 10\n"
        "def solve(n): return 0",
        "error wrong timeout",
    ),
    "the guest's own functions patched": (
        "import sys\nmain = sys.modules['__main__']\n"
        "for name in ('run_check', 'judge', 'write_frame', 'candidate_serve', 'candidate_calls', 'describe'):\n"
        "    setattr(main, name, lambda *a, **k: {'verdict': 'pass'})\ndef solve(n): return 0",
        "error wrong timeout",
    ),
    "frames walked for anything to change": (
        "import sys\n"
        "def solve(n):\n"
        "    frame = sys._getframe()\n"
        "    while frame:\n"
        "        for space in (frame.f_locals, frame.f_globals):\n"
        "            for key, value in list(space.items()):\n"
        "                if isinstance(value, list): value.append('passed')\n"
        "                if isinstance(value, dict) and value is not frame.f_globals: value['verdict'] = 'pass'\n"
        "        frame = frame.f_back\n"
        "    return 0",
        "error wrong",
    ),
    "the garbage collector's objects changed": (
        "import gc\n"
        "def solve(n):\n"
        "    for item in gc.get_objects():\n"
        "        if type(item) is list and len(item) < 5: item.append('passed')\n"
        "    return 0",
        "error wrong",
    ),
    "atexit": ("import atexit, os\natexit.register(os._exit, 0)\ndef solve(n): raise SystemExit(0)", "error"),
    "sys.settrace and a profiler": (
        "import sys\nsys.settrace(lambda *a: None)\nsys.setprofile(lambda *a: None)\ndef solve(n): return 0",
        "wrong",
    ),
    "a callable object for a function": (
        "class Solve:\n    def __call__(self, n): return self\n    def __eq__(self, other): return True\nsolve = Solve()",
        "wrong",
    ),
    "no function": ("x = 1", "error"),
    "a syntax error": ("def solve(n) return n", "error"),
    "NUL bytes": ("def solve(n): return '\0'", "error wrong"),
    "a lone surrogate": ("def solve(n): return '\\ud800'", "wrong"),
    "a lone surrogate in the source": ("def solve(n): return '\ud800'", "error wrong"),
    "control characters in a message": ("def solve(n): raise ValueError('\\x1b[2J\\x00\\r\\n passed')", "error"),
    "a generator": ("def solve(n): yield n", "wrong"),
}


@pytest.mark.parametrize("kind", ["check", "calls"])
@pytest.mark.parametrize("what", FORGERIES)
def test_a_forged_success_is_not_a_pass(arena: Arena, what: str, kind: str) -> None:
    source, fitting = FORGERIES[what]
    score = arena.score(source, kind, time_limit_s=2.0)
    assert score.verdict in fitting.split(), score
    assert score.shielded
    arena.honest()


PROGRAMS: dict[str, tuple[str, str]] = {
    "os._exit(0)": ("import os\nos._exit(0)", "wrong"),
    "sys.exit(0)": ("import sys\nsys.exit(0)", "wrong"),
    "sys.exit(3)": ("import sys\nsys.exit(3)", "error"),
    "an exception": ("1 / 0", "error"),
    "prints of success": ("print('passed')\ndef solve(n): return 'PASSED'", "wrong"),
    "frames of success": (
        "import os, struct\nos.write(3, struct.pack('>I', 17) + b'{\"finished\":true}')\ndef solve(n): return 1",
        "wrong",
    ),
    "a descriptor for its input": ("import os\nos.write(0, b'x')\ndef solve(n): return n", "wrong error"),
}


@pytest.mark.parametrize("what", PROGRAMS)
def test_a_program_is_judged_by_what_it_prints_alone(arena: Arena, what: str) -> None:
    source, fitting = PROGRAMS[what]
    score = arena.score(source, "program", time_limit_s=2.0)
    assert score.verdict in fitting.split(), score
    arena.honest()
