"""From the records of a preference run to the file of scored pairs that pages and metrics read (docs/formats.md)."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from ...benchmarks.jsonio import write_jsonl
from ...benchmarks.preference.task import TIE
from ...benchmarks.visible import visible
from .api import Choice, Said, TokenScores
from .records import PAIRS, AnswerRow, Item, TaskRow, load_manifest, load_tasks, planned_items, read_answers

Name = Literal["chosen", "rejected", "tie", "unreadable"]
OWED = "owed: the endpoint did not answer"
MISMATCH = "its reference has other tokens or another template"
_MOST_REASON = 300
_DIALECT = str.maketrans({"\u0120": " ", "\u2581": " ", "\u010a": "\n"})
"""How tokenizers write a blank and a line's end; servers differ in whether they pass that on."""


@dataclass(frozen=True, slots=True)
class Scored:
    """One response under the model: log-likelihood in nats, tokens, Euclidean norm of the tokens' log-probabilities.

    reference: log-likelihood under the reference, distance: mean over tokens of |log p - log p_ref|; None without.
    """

    total: float
    tokens: int
    norm: float
    utf8_bytes: int
    merged: bool
    reference: float | None = None
    distance: float | None = None


@dataclass(slots=True)
class Results:
    """What a run brought, task by task. scores: by task and response. said: by task, then (first, second), one for each
    epoch. skipped: why there is nothing, by task, or by task and order. notes: why a task has no reference scores.
    """

    scores: dict[str, dict[str, Scored]] = field(default_factory=dict)
    said: dict[str, dict[tuple[str, str], list[Said]]] = field(default_factory=dict)
    skipped: dict[tuple[str, ...], str] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Written:
    """What was written: pairs, those that were skipped by the first word of their reason, tasks without the reference
    scores that they should have, by reason; replies to questions, and those that hold no choice, by why.
    """

    pairs: int
    skipped: Mapping[str, int]
    without_reference: Mapping[str, int]
    replies: int
    unreadable: Mapping[str, int]


def write_pairs(folder: Path) -> Written:
    """Write ``pairs.jsonl`` of a run's folder anew from its records.

    Raises:
        BadInput: the records are damaged.
    """
    manifest, tasks = load_manifest(folder), load_tasks(folder)
    planned = frozenset(planned_items(tasks.values(), manifest))
    results = gather(read_answers(folder, tasks, planned), wants_reference=manifest.get("reference") is not None)
    rows = list(pair_rows(tasks.values(), results, str(manifest["how"].get("mode"))))
    write_jsonl(folder / PAIRS, [header(manifest), *rows])
    return Written(
        len(rows),
        Counter(_kind(row["skipped"]) for row in rows if "skipped" in row),
        Counter(_kind(note) for task, note in results.notes.items() if task in results.scores),
        sum(1 for _ in _all_said(results)),
        Counter(each.why or "unreadable" for each in _all_said(results) if each.choice == "none"),
    )


