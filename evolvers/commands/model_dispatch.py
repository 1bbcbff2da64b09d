"""Whether models are to evolve a suite, and which of the ways that they do it is meant."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...benchmarks import Suite
from ...benchmarks.preference import PreferenceSuite
from .asked import Asked

PREFIX = "model:"


def needs_model(asked: Asked, options: Mapping[str, Any]) -> bool:
    """Whether a model is named, or an operator that only a model carries out (or is to, as in ``model:combine``)."""
    if options["model"] is not None:
        return True
    from ..authored.preferences.registry import registered_names
    from ..authored.registry import is_model_operator
    from ..protocol import registered_operators

    firsts = [chain.split("+")[0].strip() for chain in (asked.operators or "").split(",")]
    known, on_preferences = registered_operators(), registered_names()
    return any(
        first.startswith(PREFIX) or first in on_preferences or (first not in known and is_model_operator(first))
        for first in firsts
    )


def evolve_through_models(
    suite: Suite | PreferenceSuite, output: Path, asked: Asked, options: Mapping[str, Any]
) -> None:
    """Evolve the suite in the way that the options ask for."""
    if isinstance(suite, PreferenceSuite):
        from .evolve_preferences_with_model import evolve_preferences_with_model

        evolve_preferences_with_model(suite, output, asked, options)
        return
    from .evolve_with_model import evolve_with_model

    evolve_with_model(suite, output, asked, options)
