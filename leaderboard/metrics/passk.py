"""pass@k, and the counts behind it: which samples were scored, which are owed, and why.

Source: Chen et al. 2021, "Evaluating Large Language Models Trained on Code" (arXiv 2107.03374), section 2.1.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache


def pass_at_k(n: int, c: int, k: int) -> float:
    """Unbiased estimate of the chance that at least one of ``k`` samples passes, from ``c`` passes in ``n`` samples.

    1 - C(n-c, k) / C(n, k), computed as 1 - prod_{i=n-c+1..n} (1 - k/i), which neither overflows nor cancels. NaN where
    n < k: fewer samples than k say nothing about k samples, whatever passed. Raises ValueError for impossible counts.
    """
    if k < 1:
        raise ValueError(f"k must be at least 1, found {k}")
    if not 0 <= c <= n:
        raise ValueError(f"{c} passes in {n} samples is impossible")
    if n < k:
        return math.nan
    if n - c < k:
        return 1.0
    return 1.0 - math.prod(1.0 - k / i for i in range(n - c + 1, n + 1))


_estimate = lru_cache(maxsize=65536)(pass_at_k)  # a hundred models on a thousand tasks have few different counts


@dataclass(frozen=True, slots=True)
class TaskCounts:
    """What became of the ``epochs`` samples one task was to get: n = passed + failed were scored, the others are owed.

    infra: scoring failed through no fault of the answer. unscored: an answer is recorded, a verdict is not. missing: no
    answer is recorded. None of the three is a wrong answer, and none of them is in ``n``.
    """

    task: str
    passed: int
    failed: int
    infra: int = 0
    unscored: int = 0
    missing: int = 0

    @property
    def n(self) -> int:
        """Samples with a verdict."""
        return self.passed + self.failed

    @property
    def owed(self) -> int:
        """Samples without a verdict."""
        return self.infra + self.unscored + self.missing

    @property
    def rate(self) -> float:
        """Share of scored samples that passed; NaN where none was scored."""
        return self.passed / self.n if self.n else math.nan

    def pass_at(self, k: int) -> float:
        """``pass_at_k`` of this task."""
        return _estimate(self.n, self.passed, k)


@dataclass(frozen=True, slots=True)
class PassAtK:
    """pass@k of a set of tasks: the mean over the ``tasks`` with k scored samples; ``short`` have fewer.

    ``value`` is NaN where no task has k scored samples.
    """

    k: int
    value: float
    tasks: int
    short: int

    @property
    def complete(self) -> bool:
        """True where every task of the suite is in the mean."""
        return self.tasks > 0 and self.short == 0


def suite_pass_at_k(counts: Iterable[TaskCounts], k: int) -> PassAtK:
    """pass@k of a suite, each task weighing the same; says how many tasks had too few scored samples to be in it."""
    values = [task.pass_at(k) for task in counts]
    defined = [value for value in values if not math.isnan(value)]
    mean = math.fsum(defined) / len(defined) if defined else math.nan
    return PassAtK(k=k, value=mean, tasks=len(defined), short=len(values) - len(defined))


def pass_at_k_of_samples(samples: Sequence[Sequence[bool]], k: int) -> PassAtK:
    """``suite_pass_at_k`` of plain booleans: one sequence a task, one item a scored sample."""
    return suite_pass_at_k(
        (
            TaskCounts(str(index), passed=sum(map(bool, task)), failed=len(task) - sum(map(bool, task)))
            for index, task in enumerate(samples)
        ),
        k,
    )
