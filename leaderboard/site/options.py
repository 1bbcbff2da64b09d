"""What a site was asked to be, recorded in it: with the runs and suites, that is all it takes to build it again."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ... import __version__
from ...benchmarks.errors import BadInput
from ...benchmarks.jsonio import read_json
from ...harness.runs.budget import Prices
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
        "controls": sorted(choices.controls),
        "prices": _prices(content),
        "suites": sorted(suite.ref for suite in content.suites.values()),
    }


def _prices(content: Content) -> dict[str, list[float]]:
    """Money per million tokens, in and out, of those that some run is paid by."""
    names = {run.label for run in content.runs} | {str(run.section("model").get("name")) for run in content.runs}
    known = sorted(content.prices.items())
    return {name: [price.per_million_in, price.per_million_out] for name, price in known if name in names}


def prices_of(options: Mapping[str, Any]) -> dict[str, Prices]:
    """The recorded prices."""
    return {name: Prices(*pair) for name, pair in options["prices"].items()}


def read_options(site: Path) -> Mapping[str, Any]:
    """The choices recorded in a site; BadInput where it has none that can be read."""
    path = site / RECORD
    found = read_json(path)
    kinds = {
        "title": str,
        "pairs": list,
        "samples": str,
        "prompts": bool,
        "controls": list,
        "evalrun": str,
        "prices": dict,
    }
    if not isinstance(found, dict) or found.get("schema") != SCHEMA:
        raise BadInput(f"{path}: not the choices of a site as this evalrun records them (schema {SCHEMA})")
    for name, kind in kinds.items():
        if not isinstance(found.get(name), kind):
            raise BadInput(f"{path}: {name}: expected {kind.__name__}, found {str(found.get(name))[:40]!r}")
    texts = all(isinstance(text, str) for text in [*found["pairs"], *found["controls"]])
    fine = texts and found["samples"] in ("none", "failures", "all")
    if not fine or not all(map(_is_price, found["prices"].values())):
        raise BadInput(f"{path}: pairs, samples, controls or prices are not what evalrun writes; the site was changed")
    return found


def _is_price(value: object) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(type(one) in (int, float) and one >= 0 for one in value)
