"""A harder task: one or two constraints more, a rarer requirement, or one more step of reasoning (EvoEval, 2024)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ....benchmarks import CodeTask
from ...protocol import Gate
from ..altered import Altering, delta_gate, other_name
from ..fields import lines_of
from ..programs import code_size
from ..protocol import Draft, Evidence

LEAST_DELTA = 0.3


class Difficult(Altering):
    """See the module's docstring."""

    name = "difficult"
    extra = ("changes",)

    def describe(self) -> str:
        """One line for people."""
        return "a harder task: further constraints, a rarer requirement, or one more step of reasoning"

    def noted(self, draft: Draft, reply: Mapping[str, Any], parents: Sequence[CodeTask]) -> Mapping[str, Any]:
        """What was made harder, in the author's words."""
        other_name(draft, parents)
        return {"changes": list(lines_of(reply, "changes", 1, 3))}

    def prove(self, task: CodeTask, parents: Sequence[CodeTask], evidence: Evidence) -> tuple[Gate, ...]:
        """The parent's reference fails 30 % of the cases or more, and the new reference is the larger program."""
        old, new = code_size(parents[0].reference), code_size(evidence.draft.reference)
        return (
            delta_gate(evidence, LEAST_DELTA),
            Gate("larger_reference", new > old, {"nodes": new, "parent_nodes": old}),
        )
