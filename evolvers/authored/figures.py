"""What an evolution's requests are like: assumed, or measured on the replies of an earlier one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from .store import Kept

Kind = tuple[str, str]
"""Role and purpose."""
EVOLVE, LATER = "evolve", "later steps"
"""The first request for a draft, which can be told beforehand, and an operator's further ones, whatever their names."""
_AFTER = frozenset(("plan", "mend plan", "mend", "inputs", "clarify", "solve", "solve parent", "judge"))
"""Purposes that no operator's own step has."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Shares and sizes that an estimate rests on.

    mends, more_inputs: requests of these kinds for each draft. reach: share of drafts whose candidate gets so far that
    it is solved. clarified: share of these on which solvers disagree, so that the author says one thing more and others
    solve it again. chars_per_token: of questions that can be told. question_tokens, reply_tokens: means by role and
    purpose; reply_of: of drafts by their prompt; where nothing was measured, a text has the length of what it is to
    hold. source: for people.
    """

    mends: float = 0.10
    more_inputs: float = 0.05
    reach: float = 0.85
    clarified: float = 0.15
    chars_per_token: float = 4.0
    question_tokens: Mapping[Kind, float] = field(default_factory=dict)
    reply_tokens: Mapping[Kind, float] = field(default_factory=dict)
    reply_of: Mapping[str, float] = field(default_factory=dict)
    source: str = "assumed"

    def asked(self, kind: Kind, chars: float) -> float:
        """Tokens of a question that has about so many characters."""
        return self.question_tokens.get(kind, chars / self.chars_per_token)

    def said(self, kind: Kind, template: str, chars: float) -> float:
        """Tokens of a reply that is to hold so many characters."""
        return self.reply_of.get(template, self.reply_tokens.get(kind, chars / self.chars_per_token))

    def words(self) -> str:
        """All of it in one line."""
        lengths = "as long as those were" if self.reply_tokens else "as long as what they are to hold, and no thinking"
        return (
            f"{self.source}: {self.mends:.0%} of drafts are mended, {self.more_inputs:.0%} need more inputs, "
            f"{self.reach:.0%} are solved, {self.clarified:.0%} of these clarified and solved again; "
            f"{self.chars_per_token:.2f} characters a token; replies {lengths}"
        )


@dataclass(slots=True)
class _Sum:
    number: int = 0
    chars: int = 0
    asked: int = 0
    said: int = 0

    def add(self, each: Kept) -> None:
        self.number += 1
        self.chars += each.asked.chars
        self.asked += each.response.input_tokens or 0
        self.said += each.response.output_tokens or 0


def figures_of(kept: Iterable[Kept], altering: Mapping[str, bool], solutions: int, source: str) -> Figures | None:
    """The figures of earlier replies; None where no draft is among them.

    altering: for the prompt of each operator whether its tasks are new ones, which may be clarified and are then solved
    again. solutions: of each task that is solved.
    """
    counts: Counter[Kind] = Counter()
    drafts: Counter[str] = Counter()
    kinds: dict[Kind, _Sum] = {}
    prompts: dict[str, _Sum] = {}
    for each in kept:
        purpose = each.asked.purpose
        first = purpose == EVOLVE
        kind = (each.asked.role, purpose if first or purpose in _AFTER else LATER)
        counts[kind] += 1
        drafts[each.asked.template] += first
        if each.refused is None:
            kinds.setdefault(kind, _Sum()).add(each)
            if first:
                prompts.setdefault(each.asked.template, _Sum()).add(each)
    number = drafts.total()
    if not number:
        return None
    clarified = counts["author", "clarify"]
    reach = max(0.0, min(1.0, (counts["solver", "solve"] / solutions - clarified) / number))
    new = sum(count for name, count in drafts.items() if altering.get(name, True)) * reach
    first_asks = [each for kind, each in kinds.items() if kind[1] == EVOLVE]
    tokens = sum(each.asked for each in first_asks)
    return Figures(
        mends=counts["author", "mend"] / number,
        more_inputs=counts["author", "inputs"] / number,
        reach=reach,
        clarified=clarified / new if new else 0.0,
        chars_per_token=sum(each.chars for each in first_asks) / tokens if tokens else 4.0,
        question_tokens={kind: each.asked / each.number for kind, each in kinds.items() if kind[1] != EVOLVE},
        reply_tokens={kind: each.said / each.number for kind, each in kinds.items()},
        reply_of={name: each.said / each.number for name, each in prompts.items()},
        source=source,
    )
