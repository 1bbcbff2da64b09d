"""What every candidate must fulfil before anything is run: gates on its texts alone (the lowest rung of validity).

A label leaks when a text of the new task says who is right and no text of its parents said so: a good response that
praises itself, a bad one that condemns itself, a question that names the right one. Words that point the wrong way are
no leak; misleading the reader is what some operators are for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ...benchmarks.preference import PreferenceTask
from ..protocol import Gate
from .protocol import RENAMED_IDS, Kind

MOST_CHARACTERS = 20_000
MOST_GROWTH = 3
MOST_ADDED = 2_000
_PRAISE = re.compile(
    r"\b(?:better|best|correct(?:ly|ed)?|preferred|preferable|superior|chosen|fixed|bug-?free|flawless|"
    r"the right (?:answer|response|one|choice))\b",
    re.IGNORECASE,
)
_BLAME = re.compile(
    r"\b(?:worse|worst|incorrect(?:ly)?|wrong(?:ly)?|rejected|inferior|bug(?:gy|s)?|broken|faulty|flawed|mutant|mutated|"
    r"corrupt(?:ed|ion)?|fixme|subtle error)\b",
    re.IGNORECASE,
)
_NAMED = re.compile(
    r"\b(?:better|best|correct|right|preferred|chosen|rejected|worse|wrong)\s+(?:response|answer|reply|option|choice)\b",
    re.IGNORECASE,
)
_TELLING_IDS = frozenset(
    "bad best better chosen correct good loser preferred rejected right winner worse worst wrong".split()
)


def structural_gates(task: PreferenceTask, parents: Sequence[PreferenceTask]) -> tuple[Gate, ...]:
    """Well formed, within limits, no label given away, and not its own parent."""
    return (_well_formed(task), _lengths(task, parents), _no_leak(task, parents), _fresh(task, parents))


def label_kept(task: PreferenceTask, parent: PreferenceTask, parameters: Mapping[str, Any]) -> Gate:
    """Ranking, votes, criterion and proof of a preserving operator's task are its parent's, ids renamed as it says."""
    told = parameters.get(RENAMED_IDS, {})
    names = told if isinstance(told, Mapping) else {}

    def new(name: str) -> str:
        return str(names.get(name, name))

    ranking = tuple(frozenset(map(new, tier)) for tier in parent.ranking)
    votes = {group: {new(name): number for name, number in cast.items()} for group, cast in parent.votes.items()}
    proof = None if parent.proof is None else renamed_proof(parent.proof.to_json(), names)
    broken = [
        what
        for what, same in (
            ("ranking", tuple(map(frozenset, task.ranking)) == ranking),
            ("votes", {group: dict(cast) for group, cast in task.votes.items()} == votes),
            ("criterion", task.criterion == parent.criterion),
            ("category", task.category == parent.category),
            ("proof", (None if task.proof is None else task.proof.to_json()) == proof),
        )
        if not same
    ]
    return Gate("label_kept", not broken, {"changed": broken} if broken else {})


def renamed_proof(proof: Mapping[str, Any], names: Mapping[str, Any]) -> dict[str, Any]:
    """A proof's JSON form with what it says of each response under the responses' new ids."""
    ids = set(names)
    return {
        key: {str(names[name]): told for name, told in value.items()}
        if isinstance(value, Mapping) and ids and set(value) == ids
        else value
        for key, value in proof.items()
    }


def effect_of(kind: Kind, task: PreferenceTask, parent: PreferenceTask) -> str:
    """What became of a label: ``preserve``; ``invert`` (the same texts, ranked from the end); ``tie``; or ``new``."""
    if kind == "preserving":
        return "preserve"
    if len(task.ranking) == 1:
        return "tie"
    return "invert" if _texts_by_tier(task) == _texts_by_tier(parent)[::-1] else "new"


def _texts_by_tier(task: PreferenceTask) -> list[frozenset[str]]:
    return [frozenset(task.response(name).text for name in tier) for tier in task.ranking]


def _well_formed(task: PreferenceTask) -> Gate:
    texts = [response.text.strip() for response in task.responses]
    names = {response.id for response in task.responses}
    ranked = sorted(name for tier in task.ranking for name in tier)
    holds = all(texts) and len(set(texts)) == len(texts) == len(names) and ranked == sorted(names)
    asked = bool(task.messages) and task.messages[-1].role == "user" and bool(task.messages[-1].content.strip())
    return Gate("well_formed", holds and asked, {"responses": len(texts)})


def _lengths(task: PreferenceTask, parents: Sequence[PreferenceTask]) -> Gate:
    """No text is longer than a limit, or than its parents' longest by more than an operator may add."""
    evidence, holds = {}, True
    for what, longest in (("response", _longest_response), ("conversation", _conversation)):
        before, now = max(map(longest, parents), default=0), longest(task)
        most = max(before + MOST_ADDED, min(MOST_GROWTH * before, MOST_CHARACTERS))
        holds = holds and now <= most
        evidence[what] = now
    return Gate("lengths", holds, evidence)


def _longest_response(task: PreferenceTask) -> int:
    return max(len(response.text) for response in task.responses)


def _conversation(task: PreferenceTask) -> int:
    return sum(len(message.content) for message in task.messages)


def _no_leak(task: PreferenceTask, parents: Sequence[PreferenceTask]) -> Gate:
    known = set[str]()
    for parent in parents:
        texts = [response.text for response in parent.responses] + [message.content for message in parent.messages]
        known |= _found(texts, _PRAISE) | _found(texts, _BLAME) | _found(texts, _NAMED)
    leaks = _found((message.content for message in task.messages), _NAMED)
    if len(task.ranking) > 1:
        leaks |= _found((task.response(name).text for name in task.ranking[0]), _PRAISE)
        leaks |= _found((task.response(name).text for tier in task.ranking[1:] for name in tier), _BLAME)
    told_before = {response.id for parent in parents for response in parent.responses}
    ids = {response.id for response in task.responses if response.id.lower() in _TELLING_IDS} - told_before
    new = sorted((leaks - known) | ids)
    return Gate("no_label_leak", not new, {"says": new} if new else {})


def _found(texts: Iterable[str], pattern: re.Pattern[str]) -> set[str]:
    return {" ".join(match.lower().split()) for text in texts for match in pattern.findall(text)}


def _fresh(task: PreferenceTask, parents: Sequence[PreferenceTask]) -> Gate:
    return Gate("fresh", all(task.digest != parent.digest for parent in parents))
