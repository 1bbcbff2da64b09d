"""The formulas of the site, each worked on this very site's numbers, so that a reader can follow them to the end."""

from __future__ import annotations

import math

from ...benchmarks.visible import visible
from ..boards.board import Board, Row
from ..metrics.intervals import DRAWS
from ..metrics.passk import TaskCounts, pass_at_k
from ..words import bounds, p_value, percent, plural, points
from .content import Content
from .formula import Formula, name
from .worked_ranks import (
    agreement_formula,
    cost_formula,
    excess_formula,
    rank_formula,
    rank_range_formula,
    reliability_formula,
    resolvable_formula,
)


def formulas(content: Content) -> list[Formula]:
    """Every formula in the order in which its number is met."""
    board = content.boards[0]
    evolution = content.evolutions[0] if content.evolutions else None
    return [
        _pass_at_k(board),
        _interval(board, content.seed),
        rank_formula(board),
        rank_range_formula(board),
        resolvable_formula(board),
        reliability_formula(board),
        cost_formula(board),
        _evolved(content),
        excess_formula(evolution),
        agreement_formula(evolution),
        _flips(content),
        _floor(content),
        _mcnemar(content),
        _sign_flips(content),
    ]


def _pass_at_k(board: Board) -> Formula:
    return Formula(
        "pass@k",
        "pass@k = 1 − C(n − c, k) / C(n, k), the mean over tasks",
        "The chance that at least one of k fresh samples passes, from c passes in n scored samples of a task. It is "
        "undefined, and shown as a dash, where a task has fewer than k samples. Samples that are owed are in no n.",
        "Chen et al. 2021, arXiv 2107.03374",
        _pass_at_k_example(board),
    )


def _pass_at_k_example(board: Board) -> str:
    """Of the best run that has a task with several samples, some passed and some failed; else of the best run."""
    for row in board.rows:
        several = [task for task in row.run.counts.values() if 0 < task.passed < task.n and task.n > 2]
        if several:
            task = max(several, key=lambda one: (min(one.passed, one.n - one.passed), one.task))
            return _sampled_example(row, task)
    row = board.rows[0]
    scored = [task for task in row.run.counts.values() if task.n]
    if any(task.n > 1 for task in scored):
        return ""
    passed = sum(task.passed for task in scored)
    return (
        f"{name(row.run.label)} has one sample a task and passes {passed:,} of {plural(len(scored), 'task')}: "
        f"{percent(row.score.value)}."
    )


def _sampled_example(row: Row, task: TaskCounts) -> str:
    n, c = task.n, task.passed
    return (
        f"{name(row.run.label)} passes {visible(task.task, 60)} in {c} of {n} samples: "
        f"pass@1 = {c}/{n} = {c / n:.2f}, "
        f"pass@2 = 1 − {math.comb(n - c, 2)}/{math.comb(n, 2)} = {pass_at_k(n, c, 2):.3f}. "
        f"Over all {plural(len(row.run.counts), 'task')} the mean of pass@1 is {percent(row.score.value)}."
    )


def _interval(board: Board, seed: int) -> Formula:
    row = board.rows[0]
    rests = {"wilson": "by Wilson", "bootstrap": "by the bootstrap"}.get(row.interval.method, "by Wilson over roots")
    return Formula(
        "Interval of a score (95 %)",
        "(p + z²/2n ± z √(p(1 − p)/n + z²/4n²)) / (1 + z²/n), or the 2.5 and 97.5 percentiles of the bootstrap",
        "Wilson’s where every task is its own root and is passed or failed outright; else whole root tasks are drawn "
        f"with replacement, {DRAWS:,} times (seed {seed}). Intervals that overlap do not mean a tie.",
        "Wilson 1927; Efron and Tibshirani 1993; Miller 2024, arXiv 2411.00640",
        ""
        if row.interval.method == "none"
        else f"{name(row.run.label)}: {percent(row.score.value)} {bounds(row.interval)}, {rests}, from "
        f"{plural(row.interval.units, 'independent unit')}.",
    )


def _evolved(content: Content) -> Formula:
    drops = content.evolutions[0].overall if content.evolutions else ()
    drop = max(drops, key=lambda one: (one.drop, one.label), default=None)
    return Formula(
        "Original and evolved",
        "drop = mean pass rate of the roots − mean pass rate of the tasks evolved from them, over the same pairs",
        "A root with several evolved tasks counts once for each. The interval is the bootstrap over roots; “falls” "
        "means that it leaves out 0 and that the permutation test agrees.",
        "",
        ""
        if drop is None
        else f"{name(drop.label)}, {plural(drop.pairs, 'pair')} from {plural(drop.roots, 'root')}: "
        f"{percent(drop.original)} − {percent(drop.evolved)} = {points(drop.drop)} points "
        f"{bounds(drop.interval, signed=True)}, {p_value(drop.p)}.",
    )


def _flips(content: Content) -> Formula:
    update = content.updates[0] if content.updates else None
    example = ""
    if update is not None:
        rates = update.rates
        counts = (
            f"{len(update.broken)} of {plural(update.tasks, 'task')} lost pass rate and {len(update.fixed)} gained; "
        )
        example = (
            f"{name(update.old)} → {name(update.new)}: {counts}NFR {percent(rates.nfr)}, PFR {percent(rates.pfr)}, "
            f"net {points(update.net)} points."
        )
    return Formula(
        "Flips",
        "NFR = broken / all, PFR = fixed / all, new − old = PFR − NFR; with samples: NFR = mean of c/n · (m − d)/m",
        "A negative flip was right before and is wrong now. Update flips (same task, new model) and evolution flips "
        "(same model, evolved task) are different quantities. With c of n old and d of m new passes it is the chance "
        "that one fresh sample of each would flip.",
        "Yan et al. 2021, arXiv 2011.09161",
        example,
    )


def _floor(content: Content) -> Formula:
    update = next((one for one in content.updates if one.rates.floor_tasks), None)
    return Formula(
        "Noise floor of flips",
        "½ [c(n − c) / (n(n − 1)) + d(m − d) / (m(m − 1))], the mean over tasks",
        "What sampling alone would show between two runs of one model: a rate at the floor is no regression. It is "
        "unknown where a side has one sample a task.",
        "",
        ""
        if update is None
        else f"{name(update.old)} → {name(update.new)}: floor {percent(update.rates.noise_floor)}, "
        f"excess {points(update.rates.excess_nfr)} points.",
    )


def _mcnemar(content: Content) -> Formula:
    update = next((one for one in content.updates if one.flips is not None), None)
    flips = update.flips if update else None
    return Formula(
        "No change at all, one sample a task",
        "p = min(1, 2 · P[Bin(b + f, ½) ≤ min(b, f)]) for b broken and f fixed tasks",
        "The exact test of McNemar: if nothing changed on the whole, a flip goes either way with equal chance.",
        "McNemar 1947",
        ""
        if flips is None or update is None
        else f"{name(update.old)} → {name(update.new)}: b = {flips.negative}, f = {flips.positive}, "
        f"{p_value(update.p)}.",
    )


def _sign_flips(content: Content) -> Formula:
    return Formula(
        "No change at all, several samples or several tasks a root",
        "the share of sign patterns of the roots’ differences whose total is at least as far from 0",
        f"Each root’s difference takes either sign with equal chance; {DRAWS:,} random patterns (seed "
        f"{content.seed}) where more than 12 roots changed, else all of them.",
        "",
        "",
    )
