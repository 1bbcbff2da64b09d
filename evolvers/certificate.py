"""The certificate of an evolved task: every proof obligation with its evidence, and what was run to get it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..harness.sandbox.api import SandboxInfo
from .gates import Evaluated
from .protocol import Operator

SCHEMA = 1
# What may differ when the same proofs are run elsewhere.
ENVIRONMENT = ("python", "sandbox")


def certificate_of(operator: Operator, proven: Evaluated, info: SandboxInfo) -> dict[str, Any]:
    """The certificate as plain JSON. All but ``python`` and ``sandbox`` is the same wherever the proofs are run."""
    return {
        "schema": SCHEMA,
        "operator": operator.name,
        "operator_version": operator.version,
        "kind": operator.kind,
        "task_digest": proven.task.digest,
        "parent_digests": [parent.digest for parent in proven.candidate.parents],
        "gates": [gate.to_json() for gate in proven.gates],
        "inputs_digest": proven.inputs_digest,
        "outputs_digest": proven.outputs_digest,
        "python": info.python,
        "sandbox": info.kind,
    }


def differences(stored: Any, found: dict[str, Any], environment: Sequence[str] = ENVIRONMENT) -> list[str]:
    """Where a stored certificate and one made anew disagree, as short texts for people.

    environment: keys that may differ.
    """
    if not isinstance(stored, dict):
        return ["there is no certificate"]
    problems = []
    for key in sorted({*stored, *found} - {*environment, "gates"}):
        if stored.get(key) != found.get(key):
            problems.append(f"the certificate's {key} is not what the proofs give")
    old, new = _by_name(stored.get("gates")), _by_name(found["gates"])
    for name in dict.fromkeys([*old, *new]):
        if old.get(name) != new.get(name):
            problems.append(f"gate {str(name)[:40]}: the certificate's evidence is not what the proof gives")
    return problems


def _by_name(gates: Any) -> dict[str, Any]:
    rows = gates if isinstance(gates, list) else []
    return {str(row.get("gate")): row for row in rows if isinstance(row, dict)}
