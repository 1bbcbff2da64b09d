"""What a server's JSON says, whatever its dialect: the choices, the tokens, or why it is no usable response."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .api import Reply, Response
from .prompt import EndpointForm


class UnusableResponse(Exception):
    """A response that came with a good status and still holds no answer; asking again may help."""


def read_response(payload: Any, form: EndpointForm, wanted: int) -> Response:
    """The response in a decoded JSON body. ``wanted``: choices that were asked for.

    Raises:
        UnusableResponse: it reports a failure, or has no choice with a text.
    """
    try:
        choices = payload["choices"][:wanted]
        usage = payload.get("usage") or {}
        failed = payload.get("error") or any(choice.get("error") for choice in choices)
        replies = tuple(_reply(choice, form) for choice in choices)
        counts = usage.get("prompt_tokens"), usage.get("completion_tokens")
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        raise UnusableResponse("the reply is JSON but no completion (it has no choices[0] with a text)") from error
    if not replies:
        raise UnusableResponse("the reply is JSON but no completion (it has no choices[0] with a text)")
    if failed or any(reply.finish_reason in ("error", "abort") for reply in replies):
        raise UnusableResponse("the reply is JSON but reports a failure of the server")
    tokens = [count if isinstance(count, int) else None for count in counts]
    return Response(replies, tokens[0], tokens[1])


def _reply(choice: Mapping[str, Any], form: EndpointForm) -> Reply:
    content = choice["message"].get("content") if form == "chat" else choice["text"]
    if not isinstance(content, str) and content is not None:
        raise UnusableResponse(f"the reply's text is of type {type(content).__name__}")
    finish = choice.get("finish_reason")
    return Reply(content or "", finish[:40] if isinstance(finish, str) else None)
