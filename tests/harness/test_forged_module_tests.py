"""Answers that try to forge the verdict of a test file through what a border forwards."""

# ruff: noqa: E501
# Programs are easier to read on one line than cut in pieces.

from __future__ import annotations

from collections.abc import Iterator

import pytest

from evalrun.benchmarks import CheckTest, CodeTask, ModuleTest
from evalrun.harness.sandbox import open_sandbox
from evalrun.harness.sandbox.pool import SandboxPool
from evalrun.harness.scoring import score_one
from evalrun.harness.verdict import Score


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxPool]:
    """These answers lie, but do no harm."""
    with open_sandbox("process", workers=1) as opened:
        yield opened


def score(program: str, sandbox: SandboxPool, source: str, reference: str) -> Score:
    """The verdict on an answer to a task that is tested by this file."""
    made = CodeTask("t/1", "Write it.", None, reference, (ModuleTest(program),), form="instruct")
    return score_one(made, source, sandbox)


LIARS = {
    "equal to all": "class Liar:\n    def __eq__(self, other): return True\n    def __ne__(self, other): return False\n    __hash__ = None\n",
    "in every order": "class Liar:\n    def __lt__(self, other): return True\n    __le__ = __gt__ = __ge__ = __lt__\n",
    "holds everything": "class Liar:\n    def __contains__(self, other): return True\n    def __len__(self): return 3\n",
    "no distance": "class Liar:\n    def __sub__(self, other): return 0.0\n    __rsub__ = __sub__\n    def __abs__(self): return 0\n    def __round__(self, n=0): return 0\n",
    "a lying tuple": "class Liar(tuple):\n    def __eq__(self, other): return True\n    def __lt__(self, other): return True\n    __hash__ = None\n",
    "a lying int": "class Liar(int):\n    def __eq__(self, other): return True\n    def __lt__(self, other): return True\n    __ge__ = __lt__\n    def __sub__(self, other): return 0\n    __rsub__ = __sub__\n    __hash__ = None\n",
    "a lying module": "import sys\nclass Module(type(sys)):\n    def __getattr__(self, name): return Liar()\nclass Liar:\n    def __eq__(self, other): return True\nsys.modules[__name__].__class__ = Module\n",
}
ASKED = [
    "assert solution.f() == 41",
    "assert not solution.f() != 41",
    "assert 41 <= solution.f()",
    "assert solution.f() < -5",
    "assert 41 in solution.f()",
    "assert abs(solution.f() - 41.5) < 1e-6",
    "assert [solution.f()] == [41]",
    "assert {41: solution.f()} == {41: 41}",
    "unittest.TestCase().assertEqual(solution.f(), 41)",
    "unittest.TestCase().assertAlmostEqual(solution.f(), 41.5)",
    "unittest.TestCase().assertIn(41, solution.f())",
    "unittest.TestCase().assertIsInstance(solution.f(), int); assert solution.f() == 41",
    "unittest.TestCase().assertCountEqual(solution.f(), [41, 42])",
]
# Its classes have every operator, so that all of them are forwarded; of plain data they must decide nothing.
NUMBER = (
    "class Number:\n"
    + "".join(f"    def __{n}__(self, other): pass\n" for n in "eq lt le gt ge add sub mul radd rsub".split())
    + "    def __abs__(self): pass\n    def __len__(self): pass\n    def __round__(self): pass\n"
)


@pytest.mark.parametrize("reference", ["def f(): return 41\n", NUMBER], ids=["functions", "numbers"])
@pytest.mark.parametrize("asked", ASKED)
@pytest.mark.parametrize("liar", LIARS)
def test_a_lying_operator_decides_nothing_about_plain_data(
    liar: str, asked: str, reference: str, sandbox: SandboxPool
) -> None:
    source = LIARS[liar] + "def f(): return Liar()\n"
    found = score(f"import unittest, solution\ndef test_it():\n    {asked}\n", sandbox, source, reference)
    assert found.verdict in ("wrong", "error"), found
    assert found.shielded


