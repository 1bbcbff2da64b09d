"""What the manifest of a preference run holds, and when two manifests describe the same run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ... import __version__
from ...benchmarks.families import authors_told
from ...benchmarks.jsonio import digest
from ...benchmarks.preference import PreferenceSuite, PreferenceTask
from ..endpoint.api import Sampling
from ..runs.manifest import field_differences
from ..runs.records import now
from .records import KIND, SCHEMA

_IDENTITY = ("model", "suite", "sampling", "endpoint", "how", "reference")
_KNOBS = ("label", "settings", "probe", "skipped_rows", "authors")
"""Within those, what may change on resuming: the label, and how the server was found to work (the first's is kept)."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One model and the way it is asked.

    how: mode, settings of the mode, template or question with its digest, labels, system message, extra fields. probe:
    what testing the server brought; None where it was not tested.
    """

    model: str
    base_url: str
    how: Mapping[str, Any]
    probe: Mapping[str, Any] | None = None


def new_manifest(
    policy: Asked,
    suite: PreferenceSuite,
    tasks: Sequence[PreferenceTask],
    sampling: Sampling,
    *,
    label: str | None = None,
    reference: Asked | None = None,
    asking: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The manifest of a run. tasks: those of the suite that it asks. asking: settings that decide no answer (retries,
    connections, ...), for the record.
    """
    manifest: dict[str, Any] = {
        "schema": SCHEMA,
        "kind": KIND,
        "evalrun": __version__,
        "created": now(),
        "model": {"name": policy.model, "label": label or policy.model},
        "suite": {
            "name": suite.name,
            "version": suite.version,
            "digest": suite.digest,
            "tasks": len(tasks),
            "suite_tasks": len(suite),
            "selection": suite.subset(tasks).digest,
            "skipped_rows": len(suite.skipped),
            **authors_told(tasks, suite),
        },
        "sampling": sampling.to_json(),
        "endpoint": {"base_url": policy.base_url},
        "how": dict(policy.how),
        "reference": None
        if reference is None
        else {"name": reference.model, "base_url": reference.base_url, "how": dict(reference.how)},
        "probe": None if policy.probe is None else dict(policy.probe),
        "asking": dict(asking or {}),
    }
    return {**manifest, "config_digest": config_digest(manifest)}


def config_digest(manifest: Mapping[str, Any]) -> str:
    """SHA-256 of what decides the answers of a run."""
    return digest(_identity(manifest))


def resume_differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """The fields in which two manifests describe different runs, as ``field: old, now new``; empty where they agree."""
    return field_differences(_identity(old), _identity(new))


def _identity(manifest: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _without_knobs(manifest.get(name)) for name in _IDENTITY}


def _without_knobs(value: Any) -> Any:
    if not isinstance(value, Mapping):
        return value
    return {name: _without_knobs(inner) for name, inner in value.items() if name not in _KNOBS}
