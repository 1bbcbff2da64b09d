"""Test files in the manner of pytest and unittest: for classes and modules, with the answer behind the border."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from evalrun.benchmarks import BadInput, CodeTask, ModuleTest
from evalrun.harness.module_tests import needs_one_process, needs_pytest, operators_of, public_names
from evalrun.harness.sandbox import open_sandbox
from evalrun.harness.sandbox.pool import SandboxPool
from evalrun.harness.scoring import score_one
from evalrun.harness.verdict import Score


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxPool]:
    """These answers need no isolation; test_forged_module_tests.py has those that do."""
    with open_sandbox("process", workers=1, requires=["pytest"]) as opened:
        yield opened


BANK = '''
"""A bank."""
import enum
from collections import namedtuple
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import total_ordering

RATE = 0.05
Entry = namedtuple("Entry", "what amount")


class BankError(Exception):
    """Above all others."""


class InsufficientFunds(BankError, ValueError):
    severity = 3

    def __init__(self, needed, balance):
        super().__init__(f"need {needed}, have {balance}")
        self.needed = needed
        self.balance = balance


class Kind(enum.Enum):
    SAVINGS = "savings"
    CURRENT = "current"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


@total_ordering
class Money:
    def __init__(self, cents):
        self.cents = cents

    def __eq__(self, other):
        return isinstance(other, Money) and self.cents == other.cents

    def __lt__(self, other):
        return self.cents < other.cents

    def __hash__(self):
        return hash(self.cents)

    def __add__(self, other):
        return Money(self.cents + other.cents)

    def __mul__(self, times):
        return Money(self.cents * times)

    __rmul__ = __mul__

    def __repr__(self):
        return f"Money({self.cents})"

    def __bool__(self):
        return self.cents != 0


@dataclass
class Point:
    x: int
    y: int = 0
    tags: list = field(default_factory=list)


class Account:
    opened = 0

    def __init__(self, owner, balance=0, kind=Kind.CURRENT):
        self.owner = owner
        self.kind = kind
        self._balance = balance
        self._log = []
        type(self).opened += 1

    @property
    def balance(self):
        return self._balance

    @balance.setter
    def balance(self, value):
        if value < 0:
            raise ValueError("negative")
        self._balance = value

    def withdraw(self, amount):
        if amount > self._balance:
            raise InsufficientFunds(amount, self._balance)
        self._balance -= amount
        self._log.append(Entry("withdraw", amount))
        return self

    def entries(self):
        yield from self._log

    def last(self):
        return self._log[-1]

    @classmethod
    def rich(cls, owner):
        return cls(owner, 1000000)

    @staticmethod
    def is_valid(name):
        return name.isalpha()

    def __len__(self):
        return len(self._log)

    def __contains__(self, amount):
        return any(entry.amount == amount for entry in self._log)

    def __iter__(self):
        return iter(self._log)

    def __getitem__(self, at):
        return self._log[at]

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        self.closed = True
        return kind is KeyError


@contextmanager
def transaction(account):
    before = account.balance
    try:
        yield account
    except BankError:
        account.balance = before
        raise


_ONLY = Account("only")


def only():
    return _ONLY


def lookup(table, key):
    return table[key]
'''

UNITTEST = """
import unittest
from solution import Account, BankError, InsufficientFunds, Kind, Level, Money, Point
import solution


