"""Is the suite drifting away from its seeds? Alarms on the distributions of types, topics and lengths.

Distance: Jensen-Shannon divergence in bits (Lin 1991), 0 (alike) to 1 (disjoint). An alarm needs two things: a
distance that matters (``LEAST``), and one that chance does not explain: of ``SHUFFLES`` ways to shuffle anchors and
evolved tasks together, fewer than ``LEVEL`` are as far apart (a permutation test, p = (1 + k) / (1 + n)). Three
features are looked at, so the level of each is a third of ``ALARM``.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ...benchmarks.jsonio import text_digest
from .describing import Features, entropy

WATCHED = ("types", "topic", "length")
ALARM = 0.03
LEVEL = ALARM / len(WATCHED)
LEAST = 0.02
"""Bits; a kind of task that grows from 27 to 48 in a hundred has drifted by 0.034."""
SHUFFLES = 999
FEWEST = 12
"""Evolved tasks below which nothing is said."""
_EXCESS = 2.0
_SCARCE = 0.75


@dataclass(frozen=True, slots=True)
class Watched:
    """One feature: how far the evolved tasks are from the anchors, and whether that is an alarm.

    excess: values that are more than twice as frequent among the evolved tasks. entropy, anchors_entropy: 0 to 1.
    """

    feature: str
    divergence: float
    p: float
    alarm: bool
    excess: tuple[str, ...]
    entropy: float
    anchors_entropy: float

    def to_json(self) -> dict[str, Any]:
        """As plain JSON."""
        return {**asdict(self), "excess": list(self.excess)}

    @property
    def words(self) -> str:
        """For people."""
        more = f"; too many of: {', '.join(self.excess)}" if self.excess else ""
        return f"{self.feature}: divergence {self.divergence:.2f} bits (p = {self.p:.3g}){more}"


def watch(anchors: Sequence[Features], evolved: Sequence[Features], seed: int) -> tuple[Watched, ...]:
    """What became of each watched feature; () while too few tasks were evolved."""
    if len(evolved) < FEWEST or not anchors:
        return ()
    return tuple(_watched(name, _values(anchors, name), _values(evolved, name), seed) for name in WATCHED)


def alarms(found: Iterable[Watched]) -> list[Watched]:
    """Those that are alarms."""
    return [each for each in found if each.alarm]


def divergence(left: Counter[str], right: Counter[str]) -> float:
    """Jensen-Shannon divergence of two distributions, in bits."""
    keys = sorted(left.keys() | right.keys())
    return _divergence([left[key] for key in keys], [right[key] for key in keys])


def _divergence(left: Sequence[int], right: Sequence[int]) -> float:
    total_left, total_right = sum(left), sum(right)
    if not total_left or not total_right:
        raise ValueError("a distribution of nothing has no distance from another")
    found = 0.0
    for one, other in zip(left, right, strict=True):
        p, q = one / total_left, other / total_right
        middle = (p + q) / 2
        found += sum(share / 2 * math.log2(share / middle) for share in (p, q) if share > 0)
    return min(max(found, 0.0), 1.0)


def _values(tasks: Sequence[Features], name: str) -> list[str]:
    return [str(getattr(task, name)) for task in tasks]


def _watched(name: str, anchors: list[str], evolved: list[str], seed: int) -> Watched:
    old, new = Counter(anchors), Counter(evolved)
    found = divergence(old, new)
    p = _p_value(anchors, evolved, found, f"{seed}/drift/{name}") if found >= LEAST / 2 else 1.0
    shares = {value: (new[value] / len(evolved), old[value] / len(anchors)) for value in new}
    excess = tuple(sorted(value for value, (now, then) in shares.items() if now > _EXCESS * then and now > 0.1))
    # fewer kinds than before is drift as well, however close the rest
    narrowed = entropy(new) < _SCARCE * entropy(old) and found >= LEAST / 2
    alarm = p <= LEVEL and (found >= LEAST or narrowed)
    return Watched(name, round(found, 6), round(p, 6), alarm, excess, round(entropy(new), 4), round(entropy(old), 4))


def _p_value(anchors: list[str], evolved: list[str], found: float, seed: str) -> float:
    import numpy as np

    kinds = {value: place for place, value in enumerate(sorted({*anchors, *evolved}))}
    together = np.array([kinds[value] for value in (*anchors, *evolved)])
    rng = np.random.default_rng(int(text_digest(seed)[:15], 16))
    split, as_far = len(anchors), 0
    for _ in range(SHUFFLES):
        shuffled = rng.permutation(together)
        left, right = (np.bincount(part, minlength=len(kinds)) for part in (shuffled[:split], shuffled[split:]))
        as_far += _divergence(left.tolist(), right.tolist()) >= found - 1e-12
    return (1 + as_far) / (1 + SHUFFLES)
