"""Suites: what was asked of the models, where it comes from, and whether two numbers are of the same tasks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ....benchmarks.overview import overview
from ....benchmarks.visible import visible
from ...words import NONE, plural, short_suite
from .. import downloads
from ..content import Content
from ..downloads import Value
from ..render import Asset, Page, Place, View
from ..suites import Change, SuiteFacts, changes, suite_facts

PLACE = Place("suites", "Suites", "suites.html")
MOST_TASKS = 200


def present(content: Content) -> bool:
    """Always."""
    return True


def pages(content: Content) -> Iterator[Page | Asset]:
    """suites.html, and its table as files."""
    facts = suite_facts(content)
    found = changes(facts)
    paths = content.names().models
    yield from downloads.table("suites", [_file_row(one) for one in facts])
    if found:
        yield from downloads.table("suite-changes", [row for one in found for row in _change_rows(one)])
    yield Page(
        path=PLACE.path,
        template="suites.html.j2",
        title=PLACE.title,
        finding=_finding(facts, found),
        place=PLACE.key,
        view={
            "suites": [_suite_view(one, number, paths) for number, one in enumerate(facts, 1)],
            "changes": [_change_view(one, number) for number, one in enumerate(found, 1)],
        },
    )


def _finding(facts: Sequence[SuiteFacts], found: Sequence[Change]) -> str:
    evolved = sum(one.evolved for one in facts)
    head = plural(len(facts), "suite")
    if 0 < evolved < len(facts):
        head += f", {evolved} of them evolved"
    if found:
        differ = plural(len(found), "pair of versions differs", "pairs of versions differ")
        return f"{head}; {differ}, and their scores are not comparable."
    return f"{head}; a score counts for exactly the tasks that its suite’s digest names."


def _suite_view(one: SuiteFacts, number: int, paths: Mapping[str, str]) -> View:
    return {
        "id": f"suite-{number}",
        "name": short_suite(one.ref),
        "digest": visible(one.digest),
        "tasks": f"{one.tasks:,}",
        "roots": f"{one.roots:,}" if one.evolved else NONE,
        "operators": [visible(operator, 60) for operator in one.operators],
        "parents": [short_suite(ref) for ref in one.parents],
        "certified": _certified(one),
        "certified_value": "" if one.certified is None else str(one.certified),
        "runs": len(one.runs),
        "models": [(visible(label), paths[label]) for label in sorted({run.label for run in one.runs})],
        "partial": one.partial,
        "facts": _loaded_facts(one),
    }


def _certified(one: SuiteFacts) -> str:
    return NONE if one.certified is None or not one.evolved else f"{one.certified:,} of {one.tasks:,}"


def _loaded_facts(one: SuiteFacts) -> list[tuple[str, str]]:
    """(name, value) of what only the suite itself tells; empty where it was not given."""
    if one.suite is None:
        return []
    told = overview(one.suite)
    gates = [f"{visible(name, 60)} {own['hold']:,} of {own['certificates']:,}" for name, own in told["gates"].items()]
    commitment = one.suite.evolution.get("commitment")
    facts = [
        ("What it is", visible(one.suite.description, 600)),
        ("Made from", visible(one.suite.source)),
        ("License", visible(one.suite.license)),
        ("Seal (Merkle root)", one.suite.merkle_root),
        ("Seed committed to", visible(commitment) if isinstance(commitment, str) else ""),
        ("Gates that hold" + (", ancestors included" if told["ancestors"] else ""), ", ".join(gates)),
        ("Tasks by operator", _counted(told["counts"]["operator"])),
        ("Tasks by kind", _counted(told["counts"]["kind"])),
        ("Tasks by track", _counted(told["counts"]["track"])),
    ]
    return [(name, value) for name, value in facts if value]


def _counted(counts: Mapping[str, int]) -> str:
    """ "rename 42, repair 10"; nothing where there are too many kinds to say anything by their numbers."""
    return ", ".join(f"{visible(name, 60)} {number:,}" for name, number in counts.items()) if len(counts) <= 20 else ""


def _change_view(one: Change, number: int) -> View:
    return {
        "id": f"change-{number}",
        "old": short_suite(one.old.ref) + f"#{one.old.digest[:12]}",
        "new": short_suite(one.new.ref) + f"#{one.new.digest[:12]}",
        "kept": f"{one.kept:,}",
        "partial": one.old.partial or one.new.partial,
        "parts": [
            {
                "name": name,
                "count": f"{len(tasks):,}",
                "tasks": [visible(task) for task in tasks[:MOST_TASKS]],
                "more": max(0, len(tasks) - MOST_TASKS),
            }
            for name, tasks in (("added", one.added), ("removed", one.removed), ("changed", one.changed))
        ],
    }


def _file_row(one: SuiteFacts) -> Mapping[str, Value]:
    return {
        "suite": one.ref,
        "digest": one.digest,
        "tasks": one.tasks,
        "roots": one.roots,
        "operators": " ".join(one.operators),
        "evolved_from": " ".join(one.parents),
        "certificates": one.certified,
        "merkle_root": one.suite.merkle_root if one.suite else None,
        "runs": len(one.runs),
    }


def _change_rows(one: Change) -> list[Mapping[str, Value]]:
    kinds = (("added", one.added), ("removed", one.removed), ("changed", one.changed))
    return [
        {"old": one.old.ref, "new": one.new.ref, "task": task, "what": what} for what, tasks in kinds for task in tasks
    ]
