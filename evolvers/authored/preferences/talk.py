"""How a parent is shown to an author, and what authors' texts must be like."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ....benchmarks.preference import PreferenceTask
from ...protocol import NotApplicable
from ..fields import check_known, text_of
from ..protocol import UnusableReply
from ..templates import render

MAX_RESPONSE, MIN_RESPONSE = 8_000, 2
MAX_QUESTION, MIN_QUESTION = 4_000, 10
MAX_SHOWN = 16_000
"""Characters of a conversation that an author is shown; longer ones are left alone."""
_LABELS = {"system": "what the assistant was told", "user": "user", "assistant": "assistant"}


def conversation_of(task: PreferenceTask) -> list[Mapping[str, str]]:
    """The turns, for ``partials/pair_conversation.md``."""
    return [{"label": _LABELS[message.role], "text": message.content} for message in task.messages]


def require_short(task: PreferenceTask) -> None:
    """NotApplicable for what is too long to be shown."""
    texts = [*(message.content for message in task.messages), *(response.text for response in task.responses)]
    if sum(map(len, texts)) > MAX_SHOWN:
        raise NotApplicable("the task is too long to be shown to an author")


def require_ranked_pair(task: PreferenceTask) -> None:
    """NotApplicable unless the task has two responses, one better than the other, and asks for the better one."""
    if len(task.responses) != 2:
        raise NotApplicable("it has more than two responses")
    if len(task.ranking) != 2:
        raise NotApplicable("the responses are ranked equal")
    require_upright(task)


def require_upright(task: PreferenceTask) -> None:
    """NotApplicable where the criterion asks for the worse response."""
    if task.proof is not None and task.proof.data.get("inverted") is True:
        raise NotApplicable("the criterion is inverted")


def response_in(reply: Mapping[str, Any], known: Sequence[str] = ("response",), least: int = MIN_RESPONSE) -> str:
    """The text of a response in a reply."""
    check_known(reply, known)
    return text_of(reply, "response", least, MAX_RESPONSE)


def question_in(reply: Mapping[str, Any], field: str, known: Sequence[str]) -> str:
    """The text of a question in a reply."""
    check_known(reply, known)
    return text_of(reply, field, MIN_QUESTION, MAX_QUESTION)


def must_differ(new: str, old: str, field: str) -> None:
    """UnusableReply where a text is the given one again."""
    if new.split() == old.split():
        raise UnusableReply(f'"{field}": is the given text; change it as asked', "nothing changed")


__all__ = [
    "MAX_QUESTION", "MAX_RESPONSE", "conversation_of", "must_differ", "question_in", "render", "require_ranked_pair",
    "require_short", "require_upright", "response_in",
]  # fmt: skip
