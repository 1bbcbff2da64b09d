"""The tokenizer of a server, where it lets others use it: vLLM's (and SGLang's) /tokenize and llama.cpp's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from ...benchmarks.preference import Message
from ..endpoint.api import EndpointDown, EndpointRefused, RequestRefused
from .api import NotScorable

Dialect = Literal["vllm", "llama.cpp"]
DIALECTS: tuple[Dialect, ...] = ("vllm", "llama.cpp")
PATH = "../tokenize"
_SAMPLE = "The step of boiling water is: 100"


class _Fetcher(Protocol):
    async def fetch(self, path: str, body: Mapping[str, Any]) -> Any: ...


@dataclass(frozen=True, slots=True)
class ServerTokenizer:
    """max_length: tokens that fit the model's context, None where the server does not say."""

    client: _Fetcher
    model: str
    dialect: Dialect
    max_length: int | None = None

    async def ids(self, text: str, *, special: bool = True) -> tuple[int, ...]:
        """The tokens of a text. special: with what the tokenizer puts before every text (BOS), if anything.

        Raises:
            NotScorable: the server does not tell them for this text.
            InfraError: it failed.
        """
        return _ids(await self.client.fetch(PATH, _body(self.dialect, self.model, text, special)))

    async def chat_ids(self, messages: Sequence[Message]) -> tuple[int, ...] | None:
        """The tokens of a conversation up to where its response begins, by the server's own template; None where this
        dialect cannot tell.
        """
        if self.dialect != "vllm":
            return None
        body = {"model": self.model, "messages": [each.to_json() for each in messages], "add_generation_prompt": True}
        return _ids(await self.client.fetch(PATH, body))

    def check_fits(self, tokens: int) -> None:
        """NotScorable where so many tokens, and one that is generated, do not fit."""
        if self.max_length is not None and tokens + 1 > self.max_length:
            raise NotScorable(f"too_long: {tokens} tokens and one to generate; the model takes {self.max_length}")


async def find_tokenizer(client: _Fetcher, model: str) -> ServerTokenizer | None:
    """The server's tokenizer, None where it offers none that can be used.

    Raises:
        InfraError: the server does not answer at all.
    """
    for dialect in DIALECTS:
        try:
            payload = await client.fetch(PATH, _body(dialect, model, _SAMPLE, True))
            ids = _ids(payload)
        except EndpointRefused as refusal:
            if refusal.status in (401, 402, 403):
                raise
            continue
        except (NotScorable, RequestRefused, EndpointDown):
            continue
        if ids:  # llama.cpp takes a text under another name for no text
            length = payload.get("max_model_len")
            known = isinstance(length, int) and not isinstance(length, bool) and length > 0
            return ServerTokenizer(client, model, dialect, length if known else None)
    return None


def _body(dialect: Dialect, model: str, text: str, special: bool) -> dict[str, Any]:
    if dialect == "vllm":
        return {"model": model, "prompt": text, "add_special_tokens": special}
    return {"model": model, "content": text, "add_special": special, "parse_special": True}


def _ids(payload: Any) -> tuple[int, ...]:
    found = payload.get("tokens") if isinstance(payload, Mapping) else None
    if not isinstance(found, list) or not all(isinstance(each, int) and not isinstance(each, bool) for each in found):
        raise NotScorable("no_tokens: the server's /tokenize gives no token ids")
    return tuple(found)
