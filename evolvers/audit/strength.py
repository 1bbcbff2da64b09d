"""Are the tests strong? The mutation score, by real scoring; and what they demand more exactly than the prompt says."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ...benchmarks import InfraError
from ...harness.sandbox.api import Limits, Sandbox
from ...harness.scoring import score_answers
from ...harness.verdict import Verdict
from ..expectations import comparator_of
from ..mutants import Mutant, mutants_of
from ..observe import Progress
from ..protocol import NotApplicable, Observation
from .findings import Notebook
from .running import Sound

MIN_SCORE = 0.8
MUTANTS = 24
_LEAST_CPU_S = 0.5
_ANY_ORDER = re.compile(
    r"\b(in any order|any order|order (does not|doesn't|do not) matter|regardless of (the )?order)\b", re.I
)
_SHOWN = 3


def mutation(sound: Sequence[Sound], limit: int, sandbox: Sandbox, progress: Progress, book: Notebook) -> None:
    """G7 for whole tasks: the share of first-order mutants of the reference that the tests refuse.

    A mutant counts as killed when it does not pass, by whatever verdict. Some survivors do the same as the reference
    (equivalent mutants), so a score a little below 1 says nothing.
    """
    if limit == 0:
        return
    work: list[tuple[Sound, Mutant]] = [
        (each, mutant) for each in sound for mutant in mutants_of(each.task.reference, limit=limit)
    ]
    limits = {each.task.id: [limits_of(each)] * len(each.task.tests) for each in sound}
    scores = score_answers(((each.task, mutant.source) for each, mutant in work), sandbox, limits=limits)
    survivors: dict[str, list[Mutant]] = {each.task.id: [] for each in sound}
    made = dict.fromkeys(survivors, 0)
    for (each, mutant), score in zip(work, scores, strict=True):
        progress("mutants", 1)
        if score.verdict is Verdict.INFRA:
            raise InfraError(f"the sandbox failed: {score.detail[:200]}; nothing was written, start again")
        made[each.task.id] += 1
        if score.verdict is Verdict.PASS:
            survivors[each.task.id].append(mutant)
    for each in sound:
        _judge(each.task.id, made[each.task.id], survivors[each.task.id], book)
    book.checked("mutation", len(sound), ["no mutants"] * sum(number == 0 for number in made.values()))


def limits_of(sound: Sound) -> Limits:
    """Ten times what the reference took: programs that never end are many, and each would take its whole time.

    CPU time decides; the wall clock, which may be the machine's doing, has far more.
    """
    cpu_s = max(_LEAST_CPU_S, 10 * sound.cpu_s)
    return Limits(cpu_s=cpu_s, wall_s=30 + 4 * cpu_s)


def _judge(task: str, made: int, survivors: Sequence[Mutant], book: Notebook) -> None:
    killed = made - len(survivors)
    book.figure(
        task,
        mutants=made,
        killed=killed,
        survivors=[{"line": mutant.line, "change": mutant.description} for mutant in survivors],
    )
    if made == 0 or killed / made >= MIN_SCORE:
        return
    shown = ", ".join(f"line {mutant.line} ({mutant.description})" for mutant in survivors[:_SHOWN])
    more = f" and {len(survivors) - _SHOWN} more" if len(survivors) > _SHOWN else ""
    what = f"the tests refuse {killed} of {made} mutants; these pass: {shown}{more}"
    book.find(
        "warning", task, "mutation", what, "add tests that tell them from the reference", killed=killed, made=made
    )


def exactness(sound: Sequence[Sound], book: Notebook) -> None:
    """Do the tests demand an order that the prompt leaves open, or floats to the last bit?"""
    seen = [each for each in sound if each.rows]
    for each in seen:
        try:
            comparator_of(each.task, Observation(output_type=each.output_type))
        except NotApplicable:
            continue  # several values are right, and the tests know it
        if "float" in each.output_type:
            what = "the tests compare floats exactly"
            mend = "allow a small tolerance: another order of additions is as right"
            book.find("note", each.task.id, "exactness", what, mend)
        if "list" in each.output_type and _ANY_ORDER.search(each.task.prompt):
            what = "the prompt allows any order, the tests want one"
            book.find("warning", each.task.id, "exactness", what, "compare without order, or state the order")
    book.checked("exactness", len(sound), ["the values are not known"] * (len(sound) - len(seen)))
