"""How many altering operators lie between a preference task and its root."""

from __future__ import annotations

from collections.abc import Mapping

from ...benchmarks import BadInput
from ...benchmarks.preference import PreferenceTask
from .protocol import Kind
from .registry import kind_named


class Depths:
    """Depths of tasks of a suite (``ref``, for messages), each found once. known: tasks by id, and may grow.

    kinds: of operators by the name that lineages have for them; those that are not in it are looked up.
    """

    def __init__(self, ref: str, known: Mapping[str, PreferenceTask]) -> None:
        self._ref, self._known = ref, known
        self.kinds: dict[str, Kind] = {}
        self._depths: dict[str, int] = {}

    def of(self, task: PreferenceTask) -> int:
        """How many altering operators lie between a task and its root, on the longest way.

        The lineages of a suite are what its author wrote: BadInput where one leads back to its own task.
        """
        waiting, under_way = [task], set[str]()
        while waiting:
            here = waiting[-1]
            parents = [
                self._known[name] for name in (here.lineage.parents if here.lineage else ()) if name in self._known
            ]
            missing = [parent for parent in parents if parent.id not in self._depths]
            if here.id in self._depths or not missing:
                waiting.pop()
                under_way.discard(here.id)
                above = max((self._depths[parent.id] for parent in parents if parent.id in self._depths), default=0)
                self._depths.setdefault(here.id, self._alters(here) + above)
                continue
            under_way.add(here.id)
            circle = next((parent.id for parent in missing if parent.id in under_way), None)
            if circle is not None:
                raise BadInput(f"suite {self._ref}: the task {circle[:80]!r} is among its own ancestors")
            waiting += missing
        return self._depths[task.id]

    def _alters(self, task: PreferenceTask) -> bool:
        """Whether the operator that made a task is an altering one."""
        if task.lineage is None:
            return False
        name = task.lineage.operator
        if name not in self.kinds:
            self.kinds[name] = kind_named(name)
        return self.kinds[name] == "altering"
