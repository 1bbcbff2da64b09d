"""The types of a manifest's fields, so that a damaged one is refused where it is read and not where it is used."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...benchmarks import BadInput

_NUMBER = (int, float)
_TEXTS = [str]
_NAMES: Mapping[Any, str] = {str: "a text", int: "a whole number", bool: "true or false", _NUMBER: "a number"}
_LIMITS = {"cpu_s": _NUMBER, "wall_s": _NUMBER, "memory_mb": int, "processes": int, "output_bytes": int, "file_mb": int}
_SCORING = {
    "kind": str,
    "python": str,
    "image": str,
    "workers": int,
    "limits": _LIMITS,
    "requires": _TEXTS,
    "runtime": str,
    "missing": _TEXTS,
    "fresh": bool,
    "timeout_s": _NUMBER,
}
_FIELDS: Mapping[str, Any] = {
    "evalrun": str,
    "created": str,
    "model": {"name": str, "label": str},
    "suite": {"name": str, "version": str, "digest": str, "tasks": int, "suite_tasks": int, "selection": str},
    "sampling": {"epochs": int, "temperature": _NUMBER, "top_p": _NUMBER, "max_tokens": int, "seed": int},
    "endpoint": {"base_url": str, "form": str},
    "prompt": {"version": int, "digest": str},
    "source": {"name": str, "digest": str, "assembly": str, "extract": bool, "unknown": _TEXTS, "missing": _TEXTS},
    "scoring": _SCORING,
    "config_digest": str,
}


def check_types(path: Path, manifest: Mapping[str, Any]) -> None:
    """BadInput for a field of another type than evalrun writes; null stands for what a run has not.

    Fields that are not known here, say those of a later version, may be anything.
    """
    _check(path, "", manifest, _FIELDS)


def _check(path: Path, name: str, value: Any, wanted: Any) -> None:
    if value is None:
        return
    if isinstance(wanted, Mapping):
        if not isinstance(value, dict):
            raise _wrong(path, name, "an object", value)
        for inner, kind in wanted.items():
            _check(path, f"{name}.{inner}" if name else inner, value.get(inner), kind)
    elif isinstance(wanted, list):
        if not isinstance(value, list) or not all(isinstance(item, wanted[0]) for item in value):
            raise _wrong(path, name, "a list of texts", value)
    elif not isinstance(value, wanted) or (isinstance(value, bool) and wanted is not bool):
        raise _wrong(path, name, _NAMES[wanted], value)


def _wrong(path: Path, name: str, what: str, value: Any) -> BadInput:
    return BadInput(f"{path}: {name}: expected {what}, found {str(value)[:40]!r}; the folder is damaged")
