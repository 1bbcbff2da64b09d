"""Private corpora: the same rows, one JSON object a line."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from ....benchmarks.errors import BadInput
from ....benchmarks.jsonio import read_jsonl
from .rows import FITTING, KINDS, Attack

_TEXTS = ("name", "category", "source", "why", "asks", "probe", "only")
_LISTS = ("fitting", "kinds")
_NEEDED = ("name", "source")
_DEFAULTS: dict[str, Any] = {"category": "private", "why": "", "fitting": ["wrong"], "kinds": ["check", "calls"]}
_ONLY = ("docker", "bwrap")
_MOST_CPU_S = 60.0


def read_corpus(path: Path) -> tuple[Attack, ...]:
    """The attacks of a JSON Lines file; BadInput names the line and what is wrong with it."""
    attacks: dict[str, Attack] = {}
    for number, fields in enumerate(read_jsonl(path), 1):
        where = f"{path}: program {number}"
        attack = _attack({**_DEFAULTS, **fields}, where)
        if attack.name in attacks:
            raise BadInput(f"{where}: a program named {attack.name!r} came before; name each one differently")
        attacks[attack.name] = attack
    if not attacks:
        raise BadInput(f"{path}: no programs in it; one JSON object a line is needed (docs/security.md)")
    return tuple(attacks.values())


def _attack(fields: dict[str, Any], where: str) -> Attack:
    known = (*_TEXTS, *_LISTS, "cpu_s")
    if unknown := sorted(set(fields) - set(known)):
        raise BadInput(f"{where}: unknown field {unknown[0]!r}; the fields are {', '.join(known)}")
    for name in _NEEDED:
        if not fields.get(name):
            raise BadInput(f"{where}: the field {name!r} is missing or empty")
    for name in _TEXTS:
        if not isinstance(fields.get(name, ""), str):
            raise BadInput(f"{where}: {name!r} must be a text")
    only = fields.get("only", "")
    if only and only not in _ONLY:
        raise BadInput(f"{where}: {only!r} in 'only'; choose {' or '.join(_ONLY)}, or leave it out")
    fitting = _words(fields["fitting"], "fitting", sorted(FITTING), where)
    kinds = _words(fields["kinds"], "kinds", KINDS, where)
    asks = fields.get("asks") or "got == expected"
    try:
        compile(asks, "<asks>", "eval")
    except (SyntaxError, ValueError) as error:
        raise BadInput(f"{where}: 'asks' is no expression ({error})") from error
    return Attack(
        name=fields["name"],
        category=fields["category"] or "private",
        why=fields["why"],
        source=fields["source"],
        fitting=frozenset(fitting),
        kinds=tuple(kind for kind in KINDS if kind in kinds),
        asks=asks,
        probe=fields.get("probe", ""),
        cpu_s=_seconds(fields.get("cpu_s", 1.0), where),
        only=only,
    )


def _words(value: Any, name: str, allowed: Any, where: str) -> list[str]:
    if not isinstance(value, list) or not value or not all(isinstance(word, str) for word in value):
        raise BadInput(f"{where}: {name!r} must be a list of some of {', '.join(allowed)}")
    for word in value:
        if word not in allowed:
            raise BadInput(f"{where}: {word!r} in {name!r}; choose some of {', '.join(allowed)}")
    return value


def _seconds(value: Any, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise BadInput(f"{where}: 'cpu_s' must be a number of seconds")
    if not (math.isfinite(value) and 0 < value <= _MOST_CPU_S):
        raise BadInput(f"{where}: 'cpu_s' is {value}; it must be above 0 and at most {_MOST_CPU_S:g}")
    return float(value)
