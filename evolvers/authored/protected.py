"""What a text says that no other wording may lose or add: its numbers, quoted texts, code, names and types.

Each is a token, ``number 3`` or ``quoted yes``; how often it is said does not matter. Number words count as their
numbers and types under one name (``strings`` is ``type str``), since that much may be worded otherwise.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from ...benchmarks import CodeTask
from ..docstrings import docstring_of, entry_node
from ..prose import names_in
from ..syntax import nodes_of, parsable_prompt, shared

_SPAN = re.compile(
    r"(`{1,3})(?!`)(.+?)(?<!`)\1(?!`)|\"([^\"\n]{0,400})\"|“([^”\n]{0,400})”|(?<!\w)'([^'\n]{0,80})'(?!\w)"
)
_NUMBER = re.compile(r"(?<![A-Za-z_])\d+(?:[.,]\d+)*")
_WORD = re.compile(r"[^\W\d]\w*")
_NAME = re.compile(r"\b(?:[^\W\d]\w*_\w+|[a-z]+[A-Z]\w*|[A-Z][a-z]+[A-Z]\w*|[A-Za-z]+\d\w*|[B-HJ-Z](?!['\w]))\b(?!')")
_PROPER = re.compile(r"[A-Z][a-z]{2,}\Z")
_BEGINS = re.compile(r"(?:^|[.!?:;]|^\s*[-*+]|[\"'“(\[])\s*\Z", re.MULTILINE)
_NUMBER_WORDS = {
    word: str(number)
    for number, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
        "seventeen eighteen nineteen twenty".split()
    )
    if word != "one"  # "the larger one" is no number
} | {"hundred": "100", "thousand": "1000", "million": "1000000"}
_TYPES = {
    word: name
    for name, words in {
        "int": "int ints integer integers",
        "float": "float floats",
        "str": "str string strings",
        "bool": "bool bools boolean booleans",
        "list": "list lists",
        "tuple": "tuple tuples",
        "dict": "dict dicts dictionary dictionaries",
        "True": "true",
        "False": "false",
        "None": "none",
    }.items()
    for word in words.split()
}
# English words under which nobody finds a name again.
_PRONOUNS = frozenset({"a", "A", "i", "I", "an", "is", "it", "in", "of", "to", "the", "and", "or", "not", "for", "if"})
ADDABLE = ("type", "word")
# Capitalised words that belong to no story: the calendar, and terms of mathematics and of writing.
_TERMS = frozenset(
    "Monday Tuesday Wednesday Thursday Friday Saturday Sunday Mon Tue Wed Thu Fri Sat Sun January February March April "
    "May June July August September October November December Fibonacci Fibbonacci Tribonacci Collatz Brazilian "
    "Euclid Euclidean Pythagorean Roman Latin English Greek Unicode Gregorian Boolean Python Manhattan Hamming "
    "Levenshtein Caesar Pascal Euler Mersenne Goldbach Absolute Mean Deviation Letter Note".split()
)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What a task's code knows. names: those of its signature and helper functions; said: capitalised words of its
    strings, which an answer must spell right, and classes that it uses."""

    names: frozenset[str]
    said: frozenset[str]


@dataclass(frozen=True, slots=True)
class Change:
    """Tokens that another wording lacks, and those that it has too many."""

    missing: tuple[str, ...]
    added: tuple[str, ...]

    @property
    def none(self) -> bool:
        """Whether both texts protect the same."""
        return not self.missing and not self.added

    def say(self) -> str:
        """One line for the author."""
        parts = [f"the text no longer has {_listed(self.missing)}"] if self.missing else []
        parts += [f"the text has {_listed(self.added)}, which was not there"] if self.added else []
        return "; ".join(parts)


@lru_cache(maxsize=2048)
def _vocabulary(source: str, entry: str, reference: str) -> Vocabulary:
    node = entry_node(shared(source), entry)
    names = {entry} | {argument.arg for argument in ast.walk(node.args) if isinstance(argument, ast.arg)}
    names |= {each.name for each in shared(source).body if isinstance(each, (ast.FunctionDef, ast.ClassDef))}
    used = names_in("", reference) | {each.id for each in nodes_of(reference) if isinstance(each, ast.Name)}
    return Vocabulary(frozenset(names - _PRONOUNS), frozenset(word for word in used if _PROPER.match(word)))


def vocabulary_of(task: CodeTask) -> Vocabulary:
    """The names that a task's text may speak of. NotApplicable where it has no such function, or no text."""
    docstring_of(task)
    source = parsable_prompt(task.prompt) if task.form == "completion" else task.reference
    return _vocabulary(source, str(task.entry_point), task.reference)


def protected_in(text: str, known: Vocabulary) -> frozenset[str]:
    """The tokens of a text that another wording must keep."""
    found: set[str] = set()
    found.update(f"quoted {_span(match)}" for match in _SPAN.finditer(text) if _span(match))
    plain = _SPAN.sub(lambda match: " \x00 " + ("\n" * match[0].count("\n")), text)
    found.update(f"number {match[0].rstrip('.,').replace(',', '')}" for match in _NUMBER.finditer(plain))
    found.update(f"name {match[0]}" for match in _NAME.finditer(plain))
    for match in _WORD.finditer(plain):
        word = match[0]
        lower = word.lower()
        if word in known.names:
            found.add(f"name {word}")
        elif lower in _NUMBER_WORDS:
            found.add(f"number {_NUMBER_WORDS[lower]}")
        elif lower in _TYPES:
            found.add(f"type {_TYPES[lower]}")
        elif word in known.said or (_PROPER.match(word) and not _BEGINS.search(plain[: match.start()])):
            found.add(f"word {word}")
    return frozenset(found)


def change(old: str, new: str, known: Vocabulary) -> Change:
    """What a new wording lost of the old one's tokens, and what it added.

    A name of the code, a type and a capitalised word may be added: they say nothing that the signature, or the
    sentence around them, does not. A token counts as kept in quotes and out of them.
    """
    before, after = protected_in(old, known), protected_in(new, known)
    values_before, values_after = set(map(_value, before)), set(map(_value, after))
    texts = _words_of(new)
    missing = [
        token
        for token in before
        if _value(token) not in values_after and not (_kind(token) == "word" and _value(token) in texts)
    ]
    added = [
        token
        for token in after
        if _kind(token) not in ADDABLE and _value(token) not in values_before | known.names and not _types_only(token)
    ]
    return Change(tuple(sorted(missing)), tuple(sorted(added)))


def story_words(text: str, known: Vocabulary) -> frozenset[str]:
    """The proper nouns of a text that its code does not know: they belong to its story."""
    words = {_value(token) for token in protected_in(text, known) if _kind(token) == "word"}
    return frozenset(words - known.said - _TERMS)


def _span(match: re.Match[str]) -> str:
    return next((part for part in match.groups()[1:] if part is not None), "").strip()


def _kind(token: str) -> str:
    return token.partition(" ")[0]


def _value(token: str) -> str:
    return token.partition(" ")[2]


def _types_only(token: str) -> bool:
    """Whether a code span names a type, which may be said anywhere."""
    value = _value(token)
    return _kind(token) == "quoted" and (
        value.lower() in _TYPES or re.fullmatch(r"[a-z]+\[[\w\[\], |]+\]", value) is not None
    )


def _words_of(text: str) -> set[str]:
    return set(_WORD.findall(text))


def _listed(tokens: Iterable[str]) -> str:
    rows = [f"the {_kind(token)} {_value(token)[:60]!r}" for token in tokens]
    return ", ".join(rows[:6]) + (f" and {len(rows) - 6} more" if len(rows) > 6 else "")
