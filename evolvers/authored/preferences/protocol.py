"""What an operator on preference tasks is that a model carries out.

An operator is one coroutine, ``develop``, that asks author and judges through ``Work`` and gives a finished task. What
was replied is kept on the certificate, so that ``evalrun verify`` runs the very same coroutine on the kept replies:
every reply is read again, every verdict counted again, every proof of a label run again, and nobody is asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol, runtime_checkable

from ....benchmarks.preference import PreferenceTask
from ...preferences.protocol import Gate, Kind, NotApplicable

if TYPE_CHECKING:
    from .work import Work

GROUP = "evalrun.model_preference_operators"
Shown = Literal["machine", "judges", "none"]
"""Who shows the label: a proof that is run, judges, or nobody, since the task has no single label."""


@dataclass(frozen=True, slots=True)
class Finished:
    """What an operator made: the task (id, lineage and the like are the pipeline's), and the operator's own gates."""

    task: PreferenceTask
    gates: tuple[Gate, ...]
    shown_by: Shown


@runtime_checkable
class ModelPreferenceOperator(Protocol):
    """An operator; stateless, made without arguments.

    Change ``version`` whenever the same replies would give another task. asks: the most requests to the author for one
    task, a mended reply among them. comparisons: the most that each judge is asked, in two orders each.
    """

    name: str
    version: str
    kind: Kind
    asks: int
    comparisons: int

    def describe(self) -> str:
        """One line for people."""

    def applies(self, task: PreferenceTask) -> None:
        """NotApplicable where nothing can be made of a task."""

    async def develop(self, work: Work) -> Finished:
        """The new task; NotApplicable where there is none to be made, Rejected where what was made is none."""


__all__ = ["GROUP", "Finished", "Gate", "Kind", "ModelPreferenceOperator", "NotApplicable", "Shown"]
