"""Labels proven again, each set of programs once: what programs do has nothing to do with the question."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ...benchmarks.jsonio import digest
from ...benchmarks.preference import PreferenceTask
from ...harness.sandbox.api import Sandbox
from ..observe import Progress
from .programs_in import RUN
from .proofs import is_inverted, reverify_all
from .protocol import Gate


class Labels:
    """Verifies labels in one sandbox, and remembers those that rest on programs alone."""

    def __init__(self, sandbox: Sandbox, progress: Progress) -> None:
        self.sandbox, self._progress = sandbox, progress
        self._known: dict[str, Gate] = {}

    def verified(self, tasks: Iterable[PreferenceTask]) -> list[Gate]:
        """One gate for each task, in order. InfraError when the sandbox fails: nothing is known then of any task."""
        named = [(_programs_digest(task) or str(place), task) for place, task in enumerate(tasks)]
        new = {name: task for name, task in named if name not in self._known}
        gates = dict(zip(new, reverify_all(new.values(), self.sandbox, self._progress), strict=True))
        self._known.update({name: gate for name, gate in gates.items() if not name.isdecimal()})
        return [gates[name] if name in gates else self._known[name] for name, _ in named]


def labels_hold(tasks: Sequence[PreferenceTask], sandbox: Sandbox, progress: Progress) -> list[tuple[Any, str | None]]:
    """The ``keeping.Prover`` of preference tasks."""
    gates = reverify_all(tasks, sandbox, progress)
    return [
        (task, None if gate.holds else f"gate {gate.gate} does not hold")
        for task, gate in zip(tasks, gates, strict=True)
    ]


def _programs_digest(task: PreferenceTask) -> str | None:
    """What decides a label that programs decide; None for other labels, which cost nothing to verify."""
    if task.proof is None or task.proof.kind not in RUN:
        return None
    texts = {response.id: response.text for response in task.responses}
    ranking = [sorted(tier) for tier in task.ranking]
    asked = task.criterion if is_inverted(task) else ""
    return "programs " + digest({"texts": texts, "ranking": ranking, "proof": task.proof.to_json(), "asked": asked})
