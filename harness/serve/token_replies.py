"""What the server sends for stand-ins with tokens of their own: OpenAI's forms with vLLM's fields beside them."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from .token_requests import TokenRequest
from .token_scores import Ranked, Reply, Row, told
from .vocabulary import Vocabulary

DONE = b"data: [DONE]\n\n"


@dataclass(frozen=True, slots=True)
class Told:
    """What is told of one prompt. prompt_rows: its figures for ``prompt_logprobs``, None where they are not wanted.
    echoed: those for ``echo``, likewise. leaked: tokens of the reply that were not asked for and are not counted."""

    prompt: str
    ids: tuple[int, ...]
    prompt_rows: tuple[Row, ...] | None
    echoed: tuple[Row, ...] | None
    reply: Reply
    leaked: int = 0


class Writer:
    """The JSON of replies to one request. no_figures: log-probabilities are null, whatever was asked."""

    def __init__(self, asked: TokenRequest, vocabulary: Vocabulary, *, no_figures: bool = False) -> None:
        self._asked = asked
        self._vocabulary = vocabulary
        self._wants = asked.request.top is not None and not no_figures
        self._no_figures = no_figures

    def completion(self, told_ones: Sequence[Told], head: dict[str, Any]) -> dict[str, Any]:
        """The JSON of a whole reply. head: ``id`` and ``created``."""
        is_chat = self._asked.request.form == "chat"
        data: dict[str, Any] = {**head, "object": "chat.completion" if is_chat else "text_completion"}
        data["model"] = self._asked.request.model
        data["choices"] = [self._choice(number, each) for number, each in enumerate(told_ones)]
        data["usage"] = self.usage(told_ones)
        if is_chat:
            data |= self._of_prompt(told_ones[0])
        return data

    def usage(self, told_ones: Sequence[Told]) -> dict[str, int]:
        """Tokens; a prompt counts once however many replies it has."""
        asked = sum(len(each.ids) for each in told_ones[:: self._asked.request.count])
        answered = sum(max(0, len(each.reply.rows) - each.leaked) for each in told_ones)
        return {"prompt_tokens": asked, "completion_tokens": answered, "total_tokens": asked + answered}

    def events(self, told_ones: Sequence[Told], head: dict[str, Any]) -> Iterator[bytes]:
        """The server-sent events of a streamed reply."""
        request = self._asked.request
        is_chat = request.form == "chat"
        common = {**head, "object": "chat.completion.chunk" if is_chat else "text_completion", "model": request.model}

        def event(choices: list[dict[str, Any]], usage: dict[str, int] | None = None) -> bytes:
            told_usage = {"usage": usage} if request.include_usage else {}
            return b"data: " + dumped({**common, "choices": choices, **told_usage}) + b"\n\n"

        for number, each in enumerate(told_ones):
            at = {"index": number, "finish_reason": None, "logprobs": None}
            if is_chat:
                yield event([{**at, "delta": {"role": "assistant", "content": ""}}])
            sent = 0
            for row, piece in zip(each.reply.rows, self._pieces(each.reply), strict=True):
                logprobs = self._logprobs([row], sent) if self._wants else None
                sent += len(piece)
                said = {"delta": {"content": piece}} if is_chat else {"text": piece}
                yield event([{**at, "logprobs": logprobs, **said}])
            ended: dict[str, Any] = {"delta": {}} if is_chat else {"text": ""}
            yield event([{**at, "finish_reason": each.reply.reason, **ended}])
        if request.include_usage:
            yield event([], self.usage(told_ones))
        yield DONE

    def _pieces(self, reply: Reply) -> Iterator[str]:
        """The text of each token; of a character in several, and of what a stop sequence cuts, nothing but the last."""
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        left = len(reply.text)
        for number, row in enumerate(reply.rows, 1):
            piece = decoder.decode(self._vocabulary.bytes_of(row.token), final=number == len(reply.rows))[:left]
            left -= len(piece)
            yield piece

    def _choice(self, number: int, each: Told) -> dict[str, Any]:
        request = self._asked.request
        rows = [*(each.echoed or ()), *each.reply.rows]
        choice: dict[str, Any] = {
            "index": number,
            "finish_reason": each.reply.reason,
            "stop_reason": each.reply.stopped_by or None,
            "logprobs": self._logprobs(rows, 0) if self._wants else None,
        }
        if self._asked.with_ids:
            choice["token_ids"] = [row.token for row in each.reply.rows]
        if request.form == "chat":
            return choice | {"message": {"role": "assistant", "content": each.reply.text, "refusal": None}}
        text = each.prompt + each.reply.text if each.echoed is not None else each.reply.text
        return {**choice, "text": text, **self._of_prompt(each)}

    def _of_prompt(self, each: Told) -> dict[str, Any]:
        of_prompt: dict[str, Any] = {}
        if self._asked.prompt_top is not None:
            rows = None if self._no_figures else each.prompt_rows
            of_prompt["prompt_logprobs"] = rows and [self._prompt_entry(row) for row in rows]
        if self._asked.with_ids:
            of_prompt["prompt_token_ids"] = list(each.ids)
        return of_prompt

    def _prompt_entry(self, row: Row) -> dict[str, Any] | None:
        """The token itself first, then the likeliest ones; none for the first of a text."""
        if row.logprob is None:
            return None
        own = Ranked(row.token, row.logprob, row.rank)
        ranked = {each.token: each for each in (own, *row.top)} | {row.token: own}
        return {
            str(token): {
                "logprob": told(each.logprob),
                "rank": each.rank,
                "decoded_token": self._vocabulary.text_of(token),
            }
            for token, each in ranked.items()
        }

    def _logprobs(self, rows: Sequence[Row], offset: int) -> dict[str, Any]:
        """Figures in the form of the API that was asked. offset: characters before the first of the tokens."""
        if self._asked.request.form == "chat":
            content = [
                {
                    **self._token(row.token, row.logprob),
                    "top_logprobs": [self._token(top.token, top.logprob) for top in row.top],
                }
                for row in rows
            ]
            return {"content": content, "refusal": None}
        offsets = []
        for row in rows:
            offsets.append(offset)
            offset += len(self._vocabulary.text_of(row.token))
        return {
            "tokens": [self._named(row.token) for row in rows],
            "token_logprobs": [told(row.logprob) for row in rows],
            "top_logprobs": [self._tops(row) for row in rows],
            "text_offset": offsets,
        }

    def _tops(self, row: Row) -> dict[str, float | None] | None:
        if row.logprob is None:
            return None
        return {self._named(top.token): told(top.logprob) for top in row.top} | {
            self._named(row.token): told(row.logprob)
        }

    def _named(self, token: int) -> str:
        return f"token_id:{token}" if self._asked.as_ids else self._vocabulary.text_of(token)

    def _token(self, token: int, logprob: float | None) -> dict[str, Any]:
        return {"token": self._named(token), "logprob": told(logprob), "bytes": list(self._vocabulary.bytes_of(token))}


def dumped(payload: Any) -> bytes:
    """JSON in the order in which it was made: the first token of an entry is the one that stands there."""
    return json.dumps(payload, separators=(",", ":"), allow_nan=False).encode("ascii")
