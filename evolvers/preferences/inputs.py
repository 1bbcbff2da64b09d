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
TIMES = 16
MOST_ITEMS = 200
_MOST_NUMBER = 2_000


def work_inputs(tests: Sequence[Any], proof: Proof | None, *, larger: bool = False) -> list[dict[str, Any]]:
    """Inputs as rows of test cases, with ``larger`` some enlarged ones too; a proof that has some keeps them.

    NotApplicable where the tests hold none as data.

    Enlarged: every list, text and whole number among the arguments of the largest one, ``TIMES`` over and within
    bounds; lists of whole numbers once as they are and once with new numbers each time. A program that raises on such
    an input takes few steps, so it decides nothing.
    """
    told = None if proof is None else proof.data.get("inputs")
    if isinstance(told, list) and told:
        return list(told)
    rows = [row for test in tests if isinstance(test, dict) and test.get("kind") == "cases" for row in _rows(test)]
    if not rows:
        raise NotApplicable("the tests hold no inputs as data")
    rows.sort(key=lambda row: (-len(json.dumps(row)), json.dumps(row)))
    largest = rows[:LARGEST]
    grown = [_enlarged(rows[0], fresh=fresh) for fresh in (False, True)] if larger else []
    return [*largest, *(row for row in grown if row is not None and row not in largest)]


def _rows(test: dict[str, Any]) -> list[dict[str, Any]]:
    cases = test.get("cases")
    if not isinstance(cases, list):
        return []
    return [{"args": case["args"]} for case in cases if isinstance(case, dict) and isinstance(case.get("args"), list)]


def _enlarged(row: dict[str, Any], *, fresh: bool) -> dict[str, Any] | None:
    try:
        args = Case.from_json(row).args
        larger = Case(tuple(_larger(value, fresh=fresh) for value in args)).to_json()
    except (PlainError, TypeError, ValueError, KeyError):
        return None
    return {"args": larger["args"]} if larger != row else None


def _larger(value: Any, *, fresh: bool) -> Any:
    if isinstance(value, (list, str)) and value:
        times = max(1, min(TIMES, MOST_ITEMS // len(value)))
        if fresh and isinstance(value, list) and all(type(item) is int for item in value):
            step = max(value) - min(value) + 1
            return [item + turn * step for turn in range(times) for item in value]
        return value * times
    if type(value) is int and 1 < value * TIMES <= _MOST_NUMBER:
        return value * TIMES
    return value