FORGERS = {
    "an exit that swallows assertions": (
        "class C:\n    def __enter__(self): return self\n    def __exit__(self, *error): return True\n    def f(self): return 0\n",
        "import solution\ndef test_a():\n    with solution.C() as c:\n        assert c.f() == 41\n",
    ),
    "an exit that swallows what the answer raises": (
        "class C:\n    def __enter__(self): return self\n    def __exit__(self, *error): return True\n    def f(self): raise KeyError\n",
        "import solution\ndef test_a():\n    with solution.C() as c:\n        assert c.f() == 41\n",
    ),
    "SkipTest": (
        "import unittest\nclass C:\n    def f(self): raise unittest.SkipTest('no')\n",
        "import solution\ndef test_ok(): assert True\ndef test_a():\n    assert solution.C().f() == 41\n",
    ),
    "an exception class of the answer's, passed back": (
        "class E(Exception): pass\nclass C:\n    def f(self): return E\n    def g(self, e): return 0\n",
        "import solution\ndef test_a():\n    c = solution.C()\n    assert c.g(c.f()) == 41\n",
    ),
    "an exception of the answer's, passed back": (
        "class C:\n    def f(self): raise E\n    def g(self, e): return 0\nclass E(Exception): pass\n",
        "import solution\ndef test_a():\n    c = solution.C()\n    try:\n        e = c.f()\n    except Exception as error:\n        e = error\n"
        "    assert c.g(e) == 41\n",
    ),
    "a builtin exception of the answer's, passed back": (
        "class C:\n    def f(self): raise KeyError(5)\n    def g(self, e): return 0\n",
        "import solution\ndef test_a():\n    c = solution.C()\n    try:\n        e = c.f()\n    except Exception as error:\n        e = error\n"
        "    assert c.g(e) == 41\n",
    ),
    "an instance check that says yes": (
        "class Meta(type):\n    def __instancecheck__(cls, one): return True\n    def __subclasscheck__(cls, one): return True\n"
        "class C(metaclass=Meta): pass\ndef f(): return 41\n",
        "import solution\ndef test_a():\n    assert isinstance(solution.f(), solution.C)\n",
    ),
    "an error text with an equality": (
        "class S(str):\n    def __eq__(self, other): return True\n    __hash__ = None\nclass E(Exception):\n    def __str__(self): return S('no')\n"
        "class C:\n    def f(self): raise E(S('no'))\n",
        "import solution\ndef test_a():\n    try:\n        solution.C().f()\n    except Exception as error:\n        assert str(error) == 'yes'\n"
        "        assert error.args == ('yes',)\n",
    ),
    "names over those of the test": (
        "def check(x): return True\nassert_equal = check\nclass C: pass\n__all__ = ['check', 'C', 'len', 'test_a']\n"
        "def len(x): return 41\ndef test_a(): pass\n",
        "def test_a():\n    assert len([1]) == 41\nfrom solution import *\n",
    ),
}


@pytest.mark.parametrize("forger", FORGERS)
def test_an_answer_cannot_forge_the_verdict_of_a_test_file(forger: str, sandbox: SandboxPool) -> None:
    source, program = FORGERS[forger]
    found = score(
        program, sandbox, source, "class C:\n    def f(self): return 41\n    def __contains__(self, x): pass\n"
    )
    assert found.verdict in ("wrong", "error"), found
    assert found.shielded, found


def test_a_check_program_of_a_class_sees_its_operators_and_nothing_more(sandbox: SandboxPool) -> None:
    reference = "class V:\n    def __init__(self, x): self.x = x\n    def __add__(self, o): return V(self.x + o.x)\n    def __eq__(self, o): return self.x == o.x\n"
    test = CheckTest(
        "def check(candidate):\n    assert candidate(1) + candidate(2) == candidate(3)\n    assert candidate(1).x == 1\n"
    )
    made = CodeTask("t", "", "V", reference, (test,))
    assert score_one(made, reference, sandbox).verdict == "pass"
    assert score_one(made, reference.replace("+ o.x", "- o.x"), sandbox).verdict == "wrong"


# What an answer returns or names such that it cannot cross, where what the reference gives can.
UNSHIELDING = {
    "a view of a dict": (
        "def make(): return Cart()\nclass Cart:\n    def items(self): return [('a', 3)]\ndef total(items): return 7\n",
        "cart = solution.make(); assert solution.total(cart.items()) == 7",
        "def make(): return {'a': 3}\ndef total(items): return 0\n",
    ),
    "an iterator": (
        "def gen():\n    yield 7\ndef take(it): return next(it)\n",
        "assert solution.take(iter(solution.gen())) == 7",
        "def gen(): return [1]\ndef take(it): return 0\n",
    ),
    "no class of exceptions": (
        "class MyError(Exception): pass\ndef g(): return 77\n",
        "\n    class Local(solution.MyError): pass\n    assert solution.g() == 77",
        "class MyError: pass\ndef g(): return 0\n",
    ),
}


@pytest.mark.parametrize("name", list(UNSHIELDING))
def test_no_answer_makes_the_run_of_a_test_file_unshielded(name: str, sandbox: SandboxPool) -> None:
    reference, asked, source = UNSHIELDING[name]
    program = f"import solution\ndef test_a():\n    {asked}\n"
    right = score(program, sandbox, reference, reference)
    assert (right.verdict, right.shielded) == ("pass", True), right
    found = score(program, sandbox, source, reference)
    assert (found.verdict, found.shielded) == ("error", True), found


