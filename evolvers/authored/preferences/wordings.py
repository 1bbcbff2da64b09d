"""What of a preference task's question can be worded anew, and what another wording must keep.

A question that shows the beginning of a function is worded anew in the function's description; its signature and its
examples stay. Of any other question all but the code blocks is text; these stay as they are, in their order.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from ....benchmarks import BadInput, CodeTask
from ....benchmarks.preference import PreferenceTask
from ...preferences.asking import question_of, with_question
from ...protocol import NotApplicable
from ..protected import Vocabulary, change, protected_in, vocabulary_of
from ..restating import described, restated
from .evidence import entry_of

_BLOCK = re.compile(r"^(`{3,})[^\n`]*\n(.*?)^\1[ \t]*$", re.DOTALL | re.MULTILINE)
_NEGATION = re.compile(
    r"\b(?:not|never|no|none|nobody|nothing|neither|nor|without|cannot|avoid\w*|except|unless)\b|n['’]t\b",
    re.IGNORECASE,
)
_MOST_AROUND = 20
"""Words around a function's beginning that say nothing about it."""


@dataclass(frozen=True, slots=True)
class Wording:
    """text: what can be worded anew. rest: what follows it in a function's description, "" elsewhere."""

    text: str
    rest: str = ""


def wording_of(task: PreferenceTask) -> Wording:
    """See the module's docstring. NotApplicable where there is nothing to word anew."""
    code = _function(task)
    if code is None:
        return Wording(question_of(task))
    found = described(code)
    return Wording(found.text, found.rest)


def reworded(task: PreferenceTask, text: str) -> PreferenceTask:
    """The task with another wording. NotApplicable where the code blocks are not the same."""
    code = _function(task)
    question = question_of(task)
    if code is None:
        if [match[0] for match in _BLOCK.finditer(question)] != [match[0] for match in _BLOCK.finditer(text)]:
            raise NotApplicable("the code blocks of the question must stay as they are")
        return with_question(task, text)
    (block,) = _BLOCK.finditer(question)
    prompt = restated(code, text).prompt.rstrip("\n") + "\n"
    return with_question(task, question[: block.start(2)] + prompt + question[block.end(2) :])


def kept_in(task: PreferenceTask) -> list[str]:
    """What another wording must keep, in words for its author."""
    text = _BLOCK.sub("", wording_of(task).text)
    return sorted(protected_in(text, _vocabulary(task))) + [f"negation {word}" for word in sorted(_negations(text))]


def change_of(task: PreferenceTask, text: str) -> str:
    """What a new wording lost of the old one, or added to it, in one line; "" where all is kept."""
    old, new = (_BLOCK.sub("", each) for each in (wording_of(task).text, text))
    found = change(old, new, _vocabulary(task))
    if not found.none:
        return found.say()
    before, after = _negations(old).total(), _negations(new).total()
    if before != after:
        return f"the text has {after} negating words (not, never, no, without, ...); it must have {before}"
    return ""


def _negations(text: str) -> Counter[str]:
    return Counter(match.lower() for match in _NEGATION.findall(text))


def _vocabulary(task: PreferenceTask) -> Vocabulary:
    code = _function(task)
    if code is not None:
        return vocabulary_of(code)
    entry = entry_of(task)
    return Vocabulary(frozenset({entry} if entry else ()), frozenset())


def _function(task: PreferenceTask) -> CodeTask | None:
    """The function whose beginning the question shows, with its description; None for any other question."""
    entry, question = entry_of(task), question_of(task)
    blocks = list(_BLOCK.finditer(question))
    if entry is None or len(blocks) != 1 or len(_BLOCK.sub("", question).split()) > _MOST_AROUND:
        return None
    prompt = blocks[0][2]
    if f"def {entry}" not in prompt:
        return None
    try:
        code = CodeTask(task.id, prompt, entry, prompt + "    pass\n", ())
        described(code)
    except (NotApplicable, BadInput, SyntaxError, ValueError):
        return None
    return code
