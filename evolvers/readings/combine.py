"""Reads definitions of functions by two given ones, without a look at the operator that wrote them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from . import one_of

_CLOSING = r"\s*Only the specifications of `(\w+)` and `(\w+)` are given above: implement them as well\."
_STARTS = ("Let ", "If ")
_CALL = r"`(\w+)\(([^`]*)\)`"


def read(text: str, parents: Sequence[str]) -> tuple[str, str]:
    """The parameters and the body of the function that a prompt defines by the parents of these names.

    ValueError unless the definition has exactly one reading.
    """
    text = " ".join(text.split())
    closings = list(re.finditer(_CLOSING, text))
    if not closings:
        raise ValueError("the definition has no end")
    closing = closings[-1]
    if set(closing.groups()) != set(parents):
        raise ValueError("the definition speaks of other functions")
    before = text[: closing.start()]
    # The sentence may begin at any "Let" or "If" of the text: exactly one of these beginnings may be readable.
    starts = [match.start() for start in _STARTS for match in re.finditer(rf"\b{start}", before)]
    found = {}
    for start in starts:
        try:
            found[start] = one_of(_grammar(parents), before[start:])
        except ValueError:
            continue
    if len(found) != 1:
        raise ValueError(f"the definition has {len(found)} readings")
    parameters, _, body = next(iter(found.values())).partition("\n")
    return parameters, body


def _grammar(parents: Sequence[str]) -> tuple[tuple[str, Callable[..., str]], ...]:
    def known(*names: str) -> None:
        if set(names) != set(parents) or len(names) != 2:
            raise ValueError("the definition speaks of other functions")

    def chain(letter: str, first: str, arguments: str, second: str, again: str) -> str:
        known(first, second)
        _same(letter, again)
        return f"{arguments}\nbetween = {first}({arguments})\nreturn {second}(between)\n"

    def trail(letter: str, first: str, arguments: str, again: str, second: str, third: str) -> str:
        known(first, second)
        _same(letter, again, third)
        return f"{arguments}\nbetween = {first}({arguments})\nbehind = {second}(between)\nreturn (between, behind)\n"

    def both(one: str, first: str, arguments: str, two: str, second: str, others: str, *rest: str) -> str:
        known(first, second)
        _same(one, rest[0])
        _same(two, rest[1])
        _same(arguments, others)
        return f"{arguments}\nleft = {first}({arguments})\nright = {second}({arguments})\nreturn tuple([left, right])\n"

    def select(test: str, first: str, arguments: str, second: str, others: str) -> str:
        known(first, second)
        _same(arguments, others)
        names = re.findall(r"`(\w+)`", test)
        if len(set(names)) != 1 or names[0] not in arguments.split(", "):
            raise ValueError("the condition speaks of no argument")
        condition = one_of(CONDITIONS, test.replace(f"`{names[0]}`", "@")).replace("@", names[0])
        return f"{arguments}\nif not ({condition}):\n    return {second}({arguments})\nreturn {first}({arguments})\n"

    let = rf"Let (\w) be the value that {_CALL}, as specified above, returns"
    return (
        (rf"{let}\. Return the value that `(\w+)\((\w)\)`, as specified above, returns\.", chain),
        (
            rf"{let}\. Return a tuple of two items: first (\w) itself, then the value that `(\w+)\((\w)\)`, as "
            r"specified above, returns\.",
            trail,
        ),
        (
            rf"{let}, and let (\w) be the value that {_CALL}, as specified above, returns\. Return a tuple of two "
            r"items: first (\w), then (\w)\.",
            both,
        ),
        (
            rf"If (.+?), return the value that {_CALL}, as specified above, returns; otherwise return the value that "
            rf"{_CALL}, as specified above, returns\.",
            select,
        ),
    )


def _same(*texts: str) -> None:
    if len(set(texts)) != 1:
        raise ValueError("two different names for one thing")


CONDITIONS: tuple[tuple[str, Callable[..., str]], ...] = (
    (r"the remainder of @ divided by (\d+) is (\d+)", lambda m, r: f"(@ - {r}) % {m} == 0 and {r} < {m}"),
    (r"@ is greater than (-?\d+)", lambda c: f"not @ <= {c}"),
    (r"the length of @ is greater than (\d+)", lambda k: f"not len(@) <= {k}"),
    (r"the length of @ is an even number", lambda: "len(@) % 2 != 1"),
)
