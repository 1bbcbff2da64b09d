"""Labels are verified again: what holds, what does not, and that nothing a task says ends the run."""

from __future__ import annotations

from typing import Any

import pytest

from evalrun.benchmarks.preference import Message, PreferenceTask, Proof, Response
from evalrun.evolvers.preferences.proofs import PROOFS, by_operations, is_proven, reverify, reverify_all
from evalrun.evolvers.preferences.proofs.by_operations import reaches
from evalrun.harness.sandbox import Sandbox

ADD = "def add(a, b):\n    return a + b\n"
SUB = "Here it is:\n\n```python\ndef add(a, b):\n    return a - b\n```\nThat is all."
CASES = {"kind": "cases", "name": "base", "cases": [{"args": [2, 2], "expected": 4}, {"args": [1, 0], "expected": 1}]}
EASY = {"kind": "cases", "name": "easy", "cases": [{"args": [1, 0], "expected": 1}]}

SCAN = "def pairs(items, total):\n    return sum(total - x in items[i + 1:] for i, x in enumerate(items))\n"
SEEN = """def pairs(items, total):
    seen, count = set(), 0
    for x in reversed(items):
        count += total - x in seen
        seen.add(x)
    return count
"""
PAIRS = {"kind": "cases", "name": "base", "cases": [{"args": [[1, 2, 3], 4], "expected": 1}]}
OPERATIONS = {
    "entry_point": "pairs",
    "tests": [PAIRS],
    "inputs": [{"args_source": "list(range(60)), -1"}, {"args": [[1, 2], 3]}],
    "ratio": 3,
}


def task(kind: str, data: dict[str, Any], ranking: str = "a>b", **texts: str) -> PreferenceTask:
    """A task with these responses; its ranking as ``a>b=c``."""
    return PreferenceTask(
        id="t/1",
        messages=(Message("user", "Do it."),),
        responses=tuple(Response(name, text) for name, text in texts.items()),
        ranking=tuple(tuple(tier.split("=")) for tier in ranking.split(">")),
        proof=Proof(kind, data),
    )


def test_tests_show_which_program_is_right(sandbox: Sandbox) -> None:
    data = {"entry_point": "add", "tests": [CASES], "passes": {"a": True, "b": False}}
    gate = reverify(task("tests", data, a=ADD, b=SUB), sandbox)
    assert gate.gate == "label_by_tests"
    assert gate.holds
    assert gate.evidence == {"verdicts": {"a": ["pass"], "b": ["wrong"]}}


def test_a_label_that_the_tests_contradict_does_not_hold(sandbox: Sandbox) -> None:
    data = {"entry_point": "add", "tests": [CASES], "passes": {"a": False, "b": True}}
    turned, lying, tied = reverify_all(
        [
            task("tests", {**data, "passes": {"a": True, "b": False}}, "b>a", a=ADD, b=SUB),
            task("tests", data, "b>a", a=ADD, b=SUB),
            task("tests", {**data, "passes": {"a": True, "b": False}}, "a=b", a=ADD, b=SUB),
        ],
        sandbox,
    )
    assert turned.evidence["problem"] == "b is ranked above a, but it has 0 and a 1"
    assert lying.evidence["problem"] == "the program of a passes 1 of 1, not 0"
    assert tied.evidence["problem"] == "a and b are ranked equal, but a has 1 and b 0"
    assert not any(gate.holds for gate in (turned, lying, tied))


def test_a_graded_chain_counts_the_tests_that_pass(sandbox: Sandbox) -> None:
    data = {"entry_point": "add", "tests": [CASES, EASY], "passes": {"a": 2, "b": 1, "c": 0}}
    texts = {"a": ADD, "b": SUB, "c": "I would rather not write any code."}
    assert reverify(task("tests", data, "a>b>c", **texts), sandbox).holds
    assert not reverify(task("tests", data, "a>c>b", **texts), sandbox).holds


def test_two_programs_that_both_pass_are_a_tie(sandbox: Sandbox) -> None:
    data = {"entry_point": "add", "tests": [CASES], "passes": {"a": True, "b": True}}
    assert reverify(task("tests", data, "a=b", a=ADD, b="add = lambda a, b: b + a\n"), sandbox).holds


def test_whole_programs_are_judged_by_what_they_print(sandbox: Sandbox) -> None:
    tests = [{"kind": "stdio", "name": "base", "cases": [{"stdin": "3\n", "stdout": "6\n"}]}]
    data = {"tests": tests, "passes": {"a": True, "b": False}}
    assert reverify(task("tests", data, a="print(2 * int(input()))", b="print(input() * 2)"), sandbox).holds


