"""Phrases of designed operators read backwards: every way to read a phrase, and the program that the one way says.

A phrase is cut into words, numbers, quoted texts and bracketed parts; a part in brackets is read on its own. All rules
of ``phrase_rules`` are tried on every stretch of words, so that a phrase with two readings is found out, whatever the
types of its parts: people do not check types before they misread.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from .phrase_programs import program_of
from .phrase_rules import RULES, Read, Rule, Slot, Want

MOST_READINGS = 3
MAX_TOKENS = 240
MAX_DEPTH = 24
MAX_STEPS = 400_000
_TOKEN = re.compile(r"'[^'\\]*'|`\w+`|-?\d+|[A-Za-z_]+(?:\.[a-z]+)?|[(),%]")
_NUMBER = re.compile(r"-?\d+")
_ITEMS = (("the", "item"), ("the", "inner", "item"))
_INDICES = (("the", "index", "of", "the", "item"), ("the", "index", "of", "the", "inner", "item"))
_CONSTANTS = {
    ("True",): Read("constant", text="True"),
    ("False",): Read("constant", text="False"),
    ("a", "single", "space"): Read("constant", text="' '"),
    ("the", "empty", "text"): Read("constant", text="''"),
}


@dataclass(frozen=True, slots=True)
class Group:
    """A part in brackets."""

    parts: tuple[str | Group, ...]


def body_of(phrase: str, subject: str, clause: bool) -> str:
    """Statements in ``value`` that end in a return. ValueError unless the phrase has exactly one reading.

    subject: the name of what the phrase speaks of, as it is written there. clause: whether the phrase is a condition.
    """
    found = readings_of(phrase, subject, clause)
    if len(found) != 1:
        number = f"at least {MOST_READINGS}" if len(found) >= MOST_READINGS else len(found)
        raise ValueError(f"the phrase has {number} readings")
    return program_of(found[0])


def readings_of(phrase: str, subject: str, clause: bool) -> tuple[Read, ...]:
    """The different readings of a phrase, at most MOST_READINGS. ValueError when it is too long to be read."""
    whole = _grouped(_tokens(phrase))
    return _Parser(subject).readings(whole.parts, 0, len(whole.parts), "clause" if clause else "value", 0)


def _tokens(phrase: str) -> list[str]:
    found, at = [], 0
    while at < len(phrase):
        if phrase[at] == " ":
            at += 1
            continue
        match = _TOKEN.match(phrase, at)
        if match is None:
            raise ValueError(f"the phrase cannot be read from {phrase[at : at + 20]!r} on")
        found.append(match[0])
        at = match.end()
    if len(found) > MAX_TOKENS:
        raise ValueError(f"the phrase has more than {MAX_TOKENS} words")
    return found


def _grouped(tokens: list[str]) -> Group:
    stack: list[list[str | Group]] = [[]]
    for token in tokens:
        if token == "(":
            stack.append([])
            if len(stack) > MAX_DEPTH:
                raise ValueError("the phrase has too many brackets in each other")
        elif token == ")":
            if len(stack) == 1:
                raise ValueError("a bracket is closed that was not opened")
            inner = Group(tuple(stack.pop()))
            stack[-1].append(inner)
        else:
            stack[-1].append(token)
    if len(stack) != 1:
        raise ValueError("a bracket is not closed")
    return Group(tuple(stack[0]))


_Parts = tuple[str | Group, ...]


class _Parser:
    """All readings of stretches of words, each found once. depth: how many rules that go through items are around."""

    def __init__(self, subject: str) -> None:
        self._subject = subject
        self._known: dict[tuple[_Parts, int, int, Want, int], tuple[Read, ...]] = {}
        self._left = MAX_STEPS

    def readings(self, parts: _Parts, start: int, end: int, want: Want, depth: int) -> tuple[Read, ...]:
        """Of the parts from start to end."""
        key = (parts, start, end, want, depth)
        if key not in self._known:
            self._known[key] = ()  # no rule is empty, so nothing is asked for itself
            found: dict[Read, None] = {}
            for read in self._candidates(parts, start, end, want, depth):
                found[read] = None
                if len(found) == MOST_READINGS:
                    break
            self._known[key] = tuple(found)
        return self._known[key]

    def _candidates(self, parts: _Parts, start: int, end: int, want: Want, depth: int) -> Iterator[Read]:
        if end - start == 1:
            only = parts[start]
            if isinstance(only, Group):
                yield from self.readings(only.parts, 0, len(only.parts), want, depth)
                return
        if want == "number":
            if end - start == 1 and isinstance(only, str) and _NUMBER.fullmatch(only):
                yield Read("number", text=only)
            return
        if want == "value":
            yield from self._word(parts[start:end], depth)
        for rule in RULES:
            if rule.gives == want:
                for operands in self._matches(rule, 0, parts, start, end, depth):
                    yield Read("rule", rule=rule.name, operands=_in_order(rule, operands))

    def _word(self, parts: _Parts, depth: int) -> Iterator[Read]:
        words = tuple(part for part in parts if isinstance(part, str))
        if len(words) < len(parts):
            return
        if len(words) == 1:
            (word,) = words
            if word == self._subject:
                yield Read("subject")
            elif _NUMBER.fullmatch(word):
                yield Read("number", text=word)
            elif word.startswith("'") and len(word) > 2 and " " not in word:
                yield Read("constant", text=repr(word[1:-1]))
        if words in _CONSTANTS:
            yield _CONSTANTS[words]
        for level in range(depth):
            if words == _ITEMS[level]:
                yield Read("item", level=level)
            if words == _INDICES[level]:
                yield Read("index", level=level)

    def _matches(
        self, rule: Rule, place: int, parts: _Parts, start: int, end: int, depth: int
    ) -> Iterator[tuple[Read, ...]]:
        """Every way in which the rule's pattern from a place on covers the parts from start to end."""
        self._left -= 1
        if self._left < 0:
            raise ValueError("the phrase takes too long to read; put its parts into brackets")
        pattern = rule.pattern
        if len(pattern) - place > end - start:
            return
        if place == len(pattern):
            if start == end:
                yield ()
            return
        element = pattern[place]
        if isinstance(element, str):
            if parts[start] == element:
                yield from self._matches(rule, place + 1, parts, start + 1, end, depth)
            return
        inner = depth + (rule.binds == element.number)
        if inner > len(_ITEMS):
            return
        last = end - (len(pattern) - place - 1)
        follows = pattern[place + 1] if place + 1 < len(pattern) else None
        for stop in [last] if follows is None else range(start + 1, last + 1):
            if isinstance(follows, str) and parts[stop] != follows:
                continue
            rests = list(self._matches(rule, place + 1, parts, stop, end, depth))
            if rests:
                for read in self.readings(parts, start, stop, element.want, inner):
                    yield from ((read, *rest) for rest in rests)


def _in_order(rule: Rule, operands: tuple[Read, ...]) -> tuple[Read, ...]:
    """Operands as the rule's program numbers them, and not as its wording names them."""
    numbers = [element.number for element in rule.pattern if isinstance(element, Slot)]
    return tuple(read for _, read in sorted(zip(numbers, operands, strict=True), key=lambda pair: pair[0]))
