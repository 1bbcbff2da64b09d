"""What the server sends: choices cut as the request demands, with their log-probabilities, whole or as a stream."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ...benchmarks.jsonio import canonical_json
from .pseudo import PseudoModel, Scored, token_count, tokens
from .question import Said
from .requests import Request

DONE = b"data: [DONE]\n\n"


@dataclass(frozen=True, slots=True)
class Choice:
    """One reply, cut. text: without the echo. scored: its tokens (after those of an echo), where they are wanted."""

    prompt: str
    text: str
    finish_reason: str
    scored: tuple[Scored, ...] | None = None


def cut(said: str | Said, request: Request) -> tuple[str, str]:
    """A reply up to the first stop sequence and within the token limit, and why it ends (``stop`` or ``length``)."""
    text, reason = (said, None) if isinstance(said, str) else (said.text, said.finish_reason)
    if not isinstance(said, str) and said.verbatim:
        return text, reason or "stop"
    ends = [place for stop in request.stop if (place := text.find(stop)) >= 0]
    if ends:
        text, reason = text[: min(ends)], "stop"
    limit = request.max_tokens
    if limit is not None and token_count(text) > limit:
        text, reason = "".join(tokens(text)[:limit]), "length"
    return text, reason or "stop"


def choice(prompt: str, said: str | Said, request: Request, pseudo: PseudoModel) -> Choice:
    """The choice that a reply becomes."""
    text, reason = cut(said, request)
    if request.top is None:
        return Choice(prompt, text, reason)
    scored = pseudo.score(text, prompt, request.top)
    if request.echo:
        scored = pseudo.score(prompt, "", request.top) + scored
    return Choice(prompt, text, reason, tuple(scored))


def usage(choices: Sequence[Choice], request: Request) -> dict[str, int]:
    """Tokens as ``pseudo.tokens`` cuts them; a prompt counts once however many replies it has."""
    asked = sum(map(token_count, request.texts))
    answered = sum(token_count(each.text) for each in choices)
    return {"prompt_tokens": asked, "completion_tokens": answered, "total_tokens": asked + answered}


def completion(choices: Sequence[Choice], request: Request, head: dict[str, Any]) -> dict[str, Any]:
    """The JSON of a whole reply. head: ``id`` and ``created``."""
    rows = [
        {"index": number, "finish_reason": each.finish_reason, "logprobs": _logprobs(each, request)}
        | _whole_text(each, request)
        for number, each in enumerate(choices)
    ]
    kind = "chat.completion" if request.form == "chat" else "text_completion"
    return {**head, "object": kind, "model": request.model, "choices": rows, "usage": usage(choices, request)}


def _whole_text(each: Choice, request: Request) -> dict[str, Any]:
    if request.form == "chat":
        return {"message": {"role": "assistant", "content": each.text, "refusal": None}}
    return {"text": each.prompt + each.text if request.echo else each.text}


def events(choices: Sequence[Choice], request: Request, head: dict[str, Any]) -> Iterator[bytes]:
    """The server-sent events of a streamed reply: one for each token, one for each end, the usage if it is wanted."""
    is_chat = request.form == "chat"
    kind = "chat.completion.chunk" if is_chat else "text_completion"
    common = {**head, "object": kind, "model": request.model}
    if request.include_usage:
        common["usage"] = None

    def event(number: int, text: str | None, reason: str | None, logprobs: Any = None) -> bytes:
        said = {"delta": {} if text is None else {"content": text}} if is_chat else {"text": text or ""}
        row = {"index": number, "finish_reason": reason, "logprobs": logprobs, **said}
        return _event({**common, "choices": [row]})

    for number, each in enumerate(choices):
        if is_chat:
            row = {"index": number, "finish_reason": None, "delta": {"role": "assistant", "content": ""}}
            yield _event({**common, "choices": [row]})
        offset = 0
        for place, piece in enumerate(tokens(each.text)):
            scored = each.scored[place : place + 1] if each.scored is not None else None
            yield event(number, piece, None, scored and _told(scored, request, offset))
            offset += len(piece)
        yield event(number, None, each.finish_reason)
    if request.include_usage:
        yield _event({**common, "choices": [], "usage": usage(choices, request)})
    yield DONE


def _event(payload: dict[str, Any]) -> bytes:
    return b"data: " + canonical_json(payload).encode("ascii") + b"\n\n"


def _logprobs(each: Choice, request: Request) -> dict[str, Any] | None:
    if each.scored is None:
        return None
    told = _told(each.scored, request, 0)
    if request.echo and told["tokens"] and each.prompt:
        told["token_logprobs"][0] = None  # as everywhere: nothing goes before the first token of a text
        told["top_logprobs"][0] = None
    return told


def _told(scored: Sequence[Scored], request: Request, offset: int) -> dict[str, Any]:
    """Log-probabilities in the form of the API that was asked. offset: characters before the first of the tokens."""
    if request.form == "chat":
        rows = [{**_token(row.token, row.logprob), "top_logprobs": [_token(*top) for top in row.top]} for row in scored]
        return {"content": rows, "refusal": None}
    offsets = []
    for row in scored:
        offsets.append(offset)
        offset += len(row.token)
    return {
        "tokens": [row.token for row in scored],
        "token_logprobs": [row.logprob for row in scored],
        "top_logprobs": [dict(row.top) for row in scored],
        "text_offset": offsets,
    }


def _token(token: str, logprob: float) -> dict[str, Any]:
    return {"token": token, "logprob": logprob, "bytes": list(token.encode("utf-8", "surrogatepass"))}
