"""Log-probabilities that are wrong on purpose, each in a way that real servers have been wrong: for trying probes."""

from __future__ import annotations

import math
import random
import threading
from collections.abc import Sequence
from dataclasses import replace

from .language import LanguageModel, NoLogprobs
from .token_scores import Reply, Row

LOGPROB_FAULTS = {
    "zeros": "every log-probability is 0",
    "stale": "figures of a prompt are those of the prompt before it, as from a cache",
    "truncated": "the first half of a prompt is dropped without a word",
    "cut-short": "figures end half-way through a prompt",
    "shifted": "each figure stands one token early, the first token has one",
    "shifted-late": "each figure stands one token late, the first token has none",
    "leaked-token": "the figures of a prompt end with those of a token that follows it",
    "no-echo": "`echo` is ignored: figures are those of the reply",
    "no-logprobs": "there are no figures at all",
    "noisy": "figures differ from request to request, by up to 0.5",
    "tempered": "`temperature` changes the figures of a prompt",
    "double-begin": "a BEGIN mark more is put before every prompt, of token ids too",
    "biased": "llama.cpp's /completion gives the log-probability after `logit_bias`",
}
"""What goes wrong under each name."""
_NOISE = 0.5
_NEVER = -9999.0


class LogprobFault:
    """One way to be wrong; ``name`` is one of ``LOGPROB_FAULTS``, None for none."""

    def __init__(self, name: str | None = None) -> None:
        self.name = name
        self._rng = random.Random(0)
        self._lock = threading.Lock()
        self._before: list[float] = []

    def prompt(self, ids: Sequence[int], begin: int) -> tuple[int, ...]:
        """The prompt that is looked at instead of the one that was sent."""
        if self.name == "truncated":
            return tuple(ids[len(ids) // 2 :])
        return (begin, *ids) if self.name == "double-begin" else tuple(ids)

    def rows(self, rows: Sequence[Row], model: LanguageModel, temperature: float) -> list[Row]:
        """The figures of a prompt that are told instead of these."""
        given = list(rows)
        figures = [row.logprob for row in given]
        if self.name in ("zeros", "noisy"):
            figures = list(map(self._wrong, figures))
        elif self.name == "shifted":
            figures = [*figures[1:], figures[-1]]
        elif self.name == "shifted-late":
            figures = [None, *figures[1:2], *figures[1:-1]][: len(given)]
        elif self.name == "stale":
            figures = self._stale(figures)
        elif self.name == "tempered":
            figures = [_tempered(given, place, model, temperature) for place in range(len(given))]
        elif self.name == "cut-short":
            given, figures = given[: len(given) // 2], figures[: len(figures) // 2]
        return [replace(row, logprob=figure) for row, figure in zip(given, figures, strict=True)]

    def reply(self, reply: Reply) -> Reply:
        """A reply with the figures that are told instead of its own: those of prompts are wrong in more ways."""
        if self.name not in ("zeros", "noisy"):
            return reply
        rows = [replace(row, logprob=self._wrong(row.logprob)) for row in reply.rows]
        return replace(reply, rows=tuple(rows))

    def _wrong(self, figure: float | None) -> float | None:
        if figure is None:
            return None
        if self.name == "zeros":
            return 0.0
        with self._lock:
            return min(0.0, figure + self._rng.uniform(-_NOISE, _NOISE))

    def _stale(self, figures: Sequence[float | None]) -> list[float | None]:
        own = [figure for figure in figures if figure is not None]
        with self._lock:
            self._before, before = own, self._before
        return [*figures[:1], *(before[: len(own)] + own[len(before) :])]


def _tempered(rows: Sequence[Row], place: int, model: LanguageModel, temperature: float) -> float | None:
    import numpy as np

    row = rows[place]
    if row.logprob is None or temperature == 1:
        return row.logprob
    try:
        shares = model.shares([each.token for each in rows[:place]])
    except NoLogprobs:
        return row.logprob
    if not temperature:
        return 0.0 if shares[row.token] == shares.max() else _NEVER
    logits = np.log(shares) / temperature
    return float(logits[row.token] - logits.max() - math.log(float(np.exp(logits - logits.max()).sum())))
