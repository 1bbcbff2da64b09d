"""``evalrun evolve --as-preferences``: pairs of programs, of which one is right, out of a suite of code tasks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click

from ...benchmarks import BadInput, Suite
from ...benchmarks.preference import PreferenceSuite, is_preference_suite
from ...benchmarks.selection import select
from ...harness.commands.options import opened
from ..journal import Journal
from ..preferences.from_code import default_name, pairs_from
from ..storing import require_free, save_whole
from .bars import bars
from .evolve import kept_on_interrupt


@dataclass(frozen=True, slots=True)
class PairsAsked:
    """What the command line says of the pairs that are wanted."""

    operators: str | None
    seed: int | None
    secret: Path | None
    version: str | None
    count: int
    name: str | None
    tasks: tuple[str, ...]
    limit: int | None


def make_pairs(suite_ref: str, output: Path, asked: PairsAsked, options: Mapping[str, Any]) -> None:
    """Make the pairs, write their suite whole or not at all, and print how it went."""
    if is_preference_suite(suite_ref):
        raise BadInput(f"--as-preferences: {suite_ref[:80]!r} holds preference tasks already; leave the option out")
    if asked.operators is not None:
        raise BadInput(
            "--as-preferences: it makes pairs and nothing else; leave --operators out, and evolve the pairs afterwards"
        )
    if asked.secret is not None:
        raise BadInput("--as-preferences: the pairs are roots; evolve them with --secret, and make them with --seed")
    require_free(output)
    seed = asked.seed or 0
    suite = Suite.load(suite_ref)
    suite = suite.subset(select(suite, asked.tasks, asked.limit))
    name = asked.name or default_name(suite, seed)
    PreferenceSuite(name, "1", ())  # a name that a suite cannot have is refused before the work and not after it
    with (
        kept_on_interrupt(), opened(dict(options), suite.requires) as sandbox,
        Journal(sandbox, output.parent / f".{output.name}.journal") as journal,
        bars() as progress,
    ):
        made = pairs_from(suite, journal, seed, count=asked.count, name=name, progress=progress)
        new = replace(made.suite, version=asked.version or suite.version)
        save_whole(new, output)
        journal.discard()
    click.echo(f"{made.tried} mutants of {len(suite)} references were tried")
    for reason, number in made.refused.most_common():
        click.echo(f"  no pair: {reason}: {number}")
    click.echo(f"{new.ref}: {len(new)} pairs in {output}")
