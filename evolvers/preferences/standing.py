"""Which responses stand where, and which tasks an operator must leave alone."""

from __future__ import annotations

import re

from ...benchmarks.preference import PreferenceTask
from ..protocol import NotApplicable
from .proofs import is_proven

CLEAR = 0.75
_FORM = re.compile(
    r"\b(?:at (?:most|least)|no more than|no longer than|fewer than|less than|up to|exactly|only|just|single|"
    r"brief(?:ly)?|short(?:er|ly)?|concise(?:ly)?|succinct(?:ly)?|terse|verbose|detail(?:ed)?|long(?:er)?|"
    r"words?|sentences?|paragraphs?|lines?|bullets?|list|table|json|yaml|xml|csv|markdown|format(?:ted)?|"
    r"heading|title|haiku|poem|limerick|sonnet|rhyme|tweet|headline|slogan|one[- ]?liner|yes or no)\b",
    re.IGNORECASE,
)
_STYLE = re.compile(
    r"length|short|brief|concis|verbos|terse|detail|style|format|tone|clarity|readab|fluen|confiden|polite",
    re.IGNORECASE,
)
_CANDOUR = re.compile(r"honest|calibrat|certain|confiden|humil|candou?r|sycophan", re.IGNORECASE)


def worst(task: PreferenceTask) -> tuple[str, ...]:
    """The ids of the last tier; NotApplicable when all are ranked equal."""
    _require_order(task)
    return task.ranking[-1]


def best(task: PreferenceTask) -> tuple[str, ...]:
    """The ids of the first tier; NotApplicable when all are ranked equal."""
    _require_order(task)
    return task.ranking[0]


def _require_order(task: PreferenceTask) -> None:
    if len(task.ranking) < 2:
        raise NotApplicable("the responses are ranked equal")


def require_free_form(task: PreferenceTask) -> None:
    """NotApplicable when a response's length or form may decide who is right, and no machine would notice.

    Where a machine can show the label, its proof is run on the new texts, so nothing need be guessed here.
    """
    if is_proven(task):
        return
    if any(_FORM.search(message.content) for message in task.messages):
        raise NotApplicable("the question may ask for a form or a length")
    if _STYLE.search(task.criterion) or _STYLE.search(task.category):
        raise NotApplicable("the criterion is about form")


def require_clear(task: PreferenceTask) -> None:
    """NotApplicable when a slightly worse tone of the better response could change the label that people gave."""
    if is_proven(task):
        return
    share = task.agreement()
    if share is not None and len(task.ranking) == 2 and share < CLEAR:
        raise NotApplicable("the raters do not agree clearly enough")
    if _CANDOUR.search(task.criterion) or _CANDOUR.search(task.category):
        raise NotApplicable("the criterion is about how sure a response is")
