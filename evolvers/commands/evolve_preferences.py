"""``evalrun evolve`` of a suite of preference tasks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from ...benchmarks.preference import PreferenceSuite
from ...benchmarks.selection import select
from ...benchmarks.visible import visible
from ...harness.commands.options import opened
from ..journal import Journal
from ..keeping import kept_in, with_kept_seeds
from ..preferences.balance import report_of
from ..preferences.engine import default_name, evolve
from ..preferences.labels import labels_hold
from ..preferences.registry import DEFAULT_OPERATORS, parse_operators
from ..storing import save_whole
from .asked import Asked
from .bars import bars
from .evolve import going_on, kept_on_interrupt, table_of
from .published_digest import seal_line
from .seeds import settled


def evolve_preferences(suite: PreferenceSuite, output: Path, asked: Asked, options: Mapping[str, Any]) -> None:
    """Write the new suite whole or not at all, and print what became of each operator's proposals."""
    chains = parse_operators(DEFAULT_OPERATORS if asked.operators is None else asked.operators)
    seed, promise = settled(asked.seed, asked.secret)
    if suite.skipped:
        first = suite.skipped[0]
        click.echo(
            f"evalrun: note: {len(suite.skipped)} rows of {visible(suite.name)} are no tasks and are left out, "
            f"such as {visible(first.where)}: {visible(first.why)}",
            err=True,
        )
    suite = suite.subset(select(suite, asked.tasks, asked.limit))
    chosen = default_name(suite, chains, seed) if asked.name is None else asked.name
    PreferenceSuite(chosen, "1", ())  # a name that a suite cannot have is refused before the work and not after it
    with (
        kept_on_interrupt(), opened(options, ()) as sandbox,
        Journal(sandbox, output.parent / f".{output.name}.journal") as journal,
        bars() as progress,
    ):
        going_on(journal)
        made = evolve(
            suite, chains, seed, journal, count=asked.count, depth=asked.depth, name=chosen, progress=progress
        )
        evolution = {"seed": seed, **promise}
        new = replace(made.suite, version=asked.version or suite.version, evolution=evolution)
        new = with_kept_seeds(new, suite, asked.keep_seeds, seed, journal, progress, labels_hold)
        save_whole(new, output)
        journal.discard()
    click.echo(table_of(made.tallies))
    click.echo(report_of(new))
    kept = len(kept_in(new))
    click.echo(f"{new.ref}: {len(new)} tasks in {output}" + (f", {kept} of them kept seeds" if kept else ""))
    click.echo(seal_line(new, output))
