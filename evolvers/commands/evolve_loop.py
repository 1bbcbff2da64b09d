"""``evalrun evolve --loop``: generations of proposals that learn from what became of the earlier ones."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ...benchmarks import BadInput, CodeTask, Suite
from ...benchmarks.selection import select
from ...harness.commands.options import opened, slug
from ...harness.oracle import with_expected
from ..authored.certificate import panel_json
from ..authored.developing import Settings
from ..authored.estimate import Estimate, estimate, told
from ..authored.mixing import DEFAULT_OPERATORS as DEFAULT_MODEL_OPERATORS
from ..authored.mixing import Chain, default_name, parse_chains
from ..authored.pipeline import Authoring
from ..authored.protocol import ModelOperator
from ..chains import DEFAULT_OPERATORS
from ..journal import Journal
from ..keeping import kept_in, with_kept_seeds
from ..loop.budgeting import batch_within
from ..loop.chains import ChainMaker
from ..loop.describing import family_of, features_of
from ..loop.driver import Arm, Generation, Loop, LoopResult, LoopSettings, seeds_of
from ..loop.fitness import ByRuns, Fitness, Proxy
from ..loop.forecast import forecast
from ..loop.lessons import Lessons
from ..loop.mates import Partners
from ..loop.mixed import MixedMaker
from ..loop.reliability import kr20, projected, tasks_for
from ..loop.results import results_of
from ..observe import Progress, observe
from ..pipeline import altered, silent
from ..protocol import Observation
from ..published import Published
from ..storing import save_whole
from .asked import Asked, named
from .bars import bars
from .evolve import going_on, kept_on_interrupt
from .evolve_with_model import bill_lines, figures_in, say_of_panel, store_of, working
from .published_digest import seal_line
from .seeds import settled

if TYPE_CHECKING:
    from ...harness.sandbox.api import Sandbox
    from .author_options import Models
    from .evolve_with_model import Work


@dataclass(frozen=True, slots=True)
class _Opened:
    """What the loop works with. work: None where no model is asked."""

    sandbox: Journal
    progress: Progress
    work: Work | None


def evolve_in_a_loop(suite: Suite, output: Path, asked: Asked, options: Mapping[str, Any]) -> None:
    """Write the new suite whole or not at all, with its lessons beside it; print what was learnt, and the bill."""
    models = _models(options)
    chains = _chains(asked.operators, models)
    seed, promise = settled(asked.seed, asked.secret)
    suite = suite.subset(select(suite, asked.tasks, asked.limit))
    name = _default_name(suite, chains, models, seed) if asked.name is None else asked.name
    published = asked.published()
    Suite(name, "1", ())  # a name that a suite cannot have is refused before the work and not after it
    lessons = None if options["lessons"] is None else Lessons.load(options["lessons"])
    fitness, enough = _fitness(options["runs"], suite, models, options["reliability"], published)
    settings = LoopSettings(
        generations=options["generations"],
        batch=_batch(options["batch"], models),
        enough=enough,
        room=options["room"],
        depth=asked.depth,
        patience=options["patience"],
    )
    if models is not None:
        say_of_panel(models)
    click.echo(f"fitness: {fitness.name}", err=True)
    store = store_of(output, options) if models is not None else None
    if options["dry_run"]:
        if models is None or store is None:
            raise BadInput("--dry-run: without --model nothing is asked, and nothing costs money; leave it out")
        with opened(options, suite.requires) as sandbox:
            guess = _forecast(suite, chains, models, settings, seed, store, sandbox)
        click.echo("\n".join(told(guess, models.prices, models.limits)))
        click.echo(
            f"that is if all {settings.generations} generations of {settings.batch} are made and all operators are "
            "chosen alike; the loop ends sooner where nothing new comes of it"
        )
        return
    with _open(models, output, store, suite, options) as found:
        suite = with_expected(suite, found.sandbox)
        maker = _Makers(suite, chains, found, seed, name, models, asked.depth, published)
        loop = Loop(
            maker.seeds,
            [_arm(chain) for chain in chains],
            maker.mixed,
            fitness,
            settings,
            seed,
            lessons=lessons,
            mate=maker.mates,
            watch=_say,
        )
        result = loop.run()
        new = maker.suite_of(
            result, loop, fitness, settings, {"seed": seed, **promise, **named(published)}, asked.version
        )
        new = with_kept_seeds(new, suite, asked.keep_seeds, seed, found.sandbox, found.progress)
        if any(arm.operator is not None for arm in chains):  # before the suite, after which nothing is made anew
            loop.lessons.save(output.parent / f"{output.name}.lessons.json")
        save_whole(new, output)
        found.sandbox.discard()
    click.echo("\n".join(_report(result, loop)))
    if found.work is not None and store is not None:
        click.echo("\n".join(bill_lines(found.work.asker, store)))
    kept = len(kept_in(new))
    click.echo(f"{new.ref}: {len(new)} tasks in {output}" + (f", {kept} of them kept seeds" if kept else ""))
    click.echo(seal_line(new, output))


def _default_name(suite: Suite, chains: Sequence[Chain], models: Models | None, seed: int) -> str:
    """As without a loop, so that two authors' suites, or those of other operators, have names of their own."""
    author = "" if models is None else slug(models.panel.author.model.rpartition("/")[2])
    return default_name(suite, chains, "-".join(filter(None, (author, "loop"))), seed)


