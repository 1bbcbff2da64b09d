"""`evalrun leaderboard`: run folders in, a folder of pages that opens from disk out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ...benchmarks.errors import BadInput

if TYPE_CHECKING:
    from ...benchmarks import Suite
    from ..comparison import Comparison
    from ..site.content import Samples
    from ..table import RunTable


@click.command("leaderboard", context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("runs", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "-o", "--output", required=True, type=click.Path(file_okay=False, path_type=Path), help="Folder to write."
)
@click.option("--title", default="Leaderboard", show_default=True, help="Heading of the site.")
@click.option("--pair", "pairs", multiple=True, metavar="OLD:NEW", help="Labels of an update to show; may be repeated.")
@click.option(
    "--suite",
    "suites",
    multiple=True,
    metavar="SUITE",
    help="A suite of the runs, for its tasks' texts; built-in ones are found. May be repeated.",
)
@click.option(
    "--samples",
    type=click.Choice(["none", "failures", "all"]),
    default="failures",
    show_default=True,
    help="Which answers to publish.",
)
@click.option(
    "--publish-prompts/--no-publish-prompts", "prompts", default=True, show_default=True, help="Show the tasks' texts."
)
@click.option(
    "--max-size", type=click.IntRange(min=1), default=200, show_default=True, metavar="MB", help="Largest site to make."
)
def command(
    runs: tuple[Path, ...],
    output: Path,
    title: str,
    pairs: tuple[str, ...],
    suites: tuple[str, ...],
    samples: Samples,
    prompts: bool,
    max_size: int,
) -> int:
    """Publish runs as a site of static pages that opens from disk and loads nothing from elsewhere.

    RUNS are run folders. Runs of the same tasks share a board; a run of a suite evolved from another is set against
    the same model's run of the original. An existing site at OUTPUT is replaced when the new one is complete.

    \b
    Examples:
      evalrun leaderboard runs/* -o site
      evalrun leaderboard runs/march runs/june -o site --pair march:june
      evalrun leaderboard runs/* -o site --suite HumanEval.jsonl.gz --samples all
    """
    from ..board import build_boards
    from ..evolved import build_evolutions
    from ..metrics.intervals import SEED
    from ..site.build import build_site
    from ..site.content import Choices, Content
    from ..table import read_runs
    from ..words import plural
    from .bars import bar

    paths = list(dict.fromkeys(path.resolve() for path in runs))
    with bar("reading runs", len(paths)) as advance:
        tables = read_runs(paths, keep=samples, progress=advance)
    with bar("comparing models", 3) as advance:
        boards = build_boards(tables)
        advance(None)
        evolutions = build_evolutions(tables)
        advance(None)
        updates = _comparisons(tables, pairs, [board.key for board in boards])
        advance(None)
    content = Content(
        title=title,
        runs=tuple(tables),
        boards=tuple(boards),
        evolutions=tuple(evolutions),
        updates=tuple(updates),
        suites=_suites(tables, suites),
        choices=Choices(samples=samples, prompts=prompts, most_bytes=max_size * 1_000_000),
        seed=SEED,
    )
    with bar("writing files") as advance:
        build_site(content, output, tick=advance)
    owed = sum(table.owed for table in tables)
    click.echo(f"{output / 'index.html'}: {plural(len(tables), 'run')} on {plural(len(boards), 'board')}")
    if owed:
        click.echo(
            f"evalrun: {plural(owed, 'sample')} owed: those runs are shown as incomplete and not ranked.", err=True
        )
    return 0


def _suites(tables: Sequence[RunTable], given: Sequence[str]) -> dict[str, Suite]:
    """By digest, the suites of the runs: those given, and the built-in ones of that name and digest."""
    from ...benchmarks import Suite, built_in_suites

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
    from ..comparison import compare_runs

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
        from ...benchmarks.visible import visible

        there = ", ".join(sorted(visible(label, 60) for label in labels))
        raise BadInput(f"--pair {pair}: expected OLD:NEW, two labels of the given runs; the labels are {there}")
    return known[0]
