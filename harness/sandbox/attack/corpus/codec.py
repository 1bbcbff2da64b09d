"""Values made to confuse, crash or stall whoever carries them between processes and compares them."""

# ruff: noqa: E501
# Programs are easier to read on one line than cut in pieces.

from __future__ import annotations

from ..rows import rows_of

_row = rows_of("codec")
_HEAVY = "wrong error oom timeout"

ROWS = (
    _row("nan", "unequal to itself, equal by identity", "def solve(n): return float('nan')"),
    _row("a list of one nan", "lists compare by identity first", "def solve(n): return [float('nan')]"),
    _row("infinity and minus zero", "numbers that JSON does not have", "def solve(n): return [float('inf'), -0.0, complex('nan')]"),
    _row("an integer with 200,000 digits", "printing it takes quadratic time, or is refused", "def solve(n): return 10 ** 200000"),
    _row("an integer of 100 MB", "larger than any frame", "def solve(n): return 1 << 800000000", _HEAVY, cpu_s=2),
    _row("a fraction of huge integers", "equality cross-multiplies", "from fractions import Fraction\ndef solve(n): return Fraction(10 ** 60000 + 1, 10 ** 60000)", "wrong error timeout"),
    _row("a decimal of a huge exponent", "converting it to an integer fills the memory", "from decimal import Decimal\ndef solve(n): return Decimal('1e999999999')", "wrong error"),
    _row("a signalling NaN", "comparing it raises in the host", "from decimal import Decimal\ndef solve(n): return Decimal('sNaN')", "error wrong"),
    _row("a range of 10 ** 100", "len of it overflows", "def solve(n): return range(10 ** 100)", "wrong error"),
    _row("a value nested 100,000 deep", "a recursive codec overflows its stack", "def solve(n):\n    value = []\n    for _ in range(100000): value = [value]\n    return value", "error wrong"),
    _row("a dict nested 100,000 deep", "as above, by keys", "def solve(n):\n    value = {}\n    for _ in range(100000): value = {'a': value}\n    return value", "error wrong"),
    _row("tuples nested 900 deep", "just below the usual recursion limit", "def solve(n):\n    value = ()\n    for _ in range(900): value = (value,)\n    return value", "error wrong"),
    _row("a value that contains itself", "it has no end", "def solve(n):\n    value = []\n    value.append(value)\n    return value", "error wrong"),
    _row("a value that doubles 40 times", "small in memory, without end when it is written out", "def solve(n):\n    value = ['x']\n    for _ in range(40): value = [value, value]\n    return value", _HEAVY, cpu_s=2),
    _row("a billion laughs in a dict", "as above, ten times a level", "def solve(n):\n    value = 'lol'\n    for _ in range(12): value = {str(i): value for i in range(10)}\n    return value", _HEAVY, cpu_s=2),
    _row("a list of 5,000,000", "many small items", "def solve(n): return [0] * 5000000", _HEAVY, cpu_s=2),
    _row("a text of 60 MB", "one large item", "def solve(n): return 'x' * 60000000", _HEAVY, cpu_s=2),
    _row("a result of 1 GB", "larger than any memory the harness should spend", "def solve(n): return [bytes(1 << 20)] * 1024", _HEAVY, "check calls program", cpu_s=2),
    _row("a text of 300 MB", "larger than a frame", "def solve(n): return 'x' * 300000000", _HEAVY, cpu_s=2),
    _row("keys that share one hash", "building the dict takes quadratic time in the host", "def solve(n): return {i * ((1 << 61) - 1): 0 for i in range(1, 20001)}", _HEAVY, cpu_s=2),
    _row("a set whose items share one hash", "building the set takes quadratic time in the host", "def solve(n): return {i * ((1 << 61) - 1) for i in range(1, 20001)}", _HEAVY, cpu_s=2),
    _row("tuples that share one hash", "hashes of tuples collide as well", "def solve(n): return {(i * ((1 << 61) - 1),): 0 for i in range(1, 5001)}", _HEAVY, cpu_s=2),
    _row("keys 1, 1.0 and True", "equal keys of different types", "def solve(n): return [{1: 'a'}, {1.0: 'a'}, {True: 'a'}]"),
    _row("mixed keys that cannot be sorted", "a codec that sorts keys raises", "def solve(n): return {1: 1, 'a': 2, None: 3, (1,): 4, b'x': 5}", "wrong error"),
    _row(
        "a dict that looks like a tag of the codec",
        "it is decoded as what it is not",
        """
def solve(n):
    tags = ('tuple', 'set', 'dict', 'int', 'float', 'bytes', 'opaque', 'digest', 'range', 'decimal', 'object', 'ref')
    return [{mark + tag: ['x']} for tag in tags for mark in ('$', '__', '@', '!', '%', '')]
""",
        "wrong error",
    ),
    _row("tags with payloads that crash a decoder", "a decoder that trusts its input", "def solve(n): return [{'$int': 'zz'}, {'$float': []}, {'$range': [1, 2, 0]}, {'$bytes': 'abc'}, {'$date': 'x'}, {'$deque': 1}]", "wrong error"),
    _row("nested tags", "tags inside tags", "def solve(n):\n    value = 'x'\n    for _ in range(50): value = {'$tuple': [{'$dict': [[value, value]]}]}\n    return value", "wrong error timeout oom"),
    _row(
        "a pickle and its instructions",
        "whoever unpickles it runs them",
        "import os, pickle\nclass Odd:\n    def __reduce__(self): return (os._exit, (0,))\ndef solve(n): return pickle.dumps(Odd())",
        "wrong error",
    ),
    _row("an object whose copy ends the process", "deepcopy and pickle call `__reduce_ex__`", "import os\nclass Odd:\n    def __reduce_ex__(self, v): os._exit(0)\n    __copy__ = __deepcopy__ = __reduce_ex__\ndef solve(n): return Odd()", "wrong error"),
    _row("a str subclass as a key", "looked up by its own hash", "class Odd(str):\n    def __hash__(self): return 7\n    def __eq__(self, other): return True\ndef solve(n): return {Odd('$tuple'): []}", "wrong error"),
    _row("a subclass of bool's base", "an int that says it is True", "class Odd(int):\n    def __repr__(self): return 'true'\n    __str__ = __repr__\ndef solve(n): return [Odd(1), True, 1]", "wrong error"),
    _row("an enumeration's member", "an int with a name", "import enum\nclass Odd(enum.IntEnum):\n    A = 1\n    @property\n    def value(self): raise SystemExit(0)\ndef solve(n): return Odd.A", "wrong error"),
    _row("a namedtuple and a deque without bounds", "subclasses of plain types", "import collections\nP = collections.namedtuple('P', 'a b')\ndef solve(n): return [P(1, 2), collections.deque([1], 10 ** 9), collections.Counter('aab')]", "wrong error"),
    _row("a date with a hostile time zone", "comparing asks `utcoffset`", "import datetime\nclass Odd(datetime.tzinfo):\n    def utcoffset(self, when): raise SystemExit(0)\ndef solve(n): return datetime.datetime(2020, 1, 1, tzinfo=Odd())", "wrong error"),
    _row("a memoryview, a code object and a module", "types that marshal or pickle may take", "import sys\ndef solve(n): return [memoryview(b'x'), solve.__code__, sys, Ellipsis, type, slice(1)]", "wrong error"),
    _row("a list that grows while it is read", "another thread appends to it", "import threading\ndef solve(n):\n    value = [0]\n    def grow():\n        while True: value.append(0)\n    threading.Thread(target=grow, daemon=True).start()\n    return value", _HEAVY),
)
