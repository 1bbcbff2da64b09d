"""Operators on preference tasks through a model by name; others may add some in the same entry-point group."""

from __future__ import annotations

from importlib.metadata import entry_points

from ....benchmarks import BadInput
from .protocol import GROUP, ModelPreferenceOperator

PREFIX = "model:"
DEFAULT_OPERATORS = "rubric_degrade"


def lineage_name(operator: ModelPreferenceOperator) -> str:
    """The operator's name in lineages."""
    return f"{PREFIX}{operator.name}"


def registered_names() -> tuple[str, ...]:
    """Names of all installed ones."""
    return tuple(sorted(entry.name for entry in entry_points(group=GROUP)))


def model_preference_operator(name: str) -> ModelPreferenceOperator:
    """The operator of a name, with or without the prefix of lineages. BadInput when there is none or it is none."""
    plain = name.removeprefix(PREFIX)
    found = {entry.name: entry for entry in entry_points(group=GROUP)}
    if plain not in found:
        raise BadInput(
            f"no operator on preference tasks through a model is called {plain[:60]!r}; there are: "
            f"{', '.join(sorted(found))}"
        )
    loaded = found[plain].load()
    operator = loaded() if isinstance(loaded, type) else loaded
    if not isinstance(operator, ModelPreferenceOperator) or operator.name != plain:
        raise BadInput(f"operator {plain}: {found[plain].value} is no such operator of that name")
    return operator


def parse_operators(text: str) -> list[ModelPreferenceOperator]:
    """``rubric_degrade,paraphrase``; ``all`` is every one. BadInput for an unknown one, a chain, or one given twice."""
    names = [name.strip() for name in text.split(",") if name.strip()]
    names = list(registered_names()) if names == ["all"] else names
    if any("+" in name for name in names):
        raise BadInput(
            f"--operators {text[:80]!r}: operators through a model are not stacked here; evolve the new suite again"
        )
    if not names or len(set(names)) < len(names):
        raise BadInput(f"--operators {text[:80]!r}: give one or more different operators, like {DEFAULT_OPERATORS!r}")
    return [model_preference_operator(name) for name in names]