def test_constraints_follow_from_the_texts_alone(sandbox: Sandbox) -> None:
    constraints = [{"kind": "max_words", "number": 3}, {"kind": "lower_case"}]
    data = {"constraints": constraints, "holds": {"a": [True, True], "b": [True, False], "c": [False, False]}}
    texts = {"a": "yes it is", "b": "Yes it is", "c": "Yes it is so"}
    assert reverify(task("constraints", data, "a>b>c", **texts), sandbox).holds
    turned = reverify(task("constraints", data, "b>a>c", **texts), sandbox)
    assert turned.evidence["problem"] == "b is ranked above a, but it has 1 and a 2"
    lying = {**data, "holds": {"a": [True, True], "b": [True, True], "c": [False, False]}}
    assert not reverify(task("constraints", lying, "a>b>c", **texts), sandbox).holds


def test_work_is_counted_the_same_each_time_and_the_lesser_wins(sandbox: Sandbox) -> None:
    first = reverify(task("operations", OPERATIONS, a=SEEN, b=SCAN), sandbox)
    again = reverify(task("operations", OPERATIONS, a=SEEN, b=SCAN), sandbox)
    assert first.holds
    assert first == again
    assert first.evidence["steps"]["b"] > 3 * first.evidence["steps"]["a"]
    turned = reverify(task("operations", OPERATIONS, "b>a", a=SEEN, b=SCAN), sandbox)
    assert turned.evidence["problem"] == "a take less than 3 times the steps of what is ranked above"
    assert not reverify(task("operations", OPERATIONS, "a=b", a=SEEN, b=SCAN), sandbox).holds


def test_comments_and_names_cost_nothing(sandbox: Sandbox) -> None:
    renamed = SEEN.replace("seen", "met").replace("    return", "    # done\n    return")
    gate = reverify(task("operations", OPERATIONS, "a=b", a=SEEN, b=renamed), sandbox)
    assert gate.holds
    assert gate.evidence["steps"]["a"] == gate.evidence["steps"]["b"]


@pytest.mark.parametrize(
    ("program", "says"),
    [
        ("def pairs(items, total):\n    return 0\n", "does not pass the tests"),
        ("def pairs(items, total):\n    return 1\n", "different results"),
        ("import sys\n" + SEEN, "it uses sys"),
        ("from collections import _sys\n" + SEEN, "it uses _sys"),
        (SEEN.replace("return count", "return count + 0 * len(pairs.__globals__)"), "it uses __globals__"),
        ("def __evalrun_step__(*n):\n    pass\n" + SEEN, "it uses __evalrun"),
        (SEEN.replace("return count", "while len(items) > 9:\n        count = count + 0\n    return count"), "steps"),
        ("no code at all", "no Python"),
    ],
)  # fmt: skip
def test_programs_that_cannot_be_compared_by_their_work_are_no_proof(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, program: str, says: str
) -> None:
    monkeypatch.setattr(by_operations, "MOST_STEPS", 100_000)
    gate = reverify(task("operations", OPERATIONS, a=SEEN, b=program), sandbox)
    assert not gate.holds
    assert says in gate.evidence["problem"]


@pytest.mark.parametrize(
    "text",
    [
        "import os",
        "from re import sys",
        "x = ().__class__",
        "x = (i for i in ()).gi_frame",
        "eval('1')",
        "import operator\noperator.attrgetter('a')",
        "def f():\n    return globals()",
        "match f:\n    case object(__globals__=found):\n        pass",
        "import functools\nfunctools.update_wrapper(a, f)",
        "from functools import singledispatch",
    ],
)
def test_a_program_that_could_reach_the_counter_is_refused(text: str) -> None:
    assert reaches(text) is not None


def test_an_ordinary_program_reaches_nothing() -> None:
    assert reaches("from __future__ import annotations\nimport math\n" + SEEN) is None


