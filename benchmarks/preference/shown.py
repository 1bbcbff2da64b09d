"""A preference suite for people and programs: what it is made of, counted, and its tasks in full."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ..overview import counted, gates_of
from .suite import PreferenceSuite
from .task import PreferenceTask

_MOST_SKIPPED = 20
_MOST_ROWS = 60


@dataclass(frozen=True, slots=True)
class GroupFacts:
    """The tasks of one category and criterion.

    ties: tasks whose responses are all equally good. pairs: of responses of different tiers. better_longer,
    better_shorter: shares of those pairs, as a rule that looks at lengths alone would score (the rest are equally
    long); None without pairs. characters_better, characters_worse: medians over the pairs.
    """

    category: str
    criterion: str
    tasks: int
    ties: int
    pairs: int
    better_longer: float | None
    better_shorter: float | None
    characters_better: float | None
    characters_worse: float | None


def overview(suite: PreferenceSuite) -> dict[str, Any]:
    """The suite's facts as plain JSON: manifest, digests, numbers of tasks by what they are and how they were made,
    the table of categories and criteria with lengths, and the rows that were left out of it.
    """
    evolved = [task for task in suite if task.lineage is not None]
    kinds = (str(suite.certificates.get(task.id, {}).get("kind", "unknown")) for task in evolved)
    return {
        **suite.manifest(),
        "merkle_root": suite.merkle_root,
        "ancestors": len(suite.ancestors),
        "certificates": len(suite.certificates),
        "evolved": len(evolved),
        "roots": len({task.root for task in evolved}),
        "families": len({task.unit for task in suite}),
        "counts": {
            "criterion": counted(task.criterion for task in suite),
            "responses": counted(len(task.responses) for task in suite),
            "proof": counted(task.proof.kind if task.proof else "none" for task in suite),
            "votes": counted("yes" if task.votes else "no" for task in suite),
            "operator": counted(task.lineage.operator for task in evolved if task.lineage),
            "kind": counted(kinds),
            "depth": counted(task.lineage.depth if task.lineage else 0 for task in suite),
        },
        "groups": [asdict(facts) for facts in groups(suite)],
        "gates": gates_of(suite.certificates.values()),
        "skipped": [asdict(item) for item in suite.skipped],
    }


def groups(tasks: Iterable[PreferenceTask]) -> list[GroupFacts]:
    """One line of facts for each category and criterion, the largest first; the last of several is of all tasks."""
    found: dict[tuple[str, str], list[PreferenceTask]] = {}
    every = list(tasks)
    for task in every:
        found.setdefault((task.category or "-", task.criterion), []).append(task)
    lines = [_facts(category, criterion, held) for (category, criterion), held in found.items()]
    lines.sort(key=lambda facts: (-facts.tasks, facts.category, facts.criterion))
    return [*lines, _facts("all", "", every)] if len(lines) > 1 else lines


def _facts(category: str, criterion: str, tasks: Sequence[PreferenceTask]) -> GroupFacts:
    pairs = [(len(better.text), len(worse.text)) for task in tasks for better, worse in task.pairs()]
    return GroupFacts(
        category=category,
        criterion=criterion,
        tasks=len(tasks),
        ties=sum(len(task.ranking) == 1 for task in tasks),
        pairs=len(pairs),
        better_longer=sum(one > other for one, other in pairs) / len(pairs) if pairs else None,
        better_shorter=sum(one < other for one, other in pairs) / len(pairs) if pairs else None,
        characters_better=statistics.median(one for one, _ in pairs) if pairs else None,
        characters_worse=statistics.median(other for _, other in pairs) if pairs else None,
    )


def suite_lines(suite: PreferenceSuite) -> list[str]:
    """The suite for people: facts, counts, the table, and what was left out."""
    seen = overview(suite)
    facts = [("name", suite.name), ("version", suite.version), ("digest", suite.digest), ("tasks", str(len(suite)))]
    facts += [("about", suite.description), ("license", suite.license), ("source", suite.source)]
    facts += [("evolved", str(seen["evolved"])), ("from", f"{seen['roots']} roots" if seen["roots"] else "")]
    facts += [("families", str(seen["families"])), ("ids", _ids(suite)), ("seal", seen["merkle_root"])]
    lines = [f"{name:8} {value}" for name, value in facts if value and value != "0"]
    lines += [
        f"by {name}: " + ", ".join(f"{key} {number}" for key, number in counts.items())
        for name, counts in seen["counts"].items()
        if counts and (len(counts) > 1 or name in ("operator", "kind"))
    ]
    if seen["gates"]:
        told = (f"{name} {gate['hold']}/{gate['certificates']}" for name, gate in seen["gates"].items())
        lines.append("gates: " + ", ".join(told))
    return [*lines, "", *table_lines(groups(suite)), *skipped_lines(suite)]


def _ids(suite: PreferenceSuite) -> str:
    names = [task.id for task in suite]
    return ", ".join(names) if len(names) <= 3 else f"{names[0]}, {names[1]}, ... {names[-1]}"


def table_lines(facts: Sequence[GroupFacts]) -> list[str]:
    """The table of categories and criteria."""
    head = ("category", "criterion", "tasks", "ties", "pairs", "longer wins", "shorter wins", "better", "worse")
    rows = [
        (
            _cut(group.category),
            _cut(group.criterion),
            str(group.tasks),
            str(group.ties),
            str(group.pairs),
            _share(group.better_longer),
            _share(group.better_shorter),
            _characters(group.characters_better),
            _characters(group.characters_worse),
        )
        for group in facts
    ]
    hidden = rows[_MOST_ROWS:-1]
    rows = [*rows[:_MOST_ROWS], *rows[-1:]] if hidden else rows
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    lines = [_row(cells, widths) for cells in (head, *rows)]
    if hidden:
        lines.insert(-1, f"... and {len(hidden)} more (--json has them)")
    return [*lines, "(better, worse: median characters of the two sides of the pairs)"]


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    left = [f"{cell:{width}}" for cell, width in zip(cells[:2], widths[:2], strict=True)]
    right = [f"{cell:>{width}}" for cell, width in zip(cells[2:], widths[2:], strict=True)]
    return "  ".join(left + right).rstrip()


def _cut(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"


def _share(value: float | None) -> str:
    return "—" if value is None else f"{value:.1%}"


def _characters(value: float | None) -> str:
    return "—" if value is None else f"{value:.0f}"


def skipped_lines(suite: PreferenceSuite) -> list[str]:
    """The rows that were left out, one line each, at most twenty; nothing where there are none."""
    if not suite.skipped:
        return []
    lines = [f"{item.where}: {item.why}" for item in suite.skipped[:_MOST_SKIPPED]]
    more = len(suite.skipped) - _MOST_SKIPPED
    head = f"left out: {len(suite.skipped)} rows that are no tasks"
    return [
        "",
        head,
        *(f"  {line}" for line in lines),
        *([f"  ... and {more} more (--json has them)"] if more > 0 else []),
    ]


def task_text(task: PreferenceTask) -> str:
    """One task in full."""
    parts = [f"id         {task.id}\ndigest     {task.digest}\ncriterion  {task.criterion}"]
    if task.category:
        parts[0] += f"\ncategory   {task.category}"
    parts.append(content_text(task))
    if task.votes:
        parts.append("-- votes\n" + "\n".join(_vote_lines(task.votes)))
    if task.proof is not None:
        parts.append(f"-- proof\n{task.proof.kind}: {', '.join(sorted(map(str, task.proof.data)))}")
    if task.lineage is not None:
        steps = task.lineage
        parts.append(f"-- lineage\n{steps.operator} {steps.operator_version}, seed {steps.seed}, root {steps.root}")
    return "\n\n".join(parts)


def content_text(task: PreferenceTask) -> str:
    """What is asked and answered, and the ranking: what two versions of a task are compared by."""
    parts = [f"-- {message.role}\n{message.content.rstrip()}" for message in task.messages]
    for response in task.responses:
        source = f", by {response.source}" if response.source else ""
        parts.append(f"-- response {response.id}{source}\n{response.text.rstrip()}")
    parts.append("-- ranking\n" + " > ".join(" = ".join(tier) for tier in task.ranking))
    return "\n\n".join(parts)


def _vote_lines(votes: Mapping[str, Mapping[str, int]]) -> Iterable[str]:
    for group, given in votes.items():
        told = ", ".join(f"{choice} {number}" for choice, number in Counter(given).most_common())
        yield f"{group}: {told}" if group else told
