"""Files of admitted operators, which others can use: ``evalrun evolve SUITE --operators @FILE``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ...benchmarks import BadInput
from ...benchmarks.jsonio import read_json, write_json
from ..protocol import Operator
from .admitted import Admitted
from .definition import GRAMMAR, Definition
from .flaws import Flaw
from .operators import operator_of_definition

SCHEMA = 1
MAX_OPERATORS = 500
MAX_BYTES = 20_000_000


def save(path: Path, admitted: Sequence[Admitted], designed: Mapping[str, Any] | None = None) -> None:
    """Write the file, whole or not at all. designed: how they came about, as plain JSON."""
    rows = [each.to_json() for each in admitted]
    write_json(
        path, {"schema": SCHEMA, "grammar": GRAMMAR, **({"designed": designed} if designed else {}), "operators": rows}
    )


def load(path: Path) -> list[Admitted]:
    """The operators of a file. BadInput when it is none, or holds what is no definition.

    Nothing in it is believed but the definitions, which are read and checked anew: a suite made with them carries its
    own proofs, and ``evalrun design --check FILE`` runs those of the operators again.
    """
    data = read_json(path, MAX_BYTES)
    rows = data.get("operators") if isinstance(data, dict) else None
    if not isinstance(rows, list) or data.get("schema") != SCHEMA:
        raise BadInput(f"{path}: no file of operators of schema {SCHEMA}; `evalrun design` writes one")
    if data.get("grammar") != GRAMMAR:
        raise BadInput(f"{path}: written for grammar {str(data.get('grammar'))[:20]}; this evalrun reads {GRAMMAR}")
    if len(rows) > MAX_OPERATORS:
        raise BadInput(f"{path}: more than {MAX_OPERATORS} operators")
    found = [_row(path, number, row) for number, row in enumerate(rows, 1)]
    names = [each.definition.name for each in found]
    if len(set(names)) < len(names):
        raise BadInput(f"{path}: two operators have the same name")
    return found


def _row(path: Path, number: int, row: Any) -> Admitted:
    where = f"{path}: operator {number}"
    if not isinstance(row, dict):
        raise BadInput(f"{where}: no JSON object")
    try:
        definition = Definition.from_json(row.get("definition"))
    except Flaw as flaw:
        raise BadInput(f"{where}: {flaw}") from flaw
    if row.get("digest") != definition.digest:
        raise BadInput(f"{where} ({definition.name}): its digest is not that of its definition; it was changed")
    proof, call = row.get("proof"), row.get("call")
    if not isinstance(proof, dict) or not isinstance(call, dict | None):
        raise BadInput(f"{where} ({definition.name}): no figures of its proof")
    return Admitted(definition, proof, call)


def operators_in(reference: str) -> tuple[list[Operator], bool]:
    """The operators that ``FILE`` or ``FILE:NAME`` stands for, and whether one of them was named. BadInput when there
    is none."""
    path, name = Path(reference), ""
    if ":" in reference and not path.is_file():
        before, _, name = reference.rpartition(":")
        path = Path(before)
    found = [each for each in load(path) if not name or each.definition.name == name]
    if not found:
        raise BadInput(f"{path}: holds no operator" + (f" called {name[:60]!r}" if name else ""))
    return [operator_of_definition(each.definition) for each in found], bool(name)
