"""The certificate of an evolved preference task; laid out as a code task's, read by the same comparison."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...benchmarks.preference import PreferenceTask
from ...harness.sandbox.api import SandboxInfo
from .. import certificate as code
from .protocol import Gate, PreferenceOperator

SCHEMA = 1
VARYING = ("steps",)
"""Evidence that another Python version may give other figures for."""


def certificate_of(
    operator: PreferenceOperator,
    task: PreferenceTask,
    parents: Sequence[PreferenceTask],
    gates: Sequence[Gate],
    info: SandboxInfo,
) -> dict[str, Any]:
    """The certificate as plain JSON. All but ``python``, ``sandbox`` and ``VARYING`` is the same wherever the proofs
    are run.
    """
    return {
        "schema": SCHEMA,
        "operator": operator.name,
        "operator_version": operator.version,
        "kind": operator.kind,
        "task_digest": task.digest,
        "parent_digests": [parent.digest for parent in parents],
        "gates": [gate.to_json() for gate in gates],
        "python": info.python,
        "sandbox": info.kind,
    }


def differences(stored: Any, found: dict[str, Any]) -> list[str]:
    """Where a stored certificate and one made anew disagree, as short texts for people."""
    if isinstance(stored, Mapping) and stored.get("python") != found["python"]:
        return code.differences(_steady(stored), _steady(found))
    return code.differences(stored, found)


def _steady(certificate: Any) -> Any:
    if not isinstance(certificate, Mapping) or not isinstance(certificate.get("gates"), list):
        return certificate
    return {**certificate, "gates": [_steady_gate(gate) for gate in certificate["gates"]]}


def _steady_gate(gate: Any) -> Any:
    if not isinstance(gate, Mapping) or not isinstance(gate.get("evidence"), Mapping):
        return gate
    return {**gate, "evidence": {key: value for key, value in gate["evidence"].items() if key not in VARYING}}