def header(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """The first line."""
    how, suite = manifest["how"], manifest["suite"]
    mode = how.get("mode")
    reference = manifest.get("reference")
    about = {
        "suite_digest": suite.get("digest"),
        "selection": suite.get("selection"),
        "config_digest": manifest.get("config_digest"),
        "reference": None if reference is None else reference.get("name"),
        # the label stands for the model, and does not say whose kin it is
        "model_name": manifest["model"].get("name") if suite.get("authors") else None,
        "authors": suite.get("authors"),
    }
    return {
        "schema": 1,
        "model": str(manifest["model"].get("label") or manifest["model"].get("name")),
        "mode": "judge" if mode in ("forced_choice", "judge") else "loglikelihood",
        "how": str(mode),
        "suite": f"{suite.get('name')}@{suite.get('version')}",
        "created": str(manifest.get("created")),
        "metadata": {name: value for name, value in about.items() if value is not None},
    }


def gather(answers: Iterable[AnswerRow], *, wants_reference: bool) -> Results:
    """Reduce answers to what pairs are made of. Token log-probabilities are held only until both models have spoken."""
    found = Results()
    waiting: dict[tuple[str, str], Mapping[str, TokenScores]] = {}
    for row in answers:
        item = row.item
        if not item.role:
            if row.said is not None:
                found.said.setdefault(item.task, {}).setdefault((item.first, item.second), []).append(row.said)
            else:
                found.skipped.setdefault((item.task, item.first, item.second), row.skipped)
        elif row.skipped and item.role == "policy":
            found.skipped[(item.task,)] = row.skipped
            waiting.pop((item.task, "reference"), None)
        elif row.skipped:
            found.notes[item.task] = row.skipped
        else:
            waiting[item.task, item.role] = row.scores
        _join(item, waiting, found, wants_reference)
    for (task, role), scores in waiting.items():
        if role == "policy":
            found.scores[task] = {name: _scored(each) for name, each in scores.items()}
            if wants_reference:
                found.notes.setdefault(task, OWED)
    return found


def _join(
    item: Item, waiting: dict[tuple[str, str], Mapping[str, TokenScores]], found: Results, wants_reference: bool
) -> None:
    policy = waiting.get((item.task, "policy"))
    if policy is None or (wants_reference and (item.task, "reference") not in waiting and item.task not in found.notes):
        return
    del waiting[item.task, "policy"]
    reference = waiting.pop((item.task, "reference"), None)
    if reference is not None and not all(same_tokens(policy[name], reference[name]) for name in policy):
        found.notes[item.task] = MISMATCH
        reference = None
    found.scores[item.task] = {
        name: _scored(each, None if reference is None else reference[name]) for name, each in policy.items()
    }


def same_tokens(one: TokenScores, other: TokenScores) -> bool:
    """Whether two models cut a response alike. Where one server tells ids and the other texts, only counts compare."""
    if len(one.tokens) != len(other.tokens):
        return False
    if all(token.isdigit() for token in one.tokens) != all(token.isdigit() for token in other.tokens):
        return True
    pairs = zip(one.tokens, other.tokens, strict=True)
    return all(a == b or a.translate(_DIALECT) == b.translate(_DIALECT) for a, b in pairs)


def _scored(one: TokenScores, reference: TokenScores | None = None) -> Scored:
    known = one.logprobs
    scored = Scored(math.fsum(known), len(known), math.hypot(*known), one.utf8_bytes, one.boundary_merge)
    if reference is None:
        return scored
    gaps = [abs(a - b) for a, b in zip(known, reference.logprobs, strict=True)]
    return Scored(
        scored.total,
        scored.tokens,
        scored.norm,
        scored.utf8_bytes,
        scored.merged,
        math.fsum(reference.logprobs),
        math.fsum(gaps) / len(gaps) if gaps else None,
    )


def pair_rows(tasks: Iterable[TaskRow], results: Results, mode: str) -> Iterator[dict[str, Any]]:
    """One row for every two responses of each task. Ids are the task's where it has two, else with the two places."""
    seen: set[str] = set()
    for task in tasks:
        several = len(task.sizes) > 2
        place = {name: number for number, name in enumerate(task.sizes)}
        for better, worse, tied in task.pairs():
            name = f"{task.id}[{place[better]}>{place[worse]}]" if several else task.id
            while name in seen:
                name += "+"
            seen.add(name)
            row = {"pair": name, **_about(task, better, worse, tied, several=several)}
            if mode in ("forced_choice", "judge"):
                row.update(_choices(task, better, worse, results))
            else:
                row.update(_scores(task, better, worse, results))
            yield row


def _about(task: TaskRow, better: str, worse: str, tied: bool, *, several: bool) -> dict[str, Any]:
    row: dict[str, Any] = {"chosen_bytes": task.sizes[better], "rejected_bytes": task.sizes[worse]}
    for name in ("category", "criterion", "family"):
        if getattr(task, name):
            row[name] = getattr(task, name)
    if tied:
        row["tied"] = True
    if several:
        row.update(task=task.id, chosen_id=better, rejected_id=worse)
    else:
        row.update(task.twin)
        row["metadata"] = {"task": task.id, "chosen_id": better, "rejected_id": worse}
    if task.votes:
        names = {better: "chosen", worse: "rejected", TIE: "tie"}
        row["votes"] = {
            group: {names[choice]: number for choice, number in votes.items()} for group, votes in task.votes.items()
        }
    if task.agreement is not None:
        row["agreement"] = task.agreement
    return row


def _scores(task: TaskRow, better: str, worse: str, results: Results) -> dict[str, Any]:
    scores = results.scores.get(task.id)
    if scores is None:
        return {"skipped": shown_reason(results.skipped.get((task.id,), OWED))}
    one, other = scores[better], scores[worse]
    row: dict[str, Any] = {
        "chosen_score": one.total, "rejected_score": other.total,
        "chosen_tokens": one.tokens, "rejected_tokens": other.tokens,
        "chosen_l2": one.norm, "rejected_l2": other.norm,
    }  # fmt: skip
    if one.reference is not None and other.reference is not None:
        row.update(reference_chosen_score=one.reference, reference_rejected_score=other.reference)
    if one.distance is not None and other.distance is not None:
        row.update(chosen_distance=one.distance, rejected_distance=other.distance)
    return row


def _choices(task: TaskRow, better: str, worse: str, results: Results) -> dict[str, Any]:
    asked = results.said.get(task.id, {})
    row: dict[str, Any] = {}
    for side, order in (("forward", (better, worse)), ("backward", (worse, better))):
        said = asked.get(order, [])
        if said:
            choice, share = settled(said, chosen_first=side == "forward")
            row[f"choice_{side}"] = choice
            if share is not None:
                row[f"p_{side}"] = share
    if len(row) and "choice_forward" in row and "choice_backward" in row:
        return row
    # one order alone mixes position and preference, so a pair counts with both or not at all
    reasons = [results.skipped.get((task.id, *order), "") for order in ((better, worse), (worse, better))]
    return {"skipped": shown_reason(next((reason for reason in reasons if reason), OWED))}


def settled(said: Sequence[Said], *, chosen_first: bool) -> tuple[Name, float | None]:
    """What several answers to one order come to, and the probability of the chosen response.

    The probability is the mean over the answers that can be read: of the label's where the server told it, else 1 for
    the chosen response, 0 for the other, 1/2 for a tie. It is None where a single answer told none. The choice is what
    it leans to; "unreadable" where no answer can be read.
    """
    firsts = [each.p_first if each.p_first is not None else _credit(each.choice) for each in said]
    known = [share for share in firsts if share is not None]
    if not known:
        return "unreadable", None
    share = math.fsum(known) / len(known)
    share = share if chosen_first else 1 - share
    told = len(said) > 1 or said[0].p_first is not None
    return "chosen" if share > 0.5 else "rejected" if share < 0.5 else "tie", share if told else None


def _credit(choice: Choice) -> float | None:
    return {"first": 1.0, "second": 0.0, "tie": 0.5, "none": None}[choice]


def _all_said(results: Results) -> Iterator[Said]:
    return (each for orders in results.said.values() for said in orders.values() for each in said)


def shown_reason(reason: str) -> str:
    """A reason as the file holds it: one line, not too long."""
    return visible(reason, _MOST_REASON) or "unknown"


def _kind(reason: str) -> str:
    return reason.split(":", 1)[0][:60]
