"""The named criteria by which a good response can be made worse, one at a time.

A criterion's words are what its task asks judges with. Where a worse text on one criterion is by nature another one on
a second (what leaves something out is briefer), judges are not asked about the second.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Criterion:
    """words: what it means, for judges. worsen: what the author is asked to do. others: criteria that must stay as they
    are. shares: bounds of the new length, as a share of the old one."""

    name: str
    words: str
    worsen: str
    others: tuple[str, ...]
    shares: tuple[float, float] = (0.75, 1.34)

    @property
    def criterion(self) -> str:
        """As a task's criterion."""
        return f"{self.name}: {self.words}"


CRITERIA: Mapping[str, Criterion] = {
    each.name: each
    for each in (
        Criterion(
            "accuracy",
            "whether what the response states is true; nothing else counts",
            "Make one statement of it false: a plausible slip in a fact, a number, a cause or a name. All the rest stays true.",
            ("clarity", "courtesy", "relevance"),
        ),
        Criterion(
            "completeness",
            "whether the response answers all that was asked; nothing else counts",
            "Leave out one part of what was asked, and close the gap so that nothing looks missing at first sight.",
            ("accuracy", "clarity", "courtesy"),
            (0.5, 1.1),
        ),
        Criterion(
            "clarity",
            "how easily the response can be followed: its order, its sentences, what its words refer to; nothing else "
            "counts",
            "Say the same, but make it hard to follow: another order, long nested sentences, words that refer to it is "
            "unclear what.",
            ("accuracy", "completeness", "courtesy"),
        ),
        Criterion(
            "relevance",
            "whether all that the response says has to do with what was asked; nothing else counts",
            "Put in one or two sentences that are true and have little to do with what was asked.",
            ("accuracy", "completeness", "courtesy"),
            (0.9, 1.6),
        ),
        Criterion(
            "conciseness",
            "whether the response says things once and without needless words; nothing else counts",
            "Say the same in more words: say one thing twice, with fillers, and add no new content.",
            ("accuracy", "completeness", "courtesy"),
            (1.1, 1.8),
        ),
        Criterion(
            "courtesy",
            "whether the response is polite and considerate to whoever asked; nothing else counts",
            "Say the same in a cold or condescending tone, without insults.",
            ("accuracy", "completeness", "clarity"),
        ),
    )
}
PRESENTATION = (
    "presentation: how polished, well laid out and convincing it looks at first sight, whether or not it is right"
)
SERVING = "serving the request: whether the program does what is asked for"
