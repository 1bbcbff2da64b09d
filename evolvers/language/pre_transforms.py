"""The library of input transforms: each is data, a type, a phrase with one meaning, its expression, and its effect.

``{x}`` in a phrase is the parameter in backticks; other fields are drawn parameters. The expression speaks of ``v`` and
of builtins only. ``apply`` does the same to a recorded argument, so that an operator knows beforehand which transforms
change anything. Every phrase has an independent reading in ``pre_sentences``.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Parameters = dict[str, Any]


class Undefined(Exception):
    """A transform or a predicate has no value for an argument, or too large a one."""


def _nothing(rng: random.Random, values: Sequence[Any]) -> Parameters:
    return {}


@dataclass(frozen=True, slots=True)
class PreTransform:
    """One input transform.

    takes:
        the deep types it is for: whole types, or prefixes that end in ``[``.
    apply:
        what it does, as a function of the value and the drawn parameters; Undefined where it does nothing.
    odds:
        how likely a change of the argument shows in the result, for arguments of which nothing is known.
    draw:
        its parameters, from the arguments that were seen; None when it does not fit these.
    """

    name: str
    takes: tuple[str, ...]
    phrase: str
    expression: str
    apply: Callable[[Any, Parameters], Any]
    odds: float = 0.7
    draw: Callable[[random.Random, Sequence[Any]], Parameters | None] = _nothing

    def accepts(self, deep_type: str) -> bool:
        """Whether it is for arguments of this type."""
        return any(deep_type.startswith(t) if t.endswith("[") else deep_type == t for t in self.takes)

    def say(self, parameter: str, drawn: Mapping[str, Any]) -> str:
        """The phrase, for a parameter of this name."""
        return self.phrase.format(x=f"`{parameter}`", **drawn)

    def code(self, drawn: Mapping[str, Any]) -> str:
        """The expression in ``v``."""
        return re.sub(r"<(\w+)>", lambda match: repr(drawn[match[1]]), self.expression)


def _small(rng: random.Random, values: Sequence[Any]) -> Parameters:
    return {"k": rng.randint(1, 5)}


def _few(rng: random.Random, values: Sequence[Any]) -> Parameters | None:
    most = min(3, max(map(len, values)) - 1)
    return {"k": rng.randint(2, most)} if most >= 2 else None


def _pivot(rng: random.Random, values: Sequence[Any]) -> Parameters | None:
    """A value from the middle of those seen, so that there are arguments on both sides of it."""
    distinct = sorted(set(values))
    return {"k": rng.choice(distinct[1:-1])} if len(distinct) >= 3 else None


def _not_negative(rng: random.Random, values: Sequence[Any]) -> Parameters | None:
    return {} if min(values) >= 0 else None


def _seen_letter(rng: random.Random, values: Sequence[str]) -> Parameters | None:
    letters = sorted({letter for text in values for letter in text if plain_letter(letter)})
    return {"c": rng.choice(letters)} if letters else None


def _two_letters(rng: random.Random, values: Sequence[str]) -> Parameters | None:
    letters = sorted({letter for text in values for letter in text if plain_letter(letter)})
    return dict(zip("ab", rng.sample(letters, 2), strict=True)) if len(letters) >= 2 else None


def _seen_number(rng: random.Random, values: Sequence[Sequence[int]]) -> Parameters | None:
    items = sorted({item for value in values for item in value})
    return {"k": rng.choice(items)} if items else None


def plain_letter(letter: str) -> bool:
    """Whether a character can stand between quotes in a sentence without being misread."""
    return letter.isascii() and letter.isprintable() and letter not in " '\"`\\{}"


_NUMBER = ("int", "float")
_TEXT = ("str",)
_LIST = ("list[",)
_NUMBERS = ("list[int]", "list[float]")

LIBRARY: tuple[PreTransform, ...] = (
    PreTransform("plus", _NUMBER, "{x} plus {k}", "v + <k>", lambda v, p: v + p["k"], 0.9, _small),
    PreTransform("minus", _NUMBER, "{x} minus {k}", "v - <k>", lambda v, p: v - p["k"], 0.9, _small),
    PreTransform("twice", _NUMBER, "2 times {x}", "2 * v", lambda v, p: 2 * v, 0.9),
    PreTransform(
        "half_up", ("int",), "half of {x}, rounded up if {x} is odd", "(v + 1) // 2",
        lambda v, p: (v + 1) // 2, 0.9,
    ),
    PreTransform(
        "half_down", ("int",), "half of {x}, rounded down if {x} is odd", "v // 2",
        lambda v, p: v // 2, 0.9,
    ),
    PreTransform("opposite", ("int",), "0 minus {x}", "-v", lambda v, p: -v, 0.8),
    PreTransform(
        "larger", ("int",), "the larger of {x} and {k}", "max(v, <k>)", lambda v, p: max(v, p["k"]), 0.8, _pivot
    ),
    PreTransform(
        "smaller", ("int",), "the smaller of {x} and {k}", "min(v, <k>)", lambda v, p: min(v, p["k"]), 0.8, _pivot
    ),
    PreTransform(
        "distance", ("int",), "the absolute difference of {x} and {k}", "abs(v - <k>)",
        lambda v, p: abs(v - p["k"]), 0.8, _pivot,
    ),
    PreTransform(
        "digits_backwards", ("int",),
        "the number whose decimal digits are those of {x}, which is not negative, in reverse order (12 for 210)",
        "int(str(v)[::-1])", lambda v, p: int(str(v)[::-1]), 0.8, _not_negative,
    ),
    PreTransform(
        "negation", ("bool",), "True if {x} is False, and False if {x} is True", "not v", lambda v, p: not v, 0.9
    ),
    PreTransform(
        "text_backwards", _TEXT, "the characters of {x} in reverse order", "v[::-1]", lambda v, p: v[::-1], 0.6
    ),
    PreTransform(
        "first_to_end", _TEXT, "{x} with its first character moved to its end (an empty {x} stays empty)",
        "v[1:] + v[:1]", lambda v, p: v[1:] + v[:1], 0.6,
    ),
    PreTransform(
        "some_to_end", _TEXT,
        "{x} with its first {k} characters moved to its end, in the same order (unchanged if {x} has fewer than {k})",
        "v[<k>:] + v[:<k>]", lambda v, p: v[p["k"] :] + v[: p["k"]], 0.6, _few,
    ),
    PreTransform(
        "without_first", _TEXT, "{x} without its first character (an empty {x} stays empty)", "v[1:]",
        lambda v, p: v[1:], 0.6,
    ),
    PreTransform(
        "without_last", _TEXT, "{x} without its last character (an empty {x} stays empty)", "v[:-1]",
        lambda v, p: v[:-1], 0.6,
    ),
    PreTransform(
        "swap_case", _TEXT,
        "{x} with every upper-case letter made lower-case and every lower-case letter made upper-case, as "
        "str.swapcase does", "v.swapcase()", lambda v, p: v.swapcase(), 0.7,
    ),
    PreTransform(
        "text_ascending", _TEXT, "the characters of {x} sorted in ascending order of their code points",
        "''.join(sorted(v))", lambda v, p: "".join(sorted(v)), 0.5,
    ),
    PreTransform(
        "first_letters", _TEXT, "the characters of {x} in order, without those that occur earlier in {x}",
        "''.join(dict.fromkeys(v))", lambda v, p: "".join(dict.fromkeys(v)), 0.5,
    ),
    PreTransform(
        "even_letters", _TEXT, "the characters of {x} at even indices (0, 2, ...), in order", "v[::2]",
        lambda v, p: v[::2], 0.7,
    ),
    PreTransform("text_twice", _TEXT, "{x} followed by {x} once more", "v + v", lambda v, p: v + v, 0.6),
    PreTransform(
        "letter_added", _TEXT, "{x} followed by the character '{c}'", "v + <c>", lambda v, p: v + p["c"], 0.6,
        _seen_letter,
    ),
    PreTransform(
        "letter_replaced", _TEXT, "{x} with every '{a}' replaced by '{b}'", "v.replace(<a>, <b>)",
        lambda v, p: v.replace(p["a"], p["b"]), 0.6, _two_letters,
    ),
    PreTransform(
        "words_backwards", _TEXT,
        "the words of {x} (the parts that single spaces separate) in reverse order, joined by single spaces",
        "' '.join(v.split(' ')[::-1])", lambda v, p: " ".join(v.split(" ")[::-1]), 0.7,
    ),
    PreTransform(
        "word_to_end", _TEXT,
        "the words of {x} (the parts that single spaces separate) with the first one moved to the end, joined by "
        "single spaces", "' '.join(v.split(' ')[1:] + v.split(' ')[:1])",
        lambda v, p: " ".join(v.split(" ")[1:] + v.split(" ")[:1]), 0.7,
    ),
    PreTransform(
        "without_word", _TEXT,
        "the words of {x} (the parts that single spaces separate) without the first one, joined by single spaces (an "
        "empty text if there is only one)", "' '.join(v.split(' ')[1:])",
        lambda v, p: " ".join(v.split(" ")[1:]), 0.7,
    ),
    PreTransform(
        "words_twice", _TEXT, "{x} followed by one space and by {x} once more", "v + ' ' + v",
        lambda v, p: v + " " + v, 0.7,
    ),
    PreTransform(
        "list_backwards", _LIST, "a list of the items of {x} in reverse order", "v[::-1]", lambda v, p: v[::-1], 0.4
    ),
    PreTransform(
        "item_to_end", _LIST,
        "a list of the items of {x} with the first one moved to the end (an empty {x} stays empty)",
        "v[1:] + v[:1]", lambda v, p: v[1:] + v[:1], 0.4,
    ),
    PreTransform(
        "items_to_end", _LIST,
        "a list of the items of {x} with the first {k} moved to the end, in the same order (unchanged if {x} has fewer "
        "than {k})", "v[<k>:] + v[:<k>]", lambda v, p: v[p["k"] :] + v[: p["k"]], 0.4, _few,
    ),
    PreTransform(
        "tail", _LIST, "a list of the items of {x} without the first one (an empty {x} stays empty)", "v[1:]",
        lambda v, p: v[1:], 0.7,
    ),
    PreTransform(
        "front", _LIST, "a list of the items of {x} without the last one (an empty {x} stays empty)", "v[:-1]",
        lambda v, p: v[:-1], 0.7,
    ),
    PreTransform(
        "even_places", _LIST, "a list of the items of {x} at even indices (0, 2, ...), in order", "v[::2]",
        lambda v, p: v[::2], 0.7,
    ),
    PreTransform(
        "distinct", ("list[int]", "list[str]"),
        "a list of the items of {x} in order, without those that are equal to an earlier one",
        "list(dict.fromkeys(v))", lambda v, p: list(dict.fromkeys(v)), 0.6,
    ),
    PreTransform(
        "list_twice", _LIST, "a list of the items of {x} in order, followed by the same items once more", "v + v",
        lambda v, p: v + v, 0.6,
    ),
    PreTransform(
        "ascending", (*_NUMBERS, "list[str]"),
        "a list of the items of {x} sorted in ascending order, as sorted({x}) gives them", "sorted(v)",
        lambda v, p: sorted(v), 0.5,
    ),
    PreTransform(
        "descending", (*_NUMBERS, "list[str]"),
        "a list of the items of {x} sorted in descending order, as sorted({x}, reverse=True) gives them",
        "sorted(v, reverse=True)", lambda v, p: sorted(v, reverse=True), 0.5,
    ),
    PreTransform(
        "items_plus", _NUMBERS, "a list of the items of {x} in order, each of them plus {k}", "[x + <k> for x in v]",
        lambda v, p: [x + p["k"] for x in v], 0.8, _small,
    ),
    PreTransform(
        "items_opposite", ("list[int]",), "a list with 0 minus y for every item y of {x}, in order", "[-x for x in v]",
        lambda v, p: [-x for x in v], 0.8,
    ),
    PreTransform(
        "item_added", ("list[int]",), "a list of the items of {x} in order, followed by the number {k}", "[*v, <k>]",
        lambda v, p: [*v, p["k"]], 0.6, _seen_number,
    ),
    PreTransform(
        "items_backwards", ("list[str]",),
        "a list with, for every item of {x} in order, the characters of the item in reverse order",
        "[x[::-1] for x in v]", lambda v, p: [x[::-1] for x in v], 0.7,
    ),
    PreTransform(
        "items_swapped", ("list[str]",),
        "a list with, for every item of {x} in order, the item with every upper-case letter made lower-case and every "
        "lower-case letter made upper-case, as str.swapcase does", "[x.swapcase() for x in v]",
        lambda v, p: [x.swapcase() for x in v], 0.7,
    ),
    PreTransform(
        "rows_backwards", ("list[list[",),
        "a list with, for every item of {x} in order, a list of the items of that item in reverse order",
        "[x[::-1] for x in v]", lambda v, p: [x[::-1] for x in v], 0.5,
    ),
)  # fmt: skip

BY_NAME: Mapping[str, PreTransform] = {transform.name: transform for transform in LIBRARY}


def transforms_for(deep_type: str) -> list[PreTransform]:
    """The transforms for arguments of a type."""
    return [transform for transform in LIBRARY if transform.accepts(deep_type)]
