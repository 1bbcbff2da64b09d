"""Filler for the system prompt: lines about the house that have nothing to do with any question.

Preserving: the conversation stays; the lines ask for nothing.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ....benchmarks.preference import Message, PreferenceTask
from ..asking import same_responses
from ..insertions import made_of
from ..protocol import Gate, Kind, PreferenceCandidate

LINES = (
    "This conversation takes place in the web interface of the service.",
    "Conversations are kept for thirty days and then removed.",
    "The interface is available in fourteen languages.",
    "The service desk is open from Monday to Friday.",
    "The session identifier is shown in the footer of the page.",
    "Users reach this page from the link in the main menu.",
    "The page has a light theme and a dark theme.",
    "The server is located in a data centre in northern Europe.",
    "Maintenance takes place on the first Sunday of each quarter.",
    "The logo in the upper left corner leads back to the start page.",
)
_LEAST, _MOST = 3, 6


@dataclass(frozen=True, slots=True)
class SystemFiller:
    """See the module's docstring."""

    name: str = "system_filler"
    version: str = "1"
    kind: Kind = "preserving"

    def describe(self) -> str:
        """One line for people."""
        return "lines that ask for nothing in the system prompt"

    def propose(self, task: PreferenceTask, rng: random.Random) -> list[PreferenceCandidate]:
        """One candidate."""
        text = " ".join(rng.sample(LINES, rng.randint(_LEAST, _MOST)))
        first = task.messages[0]
        if first.role == "system":
            messages = (replace(first, content=f"{first.content}\n\n{text}"), *task.messages[1:])
        else:
            messages = (Message("system", text), *task.messages)
        return [PreferenceCandidate(replace(task, messages=messages), (task,), {})]

    def prove(
        self, task: PreferenceTask, parents: Sequence[PreferenceTask], parameters: Mapping[str, Any]
    ) -> tuple[Gate, ...]:
        """Static proof: the system prompt gained lines of a fixed list at its end, and nothing else changed."""
        (parent,) = parents
        has_own = parent.messages[0].role == "system"
        old = parent.messages[0].content if has_own else ""
        first = task.messages[0]
        turns = parent.messages[1:] if has_own else parent.messages
        holds = first.role == "system" and first.content.startswith(old) and task.messages[1:] == turns
        holds = holds and made_of(first.content[len(old) :], LINES) and same_responses(task, parent)
        return (Gate("only_system_lines_added", holds, {"characters": len(first.content) - len(old)}),)
