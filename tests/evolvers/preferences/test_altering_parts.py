"""The parts of altering operators: proofs by cases, equal lengths, slower ways, instructions that tell texts apart."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalrun.benchmarks.preference import PreferenceTask, Proof
from evalrun.evolvers.places import spliced
from evalrun.evolvers.preferences.inputs import work_inputs
from evalrun.evolvers.preferences.leveling import level, uncommented
from evalrun.evolvers.preferences.proofs import INVERTED, reverify
from evalrun.evolvers.preferences.slowing import slower_ways
from evalrun.evolvers.preferences.telling import telling
from evalrun.evolvers.preferences.unsafe_rewrites import rewrites
from evalrun.evolvers.protocol import NotApplicable
from evalrun.harness.sandbox import Sandbox

from .altering_pairs import RIGHT, TESTS, WRONG, pair

FOREVER = "def ranks(values):\n    while True:\n        pass\n"
NEVER = "def ranks(values):\n    return []\n"


def graded(better: str, worse: str, least: Any = 0) -> PreferenceTask:
    return pair(better, worse, Proof("cases", {"entry_point": "ranks", "tests": TESTS, "least": least}))


def test_programs_are_ranked_by_the_cases_they_pass(sandbox: Sandbox) -> None:
    gate = reverify(graded(RIGHT, NEVER), sandbox)
    assert gate.holds
    assert gate.evidence["passed"] == {"a": 12, "b": 2}
    assert gate.evidence["cases"] == 12


@pytest.mark.parametrize(
    ("better", "worse", "least", "problem"),
    [
        (NEVER, WRONG, 0, "ranked best and passes 2 of 12"),
        (RIGHT, NEVER, 0.5, "too few to be nearly right"),
        (RIGHT, NEVER, 1, "least"),
        (RIGHT, NEVER, True, "least"),
        (RIGHT, "no program", 0.1, "passes 0 of 12"),
    ],
)
def test_a_proof_by_cases_that_does_not_hold_says_why(
    better: str, worse: str, least: Any, problem: str, sandbox: Sandbox
) -> None:
    gate = reverify(graded(better, worse, least), sandbox)
    assert not gate.holds
    assert problem in str(gate.evidence["problem"])


def test_a_program_that_does_not_end_passes_no_case(sandbox: Sandbox) -> None:
    assert reverify(graded(RIGHT, FOREVER), sandbox).evidence["passed"] == {"a": 12, "b": 0}


def test_programs_that_pass_as_many_cases_may_be_tied_and_no_others(sandbox: Sandbox) -> None:
    tied = replace(graded(RIGHT, RIGHT + "\n# once more\n"), ranking=(("a", "b"),))
    assert reverify(tied, sandbox).holds
    assert not reverify(replace(graded(RIGHT, NEVER), ranking=(("a", "b"),)), sandbox).holds


def test_an_inverted_proof_holds_for_the_ranking_from_its_end_only(sandbox: Sandbox) -> None:
    task = replace(graded(RIGHT, NEVER), criterion=INVERTED["cases"])
    assert task.proof is not None
    inverted = Proof("cases", {**task.proof.data, "inverted": True})
    assert reverify(replace(task, ranking=(("b",), ("a",)), proof=inverted), sandbox).holds
    assert not reverify(replace(task, proof=inverted), sandbox).holds
    assert not reverify(
        replace(task, ranking=(("b",), ("a",)), proof=Proof("cases", {**inverted.data, "inverted": 1})), sandbox
    ).holds


@given(st.lists(st.integers(1, 60), min_size=2, max_size=3, unique=True), st.integers())
@settings(deadline=None, max_examples=60)
def test_programs_are_brought_to_the_same_length_by_comments_alone(lengths: list[int], seed: int) -> None:
    programs = ["x" * length for length in lengths]
    found = level(programs, random.Random(seed))
    assert len({len(program) for program in found}) == 1
    for old, new in zip(programs, found, strict=True):
        assert new.startswith(f"{old}\n# ")
        assert "\n" not in new[len(old) + 1 :]


def test_comments_do_not_pile_up_from_generation_to_generation() -> None:
    first = level(["abc", "abcdefg"], random.Random(0))
    again = level(first, random.Random(1))
    assert [program.count("\n") for program in again] == [1, 1]
    assert [uncommented(program) for program in again] == ["abc", "abcdefg"]
    assert uncommented("x = 1\n# a comment of its own") == "x = 1\n# a comment of its own"


def test_programs_of_equal_length_are_left_alone_and_very_unequal_ones_refused() -> None:
    assert level(["abc", "xyz"], random.Random(0)) == ["abc", "xyz"]
    with pytest.raises(NotApplicable, match="length"):
        level(["a", "b" * 900], random.Random(0))


SLOWER = {
    "not_remembered": """
from functools import cache

@cache
def f(n):
    return n if n < 2 else f(n - 1) + f(n - 2)
""",
    "every_divisor": """
def f(n):
    return [d for d in range(2, int(n ** 0.5) + 1) if n % d == 0 and d * d <= n]
