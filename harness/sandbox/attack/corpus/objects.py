"""Hostile ``__str__``, ``__repr__``, ``__class__``, metaclasses and exceptions; generators, classes, endless objects."""

# ruff: noqa: E501
# Programs are easier to read on one line than cut in pieces.

from __future__ import annotations

from ..rows import rows_of

_row = rows_of("objects")
_ALL = "check asserts calls file"

ROWS = (
    _row(
        "hostile __class__",
        "isinstance is told that it is a str",
        """
class Odd:
    @property
    def __class__(self): return str
    def __eq__(self, other): return True
def solve(n): return Odd()
""",
        "error wrong",
    ),
    _row(
        "a __class__ that ends the process",
        "whoever asks for the type by attribute dies well",
        """
import os
class Odd:
    @property
    def __class__(self): os._exit(0)
def solve(n): return Odd()
""",
        "error wrong",
    ),
    _row(
        "hostile __repr__, __str__, __reduce__ and __iter__",
        "whoever shows or copies the value ends well",
        """
class Odd:
    def __repr__(self): raise SystemExit(0)
    __str__ = __repr__
    __iter__ = __repr__
    def __reduce__(self): raise SystemExit(0)
    __reduce_ex__ = None
def solve(n): return Odd()
""",
    ),
    _row(
        "a str subclass with a hostile __str__",
        "reduction to a plain str calls it",
        """
class Odd(str):
    def __str__(self): raise SystemExit(0)
    __repr__ = __iter__ = __len__ = __str__
def solve(n): return Odd('x')
""",
        "error wrong",
    ),
    _row(
        "an int subclass with a hostile __int__ and __index__",
        "conversion runs foreign code",
        """
import os
class Odd(int):
    def __int__(self): os._exit(0)
    __index__ = __float__ = __bool__ = __hash__ = __int__
def solve(n): return Odd(5)
""",
        "error wrong",
    ),
    _row(
        "a dict subclass whose items lie",
        "items, keys and iteration differ",
        """
class Odd(dict):
    def items(self): return [('a', 1)] * 3
    def keys(self): raise SystemExit(0)
    def __iter__(self): return iter(range(10 ** 9))
    def __len__(self): return -1
def solve(n): return Odd(a=1)
""",
        "error wrong",
    ),
    _row(
        "a list subclass that never ends",
        "a codec that iterates it is stalled",
        "class Odd(list):\n    def __iter__(self):\n        while True: yield 1\ndef solve(n): return Odd([1])",
    ),
    _row(
        "a sequence without an end",
        "`__getitem__` always gives one more",
        "class Odd:\n    def __getitem__(self, at): return at\n    def __len__(self): return 1 << 62\ndef solve(n): return Odd()",
        "wrong error timeout",
    ),
    _row(
        "an exception whose __str__ raises",
        "its message ends the harness",
        "class Odd(Exception):\n    def __str__(self): raise SystemExit(0)\ndef solve(n): raise Odd()",
        "error",
    ),
    _row(
        "an exception whose __str__ recurses",
        "its message overflows the stack",
        "class Odd(Exception):\n    def __str__(self): return str(self)\ndef solve(n): raise Odd()",
        "error",
    ),
    _row(
        "an exception whose __str__ never ends",
        "its message stalls the harness",
        "class Odd(Exception):\n    def __str__(self):\n        while True: pass\ndef solve(n): raise Odd()",
        "error timeout",
        cpu_s=0.5,
    ),
    _row(
        "an exception whose __str__ writes its verdict",
        "it runs in the frame of whoever formats it",
        """
import sys
class Odd(Exception):
    def __str__(self):
        frame = sys._getframe()
        while frame:
            for value in list(frame.f_locals.values()):
                if isinstance(value, list): value.append('passed')
                if isinstance(value, dict): value['verdict'] = value['judged'] = 'pass'
            frame = frame.f_back
        return 'passed'
def solve(n): raise Odd()
""",
        "error wrong",
    ),
    _row(
        "an exception with a metaclass of its own",
        "asking for the class's name runs foreign code",
        """
class Meta(type):
    def __getattribute__(self, name): raise SystemExit(0)
class Odd(Exception, metaclass=Meta): pass
def solve(n): raise Odd('x')
""",
        "error",
    ),
    _row(
        "a metaclass that answers for its class",
        "isinstance and equality of the type itself are foreign code",
        """
class Meta(type):
    def __instancecheck__(cls, one): return True
    def __subclasscheck__(cls, one): return True
    def __eq__(cls, other): return True
    def __hash__(cls): return hash(str)
    __name__ = property(lambda cls: 'str')
class Odd(metaclass=Meta):
    def __eq__(self, other): return True
def solve(n): return Odd()
""",
        "wrong error",
        _ALL,
    ),
    _row(
        "a class whose name lies",
        "it calls itself str, of builtins",
        """
Odd = type('str', (), {'__module__': 'builtins', '__qualname__': 'str', '__eq__': lambda self, other: True})
def solve(n): return Odd()
""",
        "wrong error",
        _ALL,
    ),
    _row("an AssertionError of its own", "a test takes it for its own", "def solve(n): raise AssertionError('passed')", "error", _ALL),
    _row("a BaseException of its own", "it passes `except Exception`", "class Odd(BaseException): pass\ndef solve(n): raise Odd()", "error", _ALL),
    _row("KeyboardInterrupt", "it looks like the user's Ctrl-C", "def solve(n): raise KeyboardInterrupt", "error", _ALL),
    _row("GeneratorExit", "it passes `except Exception`", "def solve(n): raise GeneratorExit", "error", _ALL),
    _row("StopIteration", "it ends loops of the harness quietly", "def solve(n): raise StopIteration", "error wrong", _ALL),
    _row("unittest.SkipTest", "a skipped test counts as no failure", "import unittest\ndef solve(n): raise unittest.SkipTest('done')", "error", _ALL),
    _row(
        "an exception chain without an end",
        "its context points to itself",
        """
def solve(n):
    one, other = ValueError('a'), ValueError('b')
    one.__cause__, other.__cause__ = other, one
    raise one
""",
        "error",
    ),
    _row("an exception with a giant message", "100 MB of text about one error", "def solve(n): raise ValueError('x' * 100000000)", "error oom timeout", cpu_s=2),
    _row("a generator", "no value yet", "def solve(n): yield n", "wrong error", _ALL),
    _row("a generator that ends the process when it is closed", "the harness drops it", "import os\ndef solve(n):\n    def go():\n        try: yield 1\n        finally: os._exit(0)\n    it = go(); next(it); return it", "wrong error"),
    _row("a coroutine", "no value yet", "async def solve(n): return n", "wrong error", _ALL),
    _row("a class", "the class itself is returned", "class Odd: pass\ndef solve(n): return Odd", "wrong error", _ALL),
    _row("itself", "the function returns itself", "def solve(n): return solve", "wrong error", _ALL),
    _row("a __del__ that ends the process", "the value is dropped by the harness", "import os\nclass Odd:\n    def __del__(self): os._exit(0)\ndef solve(n): return Odd()", "wrong error"),
    _row("a class as the answer whose instances are equal to all", "the test calls the class", "class solve:\n    def __init__(self, n): pass\n    def __eq__(self, other): return True", "wrong error", _ALL),
    _row("an answer that is a property of its module", "looking the function up runs code", "import sys, types\nclass Odd(types.ModuleType):\n    @property\n    def solve(self): raise SystemExit(0)\nsys.modules[__name__].__class__ = Odd", "error"),
)
