"""The phrases of designed operators, as the reader knows them: patterns, in several wordings, and what each computes.

An independent second definition of every primitive: plain statements that share no idea with the expressions of
``designed.primitives``. In a pattern ``<v>`` is a value, ``<c>`` a condition, ``<n>`` a number that is written out, and
``<v*>``, ``<c*>`` are read once for each item of the value before. In a program ``{0}`` is the first of them, ``{r}``
what comes out, ``{a}``, ``{b}``, ``{i}`` names of its own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Want = Literal["value", "clause", "number"]


@dataclass(frozen=True, slots=True)
class Slot:
    """A place in a pattern: its number in the program, and what may stand there."""

    number: int
    want: Want


@dataclass(frozen=True, slots=True)
class Rule:
    """One wording. name: of the meaning that it has; binds: the number of the slot that is read for each item."""

    name: str
    gives: Want
    pattern: tuple[str | Slot, ...]
    binds: int | None = None


@dataclass(frozen=True, slots=True)
class Read:
    """What was read: a rule with its operands (in the order of its program), or a word."""

    kind: Literal["rule", "subject", "number", "constant", "item", "index"]
    text: str = ""
    level: int = 0
    rule: str = ""
    operands: tuple[Read, ...] = ()


_LOOP = "{r} = []\nfor {a} in {0}:\n"
_FLIP = "{r} = {empty}\nfor {a} in {0}:\n    {r} = {one} + {r}"
_KEEP = "{r} = {empty}\n{i} = 0\nfor {a} in {0}:\n    if {test}:\n        {r} = {r} + {one}\n    {i} += 1"


def _walk(empty: str, one: str, test: str) -> str:
    """A loop that keeps the items for which something holds of their index ``{i}``."""
    return _KEEP.replace("{empty}", empty).replace("{one}", one).replace("{test}", test)


def _flip(empty: str, one: str) -> str:
    return _FLIP.replace("{empty}", empty).replace("{one}", one)


def _insertion(relation: str) -> str:
    """Insertion sort, where an item goes before the first that it is in this relation to."""
    return (
        "{r} = []\nfor {a} in {0}:\n    {i} = 0\n"
        f"    while {{i}} < len({{r}}) and not {{a}} {relation} {{r}}[{{i}}]:\n        {{i}} += 1\n"
        "    {r}.insert({i}, {a})"
    )


_MOVED = (
    "{r} = {empty}\n{i} = 0\nwhile {i} < len({0}):\n    if {i} >= {1}:\n        {r} = {r} + {0}[{i}:{i} + 1]\n"
    "    {i} += 1\n"
    "{i} = 0\nwhile {i} < len({0}) and {i} < {1}:\n    {r} = {r} + {0}[{i}:{i} + 1]\n    {i} += 1"
)
_DIGITS = (
    "{a} = {0}\nif {a} < 0:\n    {a} = -{a}\n{r} = [{a} % 10]\nwhile {a} > 9:\n    {a} = {a} // 10\n"
    "    {r}.insert(0, {a} % 10)"
)

# name: (value or clause, program, wordings)
_TABLE: dict[str, tuple[Want, str, tuple[str, ...]]] = {
    "plus": ("value", "{r} = {1} - -{0}", ("<v> plus <v>", "the sum of <v> and <v>")),
    "minus": ("value", "{r} = -{1} + {0}", ("<v> minus <v>",)),
    "times": ("value", "{r} = {1} * {0}", ("<v> times <v>", "the product of <v> and <v>")),
    "twice": ("value", "{r} = {0} + {0}", ("twice <v>",)),
    "divided": ("value", "{r}, {a} = divmod({0}, {1})", ("<v> divided by <v> , rounded down",)),
    "remainder": (
        "value", "{r} = {0} - {1} * ({0} // {1})",
        ("the remainder , as the operator % gives it , of <v> divided by <v>",),
    ),
    "size": ("value", "{r} = {0}\nif {r} < 0:\n    {r} = 0 - {r}", ("the absolute value of <v>",)),
    "larger": ("value", "{r} = {0}\nif {1} > {r}:\n    {r} = {1}", ("the larger of <v> and <v>",)),
    "smaller": ("value", "{r} = {0}\nif {1} < {r}:\n    {r} = {1}", ("the smaller of <v> and <v>",)),
    "digits": (
        "value", _DIGITS,
        ("the list of the decimal digits of the absolute value of <v> , as numbers , the highest first",),
    ),
    "decimal": ("value", "{r} = '%d' % {0}", ("the decimal text of <v>",)),
    "truth": ("value", "{r} = {0}", ("True if <c> and False otherwise",)),
    "is_true": ("clause", "{r} = {0} is True", ("<v> is True",)),
    "is_false": ("clause", "{r} = {0} is False", ("<v> is False",)),
    "not": ("clause", "{r} = {0} is False", ("it is not true that <c>",)),
    "equal": ("clause", "{r} = not {0} != {1}", ("<v> is equal to <v>",)),
    "greater": ("clause", "{r} = {0} - {1} > 0", ("<v> is greater than <v>",)),
    "less": ("clause", "{r} = {1} - {0} > 0", ("<v> is less than <v>",)),
    "at_least": ("clause", "{r} = not {1} - {0} > 0", ("<v> is at least <v>",)),
    "at_most": ("clause", "{r} = not {0} - {1} > 0", ("<v> is at most <v>",)),
    "even": ("clause", "{r} = not {0} & 1", ("<v> is even",)),
    "odd": ("clause", "{r} = bool({0} & 1)", ("<v> is odd",)),
    "divisible": ("clause", "{r} = {0} // {1} * {1} == {0}", ("<v> is divisible by <n>",)),
    "empty": ("clause", "{r} = True\nfor {a} in {0}:\n    {r} = False", ("<v> is empty",)),
    "contains": (
        "clause", "{r} = False\nfor {a} in {0}:\n    if {a} == {1}:\n        {r} = True",
        ("<v> contains the item <v>",),
    ),
    "contains_text": ("clause", "{r} = {0}.find({1}) >= 0", ("<v> contains the text <v>",)),
    "starts_with": ("clause", "{r} = {0}[:len({1})] == {1}", ("<v> starts with the text <v>",)),
    "ends_with": (
        "clause", "{r} = len({0}) >= len({1}) and {0}[len({0}) - len({1}):] == {1}", ("<v> ends with the text <v>",)
    ),
    "letters_only": (
        "clause", "{r} = {0} != ''\nfor {a} in {0}:\n    if not {a}.isalpha():\n        {r} = False",
        ("<v> is not empty and has letters only , as str.isalpha says",),
    ),
    "digits_only": (
        "clause", "{r} = {0} > ''\nfor {a} in {0}:\n    if not '0' <= {a} <= '9':\n        {r} = False",
        ("<v> is not empty and has no characters but the digits 0 to 9",),
    ),
    "length": (
        "value", "{r} = 0\nfor {a} in {0}:\n    {r} += 1",
        ("the length of <v>", "the number of items of <v>", "the number of characters of <v>"),
    ),
    "backwards": (
        "value", _flip("''", "{a}"), ("the characters of <v> in reverse order", "the text <v> read backwards"),
    ),
    "upper": ("value", "{r} = {0}.upper()", ("<v> in upper case , as str.upper gives it",)),
    "lower": ("value", "{r} = {0}.lower()", ("<v> in lower case , as str.lower gives it",)),
    "followed_by": ("value", "{r} = {0}\n{r} = {r} + {1}", ("<v> followed by <v>",)),
    "written": (
        "value", "{r} = ''\n{i} = 0\nwhile {i} < {1}:\n    {r} = {r} + {0}\n    {i} += 1",
        ("<v> written <v> times in a row , which is empty if that number is less than 1",),
    ),
    "first_characters": (
        "value", _walk("''", "{a}", "{i} < {1}"), ("the first <n> characters of <v> , or all if there are fewer",)
    ),
    "last_characters": (
        "value", _walk("''", "{a}", "{i} >= len({0}) - {1}"),
        ("the last <n> characters of <v> , or all if there are fewer",),
    ),
    "without_first_characters": (
        "value", _walk("''", "{a}", "{i} >= {1}"),
        ("<v> without its first <n> characters , which is empty if there are no more",),
    ),
    "without_last_characters": (
        "value", _walk("''", "{a}", "{i} < len({0}) - {1}"),
        ("<v> without its last <n> characters , which is empty if there are no more",),
    ),
    "moved_characters": (
        "value", _MOVED.replace("{empty}", "''"),
        ("<v> with its first <n> characters moved to its end in order , unchanged if there are no more",),
    ),
    "replaced": (
        "value",
        "{r} = ''\nfor {a} in {0}:\n    if {a} == {1}:\n        {r} = {r} + {2}\n    else:\n        {r} = {r} + {a}",
        ("<v> with every <v> replaced by <v>",),
    ),
    "characters": ("value", "{r} = [{a} for {a} in {0}]", ("the list of the characters of <v>",)),
    "words": (
        "value",
        "{r} = []\n{b} = ''\nfor {a} in {0} + ' ':\n    if not {a}.isspace():\n        {b} = {b} + {a}\n"
        "    elif {b}:\n        {r}.append({b})\n        {b} = ''",
        ("the list of the words of <v> , as str.split gives them without arguments",),
    ),
    "joined": (
        "value",
        "{r} = ''\n{i} = 0\nfor {a} in {0}:\n    if {i}:\n        {r} = {r} + {1}\n    {r} = {r} + {a}\n    {i} += 1",
        ("the items of <v> joined with <v> between them",),
    ),
    "code_point": ("value", "{r} = ord({0})", ("the code point of the character <v>",)),
    "reversed": ("value", _flip("[]", "[{a}]"), ("the items of <v> in reverse order", "the list <v> read backwards")),
    "first_items": (
        "value", _walk("[]", "[{a}]", "{i} < {1}"), ("the first <n> items of <v> , or all if there are fewer",)
    ),
    "last_items": (
        "value", _walk("[]", "[{a}]", "{i} >= len({0}) - {1}"),
        ("the last <n> items of <v> , or all if there are fewer",),
    ),
    "without_first_items": (
        "value", _walk("[]", "[{a}]", "{i} >= {1}"),
        ("the items of <v> without the first <n> , none if there are no more",),
    ),
    "without_last_items": (
        "value", _walk("[]", "[{a}]", "{i} < len({0}) - {1}"),
        ("the items of <v> without the last <n> , none if there are no more",),
    ),
    "moved_items": (
        "value", _MOVED.replace("{empty}", "[]"),
        ("the items of <v> with the first <n> moved to the end in order , unchanged if there are no more",),
    ),
    "sorted": ("value", _insertion("<"), ("the items of <v> sorted in ascending order",)),
    "sorted_down": ("value", _insertion(">"), ("the items of <v> sorted in descending order",)),
    "distinct": (
        "value", _LOOP + "    if not any({b} == {a} for {b} in {r}):\n        {r}.append({a})",
        ("the items of <v> in order , without those that are equal to an earlier one",),
    ),
    "even_places": (
        "value", _walk("[]", "[{a}]", "not {i} & 1"),
        ("the items of <v> at even indices , counted from 0 , in order",),
    ),
    "odd_places": (
        "value", _walk("[]", "[{a}]", "{i} & 1"), ("the items of <v> at odd indices , counted from 0 , in order",)
    ),
    "sum": (
        "value", "{r} = 0\nfor {a} in {0}:\n    {r} += {a}",
        ("the sum of the items of <v> , which is 0 if there are none",),
    ),
    "largest": (
        "value", "{r} = {0}[0]\nfor {a} in {0}:\n    if {a} > {r}:\n        {r} = {a}", ("the largest item of <v>",)
    ),
    "smallest": (
        "value", "{r} = {0}[0]\nfor {a} in {0}:\n    if {a} < {r}:\n        {r} = {a}", ("the smallest item of <v>",)
    ),
    "first_item": ("value", "{r} = {0}[0]", ("the first item of <v>",)),
    "last_item": ("value", "{r} = {0}[len({0}) - 1]", ("the last item of <v>",)),
    "running_sums": (
        "value", "{r} = []\n{b} = 0\nfor {a} in {0}:\n    {b} += {a}\n    {r}.append({b})",
        ("a list with , for every item of <v> in order , the sum of the items up to and with that one",),
    ),
    "differences": (
        "value",
        "{r} = []\n{i} = 1\nwhile {i} < len({0}):\n    {r}.append({0}[{i}] - {0}[{i} - 1])\n    {i} += 1",
        ("a list with , for every item of <v> but the first in order , that item minus the one before it",),
    ),
    "pieces": (
        "value",
        _LOOP + "    if {r} and len({r}[-1]) < {1}:\n        {r}[-1].append({a})\n    else:\n        {r}.append([{a}])",
        ("the items of <v> cut in order into lists of <n> , the last list being shorter if items run out",),
    ),
    "flat": ("value", _LOOP + "    {r}.extend({a})", ("the items of all lists in <v> , one list after the other",)),
    "with_item": (
        "value", _LOOP + "    {r}.append({a})\n{r}.append({1})", ("the items of <v> followed by the one item <v>",)
    ),
    "keys": ("value", _LOOP + "    {r}.append({a})", ("the list of the keys of <v> in order",)),
    "values": (
        "value", _LOOP + "    {r}.append({0}[{a}])", ("the list of the values of <v> in the order of its keys",)
    ),
}  # fmt: skip

# Those whose program is written in ``phrase_programs``, because not all that they speak of is computed.
_SPECIAL: dict[str, tuple[Want, tuple[str, ...]]] = {
    "and": ("clause", ("both <c> and <c>",)),
    "or": ("clause", ("<c> or <c> or both",)),
    "if": ("value", ("<v:1> if <c:0> , and <v:2> otherwise",)),
    "some": ("clause", ("at least one item of <v> is such that <c*>",)),
    "every": ("clause", ("every item of <v> , if there is any , is such that <c*>",)),
    "each": ("value", ("a list with , for every item of <v> in order , <v*>",)),
    "keep": ("value", ("a list of those items of <v> in order for which <c*>",)),
    "count": ("value", ("the number of those items of <v> for which <c*>",)),
    "sorted_by": (
        "value",
        (
            "the items of <v> sorted in ascending order of a key , which is <v*> , those with equal keys in their old "
            "order",
        ),
    ),
}
_SLOT = re.compile(r"<([vcn])(\*)?(?::(\d))?>")
_WANTS: dict[str, Want] = {"v": "value", "c": "clause", "n": "number"}


def _rule(name: str, gives: Want, wording: str) -> Rule:
    pattern: list[str | Slot] = []
    numbers, binds = 0, None
    # These wordings name the number before the value.
    swapped = wording.startswith(("the first <n>", "the last <n>"))
    for word in wording.split(" "):
        match = _SLOT.fullmatch(word)
        if match is None:
            pattern.append(word)
            continue
        number = numbers if match[3] is None else int(match[3])
        number = 1 - number if swapped else number
        binds = number if match[2] else binds
        pattern.append(Slot(number, _WANTS[match[1]]))
        numbers += 1
    return Rule(name, gives, tuple(pattern), binds)


PROGRAMS = {name: program for name, (_, program, _) in _TABLE.items()}
RULES: tuple[Rule, ...] = (
    *(_rule(name, gives, wording) for name, (gives, _, wordings) in _TABLE.items() for wording in wordings),
    *(_rule(name, gives, wording) for name, (gives, wordings) in _SPECIAL.items() for wording in wordings),
)
