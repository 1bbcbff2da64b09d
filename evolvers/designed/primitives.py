"""The primitives of the grammar: each is data, its types, a phrase with one meaning, its expression, and its effect.

A type is ``int``, ``bool``, ``str``, ``list[...]`` or ``dict[str,int]``; ``a`` and ``b`` stand for any type, ``count``
for a whole number from 1 that stands in the definition itself, ``letter`` for one character that does.
``{0}`` in a phrase or an expression is the first operand. Where an operand *binds*, it is evaluated once for each item
of the operand before it, and speaks of the item. The reading of every phrase is in ``readings.phrase_rules``, which
shares nothing with this.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from ..language.pre_transforms import Undefined

MAX_SIZE = 20_000
"""Items or characters of any value."""
MAX_BITS = 4_096
_BITS_OF_AN_ITEM = 64


@dataclass(frozen=True, slots=True)
class Primitive:
    """One primitive.

    types: alternatives, each the operands' types and the result's. phrase: a noun phrase, or a clause where the result
    is a truth value and ``clause`` is true. code: a Python expression. apply: its effect on operands' values, or on
    functions that give them where ``lazy`` or ``binds``. binds: the place of the operand that speaks of an item;
    indexed: whether that one may speak of the item's index, too. square: whether it takes time in proportion to the
    square of its operand's size.
    """

    name: str
    types: tuple[tuple[tuple[str, ...], str], ...]
    phrase: str
    code: str
    apply: Callable[..., Any]
    clause: bool = False
    lazy: bool = False
    binds: int | None = None
    indexed: bool = False
    square: bool = False

    def work(self, values: Sequence[Any]) -> int:
        """About how many items or characters it touches for these operands' values."""
        sizes = [size_of(value) for value in values]
        return sizes[0] ** 2 // 2 if self.square else sum(sizes)


def size_of(value: Any) -> int:
    """Items, characters, or machine words of a value; 1 at the least."""
    if type(value) is int:
        return 1 + value.bit_length() // _BITS_OF_AN_ITEM
    return 1 if type(value) is bool else max(1, len(value))


def _sized(value: Any) -> Any:
    """The value; Undefined where it is too large to go on with."""
    if isinstance(value, (str, list)) and len(value) > MAX_SIZE:
        raise Undefined("a value is too large")
    if type(value) is int and value.bit_length() > MAX_BITS:
        raise Undefined("a number is too large")
    return value


def _times(a: int, b: int) -> int:
    if a.bit_length() + b.bit_length() > MAX_BITS:
        raise Undefined("a number is too large")
    return a * b


def _divided(a: int, b: int) -> int:
    if b == 0:
        raise Undefined("a division by 0")
    return a // b


def _remainder(a: int, b: int) -> int:
    if b == 0:
        raise Undefined("a division by 0")
    return a % b


def _written(text: str, times: int) -> str:
    if len(text) * times > MAX_SIZE:
        raise Undefined("a text is too long")
    return text * times


def _any_of(values: list[Any], pick: Callable[[Any], Any], what: str) -> Any:
    if not values:
        raise Undefined(f"an empty list has no {what} item")
    return pick(values)


def _code_point(text: str) -> int:
    if len(text) != 1:
        raise Undefined("only a single character has a code point")
    return ord(text)


def _moved(value: Any, k: int) -> Any:
    return value[k:] + value[:k]


def _flat(values: list[list[Any]]) -> list[Any]:
    if sum(map(len, values)) > MAX_SIZE:
        raise Undefined("a value is too large")
    return [each for inner in values for each in inner]


def _distinct(values: list[Any]) -> list[Any]:
    return [value for place, value in enumerate(values) if value not in values[:place]]


def _digits(number: int) -> list[int]:
    return [int(digit) for digit in str(abs(number))]


def _joined(texts: list[str], between: str) -> str:
    if sum(map(len, texts)) + len(between) * len(texts) > MAX_SIZE:
        raise Undefined("a text is too long")
    return between.join(texts)


def _is_digits(text: str) -> bool:
    return text != "" and all(letter in "0123456789" for letter in text)


_A, _LIST = "a", "list[a]"


def _on(*types: str) -> tuple[tuple[tuple[str, ...], str], ...]:
    """One alternative: the operands' types, then the result's."""
    return ((types[:-1], types[-1]),)


