"""Requests to stand-ins that have tokens of their own: prompts of ids, log-probabilities of prompts, biases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..endpoint.prompt import EndpointForm
from .dialects import Dialect
from .language import LanguageModel
from .requests import MAX_PROMPTS, MAX_TOP, ApiError, Request, content_of, flag, number, read_request, whole, wrong
from .template import Turn, templated
from .vocabulary import Vocabulary

_DEFAULT_TOKENS = {"completions": 16, "chat": 256}
_MAX_TEMPERATURE = 100.0
_ID_DIGITS = 9
Ids = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """A request as a stand-in with tokens of its own understands it.

    request: what all stand-ins understand; its texts are the prompts' ("" for a conversation). prompts: in tokens.
    prompt_top: how many alternatives to each token of the prompt, None where no ``prompt_logprobs`` are wanted.
    with_ids: the reply tells token ids beside texts; as_ids: it writes ``token_id:N`` for tokens. bias: is added to
    logits before sampling.
    """

    request: Request
    prompts: tuple[Ids, ...]
    max_tokens: int
    temperature: float = 1.0
    prompt_top: int | None = None
    with_ids: bool = False
    as_ids: bool = False
    bias: Mapping[int, float] = field(default_factory=dict)


def read_token_request(
    body: Mapping[str, Any], form: EndpointForm, model: LanguageModel, dialect: Dialect, context: int
) -> TokenRequest:
    """Read a request's body; ApiError (HTTP 400) says which field is wrong and what was expected.

    context: the most tokens of a prompt and its reply together.
    """
    vocabulary = model.vocabulary
    sent = [(conversation(body, vocabulary), "")] if form == "chat" else _prompts(body, vocabulary, dialect)
    prompts = tuple(ids for ids, _ in sent)
    request = read_request(body, form, tuple(text for _, text in sent))
    if request.echo and not dialect.echo:
        raise ApiError(400, "Only no echo is supported", param="echo")
    prompt_top = whole(body, "prompt_logprobs", 0, MAX_TOP) if dialect.prompt_logprobs else None
    if prompt_top is not None and request.stream:
        raise ApiError(400, "`prompt_logprobs` are not available when `stream=True`.", param="prompt_logprobs")
    longest = max(map(len, prompts))
    wanted = _DEFAULT_TOKENS[form] if request.max_tokens is None else request.max_tokens
    if longest + (0 if request.max_tokens is None else wanted) > context:
        raise too_long(longest, 0 if request.max_tokens is None else wanted, context)
    return TokenRequest(
        request=request,
        prompts=prompts,
        max_tokens=min(wanted, context - longest),
        temperature=number(body, "temperature", 1.0, 0, _MAX_TEMPERATURE),
        prompt_top=prompt_top,
        with_ids=flag(body, "return_token_ids"),
        as_ids=flag(body, "return_tokens_as_token_ids"),
        bias=_bias(body.get("logit_bias"), vocabulary),
    )


def too_long(prompt: int, more: int, context: int) -> ApiError:
    """What a server says to a prompt that its context does not hold."""
    return ApiError(
        400,
        f"This model's maximum context length is {context} tokens. However, you requested {prompt + more} tokens "
        f"({prompt} in the prompt, {more} for the reply). Please reduce the length of the prompt.",
        code="context_length_exceeded",
    )


def conversation(body: Mapping[str, Any], vocabulary: Vocabulary) -> Ids:
    """The messages of a request under the chat template, in tokens."""
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        raise wrong("messages", "a list of {role, content} with texts")
    turns: list[Turn] = [(_role(message), content_of(message)) for message in messages]
    continued = flag(body, "continue_final_message")
    asked = body.get("add_generation_prompt")
    generation_prompt = flag(body, "add_generation_prompt") if asked is not None else True
    if continued and generation_prompt:
        raise ApiError(
            400, "Cannot set both `continue_final_message` and `add_generation_prompt` to True.", param="messages"
        )
    return tuple(templated(turns, vocabulary, generation_prompt=generation_prompt, continue_final=continued))


def _role(message: Any) -> str:
    role = message.get("role") if isinstance(message, dict) else None
    if not isinstance(role, str) or not role.isidentifier():
        raise wrong("messages", "a role for each")
    return role


def _prompts(body: Mapping[str, Any], vocabulary: Vocabulary, dialect: Dialect) -> list[tuple[Ids, str]]:
    """Prompts in tokens, each with its text."""
    value = body.get("prompt")
    if isinstance(value, str) or is_ids(value):
        value = [value]
    if not isinstance(value, list) or not 0 < len(value) <= MAX_PROMPTS:
        raise wrong("prompt", f"a text, token ids, or a list of 1 to {MAX_PROMPTS} of either")
    with_begin = flag(body, "add_special_tokens") if body.get("add_special_tokens") is not None else True
    prompts = []
    for prompt in value:
        if isinstance(prompt, str):
            ids = tuple(vocabulary.encode(prompt, with_begin=with_begin and vocabulary.begins))
            prompts.append((ids, prompt))
        elif is_ids(prompt) and dialect.token_prompts:
            prompts.append((checked(prompt, vocabulary), vocabulary.decode(prompt)))
        else:
            raise wrong("prompt", "texts or lists of token ids" if dialect.token_prompts else "texts")
    if not all(ids for ids, _ in prompts):
        raise wrong("prompt", "no empty one: there is nothing to go on from")
    return prompts


def is_ids(value: object) -> bool:
    """Whether this is a list of whole numbers, at least one."""
    return isinstance(value, list) and bool(value) and all(type(each) is int for each in value)


def checked(ids: Sequence[int], vocabulary: Vocabulary) -> Ids:
    """Ids that a client sent; ApiError where the vocabulary has no such token."""
    strange = next((each for each in ids if not 0 <= each < len(vocabulary)), None)
    if strange is not None:
        raise ApiError(400, f"Token id {strange} is out of vocabulary (it has {len(vocabulary)} tokens)")
    return tuple(ids)


def _bias(value: object, vocabulary: Vocabulary) -> dict[int, float]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise wrong("logit_bias", "an object of token ids and numbers")
    bias = {}
    for token, more in value.items():
        is_number = isinstance(more, int | float) and not isinstance(more, bool) and abs(more) <= 100
        if not token.isdecimal() or len(token) > _ID_DIGITS or not is_number:
            raise wrong("logit_bias", "an object of token ids and numbers from -100 to 100")
        bias[checked([int(token)], vocabulary)[0]] = float(more)
    return bias
