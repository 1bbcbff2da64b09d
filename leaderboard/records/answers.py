"""What is kept of a run's answers: the texts that were asked for, each cut to a length that many of them can have."""

from __future__ import annotations

import math
import statistics
from array import array
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from ...harness.runs.records import SampleRow

Keep = Literal["none", "failures", "all"]
"""Which answers' texts are kept in memory: none, some that failed (see ``Limits``), or all."""

_MOST_TOKENS = 10**12  # of one request; what claims more is no count
_NAME = 200


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is kept: answers of a task (None: all), characters of each text, tests of each answer."""

    answers: int | None
    characters: int
    tests: int


LIMITS: Mapping[Keep, Limits] = {
    "none": Limits(0, 0, 0),
    "failures": Limits(2, 4_000, 40),
    "all": Limits(None, 64_000, 200),
}


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer and what scoring found; every text is untrusted.

    verdict: None where it is not scored. tests: the verdict of each test by name. reason: why there is no code.
    text_cut, code_cut, detail_cut: how many characters were left out at the end of each; tests_cut: how many tests.
    """

    epoch: int
    verdict: str | None
    detail: str
    tests: Mapping[str, str]
    text: str
    code: str
    reason: str
    finish_reason: str | None
    text_cut: int = 0
    code_cut: int = 0
    detail_cut: int = 0
    tests_cut: int = 0


@dataclass(frozen=True, slots=True)
class Note:
    """What a verdict says besides its kind: its detail, cut, and how many tests it named."""

    detail: str
    detail_cut: int
    tests: int


NO_NOTE = Note("", 0, 0)

Tests = tuple[tuple[str, str], ...]
"""The verdict of each test of a sample that was run, by name, sorted."""
_MOST_TESTS = 1_000


def tests_of(tests: Mapping[str, str]) -> Tests:
    """The tests' verdicts in a form that equal samples share; names are cut, and what is beyond 1,000 is left out."""
    if not tests:
        return ()
    return tuple(sorted((name[:_NAME], verdict[:_NAME]) for name, verdict in tests.items())[:_MOST_TESTS])


def answer_of(sample: SampleRow, verdict: str | None, note: Note, tests: Tests, limits: Limits) -> Answer:
    """The answer within the limits; of too many tests those that did not pass come first."""
    text, text_cut = cut(sample.text, limits.characters)
    code, code_cut = (text, text_cut) if sample.code == sample.text else cut(sample.code, limits.characters)
    kept = dict(tests if len(tests) <= limits.tests else sorted(tests, key=_passed)[: limits.tests])
    return Answer(
        epoch=sample.epoch,
        verdict=verdict,
        detail=note.detail,
        tests=kept,
        text=text,
        code=code,
        reason=cut(sample.reason, limits.characters)[0],
        finish_reason=None if sample.finish_reason is None else sample.finish_reason[:_NAME],
        text_cut=text_cut,
        code_cut=code_cut,
        detail_cut=note.detail_cut,
        tests_cut=note.tests - len(kept),
    )


def _passed(test: tuple[str, str]) -> bool:
    return test[1] == "pass"


def cut(text: str, most: int) -> tuple[str, int]:
    """The text's first ``most`` characters, and how many more there were."""
    return text[:most], max(0, len(text) - most)


@dataclass(frozen=True, slots=True)
class Spent:
    """What a run cost, over the samples that say so (``samples`` of them); NaN where none does.

    input_tokens, output_tokens: sums as the server counted them. latency: seconds of one request, mean and 95th
    percentile, over samples that did not come from the cache.
    """

    samples: int
    input_tokens: float
    output_tokens: float
    timed: int
    latency_mean_s: float
    latency_p95_s: float


NOTHING_SPENT = Spent(0, math.nan, math.nan, 0, math.nan, math.nan)


class Spending:
    """Adds up what samples cost, one at a time; a number that no server can mean (negative, infinite) is none."""

    def __init__(self) -> None:
        self._samples = self._input = self._output = 0
        self._times = array("d")

    def add(self, sample: SampleRow) -> None:
        """Count one sample."""
        usage, latency = sample.usage, sample.latency_s
        if usage and 0 <= usage.input_tokens <= _MOST_TOKENS and 0 <= usage.output_tokens <= _MOST_TOKENS:
            self._samples += 1
            self._input += usage.input_tokens
            self._output += usage.output_tokens
        if latency is not None and 0 <= latency < math.inf and not sample.cached:
            self._times.append(latency)

    def total(self) -> Spent:
        """The sums, the mean and the percentile (the smallest time that 95 % of the samples do not exceed)."""
        times = sorted(self._times)
        return Spent(
            samples=self._samples,
            input_tokens=self._input if self._samples else math.nan,
            output_tokens=self._output if self._samples else math.nan,
            timed=len(times),
            latency_mean_s=statistics.fmean(times) if times else math.nan,
            latency_p95_s=times[math.ceil(0.95 * len(times)) - 1] if times else math.nan,
        )
