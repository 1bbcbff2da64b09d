"""The certificate of an authored task: who was asked what, what they replied, and all that proves the task again
without them.

It names every call (model, prompt and its version, temperature, seed, digests of request and reply), holds the draft,
what was said to make it clear, and every blind solution's program with who wrote it. ``verify`` makes the task again of
these and of the parents.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...benchmarks import CodeTask, Lineage
from ...benchmarks.jsonio import digest
from ...benchmarks.plain import encode_items
from ...harness.sandbox.api import SandboxInfo
from ..evaluated import digests_of
from ..protocol import Rows
from .calls import Panel
from .developing import Developed, Settings
from .lineages import lineage_name

SCHEMA = 1
KIND = "authored"


ENVIRONMENT = ("python", "sandbox", "published")
"""What may differ when the same proofs are run elsewhere."""
ASKED = ("generation", "slot", "strategy")
"""Parameters that say which proposal a task was."""


def lineage_of(
    found: Developed,
    parameters: Mapping[str, Any],
    panel: Mapping[str, Any],
    calls: Sequence[Mapping[str, Any]],
    settings: Settings,
) -> Lineage:
    """Where an admitted task comes from. parameters: which proposal it was; the rest are digests of what the
    certificate keeps, so that neither can be changed without the other."""
    parents, draft = found.subject.parents, found.draft
    assert draft is not None
    told = {
        "draft": digest(draft.to_json()),
        "clarifications": digest([said.to_json() for said in found.said]),
        "solutions": digest([each.to_json() for each in (*found.solutions, *found.parent_solutions)]),
        "panel": digest(dict(panel)),
        "calls": digest(list(calls)),
        "settings": settings_json(settings),
        **{name: parameters.get(name) for name in ASKED},
    }
    return Lineage(
        root=parents[0].root,
        parents=tuple(parent.id for parent in parents),
        parent_digests=tuple(parent.digest for parent in parents),
        operator=lineage_name(found.subject.operator),
        operator_version=found.subject.operator.version,
        parameters=told,
        seed=found.subject.seed,
        depth=1 + max(parent.lineage.depth if parent.lineage else 0 for parent in parents),
    )


def panel_json(panel: Panel) -> dict[str, Any]:
    """Author and solvers by model and family. The model under test is not known when a task is made, so whoever reports
    results compares its family with the author's."""
    return {
        "author": {"model": panel.author.model, "family": panel.author.family},
        "solvers": [{"model": each.model, "family": each.family} for each in panel.solvers],
        "independent": panel.independent,
        "under_test": None,
    }


def certificate_of(
    found: Developed,
    task: CodeTask,
    panel: Mapping[str, Any],
    calls: Sequence[Mapping[str, Any]],
    settings: Settings,
    info: SandboxInfo,
) -> dict[str, Any]:
    """The certificate as plain JSON. All but ``python``, ``sandbox`` and ``published`` (for which the published texts
    are needed) is the same wherever the proofs are run."""
    operator, draft = found.subject.operator, found.draft
    assert draft is not None
    inputs, outputs = digests_of(found.rows)
    return {
        "schema": SCHEMA,
        "made_by": KIND,
        "operator": operator.name,
        "operator_version": operator.version,
        "kind": operator.kind,
        "task_digest": task.digest,
        "parent_digests": [parent.digest for parent in found.subject.parents],
        "panel": dict(panel),
        "settings": settings_json(settings),
        "calls": [dict(call) for call in calls],
        "draft": draft.to_json(),
        "further_inputs": rows_json(found.extra),
        "clarifications": [said.to_json() for said in found.said],
        "solutions": [solution.to_json() for solution in found.solutions],
        "parent_solutions": [solution.to_json() for solution in found.parent_solutions],
        "agreeing": list(found.agreement.agreeing) if found.agreement else [],
        "functional_hash": found.evidence.functional_hash if found.evidence else None,
        "gates": [gate.to_json() for gate in found.gates],
        "inputs_digest": inputs,
        "outputs_digest": outputs,
        "published": _published(found, settings),
        "python": info.python,
        "sandbox": info.kind,
    }


def _published(found: Developed, settings: Settings) -> dict[str, Any] | None:
    if found.published is None:
        return None
    return {"texts": settings.published.texts, "contained": found.published}


def settings_json(settings: Settings) -> dict[str, Any]:
    """What decided the admission, and can be set."""
    return {"solutions": settings.solutions, "clarifications": settings.clarifications}


def rows_json(rows: Rows) -> list[Any]:
    """Argument tuples as plain values."""
    return [encode_items(args, False, 0) for args in rows]
