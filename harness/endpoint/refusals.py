"""What it means that a server does not answer: what its status and its words say about asking again.

Servers agree on statuses roughly and on words not at all; the words here are those of OpenAI, Azure, Anthropic,
Gemini, Groq, Mistral, OpenRouter, DeepSeek, vLLM, SGLang, TGI and llama.cpp as of 2025.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from enum import Enum
from typing import Any

_PASSING = frozenset({408, 409, 425})
_OVERLOADS = frozenset({429, 503, 529})
_HOPELESS = frozenset({401, 402, 403, 404, 405})

_NO_MONEY = re.compile(r"insufficient_quota|billing_hard_limit|credit balance|insufficient balance", re.IGNORECASE)
_TOO_LONG = re.compile(
    r"context.?(length|size|window)|maximum (model|context) length|max_model_len|(prompt|input) is too long"
    r"|request too large|input token count|max_new_tokens|reduce the length",
    re.IGNORECASE,
)
_FILTERED = re.compile(
    r"content.?(filter|policy|management)|moderation|flagged|responsible.?ai|data_inspection|prohibited.?content",
    re.IGNORECASE,
)
_WRONG_KEY = re.compile(r"api[ _-]?key", re.IGNORECASE)
_NO_MODEL = re.compile(
    r"model.{0,200}(not exist|not found|unknown|not available)|not a valid model|unknown model|model_not_found",
    re.IGNORECASE | re.DOTALL,
)


class Outlook(Enum):
    """What to do after a request that failed."""

    RETRY = "ask again"
    OVERLOAD = "ask again, with fewer requests at a time"
    OWED = "do not ask again now"
    REQUEST = "do not ask this again"
    HOPELESS = "ask nothing any more"


@dataclass(frozen=True, slots=True)
class ServerError:
    """An error in a response's body: its message, its other words (code, type), and whether it is a web page."""

    message: str
    words: str = ""
    page: bool = False
    status: int | None = None


def read_error(body: bytes) -> ServerError:
    """The error in a body as OpenAI words it ({"error": {"message": ...}}), or as others do, else the text itself."""
    text = body.decode("utf-8", "replace")
    try:
        payload = json.loads(text)
    except (ValueError, RecursionError):
        return ServerError(text, page=text.lstrip()[:1] == "<")
    return error_of(payload) or ServerError(text)


def error_of(payload: Any) -> ServerError | None:
    """The error in a decoded body, None where it holds none."""
    if not isinstance(payload, dict):
        return None
    found = next((payload[name] for name in ("error", "detail", "message") if payload.get(name)), None)
    if isinstance(found, str):
        return ServerError(found, str(payload.get("error_type") or payload.get("type") or ""))
    if not isinstance(found, dict):
        return None
    message = found.get("message")
    words = " ".join(str(found[name]) for name in ("code", "type", "status", "innererror") if found.get(name))
    shown = message if isinstance(message, str) else json.dumps(found)
    return ServerError(shown, words, status=_status(found.get("code")))


def error_text(payload: Any) -> str:
    """What a decoded body says went wrong; "" where it says nothing."""
    found = error_of(payload)
    return "" if found is None else found.message


def is_too_long(error: ServerError) -> bool:
    """Whether the server says that the request does not fit its context."""
    return _TOO_LONG.search(f"{error.words} {error.message}") is not None


def _status(code: Any) -> int | None:
    """The HTTP status that some gateways put into a body instead of the response."""
    text = str(code)
    return int(text) if re.fullmatch("[45][0-9][0-9]", text) else None


def outlook(status: int, error: ServerError, *, answered: bool) -> Outlook:
    """What a status (and the words that come with it) says about asking again.

    answered: whether this endpoint has answered anything yet; a refusal afterwards is less likely to be meant for all.
    """
    words = f"{error.words} {error.message}"
    if _NO_MONEY.search(words):
        return Outlook.OWED
    if status >= 400 and status not in (503, 529) and _TOO_LONG.search(words):
        return Outlook.REQUEST
    if status in _OVERLOADS:
        return Outlook.OVERLOAD
    if status in _PASSING or status >= 500:
        return Outlook.RETRY
    if status < 400:
        return Outlook.HOPELESS  # a redirect would take the key elsewhere
    if status in (400, 403, 422) and _FILTERED.search(words):
        return Outlook.REQUEST
    if status == 403 and error.page and answered:
        return Outlook.REQUEST  # a firewall before the server took offence at the code in a prompt
    if status in _HOPELESS or _WRONG_KEY.search(words) or _NO_MODEL.search(words):
        return Outlook.HOPELESS
    return Outlook.REQUEST