LIBRARY: tuple[Primitive, ...] = (
    Primitive("plus", _on("int", "int", "int"), "{0} plus {1}", "{0} + {1}", lambda a, b: _sized(a + b)),
    Primitive("minus", _on("int", "int", "int"), "{0} minus {1}", "{0} - {1}", lambda a, b: _sized(a - b)),
    Primitive("times", _on("int", "int", "int"), "{0} times {1}", "{0} * {1}", _times),
    Primitive("divided", _on("int", "int", "int"), "{0} divided by {1}, rounded down", "{0} // {1}", _divided),
    Primitive(
        "remainder", _on("int", "int", "int"),
        "the remainder, as the operator % gives it, of {0} divided by {1}", "{0} % {1}", _remainder,
    ),
    Primitive("size", _on("int", "int"), "the absolute value of {0}", "abs({0})", abs),
    Primitive("larger", _on("int", "int", "int"), "the larger of {0} and {1}", "max({0}, {1})", max),
    Primitive("smaller", _on("int", "int", "int"), "the smaller of {0} and {1}", "min({0}, {1})", min),
    Primitive(
        "digits", _on("int", "list[int]"),
        "the list of the decimal digits of the absolute value of {0}, as numbers, the highest first",
        "[int(digit) for digit in str(abs({0}))]", _digits,
    ),
    Primitive("decimal", _on("int", "str"), "the decimal text of {0}", "str({0})", str),
    Primitive(
        "not", _on("bool", "bool"), "it is not true that {0}", "not {0}", lambda a: not a, clause=True
    ),
    Primitive(
        "and", _on("bool", "bool", "bool"), "both {0} and {1}", "{0} and {1}",
        lambda a, b: a() and b(), clause=True, lazy=True,
    ),
    Primitive(
        "or", _on("bool", "bool", "bool"), "{0} or {1} or both", "{0} or {1}",
        lambda a, b: a() or b(), clause=True, lazy=True,
    ),
    Primitive("equal", _on(_A, _A, "bool"), "{0} is equal to {1}", "{0} == {1}", lambda a, b: a == b, clause=True),
    Primitive(
        "greater", _on("int", "int", "bool"), "{0} is greater than {1}", "{0} > {1}", lambda a, b: a > b, clause=True
    ),
    Primitive("less", _on("int", "int", "bool"), "{0} is less than {1}", "{0} < {1}", lambda a, b: a < b, clause=True),
    Primitive(
        "at_least", _on("int", "int", "bool"), "{0} is at least {1}", "{0} >= {1}", lambda a, b: a >= b, clause=True
    ),
    Primitive(
        "at_most", _on("int", "int", "bool"), "{0} is at most {1}", "{0} <= {1}", lambda a, b: a <= b, clause=True
    ),
    Primitive("even", _on("int", "bool"), "{0} is even", "{0} % 2 == 0", lambda a: a % 2 == 0, clause=True),
    Primitive("odd", _on("int", "bool"), "{0} is odd", "{0} % 2 == 1", lambda a: a % 2 == 1, clause=True),
    Primitive(
        "divisible", _on("int", "count", "bool"), "{0} is divisible by {1}", "{0} % {1} == 0",
        lambda a, k: a % k == 0, clause=True,
    ),
    Primitive(
        "empty", (*_on("str", "bool"), *_on(_LIST, "bool"), *_on("dict[str,int]", "bool")),
        "{0} is empty", "len({0}) == 0", lambda a: len(a) == 0, clause=True,
    ),
    Primitive(
        "contains", _on(_LIST, _A, "bool"), "{0} contains the item {1}", "{1} in {0}", lambda a, b: b in a, clause=True
    ),
    Primitive(
        "contains_text", _on("str", "str", "bool"), "{0} contains the text {1}", "{1} in {0}",
        lambda a, b: b in a, clause=True,
    ),
    Primitive(
        "starts_with", _on("str", "str", "bool"), "{0} starts with the text {1}", "{0}.startswith({1})",
        lambda a, b: a.startswith(b), clause=True,
    ),
    Primitive(
        "ends_with", _on("str", "str", "bool"), "{0} ends with the text {1}", "{0}.endswith({1})",
        lambda a, b: a.endswith(b), clause=True,
    ),
    Primitive(
        "letters_only", _on("str", "bool"), "{0} is not empty and has letters only, as str.isalpha says",
        "{0}.isalpha()", str.isalpha, clause=True,
    ),
    Primitive(
        "digits_only", _on("str", "bool"), "{0} is not empty and has no characters but the digits 0 to 9",
        "(lambda text: text != '' and all(letter in '0123456789' for letter in text))({0})", _is_digits, clause=True,
    ),
    Primitive(
        "some", _on(_LIST, "bool", "bool"), "at least one item of {0} is such that {1}", "any({1} for {item} in {0})",
        lambda values, test: any(test(each, 0) for each in values), clause=True, binds=1,
    ),
    Primitive(
        "every", _on(_LIST, "bool", "bool"), "every item of {0}, if there is any, is such that {1}",
        "all({1} for {item} in {0})", lambda values, test: all(test(each, 0) for each in values), clause=True, binds=1,
    ),
    Primitive(
        "length", (*_on("str", "int"), *_on(_LIST, "int"), *_on("dict[str,int]", "int")),
        "the length of {0}", "len({0})", len,
    ),
    Primitive("backwards", _on("str", "str"), "the characters of {0} in reverse order", "{0}[::-1]", lambda a: a[::-1]),
    Primitive("upper", _on("str", "str"), "{0} in upper case, as str.upper gives it", "{0}.upper()", str.upper),
    Primitive("lower", _on("str", "str"), "{0} in lower case, as str.lower gives it", "{0}.lower()", str.lower),
    Primitive(
        "followed_by", (*_on("str", "str", "str"), *_on(_LIST, _LIST, _LIST)),
        "{0} followed by {1}", "{0} + {1}", lambda a, b: _sized(a + b),
    ),
    Primitive(
        "written", _on("str", "int", "str"),
        "{0} written {1} times in a row, which is empty if that number is less than 1", "{0} * {1}", _written,
    ),
    Primitive(
        "first_characters", _on("str", "count", "str"), "the first {1} characters of {0}, or all if there are fewer",
        "{0}[:{1}]", lambda a, k: a[:k],
    ),
    Primitive(
        "last_characters", _on("str", "count", "str"), "the last {1} characters of {0}, or all if there are fewer",
        "{0}[-{1}:]", lambda a, k: a[-k:],
    ),
    Primitive(
        "without_first_characters", _on("str", "count", "str"),
        "{0} without its first {1} characters, which is empty if there are no more", "{0}[{1}:]", lambda a, k: a[k:],
    ),
    Primitive(
        "without_last_characters", _on("str", "count", "str"),
        "{0} without its last {1} characters, which is empty if there are no more", "{0}[:-{1}]", lambda a, k: a[:-k],
    ),
    Primitive(
        "moved_characters", _on("str", "count", "str"),
        "{0} with its first {1} characters moved to its end in order, unchanged if there are no more",
        "(lambda text: text[{1}:] + text[:{1}])({0})", _moved,
    ),
    Primitive(
        "replaced", _on("str", "letter", "str", "str"), "{0} with every {1} replaced by {2}", "{0}.replace({1}, {2})",
        lambda a, b, c: _sized(a.replace(b, c)),
    ),
    Primitive("characters", _on("str", "list[str]"), "the list of the characters of {0}", "list({0})", list),
    Primitive(
        "words", _on("str", "list[str]"), "the list of the words of {0}, as str.split gives them without arguments",
        "{0}.split()", str.split,
    ),
    Primitive(
        "joined", _on("list[str]", "str", "str"), "the items of {0} joined with {1} between them", "{1}.join({0})",
        _joined,
    ),
    Primitive("code_point", _on("str", "int"), "the code point of the character {0}", "ord({0})", _code_point),
    Primitive("reversed", _on(_LIST, _LIST), "the items of {0} in reverse order", "{0}[::-1]", lambda a: a[::-1]),
    Primitive(
        "first_items", _on(_LIST, "count", _LIST), "the first {1} items of {0}, or all if there are fewer",
        "{0}[:{1}]", lambda a, k: a[:k],
    ),
    Primitive(
        "last_items", _on(_LIST, "count", _LIST), "the last {1} items of {0}, or all if there are fewer",
        "{0}[-{1}:]", lambda a, k: a[-k:],
    ),
    Primitive(
        "without_first_items", _on(_LIST, "count", _LIST),
        "the items of {0} without the first {1}, none if there are no more", "{0}[{1}:]", lambda a, k: a[k:],
    ),
    Primitive(
        "without_last_items", _on(_LIST, "count", _LIST),
        "the items of {0} without the last {1}, none if there are no more", "{0}[:-{1}]", lambda a, k: a[:-k],
    ),
    Primitive(
        "moved_items", _on(_LIST, "count", _LIST),
        "the items of {0} with the first {1} moved to the end in order, unchanged if there are no more",
        "(lambda items: items[{1}:] + items[:{1}])({0})", _moved,
    ),
    Primitive(
        "sorted", (*_on("list[int]", "list[int]"), *_on("list[str]", "list[str]")),
        "the items of {0} sorted in ascending order", "sorted({0})", sorted,
    ),
    Primitive(
        "sorted_down", (*_on("list[int]", "list[int]"), *_on("list[str]", "list[str]")),
        "the items of {0} sorted in descending order", "sorted({0}, reverse=True)", lambda a: sorted(a, reverse=True),
    ),
    Primitive(
        "sorted_by", (*_on(_LIST, "int", _LIST), *_on(_LIST, "str", _LIST)),
        "the items of {0} sorted in ascending order of a key, which is {1}, those with equal keys in their old order",
        "sorted({0}, key=lambda {item}: {1})",
        lambda values, key: sorted(values, key=lambda each: key(each, 0)), binds=1,
    ),
    Primitive(
        "distinct", _on(_LIST, _LIST), "the items of {0} in order, without those that are equal to an earlier one",
        "(lambda items: [each for place, each in enumerate(items) if each not in items[:place]])({0})", _distinct,
        square=True,
    ),
    Primitive(
        "even_places", _on(_LIST, _LIST), "the items of {0} at even indices, counted from 0, in order",
        "{0}[::2]", lambda a: a[::2],
    ),
    Primitive(
        "odd_places", _on(_LIST, _LIST), "the items of {0} at odd indices, counted from 0, in order",
        "{0}[1::2]", lambda a: a[1::2],
    ),
    Primitive(
        "sum", _on("list[int]", "int"), "the sum of the items of {0}, which is 0 if there are none", "sum({0})",
        lambda a: _sized(sum(a)),
    ),
    Primitive(
        "largest", _on("list[int]", "int"), "the largest item of {0}", "max({0})", lambda a: _any_of(a, max, "largest")
    ),
    Primitive(
        "smallest", _on("list[int]", "int"), "the smallest item of {0}", "min({0})",
        lambda a: _any_of(a, min, "smallest"),
    ),
    Primitive(
        "first_item", _on(_LIST, _A), "the first item of {0}", "{0}[0]", lambda a: _any_of(a, lambda v: v[0], "first")
    ),
    Primitive(
        "last_item", _on(_LIST, _A), "the last item of {0}", "{0}[-1]", lambda a: _any_of(a, lambda v: v[-1], "last")
    ),
    Primitive(
        "each", _on(_LIST, "b", "list[b]"), "a list with, for every item of {0} in order, {1}",
        "[{1} for {item} in {0}]", lambda values, made: [made(each, n) for n, each in enumerate(values)],
        binds=1, indexed=True,
    ),
    Primitive(
        "keep", _on(_LIST, "bool", _LIST), "a list of those items of {0} in order for which {1}",
        "[{first} for {item} in {0} if {1}]",
        lambda values, test: [each for n, each in enumerate(values) if test(each, n)], binds=1, indexed=True,
    ),
    Primitive(
        "count", _on(_LIST, "bool", "int"), "the number of those items of {0} for which {1}",
        "len([{first} for {item} in {0} if {1}])",
        lambda values, test: sum(1 for n, each in enumerate(values) if test(each, n)), binds=1, indexed=True,
    ),
    Primitive(
        "running_sums", _on("list[int]", "list[int]"),
        "a list with, for every item of {0} in order, the sum of the items up to and with that one",
        "(lambda items: [sum(items[:place + 1]) for place in range(len(items))])({0})",
        lambda a: [_sized(sum(a[: place + 1])) for place in range(len(a))], square=True,
    ),
    Primitive(
        "differences", _on("list[int]", "list[int]"),
        "a list with, for every item of {0} but the first in order, that item minus the one before it",
        "(lambda items: [after - before for before, after in zip(items, items[1:])])({0})",
        lambda a: [after - before for before, after in pairwise(a)],
    ),
    Primitive(
        "pieces", _on(_LIST, "count", "list[list[a]]"),
        "the items of {0} cut in order into lists of {1}, the last list being shorter if items run out",
        "(lambda items: [items[start:start + {1}] for start in range(0, len(items), {1})])({0})",
        lambda a, k: [a[start : start + k] for start in range(0, len(a), k)],
    ),
    Primitive(
        "flat", _on("list[list[a]]", _LIST), "the items of all lists in {0}, one list after the other",
        "[each for inner in {0} for each in inner]", _flat,
    ),
    Primitive(
        "with_item", _on(_LIST, _A, _LIST), "the items of {0} followed by the one item {1}", "{0} + [{1}]",
        lambda a, b: _sized([*a, b]),
    ),
    Primitive("keys", _on("dict[str,int]", "list[str]"), "the list of the keys of {0} in order", "list({0})", list),
    Primitive(
        "values", _on("dict[str,int]", "list[int]"), "the list of the values of {0} in the order of its keys",
        "list({0}.values())", lambda a: list(a.values()),
    ),
    Primitive(
        "if", _on("bool", _A, _A, _A), "{1} if {0}, and {2} otherwise", "{1} if {0} else {2}",
        lambda test, one, other: one() if test() else other(), lazy=True,
    ),
)  # fmt: skip

BY_NAME: Mapping[str, Primitive] = {primitive.name: primitive for primitive in LIBRARY}
TYPES = (
    "int", "bool", "str", "list[int]", "list[bool]", "list[str]", "list[list[int]]", "list[list[str]]", "dict[str,int]",
)  # fmt: skip
"""The types of which an operator may take values."""