def test_a_slice_crosses_as_what_it_is(sandbox: SandboxPool) -> None:
    reference = "class Row:\n    def __init__(self, items): self.items = items\n    def __getitem__(self, at): return self.items[at]\n"
    program = "import solution\ndef test_a():\n    row = solution.Row([1, 2, 3])\n    assert row[:2] == [1, 2] and row[::-1] == [3, 2, 1]\n"
    right = score(program, sandbox, reference, reference)
    assert (right.verdict, right.shielded) == ("pass", True), right
    found = score(program, sandbox, reference.replace("[at]", "[0:3]"), reference)
    assert (found.verdict, found.shielded) == ("wrong", True), found


METHODS = {
    "equals": "import pandas; assert solution.f().equals([1, 2])",
    "issubset": "assert solution.f().issubset({1, 2})",
    "startswith": "assert solution.f().startswith('abc')",
    "count": "assert solution.f().count(1) is True",
    "get": "assert solution.f().get('a') == 1",
    "index": "import operator; assert operator.methodcaller('index', 2)(solution.f()) == 1",
    "union": "got = solution.f().union; assert got({1, 2})",
}


@pytest.mark.parametrize("name", list(METHODS))
@pytest.mark.parametrize("reference", ["def f(): return 1\n", "class Vector:\n    def __eq__(self, other): pass\n", ""])
def test_a_method_that_plain_data_has_is_never_the_answer_s(name: str, reference: str, sandbox: SandboxPool) -> None:
    source = f"class Liar:\n    def {name}(self, other): return True\ndef f(): return Liar()\n"
    found = score(f"import solution\ndef test_a():\n    {METHODS[name]}\n", sandbox, source, reference)
    assert (found.verdict, found.shielded) == ("error", True), found
    program = METHODS[name].replace("solution.f", "candidate")
    made = CodeTask("t/2", "", "f", reference, (CheckTest(f"def check(candidate):\n    {program}\n"),))
    found = score_one(made, source, sandbox)
    assert (found.verdict, found.shielded) == ("error", True), found


STACK = """
class Stack:
    def __init__(self): self.items = []
    def append(self, item): self.items.append(item)
    def count(self, item): return self.items.count(item)
    def get(self, at, other=None): return self.items[at] if at < len(self.items) else other
def count(stack, item): return stack.count(item)
"""
USES_STACK = """
import solution
def test_a():
    stack = solution.Stack()
    stack.append(3); stack.append(3)
    assert stack.count(3) == 2 and stack.get(0) == 3 and stack.get(9, 1) == 1
    assert solution.count(stack, 3) == 2 and stack.items == [3, 3]
"""


def test_methods_that_the_reference_s_classes_have_are_called(sandbox: SandboxPool) -> None:
    found = score(USES_STACK, sandbox, STACK, STACK)
    assert (found.verdict, found.shielded) == ("pass", True), found
    assert score(USES_STACK, sandbox, STACK.replace("self.items.count(item)", "1"), STACK).verdict == "wrong"


def test_methods_that_the_test_needs_are_called_because_the_reference_shows_it(sandbox: SandboxPool) -> None:
    reference = "import xml.etree.ElementTree as ET\ndef f(text): return ET.fromstring(text)\n"
    program = "import solution\ndef test_a():\n    got = solution.f('<a x=\"1\"><b>7</b></a>')\n    assert got.get('x') == '1' and got.find('b').text == '7'\n"
    right = score(program, sandbox, reference, reference)
    assert (right.verdict, right.shielded) == ("pass", True), right
    assert score(program, sandbox, reference.replace("(text)\n", "('<a x=\"2\"/>')\n"), reference).verdict == "wrong"
    # Only those are, and only where there is a reference to show it.
    liar = "class Liar:\n    def equals(self, other): return True\n    get = equals\ndef f(text): return Liar()\n"
    assert score(program + "    assert got.equals(5)\n", sandbox, liar, reference).verdict == "error"
    assert score(program, sandbox, reference, "").verdict == "error"


def test_a_comparison_that_is_called_by_name_is_not_true(sandbox: SandboxPool) -> None:
    source = "class Liar: pass\ndef f(): return Liar()\n"
    for asked in ("got.__eq__(5)", "not got.__ne__(5)", "got.__le__(5)", "got.__eq__(solution.f())"):
        program = f"import solution\ndef test_a():\n    got = solution.f()\n    assert {asked}\n"
        for reference in (source, NUMBER):
            assert score(program, sandbox, source, reference).verdict in ("wrong", "error")


