"""What a written reply to a question about two responses says: which one, a tie, or nothing that can be read.

Replies are untrusted, and people read the outcome as an accuracy; so nothing is guessed. A label or a verdict is taken
where the reply states it as it was asked to, and else the reply counts as unreadable.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from .api import Choice
from .question_layout import LABELS
from .questions import Labels

_TIE = "tie"
_CHOICES: tuple[Choice, ...] = ("first", "second", "tie")
_BETWEEN = re.compile(r"\s*(?:[,;/|]\s*(?:and|or)?|and|or)\s*", re.IGNORECASE)
"""What stands between the items of a list: a reply that ends with the list of possible verdicts has given none."""
AROUND = " \t\r*_#>`\"'“”‘’()[]{}.,:;!"
_LEAD = re.compile(
    r"(?:the )?(?:(?:my|final|better) )*(?:answer|choice|label|verdict|response)(?: is)?[\s:*_]*(?:response[\s*_]*)?",
    re.IGNORECASE,
)
_REFUSALS = re.compile(
    r"\bi(?:['’]m| am) (?:sorry|unable|not able|not comfortable)\b|\bi(?:['’]d| would) (?:rather|prefer) not\b"
    r"|\bi (?:can(?:['’]t|not)|won['’]t|will not|must decline)\b|\bas an ai\b",
    re.IGNORECASE,
)
_REFUSAL_WITHIN = 400  # characters


def last_verdict(text: str, labels: Labels = LABELS) -> Choice:
    """The last verdict (``[[A]]``, ``[[B]]``, ``[[tie]]``) in a judge's reply; "none" where there is none.

    An explanation may quote the other label before the verdict, so the last one counts and no earlier one. Verdicts
    that are listed (``[[A]] or [[B]]``) are a list of what might be said, and no verdict.
    """
    names = [*labels, _TIE]
    pattern = re.compile(rf"\[\[\s*({'|'.join(map(re.escape, names))})\s*\]\]", re.IGNORECASE)
    found = list(pattern.finditer(text))
    if not found:
        return "none"
    chosen = _named(found[-1][1], names)
    if len(found) > 1 and _BETWEEN.fullmatch(text[found[-2].end() : found[-1].start()]):
        return chosen if _named(found[-2][1], names) == chosen else "none"
    return chosen


def ends_with_verdict(text: str) -> bool:
    """Whether nothing but marks follows the last verdict: then it stands even where the reply was cut."""
    return text.rstrip(AROUND.replace("]", "") + "\n").endswith("]]")


def stated_label(text: str, labels: Labels = LABELS, *, cut: bool = False) -> Choice:
    """The label that a reply gives on a line of its own, its first or its last; "none" where these do not agree.

    cut: the reply ended at its limit of tokens; then its last line may be the beginning of another, and does not count.
    """
    lines = [line for line in text.split("\n") if line.strip()]
    if cut:
        lines = lines[: 1 if len(lines) > 1 else 0]
    found = {_line_label(line, labels) for line in (*lines[:1], *lines[-1:])} - {"none"}
    return found.pop() if len(found) == 1 else "none"


def _line_label(line: str, labels: Labels) -> Choice:
    bare = line.strip(AROUND)
    lead = _LEAD.match(bare)
    for each in (bare, bare[lead.end() :].strip(AROUND) if lead else bare):
        choice = _named(each, labels)
        if choice != "none":
            return choice
    return "none"


def _named(said: str, names: Iterable[str]) -> Choice:
    """By what was said in the order of the names: as it is written there, else in another case if that is clear."""
    known = list(names)
    if said in known:
        return _CHOICES[known.index(said)]
    alike = [place for place, name in enumerate(known) if name.casefold() == said.casefold()]
    return _CHOICES[alike[0]] if len(alike) == 1 else "none"


def why_unreadable(text: str, finish_reason: str | None) -> str:
    """Why a reply holds no choice, in a word: ``empty``, ``refused``, ``cut`` or ``unreadable``."""
    if finish_reason == "length":
        return "cut"
    if not text.strip():
        return "empty"
    return "refused" if _REFUSALS.search(text[:_REFUSAL_WITHIN]) else "unreadable"
