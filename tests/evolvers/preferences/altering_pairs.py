"""Pairs of programs for the tests of altering operators, and how one child of an operator is made and proven."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace

from evalrun.benchmarks.preference import Message, PreferenceTask, Proof, Response
from evalrun.evolvers.preferences.proofs import reverify
from evalrun.evolvers.preferences.protocol import PreferenceCandidate, PreferenceOperator
from evalrun.harness.sandbox import Sandbox

RIGHT = """def ranks(values):
    seen = set()
    counts = []
    total = 0
    for place, value in enumerate(values):
        if value < 0:
            continue
        if value not in seen:
            seen.add(value)
            total += 1
        counts.append(total + place % 2)
    return counts
"""
WRONG = RIGHT.replace("value not in seen", "value in seen")
ROWS: list[tuple[list[int], list[int]]] = [
    ([], []),
    ([1], [1]),
    ([5, 5], [1, 2]),
    ([1, -2, 3, 3], [1, 2, 3]),
    ([0, 1, 2, -1], [1, 3, 3]),
    ([4, 4, 4, 9, -7, 4], [1, 2, 1, 3, 3]),
    ([0, 1, 2, 3, 4, 5, 6, 7], [1, 3, 3, 5, 5, 7, 7, 9]),
    ([7, -1, -1, 7, 8], [1, 2, 2]),
    ([2, 0, 2, 0], [1, 3, 2, 3]),
    ([-3], []),
    ([-1, -2, 6], [1]),
    ([9, 8, 9, 8, 7, 9], [1, 3, 2, 3, 3, 4]),
]
TESTS = [{"kind": "cases", "name": "base", "cases": [{"args": [given], "expected": found} for given, found in ROWS]}]
QUESTION = (
    "Write a Python function ranks(values): for each value from 0 on, how many different ones there were so far, "
    "and one more at odd places."
)


def fenced(code: str) -> str:
    return f"Here is the function:\n\n```python\n{code}```\n\nIt goes through the values once."


def pair(better: str, worse: str, proof: Proof, *, first_better: bool = True, **fields: object) -> PreferenceTask:
    """A pair in fences: response a is the better one, or b is."""
    texts = (better, worse) if first_better else (worse, better)
    responses = tuple(Response(name, fenced(text), "human") for name, text in zip("ab", texts, strict=True))
    ranking = (("a",), ("b",)) if first_better else (("b",), ("a",))
    made = PreferenceTask("toy/ranks", (Message("user", QUESTION),), responses, ranking, "correctness", proof=proof)
    return replace(made, **fields)


def correctness() -> PreferenceTask:
    """One program that passes its tests, and one that does not."""
    data = {"entry_point": "ranks", "tests": TESTS, "passes": {"a": True, "b": False}}
    return pair(RIGHT, WRONG, Proof("tests", data))


def proven(
    operator: PreferenceOperator, task: PreferenceTask, sandbox: Sandbox, seed: int = 0
) -> Iterator[PreferenceCandidate]:
    """The candidates whose static gates and label hold, in order."""
    for candidate in operator.propose(task, random.Random(seed)):
        gates = operator.prove(candidate.task, candidate.parents, candidate.parameters)
        assert [gate.gate for gate in gates if not gate.holds] == [], candidate.parameters
        if reverify(candidate.task, sandbox).holds:
            yield candidate


def child(operator: PreferenceOperator, task: PreferenceTask, sandbox: Sandbox, seed: int = 0) -> PreferenceCandidate:
    """The first candidate that holds."""
    found = next(proven(operator, task, sandbox, seed), None)
    assert found is not None, f"{operator.name}: no candidate holds"
    return found


def failing(operator: PreferenceOperator, task: PreferenceTask, made: PreferenceCandidate) -> set[str]:
    """The static gates that a changed task breaks."""
    return {gate.gate for gate in operator.prove(task, made.parents, made.parameters) if not gate.holds}


def with_text(task: PreferenceTask, name: str, old: str, new: str) -> PreferenceTask:
    """A task with something replaced in one response."""
    assert old in task.response(name).text
    responses = tuple(
        replace(each, text=each.text.replace(old, new)) if each.id == name else each for each in task.responses
    )
    return replace(task, responses=responses)
