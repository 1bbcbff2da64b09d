"""All models on both sides of an evolution at once: do the two sides rank them alike, and whose fall is its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..metrics.agreement import TOP, PairCounts, Split, pair_counts, split_half, tau_interval, top_models
from ..metrics.drops import ALONE, Excess, excess_drops
from ..metrics.intervals import Interval
from ..metrics.ranks import competition_ranks, holm_array
from ..metrics.resampling import Array, RootSums, difference_intervals, root_sums, sign_flip_ps


@dataclass(frozen=True, slots=True)
class Standing:
    """One model among all that have a score for every pair of one operator.

    rank_original, rank_evolved: competition ranks by the two scores. p_move: how often two random parts of the original
    suite rank the model so differently, Holm-adjusted over the models; 1 where that is unknown.
    """

    rank_original: int
    rank_evolved: int
    p_move: float
    excess: Excess = ALONE

    @property
    def move(self) -> int:
        """Ranks won (positive) or lost (negative)."""
        return self.rank_original - self.rank_evolved

    @property
    def moved(self) -> bool:
        """True where the move is more than noise.

        Two things must agree: chance seldom moves the model so far, and the model falls (or rises) against the field
        by more than chance. Either alone could be fooled: the first by near ties, the second by where the others stand.
        """
        own = self.excess.excess
        return self.p_move < 0.05 and self.excess.beyond_noise and (own > 0 if self.move < 0 else own < 0)


@dataclass(frozen=True, slots=True, eq=False)
class Agreement:
    """How alike the original and the evolved tasks of one operator rank the models.

    counts: pairs of models, tau-b, pairwise agreement. interval: of tau. top: the same counts among the best ten on the
    original tasks (and those that tie with the tenth), None for ten models or fewer. ceiling: how alike two random
    parts of the original suite are. field: the median drop of the models.
    """

    operator: str
    models: int
    tasks: int
    roots: int
    counts: PairCounts
    interval: Interval
    top: PairCounts | None
    ceiling: Split | None
    field: float

    @property
    def tau(self) -> float:
        """Kendall's tau-b between the two sides; NaN where a side has no two different scores."""
        return self.counts.tau_b

    @property
    def below_ceiling(self) -> bool:
        """True where fewer than one in forty random splits of the original suite agree as little as the two sides do.

        Parts of a suite are smaller than the suite, so this errs towards "within noise".
        """
        return self.ceiling is not None and self.tau < self.ceiling.low


@dataclass(frozen=True, slots=True)
class RootMove:
    """One root: mean pass rates of the models on it and on the tasks made from it; excess: its drop - the mean drop.

    fell, rose: models whose mean pass rate over its evolved tasks is below, above that on the root.
    """

    root: str
    tasks: int
    original: float
    evolved: float
    excess: float
    fell: int
    rose: int

    @property
    def drop(self) -> float:
        """original - evolved."""
        return self.original - self.evolved


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """Pass rates of the models that have a scored sample on both sides of every pair.

    original, evolved: models x pairs. roots, operators: of each pair. suite: root sums of the same models on all tasks
    of the original suite, from which the ceiling is drawn.
    """

    labels: tuple[str, ...]
    original: Array
    evolved: Array
    roots: tuple[str, ...]
    suite: RootSums
    seed: int

    def part(self, pairs: Sequence[int]) -> Field:
        """The same models on some of the pairs."""
        at = list(pairs)
        roots = tuple(self.roots[index] for index in at)
        return Field(self.labels, self.original[:, at], self.evolved[:, at], roots, self.suite, self.seed)

    def intervals(self) -> list[Interval]:
        """Of each model's drop."""
        return difference_intervals(self.original - self.evolved, self.roots, seed=self.seed)

    def p_values(self) -> list[float]:
        """Of each model's "no drop"."""
        table = root_sums(self.original - self.evolved, self.roots)
        return [float(p) for p in sign_flip_ps(table.sums, seed=self.seed)]

    def ceiling(self) -> Split | None:
        """How alike two disjoint random parts of the original suite rank the models."""
        return split_half(self.suite, size=len(set(self.roots)), seed=self.seed)

    def agreement(self, operator: str, ceiling: Split | None) -> Agreement | None:
        """None for fewer than two models."""
        if len(self.labels) < 2 or not self.roots:
            return None
        before, after = self.original.mean(axis=1).tolist(), self.evolved.mean(axis=1).tolist()
        best = top_models(before)
        one, other = (root_sums(rates, self.roots) for rates in (self.original, self.evolved))
        return Agreement(
            operator=operator,
            models=len(self.labels),
            tasks=len(self.roots),
            roots=one.roots,
            counts=pair_counts(before, after),
            interval=tau_interval(one, other, seed=self.seed),
            top=pair_counts([before[i] for i in best], [after[i] for i in best]) if len(before) > TOP else None,
            ceiling=ceiling,
            field=float(np.median(one.means - other.means)),
        )

    def standings(self, ceiling: Split | None) -> dict[str, Standing]:
        """By label."""
        if not self.roots:
            return {}
        ranks = [competition_ranks(rates.mean(axis=1).tolist()) for rates in (self.original, self.evolved)]
        moves = [before - after for before, after in zip(*ranks, strict=True)]
        chances = [1.0 if ceiling is None else ceiling.move_p(i, move) for i, move in enumerate(moves)]
        excesses = excess_drops(self.original - self.evolved, self.roots, seed=self.seed)
        rows = zip(*ranks, holm_array(np.array(chances)), excesses, strict=True)
        return {
            label: Standing(before, after, float(p), excess)
            for label, (before, after, p, excess) in zip(self.labels, rows, strict=True)
        }

    def root_moves(self) -> list[RootMove]:
        """Every root, the one that moved furthest from the mean first."""
        if not self.labels or not self.roots:
            return []
        one, other = (root_sums(rates, self.roots) for rates in (self.original, self.evolved))
        before, after = one.sums / one.sizes, other.sums / other.sizes
        mean = float((self.original - self.evolved).mean())
        found = [
            RootMove(
                root=root,
                tasks=int(one.sizes[index]),
                original=float(before[:, index].mean()),
                evolved=float(after[:, index].mean()),
                excess=float((before - after)[:, index].mean()) - mean,
                fell=int((before[:, index] > after[:, index]).sum()),
                rose=int((before[:, index] < after[:, index]).sum()),
            )
            for index, root in enumerate(sorted(set(self.roots)))
        ]
        return sorted(found, key=lambda move: (-abs(move.excess), move.root))
