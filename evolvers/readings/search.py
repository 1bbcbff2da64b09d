"""Reads definitions of searches over a range of integers; every hit is found first, then asked about."""

from __future__ import annotations

import re
from collections.abc import Callable

from . import one_of

_DEFINITION = re.compile(
    r"Call an integer (?P<n>\w) a hit if it is at least `(?P<lo>\w+)` and at most `(?P<hi>\w+)` and the value that "
    r"`(?P<inner>\w+)\((?P<arguments>[^`]*)\)`, as specified above, returns is equal to `(?P<target>\w+)`\. You may "
    r"assume that `(?P<lo2>\w+)` is at most `(?P<hi2>\w+)`\. (?P<rest>.+?) Only the specification of `(?P<again>\w+)` "
    r"is given above: implement it as well\."
)


def program(name: str, text: str, inner: str, count: int) -> str:
    """The function that a text defines by ``inner``, which takes ``count`` arguments; ValueError outside the
    language."""
    matches = list(_DEFINITION.finditer(" ".join(text.split())))
    if not matches:
        raise ValueError("no definition of a hit")
    found = matches[-1]
    arguments = found["arguments"].split(", ")
    if found["inner"] != inner or found["again"] != inner or len(arguments) != count:
        raise ValueError("the definition speaks of another function")
    if (found["lo"], found["hi"]) != (found["lo2"], found["hi2"]) or arguments.count(found["n"]) != 1:
        raise ValueError("two different names for one thing")
    others = [argument for argument in arguments if argument != found["n"]]
    answer = one_of(_GRAMMAR, found["rest"]).replace("\n", "\n    ")
    return f"""
def {name}({", ".join([*others, found["target"], found["lo"], found["hi"]])}):
    hits = []
    {found["n"]} = {found["lo"]}
    while {found["n"]} <= {found["hi"]}:
        if {found["inner"]}({found["arguments"]}) == {found["target"]}:
            hits.append({found["n"]})
        {found["n"]} += 1
    {answer}
"""


def _least(none: str) -> str:
    return f"if hits:\n    return min(hits)\nreturn {none}"


def _greatest(none: str) -> str:
    return f"if hits:\n    return max(hits)\nreturn {none}"


_GRAMMAR: tuple[tuple[str, Callable[..., str]], ...] = (
    (r"Return the smallest of the hits, or (None|-1) if there is no hit\.", _least),
    (r"Return the greatest of the hits, or (None|-1) if there is no hit\.", _greatest),
    (r"Return the number of hits, which is 0 if there is no hit\.", lambda: "return len(hits)"),
    (r"Return the list of all hits in ascending order, which is empty if there is no hit\.", lambda: "return hits"),
)
