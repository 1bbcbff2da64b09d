"""The certificate of a preference task that a model wrote: who was asked what, what judges and solvers said, and all that
proves the task again without them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ....benchmarks.jsonio import digest
from ....benchmarks.preference import PreferenceTask
from ....harness.sandbox.api import SandboxInfo
from ...preferences.protocol import Kind
from ..calls import Panel
from ..certificate import panel_json as solving_panel
from .developing import Work
from .jury import Jury
from .protocol import ModelPreferenceOperator

SCHEMA = 1
KIND = "authored"
PREFIX = "model:"


@dataclass(frozen=True, slots=True)
class Named:
    """An operator under the name that lineages have for it."""

    name: str
    version: str
    kind: Kind


def named(operator: ModelPreferenceOperator) -> Named:
    """``model:paraphrase`` is another operator than a deterministic ``paraphrase`` would be."""
    return Named(f"{PREFIX}{operator.name}", operator.version, operator.kind)


def local_label(operator: ModelPreferenceOperator) -> str:
    """The operator's part of task ids."""
    return operator.name.replace(":", ".")


def panel_json(panel: Panel, jury: Jury) -> dict[str, Any]:
    """Author, solvers, and the judges that count, by model and family; ``independent`` of solvers, ``jury.independent``
    of judges."""
    return {**solving_panel(panel), "jury": jury.to_json()}


def parameters_of(
    work: Work, panel: Mapping[str, Any], calls: Sequence[Mapping[str, Any]], solutions: int
) -> dict[str, Any]:
    """What a lineage holds: which proposal it was, and digests of what the certificate keeps, so that neither can be
    changed without the other."""
    assert work.candidate is not None
    return {
        **work.candidate.parameters,
        "slot": work.subject.slot,
        "choice": work.choice,
        "solutions": solutions,
        "draft": digest(dict(work.draft or {})),
        "ballots": digest([ballot.to_json() for ballot in work.ballots]),
        "programs": digest([each.to_json() for each in work.solutions]),
        "panel": digest(dict(panel)),
        "calls": digest(list(calls)),
    }


def certificate_of(
    work: Work,
    task: PreferenceTask,
    panel: Mapping[str, Any],
    calls: Sequence[Mapping[str, Any]],
    witnesses_independent: bool,
    info: SandboxInfo,
) -> dict[str, Any]:
    """The certificate as plain JSON. independent: whether those who bore witness are not all the author's relatives."""
    operator = work.subject.operator
    return {
        "schema": SCHEMA,
        "made_by": KIND,
        "operator": operator.name,
        "operator_version": operator.version,
        "kind": operator.kind,
        "task_digest": task.digest,
        "parent_digests": [work.subject.parent.digest],
        "panel": dict(panel),
        "independent": witnesses_independent,
        "calls": [dict(call) for call in calls],
        "draft": dict(work.draft or {}),
        "ballots": [ballot.to_json() for ballot in work.ballots],
        "solutions": [solution.to_json() for solution in work.solutions],
        "gates": [gate.to_json() for gate in work.gates],
        "python": info.python,
        "sandbox": info.kind,
    }