def _models(options: Mapping[str, Any]) -> Models | None:
    if options["model"] is None:
        return None
    from .author_options import settled_models

    return settled_models(options)


def _chains(operators: str | None, models: Models | None) -> list[Chain]:
    text = operators or (DEFAULT_OPERATORS if models is None else DEFAULT_MODEL_OPERATORS)
    chains = parse_chains(text)
    stacked = next((chain for chain in chains if chain.operator is not None and chain.tail), None)
    if stacked is not None:
        raise BadInput(f"--operators {stacked.label}: with --loop an operator through a model stands alone")
    if models is None and any(chain.operator is not None for chain in chains):
        raise BadInput("an operator through a model needs --model NAME and --base-url URL")
    return chains


def _batch(wanted: int, models: Models | None) -> int:
    """The proposals of a generation, fewer where the budget has room for few."""
    if models is None:
        return wanted
    batch = batch_within(wanted, models.limits, models.prices.values(), models.solutions)
    if batch < wanted:
        click.echo(f"evalrun: note: {batch} proposals a generation, so that the budget holds several", err=True)
    return batch


def _fitness(
    runs: Sequence[Path], suite: Suite, models: Models | None, wanted: float | None, published: Published
) -> tuple[Fitness, int | None]:
    """What tasks are marked by, and how many of them have the reliability that is wanted."""
    if not runs:
        if wanted is not None:
            raise BadInput("--reliability: only runs can say how reliable tasks are; give some with --runs")
        return Proxy(published), None
    results, kin = results_of(runs, suite, None if models is None else models.panel.author)
    if kin:
        click.echo(
            f"evalrun: note: of the author's family, and so without a say in fitness: {', '.join(kin)}", err=True
        )
    known = {task.id: task for task in (*suite.tasks, *suite.ancestors)}
    cells = {name: (family_of(task, known), features_of(task).domain) for name, task in known.items()}
    alpha, items = kr20(results)
    said = f"; {items} tasks have a reliability of {alpha:.2f}, 100 of their like {projected(alpha, items, 100):.2f}"
    click.echo(f"runs: {len(results.rates)} models{said if not math.isnan(alpha) else ''}", err=True)
    if wanted is None:
        return ByRuns(results, cells, published), None
    try:
        enough = tasks_for(alpha, items, wanted)
    except ValueError as error:
        raise BadInput(f"--reliability {wanted}: {error}; give more runs, or leave it out") from error
    click.echo(f"{enough} tasks of their like have a reliability of {wanted}", err=True)
    return ByRuns(results, cells, published), enough


@contextmanager
def _open(
    models: Models | None, output: Path, store: Path | None, suite: Suite, options: Mapping[str, Any]
) -> Iterator[_Opened]:
    if models is not None and store is not None:
        with working(models, output, store, suite.requires, options) as work:
            yield _Opened(work.sandbox, work.watch.progress, work)
        return
    with (
        kept_on_interrupt(),
        opened(options, suite.requires) as sandbox,
        Journal(sandbox, output.parent / f".{output.name}.journal") as journal,
        bars() as progress,
    ):
        going_on(journal)
        yield _Opened(journal, progress, None)


def _through_models(chains: Sequence[Chain]) -> dict[str, ModelOperator]:
    return {chain.label: chain.operator for chain in chains if chain.operator is not None}


def _seen(suite: Suite, sandbox: Sandbox, progress: Progress) -> tuple[dict[str, Observation], list[CodeTask]]:
    """What the suite's tasks do, by digest, and those that can be evolved. BadInput where none can."""
    observed = dict(observe(suite.tasks, sandbox, progress))
    usable = [task for task in suite.tasks if observed[task.digest].problem is None]
    if not usable:
        raise BadInput(f"suite {suite.ref}: no task of it can be evolved: the references fail their own tests")
    return observed, usable


def _forecast(
    suite: Suite,
    chains: Sequence[Chain],
    models: Models,
    settings: LoopSettings,
    seed: int,
    store: Path,
    sandbox: Sandbox,
) -> Estimate:
    """What it would ask. The suite's tasks are run here; nobody is asked."""
    observed, usable = _seen(with_expected(suite, sandbox), sandbox, silent)
    operators = _through_models(chains)
    partners = Partners(operators, usable, observed)
    wishes, times = forecast(
        usable, observed, [_arm(chain) for chain in chains], operators, partners.of, settings, seed
    )
    found = estimate(wishes, models.panel, figures_in(store, models.solutions), models.solutions)
    return found.scaled(found.proposals * times)


