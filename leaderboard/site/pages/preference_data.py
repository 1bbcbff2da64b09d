"""The finer numbers of preferences as tables for spreadsheets and programs: one line a number, one line a hard pair."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ...metrics.estimates import Estimate
from ...metrics.intervals import UNDEFINED, Interval
from ...metrics.preferences import PairAccuracy
from ...preferences.summary import PreferenceSummary
from ..downloads import Value


def detail_records(one: PreferenceSummary) -> Iterator[Mapping[str, Value]]:
    """One line for each number of the detail tables: what it is, of which name, with its interval and counts."""
    for part, name, value, interval, n, skipped in (*_twins(one), *_votes(one), *_steering(one), *_rest(one)):
        yield {
            "model": one.label,
            "told_of": one.conditioned_on,
            "suite": one.suite,
            "measure": one.measure,
            "part": part,
            "name": name,
            "value": value,
            "low": interval.low,
            "high": interval.high,
            "n": n,
            "skipped": skipped,
        }


def pair_records(one: PreferenceSummary) -> Iterator[Mapping[str, Value]]:
    """The difficulty of every pair whose reference scores are known, in nats, and how it came out."""
    for pair, c, outcome in one.details.difficulty.pairs if one.details.difficulty is not None else ():
        yield {
            "model": one.label,
            "told_of": one.conditioned_on,
            "suite": one.suite,
            "measure": one.measure,
            "pair": pair,
            "difficulty": c,
            "outcome": outcome,
        }


Number = tuple[str, str, float, Interval, int, int]


def _of(part: str, name: str, found: Estimate) -> Number:
    return part, name, found.value, found.interval, found.n, found.skipped


def _share(part: str, name: str, found: PairAccuracy) -> Number:
    return part, name, found.accuracy, found.interval, found.n, found.skipped


def _twins(one: PreferenceSummary) -> Iterator[Number]:
    found = one.details.twins
    if found is None:
        return
    yield _of("flip gap", "", found.all.gap)
    for name, gap in found.operators.items():
        yield _of("flip gap", name, gap.gap)
    yield _of("invariance", "", found.consistency.invariance)
    yield _of("inversion sensitivity", "", found.consistency.sensitivity)
    yield _of("contrast consistency", "", found.consistency.contrast)


def _votes(one: PreferenceSummary) -> Iterator[Number]:
    found = one.details.groups
    if found is None:
        return
    for part, each in [("all votes", found.everybody), *(("group", each) for each in found.groups)]:
        yield part, each.name, each.accuracy, each.interval, each.n, each.skipped
        yield f"{part}: ceiling", each.name, each.ceiling, UNDEFINED, each.n, each.skipped
        yield f"{part}: attained", each.name, each.attained, each.attained_interval, each.n, each.skipped
    count, skipped = found.everybody.n, found.everybody.skipped
    yield "worst group", "", found.least, found.least_interval, count, skipped
    yield "best minus worst group", "", found.spread, found.spread_interval, count, skipped


def _steering(one: PreferenceSummary) -> Iterator[Number]:
    found = one.details.steering
    if found is None:
        return
    for told in found.conditions:
        for name in found.groups:
            yield (
                f"told of {told}" if told else "told of nobody",
                name,
                found.matrix[told][name],
                UNDEFINED,
                found.pairs,
                0,
            )
    for name, gain in found.gain.items():
        yield _of("gain of being told", name, gain)


def _rest(one: PreferenceSummary) -> Iterator[Number]:
    details = one.details
    if details.rankings is not None:
        yield _share("exact ranking", "", details.rankings.exact)
        yield _of("Kendall's tau", "", details.rankings.tau)
    if details.forced is not None:
        yield _of("probability of the preferred answer", "", details.forced.preference)
        yield _of("position bias by probability", "", details.forced.position_bias)
    if details.calibration is not None:
        known = details.calibration
        yield "Brier score", "", known.brier, known.brier_interval, known.n // 2, 0
        yield "calibration error", "", known.ece, known.ece_interval, known.n // 2, 0
    if details.transitive is not None:
        yield _of("transitivity", "", details.transitive)
    if details.ties is not None:
        for name, part in (("", details.ties.all), ("ties", details.ties.tied), ("others", details.ties.decided)):
            yield _share("tie-aware accuracy", name, part)
    if details.gap is not None:
        yield _of("alignment gap", "", details.gap.gap)
    if details.difficulty is not None:
        yield _share("accuracy by difficulty", "hard", details.difficulty.hard)
        yield _share("accuracy by difficulty", "easy", details.difficulty.easy)
    if details.distance is not None:
        yield _of("distance to the reference", "", details.distance.moved)
    if details.rewardbench is not None:
        yield _of(f"RewardBench {details.rewardbench.version}", "", details.rewardbench.total)
        for name, section in details.rewardbench.sections.items():
            yield _of(f"RewardBench {details.rewardbench.version}", name, section)
