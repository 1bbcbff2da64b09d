"""Changes to the conversation that leave the question itself as it is, and how they are read off the texts."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import replace

from ...benchmarks.preference import Message, PreferenceTask
from ..protocol import Gate

_REFERS = re.compile(
    r"\b(?:above|previous(?:ly)?|earlier|passage|paragraph|article|excerpt|text|story|summar\w*|translat\w*|rewrit\w*|"
    r"rephras\w*|paraphras\w*|proofread\w*|parenthes\w*|bracket\w*|context)\b",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W\d_]{5,}")
_COMMON = frozenset(
    "about above after again against almost along already although always among another around because become been "
    "before began being below between beyond bring called cannot could course during early either every everything "
    "first found from given going great hours house itself large later least leave little longer makes might minutes "
    "never nothing often once other others people place quite rather right second several shall should since small "
    "something sometimes still their there these thing things think third those though three through times today "
    "together under until usually water where whether which while whole whose without would years yourself".split()
)


def with_question(task: PreferenceTask, text: str) -> PreferenceTask:
    """The task with another text of its last turn, the question."""
    last = task.messages[-1]
    return replace(task, messages=(*task.messages[:-1], Message(last.role, text)))


def question_of(task: PreferenceTask) -> str:
    """The text of the last turn."""
    return task.messages[-1].content


def refers_to_text(task: PreferenceTask) -> bool:
    """Whether the question may be about a text in the conversation, which whatever is added would become part of."""
    return _REFERS.search(question_of(task)) is not None


def only_put_before(task: PreferenceTask, parent: PreferenceTask, known: Collection[str]) -> Gate:
    """The gate that the question gained a fixed text before it, and that everything else is as it was."""
    old, new = question_of(parent), question_of(task)
    added = new.removesuffix(old)
    holds = added != new and added.strip() in {text.strip() for text in known}
    holds = holds and task.messages[:-1] == parent.messages[:-1] and task.messages[-1].role == "user"
    return Gate("only_fixed_text_before_question", holds and same_responses(task, parent), {"characters": len(added)})


def same_responses(task: PreferenceTask, parent: PreferenceTask) -> bool:
    """Whether both have the same responses in the same order."""
    return task.responses == parent.responses


def shared_words(one: str, others: Iterable[str]) -> set[str]:
    """Words of five letters and more that a text shares with others, common ones left out; plurals count as one."""
    words = set().union(*(_stems(other) for other in others))
    return _stems(one) & words


def _stems(text: str) -> set[str]:
    words = {word.lower() for word in _WORD.findall(text)} - _COMMON
    return {f"{word[:-3]}y" if word.endswith("ies") else word.removesuffix("s") for word in words}
