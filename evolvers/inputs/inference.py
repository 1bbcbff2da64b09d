"""Inferring the shape of a place from the values seen there, in the manner of Daikon: what held of all of them holds.

A wrong fact costs little (fewer new inputs), a missing one much (inputs that the task forbids), so little support is
asked for. Ranges of numbers end where the values end; wider ones were measured, see docs/evolvers.md.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from typing import Any

from ...benchmarks.plain import dumps
from .facts import FACTS, fact_holds
from .shapes import SIZED, Atom, Fixed, Items, Number, Pairs, Part, Shape, Text, union

MAX_DEPTH = 12
# The longest length grows by this share of itself.
LENGTH_SLACK = 0.25
# A length, an order, ... that this many different values share is no accident.
ENOUGH = 3
ENOUGH_NUMBERS = 8
# So many letters of one class stand for the whole class.
MANY_LETTERS = 8
MANY_DIGITS = 5
MAX_DECIMALS = 4

_LOWER = "abcdefghijklmnopqrstuvwxyz"
_DIGITS = "0123456789"
_RUNS = re.compile(r"[^\W\d_]+|\d+|\s+|.", re.DOTALL)


def shape_of(values: Iterable[Any], depth: int = 0) -> Shape:
    """The shape of the values at one place."""
    by_type: dict[type, list[Any]] = {}
    for value in values:
        by_type.setdefault(type(value), []).append(value)
    numbers = [*by_type.get(int, ()), *by_type.get(float, ())]
    return union(_part(kind, same, numbers, depth) for kind, same in by_type.items())


def _part(kind: type, values: list[Any], numbers: list[Any], depth: int) -> Part:
    if kind in (bool, type(None)):
        return Atom(kind)
    if kind in (int, float):
        return _number(kind, numbers, values)
    if kind is str:
        return _text(values)
    if kind in SIZED and depth < MAX_DEPTH:
        return _items(kind, values, depth)
    if kind is dict and depth < MAX_DEPTH:
        return _pairs(values, depth)
    return Fixed(kind, frozenset(map(dumps, values)))


def _number(kind: type, numbers: Sequence[Any], values: Sequence[Any]) -> Number:
    """Integers and floats at one place have one range."""
    finite = [value for value in numbers if type(value) is int or math.isfinite(value)]
    special = tuple(sorted({repr(v) for v in values if type(v) is float and not math.isfinite(v)}))
    if not finite:
        return Number(kind, 1, 0, special=special)  # an empty range
    low, high = min(finite), max(finite)
    if kind is int:
        low, high = math.ceil(low), math.floor(high)
    nonzero = low < 0 < high and 0 not in finite and len(set(finite)) >= ENOUGH_NUMBERS
    decimals = 0
    if kind is float:
        decimals = max((_decimals(value) for value in values if math.isfinite(value)), default=0)
    return Number(kind, low, high, nonzero, decimals, special)


def _decimals(value: float) -> int:
    text = repr(value)
    return MAX_DECIMALS if "e" in text else min(len(text.partition(".")[2]), MAX_DECIMALS)


def _longest(lengths: Sequence[int], different: int) -> int:
    longest = max(lengths)
    fixed = min(lengths) == longest and different >= ENOUGH
    return longest if fixed else longest + math.ceil(longest * LENGTH_SLACK)


def _text(values: Sequence[str]) -> Text:
    distinct = sorted(set(values))
    full = [text for text in distinct if text]
    reason, known = _structure(full, values)
    longest = _longest([len(text) for text in distinct], len(distinct))
    words = _words(full)
    numeral = len(full) >= ENOUGH and all(_is_numeral(text) for text in distinct)
    alphabet = "" if reason else _alphabet(distinct)
    return Text(min(map(len, distinct)), longest, alphabet, words, numeral, reason, known)


def _is_numeral(text: str) -> bool:
    return text.isascii() and text.isdigit() and (text == "0" or text[0] != "0")


def _words(full: Sequence[str]) -> tuple[int, int] | None:
    """The lengths of words, where there are spaces and each stands between two words."""
    if not any(" " in text for text in full):
        return None
    lengths = [len(word) for text in full for word in text.split(" ")]
    if min(lengths) == 0:
        return None
    return min(lengths), _longest(lengths, len(lengths))


def _structure(full: Sequence[str], values: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """Why texts seem to follow a grammar that nobody wrote down, and what is known of it; "" when they do not."""
    if any(not letter.isalnum() and not letter.isspace() for text in full for letter in text):
        return "punctuation", ("", *full)
    if len(full) >= ENOUGH:
        patterns = {_pattern(text) for text in full}
        if len(patterns) == 1 and len(patterns.pop()) > 1:
            return "single pattern", ("", *full)
    words = [word for text in full for word in text.split(" ")]
    if not any(" " in text for text in full):
        words = [text for text in values if text]
    known = sorted(set(words))
    if len(words) >= 2 * ENOUGH and len(known) <= 0.6 * len(words) and sum(map(len, known)) >= 3 * len(known):
        return "closed vocabulary", tuple(known)
    return "", ()


def _pattern(text: str) -> tuple[str, ...]:
    runs = _RUNS.findall(text)
    return tuple("9" if run.isdigit() else "a" if run.isalpha() else run for run in runs)


def _alphabet(values: Iterable[str]) -> str:
    letters = set().union(*map(set, values)) if values else set()
    for whole in (_LOWER, _LOWER.upper()):
        if len(letters & set(whole)) >= MANY_LETTERS:
            letters |= set(whole)
    digits = letters & set(_DIGITS)
    if len(digits) >= MANY_DIGITS and digits & {"8", "9"}:
        letters |= set(_DIGITS)
    return "".join(sorted(letters))


def _items(kind: type, values: Sequence[Any], depth: int) -> Items:
    lengths = [len(value) for value in values]
    cells = [item for value in values for item in value]
    if kind in (set, frozenset):
        return Items(kind, min(lengths), _longest(lengths, len(values)), shape_of(cells, depth + 1))
    different = list({dumps(value): value for value in values}.values())
    positions = _positions(kind, different, depth)
    longest = len(positions) if positions else _longest(lengths, len(different))
    item = Shape(()) if positions else shape_of(cells, depth + 1)
    return Items(kind, min(lengths), longest, item, _facts(different), positions)


def _positions(kind: type, values: Sequence[Any], depth: int) -> tuple[Shape, ...]:
    """Shapes for each place of rows of one length: of every such tuple, and of lists with several types in order."""
    lengths = {len(value) for value in values}
    if len(lengths) != 1 or 0 in lengths or max(lengths) > 16:
        return ()
    columns = list(zip(*values, strict=True))
    if kind is list:
        types = [{type(item) for item in column} for column in columns]
        if any(len(found) > 1 for found in types) or len(set().union(*types)) == 1 or len(values) < ENOUGH:
            return ()
    return tuple(shape_of(column, depth + 1) for column in columns)


def _facts(values: Sequence[Any]) -> tuple[str, ...]:
    """Facts that hold of all values, and that enough of them could have broken."""
    telling = [value for value in values if len(value) > 1]
    if len(telling) < 2:
        return ()
    found = [name for name in FACTS if all(fact_holds(name, value) for value in values)]
    return tuple(name for name in found if _supported(name, values, telling))


def _supported(name: str, values: Sequence[Any], telling: Sequence[Any]) -> bool:
    if name in ("in ascending order", "in descending order"):
        # k! orders of k items: so unlikely must all these rows be.
        return sum(math.log2(math.factorial(min(len(value), 20))) for value in telling) >= 4
    if name == "even in number":
        lengths = {len(value) for value in values}
        return len(values) >= ENOUGH_NUMBERS and len(lengths) >= ENOUGH
    if name == "the last not zero":
        return sum(0 in value for value in values) >= ENOUGH
    if name in ("a square", "of one length"):
        return all(type(item) in (list, tuple, str) for value in values for item in value)
    if name in ("a permutation", "together a permutation"):
        return len(telling) > ENOUGH
    return True


def _pairs(values: Sequence[dict[Any, Any]], depth: int) -> Pairs:
    lengths = [len(value) for value in values]
    keys = {frozenset(value) for value in values}
    different = len({dumps(value) for value in values})
    fields: tuple[tuple[str, Shape], ...] = ()
    if len(keys) == 1 and different >= ENOUGH and all(type(key) is str for key in values[0]):
        fields = tuple((key, shape_of([v[key] for v in values], depth + 1)) for key in sorted(values[0]))
    key = shape_of((key for value in values for key in value), depth + 1)
    item = shape_of((item for value in values for item in value.values()), depth + 1)
    return Pairs(min(lengths), _longest(lengths, different), key, item, fields)
