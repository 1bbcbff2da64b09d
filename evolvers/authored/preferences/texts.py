"""What operators have in common: how a conversation is shown, how an author's response is read."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ....benchmarks.preference import PreferenceTask, Proof
from ..fields import check_known, text_of
from ..likeness import length_ratio
from ..protocol import UnusableReply
from .judges import Vote

MAX_RESPONSE = 12_000
MAX_QUESTION = 8_000


def conversation_of(task: PreferenceTask) -> str:
    """All turns, each under its role; the last one is the question."""
    return "\n\n".join(f"{message.role}:\n{message.content}" for message in task.messages)


def read_response(
    reply: Mapping[str, Any],
    known: Collection[str] = ("response",),
    *,
    other_than: str = "",
    bounds: tuple[float, float] | None = None,
) -> str:
    """A response in the field ``response``; UnusableReply where it is empty, or the one it was made of.

    bounds: words for each word of that one.
    """
    check_known(reply, known)
    text = text_of(reply, "response", 1, MAX_RESPONSE)
    if other_than:
        refuse_equal("response", text, other_than)
        if bounds is not None:
            check_length("response", text, other_than, bounds)
    return text


def refuse_equal(name: str, text: str, old: str) -> None:
    """UnusableReply where a text is the old one."""
    if text.split() == old.split():
        raise UnusableReply(f'"{name}": is the given text; change it as asked', "nothing changed")


def check_length(name: str, text: str, old: str, bounds: tuple[float, float]) -> None:
    """UnusableReply where a text is much shorter or longer than the old one, so that its length would tell."""
    ratio = length_ratio(text, old)
    if not bounds[0] <= ratio <= bounds[1]:
        raise UnusableReply(
            f'"{name}": has {ratio:.2f} words for each word of the given text; keep it between {bounds[0]:g} and '
            f"{bounds[1]:g}",
            "length",
        )


def judged_proof(votes: Sequence[Vote]) -> Proof:
    """No proof that a machine could run: how many judges say so."""
    agreeing = sum(vote.settled == "one" for vote in votes)
    return Proof("stated", {"why": f"{agreeing} of {len(votes)} judges prefer it in both orders of presentation"})
