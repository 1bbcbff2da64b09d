"""A program written differently: the rules of the operator ``refactor``, for a program that stands alone."""

from __future__ import annotations

import random

from ...benchmarks import CodeTask
from ..operators.refactor import Refactor
from ..protocol import Gate, NotApplicable, Pool

_RULES = "rules"


def rewritten(program: str, entry_point: str | None, rng: random.Random) -> tuple[str, list[str]]:
    """The program rewritten at up to three places, and the names of the rules; NotApplicable when no rule fits."""
    (candidate,) = Refactor().propose(_alone(program, entry_point), rng, Pool((), {}))
    return candidate.task.reference, list(candidate.parameters[_RULES])


def rewriting_gates(new: str, old: str, entry_point: str | None, rules: list[str]) -> tuple[Gate, ...]:
    """The static proofs of ``refactor``: another tree, the same signature and calls but for what rules add."""
    try:
        return Refactor().prove(_alone(new, entry_point), (_alone(old, entry_point),), {_RULES: rules})
    except (NotApplicable, SyntaxError) as error:
        return (Gate("another_program", False, {"problem": str(error)[:100]}),)


def _alone(program: str, entry_point: str | None) -> CodeTask:
    return CodeTask("program", "", entry_point, program.strip("\n") + "\n", (), form="instruct")
