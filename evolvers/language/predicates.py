"""The library of predicates on one argument: each is data, a type, a clause with one meaning, and its expression.

``{x}`` in a clause is the parameter in backticks, ``{k}`` a drawn constant. A *comparison* compares a measure of the
argument (its length, its sum, ...) with ``k``, so that inputs on both sides of ``k`` can be looked for. The expression
speaks of ``v`` and of builtins only; ``holds`` decides the same of a recorded argument. Every clause has an independent
reading in ``predicate_sentences``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .pre_transforms import plain_letter

Measure = Callable[[Any], Sequence[Any]]
Test = Callable[[Any], bool]


@dataclass(frozen=True, slots=True)
class Predicate:
    """One predicate.

    takes:
        the deep types it is for: whole types, or prefixes that end in ``[``.
    holds:
        what it says of an argument, given its constant.
    constants:
        those that make sense for the arguments that were seen.
    nearby:
        the constants and relations that a slip would put in place of the right ones, as functions of the argument;
        the hidden inputs must tell each of them from ``holds``.
    """

    name: str
    takes: tuple[str, ...]
    clause: str
    expression: str
    holds: Callable[[Any, Any], bool]
    constants: Callable[[Sequence[Any]], Sequence[Any]]
    nearby: Callable[[Any], Sequence[Test]]

    def accepts(self, deep_type: str) -> bool:
        """Whether it is for arguments of this type."""
        return any(deep_type.startswith(t) if t.endswith("[") else deep_type == t for t in self.takes)

    def say(self, parameter: str, constant: Any) -> str:
        """The clause, for a parameter of this name."""
        return self.clause.format(x=f"`{parameter}`", k=constant)

    def code(self, constant: Any) -> str:
        """The expression in ``v``."""
        return re.sub("<k>", lambda _: repr(constant), self.expression)


def _comparison(
    name: str,
    takes: tuple[str, ...],
    clause: str,
    expression: str,
    measure: Measure,
    mistaken: tuple[Measure, ...] = (),
) -> tuple[Predicate, Predicate]:
    """Greater and less. ``measure`` gives the numbers of which one at least must be on that side of the constant;
    ``mistaken`` are measures that a slip would take instead.
    """

    def constants(values: Sequence[Any]) -> Sequence[Any]:
        seen = sorted({number for value in values for number in measure(value)})
        return [number for number in seen if type(number) is int or number == round(number, 3)]

    def greater(value: Any, k: Any) -> bool:
        return any(number > k for number in measure(value))

    def less(value: Any, k: Any) -> bool:
        return any(number < k for number in measure(value))

    # For whole numbers `>= k` is `> k - 1`.
    def near_greater(k: Any) -> Sequence[Test]:
        return (
            lambda value: any(number >= k for number in measure(value)),
            lambda value: greater(value, k + 1),
            *(lambda value, other=other: any(number > k for number in other(value)) for other in mistaken),
        )

    def near_less(k: Any) -> Sequence[Test]:
        return (
            lambda value: any(number <= k for number in measure(value)),
            lambda value: less(value, k - 1),
            *(lambda value, other=other: any(number < k for number in other(value)) for other in mistaken),
        )

    sides = (("greater", ">", greater, near_greater), ("less", "<", less, near_less))
    first, second = (
        Predicate(
            f"{name}_{word}",
            takes,
            clause.replace("GREATER", word),
            expression.replace(" > ", f" {sign} "),
            holds,
            constants,
            near,
        )
        for word, sign, holds, near in sides
    )
    return first, second


def _plain(
    name: str,
    takes: tuple[str, ...],
    clause: str,
    expression: str,
    holds: Callable[[Any, Any], bool],
    constants: Callable[[Sequence[Any]], Sequence[Any]],
    nearby: Callable[[Any], Sequence[Test]] = lambda k: (),
) -> Predicate:
    """A predicate that compares no measure; most slips of these are found out by any inputs."""
    return Predicate(name, takes, clause, expression, holds, constants, nearby)


def _near_divisors(k: int) -> Sequence[Test]:
    return (lambda v: v % (k - 1) == 0, lambda v: v % (k + 1) == 0, lambda v: v % k == 1)


def _near_ends(k: Any) -> Sequence[Test]:
    return (lambda v: bool(v[:2] == v[-1:]), lambda v: bool(v[:1] == v[-2:]), lambda v: bool(v[:1] == v))


def _near_repeats(k: Any) -> Sequence[Test]:
    return (lambda v: any(v.count(x) > 2 for x in v), bool)


def _none(values: Sequence[Any]) -> Sequence[Any]:
    return (None,)


def _divisors(values: Sequence[Any]) -> Sequence[Any]:
    return (3, 4, 5)


def _letters(values: Sequence[str]) -> Sequence[Any]:
    return sorted({letter for value in values for letter in value if plain_letter(letter)})


def _initials(values: Sequence[str]) -> Sequence[Any]:
    return sorted({value[0] for value in values if value and plain_letter(value[0])})


def _finals(values: Sequence[str]) -> Sequence[Any]:
    return sorted({value[-1] for value in values if value and plain_letter(value[-1])})


def _items(values: Sequence[Sequence[int]]) -> Sequence[Any]:
    return sorted({item for value in values for item in value})


def _more_than_once(value: Any, k: Any) -> bool:
    return any(value.count(item) > 1 for item in value)


_SIZED = ("str", "list[", "dict[")
_INTS = ("list[int]",)
_NUMBERS = ("list[int]", "list[float]")

LIBRARY: tuple[Predicate, ...] = (
    *_comparison("value", ("int", "float"), "{x} is GREATER than {k}", "v > <k>", lambda v: (v,)),
    *_comparison("length", _SIZED, "the length of {x} is GREATER than {k}", "len(v) > <k>", lambda v: (len(v),)),
    *_comparison(
        "sum", _INTS, "the sum of the items of {x} (0 if {x} is empty) is GREATER than {k}", "sum(v) > <k>",
        lambda v: (sum(v),),
    ),
    *_comparison(
        "first", _NUMBERS, "{x} is not empty and its first item is GREATER than {k}", "any(x > <k> for x in v[:1])",
        lambda v: v[:1], (lambda v: v[:2],),
    ),
    *_comparison(
        "last", _NUMBERS, "{x} is not empty and its last item is GREATER than {k}", "any(x > <k> for x in v[-1:])",
        lambda v: v[-1:], (lambda v: v[-2:], lambda v: v),
    ),
    *_comparison(
        "some", _NUMBERS, "at least one item of {x} is GREATER than {k}", "any(x > <k> for x in v)", lambda v: v
    ),
    *_comparison(
        "spaces", ("str",), "the number of spaces in {x} is GREATER than {k}", "v.count(' ') > <k>",
        lambda v: (v.count(" "),),
    ),
    _plain("even", ("int",), "{x} is even", "v % 2 == 0", lambda v, k: v % 2 == 0, _none),
    _plain("odd", ("int",), "{x} is odd", "v % 2 == 1", lambda v, k: v % 2 == 1, _none),
    _plain(
        "divisible", ("int",), "{x} is divisible by {k}", "v % <k> == 0",
        lambda v, k: v % k == 0, _divisors, _near_divisors,
    ),
    _plain("true", ("bool",), "{x} is True", "v", lambda v, k: bool(v), _none),
    _plain("false", ("bool",), "{x} is False", "not v", lambda v, k: not v, _none),
    _plain(
        "even_length", _SIZED, "the length of {x} is an even number (0 is even)", "len(v) % 2 == 0",
        lambda v, k: len(v) % 2 == 0, _none,
    ),
    _plain(
        "odd_length", _SIZED, "the length of {x} is an odd number", "len(v) % 2 == 1",
        lambda v, k: len(v) % 2 == 1, _none,
    ),
    _plain(
        "starts", ("str",), "{x} starts with '{k}'", "v.startswith(<k>)", lambda v, k: bool(v.startswith(k)), _initials
    ),
    _plain("ends", ("str",), "{x} ends with '{k}'", "v.endswith(<k>)", lambda v, k: bool(v.endswith(k)), _finals),
    _plain("has_letter", ("str",), "{x} contains the character '{k}'", "<k> in v", lambda v, k: k in v, _letters),
    _plain("has_item", _INTS, "{x} contains the number {k}", "<k> in v", lambda v, k: k in v, _items),
    _plain(
        "same_ends", ("list[int]", "list[str]"), "{x} is empty or its first item is equal to its last item",
        "v[:1] == v[-1:]", lambda v, k: bool(v[:1] == v[-1:]), _none, _near_ends,
    ),
    _plain(
        "same_letters", ("str",), "{x} is empty or its first character is the same as its last character",
        "v[:1] == v[-1:]", lambda v, k: bool(v[:1] == v[-1:]), _none, _near_ends,
    ),
    _plain(
        "repeats", ("list[int]", "list[str]"), "some item occurs more than once in {x}",
        "any(v.count(x) > 1 for x in v)", _more_than_once, _none, _near_repeats,
    ),
    _plain(
        "repeated_letter", ("str",), "some character occurs more than once in {x}", "any(v.count(x) > 1 for x in v)",
        _more_than_once, _none, _near_repeats,
    ),
)  # fmt: skip

BY_NAME: Mapping[str, Predicate] = {predicate.name: predicate for predicate in LIBRARY}


def predicates_for(deep_type: str) -> list[Predicate]:
    """The predicates for arguments of a type."""
    return [predicate for predicate in LIBRARY if predicate.accepts(deep_type)]
