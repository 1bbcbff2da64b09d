"""``evalrun evolve``: a new suite out of an old one."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ...benchmarks import BadInput, Suite
from ...benchmarks.loading import load_any
from ...benchmarks.preference import PreferenceSuite
from ...benchmarks.selection import select, selection_options
from ...harness.cli import NEW_OBJECTS
from ...harness.commands.options import opened, sandbox_options
from ..chains import DEFAULT_OPERATORS, parse_operators
from ..journal import Journal
from ..keeping import kept_in, with_kept_seeds
from ..pipeline import MAX_DEPTH, default_name, evolve
from ..preferences.registry import DEFAULT_OPERATORS as DEFAULT_PREFERENCE_OPERATORS
from ..storing import require_free, save_whole
from .asked import Asked, named
from .author_options import author_options, refuse_without_model
from .bars import bars
from .loop_options import loop_options, refuse_without_loop
from .model_dispatch import evolve_through_models, needs_model
from .published_digest import seal_line
from .seeds import seed_options, settled

if TYPE_CHECKING:
    from ..pipeline import Tally

OLD_COLLECTIONS = 50
"""After so many collections of new objects older ones are looked at; Python's own number is 10."""


@click.command("evolve")
@click.argument("suite_ref", metavar="SUITE")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), required=True, help="Folder of the new suite; must not exist."
)
@click.option(
    "--operators",
    metavar="LIST",
    help=f"Comma-separated; a+b stacks b on what a makes (default: {DEFAULT_OPERATORS}; for preference tasks "
    f"{DEFAULT_PREFERENCE_OPERATORS}).",
)
@click.option("--seed", type=int, help="Same seed, same suite (default: 0, or the secret's).")
@seed_options
@click.option(
    "--count", type=click.IntRange(1, 100), default=1, show_default=True, help="New tasks per task and operator."
)
@click.option(
    "--depth",
    type=click.IntRange(1, 3),
    default=MAX_DEPTH,
    show_default=True,
    help="Altering operators between a task and its root, at most: each quotes the one before, and prompts grow.",
)
@click.option(
    "--as-preferences",
    is_flag=True,
    help="Out of code tasks make preference tasks: each reference beside a mutant of it that is nearly right.",
)
@click.option(
    "--public",
    multiple=True,
    metavar="SUITE",
    help="A public suite (repeatable): no new task of whose new text more than three tenths stand in it.",
)
@click.option("--name", help="Name of the new suite (default: made of suite, operators and seed).")
@author_options
@loop_options
@selection_options
@sandbox_options
def command(
    suite_ref: str,
    output: Path,
    operators: str | None,
    seed: int | None,
    secret: Path | None,
    keep_seeds: float,
    version: str | None,
    count: int,
    depth: int,
    as_preferences: bool,
    public: tuple[str, ...],
    name: str | None,
    tasks: tuple[str, ...],
    limit: int | None,
    **options: Any,
) -> None:
    """Make new tasks out of SUITE, each with a certificate that `evalrun verify` can check.

    The suite is written whole or not at all. An interrupted run leaves a journal beside it (.NAME.journal), with which
    the same command goes on where it ended.

    \b
    Examples:
      evalrun evolve HumanEval.jsonl.gz -o suites/he-fresh
      evalrun evolve --commit secret.txt
      evalrun evolve HumanEval.jsonl.gz --secret secret.txt --version 2026.11 -o suites/he-2026.11
      evalrun evolve core --operators rename,compose_post --seed 7 --tasks '!core/stdio-*' -o suites/core-7
      evalrun evolve align --operators pad_rejected,prompt_noise+position_swap -o suites/align-attacked
      evalrun evolve HumanEval.jsonl.gz --as-preferences -o suites/he-pairs
      evalrun evolve suites/he-pairs --operators corrupt,severity_ladder,tie_pair -o suites/he-harder
      evalrun evolve core --operators difficult,subtle --model my-model --base-url http://localhost:8000/v1 --dry-run \\
        -o suites/core-harder
      evalrun evolve core --operators difficult,subtle+rename --model my-model --base-url http://localhost:8000/v1 \\
        --solver-model another --budget calls=500,tokens=2M -o suites/core-harder
      evalrun evolve align --operators rubric_degrade,paraphrase --model my-model --base-url http://localhost:8000/v1 \\
        --judge-model another --judge-model a-third -o suites/align-written
      evalrun evolve HumanEval.jsonl.gz --loop --operators all --generations 5 -o suites/he-loop
      evalrun evolve core --loop --operators difficult,creative,combine --model my-model --solver-model another \\
        --base-url http://localhost:8000/v1 --runs runs/core--a --runs runs/core--b --budget money=5 -o suites/core-loop
    """
    if as_preferences:
        if public:
            raise BadInput(
                "--public: this is for code tasks and what is made of them; leave it out with --as-preferences"
            )
        refuse_without_model(options, "--as-preferences asks no model; leave it out")
        from .as_preferences import PairsAsked, make_pairs

        make_pairs(suite_ref, output, PairsAsked(operators, seed, secret, version, count, name, tasks, limit), options)
        return
    if not options["dry_run"]:
        require_free(output)
    suite = load_any(suite_ref)
    if public and isinstance(suite, PreferenceSuite):
        raise BadInput(f"--public: this is for code tasks, and {suite.name} holds preference tasks; leave it out")
    asked = Asked(operators, seed, secret, keep_seeds, version, count, depth, name, tasks, limit, public)
    if options["loop"]:
        if isinstance(suite, PreferenceSuite):
            raise BadInput(f"{suite.name}: --loop is for code tasks; evolve preference tasks without it")
        from .evolve_loop import evolve_in_a_loop

        evolve_in_a_loop(suite, output, asked, options)
        return
    refuse_without_loop()
    if needs_model(asked, options):
        evolve_through_models(suite, output, asked, options)
        return
    refuse_without_model(options, "only operators through a model use it; name one, and --model")
    if isinstance(suite, PreferenceSuite):
        from .evolve_preferences import evolve_preferences

        evolve_preferences(suite, output, asked, options)
        return
    chains = parse_operators(DEFAULT_OPERATORS if operators is None else operators)
    seed, promise = settled(seed, secret)
    suite = suite.subset(select(suite, tasks, limit))
    chosen = default_name(suite, chains, seed) if name is None else name
    published = asked.published()
    Suite(chosen, "1", ())  # a name that a suite cannot have is refused before the work and not after it
    _collect_seldom()
    with (
        kept_on_interrupt(), opened(options, suite.requires) as sandbox,
        Journal(sandbox, output.parent / f".{output.name}.journal") as journal,
        bars() as progress,
    ):
        going_on(journal)
        evolution = evolve(
            suite, chains, seed, journal,
            count=count, depth=depth, name=chosen, progress=progress, published=published,
        )  # fmt: skip
        told_of = {"seed": seed, **promise, **named(published)}
        new = replace(evolution.suite, version=version or suite.version, evolution=told_of)
        new = with_kept_seeds(new, suite, keep_seeds, seed, journal, progress)
        save_whole(new, output)
        journal.discard()
    click.echo(table_of(evolution.tallies))
    kept = len(kept_in(new))
    click.echo(f"{new.ref}: {len(new)} tasks in {output}" + (f", {kept} of them kept seeds" if kept else ""))
    click.echo(seal_line(new, output))


def _collect_seldom() -> None:
    """An evolution keeps nearly all that it makes: looking for cycles among old objects takes long and finds none."""
    if gc.get_threshold()[0] == NEW_OBJECTS:
        gc.set_threshold(NEW_OBJECTS, OLD_COLLECTIONS)


def going_on(journal: Journal) -> None:
    """Say so when an interrupted run is gone on with."""
    if journal.remembered:
        click.echo(f"going on from an interrupted run: {journal.remembered} finished jobs are not run again", err=True)


@contextmanager
def kept_on_interrupt() -> Iterator[None]:
    """Around the work: who interrupts it is told that nothing is lost."""
    try:
        yield
    except KeyboardInterrupt:
        click.echo("what is proven so far is kept; the same command goes on from there", err=True)
        raise


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
