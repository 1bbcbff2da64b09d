"""Putting together what scores responses, from a mode, the settings it was found to work with, and what was asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...benchmarks import BadInput
from .api import LogLikelihoods, Mode
from .echo import EchoReader
from .loglik import Fetcher, PlainPrompting, TextLogLikelihoods
from .loglik_template import DEFAULT_TEMPLATE, PlainTemplate
from .loglik_tokenizer import ServerTokenizer


@dataclass(frozen=True, slots=True)
class Scoring:
    """How responses are to be scored.

    template: how a conversation becomes text; None for the server's own chat template where the mode has it, else the
    default plain one. end_of_turn: score the token that ends the turn as well: P(this is the whole response) instead of
    P(it begins so).
    """

    template: PlainTemplate | None = None
    end_of_turn: bool = False

    def check(self) -> None:
        """BadInput where the template knows no end of a turn that could be scored."""
        if self.end_of_turn and self.template is not None and not self.template.end_of_turn:
            raise BadInput(f"the prompt template {self.template.name} has no end_of_turn that could be scored")


def open_loglikelihoods(
    client: Fetcher, model: str, mode: Mode, settings: Mapping[str, Any], scoring: Scoring
) -> LogLikelihoods:
    """What scores responses. settings: those of ``ProbeResult.works[mode]``."""
    template = scoring.template or DEFAULT_TEMPLATE
    Scoring(template, scoring.end_of_turn).check()
    if mode == "echo":
        reader = EchoReader(client, model, max_tokens=int(settings.get("max_tokens", 1)))
        prompting = PlainPrompting(template, scoring.end_of_turn)
        return TextLogLikelihoods(reader, prompting, _tokenizer(client, model, settings))
    raise BadInput(f"--mode {mode}: it gives no log-likelihoods")


def scoring_json(mode: Mode, settings: Mapping[str, Any], scoring: Scoring) -> dict[str, Any]:
    """What a run's manifest says about how responses were scored."""
    template = scoring.template or DEFAULT_TEMPLATE
    return {
        "mode": mode,
        "settings": dict(settings),
        "template": template.to_json(),
        "end_of_turn": scoring.end_of_turn,
    }


def _tokenizer(client: Fetcher, model: str, settings: Mapping[str, Any]) -> ServerTokenizer | None:
    dialect = settings.get("tokenizer")
    return ServerTokenizer(client, model, dialect, settings.get("max_length")) if dialect else None
