"""How often a model's answer is preferred to a baseline's, and how often it would be if both were equally long.

Judges favour long answers, so a win rate can be bought with words. The length-controlled one follows the idea of
AlpacaEval 2.0 (Dubois et al. 2024, arXiv 2404.04475): fit how length sways the judge, then take that part out.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .estimates import mean, names_of
from .intervals import LEVEL, SEED, UNDEFINED, Interval, score_interval
from .resampling import Array, bootstrap_counts, percentile_intervals

PENALTY = 1.0
"""Weight of phi^2 / 2 in the fit: without it phi is infinite where length alone parts wins from losses."""
FITS = 1_000
"""Draws of the bootstrap, each of which is a fit."""
_STEPS = 60


@dataclass(frozen=True, slots=True)
class WinRate:
    """Comparisons with a baseline: ``rate`` is the mean preference, a tie counting half (AlpacaEval's win rate);
    ``strict`` the share of wins. skipped: comparisons without a preference, in no share. interval: of ``rate``."""

    win: int
    tie: int
    loss: int
    skipped: int
    rate: float
    strict: float
    interval: Interval

    @property
    def n(self) -> int:
        """Comparisons in the shares."""
        return self.win + self.tie + self.loss


def win_rate(preferences: Sequence[float], families: Sequence[str] | None = None, *, seed: int = SEED) -> WinRate:
    """Win rate from preferences in [0, 1]: 1 for the model's answer, 0 for the baseline's, one half for neither.

    A probability counts as itself in ``rate``; above one half it is a win. NaN is skipped. families[i]: what comparison
    i was derived from. ValueError outside of [0, 1] or for unequal lengths.
    """
    names = names_of(families, len(preferences), "comparisons")
    kept = [index for index, value in enumerate(preferences) if not math.isnan(value)]
    values = [preferences[index] for index in kept]
    if any(not 0 <= value <= 1 for value in values):
        raise ValueError("a preference outside of [0, 1]: 1 stands for the model's answer, 0 for the baseline's")
    wins, losses = sum(value > 0.5 for value in values), sum(value < 0.5 for value in values)
    return WinRate(
        win=wins,
        tie=len(values) - wins - losses,
        loss=losses,
        skipped=len(preferences) - len(values),
        rate=mean(values),
        strict=wins / len(values) if values else math.nan,
        interval=score_interval(values, [names[index] for index in kept], seed=seed),
    )


@dataclass(frozen=True, slots=True)
class LengthControlled:
    """``rate``: the win rate that the fit expects of answers as long as the baseline's; ``raw``: the plain one.

    length_effect: phi, in log-odds; above 0 the longer answer is preferred. ahead: the log-odds at equal length.
    n, skipped: comparisons in the fit, and those without a preference or a length. interval: of ``rate``, from fits to
    resampled families.
    """

    n: int
    skipped: int
    rate: float
    raw: float
    length_effect: float
    ahead: float
    interval: Interval


def length_controlled_win_rate(
    preferences: Sequence[float],
    lengths: Sequence[float],
    baseline_lengths: Sequence[float],
    families: Sequence[str] | None = None,
    *,
    draws: int = FITS,
    seed: int = SEED,
) -> LengthControlled:
    """The win rate at equal length, by logistic regression:

        P(model preferred) = sigma(theta + phi * tanh(d / s)),   d = length - baseline length,   s = its deviation

    with theta and phi from the maximum of the log-likelihood less phi^2 / 2, and s the standard deviation of d over the
    comparisons. The result is sigma(theta). What it controls: the difference in length, as far as it acts alike in all
    comparisons, grows no further beyond a few deviations, and is symmetric. What it does not: the length of both
    answers together, how hard a prompt is (AlpacaEval's third term, for which many models' answers to the same prompts
    are needed), format, or anything else that goes along with length; quality that needs more words is taken out with
    it. Where all d are 0 it is the plain win rate; where all are the same other number, length and quality cannot be
    told apart, and it is NaN.

    preferences: see ``win_rate``. Comparisons with a NaN are skipped. ValueError for unequal lengths.
    """
    names = names_of(families, len(preferences), "comparisons")
    rows = list(zip(preferences, lengths, baseline_lengths, strict=True))
    kept = [index for index, row in enumerate(rows) if not any(map(math.isnan, row))]
    skipped = len(rows) - len(kept)
    if not kept:
        return LengthControlled(0, skipped, math.nan, math.nan, math.nan, math.nan, UNDEFINED)
    won = np.array([rows[index][0] for index in kept], dtype=float)
    if won.min() < 0 or won.max() > 1:
        raise ValueError("a preference outside of [0, 1]: 1 stands for the model's answer, 0 for the baseline's")
    apart = np.array([rows[index][1] - rows[index][2] for index in kept], dtype=float)
    spread = float(apart.std())
    if spread < 1e-12 and apart.any():
        raw = float(won.mean())
        return LengthControlled(len(kept), skipped, math.nan, raw, math.nan, math.nan, UNDEFINED)
    pull = np.tanh(apart / spread) if spread else apart
    theta, phi = _fit(won, pull, np.ones((1, len(won))), (0.0, 0.0))
    return LengthControlled(
        n=len(kept),
        skipped=skipped,
        rate=float(_sigma(theta)[0]),
        raw=float(won.mean()),
        length_effect=float(phi[0]),
        ahead=float(theta[0]),
        interval=_interval(won, pull, (float(theta[0]), float(phi[0])), [names[index] for index in kept], draws, seed),
    )


def _interval(
    won: Array, pull: Array, near: tuple[float, float], families: Sequence[str], draws: int, seed: int
) -> Interval:
    """Percentiles of the fits to resampled families; the plain win rate's interval where length says nothing."""
    if not pull.any() or won.min() == won.max():
        return score_interval(won.tolist(), families, seed=seed)
    roots = sorted(set(families))
    if len(roots) < 2:
        return Interval(math.nan, math.nan, "none", len(roots))
    place = {name: index for index, name in enumerate(roots)}
    columns = np.array([place[name] for name in families])
    drawn = [
        _sigma(_fit(won, pull, counts[:, columns], near)[0])
        for counts in bootstrap_counts(len(roots), draws=draws, seed=seed)
    ]
    return percentile_intervals(np.concatenate(drawn)[:, None], len(roots), LEVEL)[0]


def _fit(won: Array, pull: Array, weights: Array, near: tuple[float, float]) -> tuple[Array, Array]:
    """(theta, phi) of every row of weights (fits x comparisons): Newton's method, damped, on a concave function.

    near: where to begin.
    """
    theta, phi = np.full(len(weights), near[0]), np.full(len(weights), near[1])
    for _ in range(_STEPS):
        chance = _sigma(theta[:, None] + phi[:, None] * pull)
        slope = weights * (won - chance)
        bend = weights * chance * (1 - chance)
        up, tilt = slope.sum(axis=1), slope @ pull - PENALTY * phi
        a, b, c = bend.sum(axis=1) + 1e-9, bend @ pull, bend @ (pull * pull) + PENALTY
        size = a * c - b * b
        step, turn = (c * up - b * tilt) / size, (a * tilt - b * up) / size
        theta, phi = theta + np.clip(step, -2, 2), phi + np.clip(turn, -2, 2)
        # Beyond log-odds of 30 a share is 1 but for 1e-13: all were won, and the maximum is at infinity.
        np.clip(theta, -30, 30, out=theta)
        if max(float(np.abs(step).max()), float(np.abs(turn).max())) < 1e-9:
            break
    return theta, phi


def _sigma(x: Array) -> Array:
    return np.asarray(0.5 * (1 + np.tanh(x / 2)))
