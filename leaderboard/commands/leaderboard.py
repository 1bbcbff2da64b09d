"""`evalrun leaderboard`: run folders in, one page that opens from disk out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ...benchmarks.errors import BadInput

if TYPE_CHECKING:
    from ..comparison import Comparison
    from ..table import RunTable


@click.command("leaderboard", context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("runs", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "-o", "--output", required=True, type=click.Path(file_okay=False, path_type=Path), help="Folder to write."
)
@click.option("--title", default="Leaderboard", show_default=True, help="Heading of the page.")
@click.option("--pair", "pairs", multiple=True, metavar="OLD:NEW", help="Labels of an update to show; may be repeated.")
def command(runs: tuple[Path, ...], output: Path, title: str, pairs: tuple[str, ...]) -> int:
    """Publish runs as one page that opens from disk and loads nothing.

    RUNS are run folders. Runs of the same tasks share a board; a run of a suite evolved from another is set against
    the same model's run of the original. OUTPUT gets index.html, data.csv and data.json.

    \b
    Examples:
      evalrun leaderboard runs/* -o site
      evalrun leaderboard runs/march runs/june -o site --pair march:june
    """
    from ..board import build_boards
    from ..data import board_csv, site_data, to_text
    from ..evolved import build_evolutions
    from ..metrics.intervals import SEED
    from ..site.page import render, write_site
    from ..site.view import page_view
    from ..table import read_run
    from ..words import plural

    tables = [read_run(path) for path in dict.fromkeys(path.resolve() for path in runs)]
    boards = build_boards(tables)
    evolutions = build_evolutions(tables)
    comparisons = _comparisons(tables, pairs, [board.key for board in boards])
    html = render(page_view(title, boards, evolutions, comparisons))
    data = to_text(site_data(title, boards, evolutions, comparisons, SEED))
    page = write_site(output, html, board_csv(boards), data)
    owed = sum(table.owed for table in tables)
    click.echo(f"{page}: {plural(len(tables), 'run')} on {plural(len(boards), 'board')}")
    if owed:
        click.echo(
            f"evalrun: {plural(owed, 'sample')} owed: those runs are shown as incomplete and not ranked.", err=True
        )
    return 0


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
