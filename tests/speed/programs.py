"""The programs that are run: HumanEval's references, and wrong and endless ones made of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, Literal

from evalrun.benchmarks import CheckTest, CodeTask, Suite

Kind = Literal["right", "wrong", "endless"]

_WRONG = """

def _spoilt(value):
    if isinstance(value, bool):
        return not value
    if isinstance(value, (int, float)):
        return value + 1
    if isinstance(value, str):
        return value + "x"
    if isinstance(value, list):
        return value + [0]
    if isinstance(value, tuple):
        return value + (0,)
    if isinstance(value, dict):
        return {{**value, "x": 0}}
    return 0


_right, _depth = {entry}, 0


def {entry}(*args, **kwargs):
    global _depth
    _depth += 1
    try:
        value = _right(*args, **kwargs)
    finally:
        _depth -= 1
    return value if _depth else _spoilt(value)
"""
_ENDLESS = """
def {entry}(*args, **kwargs):
    while True:
        pass
"""


def program(task: CodeTask, kind: Kind) -> str:
    """A whole program that passes, that returns another value of the right type, or that never returns."""
    if kind == "endless":
        return _ENDLESS.format(entry=task.entry_point)
    return task.reference + (_WRONG.format(entry=task.entry_point) if kind == "wrong" else "")


def rows(suite: Suite, kinds: Sequence[Kind]) -> list[dict[str, Any]]:
    """One program of each kind, over the suite's tasks again and again, as the contenders take them."""
    found = []
    tasks = list(suite)
    for number, kind in enumerate(kinds):
        task = tasks[number % len(tasks)]
        test = task.tests[0]
        if not isinstance(test, CheckTest):
            raise SystemExit(f"{suite.ref}: an assert-style suite is needed (HumanEval.jsonl.gz)")
        found.append(
            {
                "task": task.id,
                "program": program(task, kind),
                "test": test.program,
                "entry_point": task.entry_point,
                "kind": kind,
            }
        )
    return found


def mixture(count: int, wrong: int, endless: int) -> list[Kind]:
    """So many of each kind, the rare ones spread evenly."""
    kinds: list[Kind] = ["right"] * count
    for number in range(endless):
        kinds[int((number + 0.5) * count / endless)] = "endless"
    free = [place for place, kind in enumerate(kinds) if kind == "right"]
    for number in range(wrong):
        kinds[free[int((number + 0.5) * len(free) / wrong)]] = "wrong"
    return kinds


def agree(name: str, programs: Sequence[dict[str, Any]], verdicts: Sequence[str]) -> None:
    """SystemExit unless every right program passes, every wrong one fails and every endless one runs out of time."""
    meant = {"right": "pass", "wrong": "wrong", "endless": "timeout"}
    if len(programs) != len(verdicts):
        raise SystemExit(f"{name}: {len(verdicts)} verdicts on {len(programs)} programs: nothing to measure")
    others = [
        f"{row['task']} ({row['kind']}): {verdict}"
        for row, verdict in zip(programs, verdicts, strict=True)
        if verdict != meant[row["kind"]]
    ]
    if others:
        counts = dict(Counter(verdicts))
        raise SystemExit(f"{name}: {len(others)} verdicts are not what they must be, e.g. {others[:5]} (of {counts})")
