"""Numbers in words: how a share, an interval and a p-value are written, and the sentences that say what was found."""

from __future__ import annotations

import math

from ..benchmarks.visible import visible
from .board import Board, Row
from .comparison import Comparison
from .evolved import Drop, Evolution
from .field import Agreement
from .metrics.intervals import Interval

NONE = "—"
FEWEST_RANKED = 4
"""Models from which on a tau says anything: three can only give four values of it."""


def percent(share: float) -> str:
    """0.7439 as "74.4 %"; a dash where it is undefined."""
    return NONE if math.isnan(share) else f"{100 * share:.1f} %"


def points(difference: float, *, signed: bool = True) -> str:
    """A difference of shares in points: 0.018 as "+1.8", with a true minus sign; a dash where it is undefined."""
    if math.isnan(difference):
        return NONE
    text = f"{100 * abs(difference):.1f}"
    if text == "0.0" or not signed:
        return text
    return f"+{text}" if difference > 0 else f"−{text}"


def bounds(interval: Interval, *, signed: bool = False) -> str:
    """[67.2, 80.5], in percent or points; a dash where it is undefined."""
    if math.isnan(interval.low):
        return NONE
    if signed:
        return f"[{points(interval.low)}, {points(interval.high)}]"
    return f"[{100 * interval.low:.1f}, {100 * interval.high:.1f}]"


def p_value(p: float) -> str:
    """ "p = 0.016", "p < 0.001"."""
    if math.isnan(p):
        return NONE
    return "p < 0.001" if p < 0.001 else f"p = {p:.2g}" if p < 0.1 else f"p = {p:.2f}"


def plural(count: int, one: str, many: str | None = None) -> str:
    """ "1 task", "2 tasks", with thousands set apart."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def rank_range(row: Row) -> str:
    """The ranks that the tests leave open: "1–3", or "8" alone; a dash for an unranked run."""
    if row.rank_low is None or row.rank_high is None:
        return NONE
    return str(row.rank_low) if row.rank_low == row.rank_high else f"{row.rank_low}–{row.rank_high}"


def short_suite(suite: str) -> str:
    """The suite's name and version without its digest, made visible."""
    return visible(suite.partition("#")[0])


def verdict_on_update(comparison: Comparison) -> str:
    """One sentence on an update: what broke, what was fixed, and whether the net change could be chance."""
    broken, fixed = len(comparison.broken), len(comparison.fixed)
    if not broken and not fixed:
        return f"No pass rate differs on {plural(comparison.tasks, 'task')}; nothing was broken and nothing fixed."
    verbs = ("broke", "was fixed" if fixed == 1 else "were fixed") if comparison.flips else ("lost pass rate", "gained")
    what = f"{plural(broken, 'task')} {verbs[0]} and {fixed} {verbs[1]}"
    net = points(comparison.net)
    if comparison.p < 0.05:
        side = "worse" if comparison.net < 0 else "better"
        chance = f"the new model is {side} by {points(comparison.net, signed=False)} points, more than chance explains"
    else:
        chance = f"the net change of {net} points could be chance"
    return f"{what}: {chance} ({comparison.test}, {p_value(comparison.p)})."


def leader_clause(board: Board) -> str:
    """Who leads a board, and how many cannot be told apart from it; without a full stop."""
    ranked, suite = board.ranked, short_suite(board.suite)
    if not ranked:
        return f"No run on {suite} is complete yet, so none is ranked"
    first = [row for row in ranked if row.rank == 1]
    name, score = visible(first[0].run.label), percent(first[0].score.value)
    if len(ranked) == 1:
        return f"{name} scores {score} on {suite}, the only complete run there"
    if len(first) > 1:
        head = f"{plural(len(first), 'run')} tie at {score} on {suite}"
    else:
        head = f"{name} leads {suite} at {score}"
    near = sum(row.separable is False for row in ranked if row.rank != 1)
    if near:
        return f"{head}; {plural(near, 'other')} cannot be told apart from {'them' if len(first) > 1 else 'it'}"
    return head if len(first) == len(ranked) else f"{head}, ahead of all others by more than chance"


