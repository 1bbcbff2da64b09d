"""Log-probabilities of prompts and replies, token by token, and how a reply is drawn."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from .language import Following, LanguageModel, NoLogprobs, scripted
from .question import NoAnswer

if TYPE_CHECKING:
    import numpy as np

Unanswered = Literal["say", "continue", "end"]
_LEAST = -9999.0
"""What vLLM sends for minus infinity, which JSON has not."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """A token that could stand somewhere: its natural log-probability, and its place among all (1: the likeliest)."""

    token: int
    logprob: float
    rank: int


@dataclass(frozen=True, slots=True)
class Row:
    """A token that stands somewhere. logprob: None for the first of a text. top: the likeliest ones there, in order."""

    token: int
    logprob: float | None
    rank: int = 1
    top: tuple[Ranked, ...] = ()


@dataclass(frozen=True, slots=True)
class Reply:
    """What a model says. reason: ``stop`` (stopped_by: the sequence, "" for the END mark) or ``length``."""

    text: str
    rows: tuple[Row, ...]
    reason: str
    stopped_by: str = ""


@dataclass(frozen=True, slots=True)
class Drawing:
    """How replies are drawn. bias: is added to the logits of tokens. top: how many alternatives rows tell."""

    max_tokens: int
    temperature: float = 1.0
    bias: Mapping[int, float] | None = None
    stops: tuple[str, ...] = ()
    top: int = 0


def prompt_rows(model: LanguageModel, ids: Sequence[int], top: int | None) -> list[Row]:
    """The tokens of a prompt. top: alternatives to each; None for neither alternatives nor ranks.

    Raises:
        NoLogprobs: the model has none.
    """
    logprobs = model.logprobs(ids)
    rows = [Row(token, logprob) for token, logprob in zip(ids, logprobs, strict=True)]
    if rows:
        rows[0] = Row(ids[0], None)
    if top is None:
        return rows
    return [rows[0], *(_ranked(model, ids, place, rows[place], top) for place in range(1, len(rows)))]


def _ranked(model: LanguageModel, ids: Sequence[int], place: int, row: Row, top: int) -> Row:
    try:
        shares = model.shares(ids[:place])
    except NoLogprobs:  # it knows what this token costs and nothing of the others
        return Row(row.token, row.logprob, 1, (Ranked(row.token, row.logprob or 0.0, 1),) if top else ())
    return Row(row.token, row.logprob, rank_of(shares, row.token), best(shares, top))


def rank_of(shares: np.ndarray, token: int) -> int:
    """1 + the number of tokens with a larger share."""
    return 1 + int((shares > shares[token]).sum())


def best(shares: np.ndarray, count: int) -> tuple[Ranked, ...]:
    """The tokens with the largest shares, of equals the one with the smaller id first."""
    import numpy as np

    if not count:
        return ()
    count = min(count, len(shares))
    least = np.partition(shares, len(shares) - count)[len(shares) - count]
    candidates = np.flatnonzero(shares >= least)
    chosen = candidates[np.argsort(-shares[candidates], kind="stable")][:count]
    return tuple(Ranked(int(each), math.log(float(shares[each])), rank_of(shares, int(each))) for each in chosen)


def draw(
    model: LanguageModel, prompt: Sequence[int], drawing: Drawing, seed: int, unanswered: Unanswered = "say"
) -> Reply:
    """One reply; rows hold the model's own log-probabilities, before bias and temperature.

    unanswered: what is done where the model has nothing to say to this prompt. "say": it says so; "continue": any token
    follows as it would any text; "end": the same, and the end at once where the model knows no shares.

    Raises:
        NoLogprobs: it knows no shares, with "continue".
    """
    rng = random.Random(seed)
    following = _following(model, prompt, unanswered) if drawing.max_tokens else None
    rows: list[Row] = []
    said: list[int] = []
    reason = "length"
    while following is not None and len(said) < drawing.max_tokens:
        try:
            shares = following(said)
        except NoLogprobs:
            if unanswered != "end":
                raise
            reason = "stop"
            break
        token = _drawn(shares, drawing, rng)
        if token == model.vocabulary.end:
            reason = "stop"
            break
        said.append(token)
        rows.append(Row(token, math.log(float(shares[token])), rank_of(shares, token), best(shares, drawing.top)))
        text = model.vocabulary.decode(said) if drawing.stops else ""
        found = [(place, stop) for stop in drawing.stops if (place := text.find(stop)) >= 0]
        if found:
            return Reply(text[: min(found)[0]], tuple(rows), "stop", min(found)[1])
    return Reply(model.vocabulary.decode(said), tuple(rows), reason)


def _following(model: LanguageModel, prompt: Sequence[int], unanswered: Unanswered) -> Following:
    try:
        return model.following(prompt)
    except NoAnswer as error:
        if unanswered == "say":
            return scripted([(str(error), 1.0)], model.vocabulary)
        return lambda said: model.shares([*prompt, *said])


def _drawn(shares: np.ndarray, drawing: Drawing, rng: random.Random) -> int:
    import numpy as np

    logits = np.log(shares)
    for token, more in (drawing.bias or {}).items():
        logits[token] += more
    if not drawing.temperature:
        return int(np.argmax(logits))
    weights = np.cumsum(np.exp((logits - logits.max()) / drawing.temperature))
    return int(np.searchsorted(weights, rng.random() * weights[-1], side="right").clip(0, len(shares) - 1))


def told(number: float | None) -> float | None:
    """A figure as it is sent: finite."""
    return None if number is None else max(number, _LEAST)
