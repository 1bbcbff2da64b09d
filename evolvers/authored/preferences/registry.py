"""Operators on preference tasks through a model by name; anyone may add some in the entry-point group
``evalrun.model_preference_operators``."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import EntryPoint, entry_points

from ....benchmarks import BadInput
from ....benchmarks.visible import visible
from .protocol import GROUP, ModelPreferenceOperator


def model_preference_operator_named(name: str) -> ModelPreferenceOperator:
    """The operator of a name, ``paraphrase``, or of a name with a setting, ``rubric_degrade:clarity``.

    An entry point names an operator or a class that makes one without arguments; a class that takes settings has
    ``set_to(text)``. BadInput when there is none or it is none.
    """
    plain, colon, setting = name.partition(":")
    found = _entries()
    if plain not in found:
        raise BadInput(
            f"no operator on preference tasks through a model is called {plain[:60]!r}; there are: "
            f"{', '.join(sorted(found))}"
        )
    try:
        loaded = found[plain].load()
        if colon:
            make = getattr(loaded, "set_to", None)
            if make is None:
                raise BadInput(f"operator {plain} has no setting; write it without ':'")
            loaded = make(setting)
        operator = loaded() if isinstance(loaded, type) else loaded
    except BadInput:
        raise
    except Exception as error:  # of somebody's package: whatever importing it raises
        told = visible(f"{type(error).__name__}: {error}", 120)
        raise BadInput(f"operator {plain}: {found[plain].value} cannot be loaded ({told})") from error
    if not isinstance(operator, ModelPreferenceOperator) or operator.name.partition(":")[0] != plain:
        raise BadInput(f"operator {plain}: {found[plain].value} is no operator through a model of that name")
    return operator


def registered_model_preference_operators() -> tuple[str, ...]:
    """Names of all installed operators."""
    return tuple(sorted(_entries()))


def is_model_preference_operator(name: str) -> bool:
    """Whether a name, with or without a setting, is that of an operator on preference tasks through a model."""
    return name.partition(":")[0] in _entries()


def _entries() -> Mapping[str, EntryPoint]:
    return {entry.name: entry for entry in entry_points(group=GROUP)}
