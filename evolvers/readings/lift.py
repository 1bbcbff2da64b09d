"""Reads definitions of functions over a batch; plain loops that share nothing with ``aggregates``."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from dataclasses import dataclass

from ...benchmarks.parsing import parse_expression
from . import one_of


@dataclass(frozen=True, slots=True)
class BatchReading:
    """batch: the parameter; inner: the function applied to each item; spread: whether an item is a tuple of arguments;
    body: statements in ``found``, the list of results, that end in a return."""

    batch: str
    inner: str
    spread: bool
    body: str


_DEFINITION = re.compile(
    r"`(?P<batch>\w+)` is a list, which may be empty\. Every item of it is "
    r"(?:(?P<one>one value, and the result of an item x is the value that `(?P<inner1>\w+)\(x\)`)|"
    r"a tuple of (?P<count>\d+) values, and the result of an item x is the value that `(?P<inner2>\w+)\((?P<spread>\*x)"
    r"\)`), as specified above, returns\. (?P<rest>.+?) Only the specification of `(?P<again>\w+)` is given above: "
    r"implement it as well\."
)


def read(text: str) -> BatchReading:
    """The last definition in a text; ValueError when it is outside the language."""
    found = list(_DEFINITION.finditer(" ".join(text.split())))
    if not found:
        raise ValueError("no definition over a batch")
    match = found[-1]
    inner = match["inner1"] or match["inner2"]
    if match["again"] != inner:
        raise ValueError("two different functions are spoken of")
    sentence = match["rest"].replace(f"`{match['batch']}`", "@")
    return BatchReading(match["batch"], inner, match["spread"] is not None, one_of(_GRAMMAR, sentence))


def program(reading: BatchReading, name: str) -> str:
    """The function that a reading describes."""
    star = "*" if reading.spread else ""
    body = reading.body.strip().replace("\n", "\n    ")
    return f"""
def {name}(given):
    found = []
    position = 0
    while position < len(given):
        found.append({reading.inner}({star}given[position]))
        position += 1
    {body}
"""


def _all() -> str:
    return "return found[:]"


def _number_true() -> str:
    return "number = 0\nfor each in found:\n    if each:\n        number += 1\nreturn number"


def _number_equal(text: str) -> str:
    value = ast.literal_eval(parse_expression(text.lstrip(" \t")))
    return f"return len([each for each in found if each == {value!r}])"


def _first_true() -> str:
    return "for place in range(len(found)):\n    if found[place]:\n        return place\nreturn -1"


def _first(measure: str, better: str) -> Callable[[], str]:
    return lambda: (
        f"""
best = None
for place in range(len(found)):
    size = {measure}
    if best is None or size {better} best[0]:
        best = (size, place)
return -1 if best is None else best[1]
"""
    )


def _sum() -> str:
    return "amount = 0\nfor each in found:\n    amount = amount + each\nreturn amount"


def _groups() -> str:
    return """
places = {}
for each in found:
    places[each] = [place for place in range(len(found)) if found[place] == each]
return places
"""


def _different() -> str:
    return "seen = []\nfor each in found:\n    if each not in seen:\n        seen += [each]\nreturn len(seen)"


def _repeats() -> str:
    return """
seen, places = [], []
for place in range(len(found)):
    if any(found[place] == each for each in seen):
        places.append(place)
    seen.append(found[place])
return places
"""


_INDEX = r"Return the index in @, counted from 0, of the first item whose result "
_GRAMMAR: tuple[tuple[str, Callable[..., str]], ...] = (
    (r"Return the list of the results in the order of the items; for an empty @ this is an empty list\.", _all),
    (r"Return the number of results that are True; for an empty @ this is 0\.", _number_true),
    (r"Return the number of results that are equal to `([^`]+)`; for an empty @ this is 0\.", _number_equal),
    (_INDEX + r"is True; return -1 if there is no such item, as in an empty @\.", _first_true),
    (_INDEX + r"is the greatest of all results; return -1 if @ is empty\.", _first("found[place]", ">")),
    (_INDEX + r"is the smallest of all results; return -1 if @ is empty\.", _first("found[place]", "<")),
    (
        _INDEX + r"has the greatest length, as `len` counts it; return -1 if @ is empty\.",
        _first("len(found[place])", ">"),
    ),
    (r"Return the sum of all results; for an empty @ this is 0\.", _sum),
    (
        r"Return a dict that has every different result as a key; its value is the list, in ascending order, of the "
        r"indices in @, counted from 0, of the items with that result\. For an empty @ this is an empty dict\.",
        _groups,
    ),
    (r"Return how many different values there are among the results; for an empty @ this is 0\.", _different),
    (
        r"Return the list, in ascending order, of the indices in @, counted from 0, of those items whose result is "
        r"equal to the result of an earlier item; for an empty @ this is an empty list\.",
        _repeats,
    ),
)
