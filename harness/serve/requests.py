"""Reading a request of OpenAI's form, and the errors that such a server gives."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..endpoint.prompt import EndpointForm
from .question import Question

MAX_CHOICES = 128
MAX_PROMPTS = 2048
_MAX_STOPS = 16
MAX_TOP = 20


class ApiError(Exception):
    """A request that gets an error in OpenAI's form. retry_after_s: what the client is asked to wait."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        kind: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.payload = {"error": {"message": message, "type": kind, "param": param, "code": code}}
        self.retry_after_s = retry_after_s


@dataclass(frozen=True, slots=True)
class Request:
    """A request as this server understands it; fields that it does not know are ignored.

    texts: the conversation, or the prompts to continue. max_tokens: None where there is no limit (OpenAI's default of
    16 for completions is not ours). top: alternatives to each token, None where no log-probabilities are wanted.
    """

    model: str
    form: EndpointForm
    texts: tuple[str, ...]
    body: Mapping[str, Any]
    count: int = 1
    seed: int | None = None
    stop: tuple[str, ...] = ()
    max_tokens: int | None = None
    stream: bool = False
    include_usage: bool = False
    top: int | None = None
    echo: bool = False

    def question(self, text: str) -> Question:
        """What a baseline is asked."""
        return Question(text, self.form, self.count, self.seed, self.stop, self.body)


def decoded(data: bytes) -> dict[str, Any]:
    """The JSON object in a request's body; ApiError where there is none."""
    try:
        body = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ApiError(400, f"the body is not JSON ({error})") from error
    if not isinstance(body, dict):
        raise ApiError(400, "the body is not a JSON object")
    return body


def read_request(body: Mapping[str, Any], form: EndpointForm, texts: tuple[str, ...] | None = None) -> Request:
    """Read a request's body; ApiError (HTTP 400) says which field is wrong and what was expected.

    texts: the conversation or the prompts, where the caller has read them already.
    """
    is_chat = form == "chat"
    if texts is None:
        texts = (_conversation(body.get("messages")),) if is_chat else _prompts(body.get("prompt"))
    options = body.get("stream_options")
    if options is not None and not isinstance(options, dict):
        raise wrong("stream_options", "an object")
    echo = not is_chat and flag(body, "echo")
    stream = flag(body, "stream")
    if stream and echo:
        raise wrong("echo", "no echo of a stream")
    return Request(
        model=model_of(body),
        form=form,
        texts=texts,
        body=body,
        count=whole(body, "n", 1, MAX_CHOICES) or 1,
        seed=whole(body, "seed"),
        stop=stops_of(body.get("stop")),
        max_tokens=limit_of(body, is_chat),
        stream=stream,
        include_usage=bool(options and options.get("include_usage")),
        top=chat_top(body) if is_chat else whole(body, "logprobs", 0, MAX_TOP),
        echo=echo,
    )


def wrong(param: str, expected: str) -> ApiError:
    return ApiError(400, f"{param}: expected {expected}", param=param)


def model_of(body: Mapping[str, Any]) -> str:
    """The name, whatever it is: that no such model exists is said elsewhere."""
    model = body.get("model")
    return model if isinstance(model, str) else str(model)[:80]


def flag(body: Mapping[str, Any], name: str) -> bool:
    value = body.get(name)
    if value is not None and not isinstance(value, bool):
        raise wrong(name, "true or false")
    return bool(value)


def whole(body: Mapping[str, Any], name: str, low: int | None = None, high: int | None = None) -> int | None:
    value = body.get(name)
    if value is None:
        return None
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    if not is_whole or (low is not None and value < low) or (high is not None and value > high):
        between = "" if low is None else f" of {low} or more" if high is None else f" from {low} to {high}"
        raise wrong(name, f"an integer{between}")
    return int(value)


def limit_of(body: Mapping[str, Any], is_chat: bool) -> int | None:
    if is_chat and body.get("max_completion_tokens") is not None:
        return whole(body, "max_completion_tokens", 1)
    return whole(body, "max_tokens", 1 if is_chat else 0)


def chat_top(body: Mapping[str, Any]) -> int | None:
    top = whole(body, "top_logprobs", 0, MAX_TOP)
    if not flag(body, "logprobs"):
        if top is not None:
            raise wrong("top_logprobs", "logprobs to be true beside it")
        return None
    return top or 0


def stops_of(value: object) -> tuple[str, ...]:
    stops = [value] if isinstance(value, str) else [] if value is None else value
    if not isinstance(stops, list) or len(stops) > _MAX_STOPS or not all(isinstance(s, str) and s for s in stops):
        raise wrong("stop", f"a text or up to {_MAX_STOPS} texts, none of them empty")
    return tuple(stops)


def _conversation(messages: object) -> str:
    """The texts of all messages, one after the other."""
    if not isinstance(messages, list) or not messages:
        raise wrong("messages", "a list of {role, content} with texts")
    return "\n".join(content_of(message) for message in messages)


def content_of(message: object) -> str:
    content = message.get("content") if isinstance(message, dict) else None
    if isinstance(content, str):
        return content
    given = content if isinstance(content, list) else []
    parts = [part.get("text") if isinstance(part, dict) else None for part in given]
    if not parts or not all(isinstance(part, str) for part in parts):
        raise wrong("messages", "a list of {role, content} with texts (this server sees and hears nothing else)")
    return "".join(str(part) for part in parts)


def number(body: Mapping[str, Any], name: str, default: float, low: float, high: float) -> float:
    """A number between two; the default where there is none."""
    value = body.get(name)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise wrong(name, f"a number from {low:g} to {high:g}")
    return float(value)


def _prompts(value: object) -> tuple[str, ...]:
    prompts = [value] if isinstance(value, str) else value
    if not isinstance(prompts, list) or not 0 < len(prompts) <= MAX_PROMPTS:
        raise wrong("prompt", f"a text or a list of 1 to {MAX_PROMPTS} texts")
    if not all(isinstance(prompt, str) for prompt in prompts):
        raise wrong("prompt", "texts (this server has no vocabulary, so it reads no token numbers)")
    return tuple(prompts)
