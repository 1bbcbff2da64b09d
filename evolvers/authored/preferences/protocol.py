"""What an operator on preference tasks through a model is: what it asks its author, what it makes of the replies, and
what judges, solvers and machines must show of that.

An operator never asks: the pipeline does, for all of them in one way. What an author says is data.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, runtime_checkable

from ....benchmarks import CodeTask
from ....benchmarks.preference import PreferenceTask
from ...preferences.protocol import Kind, PreferenceCandidate
from ...protocol import Gate
from ..protocol import Rendered, Step, UnusableReply

GROUP = "evalrun.model_preference_operators"
Draft = Mapping[str, str]
"""The texts that the author's replies come to, by name; plain JSON, kept in the certificate."""
Wanted = Literal["better", "no_difference", "same", "vote"]
"""What judges must find: the first of two responses better; neither better; two questions the same; or whatever they
find, as long as it can be read."""


class GoodEnough(Exception):
    """The author finds nothing to improve, so there is no task: no fault, and nothing to mend."""


@dataclass(frozen=True, slots=True)
class Question:
    """What each judge is asked, in both orders.

    key: what reports and certificates call it. wanted: see ``Wanted``. task: with two responses, the one that is to be
    found better first (``better``, ``no_difference``, ``vote``), compared by the task's criterion. texts: two questions
    (``same``), compared by the template.
    """

    key: str
    wanted: Wanted
    task: PreferenceTask | None = None
    texts: tuple[str, str] = ("", "")
    template: str = ""


Round = Sequence[Question]
"""Questions that are asked together; the next round is asked only where the judges found in this one what is wanted."""


@runtime_checkable
class ModelPreferenceOperator(Protocol):
    """An operator on preference tasks that a model carries out. Stateless; made without arguments.

    seed: of the proposal; whatever is drawn is drawn from it. asks: the most requests that one draft takes. first_turn:
    who is sent the first of them, as ``Step.turn``. Change ``version`` whenever the same replies would give another
    task; each template has a version of its own.
    """

    name: str
    version: str
    kind: Kind
    asks: int
    first_turn: int

    def describe(self) -> str:
        """One line for people."""

    def applies(self, parent: PreferenceTask) -> None:
        """NotApplicable where nothing can be made of this task."""

    def ask(self, parent: PreferenceTask, seed: int) -> Rendered:
        """The first request."""

    def follow(self, replies: Sequence[Mapping[str, Any]], parent: PreferenceTask, seed: int) -> Step | None:
        """The next request after these replies, None after the last. UnusableReply is about the last of the replies;
        GoodEnough where it says that nothing is left to do."""

    def read(self, replies: Sequence[Mapping[str, Any]], parent: PreferenceTask, seed: int) -> Draft:
        """The draft that all replies come to. UnusableReply is about the last of them."""

    def check(self, draft: Draft, parent: PreferenceTask, seed: int) -> None:
        """UnusableReply where a draft, from replies or from a certificate, cannot be used."""

    def make(self, draft: Draft, parent: PreferenceTask, seed: int) -> list[PreferenceCandidate]:
        """Candidates, the one with the strongest proof first; NotApplicable when there is none."""

    def prove(
        self, task: PreferenceTask, parents: Sequence[PreferenceTask], parameters: Mapping[str, Any]
    ) -> tuple[Gate, ...]:
        """The static proofs of a finished task, computed from the texts."""

    def confirm(
        self, task: PreferenceTask, label: Gate, parent: PreferenceTask, parent_label: Gate
    ) -> tuple[Gate, ...]:
        """What follows from the evidence of the labels, the candidate's and its parent's, beside that they hold."""

    def rounds(self, task: PreferenceTask, parent: PreferenceTask, draft: Draft) -> Sequence[Round]:
        """What judges are asked about a candidate; () where machines show all."""

    def blind(self, task: PreferenceTask, parent: PreferenceTask) -> CodeTask | None:
        """What solvers are asked, who see a question alone; None where nobody is."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """What is drawn for one proposal, each under a name of its own."""

    seed: int

    def named(self, what: str) -> random.Random:
        """The generator for one purpose."""
        return random.Random(f"{self.seed}/{what}")


class Asking:
    """What most operators have in common: they ask their author once, and nobody else has to say anything."""

    asks = 1
    first_turn = 0

    def follow(self, replies: Sequence[Mapping[str, Any]], parent: PreferenceTask, seed: int) -> Step | None:
        """Nothing further is asked."""
        return None

    def rounds(self, task: PreferenceTask, parent: PreferenceTask, draft: Draft) -> Sequence[Round]:
        """No judges."""
        return ()

    def blind(self, task: PreferenceTask, parent: PreferenceTask) -> CodeTask | None:
        """No solvers."""
        return None

    def confirm(
        self, task: PreferenceTask, label: Gate, parent: PreferenceTask, parent_label: Gate
    ) -> tuple[Gate, ...]:
        """Nothing more follows from the labels."""
        return ()


__all__ = [
    "GROUP",
    "Asking",
    "Draft",
    "Drawing",
    "Gate",
    "GoodEnough",
    "Kind",
    "ModelPreferenceOperator",
    "PreferenceCandidate",
    "Question",
    "Rendered",
    "Round",
    "Step",
    "UnusableReply",
    "Wanted",
]
