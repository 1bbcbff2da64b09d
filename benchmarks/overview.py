"""What a suite is made of, counted: for ``evalrun suites show``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from .suite import Suite
from .task import CodeTask


def overview(suite: Suite) -> dict[str, Any]:
    """The suite's facts as plain JSON: manifest, digests, and the numbers of tasks by what they are and how they were
    made; ``gates`` counts for each gate of its certificates how many hold.
    """
    evolved = [task for task in suite if task.lineage is not None]
    return {
        **suite.manifest(),
        "merkle_root": suite.merkle_root,
        "ancestors": len(suite.ancestors),
        "certificates": len(suite.certificates),
        "evolved": len(evolved),
        "roots": len({task.root for task in evolved}),
        "counts": {
            "form": counted(task.form for task in suite),
            "test": counted(test.kind for task in suite for test in task.tests),
            "track": counted(task.tags[0] if task.tags else "none" for task in suite),
            "operator": counted(task.lineage.operator for task in evolved if task.lineage),
            "kind": counted(str(_certificate(suite, task).get("kind", "unknown")) for task in evolved),
            "depth": counted(task.lineage.depth if task.lineage else 0 for task in suite),
            "output_type": counted(_output_type(task) for task in evolved if _output_type(task)),
        },
        "gates": gates_of(suite.certificates.values()),
    }


def overview_lines(facts: Mapping[str, Any]) -> list[str]:
    """The counts for people, one line for each kind of count that says something."""
    lines = []
    for name, counts in facts["counts"].items():
        if name != "form" and counts and (len(counts) > 1 or name in ("operator", "kind")):
            lines.append(f"by {name}: " + ", ".join(f"{key} {number}" for key, number in counts.items()))
    gates = facts["gates"]
    if gates:
        lines.append(
            "gates: " + ", ".join(f"{name} {told['hold']}/{told['certificates']}" for name, told in gates.items())
        )
    return lines


def _certificate(suite: Suite, task: CodeTask) -> Mapping[str, Any]:
    return suite.certificates.get(task.id, {})


def _output_type(task: CodeTask) -> str:
    return str(task.lineage.parameters.get("output_type", "")) if task.lineage else ""


def gates_of(certificates: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, int]]:
    """For each gate, how many certificates name it and in how many it holds."""
    found: dict[str, dict[str, int]] = {}
    for certificate in certificates:
        gates = certificate.get("gates")
        for gate in gates if isinstance(gates, list) else []:
            if isinstance(gate, dict):
                told = found.setdefault(str(gate.get("gate"))[:60], {"certificates": 0, "hold": 0})
                told["certificates"] += 1
                told["hold"] += gate.get("holds") is True
    return found


def counted(values: Iterable[object]) -> dict[str, int]:
    """How often each value occurs, the most frequent first."""
    return {
        str(value): number for value, number in sorted(Counter(map(str, values)).items(), key=lambda p: (-p[1], p[0]))
    }
