"""Scored preference pairs -> numbers: right, tie and wrong, where they differ, and what a rule without a model gets."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..metrics.idealised import IdealisedAccuracy, idealised_accuracy
from ..metrics.intervals import SEED
from ..metrics.preferences import JudgeAccuracy, PairAccuracy
from ..relatives import kin_words
from .details import Details, details_of
from .measures import Measure, byte_lengths, judged, measures_of, ranked_by, reference_scores, token_lengths
from .outcomes import asked, labelled, without_plural
from .table import Pair, PreferenceRun


@dataclass(frozen=True, slots=True)
class Slice:
    """The accuracy of some of the pairs (a category, a criterion, pairs whose preferred answer is longer), or of all of
    them by one measure; ``families`` is how many independent units stand behind it."""

    name: str
    result: PairAccuracy
    families: int


@dataclass(frozen=True, slots=True)
class Control:
    """What a rule without a model gets on the same pairs; None where the file does not say what the rule needs."""

    name: str
    result: PairAccuracy | None
    accuracy: float


@dataclass(frozen=True, slots=True)
class LengthBias:
    """Accuracy by which answer is longer, in bytes where all pairs have them, else in tokens.

    gap: accuracy where the preferred answer is longer minus accuracy where it is shorter; 0 without length bias.
    picks_longer: how often the model puts the longer answer ahead, a tie counting half, of the pairs of unequal length;
    is_longer: how often the longer one is the preferred one.
    """

    unit: str
    longer: Slice
    shorter: Slice
    equal: Slice
    gap: float
    picks_longer: float
    is_longer: float


@dataclass(frozen=True, slots=True)
class PreferenceSummary:
    """Everything a page says of one run.

    measure: the name of the headline measure, which ``overall``, the slices and ``length`` use. measures: all measures
    that the file allows, the headline first. by_category, by_criterion: in the file's order; empty where no pair names
    one. judge: order effects, None where no judge was asked. controls: "always the longer", "always the shorter" and
    "coin", and for judges "always the first". idealised: the ranking accuracy that training could reach at best, where
    the file gives a reference's log-likelihoods and the agreement of raters. details: what else the file says. how: the
    way the model was asked; conditioned_on: the group of raters that it was told of, "" for none. notes: sentences on
    what must not be overlooked. Pairs whose label is a tie are in ``details.ties`` only.
    """

    label: str
    mode: str
    suite: str
    created: str
    measure: str
    pairs: int
    families: int
    overall: Slice
    measures: tuple[Slice, ...]
    by_category: tuple[Slice, ...]
    by_criterion: tuple[Slice, ...]
    controls: tuple[Control, ...]
    length: LengthBias | None
    judge: JudgeAccuracy | None
    idealised: IdealisedAccuracy | None
    details: Details
    how: str
    conditioned_on: str
    notes: tuple[str, ...]
    seed: int


def summarise_all(
    runs: Sequence[PreferenceRun], *, seed: int = SEED, progress: Callable[[object], None] = lambda _: None
) -> list[PreferenceSummary]:
    """All numbers of each run, the others being where its pairs' parents may be. progress: called after each run."""
    found = []
    for run in runs:
        found.append(summarise(run, [other for other in runs if other is not run], seed=seed))
        progress(run.label)
    return found


def summarise(whole: PreferenceRun, others: Sequence[PreferenceRun] = (), *, seed: int = SEED) -> PreferenceSummary:
    """All numbers of one run. Skipped pairs are counted and are in no share.

    others: runs of the same model on pairs that these were made from, or under other conditions; the rest is ignored.
    """
    whole, plural = without_plural(whole)
    run = labelled(whole)
    named = measures_of(run)
    headline, measure = next(iter(named.items()))
    measures = [_slice(name, run.rows, each, seed) for name, each in named.items()]
    judge = judged(run.rows, seed) if run.mode == "judge" else None
    return PreferenceSummary(
        label=run.label,
        mode=run.mode,
        suite=run.suite,
        created=run.created,
        measure=headline,
        pairs=len(run.rows),
        families=len({row.family for row in run.rows}),
        overall=measures[0],
        measures=tuple(measures),
        by_category=_groups(run.rows, lambda row: row.category, measure, seed),
        by_criterion=_groups(run.rows, lambda row: row.criterion, measure, seed),
        controls=_controls(run, judge, seed),
        length=_length_bias(run.rows, measure, seed),
        judge=judge,
        idealised=_idealised(run),
        details=details_of(whole, others, seed=seed),
        how=run.how,
        conditioned_on=run.conditioned_on,
        notes=_notes(run, measures[0], judge, len(whole.rows) - len(run.rows), plural),
        seed=seed,
    )


def _idealised(run: PreferenceRun) -> IdealisedAccuracy | None:
    if run.mode != "loglikelihood" or run.score_unit != "sequence":
        return None
    sides = [reference_scores(row) for row in run.rows]
    found = idealised_accuracy(
        [good for good, _ in sides], [bad for _, bad in sides], [row.agreement for row in run.rows]
    )
    return found if found.n else None


def _slice(name: str, rows: Sequence[Pair], measure: Measure, seed: int) -> Slice:
    return Slice(name, measure(rows, seed), len({row.family for row in rows}))


