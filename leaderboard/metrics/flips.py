"""Flips: what an update breaks and mends, task by task.

Two questions that must not be mixed have two functions: ``update_flips`` (same task, another model) and
``evolution_flips`` (same model, root task against the task evolved from it). Sources: Yan et al. 2021,
"Positive-Congruent Training" (CVPR), for NFR and relative NFR; Cai et al. 2022 (arXiv 2202.02976) for NFI; Bansal et
al. 2019 and Srivastava et al. 2020 (arXiv 2008.04572) for BTC and BEC.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .significance import mcnemar_exact


@dataclass(frozen=True, slots=True)
class Flips:
    """The 2x2 table of paired outcomes, with the ids in its two discordant cells.

    both: right before and after. broken: right before, wrong after (negative flips). fixed: the converse. neither:
    wrong twice.
    """

    both: int
    broken: tuple[str, ...]
    fixed: tuple[str, ...]
    neither: int

    @property
    def n(self) -> int:
        """Pairs compared."""
        return self.both + len(self.broken) + len(self.fixed) + self.neither

    @property
    def negative(self) -> int:
        """Number of negative flips."""
        return len(self.broken)

    @property
    def positive(self) -> int:
        """Number of positive flips."""
        return len(self.fixed)

    @property
    def old_correct(self) -> int:
        """Pairs right before."""
        return self.both + self.negative

    @property
    def new_correct(self) -> int:
        """Pairs right after."""
        return self.both + self.positive

    @property
    def old_accuracy(self) -> float:
        """Share right before; NaN for no pairs."""
        return _share(self.old_correct, self.n)

    @property
    def new_accuracy(self) -> float:
        """Share right after; NaN for no pairs."""
        return _share(self.new_correct, self.n)

    @property
    def nfr(self) -> float:
        """Negative flip rate: broken / all (Yan et al. 2021). new_accuracy - old_accuracy = pfr - nfr."""
        return _share(self.negative, self.n)

    @property
    def pfr(self) -> float:
        """Positive flip rate: fixed / all."""
        return _share(self.positive, self.n)

    @property
    def nfr_of_old_correct(self) -> float:
        """Broken / right before: of what worked, the share that no longer does; NaN where nothing worked."""
        return _share(self.negative, self.old_correct)

    @property
    def relative_nfr(self) -> float:
        """NFR / (old_accuracy * (1 - new_accuracy)) (Yan et al. 2021, eq. 11); NaN where nothing could flip.

        1 is what two models with independent errors would have; an update of the same model should lie far below.
        """
        could_flip = self.old_correct * (self.n - self.new_correct)
        return self.negative * self.n / could_flip if could_flip else math.nan

    @property
    def nfi(self) -> float:
        """Negative flip impact: broken / wrong after (Cai et al. 2022), the share of the new errors that are new.

        NFR / (1 - new_accuracy); NaN where the new model makes no error.
        """
        return _share(self.negative, self.negative + self.neither)

    @property
    def pfi(self) -> float:
        """Positive flip impact: fixed / right after, the share of what is right now that was not before."""
        return _share(self.positive, self.new_correct)

    @property
    def btc(self) -> float:
        """Backward trust compatibility: right both times / right before (Srivastava et al. 2020); NaN for none."""
        return _share(self.both, self.old_correct)

    @property
    def bec(self) -> float:
        """Backward error compatibility: wrong both times / wrong after, which is 1 - NFI; NaN where nothing is wrong.

        As its authors define it ("a mistake of the new model is not new"). The library BackwardCompatibilityML divides
        by the *old* errors, and gives 0 for the undefined cases.
        """
        return _share(self.neither, self.negative + self.neither)

    @property
    def p_value(self) -> float:
        """Exact two-sided McNemar p of "accuracy unchanged"."""
        return mcnemar_exact(self.negative, self.positive)


def _share(part: int, whole: int) -> float:
    return part / whole if whole else math.nan


def flips_from_booleans(old: Sequence[bool], new: Sequence[bool], ids: Sequence[str] | None = None) -> Flips:
    """Flips of two columns of a plain table; row i of both is one task, called ``ids[i]`` (by default i)."""
    names = [str(index) for index in range(len(old))] if ids is None else list(ids)
    if not len(old) == len(new) == len(names):
        raise ValueError(f"columns of different lengths: {len(old)} old, {len(new)} new, {len(names)} ids")
    pairs = [(name, bool(before), bool(after)) for name, before, after in zip(names, old, new, strict=True)]
    return Flips(
        both=sum(before and after for _, before, after in pairs),
        broken=tuple(name for name, before, after in pairs if before and not after),
        fixed=tuple(name for name, before, after in pairs if after and not before),
        neither=sum(not before and not after for _, before, after in pairs),
    )


def update_flips(old: Mapping[str, bool], new: Mapping[str, bool]) -> Flips:
    """Flips of a model update, over the tasks both models have; the caller says which were left out."""
    shared = [task for task in old if task in new]
    return flips_from_booleans([old[task] for task in shared], [new[task] for task in shared], shared)


def evolution_flips(original: Mapping[str, bool], evolved: Mapping[str, bool], root_of: Mapping[str, str]) -> Flips:
    """Flips of one model between root tasks (old) and the tasks evolved from them (new), named by the evolved task.

    A root with several evolved tasks is compared with each. Under an operator that keeps meaning and difficulty a
    negative flip is a sign of memory or brittleness; under one that makes tasks harder, some are expected.
    """
    pairs = [task for task in evolved if root_of.get(task) in original]
    return flips_from_booleans([original[root_of[task]] for task in pairs], [evolved[task] for task in pairs], pairs)
