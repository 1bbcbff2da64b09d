"""``evalrun evolve`` of a suite of preference tasks with operators that a model carries out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from ...benchmarks.preference import PreferenceSuite
from ...benchmarks.selection import select
from ...harness.commands.options import slug
from ..authored.estimate import Estimate, told
from ..authored.preferences.certificate import panel_json
from ..authored.preferences.estimate import JudgedFigures, estimate_preferences, judged_figures_of, wishes_of
from ..authored.preferences.judges import counted, warnings_of
from ..authored.preferences.pipeline import default_name, evolve_preferences_authored
from ..authored.preferences.protocol import ModelPreferenceOperator
from ..authored.preferences.registry import DEFAULT_OPERATORS, parse_operators
from ..authored.store import entries
from ..keeping import kept_in, with_kept_seeds
from ..preferences.balance import report_of
from ..preferences.labels import labels_hold
from ..storing import save_whole
from .asked import Asked
from .author_options import Models, settled_models
from .evolve import table_of
from .evolve_with_model import bill_lines, store_of, working
from .published_digest import seal_line
from .seeds import settled


def evolve_preferences_with_model(
    suite: PreferenceSuite, output: Path, asked: Asked, options: Mapping[str, Any]
) -> None:
    """Write the new suite whole or not at all, and print what became of the proposals, and the bill."""
    models = settled_models(options)
    operators = parse_operators(DEFAULT_OPERATORS if asked.operators is None else asked.operators)
    seed, promise = settled(asked.seed, asked.secret)
    suite = suite.subset(select(suite, asked.tasks, asked.limit))
    author = slug(models.panel.author.model.rpartition("/")[2])
    chosen = default_name(suite, operators, author, seed) if asked.name is None else asked.name
    PreferenceSuite(chosen, "1", ())  # a name that a suite cannot have is refused before the work and not after it
    for warning in warnings_of(models.panel):
        click.echo(f"evalrun: warning: {warning}", err=True)
    store = store_of(output, options)
    if options["dry_run"]:
        found = _estimated(suite, operators, models, asked.count, seed, store)
        click.echo("\n".join(told(found, models.prices, models.limits)))
        return
    with working(models, output, store, (), options) as work:
        evolution = evolve_preferences_authored(
            suite,
            operators,
            work.asker,
            work.sandbox,
            seed=seed,
            name=chosen,
            count=asked.count,
            depth=asked.depth,
            progress=work.watch.progress,
        )
        told_of = {"seed": seed, **promise, "panel": panel_json(models.panel)}
        new = replace(evolution.suite, version=asked.version or suite.version, evolution=told_of)
        new = with_kept_seeds(new, suite, asked.keep_seeds, seed, work.sandbox, work.watch.progress, labels_hold)
        save_whole(new, output)
        work.sandbox.discard()
    click.echo(table_of(evolution.tallies))
    click.echo(report_of(new))
    click.echo("\n".join(bill_lines(work.asker, store)))
    kept = len(kept_in(new))
    click.echo(f"{new.ref}: {len(new)} tasks in {output}" + (f", {kept} of them kept seeds" if kept else ""))
    click.echo(seal_line(new, output))


def _estimated(
    suite: PreferenceSuite,
    operators: Sequence[ModelPreferenceOperator],
    models: Models,
    count: int,
    seed: int,
    store: Path,
) -> Estimate:
    """What it would ask; nobody is asked, and nothing is run."""
    wishes, refused = wishes_of(suite, operators, models.panel, count, seed)
    figures = None
    if store.is_file():
        judges = len(counted(models.panel))
        figures = judged_figures_of(entries(store), wishes, judges, f"measured on {store}")
    return estimate_preferences(wishes, refused, models.panel, figures or JudgedFigures())
