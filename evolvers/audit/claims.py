"""Words of a prompt that promise something about related inputs, tried on the reference.

``white space`` is more than the space: with tabs, or line ends, in place of spaces the value must be the same with the
same replacement. Who compares without regard to case gives the same for a text in the other case. Only such relations
are asked of which a reader would say that they follow from the words alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ...harness.sandbox.api import Sandbox
from ..observe import Progress
from ..protocol import Executed
from ..prover import Result, Trial, run_trials
from .findings import Notebook
from .running import Sound
from .shown import call_of, short, written
from .voices import same

MOST_INPUTS = 24


@dataclass(frozen=True, slots=True)
class Claim:
    """What some words promise.

    words: how prompts say it. changed: the related text. carried: whether the value may be changed in the same way
    (else it stays as it is, or may be changed). told: for people.
    """

    name: str
    words: re.Pattern[str]
    changed: Callable[[str], str]
    told: str


CLAIMS = (
    Claim(
        "white space", re.compile(r"\bwhite[- ]?spaces?\b", re.I), lambda text: text.replace(" ", "\t"),
        "with a tab in place of every space",
    ),
    Claim(
        "white space", re.compile(r"\bwhite[- ]?spaces?\b", re.I), lambda text: text.replace(" ", "\n"),
        "with a line end in place of every space",
    ),
    Claim(
        "case", re.compile(
            r"\b(case[- ]insensitiv\w+|(ignor\w+|regardless of|irrespective of)( the)? (letter )?case)\b", re.I
        ), str.swapcase, "with every letter in the other case",
    ),
)  # fmt: skip


def claimed(sound: Sequence[Sound], sandbox: Sandbox, progress: Progress, book: Notebook) -> None:
    """Whether references keep what the words of their prompts promise of related inputs."""
    asked = [(each, claim, rows) for each in sound for claim in CLAIMS if (rows := _related(each, claim))]
    trials = [
        [Trial((each.task.reference,), str(each.task.entry_point), tuple(changed(row.args, claim) for row in rows))]
        for each, claim, rows in asked
    ]
    told = set()
    for (each, claim, rows), (result,) in zip(asked, run_trials(trials, sandbox), strict=True):
        progress("claims", 1)
        if (each.task.id, claim.name) not in told and _broken(each, claim, rows, result, book):
            told.add((each.task.id, claim.name))
    book.checked(
        "claims", len(sound), ["it promises nothing of the kind"] * (len(sound) - len({a[0].task.id for a in asked}))
    )


def _related(each: Sound, claim: Claim) -> list[Executed]:
    """Inputs that the claim changes; none where the prompt does not make it."""
    if not claim.words.search(each.task.prompt):
        return []
    rows = [row for row in each.rows if row.raised is None and changed(row.args, claim) != row.args]
    return sorted(rows, key=lambda row: len(written(row.args)))[:MOST_INPUTS]


def changed(value: Any, claim: Claim) -> Any:
    """A value with every text in it changed."""
    if isinstance(value, str):
        return claim.changed(value)
    if type(value) in (list, tuple):
        return type(value)(changed(item, claim) for item in value)
    if type(value) is dict:
        return {changed(key, claim): changed(item, claim) for key, item in value.items()}
    return value


def _broken(each: Sound, claim: Claim, rows: Sequence[Executed], result: Result, book: Notebook) -> bool:
    if result.problem is not None:
        return False
    wrong = [
        (row, other)
        for row, other in zip(rows, result.rows, strict=False)
        if other.raised is None
        and not same(other.returns, row.returns)
        and not same(other.returns, changed(row.returns, claim))
    ]
    if not wrong:
        return False
    row, other = wrong[0]
    call = call_of(each.task, row.args)
    what = (
        f"the text speaks of {claim.name}, and {claim.told} {len(wrong)} of {len(rows)} inputs give something else: "
        f"{short(call)} gives {short(written(row.returns))}, and then {short(written(other.returns))}"
    )
    mend = f"say exactly which characters are meant, or let the reference treat all {claim.name} alike"
    if claim.name == "case":
        mend = "say what case means for the value, or let the reference treat both cases alike"
    evidence = {"claim": claim.name, "wrong": len(wrong), "inputs": len(rows), "call": call[:2000]}
    book.find("warning", each.task.id, "claims", what, mend, **evidence)
    return True
