"""How a run was made, as its manifest says: the settings that can change a score, and where two runs differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ...benchmarks.jsonio import canonical_json
from ..records.table import RunTable

_SECTIONS = ("suite", "sampling", "endpoint", "prompt", "source", "scoring")
# Who asks and how fast, what follows from the tasks compared, and what says the same at more length.
_IGNORED = {
    "suite.tasks",
    "suite.suite_tasks",
    "suite.selection",
    "endpoint.base_url",
    "scoring.workers",
    "source.missing",
    "source.unknown",
}
_DEPTH = 6


def settings(run: RunTable) -> dict[str, str]:
    """Every setting by its dotted name, null ones left out; names and values are untrusted text."""
    found = {"evalrun": str(run.manifest.get("evalrun", ""))}
    for section in _SECTIONS:
        found.update(_leaves(section, run.section(section)))
    return {name: value for name, value in found.items() if value}


def differences(old: RunTable, new: RunTable) -> list[tuple[str, str, str]]:
    """(setting, old, new) wherever the two runs were not made alike, apart from the model; empty texts where unset."""
    before, after = settings(old), settings(new)
    return [
        (name, before.get(name, ""), after.get(name, ""))
        for name in dict.fromkeys([*before, *after])
        if before.get(name) != after.get(name) and name not in _IGNORED
    ]


def _leaves(path: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping) and path.count(".") < _DEPTH:
        for name, inner in value.items():
            yield from _leaves(f"{path}.{name}", inner)
    elif isinstance(value, list | Mapping):
        yield path, canonical_json(value)
    elif value is not None:
        yield path, str(value)
