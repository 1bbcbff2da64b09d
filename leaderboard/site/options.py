"""What a site was asked to be, recorded in it: with the runs and suites, that is all it takes to build it again."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ... import __version__
from ...benchmarks.errors import BadInput
from ...benchmarks.jsonio import read_json
from .content import Content

RECORD = "data/options.json"
SCHEMA = 1


def recorded(content: Content) -> dict[str, Any]:
    """The choices as plain data; ``pairs`` are the updates shown, in order."""
    choices = content.choices
    return {
        "schema": SCHEMA,
        "evalrun": __version__,
        "title": content.title,
        "pairs": list(dict.fromkeys(f"{one.old}:{one.new}" for one in content.updates)),
        "samples": choices.samples,
        "prompts": choices.prompts,
        "suites": sorted(suite.ref for suite in content.suites.values()),
    }


def read_options(site: Path) -> Mapping[str, Any]:
    """The choices recorded in a site; BadInput where it has none that can be read."""
    path = site / RECORD
    found = read_json(path)
    kinds = {"title": str, "pairs": list, "samples": str, "prompts": bool, "evalrun": str}
    if not isinstance(found, dict) or found.get("schema") != SCHEMA:
        raise BadInput(f"{path}: not the choices of a site as this evalrun records them (schema {SCHEMA})")
    for name, kind in kinds.items():
        if not isinstance(found.get(name), kind):
            raise BadInput(f"{path}: {name}: expected {kind.__name__}, found {str(found.get(name))[:40]!r}")
    if not all(isinstance(pair, str) for pair in found["pairs"]) or found["samples"] not in ("none", "failures", "all"):
        raise BadInput(f"{path}: pairs or samples are not what evalrun writes; the site was changed")
    return found
