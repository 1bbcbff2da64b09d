"""What the samples of a task did beyond pass or fail: which tests they failed, and how, and how many they passed."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..metrics.smooth import AnswerChanges, SmoothFlips, answer_changes, smooth_flips
from ..records.table import VERDICTS, RunTable, Tests

Signature = tuple[tuple[str, str], ...]
"""Behaviour of an answer as far as tests saw it: the tests it failed, sorted, each with its verdict; () for a pass."""
RIGHT: Signature = ()


@dataclass(frozen=True, slots=True)
class Sample:
    """One scored sample: its verdict, and the verdict of each test that was run (none recorded: empty)."""

    verdict: str
    tests: Tests

    @property
    def signature(self) -> Signature:
        """Equal for answers that fail the same tests in the same way; such answers may still be different programs."""
        if self.verdict == "pass":
            return RIGHT
        return tuple(test for test in self.tests if test[1] != "pass") or (("", self.verdict),)


Samples = Mapping[str, Sequence[Sample]]
"""By task."""


def samples_of(run: RunTable) -> Samples:
    """The scored samples of every task, in the order of epochs; ``infra`` is no verdict on an answer."""
    found = {}
    for task, numbers in run.judged.items():
        tests = run.tests.get(task) or ((),) * len(numbers)
        rows = zip((VERDICTS[number] for number in numbers), tests, strict=True)
        found[task] = [Sample(verdict, each) for verdict, each in rows if verdict != "infra"]
    return {task: samples for task, samples in found.items() if samples}


def behaviour_changes(old: Samples, new: Samples, tasks: Sequence[str]) -> AnswerChanges:
    """How often an answer behaves otherwise than before, of tasks with scored samples on both sides."""
    return answer_changes(
        ([sample.signature for sample in old[task]], [sample.signature for sample in new[task]], RIGHT)
        for task in tasks
    )


def share_flips(old: Samples, new: Samples, tasks: Sequence[str], *, tolerance: float = 0.0) -> SmoothFlips | None:
    """Smooth flips of the share of a task's tests that its samples pass; None where no task records its tests.

    A task counts where every scored sample on both sides does.
    """
    scores = [pair for task in tasks if (pair := _shares(old[task], new[task])) is not None]
    if not scores:
        return None
    return smooth_flips([share for share, _ in scores], [share for _, share in scores], tolerance=tolerance)


def _shares(old: Sequence[Sample], new: Sequence[Sample]) -> tuple[float, float] | None:
    """Mean share of tests passed, old and new. The tests of the task are all that any of the samples names.

    Scoring stops at the first test that fails; those after it were not run, and count as not passed.
    """
    samples = [*old, *new]
    if not all(sample.tests or sample.verdict == "no_answer" for sample in samples):
        return None
    names = {name for sample in samples for name, _ in sample.tests}
    if not names:
        return None
    return _mean_share(old, names), _mean_share(new, names)


def _mean_share(samples: Sequence[Sample], names: Collection[str]) -> float:
    return math.fsum(_passed(samples)) / len(samples) / len(names)


def _passed(samples: Sequence[Sample]) -> Iterator[int]:
    for sample in samples:
        yield sum(verdict == "pass" for _, verdict in sample.tests)
