"""``evalrun design`` where a model proposes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from ...benchmarks import Suite
from ..designed.admission import Admission
from ..designed.designing import Wanted, design
from ..designed.files import load
from .author_options import settled_models
from .design import write
from .evolve_with_model import bill_lines, store_of, working


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line asks for; see ``evalrun design --help``."""

    count: int
    rounds: int
    kinds: tuple[str, ...]
    seed: int
    suites: list[Suite]
    known: tuple[Path, ...]


def design_with_model(output: Path, asked: Asked, options: Mapping[str, Any]) -> None:
    """Write the file of admitted operators, and print what became of the proposals, and the bill."""
    models = settled_models(options)
    store = store_of(output, options)
    requires = sorted({each for suite in asked.suites for each in suite.requires})
    earlier = [each.definition for file in asked.known for each in load(file)]
    with working(models, output, store, requires, options) as work:
        admission = Admission(work.sandbox, asked.suites, work.watch.progress)
        admission.know(earlier)
        wanted = Wanted(asked.count, asked.rounds, asked.kinds, asked.seed)
        found = design(work.asker, admission, wanted, lambda fate: work.watch.progress(fate, 1))
    work.sandbox.discard()
    click.echo("\n".join(bill_lines(work.asker, store)))
    if found.ended:
        click.echo(f"evalrun: note: {found.ended}; {found.rounds} of {asked.rounds} rounds were asked", err=True)
    designer = models.panel.author
    write(
        output,
        [*found.admitted, *found.rejected],
        {"designer": designer.model, "family": designer.family, "seed": asked.seed, "rounds": found.rounds},
    )