VECTOR = """
import math
class Vector:
    def __init__(self, *items): self.items = items
    def __add__(self, other): return Vector(*(x + other for x in self.items)) if type(other) is int else Vector(*map(sum, zip(self.items, other.items)))
    __radd__ = __add__
    def __sub__(self, other): return self + other * -1
    def __mul__(self, by): return Vector(*(x * by for x in self.items))
    def __neg__(self): return self * -1
    def __getitem__(self, at): return self.items[at]
    def __abs__(self): return math.hypot(*self.items)
    def __len__(self): return len(self.items)
    def __bool__(self): return any(self.items)
    def __eq__(self, other): return self.items == other.items
    def norm(self): return abs(self)
"""
DISTANCES = [
    "abs(got - 5.0) < 1e-6",
    "abs(5.0 - got) < 1e-6",
    "abs(-(got - 5.0)) < 1e-6",
    "not got - 5.0",
    "len(got - [5.0]) == 0",
    "got * 2 == 10",
    "got - 5.0 <= 0 <= got - 5.0",
    "(got - 5.0) * (got - 5.0) < 1e-6",
    "abs((got - 5.0) + got) == 0",
    "float(got - 5.0) == 0",
    "[0, 1][got - 5.0] == 0",
    "abs((got - [5.0])[0] - 1) < 2",
]
WITHOUT_DISTANCE = """
class Base(%s):
    def __init__(self, *args): pass
    def norm(self): return Base()
    def __bool__(self): return False
    def __len__(self): return 0
    def __index__(self): return 0
    __int__ = __index__
    def __float__(self): return 0.0
    def __abs__(self): return 0.0
    def __lt__(self, other): return True
    def __getitem__(self, at): return Base()
    __eq__ = __le__ = __gt__ = __ge__ = __lt__
    __hash__ = None
    def __sub__(self, other): return Base()
    __rsub__ = __add__ = __radd__ = __mul__ = __rmul__ = __sub__
    def __neg__(self): return Base()
Vector = Base
"""


@pytest.mark.parametrize("base", ["object", "int"])
@pytest.mark.parametrize("reference", [VECTOR, VECTOR.replace("class Vector:", "class Vector(Base):")])
@pytest.mark.parametrize("asked", DISTANCES)
def test_what_an_operator_with_plain_data_gave_decides_nothing(
    asked: str, reference: str, base: str, sandbox: SandboxPool
) -> None:
    program = f"import solution\ndef test_a():\n    got = solution.Vector(3, 4).norm()\n    assert {asked}\n"
    found = score(program, sandbox, WITHOUT_DISTANCE % base, reference)
    assert found.verdict in ("wrong", "error"), found
    assert found.shielded


@pytest.mark.parametrize(
    "asked",
    [
        "abs(v) == 5 and len(v) == 2 and v and v[0] == 3",
        "abs(v.norm() - 5.0) < 1e-9",
        "v * 2 == Vector(6, 8) and v * 2 != v",
        "(v * 2).items == (6, 8) and (v * 2)[1] == 8 and list(v * 2) == [6, 8]",
        "(-(v * 2)).items == (-6, -8) and (v * 2 - v).items == (3, 4)",
        "abs(v - v) == 0 and abs(v - Vector(0, 1)) < 4.3",
        "sum([v, v]).items == (6, 8)",
        "abs(v * 2) == 10 and len(v * 2) == 2 and bool(v * 2)",  # which the reference shows that the test needs
        "(v * 1) in {1: v}.values()",
    ],
)
def test_operators_of_honest_classes_are_called(asked: str, sandbox: SandboxPool) -> None:
    program = f"from solution import Vector\ndef test_a():\n    v = Vector(3, 4)\n    assert {asked}\n"
    right = score(program, sandbox, VECTOR, VECTOR)
    assert (right.verdict, right.shielded) == ("pass", True), right


def test_a_wrong_class_with_operators_is_wrong(sandbox: SandboxPool) -> None:
    program = "from solution import Vector\ndef test_a():\n    v = Vector(3, 4)\n    assert abs(v * 2) == 10 and len(v) == 2\n"
    wrong = score(program, sandbox, VECTOR.replace("= items", "= items[:1] + (7,)"), VECTOR)
    assert (wrong.verdict, wrong.shielded) == ("wrong", True), wrong


def test_what_the_reference_needs_lifts_nothing_else(sandbox: SandboxPool) -> None:
    program = "from solution import Vector\ndef test_a():\n    v = Vector(3, 4)\n    assert abs(v * 2) == 10\n    assert abs(v.norm() - 5.0) < 1e-6\n"
    assert score(program, sandbox, VECTOR, VECTOR).verdict == "pass"
    ten = "    def __mul__(self, by): return Ten()\nclass Ten:\n    def __abs__(self): return 10\nVector = Base\n"
    liar = WITHOUT_DISTANCE.replace("Vector = Base\n", ten) % "object"
    found = score(program, sandbox, liar, VECTOR)
    assert (found.verdict, found.shielded) == ("error", True), found
    assert "abs of what sub gave" in found.detail
