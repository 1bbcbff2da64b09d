"""An admitted operator: its definition, the figures of its proof, and who proposed it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .definition import Definition


@dataclass(frozen=True, slots=True)
class Admitted:
    """A definition with the figures of its proof, and the call in which it was proposed (none: written by hand)."""

    definition: Definition
    proof: Mapping[str, Any]
    call: Mapping[str, Any] | None = None

    def to_json(self) -> dict[str, Any]:
        """As a file holds it."""
        told = {
            "definition": self.definition.to_json(),
            "operator": self.definition.operator_name,
            "digest": self.definition.digest,
            "proof": dict(self.proof),
        }
        return told if self.call is None else {**told, "call": dict(self.call)}
