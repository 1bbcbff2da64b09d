"""What a file of scored pairs says beyond right, tie and wrong: each number where the file has what it needs."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ..metrics.calibration import Calibration, calibration
from ..metrics.estimates import Estimate
from ..metrics.forced_choice import ForcedChoice, forced_choice
from ..metrics.groups import Groups, group_accuracies
from ..metrics.idealised import AlignmentGap, alignment_gap, difficulty
from ..metrics.intervals import SEED
from ..metrics.lengths import LengthStatistics, ReferenceDistance, length_statistics, reference_distance
from ..metrics.preferences import Outcome, PairAccuracy, accuracy_of
from ..metrics.rankings import RankingMatch, ranking_match, transitivity
from ..metrics.rewardbench import RewardBench
from ..metrics.steering import Steerability, steerability
from ..metrics.ties import TieAwareAccuracy, tie_aware_accuracy
from .benches import rewardbench_of
from .measures import byte_lengths, headline, per_token_scores, reference_scores, stated_scores, token_lengths
from .outcomes import answers, asked, by_task, labelled, outcome_of
from .table import Pair, PreferenceRun
from .twins import TwinSummary, twins_of


@dataclass(frozen=True, slots=True)
class Difficulty:
    """How hard the pairs are to learn from the reference: c = log pi_ref(rejected) - log pi_ref(chosen), in nats (a
    token, where scores are).

    low, median, high: quartiles over ``n`` pairs. hard, easy: the accuracy where c is above 0, and where it is not.
    pairs: (pair, c, outcome) of each.
    """

    n: int
    low: float
    median: float
    high: float
    hard: PairAccuracy
    easy: PairAccuracy
    pairs: tuple[tuple[str, float, Outcome], ...]


@dataclass(frozen=True, slots=True)
class Details:
    """None where the file does not say what a number needs.

    rankings: of tasks with more than two answers. transitive: of a judge's triples. ties: with pairs whose label is a
    tie. forced, calibration: of the probabilities that a judge gave the answers of a pair in both orders. lengths,
    length_unit: of the answers. twins: beside the pairs that pairs were made from. steering: of one model under several
    conditions.
    """

    rankings: RankingMatch | None
    transitive: Estimate | None
    ties: TieAwareAccuracy | None
    groups: Groups | None
    gap: AlignmentGap | None
    difficulty: Difficulty | None
    lengths: LengthStatistics | None
    length_unit: str
    distance: ReferenceDistance | None
    forced: ForcedChoice | None
    calibration: Calibration | None
    rewardbench: RewardBench | None
    twins: TwinSummary | None
    steering: Steerability | None


def details_of(run: PreferenceRun, others: Sequence[PreferenceRun] = (), *, seed: int = SEED) -> Details:
    """All details of a run; others: where parents of its pairs, and the same pairs under other conditions, may be."""
    plain = labelled(run)
    unit, lengths = _lengths(plain, seed)
    return Details(
        rankings=_rankings(plain, seed),
        transitive=_transitive(run, seed),
        ties=_ties(run, seed),
        groups=_groups(plain, seed),
        gap=_gap(plain, seed),
        difficulty=_difficulty(plain, seed),
        lengths=lengths,
        length_unit=unit,
        distance=_distance(plain, seed),
        forced=_forced(plain, seed),
        calibration=_calibration(plain, seed),
        rewardbench=rewardbench_of(run, seed=seed),
        twins=twins_of(run, others, seed=seed),
        steering=_steering(run, others, seed),
    )


def _rankings(run: PreferenceRun, seed: int) -> RankingMatch | None:
    tasks = list(by_task(run.rows).values())
    if not tasks:
        return None
    outcomes = [[outcome_of(row, run.mode) for row in rows] for rows in tasks]
    return ranking_match(outcomes, [rows[0].family for rows in tasks], [_tiers(rows) for rows in tasks], seed=seed)


def _tiers(rows: Sequence[Pair]) -> list[int]:
    """The place of each answer in its label: how many of the others are better than as many as it is."""
    worse_than = Counter(row.chosen_id for row in rows)
    sizes = sorted({worse_than[name] for name in answers(rows)}, reverse=True)
    return [sizes.index(worse_than[name]) for name in answers(rows)]


def _transitive(run: PreferenceRun, seed: int) -> Estimate | None:
    """Of a judge alone: scores are numbers, and always in order."""
    tasks = by_task(run.rows)
    if run.mode != "judge" or not tasks:
        return None
    decided = [[pair for row in rows if (pair := _decided(row)) is not None] for rows in tasks.values()]
    return transitivity(decided, [rows[0].family for rows in tasks.values()], seed=seed)


def _decided(row: Pair) -> tuple[str, str] | None:
    """(winner, loser) where a judge says the same in every order."""
    found = outcome_of(row, "judge")
    if found == "right":
        return row.chosen_id, row.rejected_id
    return (row.rejected_id, row.chosen_id) if found == "wrong" else None


def _ties(run: PreferenceRun, seed: int) -> TieAwareAccuracy | None:
    """Where some label is a tie: by scores per token, or of a judge by its saying so in every order."""
    if not any(_is_tie(row) for row in run.rows) or run.mode == "reward":
        return None
    families = [row.family for row in run.rows]
    if run.mode == "judge":
        found = [_judged_tie(row) if _is_tie(row) else outcome_of(row, "judge") for row in run.rows]
        parts = [
            accuracy_of([found[i] for i in places], [families[i] for i in places], seed=seed)
            for places in (
                range(len(found)),
                [i for i, row in enumerate(run.rows) if _is_tie(row)],
                [i for i, row in enumerate(run.rows) if not _is_tie(row)],
            )
        ]
        return TieAwareAccuracy(parts[0], parts[1], parts[2], math.nan)
    sides = [per_token_scores(row, run.score_unit) for row in run.rows]
    if all(math.isnan(sum(side)) for side in sides):
        return None
    labels = [0.5 if _is_tie(row) else 1.0 for row in run.rows]
    return tie_aware_accuracy([good for good, _ in sides], [bad for _, bad in sides], labels, families, seed=seed)


def _is_tie(row: Pair) -> bool:
    return row.tied or row.agreement == 0.5


def _judged_tie(row: Pair) -> Outcome:
    choices = asked(row)
    if not choices:
        return "skipped"
    return "right" if all(choice == "tie" for choice in choices) else "wrong"


def _groups(run: PreferenceRun, seed: int) -> Groups | None:
    rows = [row for row in run.rows if row.votes]
    if not rows:
        return None
    outcomes = [outcome_of(row, run.mode) for row in rows]
    return group_accuracies(outcomes, [row.votes for row in rows], [row.family for row in rows], seed=seed)


def _gap(run: PreferenceRun, seed: int) -> AlignmentGap | None:
    if run.mode != "loglikelihood":
        return None
    policy, reference = [stated_scores(row) for row in run.rows], [reference_scores(row) for row in run.rows]
    found = alignment_gap(
        [good for good, _ in policy],
        [bad for _, bad in policy],
        [good for good, _ in reference],
        [bad for _, bad in reference],
        [row.agreement for row in run.rows],
        [row.family for row in run.rows],
        seed=seed,
    )
    return found if found.gap.n else None


def _difficulty(run: PreferenceRun, seed: int) -> Difficulty | None:
    if run.mode != "loglikelihood":
        return None
    known = [(row, difficulty(*reference_scores(row))) for row in run.rows]
    known = [(row, c) for row, c in known if not math.isnan(c)]
    if not known:
        return None
    values = [c for _, c in known]
    low, median, high = statistics.quantiles(values, n=4, method="inclusive") if len(values) > 1 else values * 3

    def part(*, hard: bool) -> PairAccuracy:
        rows = [row for row, c in known if (c > 0) == hard]
        return accuracy_of([outcome_of(row, run.mode) for row in rows], [row.family for row in rows], seed=seed)

    each = tuple((row.pair, c, outcome_of(row, run.mode)) for row, c in known)
    return Difficulty(len(values), low, median, high, part(hard=True), part(hard=False), each)


def _lengths(run: PreferenceRun, seed: int) -> tuple[str, LengthStatistics | None]:
    for unit, lengths in (("bytes", byte_lengths), ("tokens", token_lengths)):
        sides = [lengths(row) for row in run.rows]
        if any(not math.isnan(sum(side)) for side in sides):
            columns = [good for good, _ in sides], [bad for _, bad in sides]
            return unit, length_statistics(*columns, [row.family for row in run.rows], seed=seed)
    return "", None


def _distance(run: PreferenceRun, seed: int) -> ReferenceDistance | None:
    if run.mode != "loglikelihood":
        return None
    found = reference_distance(
        [per_token_scores(row, run.score_unit) for row in run.rows],
        [per_token_scores(row, run.score_unit, reference_scores(row)) for row in run.rows],
        [(1.0, 1.0)] * len(run.rows),
        [row.family for row in run.rows],
        distances=[(row.chosen_distance, row.rejected_distance) for row in run.rows],
        seed=seed,
    )
    return found if found.n else None


def _forced(run: PreferenceRun, seed: int) -> ForcedChoice | None:
    sides = [(math.nan, math.nan) if row.skipped else (row.p_forward, row.p_backward) for row in run.rows]
    if run.mode != "judge" or all(math.isnan(sum(side)) for side in sides):
        return None
    columns = [one for one, _ in sides], [other for _, other in sides]
    return forced_choice(*columns, [row.family for row in run.rows], seed=seed)


def _calibration(run: PreferenceRun, seed: int) -> Calibration | None:
    """Each pair with a probability stands for both of its answers, so that neither name is favoured."""
    rows = [(row, _probability(row)) for row in run.rows if run.mode == "judge" and not row.skipped]
    rows = [(row, p) for row, p in rows if not math.isnan(p)]
    if not rows:
        return None
    chances = [chance for _, p in rows for chance in (p, 1 - p)]
    families = [row.family for row, _ in rows for _ in range(2)]
    return calibration(chances, [True, False] * len(rows), families, seed=seed)


def _probability(row: Pair) -> float:
    known = [p for p in (row.p_forward, row.p_backward) if not math.isnan(p)]
    return sum(known) / len(known) if known else math.nan


def _steering(run: PreferenceRun, others: Sequence[PreferenceRun], seed: int) -> Steerability | None:
    """With the first of a model's runs on a suite (the unconditioned one, if there is one) stands the whole matrix."""
    family = {one.conditioned_on: one for one in (run, *others) if _same_question(run, one)}
    if len(family) < 2 or run.conditioned_on != min(family) or family[run.conditioned_on] is not run:
        return None
    rows = {told: {row.pair: row for row in labelled(one).rows} for told, one in family.items()}
    shared = [
        pair
        for pair, row in rows[run.conditioned_on].items()
        if row.votes and all(pair in each for each in rows.values())
    ]
    votes = [rows[run.conditioned_on][pair].votes for pair in shared]
    if not shared:
        return None
    return steerability(
        {told: [outcome_of(rows[told][pair], run.mode) for pair in shared] for told in family},
        votes,
        [rows[run.conditioned_on][pair].family for pair in shared],
        seed=seed,
    )


def _same_question(run: PreferenceRun, other: PreferenceRun) -> bool:
    return (run.label, run.suite, headline(run)) == (other.label, other.suite, headline(other))
