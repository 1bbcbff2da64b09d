"""``evalrun evolve`` with operators that a model carries out."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ...benchmarks import BadInput, InfraError, Suite
from ...benchmarks.selection import select
from ...harness.commands.options import opened, slug
from ..authored.asking import ModelAsker
from ..authored.budget import Bill, Purse
from ..authored.certificate import panel_json
from ..authored.developing import Settings
from ..authored.estimate import Estimate, Wish, estimate, told
from ..authored.figures import Figures, figures_of
from ..authored.mixing import DEFAULT_OPERATORS, default_name, evolve_mixed, operators_of, parse_chains
from ..authored.panel import warnings_of
from ..authored.protocol import ModelOperator
from ..authored.registry import model_operator_named, registered_model_operators
from ..authored.store import ReplyStore, entries, require_store
from ..journal import Journal
from ..keeping import kept_in, with_kept_seeds
from ..storing import save_whole
from .asked import Asked, named
from .author_options import Models, settled_models
from .author_progress import Watch, watching
from .evolve import going_on, table_of
from .published_digest import seal_line
from .seeds import settled

if TYPE_CHECKING:
    from ...harness.sandbox.api import Sandbox


@dataclass(frozen=True, slots=True)
class Work:
    """What an evolution with models works with, open. sandbox: with the journal; watch: what people see."""

    models: Models
    asker: ModelAsker
    sandbox: Journal
    watch: Watch


def evolve_with_model(suite: Suite, output: Path, asked: Asked, options: Mapping[str, Any]) -> None:
    """Write the new suite whole or not at all, and print what became of the proposals, and the bill."""
    models = settled_models(options)
    chains = parse_chains(DEFAULT_OPERATORS if asked.operators is None else asked.operators)
    seed, promise = settled(asked.seed, asked.secret)
    suite = suite.subset(select(suite, asked.tasks, asked.limit))
    author = slug(models.panel.author.model.rpartition("/")[2])
    chosen = default_name(suite, chains, author, seed) if asked.name is None else asked.name
    published = asked.published()
    Suite(chosen, "1", ())  # a name that a suite cannot have is refused before the work and not after it
    say_of_panel(models)
    store = store_of(output, options)
    operators = operators_of(chains)
    if not operators:
        raise BadInput("--model: none of --operators asks a model; leave it out, or name one that does, like difficult")
    if options["dry_run"]:
        with opened(options, suite.requires) as sandbox:
            found = estimated(suite, operators, models, sandbox, asked.count, store)
        click.echo("\n".join(told(found, models.prices, models.limits)))
        return
    with working(models, output, store, suite.requires, options) as work:
        evolution = evolve_mixed(
            suite,
            chains,
            work.asker,
            work.sandbox,
            seed=seed,
            name=chosen,
            count=asked.count,
            depth=asked.depth,
            settings=Settings(solutions=models.solutions, published=published),
            progress=work.watch.progress,
        )
        told_of = {"seed": seed, **promise, "panel": panel_json(models.panel), **named(published)}
        new = replace(evolution.suite, version=asked.version or suite.version, evolution=told_of)
        new = with_kept_seeds(new, suite, asked.keep_seeds, seed, work.sandbox, work.watch.progress)
        finish(new, output, work)
    click.echo(table_of(evolution.tallies))
    click.echo("\n".join(bill_lines(work.asker, store)))
    kept = len(kept_in(new))
    click.echo(f"{new.ref}: {len(new)} tasks in {output}" + (f", {kept} of them kept seeds" if kept else ""))
    click.echo(seal_line(new, output))


def say_of_panel(models: Models) -> None:
    """Warn of what a reader of the new suite should know."""
    for warning in warnings_of(models.panel):
        click.echo(f"evalrun: warning: {warning}", err=True)


def store_of(output: Path, options: Mapping[str, Any]) -> Path:
    """Where replies are kept. BadInput where they are to be replayed, and there are none."""
    chosen: Path | None = options["replies"]
    path = output.parent / f".{output.name}.replies" if chosen is None else chosen
    if options["replay"]:
        require_store(path)
    return path


@contextmanager
def working(
    models: Models, output: Path, store: Path, requires: Sequence[str], options: Mapping[str, Any]
) -> Iterator[Work]:
    """The sandbox with its journal, the store and the panel, open; whoever is interrupted is told what is kept."""
    try:
        with ExitStack() as stack:
            watch = stack.enter_context(watching())
            sandbox = stack.enter_context(opened(options, requires))
            journal = stack.enter_context(Journal(sandbox, output.parent / f".{output.name}.journal"))
            going_on(journal)
            replies = stack.enter_context(ReplyStore(store))
            purse = Purse(models.limits, models.prices)
            watch.bill = purse.bill
            asker = stack.enter_context(
                ModelAsker(
                    models.panel, replies, purse, models.settings, replay=options["replay"], changed=watch.changed
                )
            )
            yield Work(models, asker, journal, watch)
    except (KeyboardInterrupt, InfraError):
        click.echo(
            f"every reply is kept in {store}, and what is proven so far in a journal; the same command goes on from "
            "there and pays for no reply again",
            err=True,
        )
        raise


def finish(suite: Suite, output: Path, work: Work) -> None:
    """Write the suite; its journal is of no more use. The store stays: it was paid for, and replays the evolution."""
    save_whole(suite, output)
    work.sandbox.discard()


def bill_lines(asker: ModelAsker, store: Path) -> list[str]:
    """What was used and what was paid, and how the asking ended."""
    bill = asker.purse.bill
    lines = [
        f"replies   {bill.calls:,} used, {bill.paid_calls:,} of them asked for now; all are kept in {store}",
        f"tokens    {bill.input_tokens:,} in, {bill.output_tokens:,} out; {bill.paid_tokens:,} of them paid for now",
        f"money     {_money(bill)}",
    ]
    if asker.ended:
        lines.append(f"evalrun: note: {asker.ended}; what was proven by then is in the suite")
    return lines


def _money(bill: Bill) -> str:
    if math.isnan(bill.money):
        return "unknown: give --price-in and --price-out, or --prices"
    return f"{bill.money:.4f}, {bill.paid_money:.4f} of it paid for now"


def estimated(
    suite: Suite,
    operators: Sequence[ModelOperator],
    models: Models,
    sandbox: Sandbox,
    count: int,
    store: Path,
) -> Estimate:
    """What it would ask: all proposals of all operators. The suite's tasks are run here; nobody is asked."""
    from ...harness.oracle import with_expected
    from ..authored.mating import mates_for
    from ..observe import observe
    from ..pipeline import silent

    suite = with_expected(suite, sandbox)
    seen = observe(suite.tasks, sandbox, silent)
    wishes = [
        Wish(operator, (task, *group), tuple(seen[each.digest] for each in (task, *group)))
        for operator in operators
        for task in suite.tasks
        if seen[task.digest].problem is None
        for group in mates_for(operator, task, suite.tasks, lambda each: seen[each.digest], count)
    ]
    return estimate(wishes, models.panel, figures_in(store, models.solutions), models.solutions)


def figures_in(store: Path, solutions: int) -> Figures:
    """Measured on a store of earlier replies where it holds drafts, else assumed."""
    if not store.is_file():
        return Figures()
    altering = {name: model_operator_named(name).kind == "altering" for name in registered_model_operators()}
    return figures_of(entries(store), altering, solutions, f"measured on {store}") or Figures()
