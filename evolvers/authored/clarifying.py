"""When readers of a prompt disagree: the input on which they do is the ambiguity, and the author says one thing more.

The reference's value at that input becomes an executed example, and the author may add a sentence or mend its text.
Then others solve the new prompt.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ...benchmarks.plain import decode_items, encode_items
from ..literals import literal
from ..protocol import Executed
from ..wrapping import listed
from .fields import MAX_SPEC, MIN_SPEC, text_of
from .protocol import Draft, Rendered, UnusableReply
from .templates import render

MAX_SENTENCE = 600


@dataclass(frozen=True, slots=True)
class Clarification:
    """What an author said at an input. spec: the text from now on, "" where only the example was added."""

    args: tuple[Any, ...]
    spec: str = ""

    def to_json(self) -> dict[str, Any]:
        """As the certificate holds it."""
        return {"args": encode_items(self.args, False, 0), "spec": self.spec}

    @staticmethod
    def from_json(data: Any) -> Clarification:
        """Read the JSON form; KeyError, TypeError, ValueError or PlainError where it is none."""
        return Clarification(tuple(decode_items(data["args"], 0)), str(data["spec"]))


def request(draft: Draft, row: Executed, others: Sequence[Executed]) -> Rendered:
    """What the author is asked. others: what readers arrived at, at the same input."""
    values = dict.fromkeys(map(_told, others))
    return render(
        "clarify",
        spec=draft.spec,
        signature=draft.signature,
        call=f"{draft.entry_point}({listed(row.args)})",
        value=_told(row),
        others=[value for value in values if value != _told(row)][:4],
    )


def _told(row: Executed) -> str:
    if row.raised is not None:
        return f"raises {row.raised}"
    try:
        return literal(row.returns)[:300]
    except ValueError:
        return "a value that has no literal"


def read(draft: Draft, row: Executed, reply: Mapping[str, Any]) -> Clarification:
    """The clarification in a reply's object; UnusableReply where it says nothing of use."""
    if reply.get("sentence"):
        sentence = " ".join(text_of(reply, "sentence", 5, MAX_SENTENCE).split())
        return Clarification(row.args, f"{draft.spec.rstrip()}\n\n{sentence}")
    if reply.get("spec"):
        return Clarification(row.args, text_of(reply, "spec", MIN_SPEC, MAX_SPEC))
    if reply.get("example") in (None, False, "", 0):
        raise UnusableReply('give "sentence", "spec" or "example"', "missing field")
    return Clarification(row.args)


def clarified(draft: Draft, said: Sequence[Clarification]) -> Draft:
    """The draft after what was said of it."""
    for each in said:
        draft = replace(draft, spec=each.spec or draft.spec)
    return draft
