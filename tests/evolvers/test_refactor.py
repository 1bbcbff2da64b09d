from __future__ import annotations

import ast
import random
from dataclasses import replace
from typing import Any

import pytest

from evalrun.benchmarks import CodeTask
from evalrun.evolvers import NotApplicable, Pool
from evalrun.evolvers.docstrings import entry_node
from evalrun.evolvers.operators.refactor import Refactor
from evalrun.evolvers.places import Offsets, spliced
from evalrun.evolvers.rewrites import RULES, Place
from evalrun.evolvers.syntax import parse
from evalrun.evolvers.words import NameSource

from .conftest import make_check_task
from .observing import failing, made, run

NO_POOL = Pool((), {})


def rewritten(rule: str, body: str, parameters: str = "a, b") -> list[str]:
    """The bodies that a rule makes of a function, one for each place."""
    head = f"def f({parameters}):\n"
    source = head + body
    place = Place(source, Offsets(source), entry_node(parse(source), "f"))
    return [spliced(source, edits)[len(head) :] for edits in RULES[rule](place, NameSource(random.Random(0), set()))]


@pytest.mark.parametrize(
    ("rule", "body", "inputs"),
    [
        (
            "mirrored_comparison",
            "    return [a < b, a == -1, a if(a>=b)else b]\n",
            [(1, 2), (2, 2), (-1, -3)],
        ),
        (
            "flipped_branches",
            "    if a:\n        b += 1\n    else:\n        b = a\n        b -= 1\n    return b\n",
            [(0, 3), (2, 3)],
        ),
        (
            "de_morgan",
            "    if(a and b or not a):\n        return 1\n    return 2\n",
            [(0, 0), (0, 1), (1, 0), (1, 1)],
        ),
        (
            "negated_membership",
            "    return [a in [b, 1], a not in [b], b is None]\n",
            [(1, 2), (3, 3), (2, None)],
        ),
        (
            "spelled_assignment",
            "    a += 2\n    b **= 2\n    a //= 3\n    return a, b\n",
            [(4, 5), (-7, 2)],
        ),
        (
            "named_result",
            "    return (a,\n            b) if a else b + 1\n",
            [],
        ),
        (
            "named_result",
            "    if a:\n        return a + b\n    return a * b\n",
            [(2, 3), (0, 4)],
        ),
        (
            "spelled_conditional",
            "    for c in [a]:\n        return c if c > b else b\n",
            [(1, 2), (3, 2)],
        ),
        (
            "loop_for_comprehension",
            "    return [x * b for x in a if x if x > 1]\n",
            [([0, 1, 2, 3], 2), ([], 1)],
        ),
        (
            "while_for_range",
            "    s = 0\n"
            "    for i in range(a, b):\n"
            "        s += i\n"
            "        if s > 9:\n"
            "            break\n"
            "    return s\n",
            [(1, 9), (3, 1)],
        ),
    ],
)
def test_a_rewrite_computes_the_same(rule: str, body: str, inputs: list[tuple[Any, ...]]) -> None:
    found = rewritten(rule, body)
    assert bool(found) == bool(inputs)
    for new in found:
        assert ast.dump(ast.parse("def f(a, b):\n" + new)) != ast.dump(ast.parse("def f(a, b):\n" + body))
        for args in inputs:
            assert run("def f(a, b):\n" + new, "f", *args) == run("def f(a, b):\n" + body, "f", *args), new


@pytest.mark.parametrize(
    ("rule", "body"),
    [
        ("mirrored_comparison", "    return a() < b()\n"),
        ("mirrored_comparison", "    return a < b < 3\n"),
        ("mirrored_comparison", "    return a.x < b\n"),
        ("flipped_branches", "    if a:\n        return 1\n    elif b:\n        return 2\n    return 3\n"),
        ("spelled_assignment", "    a += b\n    a += 'x'\n    a[0] += 1\n    return a\n"),
        ("loop_for_comprehension", "    x = 1\n    return [x for x in a] + [x]\n"),
        ("loop_for_comprehension", "    x = 1\n    return [x for x in a]\n"),
        ("while_for_range", "    for i in range(a):\n        if b:\n            continue\n    return 1\n"),
        ("while_for_range", "    for i in range(a):\n        i += 1\n    return 1\n"),
        ("while_for_range", "    for i in range(a):\n        b = i\n    return i\n"),
        ("while_for_range", "    for i in range(0, a, b):\n        pass\n    return 1\n"),
        ("while_for_range", "    for i in range(a):\n        b.append(lambda: i)\n    return 1\n"),
        ("named_result", "    return a\n"),
    ],
)
def test_a_rewrite_keeps_away_from_what_it_could_change(rule: str, body: str) -> None:
    assert rewritten(rule, body) == []


def task_of(body: str) -> CodeTask:
    return make_check_task(0, "f", 'def f(a, b):\n    """Something."""\n', body, "assert candidate(1, 2) == 3")


def test_the_reference_is_another_text_and_prompt_and_tests_are_the_same() -> None:
    task = task_of("    if a < b and a != 0:\n        a += 2\n    return abs(a) if a > 0 else len([a])\n")
    references = set()
    for candidate in made(Refactor(), task, NO_POOL, 20):
        new = candidate.task
        references.add(new.reference)
        assert (new.prompt, new.tests) == (task.prompt, task.tests)
        assert new.reference.startswith(task.prompt)
        for args in ((1, 2), (0, 1), (3, 1), (-4, -2)):
            assert run(new.reference, "f", *args) == run(task.reference, "f", *args)
    assert len(references) > 5


def test_the_proofs_see_the_same_program_and_another_call() -> None:
    task = task_of("    return abs(a) + len([b])\n")
    prove = Refactor().prove
    assert failing(prove(task, (task,), {"rules": []})) == ["another_program"]
    other = replace(task, reference=task.reference.replace("abs(a)", "max(abs(a), 0)"))
    assert failing(prove(other, (task,), {"rules": []})) == ["same_calls"]


def test_a_reference_that_no_rule_fits_is_refused() -> None:
    with pytest.raises(NotApplicable, match="no rewrite fits"):
        Refactor().propose(task_of("    return a\n"), random.Random(0), NO_POOL)
