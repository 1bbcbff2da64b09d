"""Making a new preference task: responses in a drawn order under ids that say nothing, and questions with more in them.

The order in which responses are shown is drawn, so that over many tasks the better one stands first half of the time.
"""

from __future__ import annotations

import random
import string
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ...benchmarks.preference import Message, PreferenceTask, Proof, Response
from ..protocol import NotApplicable

Tiered = Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class Written:
    """The text of a new response, and who or what wrote it."""

    text: str
    source: str


def ranked(
    parent: PreferenceTask,
    tiers: Sequence[Sequence[Written]],
    rng: random.Random,
    proof: Callable[[Tiered], Proof],
    **changes: Any,
) -> PreferenceTask:
    """A task about a parent's question with other responses.

    tiers: the texts, the best first. proof: makes the proof from the ids in tiers. changes: other fields of the task.
    NotApplicable when two of the texts are equal.
    """
    texts = [(place, written) for place, tier in enumerate(tiers) for written in tier]
    if len({written.text for _, written in texts}) < len(texts):
        raise NotApplicable("two responses would be equal")
    rng.shuffle(texts)
    named = list(zip(string.ascii_lowercase, texts, strict=False))
    ranking = tuple(tuple(name for name, (at, _) in named if at == place) for place in range(len(tiers)))
    responses = tuple(Response(name, written.text, written.source) for name, (_, written) in named)
    fields: dict[str, Any] = {"votes": {}, "metadata": {}, "lineage": None, "responses": responses, "ranking": ranking}
    return replace(parent, **{**fields, "proof": proof(ranking), **changes})


def asked_too(messages: Sequence[Message], sentence: str) -> tuple[Message, ...]:
    """A conversation whose last turn asks for one thing more."""
    last = messages[-1]
    return (*messages[:-1], Message(last.role, f"{last.content.rstrip()}\n\n{sentence}"))
