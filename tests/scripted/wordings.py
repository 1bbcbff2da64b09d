"""Wording a text anew without changing what it says, as far as that can be done by rule.

Words are replaced by others of the same meaning and words that say nothing are put in or left out; numbers, quoted
texts, names and whatever looks like a formula stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Collection

SAME = {
    "return": "give back",
    "returns": "gives back",
    "given": "supplied",
    "find": "determine",
    "largest": "greatest",
    "biggest": "greatest",
    "smallest": "least",
    "numbers": "values",
    "create": "make",
    "write": "make up",
    "takes": "gets",
    "take": "get",
    "check": "test",
    "checks": "tests",
    "calculate": "compute",
    "calculates": "computes",
    "number": "count",
    "words": "vocables",
    "word": "vocable",
    "letters": "characters of the alphabet",
    "sum": "total",
    "contains": "holds",
    "contain": "hold",
    "containing": "holding",
    "elements": "items",
    "element": "item",
    "should": "has to",
    "must": "has to",
    "your": "the",
    "you": "we",
    "also": "likewise",
    "every": "each",
    "using": "by means of",
    "input": "argument",
    "output": "result",
    "and": "as well as",
    "that": "which",
    "implement": "program",
    "which": "that",
    "function": "routine",
    "array": "row",
    "the": "that",
    "a": "some",
}
SAFE = tuple(
    "return returns given find largest biggest smallest create takes check checks calculate calculates sum contains "
    "contain containing elements element every using implement function also and that which should must".split()
)
"""Those of them that are never wrong, whatever stands around them."""
DROPPED = frozenset(
    "a an the that which is are be you your given following will should have has to of please function write task "
    "this there it its for in so then such".split()
)
_SAYS_NOTHING = ("indeed", "in turn", "here", "as said", "plainly", "namely", "accordingly")
_WORD = re.compile(r"[a-z]{2,}\Z")


def reworded(text: str, kept: Collection[str], number: int, every: int = 3) -> str:
    """The text with words of the same meaning, and empty ones after each run of so many plain words."""
    return "\n".join(_line(line, kept, number, every) for line in text.split("\n"))


def _line(line: str, kept: Collection[str], number: int, every: int) -> str:
    pieces, run = [], 0
    words = re.split(r"(\s+)", line)
    quoted = False
    for place, piece in enumerate(words):
        before = quoted
        if sum(piece.count(mark) for mark in "\"'`") % 2:
            quoted = not quoted
        plain = _WORD.match(piece) is not None and not before and piece not in kept
        pieces.append(SAME[piece] if plain and piece in SAFE and piece in SAME else piece)
        run += bool(piece.strip())
        following = words[place + 2] if place + 2 < len(words) else ""
        if run >= every and plain and _WORD.match(following) and following not in kept:
            pieces.append(f", {_SAYS_NOTHING[(number + place) % len(_SAYS_NOTHING)]},")
            run = 0
    return "".join(pieces)


def replaced_words(old: str, new: str, kept: Collection[str]) -> list[str]:
    """Words of the old text that the new one has no more."""
    after = {word.lower() for word in re.findall(r"\w+", new)}
    return [
        word
        for word in dict.fromkeys(re.findall(r"[a-z]{3,}", old.lower()))
        if word not in after and word not in kept and re.search(rf"\b{word}\b", old, re.IGNORECASE)
    ][:10]


def shortened(text: str, kept: Collection[str]) -> str:
    """In the style of a telegram; quoted texts stay as they are."""
    lines = []
    for line in text.split("\n"):
        words, quoted = [], False
        for word in line.split():
            before = quoted
            if sum(word.count(mark) for mark in "\"'`") % 2:
                quoted = not quoted
            if before or word.lower() not in DROPPED or word in kept:
                words.append(word)
        if words:
            lines.append(" ".join(words))
    return "\n".join(lines)


def kept_words(kept: str) -> frozenset[str]:
    """The single words of the list of what must be kept (lines ``- number 3``)."""
    words: set[str] = set()
    for line in kept.split("\n"):
        words.update(re.findall(r"\w+", line.removeprefix("- ").partition(" ")[2]))
    return frozenset(words)


_PIVOTS = {
    "German": "Die Aufgabe ist nicht schwer und wird so gesagt:",
    "French": "Le devoir est celui qui suit et les mots sont des nombres:",
    "Spanish": "La tarea es la que sigue y el texto es de una hoja:",
    "Portuguese": "A tarefa é a que não é de os outros:",
    "Italian": "La prova è quella che non è di una volta:",
    "Polish": "To jest zadanie i nie jest trudne, lub się uda:",
    "Turkish": "Bu bir iş ve zor değil:",
    "Russian": "Вот что нужно сделать:",
    "Chinese": "任务如下:",
    "Japanese": "もんだいはつぎのとおりです:",
    "Korean": "과제는 다음과 같습니다:",
    "Arabic": "المهمة هي كما يلي:",
    "Hindi": "कार्य इस प्रकार है:",
}
_SHIFT = str.maketrans("abcdefghijklmnopqrstuvwxyz", "éåßđèƒĝħíĵķłɱñøþʠřšťúṽŵẋýž")
_BACK = str.maketrans("éåßđèƒĝħíĵķłɱñøþʠřšťúṽŵẋýž", "abcdefghijklmnopqrstuvwxyz")


def to_pivot(text: str, language: str, kept: Collection[str]) -> str:
    """A text as the scripts' foreign language has it: foreign letters, and some words of the true one before it."""
    words = [
        word.translate(_SHIFT) if re.fullmatch(r"[a-z]+[.,;:]?", word) and word.strip(".,;:") not in kept else word
        for word in re.split(r"(\s+)", text)
    ]
    return f"{_PIVOTS[language]}\n{''.join(words)}"


def from_pivot(text: str) -> str:
    """The text back out of it."""
    return "".join(
        word.translate(_BACK) if re.fullmatch(r"[éåßđèƒĝħíĵķłɱñøþʠřšťúṽŵẋýž]+[.,;:]?", word) else word
        for word in re.split(r"(\s+)", text.partition("\n")[2])
    )
