"""Is a new task new? Functional hashes tell whether two programs do the same, n-grams whether a text was published.

Functional hash: what a program gives for a fixed seeded set of probes of its parameters' types (after Unified
Functional Hashing, arXiv 2302.05433). Equal hashes are a suspicion only: two tasks count as one when each also does on
the other's own inputs what the other does.
"""

from __future__ import annotations

import hashlib
import random
import re
from collections.abc import Iterable, Sequence, Set
from functools import lru_cache
from typing import Any

from ..benchmarks import CodeTask
from ..benchmarks.plain import dumps
from .deeptypes import parts_of, type_of_all
from .protocol import Executed, Rows

PROBES = 10
PROBE_FUEL = 20_000
NGRAM = 8
_TEXTS = ("", "a", "abc", "Hello World", "racecar", "(()())", "1 2 3", "AbBa", "xyzzy", "the quick brown fox")
_WORD = re.compile(r"\w+")


def types_of(calls: Rows) -> tuple[str, ...]:
    """The deep type of each argument over all calls; () when they have different numbers of arguments."""
    if not calls or len({len(args) for args in calls}) != 1:
        return ()
    return tuple(type_of_all([args[place] for args in calls]) for place in range(len(calls[0])))


def probes_for(types: Sequence[str]) -> Rows:
    """The fixed probes for parameters of these deep types; () where there are none for a type."""
    if not types:
        return ()
    rng = random.Random(f"probes {' '.join(types)}")
    try:
        return tuple(tuple(_value(kind, rng, number) for kind in types) for number in range(PROBES))
    except ValueError:
        return ()


def _value(kind: str, rng: random.Random, number: int) -> Any:
    if kind == "int":
        return (0, 1, 2, 3, 5, 8, 10, 17, 30, 100)[number] if rng.random() < 0.7 else rng.randint(-20, 200)
    if kind == "float":
        return round(rng.uniform(-10, 50), 2)
    if kind == "bool":
        return rng.random() < 0.5
    if kind == "str":
        return _TEXTS[number] if rng.random() < 0.7 else rng.choice(_TEXTS)
    outer, parts = parts_of(kind)
    if outer == "tuple":
        return tuple(_value(part, rng, number) for part in parts)
    if outer == "list" and len(parts) == 1:
        item = "int" if parts[0] == "nothing" else parts[0]
        return [_value(item, rng, rng.randrange(PROBES)) for _ in range(number)]
    if outer == "optional":
        return None if rng.random() < 0.2 else _value(parts[0], rng, number)
    raise ValueError(kind)


def functional_hash(types: Sequence[str], rows: Sequence[Executed]) -> str | None:
    """A digest of what a program gives for its probes; None unless two of the values differ (nothing would be said)."""
    values = {dumps(row.returns) for row in rows if row.raised is None}
    if len(values) < 2:
        return None
    # A call that is stopped for its cost says little: where it stops depends on how the program is written.
    told = [dumps(row.returns) if row.raised is None else "raised" for row in rows]
    return hashlib.sha256("\0".join([*types, *told]).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def ngrams(text: str, size: int = NGRAM) -> set[tuple[str, ...]]:
    """The n-grams of a text's words, in lower case; one shorter one for a text with fewer words."""
    words = [word.lower() for word in _WORD.findall(text)]
    return {tuple(words[start : start + size]) for start in range(max(1, len(words) - size + 1))} if words else set()


def containment(part: str, texts: Iterable[Set[tuple[str, ...]]]) -> float:
    """The share of a text's n-grams that occur in one of the given sets."""
    mine = ngrams(part)
    if not mine:
        return 0.0
    found = set[tuple[str, ...]]()
    for text in texts:
        found |= mine & text
    return len(found) / len(mine)


@lru_cache(maxsize=1024)
def ngrams_known(text: str) -> frozenset[tuple[str, ...]]:
    """``ngrams`` of a text that is asked for again and again, such as a parent's prompt."""
    return frozenset(ngrams(text))


def new_part(task: CodeTask, parents: Sequence[CodeTask]) -> str:
    """The lines of a task's prompt that stand in none of its parents' prompts."""
    old = {line.strip() for parent in parents for line in parent.prompt.splitlines()}
    return "\n".join(line for line in task.prompt.splitlines() if line.strip() not in old)