""",
    "list_for_set": """
def f(n):
    seen = set()
    for i in range(n):
        if i not in seen:
            seen.add(i)
    return n in seen
""",
    "list_for_deque": """
from collections import deque

def f(n):
    queue = deque(range(n))
    total = 0
    while queue:
        total += queue.popleft()
    return total
""",
    "computed_again": """
def f(n):
    xs = [3, 1, 2]
    top = max(xs)
    return [i for i in range(n) if i < top]
""",
    "copied_to_add": """
def f(n):
    out = []
    for i in range(n):
        out.append(i * i)
    return out
""",
    "grown_by_copies": """
def f(n):
    return [i * i for i in range(n) if i % 2]
""",
    "selected_one_by_one": """
def f(n):
    out = 0
    for i in sorted(range(n)):
        out += i
    return out
""",
    "counted_one_by_one": """
from collections import Counter

def f(n):
    xs = [i % 3 for i in range(n)]
    return Counter(xs).get(1)
""",
    "joined_as_it_grows": """
def f(n):
    parts = []
    for i in range(n):
        parts.append(str(i))
    return ''.join(parts)
""",
    "answer_kept": """
def f(n):
    for i in range(2, n):
        if i == 3:
            return True
    return False
""",
    "going_on": """
def f(n):
    found = 0
    for i in range(n):
        if i == 3:
            found = 1
            break
    return found
""",
    "whole_list_first": """
def f(n):
    return any(i == 3 for i in range(n))
""",
    "sorted_to_pick": """
def f(n):
    xs = [i % 7 for i in range(n + 1)]
    return max(xs)
""",
    "copied_to_search": """
def f(n):
    known = {1: 2, 3: 4}
    return [i for i in range(n) if i in known]
""",
}


@pytest.mark.parametrize("rule", SLOWER)
def test_what_a_rule_makes_slower_gives_the_same(rule: str, sandbox: Sandbox) -> None:
    source = SLOWER[rule].lstrip()
    ways = [way for way in slower_ways(source) if way.rule == rule]
    assert ways, "the rule finds its own example"
    space: dict[str, Any] = {}
    exec(source, space)
    rows = [{"args": [n], "expected": space["f"](n)} for n in (0, 1, 9, 20)]
    tests = [{"kind": "cases", "name": "base", "cases": rows}]
    data = {"entry_point": "f", "tests": tests, "inputs": [{"args": [20]}], "ratio": 1.25}
    slow = spliced(source, ways[0].edits)
    gate = reverify(pair(source, slow, Proof("operations", data)), sandbox)
    assert gate.holds, gate.evidence


def test_the_largest_inputs_come_first_and_larger_ones_on_demand() -> None:
    tests = [{"kind": "cases", "cases": [{"args": [[1] * n], "expected": n} for n in (1, 5, 3, 2, 4)]}]
    plain = work_inputs(tests, None)
    assert [len(row["args"][0]) for row in plain] == [5, 4, 3, 2]
    assert [len(row["args"][0]) for row in work_inputs(tests, None, larger=True)] == [5, 4, 3, 2, 80, 80]
    with pytest.raises(NotApplicable, match="no inputs"):
        work_inputs([{"kind": "check", "program": "def check(candidate): pass"}], None)


@given(st.text("abc de,!.1\n", max_size=60), st.text("abc de,!.1\n", max_size=60), st.integers(), st.booleans())
@settings(deadline=None, max_examples=80)
def test_an_instruction_that_tells_two_texts_apart_holds_for_the_first_only(
    one: str, other: str, seed: int, prose: bool
) -> None:
    for constraint in telling(one, other, random.Random(seed), prose=prose):
        assert constraint.holds(one)
        assert not constraint.holds(other)


@pytest.mark.parametrize(
    ("safe", "unsafe"),
    [
        ('subprocess.run(["ls", name])', 'subprocess.run(f"ls {name}", shell=True)'),
        ("yaml.safe_load(text)", "yaml.load(text, Loader=yaml.Loader)"),
        ("hmac.compare_digest(a, b)", "(a == b)"),
        ("requests.get(url, timeout=5)", "requests.get(url, timeout=5, verify=False)"),
        ('archive.extractall(path, filter="data")', "archive.extractall(path)"),
        ("os.chmod(path, 0o600)", "os.chmod(path, 0o666)"),
        ("json.loads(text)", "eval(text)"),
    ],
)
def test_each_safe_way_has_its_unsafe_one(safe: str, unsafe: str) -> None:
    assert unsafe in [spliced(safe, each.edits) for each in rewrites(safe, safe=False)]


@pytest.mark.parametrize("query", ['"... ? ..."', "f'{a} ?'", '"a \\" ?"', '"?, ?"', '"{} ?"'])
def test_queries_that_cannot_be_formatted_plainly_are_left_alone(query: str) -> None:
    program = f"conn.execute({query}, (a['x'],))"
    assert [each for each in rewrites(program, safe=False) if each.name == "formatted_query"] == []
