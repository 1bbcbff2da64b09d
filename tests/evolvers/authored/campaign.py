"""Many scripted proposals at once, over real HTTP and through the whole pipeline, and a table of their fates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from evalrun.benchmarks import CodeTask, Suite
from evalrun.benchmarks.loading import load_any
from evalrun.evolvers.authored.asking import AskSettings, ModelAsker, sent_seed
from evalrun.evolvers.authored.budget import Limits, Purse
from evalrun.evolvers.authored.mating import mates_for
from evalrun.evolvers.authored.panel import member, panel_of
from evalrun.evolvers.authored.pipeline import Authoring
from evalrun.evolvers.authored.protocol import Hints
from evalrun.evolvers.authored.registry import model_operator_named
from evalrun.evolvers.authored.store import ReplyStore
from evalrun.evolvers.loop.protocol import Made, Proposal
from evalrun.harness.sandbox import Sandbox

from ...scripted.acts import SUITS
from ...scripted.composing import ALTERING, PRESERVING
from ...scripted.starting import Endpoint, scripted

HUMANEVAL = Path(__file__).resolve().parents[4] / "shared" / "data" / "humaneval" / "HumanEval.jsonl.gz"
READERS = tuple(f"reader-{number}" for number in range(5))
OPERATORS = (*ALTERING, *PRESERVING)


def functions_of(ref: str, count: int | None = None) -> Suite:
    """The tasks of a suite that ask for a function, the first so many."""
    suite = load_any(ref)
    assert isinstance(suite, Suite)
    return suite.subset([task for task in suite.tasks if task.entry_point is not None][:count])


@dataclass(frozen=True)
class Wanted:
    """A proposal that is asked for: an author who plays a kind."""

    kind: str
    operator: str
    parents: tuple[CodeTask, ...]
    seed: int


@dataclass(frozen=True)
class Fate:
    """What became of a candidate. reason: None where it was admitted."""

    wanted: Wanted
    made: Made

    @property
    def reason(self) -> str | None:
        """Why it was rejected."""
        return self.made.rejected


@contextmanager
def asked(endpoint: Endpoint, path: Path, author: str = "scripted:good", replay: bool = False) -> Iterator[ModelAsker]:
    """The asker of a scripted author and five scripted readers."""
    panel = panel_of(member(author, endpoint.base_url), [member(each, endpoint.base_url) for each in READERS])
    with (
        ReplyStore(path) as store,
        ModelAsker(panel, store, Purse(Limits()), AskSettings(retries=3), replay=replay) as asker,
    ):
        yield asker


def fates_of(
    suite: Suite, kinds: Sequence[str], each: int, sandbox: Sandbox, folder: Path, operators: Sequence[str] = OPERATORS
) -> list[Fate]:
    """``each`` candidates of every kind by every operator for which it can be played.

    Where the scripted author says that it has nothing to propose (a fault that would not show is none), or where the
    operator does not apply to the parents, there is no candidate.
    """
    folder.mkdir(exist_ok=True)
    with scripted(suite.tasks, folder) as endpoint, asked(endpoint, folder / "replies") as asker:
        maker = Authoring(asker, sandbox, name="new")
        maker.know(suite.tasks)
        wishes = list(_wishes(suite, maker, kinds, each, operators))
        made = maker.make([_proposal(number, wanted) for number, wanted in enumerate(wishes)])
        told = endpoint.counts()
    assert not told["unknown"], told["unknown"][:3]
    rows = [Fate(*pair) for pair in zip(wishes, made, strict=True)]
    return [
        row
        for row in rows
        if row.reason != "not_applicable" and str(sent_seed(row.wanted.seed, 0)) not in told["nothing"]
    ]


def _wishes(
    suite: Suite, maker: Authoring, kinds: Sequence[str], each: int, operators: Sequence[str]
) -> Iterator[Wanted]:
    number = 0
    for operator in operators:
        parents = _groups(operator, suite, maker)
        for kind in kinds:
            for _ in range(each if operator in SUITS[kind] else 0):
                number += 1
                yield Wanted(kind, operator, parents[number * 7 % len(parents)], 1000 + number)


def _proposal(number: int, wanted: Wanted) -> Proposal:
    hints = Hints(target=f"play: {wanted.kind}")
    return Proposal(0, number, wanted.operator, "plain", wanted.parents, hints, wanted.seed)


def _groups(operator: str, suite: Suite, maker: Authoring) -> list[tuple[CodeTask, ...]]:
    """For each task the parents of a proposal."""
    found = model_operator_named(operator)
    return [
        (task, *mates)
        for task in suite.tasks
        if maker.observation(task).problem is None
        for mates in mates_for(found, task, suite.tasks, maker.observation, 1)
    ]


def table(fates: Sequence[Fate], by: str = "kind") -> str:
    """How many of each kind (or by each operator) were admitted, and why the others were not."""
    counts: dict[str, Counter[str]] = {}
    for fate in fates:
        counts.setdefault(getattr(fate.wanted, by), Counter())[fate.reason or "admitted"] += 1
    lines = []
    for name, found in counts.items():
        reasons = ", ".join(f"{reason} {number}" for reason, number in found.most_common() if reason != "admitted")
        lines.append(f"{name:52} {found.total():4} judged {found['admitted']:4} admitted   {reasons}")
    return "\n".join(lines)


def admitted(fates: Sequence[Fate]) -> list[tuple[str, str, list[str]]]:
    """Those that became tasks."""
    rows = [fate.wanted for fate in fates if fate.reason is None]
    return [(wanted.kind, wanted.operator, [parent.id for parent in wanted.parents]) for wanted in rows]
