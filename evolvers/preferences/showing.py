"""Static proofs that several operators share: what a finished task has of its parent, read from the two tasks alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ...benchmarks.jsonio import text_digest
from ...benchmarks.preference import PreferenceTask
from ..mutants import mutants_of
from ..protocol import Gate, NotApplicable
from .making import asked_too
from .solutions import Coded, coded, digest_of


def same_question(task: PreferenceTask, parent: PreferenceTask) -> Gate:
    """``same_question``: the conversation and the criterion are the parent's."""
    holds = task.messages == parent.messages and task.criterion == parent.criterion
    return Gate("same_question", holds, {"turns": len(task.messages)})


def asks(task: PreferenceTask, parent: PreferenceTask, sentence: str) -> Gate:
    """``asks_too``: the conversation is the parent's, and its last turn asks for one thing more, in these words."""
    return Gate("asks_too", task.messages == asked_too(parent.messages, sentence), {"sentence": sentence})


def same_responses(task: PreferenceTask, parent: PreferenceTask) -> Gate:
    """``same_responses``: the same ids with the same texts in the same order."""
    texts = [(response.id, response.text) for response in task.responses]
    holds = texts == [(response.id, response.text) for response in parent.responses]
    return Gate("same_responses", holds, {"responses": [text_digest(text) for _, text in texts]})


def same_tests(task: PreferenceTask, parent: PreferenceTask) -> Gate:
    """``same_tests``: the proof has the parent's tests and function under test."""
    old, new = _tests(parent), _tests(task)
    return Gate("same_tests", old is not None and old == new, {"tests": 0 if new is None else len(new[1])})


def same_length(task: PreferenceTask) -> Gate:
    """``same_length``: all responses have as many characters."""
    lengths = {len(response.text) for response in task.responses}
    return Gate("same_length", len(lengths) == 1, {"characters": sorted(lengths)})


def read(task: PreferenceTask) -> Coded | None:
    """The programs of a task, or None when they cannot be read."""
    try:
        return coded(task)
    except NotApplicable:
        return None


def programs_by_tier(task: PreferenceTask) -> list[list[str]]:
    """The programs of a task in tiers; empty when they cannot be read."""
    found = read(task)
    if found is None:
        return []
    return [[found.solutions[name].program for name in tier] for tier in task.ranking]


def kept(name: str, program: str, among: Iterable[str]) -> Gate:
    """A gate of this name: a program is one of several, but for layout and comments."""
    wanted = digest_of(program)
    return Gate(name, bool(wanted) and wanted in {digest_of(each) for each in among}, {"program": wanted})


def one_change(program: str, origin: str) -> Gate:
    """``one_change``: a program differs from another in one place, as first-order mutants do."""
    wanted = digest_of(program)
    found = next((each for each in mutants_of(origin) if digest_of(each.source) == wanted), None) if wanted else None
    return Gate("one_change", found is not None, {"program": wanted, "change": found.description if found else ""})


def unreadable() -> tuple[Gate, ...]:
    """What there is to show of a task whose programs cannot be read."""
    return (Gate("programs", False, {"problem": "the programs cannot be read"}),)


def holding(gates: Sequence[Gate]) -> bool:
    """Whether all of them hold."""
    return all(gate.holds for gate in gates)


def _tests(task: PreferenceTask) -> tuple[Any, Any] | None:
    data = {} if task.proof is None else task.proof.data
    return (data.get("entry_point"), data.get("tests")) if data.get("tests") else None
