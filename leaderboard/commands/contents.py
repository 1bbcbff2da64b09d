"""What a site is made of, from what its maker named: run folders, suites, pairs of labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ...benchmarks import BadInput, Suite, built_in_suites
from ...benchmarks.visible import visible
from ...harness.runs.budget import Prices
from ..boards.board import build_boards
from ..boards.evolved import build_evolutions
from ..metrics.intervals import SEED
from ..preferences.summary import PreferenceSummary, summarise_all
from ..preferences.table import read_preferences
from ..records.table import RunTable, read_runs
from ..site.content import Choices, Content
from ..updates.versions import Version, build_versions, found_pairs, named_pairs
from .bars import bar


@dataclass(frozen=True, slots=True)
class Request:
    """What a site's maker named. pairs: OLD:NEW, or longer chains. suites: what ``Suite.load`` takes. preferences:
    files of scored pairs. prices: by label or name of the model.
    """

    runs: tuple[Path, ...]
    title: str
    pairs: tuple[str, ...] = ()
    suites: tuple[str, ...] = ()
    preferences: tuple[Path, ...] = ()
    prices: Mapping[str, Prices] = field(default_factory=dict)
    choices: Choices = Choices()


def content_of(request: Request, *, quiet: bool = False) -> Content:
    """Everything that the pages show, computed; the same in whatever order runs and files are given.

    Raises BadInput for a run, pair, suite or file that is not what it should be. quiet: no progress bar.
    """
    paths = list(dict.fromkeys(path.resolve() for path in request.runs))
    with bar("reading runs", len(paths), quiet=quiet) as advance:
        tables = read_runs(paths, keep=request.choices.samples, progress=advance)
    tables.sort(key=lambda table: (table.label, table.created, table.suite, table.path.name, str(table.path)))
    with bar("comparing models", 4, quiet=quiet) as advance:
        boards = build_boards(tables, prices=request.prices, controls=_known(request.choices.controls, tables))
        advance(None)
        evolutions = build_evolutions(tables, controls=request.choices.controls)
        advance(None)
        versions = _versions(tables, request.pairs, [board.key for board in boards])
        advance(None)
        found = _suites(tables, request.suites)
        advance(None)
    return Content(
        title=request.title,
        runs=tuple(tables),
        boards=tuple(boards),
        evolutions=tuple(evolutions),
        versions=tuple(versions),
        preferences=_preferences(request.preferences),
        suites=found,
        choices=request.choices,
        prices=request.prices,
        seed=SEED,
    )


def _known(labels: Sequence[str], tables: Sequence[RunTable]) -> Sequence[str]:
    there = {table.label for table in tables}
    for label in labels:
        if label not in there:
            names = ", ".join(sorted(visible(name, 60) for name in there))
            raise BadInput(f"--control {visible(label, 60)}: no run has this label; the labels are {names}")
    return labels


def _preferences(paths: Sequence[Path]) -> tuple[PreferenceSummary, ...]:
    found = summarise_all([read_preferences(path) for path in dict.fromkeys(path.resolve() for path in paths)])
    return tuple(sorted(found, key=lambda one: (one.label, one.suite, one.measure, one.created, one.pairs)))


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


def _versions(tables: Sequence[RunTable], chains: Sequence[str], order: Sequence[str]) -> list[Version]:
    """The updates that are named; where none is, those that manifests and labels tell of."""
    labels = {table.label for table in tables}
    pairs = [pair for chain in chains for pair in named_pairs(chain, labels)]
    return build_versions(tables, pairs if chains else found_pairs(tables), order)
