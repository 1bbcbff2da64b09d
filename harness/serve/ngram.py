"""A language model counted on the spot: small, honest, and real in every way that log-probabilities can be checked.

P(token | the two before it) is Witten and Bell's blend (IEEE Transactions on Information Theory 37(4), 1991, method C):

    P(t | context) = (times t came after context + kinds · P(t | shorter context)) / (times of context + kinds)

where *kinds* is how many different tokens came after the context; it ends with 1 / size of the vocabulary for every
token. So no token has share 0, known or not, and the shares after any context sum to 1.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from ...benchmarks import BadInput
from .language import Following
from .vocabulary import Vocabulary

if TYPE_CHECKING:
    import numpy as np

ORDER = 3
MAX_CHARACTERS = 16_000_000
_REMEMBERED = 256
_Context = tuple[int, ...]


class Ngram:
    """A trigram language model with real log-probabilities, trained when the server starts on the texts it was given.

    Each text is one document: a BEGIN mark, its tokens, an END mark.
    """

    def __init__(self, texts: Iterable[str], name: str = "ngram", *, vocabulary: Vocabulary | None = None) -> None:
        self.name = name
        known = [text for text in texts if text.strip()]
        characters = sum(map(len, known))
        if not known:
            raise BadInput(f"the baseline {name}: there is no text to train on; give it one that is not empty")
        if characters > MAX_CHARACTERS:
            raise BadInput(
                f"the baseline {name}: {characters:,} characters of text; at most {MAX_CHARACTERS:,} are read"
            )
        self.vocabulary = vocabulary or Vocabulary.of(known)
        self.trained_on = 0
        self._after: dict[_Context, dict[int, int]] = {}
        self._times: dict[_Context, int] = {}
        for text in known:
            self._count([self.vocabulary.begin, *self.vocabulary.encode(text, with_marks=False), self.vocabulary.end])
        self._unigrams = self._blended((), self._even())
        self._shares = lru_cache(_REMEMBERED)(self._shares_after)

    def _count(self, ids: Sequence[int]) -> None:
        self.trained_on += len(ids)
        for place, token in enumerate(ids):
            for length in range(min(ORDER - 1, place) + 1):
                after = self._after.setdefault(tuple(ids[place - length : place]), {})
                after[token] = after.get(token, 0) + 1
        self._times = {}

    def logprobs(self, ids: Sequence[int]) -> list[float]:
        """ln P of each token after the two before it."""
        return [self._logprob(tuple(ids[max(0, place + 1 - ORDER) : place]), ids[place]) for place in range(len(ids))]

    def shares(self, before: Sequence[int]) -> np.ndarray:
        """P of each token after the last two of these."""
        return self._shares(tuple(before[max(0, len(before) + 1 - ORDER) :]))

    def following(self, prompt: Sequence[int]) -> Following:
        """What comes next as it came in the texts; nothing but the last two tokens is looked at."""
        tail = list(prompt[max(0, len(prompt) + 1 - ORDER) :])
        return lambda said: self.shares([*tail, *said[-ORDER:]])

    def _logprob(self, context: _Context, token: int) -> float:
        share = 1 / len(self.vocabulary)
        for start in range(len(context), -1, -1):
            shorter = context[start:]
            after = self._after.get(shorter)
            if after is not None:  # the same sum, in the same order, as for all tokens at once
                share = (after.get(token, 0) + len(after) * share) / (self._total(shorter) + len(after))
        return math.log(share)

    def _total(self, context: _Context) -> int:
        total = self._times.get(context)
        if total is None:
            total = self._times[context] = sum(self._after[context].values())
        return total

    def _even(self) -> np.ndarray:
        import numpy as np

        return np.full(len(self.vocabulary), 1 / len(self.vocabulary))

    def _shares_after(self, context: _Context) -> np.ndarray:
        shares = self._unigrams
        for start in range(len(context) - 1, -1, -1):
            shares = self._blended(context[start:], shares)
        shares.flags.writeable = False
        return shares

    def _blended(self, context: _Context, shorter: np.ndarray) -> np.ndarray:
        import numpy as np

        after = self._after.get(context)
        if after is None:
            return shorter
        counts = np.zeros(len(shorter))
        counts[np.fromiter(after, np.int64, len(after))] = np.fromiter(after.values(), np.int64, len(after))
        blended: np.ndarray = (counts + len(after) * shorter) / (self._total(context) + len(after))
        return blended