def leader_sentence(board: Board) -> str:
    """Who leads, how many places below are as uncertain, and which differences this set of tasks cannot tell."""
    said = [leader_clause(board)]
    unsure, pairs = board.inseparable_neighbours, board.neighbours
    if pairs > 1 and any(row.rank != 1 for row in board.ranked):
        if unsure == pairs:
            said.append(f"none of {pairs} neighbouring pairs is separable")
        elif unsure:
            said.append(f"{unsure} of {pairs} neighbouring pairs {'is' if unsure == 1 else 'are'} not separable")
    if board.health is not None and not math.isnan(board.health.resolvable):
        said.append(f"differences under {points(board.health.resolvable, signed=False)} points are not resolvable")
    return "; ".join(said) + "."


def coefficient(value: float) -> str:
    """A correlation: 0.84, with a true minus sign; a dash where it is undefined."""
    return NONE if math.isnan(value) else f"{value:.2f}".replace("-", "−")


def drop_sentence(evolution: Evolution) -> str:
    """Whether the models rank as before (said of four or more), and which of them fall by more than chance explains."""
    agreement = evolution.agreement
    if agreement is None or agreement.models < FEWEST_RANKED or math.isnan(agreement.tau):
        return _falls(evolution)
    return f"{_agreement(agreement)} {_excesses(evolution)}"


def _agreement(one: Agreement) -> str:
    interval = one.interval
    bounded = "" if math.isnan(interval.low) else f" [{coefficient(interval.low)}, {coefficient(interval.high)}]"
    found = f"tau {coefficient(one.tau)}{bounded}"
    ceiling = one.ceiling
    if ceiling is None or math.isnan(ceiling.tau):
        return f"Original and evolved tasks rank {plural(one.models, 'model')} with {found}."
    how = "differently, beyond noise" if one.below_ceiling else "alike, within noise"
    top = f"{coefficient(ceiling.tau)} [{coefficient(ceiling.low)}, {coefficient(ceiling.high)}]"
    return f"Original and evolved tasks rank {plural(one.models, 'model')} {how}: {found} against a ceiling of {top}."


def _excesses(evolution: Evolution) -> str:
    """Who falls by more than the field."""
    own = [(drop.standing.excess, drop) for drop in evolution.overall if drop.standing is not None]
    falling = [(excess, drop) for excess, drop in own if excess.beyond_noise and excess.excess > 0]
    if not falling:
        return "No model falls more than the others by more than chance."
    excess, drop = max(falling, key=lambda one: one[0].excess)
    more = f"{visible(drop.label)} falls {points(excess.excess, signed=False)} points more than the field"
    others = len(falling) - 1
    return f"{more}; so {'does' if others == 1 else 'do'} {plural(others, 'other')}." if others else f"{more}."


def _falls(evolution: Evolution) -> str:
    overall = evolution.overall
    falling = [drop for drop in overall if drop.beyond_noise and drop.drop > 0]
    where = f"on tasks evolved from {short_suite(evolution.original_suite)}"
    if not overall:
        return f"No model has scored samples on both sides {where}."
    if not falling:
        return f"No model falls by more than chance {where}."
    worst = max(falling, key=_size)
    head = f"{visible(worst.label)} falls from {percent(worst.original)} to {percent(worst.evolved)} {where}"
    if len(overall) == 1:
        return f"{head}."
    others = len(overall) - len(falling)
    if not others:
        return f"{head}, the largest of {len(falling)} falls."
    if len(falling) > 1:
        head += f", the largest of {len(falling)} falls beyond chance"
    return f"{head}; the drop of the {'other model' if others == 1 else f'other {others} models'} is within noise."


def _size(drop: Drop) -> float:
    return drop.drop


def drop_words(drop: Drop) -> str:
    """One model's change in words, for readers who do not see the figure."""
    noise = "beyond noise" if drop.beyond_noise else "within noise"
    return f"{visible(drop.label)}: {percent(drop.original)} to {percent(drop.evolved)} ({noise})."
