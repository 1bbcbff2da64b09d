"""What a server's JSON says, whatever its dialect: the choices, the tokens, or why it is no usable response.

The dialects are those that the servers document; ``tests/harness/endpoint/shapes`` holds one response of each.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .api import Reply, Response
from .contents import NoText, texts_of
from .prompt import EndpointForm

_FINISH = {
    "stop": "stop eos eos_token stop_sequence stop_token end_turn end_of_turn complete completed",
    "length": "length max_tokens max_token max_length max_output_tokens model_length model_context_window_exceeded",
    "content_filter": "content_filter safety recitation blocklist prohibited_content spii refusal sensitive",
    "tool_calls": "tool_calls tool_call tool_use function_call",
}
_MEANS = {word: reason for reason, words in _FINISH.items() for word in words.split()}
_FAILED = frozenset("error abort aborted cancelled load unload network_error insufficient_system_resource".split())
"""The server broke off: vLLM and SGLang abort, Ollama was loading the model, DeepSeek and Zhipu ran out of machine."""
_INPUT = ("prompt_tokens", "input_tokens", "prompt_eval_count", "tokens_evaluated")
_OUTPUT = ("completion_tokens", "output_tokens", "generated_tokens", "eval_count", "tokens_predicted")
_NO_COMPLETION = "the reply is JSON but no completion (it has no choices[0] with a text)"
_MAX_SAID = 300
_TOO_MANY = 1 << 53  # JSON's numbers are exact below it


class UnusableResponse(Exception):
    """A response that came with a good status and still holds no answer; asking again may help.

    said: the server's own words; it may hold anything, the key too. code: the HTTP status that it names in its body.
    """

    def __init__(self, what: str, said: str = "", code: int | None = None) -> None:
        super().__init__(what)
        self.said = said
        self.code = code


def read_response(
    payload: Any, form: EndpointForm, wanted: int, *, latency_s: float = 0.0, attempts: int = 1
) -> Response:
    """The response in a decoded JSON body. ``wanted``: choices that were asked for; the rest as in ``Response``.

    The form does not matter for reading: some servers answer one with the shape of the other.

    Raises:
        UnusableResponse: it reports a failure, or has no choice with a text.
    """
    if isinstance(payload, list) and payload:
        payload = payload[0]  # Gemini wraps an error into a list
    if not isinstance(payload, dict):
        raise UnusableResponse(_NO_COMPLETION)
    _check_error(payload)
    choices = payload.get("choices")
    if not isinstance(choices, list) or not choices or not all(isinstance(each, dict) for each in choices):
        raise _without_choices(payload)
    replies = tuple(_reply(choice) for choice in _in_order(choices)[:wanted])
    if not replies:
        raise UnusableResponse(_NO_COMPLETION)
    model = payload.get("model")
    model = model[:200] if isinstance(model, str) and model else None
    return Response(replies, *_tokens(payload), model=model, latency_s=latency_s, attempts=attempts)


def _check_error(holder: dict[str, Any]) -> None:
    error = holder.get("error")
    if error:
        said = error.get("message", "") if isinstance(error, dict) else error
        code = error.get("code") if isinstance(error, dict) else holder.get("code")
        raise UnusableResponse(
            "the reply is JSON but reports a failure of the server", str(said)[:_MAX_SAID], _whole(code)
        )


def _without_choices(payload: dict[str, Any]) -> UnusableResponse:
    """Older vLLM: {"object": "error", "message"}; FastAPI: {"detail"}; TGI: {"error", "error_type"}."""
    said = next((str(payload[name]) for name in ("message", "detail", "msg") if payload.get(name)), "")
    return UnusableResponse(_NO_COMPLETION, said[:_MAX_SAID], _whole(payload.get("code")))


def _in_order(choices: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """By their index, the first of each; in the server's order where one has none."""
    if len(choices) == 1:
        return list(choices)
    indexes = [_whole(choice.get("index")) for choice in choices]
    if any(index is None for index in indexes):
        return list(choices)
    first = dict(reversed(list(zip(indexes, choices, strict=True))))
    return [first[index] for index in sorted(first, key=lambda index: index or 0)]


def _reply(choice: dict[str, Any]) -> Reply:
    _check_error(choice)
    raw = choice.get("finish_reason") or choice.get("finishReason")
    raw = raw[:40] if isinstance(raw, str) and raw.strip() else None
    word = raw.strip().lower() if raw else ""
    if word in _FAILED:
        raise UnusableResponse("the reply is JSON but reports a failure of the server", f"finish_reason: {raw}")
    try:
        texts = texts_of(choice)
    except NoText as error:
        raise UnusableResponse(f"the reply is JSON but no completion ({error})") from error
    finish = _MEANS.get(word, raw)
    return Reply(texts.answer, finish, texts.reasoning, raw if raw != finish else None)


def _tokens(payload: dict[str, Any]) -> tuple[int | None, int | None, int | None]:
    """Input, output (thinking included) and thinking."""
    usage = payload.get("usage")
    if not isinstance(usage, dict):
        groq = payload.get("x_groq")
        usage = groq.get("usage") if isinstance(groq, dict) else None
    usage = usage if isinstance(usage, dict) else {}
    given, output = _first(usage, _INPUT), _first(usage, _OUTPUT)
    total = _whole(usage.get("total_tokens"))
    reasoning = _reasoning_tokens(usage)
    if total is not None and given is not None:
        if output is None and total >= given:
            output = total - given
        elif output is not None and reasoning and total == given + output + reasoning:
            output += reasoning  # xAI and Gemini count the thinking beside the output
    timings = payload.get("timings")
    if output is None and isinstance(timings, dict):
        output = _whole(timings.get("predicted_n"))  # llama.cpp
    return given, output, reasoning


def _reasoning_tokens(usage: dict[str, Any]) -> int | None:
    for name in ("completion_tokens_details", "output_tokens_details"):
        details = usage.get(name)
        if isinstance(details, dict) and _whole(details.get("reasoning_tokens")) is not None:
            return _whole(details["reasoning_tokens"])
    return _whole(usage.get("reasoning_tokens"))


def _first(values: dict[str, Any], names: Sequence[str]) -> int | None:
    for name in names:
        count = _whole(values.get(name))
        if count is not None:
            return count
    return None


def _whole(value: Any) -> int | None:
    """A count, also where it is sent as a text or a float; None for anything else."""
    if value is None or isinstance(value, bool):
        return None
    if type(value) is int:  # nearly always
        return value if 0 <= value < _TOO_MANY else None
    if isinstance(value, str) and value.strip().isascii() and value.strip().isdigit() and len(value) < 16:
        return int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if isinstance(value, int) and 0 <= value < _TOO_MANY else None
