"""The verb `merge`: join runs of one configuration, such as the shares that `run --shard` makes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click


@click.command()
@click.argument("runs", nargs=-1, required=True, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), help="The new run's folder.")
def command(runs: Sequence[Path], output: Path) -> None:
    """Join runs of one configuration, such as the shares of a split run, into a new one.

    All must be of the same model, suite, sampling and prompt. Where two hold the same sample they must agree.
    What none of them holds is owed (exit code 5): `evalrun run --resume` without --shard gets it.

    \b
    Examples:
      evalrun run --config runs.toml --shard 1/2 -o a    # on one machine
      evalrun run --config runs.toml --shard 2/2 -o b    # on another
      evalrun merge a b -o whole
    """
    from ..runs.merge import merge_runs
    from ..runs.summary import check_nothing_owed, summary_lines

    ledger = merge_runs(runs, output)
    click.echo("\n".join(summary_lines(ledger)))
    check_nothing_owed(ledger, "`evalrun run --resume` with this folder and without --shard gets them")
