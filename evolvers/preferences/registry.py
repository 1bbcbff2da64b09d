"""Which preference operators are installed, and what ``--operators`` means for a suite of preference tasks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import EntryPoint, entry_points

from ...benchmarks import BadInput
from ...benchmarks.visible import visible
from .protocol import GROUP, PreferenceOperator

MAX_STACKED = 3
DEFAULT_OPERATORS = "position_swap,prompt_noise,distractor_context"
GROUPS = ("all", "preserving", "altering")
Chain = Sequence[PreferenceOperator]


def registered_operators() -> tuple[str, ...]:
    """Names of all installed preference operators."""
    return tuple(sorted(_entries()))


def _entries() -> dict[str, EntryPoint]:
    return {entry.name: entry for entry in entry_points(group=GROUP)}


def operator_named(name: str) -> PreferenceOperator:
    """The operator registered under a name in the entry-point group ``evalrun.preference_operators``.

    An entry point names an operator or a class that makes one without arguments. BadInput when there is none or it
    is none.
    """
    return _loaded(name, _entries())


def _loaded(name: str, found: Mapping[str, EntryPoint]) -> PreferenceOperator:
    if name not in found:
        known = ", ".join(sorted(found)) or "none"
        raise BadInput(f"no operator on preference tasks is called {name[:60]!r}; there are: {known}")
    try:
        loaded = found[name].load()
        operator = loaded() if isinstance(loaded, type) else loaded
    except Exception as error:  # of somebody's package: whatever importing it raises
        told = visible(f"{type(error).__name__}: {error}", 120)
        raise BadInput(f"operator {name}: {found[name].value} cannot be loaded ({told})") from error
    if not isinstance(operator, PreferenceOperator) or operator.name != name:
        raise BadInput(
            f"operator {name}: {found[name].value} is no preference operator of that name; "
            "see docs/preference_operators.md"
        )
    if operator.kind not in ("preserving", "altering"):
        raise BadInput(f"operator {name}: kind must be preserving or altering, not {str(operator.kind)[:40]!r}")
    return operator


def parse_operators(text: str) -> list[list[PreferenceOperator]]:
    """``position_swap,pad_rejected+position_swap``: chains between commas, their operators stacked by ``+``.

    ``preserving``, ``altering`` and ``all`` stand for every operator of that kind. BadInput for an unknown operator, a
    chain given twice, or more than three stacked operators.
    """
    found = _entries()
    chains: list[list[PreferenceOperator]] = []
    for chain in filter(None, (part.strip() for part in text.split(","))):
        names = [name.strip() for name in chain.split("+")]
        if not all(names):
            raise BadInput(f"--operators {chain[:80]!r}: an operator is missing beside '+'; write it like a+b")
        chains += _group(chain, found) if chain in GROUPS else [[_loaded(name, found) for name in names]]
    labels = [label_of(chain) for chain in chains]
    if not chains or len(set(labels)) < len(labels):
        raise BadInput(f"--operators {text[:80]!r}: give one or more different operators, like {DEFAULT_OPERATORS!r}")
    if any(len(each) > MAX_STACKED for each in chains):
        raise BadInput(f"--operators {text[:80]!r}: at most {MAX_STACKED} operators can be stacked")
    return chains


def label_of(chain: Chain) -> str:
    """A chain's name, ``pad_rejected+position_swap``."""
    return "+".join(operator.name for operator in chain)


def _group(name: str, found: Mapping[str, EntryPoint]) -> list[list[PreferenceOperator]]:
    operators = [_loaded(each, found) for each in sorted(found)]
    return [[each] for each in operators if name in ("all", each.kind)]
