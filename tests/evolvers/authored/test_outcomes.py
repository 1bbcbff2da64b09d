"""Where a program's way may part, and what of it inputs meet."""

from __future__ import annotations

import ast
import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from evalrun.benchmarks import CasesTest
from evalrun.benchmarks.loading import load_any
from evalrun.evolvers.authored.guarding import given_names, is_guard
from evalrun.evolvers.authored.raising import always_leaves, hides_exceptions, only_raises
from evalrun.evolvers.authored.reaching import reached
from evalrun.evolvers.authored.running import Program, run
from evalrun.evolvers.authored.watching import watched
from evalrun.evolvers.protocol import Rows
from evalrun.harness.sandbox import Sandbox


def missed(source: str, calls: Sequence[Any], sandbox: Sandbox) -> list[str]:
    """What no call of ``f`` with one argument meets."""
    copy = watched(source, "f")
    told = asyncio.run(reached(copy, "f", tuple((each,) for each in calls), sandbox))
    return [f"{copy.outcomes[number].line}: {copy.outcomes[number].what}" for number in copy.missing(told.all_seen)]


DOORS = {
    "an if": ("def f(n):\n    if n == 5:\n        return 0\n    return n\n", "2: `n == 5` holds"),
    "a conditional expression": ("def f(n):\n    return 0 if n == 5 else n\n", "2: `n == 5` holds"),
    "an and": ("def f(n):\n    return n == 5 and 9 or n\n", "2: `n == 5` holds"),
    "an operand in a condition": (
        "def f(n):\n    if n == 1 or n == 5:\n        return 0\n    return n\n", "2: `n == 5` holds"
    ),
    "a default behind or": ("def f(n):\n    return {5: 9}.get(n) or n\n", "2: `{5: 9}.get(n)` holds"),
    "a comprehension's condition": ("def f(n):\n    return [n for _ in [1] if n != 5]\n", "2: `n != 5` does not hold"),
    "a comparison as an index": ("def f(n):\n    return (n, 0)[n == 5]\n", "2: `n == 5` holds"),
    "a comparison as a number": ("def f(n):\n    return n + (n == 5)\n", "2: `n == 5` holds"),
    "a not as a number": ("def f(n):\n    return n + (not n - 5)\n", "2: `n - 5` does not hold"),
    "a method that compares": ("def f(n):\n    return n + (5).__eq__(n)\n", "2: `(5).__eq__(n)` holds"),
    "a while": ("def f(n):\n    while n == 5:\n        return 0\n    return n\n", "2: `n == 5` holds"),
    "a loop's body": ("def f(n):\n    for _ in range(n // 5):\n        return 0\n    return n\n", "2: the loop's body"),
    "what follows a loop": (
        "def f(n):\n    for _ in range(6 - n):\n        return n\n    return 0\n", "4: what comes after it"
    ),
    "a handler": (
        "def f(n):\n    try:\n        1 // (n - 5)\n    except ZeroDivisionError:\n        return 0\n    return n\n",
        "4: this handler",
    ),
    "what a handler keeps back": (
        "def f(n):\n    try:\n        return ({5: 0}[n], 9)[1]\n    except KeyError:\n        return n\n",
        "3: this return",
    ),
    "a case": ("def f(n):\n    match n:\n        case 5:\n            return 0\n    return n\n", "3: this case"),
    "no case": (
        "def f(n):\n    match n:\n        case 1 | 2 | 3:\n            return n\n    return 0\n",
        "3: no case of this match",
    ),
    "a lambda": ("def f(n):\n    return {5: lambda: 0}.get(n, lambda: n)()\n", "2: this lambda"),
    "a function": (
        "def f(n):\n    def bad():\n        return 0\n    def good():\n        return n\n"
        "    return {5: bad}.get(n, good)()\n",
        "2: the function bad",
    ),
    "a function that a decorator keeps": (
        "def f(n):\n    doors = {}\n    def put(g):\n        doors[5] = g\n    @put\n    def bad():\n        return 0\n"
        "    return doors.get(n, lambda: n)()\n",
        "6: the function bad",
    ),
    "a method that a lookup calls": (
        "class K:\n    def __init__(self):\n        self.met = 0\n    def __hash__(self):\n        return 5\n"
        "    def __eq__(self, other):\n        self.met = 1\n        return True\n\n\n"
        "def f(n):\n    key = K()\n    {key: 0}.get(n)\n    return n - n * key.met\n",
        "6: the function __eq__",
    ),
    "a class's body": (
        "def f(n):\n    class C:\n        x = 0 if n == 5 else n\n    return C.x\n", "3: `n == 5` holds"
    ),
    "a default": (
        "def f(n):\n    def g(x=0 if n == 5 else n):\n        return x\n    return g()\n", "2: `n == 5` holds"
    ),
    "a lambda's default": ("def f(n):\n    return (lambda x=n == 5: n * (1 - x))()\n", "2: `n == 5` holds"),
    "an annotation": (
        "def f(n):\n    y = n\n    def g(x: (n == 5 and (y := 0))):\n        return x\n    return g(y)\n",
        "3: `n == 5` holds",
    ),
    "what follows a yield": (
        "def f(n):\n    def g():\n        yield n\n        yield 0\n    found = g()\n"
        "    return [next(found) for _ in range(1 + n // 5)][-1]\n",
        "4: what comes after it",
    ),
    "an end of iteration": (
        "def f(n):\n    def one(_):\n        if n == 5:\n            raise StopIteration\n        return n\n"
        "    return [*map(one, [1]), 0][0]\n",
        "3: `n == 5` holds",
    ),
    "an exception that is caught": (
        "def f(n):\n    try:\n        if n == 5:\n            raise ValueError\n        if n in (2, 9):\n"
        "            raise ValueError\n        return n\n    except ValueError:\n        return 0\n",
        "3: `n == 5` holds",
    ),
    "an exception of a helper that is caught": (
        "def check(n):\n    if n == 5:\n        raise KeyError\n    return n\n\n\n"
        "def f(n):\n    try:\n        return check(n) + {1: 1, 5: 5, 6: 6}[n]\n    except LookupError:\n"
        "        return 0\n",
        "2: `n == 5` holds",
    ),
    "a value that an exception carries": (
        "def f(n):\n    try:\n        raise ValueError(0 if n == 5 else n)\n    except ValueError as found:\n"
        "        return found.args[0]\n",
        "3: `n == 5` holds",
    ),
    "an assertion that is caught": (
        "def f(n):\n    try:\n        assert n != 5\n        assert n not in (2, 6)\n        return n\n"
        "    except AssertionError:\n        return 0\n",
        "3: `n != 5` does not hold",
    ),
    "an exception that ends a loop": (
        "def door(n):\n    if n == 5:\n        raise IndexError\n\n\nclass Items:\n    def __init__(self, n):\n"
        "        self.n = n\n    def __getitem__(self, place):\n        door(self.n)\n        if place > 1:\n"
        "            raise IndexError\n        return self.n\n\n\ndef f(n):\n    return sum(Items(n))\n",
        "2: `n == 5` holds",
    ),
    "a lambda in a class's body": (
        "class K:\n    g = lambda self, n: 0 if n == 5 else n\n\n\ndef f(n):\n    return K().g(n)\n",
        "2: `n == 5` holds",
    ),
    "a method that a class's body makes under a condition": (
        "class K:\n    if True:\n        def g(self, n):\n            return 0 if n == 5 else n\n\n\n"
        "def f(n):\n    return K().g(n)\n",
        "4: `n == 5` holds",
    ),
    "a lambda that is a module's function's default": (
        "def g(n, h=lambda n: 0 if n == 5 else n):\n    return h(n)\n\n\ndef f(n):\n    return g(n)\n",
        "1: `n == 5` holds",
    ),
    "a lambda inside of a module's condition": (
        "X = 1 if (g := lambda n: 0 if n == 5 else n) else 0\n\n\ndef f(n):\n    return g(n)\n",
        "1: `n == 5` holds",
    ),
    "a method that another class calls": (
        "import json\n\n\nclass K(json.JSONEncoder):\n    def default(self, o):\n"
        "        return 0 if 5 in o else sum(o)\n\n\ndef f(n):\n    return K().encode({n})\n",
        "6: `5 in o` holds",
    ),
    "a method that a pattern finds": (
        "class K:\n    def g(self, n):\n        return 0 if n == 5 else n\n\n\ndef f(n):\n    match [K(), n][n == 6]:\n"
        "        case K(g=found):\n            return found(n)\n    return n\n",
        "3: `n == 5` holds",
    ),
    "a function that is called while loading, and for inputs": (
        "def g(n):\n    return 0 if n == 5 else n\n\n\nX = g(5)\n\n\ndef f(n):\n    return g(n)\n", "2: `n == 5` holds"
    ),
    "a method with the name of a function that only loading calls": (
        "def g(n):\n    return n\n\n\nX = g(5)\n\n\nclass K:\n    def g(self, n):\n"
        "        return 0 if n == 5 else n\n\n\ndef f(n):\n    return K().g(n)\n",
        "10: `n == 5` holds",
    ),
    "a filter": (
        "def f(n):\n    return sum(filter(lambda each: each - 5, [n]))\n",
        "2: what `lambda each: each - 5` gives does not hold",
    ),
    "a filter by nothing": (
        "def f(n):\n    return len([*filter(None, [n - 5])])\n",
        "2: what `None` gives does not hold",
    ),
    "a comparison that is handed on": (
        "def f(n):\n    return sum(map((5).__eq__, [n]))\n",
        "2: what `(5).__eq__` gives holds",
    ),
    "what a decorator makes": (
        "def put(g):\n    def inner(n):\n        return 0 if n == 5 else g(n)\n    return inner\n\n\n"
        "@put\ndef h(n):\n    return n\n\n\ndef f(n):\n    return h(n)\n",
        "3: `n == 5` holds",
    ),
    "a function that is called by what is made while loading": (
        "def g(n):\n    return 0 if n == 5 else n\n\n\ndef make():\n    def h(n):\n        return g(n)\n    return h\n"
        "\n\nX = g(5)\nh = make()\n\n\ndef f(n):\n    return h(n)\n",
        "2: `n == 5` holds",
    ),
    "a function that is made while loading": (
        "def make():\n    return lambda n: 0 if n == 5 else n\n\n\ng = make()\n\n\ndef f(n):\n    return g(n)\n",
        "2: `n == 5` holds",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", DOORS)
def test_a_way_that_no_input_takes_is_told_and_one_that_an_input_takes_is_not(name: str, sandbox: Sandbox) -> None:
    source, told = DOORS[name]
    assert told in missed(source, (1, 2, 3), sandbox)
    assert missed(source, (1, 2, 3, 5, 6), sandbox) == []


@pytest.mark.parametrize(
    "source",
    [
        "def f(n):\n    if n < 0:\n        raise ValueError('negative')\n    return n\n",
        "def f(n):\n    if not isinstance(n, int) or n < 0:\n        raise TypeError\n    return n\n",
        "def f(n):\n    assert n > 0, 'positive'\n    return n\n",
        "def f(n):\n    while True:\n        return n\n",
        "def f(n):\n    for each in (1, 2, 3):\n        if each == n:\n            return each\n    raise ValueError\n",
        "def f(n):\n    return n\n\n\ndef nobody_calls(n):\n    return 0 if n else 1\n",
        "def f(n):\n    def first():\n        for each in (n, 0):\n            if each:\n                return each\n"
        "    return first() + sum(each == 2 for each in (n, 2, 3))\n",
        "def f(n):\n    if n < 0:\n        raise ValueError('negative')\n    try:\n        return {2: 5}[n]\n"
        "    except KeyError:\n        return n\n",
        "class Own(Exception):\n    pass\n\n\ndef f(n):\n    if n < 0:\n        raise ValueError('negative')\n"
        "    try:\n        if n == 2:\n            raise Own\n        return n\n    except Own:\n        return 0\n",
        "def sieve(most):\n    found = []\n    for each in range(2, most):\n"
        "        if all(each % other for other in found):\n            found.append(each)\n"
        "    return sorted(found, key=lambda other: 0 if other == 2 else 1)\n\n\n"
        "PRIMES = sieve(100)\nLAST = sorted(PRIMES, key=lambda number: -number)\n\n\n"
        "def f(n):\n    return PRIMES[n] + LAST[n]\n",
        "def filter(values, least):\n    return [each for each in values if each]\n\n\n"
        "def f(n):\n    return filter([n, 0], bool)\n",
        "def twice(g):\n    if g is None:\n        return g\n\n    def inner(n):\n        return 2 * g(n)\n"
        "    return inner\n\n\n"
        "@twice\ndef h(n):\n    return n\n\n\ndef f(n):\n    return h(n)\n",
    ],
)
def test_what_can_only_raise_or_never_be_reached_need_not_be_met(source: str, sandbox: Sandbox) -> None:
    found = missed(source, (1, 2, 3), sandbox)
    assert [each for each in found if "`each`" not in each] == []


def test_helpers_that_are_given_away_are_left_as_they_are() -> None:
    source = "def given(n):\n    return 0 if n == 5 else n\n\n\ndef f(n):\n    return given(n) or 1\n"
    assert {each.line for each in watched(source, "f", 5).outcomes} == {5, 6}
    assert {each.line for each in watched(source, "f").outcomes} == {1, 2, 5, 6}


def test_a_copy_gives_what_the_program_gives(sandbox: Sandbox) -> None:
    """For every function of ``core`` on its own cases; nearly all of their outcomes are met by these."""
    suite = load_any("core")
    compared = whole = 0
    for task in suite.tasks:
        calls: Rows = tuple(case.args for test in task.tests if isinstance(test, CasesTest) for case in test.cases)
        entry = task.entry_point
        if entry is None or not calls:
            continue
        copy = watched(task.reference, entry)
        plain = asyncio.run(run(Program(task.reference, entry), calls, sandbox))
        told = asyncio.run(reached(copy, entry, calls, sandbox))
        assert [(row.returns, row.raised) for row in told.rows] == [(row.returns, row.raised) for row in plain.rows]
        compared += 1
        whole += not copy.missing(told.all_seen)
    assert compared >= 40
    assert whole >= 0.9 * compared


def test_a_program_cannot_name_what_notes_its_outcomes() -> None:
    source = "def f(n):\n    return n\n"
    copy = watched(source, "f")
    assert copy.mark not in source
    guess = source + f"\n\ndef g():\n    return {copy.mark}(0)\n"
    assert watched(guess, "f").mark != copy.mark


@pytest.mark.parametrize(
    ("body", "ends"),
    [
        ("raise ValueError('no')", True),
        ("n += 1\nraise KeyError", True),
        ("raise StopIteration", False),
        ("raise Own('no')", False),
        ("if n:\n    return 1\nraise ValueError", False),
        ("return 1", False),
    ],
)
def test_statements_that_only_raise(body: str, ends: bool) -> None:
    assert only_raises(ast.parse(body).body) is ends


@pytest.mark.parametrize(
    ("body", "leaves"),
    [
        ("if n:\n    return 1\nelse:\n    raise ValueError", True),
        ("if n:\n    return 1", False),
        ("while True:\n    n += 1", True),
        ("while True:\n    break", False),
        ("try:\n    return 1\nexcept ValueError:\n    pass", False),
        ("try:\n    return 1\nexcept ValueError:\n    return 2", True),
        ("match n:\n    case 1:\n        return 1\n    case _:\n        return 2", True),
        ("match n:\n    case 1:\n        return 1", False),
        ("for each in n:\n    return each", False),
    ],
)
def test_statements_behind_which_nothing_is_reached(body: str, leaves: bool) -> None:
    assert always_leaves(ast.parse(body).body[0]) is leaves


@pytest.mark.parametrize(
    "source",
    [
        "def f(n):\n    try:\n        g(n)\n    finally:\n        return 0\n",
        "ValueError = StopIteration\ndef f(n):\n    return n\n",
        "def f(n):\n    def KeyError():\n        return StopIteration()\n    return n\n",
        "from m import other as IndexError\n",
        "def f(n, ValueError=StopIteration):\n    return n\n",
    ],
)
def test_what_lets_an_exception_vanish_is_told(source: str) -> None:
    assert hides_exceptions(ast.parse(source))
    assert not hides_exceptions(ast.parse("def f(n):\n    try:\n        return 1 // n\n    finally:\n        n += 1\n"))


GIVEN = """def f(values, n, text):
    limit = n + 1
    for each in values:
        for place, sign in enumerate(text.split(" ")):
            for other in sorted(values):
                n_two = sum(values) % 7
    for n_two in range(n):
        pass
    return [sign for text_two in text]
"""


def test_names_that_hold_arguments_or_their_items_and_nothing_else() -> None:
    (node,) = ast.parse(GIVEN).body
    assert isinstance(node, ast.FunctionDef)
    assert given_names(node) == {"values", "n", "text", "each", "sign", "other", "text_two"}
    again = ast.parse(GIVEN.replace("limit =", "values =")).body[0]
    assert isinstance(again, ast.FunctionDef)
    assert given_names(again) == {"n", "text", "sign", "text_two"}


@pytest.mark.parametrize(
    ("condition", "guard"),
    [
        ("not_values", False),
        ("values", True),
        ("len(values) == 0", True),
        ("n < -1", True),
        ("sign in ('a', 'b')", True),
        ("sign.isalpha()", True),
        ("n % 7 == 5", False),
        ("sum(values) == 5", False),
        ("n == limit", False),
        ("0 < n < 5", False),
        ("sign.count('a')", False),
    ],
)
def test_conditions_that_only_look_at_an_argument(condition: str, guard: bool) -> None:
    assert is_guard(ast.parse(condition, mode="eval").body, {"values", "n", "sign"}) is guard
