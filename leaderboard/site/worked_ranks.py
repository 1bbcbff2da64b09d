"""The formulas about all models at once, worked on this very site's numbers: ranks, power, agreement, excess drops."""

from __future__ import annotations

import math

from ..boards.board import Board, Row
from ..boards.evolved import Evolution
from ..boards.words import coefficient, rank_range
from ..metrics.agreement import SPLITS
from ..words import bounds, p_value, percent, plural, points
from .formula import Formula, name


def rank_formula(board: Board) -> Formula:
    """The rank itself."""
    ranked = board.ranked
    last = ranked[-1] if ranked else None
    above = sum(last is not None and row.score.value > last.score.value for row in ranked)
    return Formula(
        "Rank",
        "1 + the number of complete runs with a strictly higher pass@1",
        "Equal scores share a rank, and the next rank counts them all. A run that owes samples is not ranked. "
        "Only runs of exactly the same tasks are on one board.",
        "",
        f"{above} of {plural(len(ranked), 'ranked run')} score higher than {name(last.run.label)}: rank {last.rank}."
        if last is not None
        else "",
    )


def rank_range_formula(board: Board) -> Formula:
    """The ranks that the tests leave open."""
    row = board.ranked[0] if board.separation is not None else None
    return Formula(
        "Rank range",
        "1 + number of runs that are better … N − number of runs that are worse",
        "Better and worse by a paired test of every two runs, all p-values together adjusted by Holm (the smallest of "
        "m times m, the next times m − 1, …, never below its forerunner) and below 0.05 after it. With a chance of "
        "95 % all ranges of a board hold at once. P(best) is the share of bootstrap draws in which a run is first.",
        "Holm 1979; Goldstein and Spiegelhalter 1996; Mogstad et al. 2024",
        "" if row is None else _range_example(board, row),
    )


def _range_example(board: Board, row: Row) -> str:
    pairs = board.separation
    assert pairs is not None
    worse = int(pairs.better[0].sum())
    other = board.ranked[1]
    return (
        f"{name(row.run.label)} is better than {worse} of {plural(len(pairs) - 1, 'other run')}: {rank_range(row)}. "
        f"Against {name(other.run.label)}: {p_value(float(pairs.p[0, 1]))} ({pairs.test}). "
        f"P(best) {percent(row.p_best)}."
    )


def resolvable_formula(board: Board) -> Formula:
    """The smallest difference that the tasks can show."""
    health = board.health
    return Formula(
        "Resolvable difference",
        "d = √ψ (z √N + z′ √(N − z² + z′²)) / (N + z′²), z = 1.96, z′ = 0.84",
        "What one paired test at 5 % finds in four of five cases, with ψ the median over pairs of the mean squared "
        "difference per task: of single samples, the share of tasks on which two runs disagree. Where d is more than "
        "two runs that disagree so seldom can differ by, all disagreements are taken to go one way.",
        "Connor 1987",
        ""
        if health is None or math.isnan(health.resolvable)
        else f"ψ = {health.discordance:.3f}, N = {board.tasks:,}: {points(health.resolvable, signed=False)} points.",
    )


def reliability_formula(board: Board) -> Formula:
    """Cronbach's alpha and split halves."""
    health = board.health
    split = None if health is None else health.split
    return Formula(
        "Reliability of the tasks",
        "alpha = R/(R − 1) · (1 − sum of the roots’ variances / variance of the totals), over runs and R roots",
        f"High where the tasks order these runs alike. Split halves: tau-b between the rankings of two random halves, "
        f"the mean of {SPLITS:,} splits and its middle 95 %.",
        "Kuder and Richardson 1937; Cronbach 1951",
        ""
        if health is None or split is None or math.isnan(health.alpha)
        else f"{plural(health.models, 'run')}: alpha {coefficient(health.alpha)}; split halves "
        f"{coefficient(split.tau)} [{coefficient(split.low)}, {coefficient(split.high)}].",
    )


def agreement_formula(evolution: Evolution | None) -> Formula:
    """tau-b against its ceiling."""
    one = None if evolution is None else evolution.agreement
    example = ""
    if one is not None and not math.isnan(one.tau):
        example = (
            f"{plural(one.counts.pairs, 'pair')} of models: C = {one.counts.concordant}, D = {one.counts.discordant}, "
            f"tau-b {coefficient(one.tau)}."
        )
        if one.ceiling is not None and not math.isnan(one.ceiling.tau):
            top = one.ceiling
            example += (
                f" Two parts of {plural(top.roots, 'root')} each of the original: {coefficient(top.tau)} "
                f"[{coefficient(top.low)}, {coefficient(top.high)}]."
            )
    return Formula(
        "Agreement and its ceiling",
        "tau-b = (C − D) / √((P − T₁)(P − T₂)); pairwise agreement = C / (C + D)",
        "Of P pairs of models, C are ordered alike on both sides, D in opposite ways, T₁ and T₂ are ties. The ceiling "
        "is tau-b between two disjoint random parts of the original suite, as large as the evolved one or else halves: "
        "what other luck alone does. A rank move has an arrow where chance seldom makes it and the model’s excess drop "
        "is beyond noise in the same direction.",
        "Kendall 1945",
        example,
    )


def excess_formula(evolution: Evolution | None) -> Formula:
    """A model's own fall."""
    standings = [] if evolution is None else [(one, one.standing) for one in evolution.overall if one.standing]
    example = ""
    if standings:
        drop, standing = max(standings, key=lambda pair: (pair[1].excess.excess, pair[0].label))
        own = standing.excess
        if not math.isnan(own.excess):
            example = (
                f"{name(drop.label)}: {points(drop.drop)} − ({points(own.field)}) = {points(own.excess)} points "
                f"{bounds(own.interval, signed=True)}, {p_value(own.p)}."
            )
    return Formula(
        "Excess drop",
        "excess = own drop − the median of the other models’ drops",
        "A harder or faulty evolved task pulls all models down; what is beyond that is the model’s own. The interval "
        "draws the same roots for all models; the permutation test is against the model in the median, Holm-adjusted "
        "over the models.",
        "",
        example,
    )


def cost_formula(board: Board) -> Formula:
    """Money."""
    row = next((row for row in board.ranked if not math.isnan(row.cost.money)), None)
    return Formula(
        "Cost",
        "(input tokens · price in + output tokens · price out) / 1,000,000",
        "A dash where the price or the tokens are unknown. A run is on the front where none is as cheap an answer and "
        "as good, and better in one of the two.",
        "",
        ""
        if row is None
        else f"{name(row.run.label)}: {row.run.spent.input_tokens:,.0f} tokens in, "
        f"{row.run.spent.output_tokens:,.0f} out: {row.cost.money:,.4g}, {row.cost.per_answer:.4g} an answer.",
    )
