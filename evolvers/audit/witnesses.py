"""Blind witnesses: other models' answers, run on each task's own inputs, and where they agree against the reference.

Answers are untrusted: each runs in jobs of its own. Values come back as data and are compared here. A witness counts
where it keeps the prompt's examples; where none does, that they agree with each other is evidence against the text.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...benchmarks import CasesTest, CodeTask, InfraError
from ...benchmarks.plain import dumps
from ...harness.sandbox.api import CallResult, CallsJob, Outcome, Sandbox
from ..doctests import Example
from ..expectations import comparator_of
from ..observe import Progress
from ..protocol import NotApplicable, Observation
from ..truth import examples_of
from .answers import Witness
from .findings import Notebook
from .running import Sound
from .shown import RUNNER, call_of, example_program, short, written
from .strength import limits_of
from .voices import LEAST, LEAST_AGAINST_EXAMPLES, Contradiction, Said, Voice, contradictions, same, shortest

_SEVERAL = "several values are right"


def witnessed(
    sound: Sequence[Sound], witnesses: Sequence[Witness], sandbox: Sandbox, progress: Progress, book: Notebook
) -> None:
    """Where other models' answers agree with each other and contradict the reference."""
    if not witnesses:
        return
    undecided: list[str] = []
    ready: list[tuple[Sound, list[Witness]]] = []
    for each in sound:
        mine = [witness for witness in witnesses if each.task.id in witness.programs]
        why = _unfit(each, mine)
        if why is None:
            ready.append((each, mine))
        else:
            undecided.append(why)
    speaking: set[str] = set()
    for (each, _), voices in zip(ready, heard(ready, sandbox, progress), strict=True):
        speaking |= {voice.name for voice in voices if voice.speaks}
        if has_oracle(each.task):
            found_where_none(each, voices, sandbox, book)
        else:
            judge(each, voices, book)
    silent = [each.name for each in witnesses if each.name not in speaking]
    undecided += [f"no answer of {name[:60]} gives different values for different inputs" for name in silent if ready]
    book.checked("witnesses", len(sound), undecided)


def _unfit(each: Sound, mine: Sequence[Witness]) -> str | None:
    if not each.rows:
        return "the values are not known"
    if len(mine) < LEAST:
        return f"fewer than {LEAST} answers"
    if has_oracle(each.task):
        return None
    try:
        comparator_of(each.task, Observation(output_type=each.output_type))
    except NotApplicable as error:
        return _SEVERAL if "accept" in str(error) else str(error)
    return None


def has_oracle(task: CodeTask) -> bool:
    """Whether a task's tests know themselves which values are right."""
    return any(isinstance(test, CasesTest) and test.oracle is not None for test in task.tests)


def heard(ready: Sequence[tuple[Sound, Sequence[Witness]]], sandbox: Sandbox, progress: Progress) -> list[list[Voice]]:
    """What each task's witnesses say. InfraError when the sandbox fails."""
    jobs = [job for each, mine in ready for witness in mine for job in _jobs(each, witness)]
    outcomes = iter(sandbox.run(jobs))
    found = []
    for each, mine in ready:
        examples = _examples(each)
        voices = []
        for witness in mine:
            called = _rows(next(outcomes), len(each.rows))
            shown = _rows(next(outcomes), len(examples)) if examples else None
            voices.append(Voice(witness.name, witness.family, called, _keeps(examples, shown)))
        found.append(voices)
        progress("witnesses", 1)
    return found


def _examples(each: Sound) -> tuple[Example, ...]:
    """The prompt's examples that can be read, without those that the reference is known to contradict: these are told
    elsewhere."""
    known = {dumps(row.args): row for row in each.rows}
    kept = []
    for example in examples_of(each.task).examples:
        row = known.get(dumps(example.arguments())) if example.plain else None
        if row is None or (row.raised is None and same(row.returns, example.value)):
            kept.append(example)
    return tuple(kept)


def _jobs(each: Sound, witness: Witness) -> list[CallsJob]:
    program, limits = witness.programs[each.task.id], limits_of(each)
    calls = tuple(tuple(row.args) for row in each.rows)
    jobs = [CallsJob(program, str(each.task.entry_point), calls, limits)]
    examples = _examples(each)
    if examples:
        jobs.append(
            CallsJob(example_program(program, examples), RUNNER, tuple((n,) for n in range(len(examples))), limits)
        )
    return jobs


