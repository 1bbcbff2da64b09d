"""Admission: every proof of proposed definitions, in order, and what was found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...benchmarks import Suite
from ...harness.sandbox.api import Sandbox
from ..observe import Progress
from ..pipeline import silent
from .admitted import Admitted
from .behaviour import Known
from .definition import Definition
from .flaws import Flaw
from .parents import probe_parents
from .proving import prove_on_values
from .trying import prove_on_parents

MAX_SHOWN = 500


@dataclass(frozen=True, slots=True)
class Rejected:
    """A proposal that is no operator: its name as far as it has one, a category of reasons, and one line for people."""

    name: str
    reason: str
    said: str


class Admission:
    """Admits definitions; what one batch admitted is known when the next is judged.

    suites: the probe suites beside the built-in parents, which are there always.
    """

    def __init__(self, sandbox: Sandbox, suites: Sequence[Suite], progress: Progress = silent) -> None:
        self._sandbox, self._progress = sandbox, progress
        self._suites = (probe_parents(), *suites)
        self._known = Known(sandbox)
        self._names: set[str] = set()

    def know(self, definitions: Sequence[Definition]) -> None:
        """Take operators for existing ones: what does the same, or has the same name, is not admitted."""
        prove_on_values(definitions, self._known, self._sandbox)
        self._names |= {each.name for each in definitions}

    def judge(self, proposals: Sequence[Any], call: Mapping[str, Any] | None = None) -> list[Admitted | Rejected]:
        """What became of each proposal, a JSON value that may be anything. InfraError when the sandbox fails."""
        found: dict[int, Admitted | Rejected] = {}
        sound: dict[int, Definition] = {}
        for place, data in enumerate(proposals):
            try:
                sound[place] = self._read(data)
            except Flaw as flaw:
                found[place] = _rejected(data, flaw)
        valued = dict(zip(sound, prove_on_values(list(sound.values()), self._known, self._sandbox), strict=True))
        standing = [place for place, proven in valued.items() if not isinstance(proven, Flaw)]
        tried = prove_on_parents([sound[place] for place in standing], self._suites, self._sandbox, self._progress)
        parents = dict(zip(standing, tried, strict=True))
        for place, proven in valued.items():
            outcome = parents.get(place)
            if isinstance(proven, Flaw):
                found[place] = _rejected(proposals[place], proven)
            elif isinstance(outcome, Flaw) or outcome is None:
                found[place] = _rejected(proposals[place], outcome or Flaw("not tried", "it was not tried"))
                self._names.discard(sound[place].name)
            else:
                proof = {"values": dict(proven.figures), "parents": outcome}
                found[place] = Admitted(sound[place], proof, call)
        return [found[place] for place in range(len(proposals))]

    def _read(self, data: Any) -> Definition:
        definition = Definition.from_json(data)
        if definition.name in self._names:
            raise Flaw("name taken", f"another operator is called {definition.name}")
        self._names.add(definition.name)
        return definition


def _rejected(data: Any, flaw: Flaw) -> Rejected:
    name = data.get("name") if isinstance(data, Mapping) else None
    return Rejected(name[:40] if isinstance(name, str) else "(without a name)", flaw.reason, str(flaw)[:MAX_SHOWN])
