"""What a stand-in that has real log-probabilities can be asked, token by token.

Every figure is the natural logarithm of a share, and the shares of all tokens that could follow a text sum to 1.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from .question import Baseline
from .vocabulary import Vocabulary

if TYPE_CHECKING:
    import numpy as np

_STRAY = 1e-6
Following = Callable[[Sequence[int]], "np.ndarray"]
"""From what has been said so far to the shares of all tokens that may come next, in the order of their ids."""


class NoLogprobs(Exception):
    """This stand-in chooses, it has no log-probabilities of texts; the server answers 400 and says so."""


@runtime_checkable
class LanguageModel(Protocol):
    """A stand-in that works in tokens of its own.

    The first line of its class's docstring is what ``/v1/models`` tells of it.
    """

    @property
    def name(self) -> str:
        """The model name under which it is asked."""

    @property
    def vocabulary(self) -> Vocabulary:
        """Its tokens."""

    def logprobs(self, ids: Sequence[int]) -> Sequence[float]:
        """The log-probability of each token after those before it, the first one's after nothing; or NoLogprobs."""

    def shares(self, before: Sequence[int]) -> np.ndarray:
        """The share of each token of the vocabulary after these; or NoLogprobs."""

    def following(self, prompt: Sequence[int]) -> Following:
        """How a reply to this prompt goes; NoAnswer, with what to say of it, where there is none."""


StandIn = Baseline | LanguageModel
"""What a server can serve."""


def as_float32(number: float) -> float:
    """The nearest number that 32 bits hold."""
    import struct

    return float(struct.unpack("<f", struct.pack("<f", number))[0])


@lru_cache(16)
def level(size: int, share: float) -> np.ndarray:
    """The same share for all tokens."""
    import numpy as np

    level = np.full(size, share)
    level.flags.writeable = False
    return level


def scripted(replies: Sequence[tuple[str, float]], vocabulary: Vocabulary) -> Following:
    """A reply that is one of these, with these shares (which sum to 1); a little is left for all other tokens."""
    scripts = [([*vocabulary.encode(text, with_marks=False), vocabulary.end], share) for text, share in replies]
    return lambda said: _next(scripts, list(said), vocabulary)


def _next(scripts: Sequence[tuple[list[int], float]], said: list[int], vocabulary: Vocabulary) -> np.ndarray:
    """Shares of the next token: of each script that goes on from what was said; where none does, of the END mark."""
    import numpy as np

    going = [(ids[len(said)], share) for ids, share in scripts if ids[: len(said)] == said and len(ids) > len(said)]
    going = going or [(vocabulary.end, 1.0)]
    total = math.fsum(share for _, share in going)
    shares = np.full(len(vocabulary), _STRAY / len(vocabulary))
    for token, share in going:
        shares[token] += (1 - _STRAY) * share / total
    return shares