class TestAccount(unittest.TestCase):
    def setUp(self):
        self.account = Account("ann", 100)

    def test_state(self):
        self.account.withdraw(30).withdraw(20)
        self.assertEqual(self.account.balance, 50)
        self.assertEqual(len(self.account), 2)
        self.assertIn(30, self.account)
        self.assertNotIn(31, self.account)

    def test_custom_exceptions(self):
        with self.assertRaises(InsufficientFunds) as caught:
            self.account.withdraw(500)
        self.assertEqual(caught.exception.needed, 500)
        self.assertEqual(str(caught.exception), "need 500, have 100")
        self.assertEqual(caught.exception.args, ("need 500, have 100",))
        self.assertRaises(BankError, self.account.withdraw, 500)
        with self.assertRaisesRegex(ValueError, "^need 500, have 100$"):
            self.account.withdraw(500)
        self.assertTrue(issubclass(InsufficientFunds, BankError))
        self.assertEqual(InsufficientFunds.severity, 3)
        self.assertEqual(InsufficientFunds(3, 2).balance, 2)

    def test_builtin_exceptions_say_what_they_say(self):
        with self.assertRaises(KeyError) as caught:
            solution.lookup({}, "x")
        self.assertEqual(str(caught.exception), "'x'")
        with self.assertRaisesRegex(ValueError, "^negative$"):
            self.account.balance = -1

    def test_properties_class_attributes_static_and_class_methods(self):
        self.account.balance = 7
        self.assertEqual(self.account.balance, 7)
        before = Account.opened
        self.assertEqual(Account.rich("bob").balance, 1000000)
        self.assertEqual(Account.opened, before + 1)
        self.assertTrue(Account.is_valid("ann"))
        self.assertIsInstance(self.account, Account)
        self.assertNotIsInstance(self.account, Money)
        self.assertIs(solution.only(), solution.only())
        self.assertAlmostEqual(solution.RATE, 0.05)

    def test_iteration(self):
        self.account.withdraw(1).withdraw(2)
        self.assertEqual([entry.amount for entry in self.account], [1, 2])
        self.assertEqual(next(self.account.entries()).what, "withdraw")
        self.assertEqual(self.account.last(), ("withdraw", 2))
        self.assertEqual(self.account[0], ("withdraw", 1))

    def test_context_managers(self):
        with self.account as same:
            self.assertIs(same, self.account)
            raise KeyError("swallowed")
        self.assertTrue(self.account.closed)
        with self.assertRaises(BankError):
            with solution.transaction(self.account) as account:
                account.withdraw(50)
                account.withdraw(5000)
        self.assertEqual(self.account.balance, 100)

    def test_operators(self):
        self.assertEqual(Money(1) + Money(2), Money(3))
        self.assertNotEqual(Money(1), Money(2))
        self.assertEqual(3 * Money(2), Money(6))
        self.assertLess(Money(1), Money(2))
        self.assertGreaterEqual(Money(2), Money(2))
        self.assertEqual(max(Money(1), Money(3), Money(2)).cents, 3)
        self.assertEqual(len({Money(1), Money(1), Money(2)}), 2)
        self.assertFalse(Money(0))
        self.assertEqual(repr(Money(5)), "Money(5)")
        self.assertEqual(Point(1), Point(1, 0))

    def test_enumerations(self):
        self.assertIs(Kind("savings"), Kind.SAVINGS)
        self.assertEqual(Kind.CURRENT.name, "CURRENT")
        self.assertEqual(Level.HIGH, 2)
        self.assertEqual(Level.LOW.name, "LOW")
        self.assertEqual([kind.value for kind in Kind], ["savings", "current"])


if __name__ == "__main__":
    unittest.main()
"""

PLAIN = """
from solution import *


def setup_function(function):
    global account
    account = Account("ann", 10)


def test_a_function():
    assert account.balance == 10


class TestPoint:
    def setup_method(self):
        self.point = Point(1, 2)

    def test_attributes(self):
        assert (self.point.x, self.point.y, self.point.tags) == (1, 2, [])
        assert self.point != Point(2, 1)
"""

WITH_PYTEST = """
import pytest
from solution import Account, InsufficientFunds


@pytest.fixture
def account():
    return Account("ann", 100)


@pytest.mark.parametrize("amount, left", [(1, 99), (100, 0)])
def test_withdraw(account, amount, left):
    assert account.withdraw(amount).balance == left


class TestErrors:
    def test_it_raises(self, account):
        with pytest.raises(InsufficientFunds, match="^need 101, have 100$") as caught:
            account.withdraw(101)
        assert caught.value.needed == 101
        assert account.balance == pytest.approx(100.0)
"""

SUBCLASS = """
import unittest
from unittest import mock
import solution


class Own(solution.Account):
    pass


class TestOwn(unittest.TestCase):
    def test_it(self):
        self.assertEqual(Own("x", 3).balance, 3)
"""

PATCHED = """
import unittest
from unittest.mock import patch
import solution


class TestPatched(unittest.TestCase):
    @patch("solution.lookup", return_value=7)
    def test_it(self, lookup):
        self.assertEqual(solution.lookup({}, 1), 7)
"""

PRINTED = """
import io
from contextlib import redirect_stdout
import solution


def test_it_prints():
    seen = io.StringIO()
    with redirect_stdout(seen):
        solution.hello()
    assert seen.getvalue() == "hello\\n"
