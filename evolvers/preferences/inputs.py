"""On what programs are compared by their work: the largest inputs of the tests, and larger ones made of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from ...benchmarks import Case
from ...benchmarks.plain import PlainError
from ...benchmarks.preference import Proof
from ..protocol import NotApplicable

LARGEST = 4
ENLARGED = 2
TIMES = 8
MOST_ITEMS = 2_000
_MOST_NUMBER = 20_000


def work_inputs(tests: Sequence[Any], proof: Proof | None, *, larger: bool = False) -> list[dict[str, Any]]:
    """Inputs as rows of test cases, with ``larger`` some enlarged ones too; a proof that has some keeps them.

    NotApplicable where the tests hold none as data.

    Enlarged: every list, text and whole number among the arguments by ``TIMES``, within bounds. A program that raises
    on such an input takes few steps, so it decides nothing.
    """
    told = None if proof is None else proof.data.get("inputs")
    if isinstance(told, list) and told:
        return list(told)
    rows = [row for test in tests if isinstance(test, dict) and test.get("kind") == "cases" for row in _rows(test)]
    if not rows:
        raise NotApplicable("the tests hold no inputs as data")
    rows.sort(key=lambda row: (-len(json.dumps(row)), json.dumps(row)))
    largest = rows[:LARGEST]
    grown = map(_enlarged, rows[:ENLARGED]) if larger else ()
    return [*largest, *(row for row in grown if row is not None and row not in largest)]


def _rows(test: dict[str, Any]) -> list[dict[str, Any]]:
    cases = test.get("cases")
    if not isinstance(cases, list):
        return []
    return [{"args": case["args"]} for case in cases if isinstance(case, dict) and isinstance(case.get("args"), list)]


def _enlarged(row: dict[str, Any]) -> dict[str, Any] | None:
    try:
        args = Case.from_json(row).args
        larger = Case(tuple(map(_larger, args))).to_json()
    except (PlainError, TypeError, ValueError, KeyError):
        return None
    return {"args": larger["args"]} if larger != row else None


def _larger(value: Any) -> Any:
    if isinstance(value, (list, str)) and 0 < len(value) * TIMES <= MOST_ITEMS:
        return value * TIMES
    if type(value) is int and 1 < value * TIMES <= _MOST_NUMBER:
        return value * TIMES
    return value