def test_rules_find_the_unsafe_program_and_tests_show_that_both_work(sandbox: Sandbox) -> None:
    safe = "import ast\n\ndef value(text):\n    return ast.literal_eval(text)\n"
    unsafe = "def value(text):\n    return eval(text)\n"
    tests = [{"kind": "cases", "name": "base", "cases": [{"args": ["[1, 2]"], "expected": [1, 2]}]}]
    data = {"findings": {"a": [], "b": ["text_run_as_code"]}, "entry_point": "value", "tests": tests}
    gate = reverify(task("rules", data, a=safe, b=unsafe), sandbox)
    assert gate.holds
    assert gate.evidence["findings"] == {"a": [], "b": ["text_run_as_code"]}
    assert not reverify(task("rules", data, "b>a", a=safe, b=unsafe), sandbox).holds
    broken = reverify(task("rules", data, a="def value(text):\n    return text\n", b=unsafe), sandbox)
    assert broken.evidence["problem"] == "the program of a does not pass the tests (wrong)"
    assert not reverify(
        task("rules", {"findings": data["findings"]}, a=unsafe.replace("eval", "str"), b="def ("), sandbox
    ).holds


def test_what_is_only_stated_is_counted_as_that(sandbox: Sandbox) -> None:
    stated = task("stated", {"why": "b invents a source"}, a="x", b="y")
    gate = reverify(stated, sandbox)
    assert gate.holds
    assert gate.evidence == {"machine": False, "why": "b invents a source"}
    assert not is_proven(stated)
    assert is_proven(task("tests", {}, a="x", b="y"))
    assert not reverify(task("stated", {"why": ""}, a="x", b="y"), sandbox).holds
    bare = PreferenceTask("t/2", stated.messages, stated.responses, stated.ranking)
    assert reverify(bare, sandbox).holds
    assert not is_proven(bare)


@pytest.mark.parametrize("kind", [*PROOFS, "horoscope"])
@pytest.mark.parametrize(
    "data",
    [
        {},
        {"why": 3, "tests": 3, "passes": [], "holds": 1, "findings": None, "inputs": {}, "ratio": "", "entry_point": 4},
        {"tests": [{"kind": "cases"}], "entry_point": "f", "passes": {"a": True, "b": None}, "constraints": [{}],
         "holds": {"a": 1, "b": 2}, "findings": {"a": 3, "b": {}}, "inputs": [3], "ratio": 2},
        {"tests": [{"kind": "cases", "cases": [{"args": []}]}], "entry_point": "f", "ratio": float("nan"),
         "passes": {"a": True, "b": False}, "constraints": [{"kind": "lower_case"}], "findings": {"a": [[]], "b": []}},
    ],
)  # fmt: skip
def test_a_proof_that_makes_no_sense_is_a_gate_that_says_so(sandbox: Sandbox, kind: str, data: dict[str, Any]) -> None:
    gates = reverify_all([task(kind, data, a="x = 1", b="y = 2"), task("stated", {"why": "so"}, a="x", b="y")], sandbox)
    assert not gates[0].holds
    assert isinstance(gates[0].evidence["problem"], str)
    assert "\n" not in gates[0].evidence["problem"]
    assert gates[1].holds


def test_gates_come_in_the_order_of_the_tasks_and_progress_is_told(sandbox: Sandbox) -> None:
    told: list[int] = []
    tasks = [task("stated", {"why": str(n)}, a="x", b="y") for n in range(3)]
    tasks.insert(1, task("horoscope", {}, a="x", b="y"))
    gates = reverify_all(tasks, sandbox, lambda name, number: told.append(number))
    assert [gate.holds for gate in gates] == [True, False, True, True]
    assert sum(told) == 4


def test_a_ratio_that_the_work_does_not_reach_is_no_proof(sandbox: Sandbox) -> None:
    for ratio, holds in ((1.5, True), (1000, False), (10**400, False)):
        assert reverify(task("operations", {**OPERATIONS, "ratio": ratio}, a=SEEN, b=SCAN), sandbox).holds is holds


def test_the_best_by_cases_passes_all_of_them(sandbox: Sandbox) -> None:
    half = "def add(a, b):\n    return 1\n"
    none = "def add(a, b):\n    return 7\n"
    data = {"entry_point": "add", "tests": [CASES], "least": 0}
    assert reverify(task("cases", data, a=ADD, b=half), sandbox).holds
    gate = reverify(task("cases", data, a=half, b=none), sandbox)
    assert not gate.holds
    assert "is ranked best and passes 1 of 2" in str(gate.evidence["problem"])


def test_programs_that_are_as_good_as_each_other_are_no_order(sandbox: Sandbox) -> None:
    other = "add = lambda a, b: b + a\n"
    told = {"entry_point": "add", "tests": [CASES]}
    tests = task("tests", {**told, "passes": {"a": True, "b": True}}, a=ADD, b=other)
    cases = task("cases", told, a=ADD, b=other)
    for gate in reverify_all([tests, cases], sandbox):
        assert not gate.holds
        assert "a is ranked above b, but it has" in str(gate.evidence["problem"])
