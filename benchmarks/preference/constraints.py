"""Checkable instructions: pure functions of a response's text, named and parameterised as plain JSON.

    {"kind": "max_words", "number": 40}
    {"kind": "json_object", "keys": ["name", "age"]}

Each kind says in one English sentence what it asks for (``Constraint.sentence``), and nothing but the text decides
whether it holds (``Constraint.holds``). What counts as what:

word
    a run of characters between white space that has a letter or a digit; ``well-known`` and ``don't`` are one each
sentence
    a stretch of words that ends in ``.``, ``!``, ``?`` or ``…`` before white space (closing quotes, brackets, ``*`` and
    ``_`` may follow), or at the end of the text. ``3.5`` ends none; ``e.g.`` does, so prompts that count sentences had
    better not invite abbreviations. The numbers of a list (``1.``) end none.
paragraph
    lines without an empty line between them
bullet point
    a line that begins with ``- ``, ``* `` or ``• ``, after any indentation

White space around the whole response never matters, except to ``max_line_length``. Nothing depends on a language's
grammar. All of it takes time linear in the text, because the text may be anything that a model wrote.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from ..errors import BadInput

_ENDS = (".", "!", "?", "…")
_CLOSING = "\"')]}”’»*_"
_NUMBERED = re.compile(r"^[ \t]*(\d{1,4})[.)][ \t]+\S", re.M)
_MARKER = re.compile(r"^[ \t]*\d{1,4}[.)][ \t]+", re.M)
_BULLET = re.compile(r"^[ \t]*[-*•][ \t]+\S", re.M)
_HEADING = re.compile(r"^#{1,6}[ \t]+\S", re.M)
_DATE = re.compile(r"(?<![\w-])(\d{4})-(\d{2})-(\d{2})(?![\w-])")
_WORD = re.compile(r"\w+(?:['’-]\w+)*")
_MOST = 1_000_000


@dataclass(frozen=True)
class Constraint:
    """One checkable instruction; ``parameters`` are those of its kind. BadInput says what is wrong with them."""

    kind: str
    parameters: Mapping[str, Any]

    def __post_init__(self) -> None:
        known = KINDS.get(self.kind)
        if known is None:
            raise BadInput(f"constraint {str(self.kind)[:40]!r}: there is no such kind; known: {', '.join(KINDS)}")
        if set(self.parameters) != set(known.needs):
            wanted = ", ".join(known.needs) or "none"
            raise BadInput(f"constraint {self.kind}: it has the parameters {wanted}, and these only")
        for name in known.needs:
            _PARAMETERS[name](self.kind, self.parameters[name])

    def holds(self, text: str) -> bool:
        """Whether a response does what is asked."""
        return KINDS[self.kind].holds(text, **self.parameters)

    @cached_property
    def sentence(self) -> str:
        """What is asked, as one English sentence for a prompt."""
        return KINDS[self.kind].says(**self.parameters)

    def to_json(self) -> dict[str, Any]:
        """The JSON form."""
        return {"kind": self.kind, **self.parameters}

    @staticmethod
    def from_json(data: Any) -> Constraint:
        """Read the JSON form; BadInput names what is wrong with it."""
        if not isinstance(data, dict) or not isinstance(data.get("kind"), str):
            raise BadInput(
                f'constraint: expected an object such as {{"kind": "max_words", "number": 40}}, not {data!r:.60}'
            )
        return Constraint(data["kind"], {key: value for key, value in data.items() if key != "kind"})


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of constraint: the names of its parameters, whether it holds, and what it asks for in words."""

    needs: tuple[str, ...]
    holds: Callable[..., bool]
    says: Callable[..., str]


# --- what the kinds count ---


def words(text: str) -> list[str]:
    """The words of a text, with the punctuation that touches them."""
    return [piece for piece in text.split() if any(char.isalnum() for char in piece)]


