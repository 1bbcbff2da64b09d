"""What a run's manifest holds, and when two manifests describe the same run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ... import __version__
from ...benchmarks import CodeTask, Suite
from ...benchmarks.families import authors_told
from ...benchmarks.jsonio import digest
from ..limits import FLOOR_CPU_S, TIMES
from ..sandbox.api import SandboxInfo
from .records import SCHEMA, now
from .shard import Shard

_IDENTITY = ("model.name", "suite", "sampling", "endpoint", "prompt", "source")
"""What decides the samples of a run; all else (label, retries, connections, time-outs) may change on resuming."""
_SCORING_KNOBS = ("workers",)


def new_manifest(
    *,
    model: str,
    label: str | None,
    suite: Suite,
    tasks: Sequence[CodeTask],
    sampling: Mapping[str, Any],
    endpoint: Mapping[str, Any] | None = None,
    prompt: Mapping[str, Any] | None = None,
    source: Mapping[str, Any] | None = None,
    shard: Shard | None = None,
    asking: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The manifest of a run that is yet to be scored.

    tasks: those of the suite that the run asks. endpoint and prompt: of a run that asked a model; source: of one that
    was given recorded answers. shard: the share of the samples that it asks for. asking: settings that decide no sample
    (retries, connections, prices, ...), for the record. ``suite.digest`` is the whole suite's; ``suite.selection`` that
    of the tasks asked. ``suite_seal``, of an evolved suite, covers its certificates too.
    """
    manifest: dict[str, Any] = {
        "schema": SCHEMA,
        "evalrun": __version__,
        "created": now(),
        "model": {"name": model, "label": label or model},
        "suite": {
            "name": suite.name,
            "version": suite.version,
            "digest": suite.digest,
            "tasks": len(tasks),
            "suite_tasks": len(suite),
            "selection": suite.subset(tasks).digest,
            **authors_told(tasks, suite),
        },
        "sampling": dict(sampling),
        "endpoint": None if endpoint is None else dict(endpoint),
        "prompt": None if prompt is None else dict(prompt),
        "source": None if source is None else dict(source),
        "shard": None if shard is None else shard.to_json(),
        "asking": None if asking is None else dict(asking),
        "scoring": None,
        # no part of what decides the samples: the same tasks may be sealed with other certificates
        **({"suite_seal": suite.merkle_root} if suite.certificates else {}),
    }
    return {**manifest, "config_digest": config_digest(manifest)}


def config_digest(manifest: Mapping[str, Any]) -> str:
    """SHA-256 of what decides the samples of a run."""
    return digest(_identity(manifest))


def differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """The fields in which two manifests describe different runs, as ``field: old, now new``; empty where they agree.

    A share of the run (``shard``) is not among them: shares of one run are the same run.
    """
    return field_differences(_identity(old), _identity(new))


def resume_differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """The same for a folder that is to be gone on with, whose share of the run must be the same as well."""
    shards = [{"shard": each.get("shard")} for each in (old, new)]
    return [*differences(old, new), *field_differences(*shards)]


def scoring_of(info: SandboxInfo, timeout_s: float | None) -> dict[str, Any]:
    """The manifest's section on how answers are scored. timeout_s: the limit asked for, where one was."""
    rule = {"floor_cpu_s": FLOOR_CPU_S, "times": TIMES}
    return {**info.to_json(), "timeout_s": timeout_s, "calibration": rule}


def scoring_differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """The fields in which two ways of scoring differ that may change a verdict."""
    kept = [{name: value for name, value in each.items() if name not in _SCORING_KNOBS} for each in (old, new)]
    return field_differences({"scoring": kept[0]}, {"scoring": kept[1]})


def _identity(manifest: Mapping[str, Any]) -> dict[str, Any]:
    return {path: _at(manifest, path.split(".")) for path in _IDENTITY}


def _at(value: Any, path: Sequence[str]) -> Any:
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def field_differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """The fields, at any depth, that differ, as ``field: old, now new``."""
    before, after = dict(_leaves(old, "")), dict(_leaves(new, ""))
    names = sorted({*before, *after})
    return [
        f"{name}: {_short(before.get(name))}, now {_short(after.get(name))}"
        for name in names
        if before.get(name) != after.get(name)
    ]


def _leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if not isinstance(value, Mapping):
        yield path, value
        return
    for name, inner in value.items():
        yield from _leaves(inner, f"{path}.{name}" if path else str(name))


def _short(value: Any) -> str:
    return "not set" if value is None else str(value)[:60]
