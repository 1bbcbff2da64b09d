"""What can be learnt from a suite's responses alone: a small model that never sees a prompt, tried by families.

Pieces of text (words, pairs of words, runs of three to five characters) are counted, and a Bradley-Terry model learns
one weight a piece from the pairs of some families; it is then asked about the pairs of the others. On a suite that
measures preferences it is right about half of the time. Where it is right more often, the better responses have
something in common that has nothing to do with what was asked. Memory grows with the square of the pairs: 70 MB for
three thousand.

Source of the model: Bradley and Terry 1952; regularised logistic regression on differences of features.
"""

from __future__ import annotations

import math
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from ...benchmarks.preference import PreferenceTask
from ..metrics.intervals import SEED, Interval, score_interval

Array = npt.NDArray[np.float64]
FOLDS = 10
PIECES = 4096
"""Places that the pieces share, by a hash."""
_WORD = re.compile(r"\w+|[^\w\s]")
_ROUNDS = 300
_RATE = 1.0
_PENALTY = 0.01


@dataclass(frozen=True, slots=True)
class AnswerOnly:
    """Accuracy of the model that sees no prompt, on pairs of families that it did not learn from.

    interval: 95 per cent, families resampled. NaN with fewer than two families.
    """

    pairs: int
    families: int
    accuracy: float
    interval: Interval


def answer_only(tasks: Iterable[PreferenceTask], *, folds: int = FOLDS, seed: int = SEED) -> AnswerOnly:
    """Learn from the pairs of all families but one fold of them, ask about that fold, and so on for each."""
    differences, families = _pairs(tasks)
    names = sorted(set(families))
    if len(names) < 2:
        return AnswerOnly(len(families), len(names), math.nan, score_interval([], []))
    order = np.random.default_rng(seed).permutation(len(names))
    fold_of = {names[place]: number % min(folds, len(names)) for number, place in enumerate(order)}
    fold = np.array([fold_of[name] for name in families])
    alike = differences @ differences.T
    margins = np.zeros(len(families))
    for number in range(int(fold.max()) + 1):
        asked, known = np.flatnonzero(fold == number), np.flatnonzero(fold != number)
        margins[asked] = alike[np.ix_(asked, known)] @ _learnt(alike[np.ix_(known, known)])
    # Twins weigh against each other up to rounding; what is no more than that is no opinion.
    right = np.where(np.abs(margins) < 1e-9, 0.5, margins > 0)
    return AnswerOnly(len(families), len(names), float(right.mean()), score_interval(list(right), families))


def _pairs(tasks: Iterable[PreferenceTask]) -> tuple[Array, list[str]]:
    rows, families = [], []
    for task in tasks:
        counted = {response.id: _counted(response.text) for response in task.responses}
        for better, worse in task.pairs():
            rows.append(counted[better.id] - counted[worse.id])
            families.append(task.unit)
    return np.array(rows).reshape(len(rows), PIECES), families


def _counted(text: str) -> Array:
    """How often each piece occurs, with its root taken and the whole scaled to length 1."""
    found = np.zeros(PIECES)
    for piece in _pieces(text):
        found[zlib.crc32(piece.encode("utf-8", "surrogatepass")) % PIECES] += 1
    found = np.sqrt(found)
    length = float(np.linalg.norm(found))
    return found / length if length else found


def _pieces(text: str) -> Iterator[str]:
    words: Sequence[str] = _WORD.findall(text.lower())
    yield from words
    yield from (f"{first} {second}" for first, second in pairwise(words))
    for width in (3, 4, 5):
        yield from (f"{width}{text[start : start + width]}" for start in range(len(text) - width + 1))


def _learnt(alike: Array) -> Array:
    """How much each pair adds to the weights, which are sums of the pairs' differences, when the pairs are as likely as
    they can be: gradient ascent from zero, a fixed number of rounds. alike: the products of the differences.
    """
    shares = np.zeros(len(alike))
    for _ in range(_ROUNDS):
        doubt = 1 / (1 + np.exp(alike @ shares))
        shares += _RATE * (doubt / len(alike) - _PENALTY * shares)
    return shares
