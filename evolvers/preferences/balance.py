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


def report_of(tasks: Iterable[PreferenceTask]) -> str:
    """The balance in a line for people; where it is not even, another line for each operator that moves it."""
    known = list(tasks)
    whole = balance_of(known)
    if whole.is_even or not whole.pairs:
        return _told("all tasks", whole)
    lines = [f"{_told('all tasks', whole)}; rules that read nothing can tell, so report operators by themselves:"]
    for name in dict.fromkeys(str(task.metadata.get("operator", "untouched")) for task in known):
        part = balance_of(task for task in known if task.metadata.get("operator", "untouched") == name)
        if part.pairs and not part.is_even:
            lines.append(f"    {_told(name, part)}")
    return "\n".join(lines)


def _told(name: str, balance: Balance) -> str:
    if not balance.pairs:
        return f"{name}: no pair of responses is ranked"
    return (
        f"{name}: of {balance.pairs} pairs the better response is the shorter one in {balance.shorter:.0%}, "
        f"the first one in {balance.first:.0%}"
    )
