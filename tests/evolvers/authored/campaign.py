"""Many scripted proposals at once, over real HTTP and through the whole pipeline, and a table of their fates."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from evalrun.benchmarks import CodeTask, Suite
from evalrun.benchmarks.loading import load_any
from evalrun.evolvers.authored.asking import AskSettings, ModelAsker
from evalrun.evolvers.authored.budget import Limits, Purse
from evalrun.evolvers.authored.mating import mates_for
from evalrun.evolvers.authored.panel import member, panel_of
from evalrun.evolvers.authored.pipeline import Authoring
from evalrun.evolvers.authored.protocol import Hints
from evalrun.evolvers.authored.registry import model_operator_named
from evalrun.evolvers.authored.store import ReplyStore
from evalrun.evolvers.loop.protocol import Made, Proposal
from evalrun.harness.oracle import with_expected
from evalrun.harness.sandbox import Sandbox

from ...scripted.composing import ALTERING, PRESERVING
from ...scripted.starting import Endpoint

SHARED = Path(__file__).resolve().parents[4] / "shared" / "data"
HUMANEVAL = SHARED / "humaneval" / "HumanEval.jsonl.gz"
READERS = tuple(f"reader-{number}" for number in range(5))
OPERATORS = (*ALTERING, *PRESERVING)


def core(sandbox: Sandbox) -> Suite:
    """The tasks of ``core`` that ask for a function."""
    suite = load_any("core")
    assert isinstance(suite, Suite)
    kept = [task for task in suite.tasks if task.entry_point is not None]
    return with_expected(suite.subset(kept), sandbox)


def humaneval(sandbox: Sandbox) -> Suite:
    """All of HumanEval."""
    suite = load_any(str(HUMANEVAL))
    assert isinstance(suite, Suite)
    return with_expected(suite, sandbox)


@dataclass(frozen=True)
class Wanted:
    """A proposal that is asked for: an author who plays a kind."""

    kind: str
    operator: str
    parents: tuple[CodeTask, ...]
    seed: int


@dataclass
class Table:
    """Fates by kind."""

    fates: dict[str, Counter[str]] = field(default_factory=dict)
    asked: list[tuple[Wanted, Made]] = field(default_factory=list)

    def add(self, wanted: Wanted, made: Made) -> None:
        """One more; a proposal that cannot be asked for, or for which the author has nothing, does not count."""
        self.asked.append((wanted, made))
        self.fates.setdefault(wanted.kind, Counter())[made.rejected or "admitted"] += 1

    def counted(self) -> Iterator[tuple[Wanted, Made]]:
        """Those for which there was something to judge."""
        for wanted, made in self.asked:
            if not nothing(made):
                yield wanted, made

    def admitted(self, kinds: Sequence[str]) -> list[tuple[Wanted, Made]]:
        """Those of these kinds that were admitted."""
        return [(wanted, made) for wanted, made in self.counted() if wanted.kind in kinds and made.rejected is None]

    def proposed(self, kinds: Sequence[str]) -> int:
        """How many of these kinds were judged."""
        return sum(wanted.kind in kinds for wanted, _ in self.counted())

    def text(self) -> str:
        """As tests print it."""
        lines = []
        for kind in sorted({wanted.kind for wanted, _ in self.counted()}):
            mine = [made for wanted, made in self.counted() if wanted.kind == kind]
            reasons = Counter(made.rejected for made in mine if made.rejected is not None)
            told = ", ".join(f"{reason} {number}" for reason, number in reasons.most_common())
            admitted = sum(made.rejected is None for made in mine)
            lines.append(f"{kind:48} {len(mine):4} judged {admitted:4} admitted   {told}")
        return "\n".join(lines)


def nothing(made: Made) -> bool:
    """Whether there was nothing to judge: the operator does not apply, or the author finds nothing to propose."""
    return made.rejected == "not_applicable" or (
        made.rejected == "no object" and made.said is not None and nothing_said(made)
    )


def nothing_said(made: Made) -> bool:
    """Whether the author itself said that it has nothing."""
    return made.proposal.strategy == "nothing"


@contextmanager
def asked(endpoint: Endpoint, path: Path, author: str = "scripted:good", replay: bool = False) -> Iterator[ModelAsker]:
    """The asker of a scripted author and five scripted readers."""
    panel = panel_of(member(author, endpoint.base_url), [member(each, endpoint.base_url) for each in READERS])
    with (
        ReplyStore(path) as store,
        ModelAsker(panel, store, Purse(Limits()), AskSettings(retries=3), replay=replay) as asker,
    ):
        yield asker


def proposal(number: int, wanted: Wanted) -> Proposal:
    """As the pipeline takes it."""
    hints = Hints(target=f"play: {wanted.kind}")
    return Proposal(0, number, wanted.operator, "plain", wanted.parents, hints, wanted.seed)


def campaign(wishes: Sequence[Wanted], asker: ModelAsker, sandbox: Sandbox, suite: Suite) -> Table:
    """Make all of them, and count."""
    maker = Authoring(asker, sandbox, name="new")
    maker.know(suite.tasks)
    table = Table()
    made = maker.make([proposal(number, wanted) for number, wanted in enumerate(wishes)])
    for wanted, each in zip(wishes, made, strict=True):
        table.add(wanted, each)
    return table


def groups(operator: str, suite: Suite, maker: Authoring) -> list[tuple[CodeTask, ...]]:
    """For each task the parents of a proposal."""
    found = model_operator_named(operator)
    return [
        (task, *mates)
        for task in suite.tasks
        if maker.observation(task).problem is None
        for mates in mates_for(found, task, suite.tasks, maker.observation, 1)
    ]


def lines_of(path: Path) -> list[dict[str, object]]:
    """A compressed file of JSON lines."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]
