"""What boards and evolutions say in a sentence: who leads, who falls, and whether it is real."""

from __future__ import annotations

import math

from ...benchmarks.visible import visible
from ..words import NONE, percent, plural, points, short_suite
from .board import Board, Row
from .evolved import Drop, Evolution
from .field import Agreement

FEWEST_RANKED = 4
"""Models from which on a tau says anything: three can only give four values of it."""


def rank_range(row: Row) -> str:
    """The ranks that the tests leave open: "1–3", or "8" alone; a dash for an unranked run."""
    if row.rank_low is None or row.rank_high is None:
        return NONE
    return str(row.rank_low) if row.rank_low == row.rank_high else f"{row.rank_low}–{row.rank_high}"


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
