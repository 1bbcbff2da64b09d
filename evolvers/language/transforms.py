"""The library of output transforms: each is data, a type, one sentence with one meaning, and its expression.

``{v}`` in a sentence is the letter that the prompt gives to the parent's value; other fields are drawn parameters. The
expression speaks of ``v`` and of builtins only. Every sentence has an independent reading in ``sentences``.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ..deeptypes import parts_of

Parameters = dict[str, Any]


def _nothing(rng: random.Random) -> Parameters:
    return {}


@dataclass(frozen=True, slots=True)
class Transform:
    """One output transform.

    takes:
        which observed deep type it is for: a whole type, or a prefix that ends in ``[``.
    gives:
        the declared output type; ``same`` for the input's, ``reversed`` for a tuple's items in reverse, ``pairs`` for a
        dict's, ``flagged`` for a truth value and the input.
    injective:
        whether different values stay different, so that no fault of an answer is hidden.
    """

    name: str
    takes: str
    gives: str
    sentence: str
    expression: str
    injective: bool = True
    draw: Callable[[random.Random], Parameters] = _nothing

    def accepts(self, deep_type: str) -> bool:
        """Whether the transform is for values of this type."""
        return deep_type.startswith(self.takes) if self.takes.endswith(("[", ",")) else deep_type == self.takes

    def output_type(self, deep_type: str) -> str:
        """The type of its values."""
        if self.gives == "same":
            return deep_type
        outer, items = parts_of(deep_type)
        if self.gives == "flagged":
            return f"tuple[bool,{deep_type}]"
        if self.gives == "reversed":
            return f"{outer}[{','.join(reversed(items))}]"
        return f"list[tuple[{','.join(items)}]]" if self.gives == "pairs" else self.gives

    def say(self, letter: str, parameters: Mapping[str, Any]) -> str:
        """The sentence."""
        return self.sentence.format(v=letter, **parameters)

    def code(self, parameters: Mapping[str, Any]) -> str:
        """The expression in ``v``."""
        text = self.expression
        for name, value in parameters.items():
            text = text.replace(f"<{name}>", repr(value))
        return text


def _affine(rng: random.Random) -> Parameters:
    return {"a": rng.randint(2, 9), "b": rng.randint(1, 20)}


def _modulus(rng: random.Random) -> Parameters:
    return {"m": rng.choice((7, 11, 13, 17))}


def _shift(rng: random.Random) -> Parameters:
    return {"k": rng.randint(1, 3)}


def _word_pair(rng: random.Random) -> Parameters:
    pairs = (("accept", "reject"), ("keep", "drop"), ("open", "shut"), ("above", "below"), ("left", "right"))
    yes, no = rng.choice(pairs)
    return {"yes": yes, "no": no}


def _number_pair(rng: random.Random) -> Parameters:
    yes, no = rng.sample(range(2, 60), 2)
    return {"yes": yes, "no": no}


def _separator(rng: random.Random) -> Parameters:
    return {"sep": rng.choice(("|", ";", "/", "+", "~"))}


LIBRARY: tuple[Transform, ...] = (
    Transform("affine", "int", "int", "Return {a} times {v}, plus {b}.", "<a> * v + <b>", draw=_affine),
    Transform(
        "binary_text", "int", "str",
        "Return the text of {v} in base two, without a prefix and with a minus sign in front if {v} is negative.",
        "format(v, 'b')",
    ),
    Transform(
        "digits_backwards", "int", "str",
        "Return the decimal text of {v} read backwards, a minus sign (if {v} is negative) coming last.",
        "str(v)[::-1]",
    ),
    Transform(
        "remainder", "int", "int",
        "Return the remainder of {v} divided by {m}, as a number from 0 to {m} - 1 even if {v} is negative.",
        "v % <m>", injective=False, draw=_modulus,
    ),
    Transform(
        "digit_sum", "int", "int", "Return the sum of the decimal digits of {v}, ignoring its sign.",
        "sum(int(d) for d in str(abs(v)))", injective=False,
    ),
    Transform("negation", "bool", "bool", "Return True if {v} is False, and False if {v} is True.", "not v"),
    Transform(
        "as_words", "bool", "str", "Return the text '{yes}' if {v} is True, and the text '{no}' if {v} is False.",
        "<yes> if v else <no>", draw=_word_pair,
    ),
    Transform(
        "as_numbers", "bool", "int", "Return the number {yes} if {v} is True, and the number {no} if {v} is False.",
        "<yes> if v else <no>", draw=_number_pair,
    ),
    Transform("backwards", "str", "str", "Return the characters of {v} in reverse order.", "v[::-1]"),
    Transform(
        "swap_case", "str", "str",
        "Return {v} with every upper-case letter made lower-case and every lower-case letter made upper-case, as "
        "str.swapcase does.",
        "v.swapcase()", injective=False,
    ),
    Transform(
        "run_lengths", "str", "list[tuple[str,int]]",
        "Return the run-length encoding of {v}: a list with, for every maximal run of equal characters in order, a "
        "tuple of "
        "the character and the length of the run.",
        "[(v[i], next((j for j in range(i, len(v)) if v[j] != v[i]), len(v)) - i) "
        "for i in range(len(v)) if i == 0 or v[i] != v[i - 1]]",
    ),
    Transform(
        "rotate_text", "str", "str",
        "Return {v} rotated to the left by {k}: the character at index i of the result is the one at index (i + "
        "{k}) modulo "
        "the length of {v} in {v} (an empty {v} stays empty).",
        "v[<k> % len(v):] + v[:<k> % len(v)] if v else v", draw=_shift,
    ),
    Transform(
        "with_length", "str", "str", "Return {v} followed by a colon and the number of characters of {v} in decimal.",
        "v + ':' + str(len(v))",
    ),
    Transform("list_backwards", "list[", "same", "Return a list of the items of {v} in reverse order.", "v[::-1]"),
    Transform(
        "rotate_list", "list[", "same",
        "Return a list of the items of {v} rotated to the left by {k}: the item at index i of the result is the one "
        "at index "
        "(i + {k}) modulo the length of {v} in {v} (an empty {v} stays empty).",
        "v[<k> % len(v):] + v[:<k> % len(v)] if v else v", draw=_shift,
    ),
    Transform(
        "odds_last", "list[", "same",
        "Return a list of the items of {v} at even indices (0, 2, ...) in order, followed by the items of {v} at "
        "odd indices in order.",
        "v[::2] + v[1::2]",
    ),
    Transform(
        "first_occurrences", "list[", "same",
        "Return a list of the items of {v} in order, leaving out every item that is equal to an earlier one.",
        "[x for i, x in enumerate(v) if x not in v[:i]]", injective=False,
    ),
    Transform(
        "running_sums", "list[int]", "list[int]",
        "Return a list as long as {v} whose item at index i is the sum of the items of {v} at the indices 0 to i.",
        "[sum(v[:i + 1]) for i in range(len(v))]",
    ),
    Transform(
        "affine_items", "list[int]", "list[int]", "Return a list with, for every item x of {v} in order, {a} times "
        "x, plus {b}.",
        "[<a> * x + <b> for x in v]", draw=_affine,
    ),
    Transform(
        "backward_items", "list[str]", "list[str]",
        "Return a list with, for every item of {v} in order, its characters in reverse order.",
        "[x[::-1] for x in v]",
    ),
    Transform(
        "numbered_items", "list[str]", "list[str]",
        "Return a list with, for every item of {v} in order, its index in {v} (from 0, in decimal) followed by "
        "'{sep}' and the item.",
        "[str(i) + <sep> + x for i, x in enumerate(v)]", draw=_separator,
    ),
    Transform(
        "flagged", "optional[", "flagged",
        "Return a tuple of two items: first True if {v} is None and False if it is not, then {v} itself.",
        "(v is None, v)",
    ),
    Transform(
        "tuple_backwards", "tuple[", "reversed", "Return a tuple of the items of {v} in reverse order.",
        "v[::-1]",
    ),
    Transform(
        "sorted_pairs", "dict[str,", "pairs",
        "Return a list of the (key, value) tuples of {v}, sorted by key in ascending order.",
        "sorted(v.items(), key=lambda pair: pair[0])",
    ),
)  # fmt: skip

BY_NAME: Mapping[str, Transform] = {transform.name: transform for transform in LIBRARY}


def transforms_for(deep_type: str) -> list[Transform]:
    """The transforms for values of a type; none for types whose values nobody can compare exactly (floats, "
    "mixtures)."""
    if deep_type in ("mixed", "nothing", "optional[float]"):
        return []
    return [transform for transform in LIBRARY if transform.accepts(deep_type)]