def _rows(outcome: Outcome, count: int) -> tuple[Said, ...]:
    if outcome.status == "infra":
        raise InfraError(f"the sandbox failed: {outcome.detail[:200]}; nothing was written, start again")
    said = [_said(result) for result in outcome.calls]
    return tuple(said + [Said(silent=True)] * (count - len(said)))


def _said(result: CallResult) -> Said:
    return Said(result.value, result.raised, silent=result.digest is not None)


def _keeps(examples: Sequence[Example], shown: Sequence[Said] | None) -> bool | None:
    if not shown:
        return None
    return all(
        each.raised is None and not each.silent and same(each.value, example.value)
        for example, each in zip(examples, shown, strict=True)
    )


def judge(each: Sound, voices: Sequence[Voice], book: Notebook) -> None:
    """Say what the witnesses of one task show."""
    speaking = [voice for voice in voices if voice.speaks]
    credible = [voice for voice in speaking if voice.keeps_examples is not False]
    book.figure(each.task.id, witnesses=len(voices), credible_witnesses=len(credible))
    if len(credible) >= LEAST:
        against = contradictions(each.rows, credible)
        if against:
            _tell(each, against, "", book)
        return
    against = contradictions(each.rows, speaking)
    if len(against) >= LEAST_AGAINST_EXAMPLES * len(each.rows):
        _tell(each, against, ", and against the prompt's own examples", book)


def found_where_none(each: Sound, voices: Sequence[Voice], sandbox: Sandbox, book: Notebook) -> None:
    """Of a task whose tests know themselves what is right: does an answer find something where the reference says that
    there is nothing?"""
    oracle = next(test.oracle for test in each.task.tests if isinstance(test, CasesTest) and test.oracle is not None)
    claims = [
        (row, voice.name, voice.said[place].value)
        for place, row in enumerate(each.rows)
        for voice in voices
        if row.raised is None and row.returns is None and voice.said[place].value is not None
    ]
    book.figure(each.task.id, witnesses=len(voices))
    if not claims:
        return
    calls = tuple((tuple(row.args), value, value) for row, _, value in claims)
    (outcome,) = sandbox.run([CallsJob(oracle, "accept", calls, limits_of(each))])
    if outcome.status == "infra":
        raise InfraError(f"the sandbox failed: {outcome.detail[:200]}; nothing was written, start again")
    accepted = [claim for claim, result in zip(claims, outcome.calls, strict=False) if result.value is True]
    if not accepted:
        return
    row, name, value = min(accepted, key=lambda claim: len(written(claim[0].args)))
    call = call_of(each.task, row.args)
    inputs = len({dumps(claim[0].args) for claim in accepted})
    what = (
        f"the reference gives None on {inputs} inputs for which an answer finds something that the task's own oracle "
        f"accepts: {short(written(value))} ({name}) for {short(call)}"
    )
    mend = "see whether the text allows None there; if not, the reference misses it"
    names = sorted({claim[1] for claim in accepted})
    book.find("warning", each.task.id, "witnesses", what, mend, inputs=inputs, names=names, call=call[:2000])


def _tell(each: Sound, against: Sequence[Contradiction], also: str, book: Notebook) -> None:
    seen = shortest(against)
    who = f"{len(seen.names)} of {seen.voices} answers ({', '.join(seen.names)})"
    where = f"on {len(against)} of {len(each.rows)} inputs"
    call = call_of(each.task, seen.row.args)
    gives = (
        f"for {short(call)} they give {short(written(seen.value))}, the reference {short(written(seen.row.returns))}"
    )
    mend = "read the text with this input in mind: the reference, the text or an example is wrong, or all overlook it"
    if len(seen.families) == 1:
        mend += f" (all of the family {seen.families[0]}, which may share a misreading)"
    evidence: dict[str, Any] = {
        "inputs": len(each.rows),
        "against": len(against),
        "names": list(seen.names),
        "families": list(seen.families),
        "voices": seen.voices,
        "call": call[:2000],
        "they_give": written(seen.value)[:2000],
        "reference_gives": written(seen.row.returns)[:2000],
        "against_examples": bool(also),
    }
    what = f"{who} agree with each other against the reference{also} {where}: {gives}"
    book.find("warning", each.task.id, "witnesses", what, mend, **evidence)
