"""Operators through a model by name; anyone may add some in the entry-point group ``evalrun.model_operators``."""

from __future__ import annotations

from importlib.metadata import entry_points

from ...benchmarks import BadInput
from .protocol import GROUP, ModelOperator


def model_operator_named(name: str) -> ModelOperator:
    """The operator of a name, ``difficult``, or of a name with a setting, ``transmission_chain:5``.

    An entry point names an operator or a class that makes one without arguments; a class that takes settings has
    ``set_to(text)``. BadInput when there is none or it is none.
    """
    plain, colon, setting = name.partition(":")
    found = {entry.name: entry for entry in entry_points(group=GROUP)}
    if plain not in found:
        raise BadInput(f"no operator through a model is called {plain[:60]!r}; there are: {', '.join(sorted(found))}")
    loaded = found[plain].load()
    if colon:
        make = getattr(loaded, "set_to", None)
        if make is None:
            raise BadInput(f"operator {plain} has no setting; write it without ':'")
        loaded = make(setting)
    operator = loaded() if isinstance(loaded, type) else loaded
    if not isinstance(operator, ModelOperator) or operator.name.partition(":")[0] != plain:
        raise BadInput(f"operator {plain}: {found[plain].value} is no operator through a model of that name")
    return operator


def registered_model_operators() -> tuple[str, ...]:
    """Names of all installed operators through a model."""
    return tuple(sorted(entry.name for entry in entry_points(group=GROUP)))


def is_model_operator(name: str) -> bool:
    """Whether a name, with or without a setting, is that of an operator through a model."""
    return name.partition(":")[0] in registered_model_operators()


def split_operator(text: str) -> tuple[ModelOperator, str]:
    """``difficult+rename+examples``: the operator through a model, and the chain of deterministic ones that its tasks
    are then put through ("" for none). BadInput where a later link is no deterministic operator."""
    first, _, rest = (part.strip() for part in text.partition("+"))
    operator = model_operator_named(first)
    if rest:
        from ..chains import parse_operators

        if len(parse_operators(rest)) != 1:
            raise BadInput(f"--operators {text[:80]!r}: expected one chain like difficult+rename")
    return operator, rest
