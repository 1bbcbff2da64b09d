"""``evalrun evolve``: a new suite out of an old one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ...benchmarks import Suite
from ...benchmarks.selection import select, selection_options
from ...harness.commands.options import opened, sandbox_options
from ..pipeline import DEFAULT_OPERATORS, default_name, evolve, parse_operators
from ..storing import require_free, save_whole
from .bars import bars

if TYPE_CHECKING:
    from ..pipeline import Tally


@click.command("evolve")
@click.argument("suite_ref", metavar="SUITE")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), required=True, help="Folder of the new suite; must not exist."
)
@click.option(
    "--operators",
    default=DEFAULT_OPERATORS,
    show_default=True,
    metavar="LIST",
    help="Comma-separated; a+b stacks b on what a makes.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Same seed, same suite.")
@click.option(
    "--count", type=click.IntRange(1, 100), default=1, show_default=True, help="New tasks per task and operator."
)
@click.option("--name", help="Name of the new suite (default: made of suite, operators and seed).")
@selection_options
@sandbox_options
def command(
    suite_ref: str,
    output: Path,
    operators: str,
    seed: int,
    count: int,
    name: str | None,
    tasks: tuple[str, ...],
    limit: int | None,
    **options: Any,
) -> None:
    """Make new tasks out of SUITE, each with a certificate that `evalrun verify` can check.

    Nothing is written unless all is done: an interrupted run leaves no half suite behind.

    \b
    Examples:
      evalrun evolve HumanEval.jsonl.gz -o suites/he-fresh
      evalrun evolve core --operators rename,compose_post --seed 7 --tasks '!core/stdio-*' -o suites/core-7
    """
    chains = parse_operators(operators)
    require_free(output)
    suite = Suite.load(suite_ref)
    suite = suite.subset(select(suite, tasks, limit))
    chosen = default_name(suite, chains, seed) if name is None else name
    Suite(chosen, "1", ())  # a name that a suite cannot have is refused before the work and not after it
    with opened(options, suite.requires) as sandbox, bars() as progress:
        evolution = evolve(suite, chains, seed, sandbox, count=count, name=chosen, progress=progress)
    save_whole(evolution.suite, output)
    click.echo(table_of(evolution.tallies))
    click.echo(f"{evolution.suite.ref}: {len(evolution.suite)} tasks in {output}")


def table_of(tallies: Sequence[Tally]) -> str:
    """Operator, proposed, accepted, and each reason for which tasks or candidates fell out, with its number."""
    width = max(8, *(len(tally.operator) for tally in tallies))
    lines = [f"{'operator':{width}}  proposed  accepted  rejected  refused"]
    for tally in tallies:
        rejected, refused = sum(tally.rejected.values()), sum(tally.refused.values())
        lines.append(f"{tally.operator:{width}}  {tally.proposed:8}  {tally.accepted:8}  {rejected:8}  {refused:7}")
        lines += [f"{'':{width}}    rejected by {reason}: {number}" for reason, number in _sorted(tally.rejected)]
        lines += [f"{'':{width}}    refused: {reason}: {number}" for reason, number in _sorted(tally.refused)]
    return "\n".join(lines)


def _sorted(reasons: dict[str, int]) -> list[tuple[str, int]]:
    return sorted(reasons.items(), key=lambda pair: (-pair[1], pair[0]))
