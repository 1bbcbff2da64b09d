"""Operators through a model and deterministic ones in one call: ``difficult,subtle+rename,compose_post+rename``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from ...benchmarks import BadInput, CodeTask, Suite
from ...benchmarks.jsonio import text_digest
from ...harness.sandbox.api import Sandbox
from ..chains import label_of, parse_operators
from ..observe import Progress
from ..pipeline import MAX_DEPTH, Evolution, NothingEvolved, Tally, evolve, nothing_of, silent
from ..protocol import Operator, registered_operators
from ..published import NOTHING, Published
from .developing import Settings
from .lineages import PREFIX, lineage_name
from .pipeline import PanelAsker, evolve_authored
from .protocol import ModelOperator
from .registry import is_model_operator, split_operator

DEFAULT_OPERATORS = "difficult,creative,combine"
"""Those whose suites told models apart best, of EvoEval's seven."""


@dataclass(frozen=True, slots=True)
class Chain:
    """One wish. operator: through a model, whose tasks are then put through ``tail``; None: ``tail`` is all of it."""

    operator: ModelOperator | None
    tail: tuple[Operator, ...]

    @property
    def label(self) -> str:
        """As it is written."""
        first = () if self.operator is None else (self.operator.name,)
        return "+".join((*first, *((label_of(self.tail),) if self.tail else ())))


def parse_chains(text: str) -> list[Chain]:
    """Chains between commas; the first of each may be an operator through a model, all others are deterministic.

    Where both kinds have an operator of one name (``combine``, ``tool_use``), it is the model's. BadInput says what is
    wrong.
    """
    chains: list[Chain] = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        chain = part.removeprefix(PREFIX)
        if chain != part or is_model_operator(chain.partition("+")[0].strip()):
            chains.append(_through_a_model(chain))
        else:
            chains += [Chain(None, tuple(each)) for each in parse_operators(part)]
    labels = [chain.label for chain in chains]
    if not chains or len(set(labels)) < len(labels):
        raise BadInput(f"--operators {text[:80]!r}: give one or more different operators, like {DEFAULT_OPERATORS!r}")
    return chains


def _through_a_model(text: str) -> Chain:
    for name in (each.strip() for each in text.split("+")[1:]):
        if not name:
            raise BadInput(f"--operators {text[:80]!r}: an operator is missing beside '+'; write it like a+b")
        if is_model_operator(name) and name not in registered_operators():
            raise BadInput(
                f"--operators {text[:80]!r}: {name} is an operator through a model, which comes first in a chain; "
                "evolve twice to put one on another"
            )
    operator, rest = split_operator(text)
    return Chain(operator, tuple(parse_operators(rest)[0]) if rest else ())


def operators_of(chains: Sequence[Chain]) -> list[ModelOperator]:
    """The operators through a model, each once."""
    return list({each.operator.name: each.operator for each in chains if each.operator is not None}.values())


def default_name(suite: Suite, chains: Sequence[Chain], author: str, seed: int) -> str:
    """The name when none is given: what it is made of, with what, by whom, and the seed."""
    labels = ".".join(chain.label.replace(":", ".").replace("/", ".") for chain in chains)
    if len(labels) > 60:
        labels = f"{len(chains)}-operators-{text_digest(labels)[:6]}"
    return f"{suite.name}-{labels}-{author}-s{seed}"


