"""What a suite gives away to rules that read nothing: how often the better response is the shorter, or the first.

Near a half, such a rule has nothing to go by. Operators that attack one side only (padding, injections) move the first
figure by their nature; accuracy on their tasks belongs in a slice of its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ...benchmarks.preference import PreferenceTask

LOW, HIGH = 0.45, 0.55


@dataclass(frozen=True, slots=True)
class Balance:
    """Accuracy of two rules on pairs of responses of different tiers; NaN where there is none.

    pairs: how many. shorter: of taking the shorter response, in characters, equal ones counting half. first: of taking
    the one that stands first.
    """

    pairs: int
    shorter: float
    first: float

    @property
    def is_even(self) -> bool:
        """Whether both stay within 45 and 55 per cent."""
        return all(LOW <= share <= HIGH for share in (self.shorter, self.first))


def balance_of(tasks: Iterable[PreferenceTask]) -> Balance:
    """The balance of some tasks."""
    pairs, shorter, first = 0, 0.0, 0
    for task in tasks:
        places = {response.id: place for place, response in enumerate(task.responses)}
        for better, worse in task.pairs():
            pairs += 1
            shorter += (len(better.text) < len(worse.text)) + (len(better.text) == len(worse.text)) / 2
            first += places[better.id] < places[worse.id]
    if not pairs:
        return Balance(0, float("nan"), float("nan"))
    return Balance(pairs, shorter / pairs, first / pairs)


def told(balance: Balance) -> str:
    """The balance in a line for people."""
    if not balance.pairs:
        return "no pair of responses is ranked, so no rule that reads nothing can be right or wrong"
    text = (
        f"of {balance.pairs} pairs the better response is the shorter one in {balance.shorter:.0%}, "
        f"the first one in {balance.first:.0%}"
    )
    return text if balance.is_even else f"{text}; rules that read nothing can tell, so report slices by operator"
