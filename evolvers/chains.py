"""What ``--operators`` means: chains of operators, and the words for whole groups of them."""

from __future__ import annotations

from collections.abc import Sequence

from ..benchmarks import BadInput
from .designed.files import operators_in
from .protocol import Operator, operator_named, registered_operators

MAX_STACKED = 3
DEFAULT_OPERATORS = "rename,compose_post+rename"
GROUPS = ("all", "preserving", "altering", "derived")


def parse_operators(text: str) -> list[list[Operator]]:
    """``rename,compose_post+rename``: chains between commas, their operators stacked by ``+``.

    ``preserving``, ``altering``, ``derived`` and ``all`` stand for every operator of that kind; ``rename`` is stacked
    on the altering ones, because their tasks quote their parent, and operators of a separate track are left out: they
    must be named. BadInput for an unknown operator, a chain given twice, or more than three stacked operators.
    """
    chains: list[list[Operator]] = []
    for chain in filter(None, (part.strip() for part in text.split(","))):
        if not all(name.strip() for name in chain.split("+")):
            raise BadInput(f"--operators {chain[:80]!r}: an operator is missing beside '+'; write it like a+b")
        chains += _group(chain) if chain in GROUPS else _chain([name.strip() for name in chain.split("+")])
    labels = [label_of(chain) for chain in chains]
    if not chains or len(set(labels)) < len(labels):
        raise BadInput(f"--operators {text[:80]!r}: give one or more different operators, like {DEFAULT_OPERATORS!r}")
    if any(len(chain) > MAX_STACKED for chain in chains):
        raise BadInput(
            f"--operators {text[:80]!r}: more than {MAX_STACKED} stacked operators make prompts that nobody can read"
        )
    return chains


def _chain(names: Sequence[str]) -> list[list[Operator]]:
    """One chain; one for each operator where it is the name of a file."""
    if len(names) == 1 and names[0].startswith("@"):
        found, named = operators_in(names[0][1:])
        return [found] if named else [[each, operator_named("rename")] for each in found]
    return [[_one(name) for name in names]]


def _one(name: str) -> Operator:
    if not name.startswith("@"):
        return operator_named(name)
    found, named = operators_in(name[1:])
    if not named:
        raise BadInput(f"{name[:80]}: in a chain, name one operator of the file: {name[:80]}:NAME+rename")
    return found[0]


def _group(name: str) -> list[list[Operator]]:
    operators = [operator_named(each) for each in registered_operators()]
    chosen = [each for each in operators if name in ("all", each.kind) and not track_of(each)]
    rename = operator_named("rename")
    return [[each, rename] if each.kind == "altering" else [each] for each in chosen]


def track_of(operator: Operator) -> str:
    """The separate track that an operator's tasks belong to, "" for the common one."""
    return str(getattr(operator, "track", ""))


def label_of(chain: Sequence[Operator]) -> str:
    """A chain's name, ``compose_post+rename``."""
    return "+".join(operator.name for operator in chain)