def evolve_mixed(
    suite: Suite,
    chains: Sequence[Chain],
    asker: PanelAsker,
    sandbox: Sandbox,
    *,
    seed: int,
    name: str,
    count: int = 1,
    depth: int = MAX_DEPTH,
    settings: Settings | None = None,
    progress: Progress = silent,
) -> Evolution:
    """All chains' tasks in one suite.

    A chain of which nothing comes does not stop the others. BadInput (``NothingEvolved``) where nothing comes of all;
    for outages see ``Authoring.make``.
    """
    published = NOTHING if settings is None else settings.published
    parts: list[Evolution] = []
    tallies: list[Tally] = []
    operators = operators_of(chains)
    authored: Evolution | None = None
    if operators:
        with _collecting(tallies):
            authored = evolve_authored(
                suite, operators, asker, sandbox,
                seed=seed, count=count, depth=depth, name=name, settings=settings, progress=progress,
            )  # fmt: skip
            tallies += authored.tallies
    for chain in chains:
        if chain.operator is not None:
            tasks = _tasks_of(authored, chain.operator)
            if not chain.tail and authored is not None:
                parts.append(Evolution(replace(authored.suite, tasks=tasks), ()))
            elif authored is not None:
                parts += _stacked(
                    authored.suite, tasks, chain, seed, sandbox, depth, name, progress, published, tallies
                )
    plain = [chain.tail for chain in chains if chain.operator is None]
    if plain:
        with _collecting(tallies):
            made = evolve(
                suite, plain, seed, sandbox,
                count=count, depth=depth, name=name, progress=progress, published=published,
            )  # fmt: skip
            parts.append(made)
            tallies += made.tallies
    return Evolution(_joined(suite, [part.suite for part in parts], chains, asker, seed, name, tallies), tuple(tallies))


@contextmanager
def _collecting(tallies: list[Tally]) -> Iterator[None]:
    """Nothing came of it: that is counted, and the others go on."""
    try:
        yield
    except NothingEvolved as nothing:
        tallies += nothing.tallies


def _tasks_of(authored: Evolution | None, operator: ModelOperator) -> tuple[CodeTask, ...]:
    named = lineage_name(operator)
    tasks = authored.suite.tasks if authored is not None else ()
    return tuple(task for task in tasks if task.lineage is not None and task.lineage.operator == named)


def _stacked(
    suite: Suite,
    tasks: Sequence[CodeTask],
    chain: Chain,
    seed: int,
    sandbox: Sandbox,
    depth: int,
    name: str,
    progress: Progress,
    published: Published,
    tallies: list[Tally],
) -> list[Evolution]:
    """A model's tasks put through deterministic operators, each by itself: no program of one shares a process with
    another's, since a model wrote them."""
    sums: dict[str, Tally] = {}
    parts: list[Evolution] = []
    for task in tasks:
        alone: list[Tally] = []
        with _collecting(alone):
            made = evolve(
                replace(suite, tasks=(task,)), [chain.tail], seed, sandbox,
                depth=depth, name=name, progress=progress, published=published,
            )  # fmt: skip
            parts.append(made)
            alone += made.tallies
        for tally in alone:
            label = f"{chain.operator.name if chain.operator else ''}+{tally.operator}"
            found = sums.setdefault(label, Tally(label))
            found.proposed += tally.proposed
            found.accepted += tally.accepted
            found.refused += tally.refused
            found.rejected += tally.rejected
    tallies += sums.values()
    return parts


def _joined(
    source: Suite,
    parts: Sequence[Suite],
    chains: Sequence[Chain],
    asker: PanelAsker,
    seed: int,
    name: str,
    tallies: Sequence[Tally],
) -> Suite:
    tasks = tuple(task for part in parts for task in part.tasks)
    if not tasks:
        raise nothing_of(source, tallies)
    ancestors = {task.id: task for part in parts for task in part.ancestors}
    certificates = {key: value for part in parts for key, value in part.certificates.items()}
    known = {task.id for task in tasks} | set(ancestors)
    return Suite(
        name=name,
        version=source.version,
        tasks=tasks,
        description=f"{', '.join(chain.label for chain in chains)} (author: {asker.panel.author.model}) applied to "
        f"{source.ref}, seed {seed}",
        license=source.license,
        source=source.ref,
        ancestors=tuple(ancestors[key] for key in sorted(ancestors)),
        certificates={key: value for key, value in certificates.items() if key in known},
        requires=source.requires,
    )