"""


def task(program: str, reference: str = BANK, **more: object) -> CodeTask:
    """A task for a whole module."""
    return CodeTask("t/1", "Write a bank.", None, reference, (ModuleTest(program),), form="instruct", **more)  # type: ignore[arg-type]


def score(program: str, sandbox: SandboxPool, source: str = BANK, reference: str = BANK) -> Score:
    """The verdict on an answer to it."""
    return score_one(task(program, reference), source, sandbox)


@pytest.mark.parametrize(
    "program", [UNITTEST, PLAIN, WITH_PYTEST, PATCHED], ids=["unittest", "plain", "pytest", "patched"]
)
def test_a_right_module_passes_shielded(program: str, sandbox: SandboxPool) -> None:
    found = score(program, sandbox)
    assert (found.verdict, found.shielded, found.detail) == ("pass", True, "")


@pytest.mark.parametrize("program", [UNITTEST, PLAIN, WITH_PYTEST], ids=["unittest", "plain", "pytest"])
def test_a_wrong_module_is_wrong_and_the_line_is_told(program: str, sandbox: SandboxPool) -> None:
    found = score(program, sandbox, BANK.replace("return self._balance\n", "return self._balance + 1\n", 1))
    assert found.verdict == "wrong", found
    assert "tests line" in found.detail


@pytest.mark.parametrize(
    ("program", "source"),
    [(SUBCLASS, BANK), (PRINTED, "def hello():\n    print('hello')\n")],
    ids=["subclass", "printed"],
)
def test_what_cannot_cross_runs_in_one_process_and_says_so(program: str, source: str, sandbox: SandboxPool) -> None:
    found = score(program, sandbox, source, source)
    assert (found.verdict, found.shielded) == ("pass", False), found
    assert (
        score(program, sandbox, source.replace("hello')", "bye')").replace("= balance", "= 0"), source).verdict
        == "wrong"
    )


@pytest.mark.parametrize(
    "program",
    [
        "import solution\n",
        "import unittest\nclass TestA(unittest.TestCase):\n    pass\n",
        "import unittest\n@unittest.skip('no')\nclass TestA(unittest.TestCase):\n    def test_a(self): pass\n",
        "import unittest\ndef test_a():\n    raise unittest.SkipTest\n",
        "import pytest\ndef test_a():\n    pytest.skip('no')\n",
        "import pytest\n",
        "import pytest\n@pytest.mark.xfail\ndef test_a():\n    assert False\n",
        "def test_a():\n    yield 1\n",
        "from solution import test_mine, TestMine\n",
        "from solution import *\n",
        "import pytest\nfrom solution import *\n",
    ],
)
def test_a_file_of_which_no_test_has_run_is_an_error_and_never_a_pass(program: str, sandbox: SandboxPool) -> None:
    source = "import unittest\ndef test_mine(): pass\nclass TestMine(unittest.TestCase):\n    def test_it(self): pass\n"
    found = score(program, sandbox, source, "")
    assert found.verdict == "error", found


@pytest.mark.parametrize(
    "program",
    ["def test_a():\n    import solution\n    assert solution.f() == 1\n", "import solution\nVALUE = solution.f()\n"],
)
def test_an_answer_that_raises_or_does_not_load_is_an_error(program: str, sandbox: SandboxPool) -> None:
    for source in (
        "def f(): raise AssertionError('mine')",
        "def f(): import os; os._exit(0)",
        "def f(",
        "raise SystemExit(0)",
    ):
        assert score(program, sandbox, source, "").verdict == "error", source


def test_pytest_must_be_required_where_a_file_needs_it() -> None:
    with open_sandbox("process", workers=1) as bare:
        with pytest.raises(BadInput, match='must have "pytest" among its `requires`'):
            score(WITH_PYTEST, bare)
        assert score(PLAIN, bare).verdict == "pass"


def test_the_name_of_another_module_is_bad_input(sandbox: SandboxPool) -> None:
    with pytest.raises(BadInput, match="another module"):
        score_one(CodeTask("t", "", None, "", (ModuleTest("", "json"),)), "x = 1", sandbox)


def test_what_a_file_needs_is_read_from_it_alone() -> None:
    assert [needs_pytest(text) for text in (UNITTEST, PLAIN, WITH_PYTEST, "def test_a(given): pass")] == [
        False,
        False,
        True,
        True,
    ]
    assert not any(needs_one_process(text, "solution") for text in (UNITTEST, PLAIN, WITH_PYTEST, SUBCLASS, PATCHED))
    for text in (
        PRINTED,
        "async def test_a(): pass",
        "with patch('time.sleep'): pass",
        "def test_a(capsys): pass",
        "with mock.patch.object(time, 'time'): pass",
        "import asyncio",
        "random.seed(1)",
    ):
        assert needs_one_process(text, "solution"), text
    assert not needs_one_process("with mock.patch.object(solution, 'f'): pass", "solution")


def test_the_operators_of_a_task_are_those_of_its_reference() -> None:
    assert operators_of(
        "class A:\n    def __len__(self): return 1\n    def __add__(self, o): pass\n    __radd__ = __add__\n"
    ) == (
        "add",
        "len",
        "radd",
    )
    assert operators_of("@dataclass(order=True)\nclass A: x: int\n") == ("eq", "ge", "gt", "le", "lt")
    assert operators_of("class E(ValueError): pass\nclass F(E): pass\ndef f(): pass\n") == ()
    assert "contains" in operators_of("class A(dict): pass\n")
    assert public_names("import os\nA = 1\n_b = 2\ndef f(): pass\nclass C: pass\n") == ["A", "f", "C"]