def _groups(rows: Sequence[Pair], key: Callable[[Pair], str], measure: Measure, seed: int) -> tuple[Slice, ...]:
    """One slice a name, in the order of the file; pairs without a name come last, and alone they are no slice."""
    members: dict[str, list[Pair]] = {}
    for row in rows:
        members.setdefault(key(row), []).append(row)
    nameless = members.pop("", [])
    slices = [_slice(name, group, measure, seed) for name, group in members.items()]
    if slices and nameless:
        slices.append(_slice("", nameless, measure, seed))
    return tuple(slices)


def _lengths(rows: Sequence[Pair]) -> tuple[str, Callable[[Pair], tuple[float, float]]] | None:
    """What to measure length in: bytes where every pair has them, else tokens, else nothing."""
    for unit, lengths in (("bytes", byte_lengths), ("tokens", token_lengths)):
        if rows and all(not math.isnan(lengths(row)[0]) for row in rows):
            return unit, lengths
    return None


def _scored(rows: Sequence[Pair]) -> list[Pair]:
    return [row for row in rows if not row.skipped]


def _length_bias(rows: Sequence[Pair], measure: Measure, seed: int) -> LengthBias | None:
    rows = _scored(rows)
    known = _lengths(rows)
    if known is None:
        return None
    unit, lengths = known
    sides = {row.pair: lengths(row) for row in rows}
    longer = _slice("preferred answer longer", [row for row in rows if _ahead(sides[row.pair]) > 0], measure, seed)
    shorter = _slice("preferred answer shorter", [row for row in rows if _ahead(sides[row.pair]) < 0], measure, seed)
    unequal = longer.result.n + shorter.result.n
    picks = longer.result.n * longer.result.half_ties if longer.result.n else 0.0
    picks += shorter.result.n * (1 - shorter.result.half_ties) if shorter.result.n else 0.0
    return LengthBias(
        unit=unit,
        longer=longer,
        shorter=shorter,
        equal=_slice("equal length", [row for row in rows if _ahead(sides[row.pair]) == 0], measure, seed),
        gap=longer.result.accuracy - shorter.result.accuracy,
        picks_longer=picks / unequal if unequal else math.nan,
        is_longer=longer.result.n / unequal if unequal else math.nan,
    )


def _ahead(lengths: tuple[float, float]) -> float:
    return lengths[0] - lengths[1]


def _controls(run: PreferenceRun, judge: JudgeAccuracy | None, seed: int) -> tuple[Control, ...]:
    """Rules that look at no content; what a model gets beyond the best of them is what it knows."""
    controls = [Control("coin", None, 0.5)]
    rows = _scored(run.rows)
    known = _lengths(rows)
    if known is not None:
        _, lengths = known
        longer = ranked_by(lengths)(rows, seed)
        shorter = ranked_by(lambda row: (-lengths(row)[0], -lengths(row)[1]))(rows, seed)
        controls.append(Control("always the longer", longer, longer.accuracy))
        controls.append(Control("always the shorter", shorter, shorter.accuracy))
    if judge is not None:
        asked = judge.first_n + judge.second_n
        controls.append(Control("always the first", None, judge.first_n / asked if asked else math.nan))
    return tuple(controls)


def _consistency(plural: Sequence[Pair]) -> str:
    """Of pairs without a single label: how often a judge chose the same in both orders."""
    twice = [choices for choices in map(asked, plural) if len(choices) == 2]
    have = "1 pair has" if len(plural) == 1 else f"{len(plural)} pairs have"
    told = f"{have} no single label: in no accuracy"
    if not twice:
        return f"{told}."
    same = sum(choices[0] == choices[1] != "unreadable" for choices in twice)
    return f"{told}; {same} of {len(twice)} were answered the same in both orders."


def _notes(
    run: PreferenceRun, overall: Slice, judge: JudgeAccuracy | None, tied: int, plural: Sequence[Pair]
) -> tuple[str, ...]:
    notes = [f"{kin_words(run.kin, run.names)}."] if run.kin else []
    notes += [_consistency(plural)] if plural else []
    result = overall.result
    if tied:
        are = "1 pair is a tie" if tied == 1 else f"{tied} pairs are ties"
        notes.append(f"{are} by label, and counted only where ties are.")
    if result.skipped:
        were = "was skipped, and is" if result.skipped == 1 else "were skipped, and are"
        notes.append(f"{result.skipped} of {len(run.rows)} pairs {were} in no share.")
    if run.mode != "judge" and result.n and result.tie == result.n:
        notes.append("Every pair ties: the server probably gave no scores at all.")
    if judge is not None:
        once = judge.first_n + judge.second_n - 2 * judge.both_orders
        if once:
            pairs = "1 pair was" if once == 1 else f"{once} pairs were"
            notes.append(f"{pairs} judged in one order only, so that position and preference are mixed.")
        if judge.unreadable:
            hold = "holds no readable choice, and is" if judge.unreadable == 1 else "hold no readable choice, and are"
            notes.append(f"{judge.unreadable} of {judge.first_n + judge.second_n} judgements {hold} not right.")
    return tuple(notes)
