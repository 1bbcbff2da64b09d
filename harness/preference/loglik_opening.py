"""Putting together what scores responses, from a mode, the settings it was found to work with, and what was asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...benchmarks import BadInput
from .api import LOGLIKELIHOOD_MODES, LogLikelihoods, Mode
from .echo import EchoReader
from .loglik import Fetcher, PlainPrompting, Prompting, Reader, TextLogLikelihoods
from .loglik_template import DEFAULT_TEMPLATE, PlainTemplate
from .loglik_tokenizer import ServerTokenizer
from .prompt_logprobs import ChatLogLikelihoods, PromptLogprobsReader
from .teacher_force import ServerPrompting, TeacherForceReader


@dataclass(frozen=True, slots=True)
class Scoring:
    """How responses are to be scored.

    template: how a conversation becomes text; None for the server's own chat template where the mode has it, else the
    default plain one. end_of_turn: score the token that ends the turn as well: P(this is the whole response) instead of
    P(it begins so).
    """

    template: PlainTemplate | None = None
    end_of_turn: bool = False


def open_loglikelihoods(
    client: Fetcher, model: str, mode: Mode, settings: Mapping[str, Any], scoring: Scoring
) -> LogLikelihoods:
    """What scores responses. settings: those of ``ProbeResult.works[mode]``.

    Raises:
        BadInput: the mode gives no log-likelihoods, or cannot do what is asked.
    """
    template = _template(mode, settings, scoring)
    tokenizer = _tokenizer(client, model, settings)
    if mode == "prompt_logprobs" and template is None:
        continues = bool(settings.get("continues", True))
        top = int(settings.get("top", 0))
        return ChatLogLikelihoods(client, model, top, continues, scoring.end_of_turn, tokenizer)
    prompting: Prompting = (
        ServerPrompting(client, model) if template is None else PlainPrompting(template, scoring.end_of_turn)
    )
    return TextLogLikelihoods(open_reader(client, model, mode, settings), prompting, tokenizer)


def open_reader(client: Fetcher, model: str, mode: Mode, settings: Mapping[str, Any]) -> Reader:
    """What reads the log-probabilities of a text. settings: as above; ``sampling`` adds fields to each request."""
    sampling = settings.get("sampling", {"temperature": 1})
    if mode == "echo":
        return EchoReader(client, model, int(settings.get("max_tokens", 1)), sampling)
    if mode == "prompt_logprobs":
        return PromptLogprobsReader(client, model, int(settings.get("top", 0)), sampling)
    if mode == "teacher_force":
        return TeacherForceReader(client, model, sampling, bool(settings.get("cache_prompt", True)))
    raise BadInput(f"--mode {mode}: it gives no log-likelihoods; those that do: {', '.join(LOGLIKELIHOOD_MODES)}")


def scoring_json(mode: Mode, settings: Mapping[str, Any], scoring: Scoring) -> dict[str, Any]:
    """What a run's manifest says about how responses were scored.

    template: name and digest of a plain one; of the server's own, the digest of what it made of a conversation that is
    always the same, so that a server whose template changed is told apart.
    """
    template = _template(mode, settings, scoring)
    said = {"name": "server", "digest": settings.get("template_digest")} if template is None else template.to_json()
    return {"mode": mode, "settings": dict(settings), "template": said, "end_of_turn": scoring.end_of_turn}


def _template(mode: Mode, settings: Mapping[str, Any], scoring: Scoring) -> PlainTemplate | None:
    """The plain template that is used, None for the server's own."""
    forms = settings.get("forms", ["chat"])
    own = (mode == "prompt_logprobs" and "chat" in forms) or (mode == "teacher_force" and settings.get("own_template"))
    if own and scoring.template is None:
        if scoring.end_of_turn and mode == "teacher_force":
            raise BadInput("--end-of-turn: with teacher_force it takes a prompt template that names its end_of_turn")
        return None
    if mode == "prompt_logprobs" and "completions" not in forms:
        raise BadInput(
            "--prompt-template: this server scores prompts on chat only, with its own template; leave it out"
        )
    template = scoring.template or DEFAULT_TEMPLATE
    if scoring.end_of_turn and not template.end_of_turn:
        raise BadInput(f"--end-of-turn: the prompt template {template.name} has no end_of_turn that could be scored")
    return template


def _tokenizer(client: Fetcher, model: str, settings: Mapping[str, Any]) -> ServerTokenizer | None:
    dialect = settings.get("tokenizer")
    return ServerTokenizer(client, model, dialect, settings.get("max_length")) if dialect else None
