"""What is asked about preference tasks, and what comes back; every way of asking speaks these types.

Two families of figures, never mixed under one name: the log-likelihood that a model gives each response (ranking
accuracy), and the choice it states when it is shown several (judge accuracy).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from ...benchmarks import InfraError
from ...benchmarks.preference import Message, PreferenceTask

Mode = Literal["prompt_logprobs", "echo", "teacher_force", "forced_choice", "judge"]
"""How a model is asked. The first three give log-likelihoods of responses, the others choices between them.

prompt_logprobs: vLLM's field of that name, on chat (with the server's own template) or completions. echo: ``echo`` and
``logprobs`` on /v1/completions. teacher_force: llama.cpp's /completion, one token at a time. forced_choice: the label
of one response, from the log-probabilities of the first answer token where the server gives them. judge: a written
verdict.
"""
LOGLIKELIHOOD_MODES: tuple[Mode, ...] = ("prompt_logprobs", "echo", "teacher_force")
CHOICE_MODES: tuple[Mode, ...] = ("forced_choice", "judge")
Choice = Literal["first", "second", "tie", "none"]
"""What was chosen, by position; none: refused, or nothing that could be read."""


LEAST_LOGPROB = -1e30
"""Nothing that a model computes is below it; sums and squares of what is above it are finite."""


class NotScorable(Exception):
    """This task cannot be scored by this model, others can; the message is the reason, which reports count.

    Reasons begin with a word of their own: ``too_long``, ``no_logprobs``, ``shifted``, ``refused``, ...
    """


@dataclass(frozen=True, slots=True)
class TokenScores:
    """The tokens of one response with their natural log-probabilities, as the server gave them.

    tokens: their texts, or their ids as texts where the server gives no texts. logprobs: one for each, never above 0,
    never NaN. start: the place, among the tokens of prompt and response together, of the first that is scored.
    boundary_merge: the last token of the prompt had merged with the response's first, so that scoring starts before the
    response does. utf8_bytes: of the response's own text. The sum of ``logprobs`` is the response's log-likelihood.
    """

    tokens: tuple[str, ...]
    logprobs: tuple[float, ...]
    start: int
    utf8_bytes: int
    boundary_merge: bool = False

    @property
    def total(self) -> float:
        """Log-likelihood of the response in nats."""
        return sum(self.logprobs)


class LogLikelihoods(Protocol):
    """Something that says how likely responses are."""

    async def score(self, messages: Sequence[Message], responses: Sequence[str]) -> tuple[TokenScores, ...]:
        """The scores of all responses to one conversation, from the same place on (the earliest that any one needs).

        Raises:
            NotScorable: this conversation or one of its responses cannot be scored by this model.
            InfraError: the endpoint failed (the errors of ``harness.endpoint.api``); the task is owed.
        """


@dataclass(frozen=True, slots=True)
class Said:
    """One answer of a chooser to one order of two responses.

    choice: by position. p_first: probability that the first is chosen, where the server gives log-probabilities of the
    label; None elsewhere. text: the reply as it came (untrusted), kept in the records. why: of a choice that is none,
    the reason, in a word (``refused``, ``cut``, ``empty``, ``unreadable``). reasoning: thinking that came apart from
    the text. input_tokens, output_tokens: as the server counts them.
    """

    choice: Choice
    text: str = ""
    p_first: float | None = None
    why: str = ""
    reasoning: str | None = None
    finish_reason: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None


class Chooser(Protocol):
    """Something that says which of two responses it prefers."""

    async def choose(self, task: PreferenceTask, first: str, second: str, *, epoch: int = 0) -> Said:
        """Its choice between two responses (texts) of a task, shown in this order.

        Raises:
            NotScorable, InfraError: as ``LogLikelihoods.score``.
        """


__all__ = [
    "CHOICE_MODES",
    "LOGLIKELIHOOD_MODES",
    "Choice",
    "Chooser",
    "InfraError",
    "LogLikelihoods",
    "Mode",
    "NotScorable",
    "Said",
    "TokenScores",
]
