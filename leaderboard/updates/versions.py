"""Versions of models: which runs are an old and a new version of one model, and where an update broke and fixed.

Pairs are named by the user, or found: runs whose manifest names one family, or whose labels differ in a date or a
version number alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from ...benchmarks.errors import BadInput
from ...benchmarks.visible import visible
from ..metrics.churn import ExpectedFlips, expected_flips
from ..metrics.intervals import SEED
from ..metrics.significance import holm
from ..records.table import RunTable
from .comparison import Comparison, compare_runs, paired_p

Kind = Literal["operator", "tag"]
ORIGINAL = "original tasks"
FEWEST = 3
"""Tasks of a part: fewer say nothing of it."""


@dataclass(frozen=True, slots=True)
class Part:
    """The flips of an update on the tasks of one operator or with one tag. adjusted: p of "no change" (``paired_p``),
    adjusted for the number of parts of its kind (Holm).
    """

    kind: Kind
    name: str
    tasks: int
    rates: ExpectedFlips
    adjusted: float

    @property
    def net(self) -> float:
        """new pass@1 - old pass@1 on these tasks."""
        return self.rates.new_rate - self.rates.old_rate


@dataclass(frozen=True, slots=True)
class Version:
    """An update: two runs of the same tasks, compared. parts: by operator, then by tag, each from most to fewest tasks;
    a kind with one part alone is left out, and so are parts of fewer than ``FEWEST`` tasks."""

    old: RunTable
    new: RunTable
    comparison: Comparison
    parts: tuple[Part, ...]


def build_versions(
    runs: Sequence[RunTable], pairs: Sequence[tuple[str, str]], order: Sequence[str], *, seed: int = SEED
) -> list[Version]:
    """For every (old, new) pair of labels and every board, in ``order`` of keys, that both are on: their newest runs.

    BadInput for a pair without a set of tasks in common.
    """
    newest: dict[tuple[str, str], RunTable] = {
        (run.board_key, run.label): run for run in sorted(runs, key=lambda run: (run.created, run.path.name))
    }
    found = []
    for old, new in dict.fromkeys(pairs):
        keys = [key for key in order if (key, old) in newest and (key, new) in newest]
        if not keys:
            raise BadInput(
                f"--pair {visible(old, 60)}:{visible(new, 60)}: the two labels have no set of tasks in common; "
                "give runs of one suite"
            )
        found += [_version(newest[key, old], newest[key, new], seed) for key in keys]
    return found


def _version(old: RunTable, new: RunTable, seed: int) -> Version:
    comparison = compare_runs(old, new, seed=seed)
    left_out = comparison.left_out
    gone = {*left_out.only_old, *left_out.changed, *left_out.owed}
    groups: dict[tuple[Kind, str], list[str]] = {}
    # Column by column: looking rows up by a list of ids, pandas refuses the lone surrogates that one may hold.
    for task, operator, tags in zip(old.tasks.index, old.tasks["operator"], old.tasks["tags"], strict=True):
        if task in gone:
            continue
        groups.setdefault(("operator", ORIGINAL if operator is None else str(operator)), []).append(task)
        for tag in dict.fromkeys(tags):
            groups.setdefault(("tag", str(tag)), []).append(task)
    parts = [part for kind in ("operator", "tag") for part in _parts(kind, groups, old, new, seed)]
    return Version(old, new, comparison, tuple(parts))


def _parts(
    kind: str, groups: Mapping[tuple[Kind, str], Sequence[str]], old: RunTable, new: RunTable, seed: int
) -> list[Part]:
    chosen = [(key, tasks) for key, tasks in groups.items() if key[0] == kind]
    if len(chosen) < 2:
        return []
    chosen = [(key, tasks) for key, tasks in chosen if len(tasks) >= FEWEST]
    chosen.sort(key=lambda item: (-len(item[1]), item[0][1]))
    counts = [[(old.counts[task], new.counts[task]) for task in tasks] for _, tasks in chosen]
    tests = [
        paired_p(pairs, [old.root[task] for task in tasks], seed=seed)[1]
        for pairs, (_, tasks) in zip(counts, chosen, strict=True)
    ]
    return [
        Part(key[0], key[1], len(tasks), expected_flips(pairs), p)
        for (key, tasks), pairs, p in zip(chosen, counts, holm(tests), strict=True)
    ]


def named_pairs(chain: str, labels: Iterable[str]) -> list[tuple[str, str]]:
    """The pairs of OLD:NEW or of a longer chain OLD:NEW:NEWER, where labels may themselves hold colons.

    BadInput where the chain cannot be read as two or more of the labels, or can in several ways.
    """
    known = set(labels)
    readings = list(_readings(chain.split(":"), known))
    if len(readings) != 1:
        there = ", ".join(sorted(visible(label, 60) for label in known))
        raise BadInput(
            f"--pair {visible(chain)}: expected OLD:NEW, two labels of the given runs "
            f"(or more, oldest first); the labels are {there}"
        )
    (names,) = readings
    return list(pairwise(names))


def _readings(parts: Sequence[str], known: set[str]) -> Iterable[list[str]]:
    """Every way to read the parts as at least two known labels in a row."""

    def read(start: int) -> Iterable[list[str]]:
        if start == len(parts):
            yield []
        for end in range(start + 1, len(parts) + 1):
            label = ":".join(parts[start:end])
            if label in known:
                yield from ([label, *rest] for rest in read(end))

    return (reading for reading in read(0) if len(reading) > 1)


_MONTHS = "january february march april may june july august september october november december".split()
_MONTH = "|".join(f"{month[:3]}(?:{month[3:]})?" if len(month) > 3 else month for month in _MONTHS)
# What may end a label: a date (2024-05-13, 20240513, 2024-05, 0613, June 2024, March) or a version (v2).
_MARK = re.compile(
    r"(?i)[\s\-_.@(\[]+(?:"
    r"(?P<date>(?:19|20)\d\d-?(?:0[1-9]|1[0-2])(?:-?(?:0[1-9]|[12]\d|3[01]))?)"
    r"|(?P<short>\d{4})"
    rf"|(?P<month>{_MONTH})\.?(?:\s*,?\s*(?P<year>(?:19|20)\d\d))?"
    r"|v(?P<number>\d+(?:\.\d+){0,3})"
    r")[)\]]?\s*$"
)


def version_mark(label: str) -> tuple[str, tuple[int, ...]] | None:
    """A label without the date or version it ends in, and what the versions of that name are ordered by.

    The kind of mark is part of the name: a date and a version number say nothing of each other's order. None where a
    label ends in neither.
    """
    found = _MARK.search(label) if len(label) <= 200 else None
    if found is None:
        return None
    name = label[: found.start()].strip().casefold()
    if found["date"]:
        digits = found["date"].replace("-", "")
        return f"{name} {len(digits)} digits", (int(digits),)
    if found["short"]:
        return f"{name} 4 digits", (int(found["short"]),)
    if found["month"]:
        month = [other[:3] for other in _MONTHS].index(found["month"][:3].casefold()) + 1
        return f"{name} month {'year' if found['year'] else ''}", (int(found["year"] or 0), month)
    return f"{name} v", tuple(int(number) for number in found["number"].split("."))


def found_pairs(runs: Sequence[RunTable]) -> list[tuple[str, str]]:
    """(old, new) labels of neighbouring versions that have a set of tasks in common.

    A manifest's ``model.family`` says which runs are versions of one model, in the order they were begun; of the others
    those are whose labels differ in the date or version at their end alone, in that order.
    """
    keys: dict[str, set[str]] = {}
    families: dict[str, dict[str, tuple[int, ...] | tuple[str]]] = {}
    for run in sorted(runs, key=lambda run: (run.label, run.created)):
        keys.setdefault(run.label, set()).add(run.board_key)
        family = run.section("model").get("family")
        mark = version_mark(run.label)
        if isinstance(family, str) and family:
            families.setdefault(f"family {family}", {}).setdefault(run.label, (run.created,))
        elif mark is not None:
            families.setdefault(f"label {mark[0]}", {})[run.label] = mark[1]
    chains = [sorted(members, key=lambda label: (members[label], label)) for _, members in sorted(families.items())]
    pairs = [pair for chain in chains for pair in pairwise(chain)]
    return [(old, new) for old, new in pairs if keys[old] & keys[new]]
