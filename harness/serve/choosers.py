"""Rules that choose between two responses without understanding them: the floor that every judge must be above.

In a chat they read the two responses out of the question (``harness.preference.question_layout``) and answer as it asks
to: ``[[A]]`` where the question names that, else the bare label. The shares of what comes next are those of a model
that is sure, and even between the labels where the rule finds both responses alike. Lengths are in UTF-8 bytes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from ..preference.question_layout import read_shown
from .language import Following, LanguageModel, NoLogprobs, as_float32, level, scripted
from .question import NoAnswer
from .vocabulary import Vocabulary

if TYPE_CHECKING:
    import numpy as np

_SURE = 1 - 1e-5
_TIE = "tie"
_EVEN = (0.3, 0.3, 0.4)
"""Of the two labels and of a tie: the labels' shares are alike, and the likeliest reply is a tie."""
_DEAREST = 1000.0


class Uniform:
    """A language model to which all tokens are equally likely: the shorter of two texts wins, per token all are tied.

    Without texts for a vocabulary its tokens are bytes. Its one figure is rounded to what 32 bits hold (as the figures
    of real servers are), so that sums of it are exact, and means of equal figures are equal.
    """

    def __init__(self, vocabulary: Vocabulary | None = None, name: str = "uniform") -> None:
        self.name = name
        self.vocabulary = vocabulary or Vocabulary()
        self.logprob = as_float32(-math.log(len(self.vocabulary)))

    def logprobs(self, ids: Sequence[int]) -> list[float]:
        """The same for every token."""
        return [self.logprob] * len(ids)

    def shares(self, before: Sequence[int]) -> np.ndarray:
        """The same for every token."""
        return level(len(self.vocabulary), math.exp(self.logprob))

    def following(self, prompt: Sequence[int]) -> Following:
        """Any token after any other; asked for one of two labels, both alike."""
        try:
            return _reply(self, prompt, lambda first, second: 0)
        except NoAnswer:
            return self.shares


class ShorterWins(Uniform):
    """Always the shorter response: as a judge by its length, as a language model by a fixed price for every byte."""

    def __init__(self, name: str = "shorter-wins") -> None:
        super().__init__(name=name)

    def following(self, prompt: Sequence[int]) -> Following:
        """The label of the shorter one."""
        return _reply(self, prompt, lambda first, second: _size(second) - _size(first))


class LongerWins:
    """Always the longer response: as a judge by its length; as a language model it breaks the rules of one.

    Log-probabilities of tokens are never above 0, so no honest sum of them rises with length. This one lets the last
    token of a text pay for all, the less the longer the text is: -1000 / tokens, and 0 for every token before. The
    figures do not add up from one split of a text to another; a probe finds that out, as it should.
    """

    def __init__(self, name: str = "longer-wins") -> None:
        self.name = name
        self.vocabulary = Vocabulary()

    def logprobs(self, ids: Sequence[int]) -> list[float]:
        """0 for all tokens but the last."""
        return [*[0.0] * (len(ids) - 1), as_float32(-_DEAREST / len(ids))] if ids else []

    def shares(self, before: Sequence[int]) -> np.ndarray:
        """None: what a token costs depends on what comes after it."""
        raise NoLogprobs(f"{self.name} has figures for whole texts only, none for the next token")

    def following(self, prompt: Sequence[int]) -> Following:
        """The label of the longer one."""
        return _reply(self, prompt, lambda first, second: _size(first) - _size(second))


class FirstWins:
    """Always the response that is shown first: what a judge scores who looks at positions alone."""

    def __init__(self, name: str = "first-wins") -> None:
        self.name = name
        self.vocabulary = Vocabulary()

    def logprobs(self, ids: Sequence[int]) -> Sequence[float]:
        """None: a text by itself has no position."""
        raise NoLogprobs(f"{self.name} chooses between two responses; it has no log-probabilities of texts")

    def shares(self, before: Sequence[int]) -> np.ndarray:
        """None, as ``logprobs``."""
        raise NoLogprobs(f"{self.name} chooses between two responses; it has no log-probabilities of texts")

    def following(self, prompt: Sequence[int]) -> Following:
        """The label of the first one."""
        return _reply(self, prompt, lambda first, second: 1)


class _Rule(Protocol):
    """Above 0 where the first response wins, below 0 where the second does, 0 where it is a tie."""

    def __call__(self, first: str, second: str) -> float: ...


def _reply(model: LanguageModel, prompt: Sequence[int], rule: _Rule) -> Following:
    vocabulary = model.vocabulary
    question = "\n".join(vocabulary.between_marks(prompt))
    shown = read_shown(question)
    if shown is None:
        raise NoAnswer("I only choose between two responses, and this question shows none.")
    won = rule(*shown.responses)
    marked = [f"[[{label}]]" for label in shown.labels]
    is_marked = all(mark in question for mark in marked)
    replies = marked if is_marked else list(shown.labels)
    if won:
        shares = (_SURE, 1 - _SURE) if won > 0 else (1 - _SURE, _SURE)
        return scripted(list(zip(replies, shares, strict=True)), vocabulary)
    if is_marked:
        return scripted([(f"[[{_TIE}]]", 1.0)], vocabulary)
    return scripted(list(zip([*replies, _TIE], _EVEN, strict=True)), vocabulary)


def _size(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))
