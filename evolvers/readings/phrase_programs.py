"""Programs of read phrases: one statement after another, each operand computed before what is made of it."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from .phrase_rules import PROGRAMS, Read

_PLACE = re.compile(r"\{(\w+)\}")


def program_of(read: Read) -> str:
    """Statements in ``value`` that end in a return. ValueError where a number is none that its place allows."""
    writer = _Writer()
    result = writer.of(read)
    return "\n".join([*writer.lines, f"return {result}"])


class _Writer:
    """Lines so far; the names of the items that enclosing rules go through."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._indent = 0
        self._names = 0
        self._items: list[tuple[str, str]] = []

    def of(self, read: Read) -> str:
        """Write what computes a reading; the name or literal that then stands for its value."""
        if read.kind == "subject":
            return "value"
        if read.kind == "number":
            return f"({int(read.text)})"
        if read.kind == "constant":
            return read.text
        if read.kind in ("item", "index"):
            return self._items[read.level][read.kind == "index"]
        special = _SPECIAL.get(read.rule)
        return special(self, read.operands) if special else self._plain(read)

    def _plain(self, read: Read) -> str:
        names = {str(place): self.of(operand) for place, operand in enumerate(read.operands)}
        for place, operand in enumerate(read.operands):
            if read.rule in _COUNTED and place == 1 and int(operand.text) < 1:
                raise ValueError("a number of items is less than 1")
        made = {letter: self.name() for letter in "rabi"}
        self.write(_PLACE.sub(lambda match: {**names, **made}[match[1]], PROGRAMS[read.rule]))
        return made["r"]

    def name(self) -> str:
        """A name that was not used yet."""
        self._names += 1
        return f"part_{self._names}"

    def write(self, statements: str) -> None:
        """Add statements at the present depth."""
        self.lines += textwrap.indent(statements, "    " * self._indent).split("\n")

    @contextmanager
    def below(self, header: str) -> Iterator[None]:
        """What is written meanwhile belongs to a statement that begins so."""
        self.write(header)
        self._indent += 1
        yield
        self._indent -= 1

    @contextmanager
    def each(self, values: str) -> Iterator[str]:
        """A loop over values, of which readings may speak; gives the item's name."""
        item, index = self.name(), self.name()
        self.write(f"{index} = -1")
        with self.below(f"for {item} in {values}:"):
            self.write(f"{index} += 1")
            self._items.append((item, index))
            yield item
            self._items.pop()


_Special = Callable[[_Writer, tuple[Read, ...]], str]


def _chosen(writer: _Writer, operands: tuple[Read, ...]) -> str:
    test, one, other = operands
    result = writer.name()
    with writer.below(f"if {writer.of(test)}:"):
        writer.write(f"{result} = {writer.of(one)}")
    with writer.below("else:"):
        writer.write(f"{result} = {writer.of(other)}")
    return result


def _short_circuit(word: str) -> _Special:
    def write(writer: _Writer, operands: tuple[Read, ...]) -> str:
        first, second = operands
        result = writer.name()
        writer.write(f"{result} = {writer.of(first)}")
        with writer.below(f"if {word}{result}:"):
            writer.write(f"{result} = {writer.of(second)}")
        return result

    return write


def _looped(start: str, step: str) -> _Special:
    """A loop that computes ``{b}`` for each item, and then takes a step."""

    def write(writer: _Writer, operands: tuple[Read, ...]) -> str:
        values, body = operands
        through, result = writer.of(values), writer.name()
        writer.write(f"{result} = {start}")
        with writer.each(through) as item:
            made = writer.of(body)
            writer.write(step.replace("{r}", result).replace("{b}", made).replace("{a}", item))
        return result

    return write


def _sorted_by(writer: _Writer, operands: tuple[Read, ...]) -> str:
    values, key = operands
    through, result, keys, place = writer.of(values), writer.name(), writer.name(), writer.name()
    writer.write(f"{result} = []\n{keys} = []")
    with writer.each(through) as item:
        made = writer.of(key)
        writer.write(
            f"{place} = len({keys})\nwhile {place} and {keys}[{place} - 1] > {made}:\n    {place} -= 1\n"
            f"{keys}.insert({place}, {made})\n{result}.insert({place}, {item})"
        )
    return result


_SPECIAL: dict[str, _Special] = {
    "if": _chosen,
    "and": _short_circuit(""),
    "or": _short_circuit("not "),
    "some": _looped("False", "if {b}:\n    {r} = True\n    break"),
    "every": _looped("True", "if not {b}:\n    {r} = False\n    break"),
    "each": _looped("[]", "{r}.append({b})"),
    "keep": _looped("[]", "if {b}:\n    {r}.append({a})"),
    "count": _looped("0", "if {b}:\n    {r} += 1"),
    "sorted_by": _sorted_by,
}
_COUNTED = frozenset(
    name
    for name in PROGRAMS
    if name.startswith(("first_c", "first_items", "last_c", "last_items", "without_", "moved_"))
    or name in ("pieces", "divisible")
)
