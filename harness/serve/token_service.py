"""Answers for stand-ins with tokens of their own, whatever API they are asked through."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from . import native
from .dialects import EVERYTHING, Dialect
from .language import LanguageModel, NoLogprobs
from .logprob_faults import LogprobFault
from .requests import ApiError, flag, wrong
from .token_replies import Told
from .token_requests import Ids, TokenRequest, checked, conversation, is_ids
from .token_scores import Drawing, Row, draw, prompt_rows

DEFAULT_CONTEXT = 32_768


@dataclass(frozen=True, slots=True)
class TokenSettings:
    """How stand-ins with tokens of their own are served. context: the most tokens of a prompt and its reply."""

    dialect: Dialect = EVERYTHING
    logprob_fault: str | None = None
    context: int = DEFAULT_CONTEXT


class TokenService:
    """Answers requests. All methods may be called from several threads at a time."""

    def __init__(self, settings: TokenSettings) -> None:
        self.settings = settings
        self._fault = LogprobFault(settings.logprob_fault)

    @property
    def hides_figures(self) -> bool:
        """Whether log-probabilities are null, whatever is asked."""
        return self._fault.name == "no-logprobs"

    def answers(self, model: LanguageModel, asked: TokenRequest) -> list[Told]:
        """What is told of each prompt, once for each reply that is wanted.

        Raises:
            ApiError: the model has no log-probabilities of texts.
        """
        try:
            sent = zip(asked.request.texts, asked.prompts, strict=True)
            return [told for text, ids in sent for told in self._answered(model, asked, text, ids)]
        except NoLogprobs as error:
            raise ApiError(400, str(error), code="no_logprobs") from error

    def _answered(self, model: LanguageModel, asked: TokenRequest, text: str, sent: Ids) -> list[Told]:
        request = asked.request
        ids = self._fault.prompt(sent, model.vocabulary.begin)
        wants_echo = request.echo and self._fault.name != "no-echo"
        echoed = self._prompt_rows(model, ids, request.top, asked) if wants_echo else None
        figures = None if asked.prompt_top is None else self._prompt_rows(model, ids, asked.prompt_top, asked)
        is_scored = asked.prompt_top is not None or request.echo
        leaked = 1 if is_scored and self._fault.name == "leaked-token" else 0
        drawing = Drawing(asked.max_tokens + leaked, asked.temperature, asked.bias, request.stop, request.top or 0)
        told = []
        for number in range(request.count):
            reply = draw(model, ids, drawing, (request.seed or 0) + number, "end" if is_scored else "say")
            of_prompt = None if figures is None else (*figures, *reply.rows[:leaked])
            told.append(Told(text, ids, of_prompt, echoed, self._fault.reply(reply), leaked))
        return told

    def _prompt_rows(self, model: LanguageModel, ids: Ids, top: int | None, asked: TokenRequest) -> tuple[Row, ...]:
        if top is None:
            return ()
        return tuple(self._fault.rows(prompt_rows(model, ids, top), model, asked.temperature))

    def tokenized(self, model: LanguageModel, body: Mapping[str, Any]) -> dict[str, Any]:
        """/tokenize: vLLM's shape for ``prompt`` or ``messages``, llama.cpp's for ``content``."""
        shapes = self.settings.dialect.tokenizers
        vocabulary = model.vocabulary
        if "content" in body and "llama.cpp" in shapes:
            return native.tokenized(body, vocabulary)
        if "vllm" not in shapes:
            raise wrong("content", "a text")
        if "messages" in body:
            ids = conversation(body, vocabulary)
        elif isinstance(body.get("prompt"), str):
            begins = flag(body, "add_special_tokens") if body.get("add_special_tokens") is not None else True
            ids = tuple(vocabulary.encode(body["prompt"], with_begin=begins and vocabulary.begins))
        else:
            raise wrong("prompt", "a text (or messages beside no prompt)")
        told: dict[str, Any] = {"count": len(ids), "max_model_len": self.settings.context, "tokens": list(ids)}
        if flag(body, "return_token_strs"):
            told["token_strs"] = list(map(vocabulary.text_of, ids))
        return told

    def detokenized(self, model: LanguageModel, body: Mapping[str, Any]) -> dict[str, Any]:
        """/detokenize, in the shape of each server that is imitated: ``prompt`` is vLLM's, ``content`` llama.cpp's."""
        ids = body.get("tokens")
        if ids != [] and not is_ids(ids):
            raise wrong("tokens", "a list of token ids")
        text = model.vocabulary.decode(checked(ids or [], model.vocabulary))
        names = {"vllm": "prompt", "llama.cpp": "content"}
        return {names[shape]: text for shape in self.settings.dialect.tokenizers}

    def templated(self, model: LanguageModel, body: Mapping[str, Any]) -> dict[str, Any]:
        """llama.cpp's /apply-template: the text of a conversation, without the BEGIN mark that /tokenize adds."""
        ids = conversation(body, model.vocabulary)
        return {"prompt": model.vocabulary.decode(ids[1:] if model.vocabulary.begins else ids)}

    def completed(self, model: LanguageModel, body: Mapping[str, Any]) -> dict[str, Any]:
        """llama.cpp's /completion."""
        asked = native.read(body, model.vocabulary, self.settings.context)
        ids = self._fault.prompt(asked.prompt, model.vocabulary.begin)
        try:
            reply = draw(model, ids, asked.drawing, asked.seed, "continue")
        except NoLogprobs as error:
            raise ApiError(400, str(error), code="no_logprobs") from error
        if self._fault.name == "biased":
            reply = native.biased(reply, asked)
        return native.told(self._fault.reply(reply), ids, asked, model, no_figures=self.hides_figures)


def first_of(models: Sequence[LanguageModel], wanted: object) -> LanguageModel:
    """The model of this name; the first where no name is given, as servers of one model have it."""
    if wanted is None and models:
        return models[0]
    found = next((model for model in models if model.name == wanted), None)
    if found is None:
        has = ", ".join(repr(model.name) for model in models) or "none"
        raise ApiError(
            404,
            f"no model {str(wanted)[:80]!r} has tokens of its own; of those this server has {has}",
            code="model_not_found",
        )
    return found
