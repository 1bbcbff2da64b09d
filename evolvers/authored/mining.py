"""Inputs that a reference's own text speaks of: its constants, and what lies at the borders of its arguments' types.

A branch that none of an author's inputs reaches (``if n == 987654321``, the vowels of a task whose inputs hold
brackets) shows no fault of itself. Its condition names the values that lead into it, so these are tried, as fuzzers do
with the constants of a program (a "dictionary"). They are further inputs: one of them becomes a test where it tells a
mutant that no other test tells, and on all of them blind solutions may contradict the reference.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator, Sequence
from typing import Any

from ...benchmarks.literals import NotLiteral, read_literal
from ..deeptypes import has_type, parts_of, type_of_all
from ..protocol import Rows
from ..syntax import nodes_of
from ..texts import text_of

MOST = 80
_CONSTANTS = 24
_LONGEST = 200
_SIZE = 200
"""Of no more items than this are values made because a program has the number."""
_BORDERS: dict[str, tuple[Any, ...]] = {
    "int": (0, 1, -1),
    "float": (0.0, -1.0),
    "str": ("",),
    "list": ([],),
    "dict": ({},),
    "set": (set(),),
}


def mined(program: str, given: Rows, most: int = MOST) -> Rows:
    """Argument tuples that are like given ones but for one value, which is mined.

    Those for each place come in turn. given: at least one row; where rows have several lengths, the first's counts.
    """
    first = given[0]
    same = tuple(args for args in given if len(args) == len(first))
    constants = constants_of(program)
    columns = []
    for place in range(len(first)):
        declared = type_of_all([args[place] for args in same])
        values = list(_values(declared, constants, same, place))
        columns.append([_with(row, place, value) for value in values for row in _hosts(same, value)])
    found: dict[str, tuple[Any, ...]] = {}
    known = set(map(text_of, given))
    for turn in range(max(map(len, columns), default=0)):
        for column in columns:
            if turn < len(column) and text_of(column[turn]) not in known:
                found.setdefault(text_of(column[turn]), column[turn])
    return tuple(found.values())[:most]


def constants_of(program: str) -> tuple[Any, ...]:
    """The plain constants of a program, docstrings left out, each once: the larger ones first, since they are rarer."""
    found: dict[str, Any] = {}
    nodes = nodes_of(program)
    docstrings = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    for node in nodes:
        if id(node) in docstrings or not isinstance(node, (ast.Constant, ast.List, ast.Tuple, ast.UnaryOp)):
            continue
        try:
            value = read_literal(ast.unparse(node))
            text = text_of((value,))
        except (NotLiteral, ValueError):
            continue
        if len(text) <= _LONGEST and not isinstance(value, bool) and value is not None:
            found.setdefault(text, value)
    return tuple(found[text] for text in sorted(found, key=lambda text: (-len(text), text)))[:_CONSTANTS]


def _sized(declared: str, constants: Sequence[Any], given: Rows, place: int) -> Iterator[Any]:
    """Values of which the number of items is a constant, one less or one more, made by repeating what the largest of
    the given ones holds; such numbers decide where a program asks how long something is."""
    if not all(isinstance(args[place], (list, str, dict, set)) for args in given):
        return
    largest = max((args[place] for args in given), key=len)
    there = {len(args[place]) for args in given}
    wanted = [each for each in constants if type(each) is int and 2 <= each <= _SIZE]
    for size in dict.fromkeys(size for each in sorted(wanted) for size in (each + 1, each, each - 1)):
        if largest and size not in there:
            value = _repeated(largest, size)
            if has_type([value], declared):
                yield value


def _repeated(value: Any, size: int) -> Any:
    """A value of so many items, made of those of another one; keys, which differ from each other, by counting on."""
    if isinstance(value, (list, str)):
        return copy.deepcopy((value * (size // len(value) + 1))[:size])
    keys = sorted(value, key=lambda key: text_of((key,)))
    number = 0
    while len(keys) < size and type(keys[0]) in (int, str):
        number += 1
        more = keys[0] + number if type(keys[0]) is int else f"{keys[0]}{number}"
        keys += [more] if more not in value else []
    items = [value[key] for key in sorted(value, key=lambda key: text_of((key,)))] if isinstance(value, dict) else []
    if not items:
        return set(keys[:size])
    return {key: copy.deepcopy(items[place % len(items)]) for place, key in enumerate(keys[:size])}


def _values(declared: str, constants: Sequence[Any], given: Rows, place: int) -> Iterator[Any]:
    """Values of a type, made of constants, then sizes, then borders."""
    outer, items = parts_of(declared)
    for constant in constants if "float" not in declared else map(_floats, constants):
        if has_type([constant], declared):
            yield constant
        if declared == "int" and type(constant) is int:
            yield constant + 1
            yield constant - 1
        if declared == "str" and isinstance(constant, str) and constant:
            yield from _in_texts(constant, given, place)
        if outer == "list" and has_type([[constant]], declared) and items != ["nothing"]:
            yield [constant]
            longest = max((args[place] for args in given), key=len)
            yield [*copy.deepcopy(longest), constant]
    yield from _sized(declared, constants, given, place)
    for border in _BORDERS.get(outer or declared, ()):
        if has_type([border], declared):
            yield copy.deepcopy(border)
    if outer == "list" or declared == "str":
        yield from (args[place][:1] for args in copy.deepcopy(given[:2]))


def _in_texts(constant: str, given: Rows, place: int) -> Iterator[str]:
    """A text among others, as it is likely to be looked for."""
    shortest = min((str(args[place]) for args in given if args[place]), key=len, default="")
    yield constant.upper() if constant.islower() else constant.lower()
    yield constant + shortest + constant
    yield shortest + constant[0]


def _floats(value: Any) -> Any:
    """Whole numbers as floats: a program that has floats is written with both."""
    if isinstance(value, (list, tuple)):
        return type(value)(map(_floats, value))
    return float(value) if type(value) is int and abs(value) < 1 << 53 else value


def _hosts(given: Rows, value: Any) -> tuple[tuple[Any, ...], ...]:
    """The given rows in which a value stands in turn: one that the value decides, and the longest, whose other
    arguments hold most."""
    if len(given[0]) == 1:
        return given[:1]
    return given[len(text_of((value,))) % len(given)], max(given, key=lambda args: len(text_of(args)))


def _with(row: tuple[Any, ...], place: int, value: Any) -> tuple[Any, ...]:
    fresh = copy.deepcopy(row)
    return (*fresh[:place], value, *fresh[place + 1 :])
