"""Clauses of predicates read backwards: each becomes statements in ``value``, without the library's help.

An independent second definition of every predicate in ``predicates``: plain loops that share no idea with the
expressions there.
"""

from __future__ import annotations

from collections.abc import Callable

from . import always, one_of

_N = r"(-?\d+(?:\.\d+)?)"
_T = r"'([^'\\])'"
_SIDE = r"(greater|less)"


def body_of(clause: str, parameter: str) -> str:
    """Statements in ``value`` that end in a return. ValueError unless the clause has exactly one reading."""
    return one_of(_GRAMMAR, clause, f"`{parameter}`")


def _test(side: str, k: str, number: str = "number") -> str:
    """Whether a number is on a side of k, as its difference from k shows."""
    difference = f"{number} - ({k})" if side == "greater" else f"({k}) - {number}"
    return f"(0 < {difference})"


def _value(side: str, k: str) -> str:
    return f"return {_test(side, k, 'value')}"


def _counted(counts: str) -> Callable[[str, str], str]:
    """A number that is added up over the items."""

    def build(side: str, k: str) -> str:
        return f"number = 0\nfor item in value:\n    number += {counts}\nreturn {_test(side, k)}"

    return build


def _item_at(index: str) -> Callable[[str, str], str]:
    return lambda side, k: f"if not value:\n    return False\nnumber = value[{index}]\nreturn {_test(side, k)}"


def _some(side: str, k: str) -> str:
    return f"for number in value:\n    if {_test(side, k)}:\n        return True\nreturn False"


def _parity(word: str) -> str:
    return f"return bool(value & 1) is {word == 'odd'}"


def _divisible(k: str) -> str:
    return f"return value == value // {k} * {k}"


def _length_parity(*word: str) -> Callable[..., str]:
    (wanted,) = word
    return always(f"flag = False\nfor item in value:\n    flag = not flag\nreturn flag is {wanted == 'odd'}")


def _end(index: str) -> Callable[[str], str]:
    return lambda letter: f"if not value:\n    return False\nreturn value[{index}] == {letter!r}"


def _has(text: str) -> str:
    return f"for item in value:\n    if item == {text}:\n        return True\nreturn False"


def _has_letter(letter: str) -> str:
    return _has(repr(letter))


_SAME_ENDS = "if not value:\n    return True\nreturn value[0] == value[len(value) - 1]"
_REPEATS = """
earlier = []
for item in value:
    if item in earlier:
        return True
    earlier.append(item)
return False
"""

_GRAMMAR: tuple[tuple[str, Callable[..., str]], ...] = (
    (rf"@ is {_SIDE} than {_N}", _value),
    (rf"the length of @ is {_SIDE} than {_N}", _counted("1")),
    (rf"the sum of the items of @ \(0 if @ is empty\) is {_SIDE} than {_N}", _counted("item")),
    (rf"@ is not empty and its first item is {_SIDE} than {_N}", _item_at("0")),
    (rf"@ is not empty and its last item is {_SIDE} than {_N}", _item_at("len(value) - 1")),
    (rf"at least one item of @ is {_SIDE} than {_N}", _some),
    (rf"the number of spaces in @ is {_SIDE} than {_N}", _counted("1 if item == ' ' else 0")),
    (r"@ is (even|odd)", _parity),
    (rf"@ is divisible by {_N}", _divisible),
    (r"@ is True", always("return value is True")),
    (r"@ is False", always("return value is False")),
    (r"the length of @ is an even number \(0 is even\)", _length_parity("even")),
    (r"the length of @ is an odd number", _length_parity("odd")),
    (rf"@ starts with {_T}", _end("0")),
    (rf"@ ends with {_T}", _end("len(value) - 1")),
    (rf"@ contains the character {_T}", _has_letter),
    (rf"@ contains the number {_N}", _has),
    (r"@ is empty or its first item is equal to its last item", always(_SAME_ENDS)),
    (r"@ is empty or its first character is the same as its last character", always(_SAME_ENDS)),
    (r"some item occurs more than once in @", always(_REPEATS)),
    (r"some character occurs more than once in @", always(_REPEATS)),
)
