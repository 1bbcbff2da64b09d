"""A panel played over HTTP: what author and solvers say, and the pipeline on top of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from evalrun.benchmarks import Case, CasesTest, CodeTask, Suite
from evalrun.evolvers.authored.asking import AskSettings, ModelAsker
from evalrun.evolvers.authored.budget import Limits, Purse
from evalrun.evolvers.authored.panel import member, panel_of
from evalrun.evolvers.authored.store import ReplyStore

from .answering import Answering, Body, Said, answering, question

PARENT_PROMPT = '''def total_up(values: list) -> int:
    """Return the sum of all the given values, where an empty list of values has the sum 0.

    >>> total_up([1, 2])
    3
    """
'''
PARENT = CodeTask(
    "seeds/total",
    PARENT_PROMPT,
    "total_up",
    PARENT_PROMPT + "    return sum(values)\n",
    (CasesTest(tuple(Case((row,), sum(row)) for row in ([], [1], [2, 3], [5, -5, 7], [9, 9, 9], [4, 0, 1, 8]))),),
)
SEEDS = Suite("seeds", "1", (PARENT,), license="Apache-2.0")

REFERENCE = """def total_of_rises(values):
    total = 0
    before = None
    for value in values:
        if before is None or value > before:
            total += value
        before = value
    return total
"""
DRAFT: dict[str, Any] = {
    "spec": "Return the sum of those values that are strictly larger than the value directly before them in the list. "
    "The first value of the list has none before it and always counts. An empty list gives 0.",
    "signature": "def total_of_rises(values: list[int]) -> int:",
    "reference": REFERENCE,
    "inputs": [
        "[]", "[3]", "[1, 2, 3]", "[3, 2, 1]", "[5, 5, 6]", "[-4, -2, -9, 0]", "[7, 1, 8, 1, 9]", "[0, 0, 0]",
        "[10, 20, 20, 30]", "[2, 9, 4, 4, 5, 11]",
    ],
    "contract": "def admissible(values):\n    return all(type(value) is int for value in values)\n",
    "changes": ["Only rises count."],
}  # fmt: skip
RIGHT = """def total_of_rises(values: list[int]) -> int:
    if not values:
        return 0
    return values[0] + sum(b for a, b in zip(values, values[1:]) if b > a)
"""
NOT_STRICT = RIGHT.replace("b > a", "b >= a")


def draft(**changed: Any) -> str:
    """An author's reply."""
    return json.dumps({**DRAFT, **changed})


def code(program: str) -> str:
    """A solver's reply."""
    return f"```python\n{program}```"


Says = str | Callable[[Body], str]


@dataclass
class Play:
    """What each member says, by what is asked of it; a list is said one after the other, the last for ever."""

    author: Says = field(default_factory=draft)
    mend: Says = ""
    clarify: Says = '{"example": true}'
    inputs: Says = '{"inputs": []}'
    plan: Says = json.dumps({"observations": [f"Observation number {place} on the list." for place in range(6)]})
    solver: Sequence[str] | Callable[[str], Sequence[str]] = (code(RIGHT),)
    parent: Sequence[str] | Callable[[str], Sequence[str]] = (code(PARENT.reference),)
    asked: list[tuple[str, Body]] = field(default_factory=list)
    taken: dict[str, int] = field(default_factory=dict)

    def __call__(self, body: Body) -> Said:
        """The reply to a request; solvers are told apart by the task and by how often it was asked."""
        text = question(body)
        for purpose, start in (
            ("mend", "You were asked the following"),
            ("clarify", "Readers of the task below"),
            ("inputs", "The function below needs more inputs"),
            ("plan", "Below is a task"),
        ):
            if text.startswith(start):
                self.asked.append((purpose, body))
                return Said(self._said(getattr(self, purpose), body))
        if text.startswith("Complete the Python function"):
            return Said(self._solved(text, body))
        self.asked.append(("evolve", body))
        return Said(self._said(self.author, body))

    def _solved(self, text: str, body: Body) -> str:
        parent = "`total_up`" in text
        purpose = "parent" if parent else "solve"
        self.asked.append((purpose, body))
        script = self.parent if parent else self.solver
        script = script(text) if callable(script) else script
        # by the seed, which tells the repetitions apart whatever the order in which they arrive
        seen = sorted({each["seed"] for name, each in self.asked if name == purpose and question(each) == text})
        place = self.taken.setdefault(f"{text} {body['seed']}", len(seen) - 1)
        return script[min(place, len(script) - 1)]

    @staticmethod
    def _said(says: Says, body: Body) -> str:
        return says if isinstance(says, str) else says(body)

    def count(self, purpose: str) -> int:
        """How often something was asked."""
        return sum(name == purpose for name, _ in self.asked)


@contextmanager
def acted(
    play: Play, path: Path, *, calls: int | None = None, replay: bool = False, solvers: Sequence[str] = ("beta-7b",)
) -> Iterator[ModelAsker]:
    """The asker of a panel that is played; author alpha, another model as solver."""
    server: Answering
    with answering(play) as server:
        panel = panel_of(member("alpha-1", server.base_url), [member(each, server.base_url) for each in solvers])
        with (
            ReplyStore(path) as store,
            ModelAsker(panel, store, Purse(Limits(calls=calls)), AskSettings(retries=0), replay=replay) as asker,
        ):
            yield asker
