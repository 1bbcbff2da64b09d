"""What a site is made of, from what its maker named: run folders, suites, pairs of labels."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ...benchmarks import BadInput, Suite, built_in_suites
from ...benchmarks.visible import visible
from ..board import build_boards
from ..comparison import Comparison, compare_runs
from ..evolved import build_evolutions
from ..metrics.intervals import SEED
from ..site.content import Choices, Content
from ..table import RunTable, read_runs
from .bars import bar


def content_of(
    runs: Sequence[Path],
    title: str,
    pairs: Sequence[str],
    suites: Sequence[str],
    choices: Choices,
    *,
    quiet: bool = False,
) -> Content:
    """Everything that the pages show, computed; the same in whatever order the runs are given.

    pairs: OLD:NEW. suites: what ``Suite.load`` takes. Raises BadInput for a run, pair or suite that is not what it
    should be.
    """
    paths = list(dict.fromkeys(path.resolve() for path in runs))
    with bar("reading runs", len(paths), quiet=quiet) as advance:
        tables = read_runs(paths, keep=choices.samples, progress=advance)
    tables.sort(key=lambda table: (table.label, table.created, table.suite, table.path.name, str(table.path)))
    with bar("comparing models", 4, quiet=quiet) as advance:
        boards = build_boards(tables)
        advance(None)
        evolutions = build_evolutions(tables)
        advance(None)
        updates = _comparisons(tables, pairs, [board.key for board in boards])
        advance(None)
        found = _suites(tables, suites)
        advance(None)
    return Content(
        title=title,
        runs=tuple(tables),
        boards=tuple(boards),
        evolutions=tuple(evolutions),
        updates=tuple(updates),
        suites=found,
        choices=choices,
        seed=SEED,
    )


def _suites(tables: Sequence[RunTable], given: Sequence[str]) -> dict[str, Suite]:
    """By digest, the suites of the runs: those given, and the built-in ones of that name and digest."""
    wanted = {str(table.section("suite").get("digest")): table.suite_name for table in tables}
    found = {}
    for reference in given:
        suite = Suite.load(reference)
        if suite.digest not in wanted:
            raise BadInput(f"--suite {reference}: no run given here is of this suite ({suite.name}); leave it out")
        found[suite.digest] = suite
    for name in sorted({name for digest, name in wanted.items() if digest not in found}):
        if name in built_in_suites():
            suite = Suite.load(name)
            if suite.digest in wanted:
                found[suite.digest] = suite
    return found


def _comparisons(tables: Sequence[RunTable], pairs: Sequence[str], order: Sequence[str]) -> list[Comparison]:
    """For every OLD:NEW and every board, in ``order``, that both labels are on: the comparison of their newest runs."""
    found = []
    labels = {table.label for table in tables}
    for pair in pairs:
        old, new = _split(pair, labels)
        newest: dict[tuple[str, str], RunTable] = {
            (table.board_key, table.label): table
            for table in sorted(tables, key=lambda table: (table.created, table.path.name))
        }
        keys = [key for key in order if (key, old) in newest and (key, new) in newest]
        if not keys:
            raise BadInput(f"--pair {pair}: the two labels have no set of tasks in common; give runs of one suite")
        found += [compare_runs(newest[key, old], newest[key, new]) for key in keys]
    return found


def _split(pair: str, labels: set[str]) -> tuple[str, str]:
    """OLD and NEW of OLD:NEW, where labels may themselves hold colons."""
    parts = pair.split(":")
    splits = [(":".join(parts[:i]), ":".join(parts[i:])) for i in range(1, len(parts))]
    known = [(old, new) for old, new in splits if old in labels and new in labels]
    if len(known) != 1:
        there = ", ".join(sorted(visible(label, 60) for label in labels))
        raise BadInput(f"--pair {pair}: expected OLD:NEW, two labels of the given runs; the labels are {there}")
    return known[0]