class _Makers:
    """What makes tasks, what is known of the seeds, and the suite in the end."""

    def __init__(
        self,
        suite: Suite,
        chains: Sequence[Chain],
        found: _Opened,
        seed: int,
        name: str,
        models: Models | None,
        depth: int,
        published: Published,
    ) -> None:
        self._suite, self._name, self._models = suite, name, models
        operators = _through_models(chains)
        self._chains = ChainMaker(
            suite, seed, found.sandbox, name=name, depth=depth, progress=found.progress, published=published
        )
        authoring = None
        if found.work is not None and models is not None:
            authoring = Authoring(
                found.work.asker,
                found.sandbox,
                name=name,
                settings=Settings(solutions=models.solutions, published=published),
                operators=operators,
                progress=found.progress,
            )
        self.mixed = MixedMaker(self._chains, authoring, operators)
        observed, usable = _seen(suite, found.sandbox, found.progress)
        known = {task.id: task for task in (*suite.ancestors, *suite.tasks)}
        self.seeds = seeds_of(
            usable, lambda task: features_of(task, observed[task.digest]), lambda task: altered(task, known)
        )
        self.mates = Partners(operators, usable, observed).of

    def suite_of(
        self,
        result: LoopResult,
        loop: Loop,
        fitness: Fitness,
        settings: LoopSettings,
        told: Mapping[str, Any],
        version: str | None,
    ) -> Suite:
        """The archive as a suite."""
        tasks = tuple(member.task for member in result.archive.members())
        made = {each.task.id: each for each in result.made if each.task is not None}
        if not tasks:
            reasons = {key: value for row in result.generations for key, value in row.rejected.items()}
            shown = "; ".join(f"{reason} ({number})" for reason, number in sorted(reasons.items())[:3])
            raise BadInput(f"suite {self._suite.ref}: no task could be evolved ({result.ended}): {shown}")
        self._chains.add([each.task for each in made.values() if each.task is not None])
        ancestors = self._chains.ancestors_of(tasks)
        certificates = self._chains.certificates_of([*tasks, *ancestors])
        certificates |= {
            task.id: certificate
            for task in (*tasks, *ancestors)
            if task.id in made and (certificate := made[task.id].certificate) is not None
        }
        panel = {} if self._models is None else {"panel": panel_json(self._models.panel)}
        evolution = {**told, **panel, "loop": _loop_json(result, loop, fitness, settings)}
        return replace(
            self._suite,
            name=self._name,
            version=version or self._suite.version,
            tasks=tasks,
            description=f"{', '.join(loop.arms)} in a loop on {self._suite.ref}, seed {told['seed']}",
            source=self._suite.ref,
            ancestors=ancestors,
            certificates=certificates,
            evolution=evolution,
        )


def _arm(chain: Chain) -> Arm:
    if chain.operator is None:
        alters = any(operator.kind == "altering" for operator in chain.tail)
        return Arm(chain.label, through_model=False, kind="altering" if alters else chain.tail[0].kind)
    return Arm(chain.label, through_model=True, kind=chain.operator.kind)


def _loop_json(result: LoopResult, loop: Loop, fitness: Fitness, settings: LoopSettings) -> dict[str, Any]:
    return {
        "settings": settings.to_json(),
        "fitness": fitness.name,
        "ended": result.ended,
        "generations": [generation.to_json() for generation in result.generations],
        "cells": {
            str(niche): len(cell) for niche, cell in sorted(result.archive.cells.items(), key=lambda c: str(c[0]))
        },
        "operators": loop.bandit.table(),
        "strategies": loop.strategies.table(),
        "drift": [each.to_json() for each in result.drift],
    }


def _say(generation: Generation) -> None:
    line = (
        f"generation {generation.number}: {generation.admitted} of {generation.proposed} admitted, "
        f"{generation.cells} kinds of task ({generation.new_cells} new), fitness {generation.fitness:.2f}"
    )
    click.echo("\n".join([line, *(f"evalrun: drift alarm: {each}" for each in generation.alarms)]), err=True)


def _report(result: LoopResult, loop: Loop) -> list[str]:
    lines = [
        f"ended: {result.ended}",
        f"{'operator':24}  expected  pulls",
    ]
    lines += [f"{row['operator']:24}  {row['expected']:8.3f}  {row['pulls']:5.1f}" for row in loop.bandit.table()]
    reasons: dict[str, int] = {}
    for generation in result.generations:
        for reason, number in generation.rejected.items():
            reasons[reason] = reasons.get(reason, 0) + number
    lines += [
        f"rejected by {reason}: {number}" for reason, number in sorted(reasons.items(), key=lambda r: (-r[1], r[0]))
    ]
    lines += [f"drift of {each.words}" for each in result.drift]
    return lines