def sentences(text: str) -> int:
    """How many sentences a text has."""
    count, open_words = 0, 0
    for piece in _MARKER.sub("", text).split():
        bare = piece.rstrip(_CLOSING)
        open_words += any(char.isalnum() for char in piece)
        if bare.endswith(_ENDS) and open_words:
            count, open_words = count + 1, 0
    return count + (open_words > 0)


def paragraphs(text: str) -> int:
    """How many paragraphs a text has."""
    lines = [line.strip() for line in text.splitlines()]
    return sum(bool(line) and (place == 0 or not lines[place - 1]) for place, line in enumerate(lines))


def lines_of(text: str) -> list[str]:
    """The lines of a text that are not empty, without white space around them."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def times(text: str, word: str) -> int:
    """How often a word occurs as a whole word, in capitals or not (``art`` does not occur in ``party``)."""
    wanted = word.casefold()
    return len(re.findall(rf"(?<!\w){re.escape(wanted)}(?!\w)", text.casefold()))


def _numbers(text: str) -> list[int]:
    return [int(found) for found in _NUMBERED.findall(text)]


def _json_keys(text: str) -> set[str] | None:
    """The keys of a text that is one JSON object and nothing else; None for any other text."""
    try:
        pairs = json.loads(text, object_pairs_hook=lambda found: found, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return None
    if not text.strip().startswith("{"):  # with the hook an object reads as a list of pairs
        return None
    keys = [key for key, _ in pairs]
    return set(keys) if len(set(keys)) == len(keys) else None


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _has_date(text: str) -> bool:
    return any(_is_date(*map(int, found)) for found in _DATE.findall(text))


def _is_date(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def _in_order(text: str) -> bool:
    found = [line.casefold() for line in lines_of(text)]
    return found == sorted(found)


def _cased(text: str, is_wrong: Callable[[str], bool]) -> bool:
    return any(char.isalpha() for char in text) and not any(is_wrong(char) for char in text)


# --- the sentences ---


def _some(number: int, one: str) -> str:
    return f"{number} {one}" if number == 1 else f"{number} {one}s"


def _listed(keys: list[str]) -> str:
    quoted = [f'"{key}"' for key in keys]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} and {quoted[-1]}"


_NAMES = {",": "any commas", "!": "any exclamation marks", "?": "any question marks", ";": "any semicolons"}


KINDS: Mapping[str, Kind] = {
    "max_words": Kind(
        ("number",),
        lambda text, number: len(words(text)) <= number,
        lambda number: f"Use at most {_some(number, 'word')}.",
    ),
    "min_words": Kind(
        ("number",),
        lambda text, number: len(words(text)) >= number,
        lambda number: f"Use at least {_some(number, 'word')}.",
    ),
    "max_sentences": Kind(
        ("number",),
        lambda text, number: sentences(text) <= number,
        lambda number: f"Write at most {_some(number, 'sentence')}.",
    ),
    "sentences": Kind(
        ("number",),
        lambda text, number: sentences(text) == number,
        lambda number: f"Write exactly {_some(number, 'sentence')}.",
    ),
    "paragraphs": Kind(
        ("number",),
        lambda text, number: paragraphs(text) == number,
        lambda number: f"Write exactly {_some(number, 'paragraph')}, with an empty line between paragraphs.",
    ),
    "lines": Kind(
        ("number",),
        lambda text, number: len(lines_of(text)) == number,
        lambda number: f"Write exactly {_some(number, 'line')}, not counting empty ones.",
    ),
    "max_line_length": Kind(
        ("number",),
        lambda text, number: all(len(line) <= number for line in text.splitlines()),
        lambda number: f"No line may be longer than {_some(number, 'character')}.",
    ),
    "bullets": Kind(
        ("number",),
        lambda text, number: len(_BULLET.findall(text)) == number,
        lambda number: f'Use exactly {_some(number, "bullet point")}: lines that begin with "- ".',
    ),
    "numbered_list": Kind(
        ("number",),
        lambda text, number: _numbers(text) == list(range(1, number + 1)),
        lambda number: (
            f"Give a numbered list of exactly {_some(number, 'item')}, each on a line of its own, "
            "numbered in order from 1."
        ),
    ),
    "headings": Kind(
        ("number",),
        lambda text, number: len(_HEADING.findall(text)) == number,
        lambda number: (
            f'Use exactly {_some(number, "Markdown heading")}: lines that begin with "# " or more such signs.'
        ),
    ),
    "starts_with": Kind(
        ("text",),
        lambda text_, text: text_.lstrip().startswith(text),
        lambda text: f'Begin your response with exactly "{text}".',
    ),
    "ends_with": Kind(
        ("text",),
        lambda text_, text: text_.rstrip().endswith(text),
        lambda text: f'End your response with exactly "{text}".',
    ),
    "quotes": Kind(
        ("text",),
        lambda text_, text: f'"{text}"' in text_,
        lambda text: f'Quote this text exactly, between double quotation marks: "{text}"',
    ),
    "includes_word": Kind(
        ("word",),
        lambda text, word: times(text, word) > 0,
        lambda word: f'Use the word "{word}".',
    ),
    "excludes_word": Kind(
        ("word",),
        lambda text, word: times(text, word) == 0,
        lambda word: f'Do not use the word "{word}".',
    ),
    "word_times": Kind(
        ("word", "number"),
        lambda text, word, number: times(text, word) == number,
        lambda word, number: f'Use the word "{word}" exactly {_some(number, "time")}.',
    ),
    "excludes_character": Kind(
        ("character",),
        lambda text, character: character not in text,
        lambda character: f"Do not use {_NAMES.get(character, f'the character {character!r}')}.",
    ),
    "no_digits": Kind(
        (),
        lambda text: not any(char.isdigit() for char in text),
        lambda: "Do not use any digits.",
    ),
    "lower_case": Kind(
        (),
        lambda text: _cased(text, lambda char: char != char.lower()),
        lambda: "Write everything in lower case, without a single capital letter.",
    ),
    "upper_case": Kind(
        (),
        lambda text: _cased(text, lambda char: char.islower()),
        lambda: "Write everything in capital letters.",
    ),
    "json_object": Kind(
        ("keys",),
        lambda text, keys: _json_keys(text) == set(keys),
        lambda keys: (
            f"Answer with one valid JSON object and nothing else; its keys must be {_listed(keys)}, and no others."
        ),
    ),
    "iso_date": Kind(
        (),
        _has_date,
        lambda: "Give at least one date in the form YYYY-MM-DD.",
    ),
    "alphabetical_lines": Kind(
        (),
        _in_order,
        lambda: "Put the lines of your response in alphabetical order.",
    ),
}
"""Every kind, by its name."""


# --- parameters ---


def _number(kind: str, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _MOST:
        raise BadInput(f"constraint {kind}: number: expected a whole number from 0 on, found {str(value)[:40]}")


def _text(kind: str, value: Any) -> None:
    if not isinstance(value, str) or not value.strip() or value != value.strip() or '"' in value or "\n" in value:
        raise BadInput(f"constraint {kind}: text: expected one line without quotation marks, found {str(value)[:40]!r}")


def _word(kind: str, value: Any) -> None:
    if not isinstance(value, str) or not _WORD.fullmatch(value):
        raise BadInput(f"constraint {kind}: word: expected one word, found {str(value)[:40]!r}")


def _character(kind: str, value: Any) -> None:
    if not isinstance(value, str) or len(value) != 1 or value.isspace():
        raise BadInput(f"constraint {kind}: character: expected one visible character, found {str(value)[:40]!r}")


def _keys(kind: str, value: Any) -> None:
    if not isinstance(value, list) or not value or not all(isinstance(key, str) for key in value):
        raise BadInput(f"constraint {kind}: keys: expected a list of names, found {str(value)[:40]!r}")
    if len(set(value)) < len(value):
        raise BadInput(f"constraint {kind}: keys: one of them is named twice")


_PARAMETERS: Mapping[str, Callable[[str, Any], None]] = {
    "number": _number,
    "text": _text,
    "word": _word,
    "character": _character,
    "keys": _keys,
}
