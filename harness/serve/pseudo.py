"""Pseudo log-probabilities: numbers that behave as a model's would, and say nothing about any model.

They come from a small character model: the share of each character after the four before it, as Witten and Bell blend
it with the shares after three, two, one and no characters, and at last with the uniform 1 / 1,114,112 of all code
points. It is counted over the texts that a baseline knows, so that what is memorised is likelier than what is not.

- A token's figure is the sum of its characters', so that log P(a + b) = log P(a) + log P(b after a) however the texts
  are cut into tokens. The same texts give the same figures in every call and every process.
- An alternative to a token is the token with another last character. These exclude each other: their probabilities
  and the token's own sum to 1 at most.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import accumulate
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

_TOKEN = re.compile(r" ?\w{1,8}|\s{1,8}|[^\w\s]{1,4}")
_ORDER = 4
_CODE_POINTS = 0x110000
_MAX_CHARS = 2_000_000
_CONTEXT_FACTOR = 0x9E3779B97F4A7C15
_PAIR_FACTOR = 0xD6E8FEB86659FD93


def tokens(text: str) -> list[str]:
    """A text in tokens: up to 8 letters and digits with the blank before them, 8 blanks, or 4 other characters."""
    return _TOKEN.findall(text)


@lru_cache(8192)
def token_count(text: str) -> int:
    """The number of its tokens."""
    return len(_TOKEN.findall(text))


@dataclass(frozen=True, slots=True)
class Scored:
    """A token and its natural log-probability. top: the likeliest of it and its alternatives, the likeliest first."""

    token: str
    logprob: float
    top: tuple[tuple[str, float], ...] = ()


class PseudoModel:
    """The model of some texts: at most two million characters, the same share of each text. Counted at first use."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._texts = texts
        self._lock = threading.Lock()

    def score(self, text: str, before: str = "", top: int = 0) -> list[Scored]:
        """The tokens of a text that comes after another, each with its ``top`` likeliest rivals."""
        import numpy as np

        pieces = tokens(text)
        if not pieces:
            return []
        with self._lock:
            counts = self._counts
        context = before[-_ORDER:]
        codes = _codes(context + text)
        chars = np.log(_probabilities(counts, codes))[len(context) :]
        ends = list(accumulate(map(len, pieces)))
        sums = np.add.reduceat(chars, [0, *ends[:-1]])
        rows = []
        for piece, end, total in zip(pieces, ends, sums, strict=True):
            rivals = self._rivals(codes[: len(context) + end], top) if top else ()
            others = ((piece[:-1] + last, float(total - chars[end - 1] + log)) for last, log in rivals)
            ranked = sorted({**dict(others), piece: float(total)}.items(), key=lambda item: (-item[1], item[0]))
            rows.append(Scored(piece, float(total), tuple(ranked[:top])))
        return rows

    def _rivals(self, codes: np.ndarray, top: int) -> list[tuple[str, float]]:
        """The likeliest last characters of a text, with their logarithms."""
        import numpy as np

        known = self._alphabet
        if not len(known):
            return []
        context = codes[max(0, len(codes) - 1 - _ORDER) : -1]
        shares = _last_probabilities(self._counts, context, known)
        best = np.argsort(-shares, kind="stable")[: top + 1]
        return [(chr(int(known[number])), float(np.log(shares[number]))) for number in best]

    @cached_property
    def _alphabet(self) -> np.ndarray:
        import numpy as np

        return np.unique(self._training).astype(np.int64)

    @cached_property
    def _training(self) -> np.ndarray:
        texts = list(self._texts)
        share = min(1.0, _MAX_CHARS / max(1, sum(map(len, texts))))
        return _codes("\n\n".join(text[: int(len(text) * share)] for text in texts))

    @cached_property
    def _counts(self) -> list[_Counts]:
        return [_count(self._training, order) for order in range(_ORDER + 1)]


@dataclass(frozen=True, slots=True)
class _Counts:
    """Of one length of context: how often each occurs, how many characters follow it, and how often each of these."""

    contexts: np.ndarray
    seen: np.ndarray
    kinds: np.ndarray
    pairs: np.ndarray
    together: np.ndarray


def _codes(text: str) -> np.ndarray:
    import numpy as np

    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")


def _keys(codes: np.ndarray, order: int) -> np.ndarray:
    """One number for the ``order`` characters before each place that has so many before it; wraps at 64 bits."""
    import numpy as np

    keys = np.zeros(max(0, len(codes) - order), np.uint64)
    for back in range(1, order + 1):
        keys = keys * np.uint64(_CONTEXT_FACTOR) + codes[order - back : len(codes) - back].astype(np.uint64)
        keys += np.uint64(1)
    return keys


def _paired(keys: np.ndarray, codes: np.ndarray) -> Any:
    import numpy as np

    return keys * np.uint64(_PAIR_FACTOR) + codes.astype(np.uint64) + np.uint64(1)


def _count(codes: np.ndarray, order: int) -> _Counts:
    import numpy as np

    keys = _keys(codes, order)
    contexts, seen = np.unique(keys, return_counts=True)
    pairs, first, together = np.unique(_paired(keys, codes[order:]), return_index=True, return_counts=True)
    kinds = np.unique(keys[first], return_counts=True)[1]
    return _Counts(contexts, seen, kinds, pairs, together)


def _probabilities(counts: Sequence[_Counts], codes: np.ndarray) -> np.ndarray:
    """The probability of each character after those before it."""
    import numpy as np

    shares = np.full(len(codes), 1 / _CODE_POINTS)
    for order, each in enumerate(counts):
        if len(codes) > order:
            shares[order:] = _blend(each, _keys(codes, order), codes[order:], shares[order:])
    return shares


def _last_probabilities(counts: Sequence[_Counts], context: np.ndarray, candidates: np.ndarray) -> np.ndarray:
    """The probability of each candidate after one context."""
    import numpy as np

    shares = np.full(len(candidates), 1 / _CODE_POINTS)
    for order, each in enumerate(counts[: len(context) + 1]):
        ending = np.append(context[len(context) - order :], np.uint32(0))
        keys = np.repeat(_keys(ending, order), len(candidates))
        shares = _blend(each, keys, candidates, shares)
    return shares


def _blend(counts: _Counts, keys: np.ndarray, codes: np.ndarray, shorter: np.ndarray) -> np.ndarray:
    """Witten and Bell's share: (times seen + kinds × share after the shorter context) / (times of context + kinds)."""
    import numpy as np

    if not len(counts.contexts):
        return shorter
    place = np.minimum(np.searchsorted(counts.contexts, keys), len(counts.contexts) - 1)
    is_known = counts.contexts[place] == keys
    pairs = _paired(keys, codes)
    where = np.minimum(np.searchsorted(counts.pairs, pairs), len(counts.pairs) - 1)
    together = np.where(counts.pairs[where] == pairs, counts.together[where], 0)
    kinds = counts.kinds[place]
    return np.where(is_known, (together + kinds * shorter) / (counts.seen[place] + kinds), shorter)
