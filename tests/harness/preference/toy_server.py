"""A small language model behind HTTP in the manners of OpenAI, vLLM and llama.cpp, which misbehaves as a test says.

The model: independent tokens, p(a) = 1/2, p(b) = 1/4, p(c) = 1/8, the last 1/8 spread evenly over 600 others; with
``copies`` half of each probability goes by what followed the last two tokens before. The tokenizer: ``foo`` and
``bar`` are tokens and so is ``foobar``; every other byte is a token of its own.
"""

from __future__ import annotations

import asyncio
import json
import math
import random
import re
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

BOS = 0
SPECIALS = ["<s>", "<|system|>", "<|user|>", "<|assistant|>", "<|end|>"]
WORDS = ["foobar", "foo", "bar"]
_FIRST_BYTE = 10
_FIRST_WORD = 300
_PIECE = re.compile("|".join(map(re.escape, [*SPECIALS, *WORDS])) + "|.", re.DOTALL)
_SHARES = {"a": 1 / 2, "b": 1 / 4, "c": 1 / 8}
_OTHERS = 1 / 8 / 600
Row = list[Any]


def tokenize(text: str, *, bos: bool = False) -> list[int]:
    """Ids of a text."""
    ids = [BOS] if bos else []
    for piece in _PIECE.findall(text):
        if piece in SPECIALS:
            ids.append(SPECIALS.index(piece))
        elif piece in WORDS:
            ids.append(_FIRST_WORD + WORDS.index(piece))
        else:
            ids += [_FIRST_BYTE + byte for byte in piece.encode()]
    return ids


def raw(number: int) -> bytes:
    """Bytes of one token."""
    if number < _FIRST_BYTE:
        return SPECIALS[number].encode()
    return WORDS[number - _FIRST_WORD].encode() if number >= _FIRST_WORD else bytes([number - _FIRST_BYTE])


def shown(number: int, style: str = "replace") -> str:
    """The text of one token as servers write it.

    style: ``bytes`` is OpenAI's for pieces of a character; with ``bare`` a leading space is lost.
    """
    data = raw(number)
    if style == "bare":
        return data.decode("utf-8", "replace").removeprefix(" ")
    if style == "bytes" and data[0] >= 0x80:
        return "bytes:" + "".join(f"\\x{byte:02x}" for byte in data)
    return data.decode("utf-8", "replace")


def logprob(before: Sequence[int], number: int, *, copies: bool = False) -> float:
    """Natural logarithm of a token's probability."""
    share = _SHARES.get(shown(number), _OTHERS)
    if copies and len(before) >= 2:
        seen = Counter(
            before[place + 2]
            for place in range(len(before) - 2)
            if tuple(before[place : place + 2]) == tuple(before[-2:])
        )
        share = (share + (seen[number] / sum(seen.values()) if seen else share)) / 2
    return math.log(share)


@dataclass
class Toy:
    """What the server is like.

    can: ``echo``, ``prompt_logprobs``, ``llama`` (tokenize, completion, apply-template), ``tokenize`` (vLLM's),
    ``chat``, ``label_logprobs``. faults: see ``_spoilt`` and where else they are asked for. style: of token texts.
    """

    can: frozenset[str] = frozenset({"echo", "tokenize"})
    faults: frozenset[str] = frozenset()
    copies: bool = False
    max_length: int = 4096
    bos: bool = True
    style: str = "replace"
    usage: bool = True
    reply: str = "A"
    tells_ids: bool = True
    key: str = ""
    seen: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    stale: dict[str, list[float | None]] = field(default_factory=dict)
    rng: random.Random = field(default_factory=lambda: random.Random(0))

    def values(self, ids: Sequence[int]) -> list[float | None]:
        """The truth about a prompt."""
        return [None, *(logprob(ids[:place], ids[place], copies=self.copies) for place in range(1, len(ids)))]


class Refusal(Exception):
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def _spoilt(toy: Toy, ids: Sequence[int], values: list[float | None], body: dict[str, Any]) -> list[float | None]:
    """The truth as a server with these faults tells it."""
    faults = toy.faults
    numbers = [0.0 if value is None else value for value in values]
    if "zeros" in faults:
        values = [None] + [0.0] * (len(values) - 1)
    if "equal" in faults:
        values = [None] + [-1.5] * (len(values) - 1)
    if "uniform" in faults:
        values = [None] + [-math.log(259)] * (len(values) - 1)
    if "positive" in faults:
        values = [None, *(-value for value in numbers[1:])]
    if "nan" in faults:
        values = [*values[:-1], math.nan]
    if "infinite" in faults:
        values = [*values[:-1], -math.inf]
    if "gap" in faults:
        values = [*values[:-1], None]
    if "first_filled" in faults:
        values = [-2.0, *values[1:]]
    if "shifted_left" in faults:  # the list lost its first log-probability, and the generated token's closes it
        values = [None, *values[2:], math.log(1 / 2)]
    if "shifted_right" in faults:
        values = [None, -1.25, *values[1:-1]]
    if "noise" in faults or ("noise_by_cache" in faults and body.get("cache_prompt")):
        values = [None, *(value - toy.rng.random() for value in numbers[1:])]
    if "temperature" in faults:
        warm = body.get("temperature") or 0.01
        values = [None, *(value / warm for value in numbers[1:])]
    if "stale" in faults:  # a cache whose key is the beginning of the prompt and its length
        key = f"{len(ids)} {list(ids[:6])}"
        values = toy.stale.setdefault(key, values)
    if "stale_overwritten" in faults:  # a cached prefix keeps the values of what was asked last but one
        key = str(list(ids[:6]))
        old = toy.stale.get(key)
        toy.stale[key] = values
        if old is not None and len(old) == len(values):
            values = old
    return values


def _cut(toy: Toy, ids: list[int]) -> list[int]:
    if len(ids) >= toy.max_length:
        if "truncated" in toy.faults:
            return ids[-(toy.max_length - 1) :]
        message = f"This model's maximum context length is {toy.max_length} tokens. However, you requested {len(ids)}."
        raise Refusal(400, message)
    return ids


def _prompt_ids(toy: Toy, body: dict[str, Any]) -> list[int]:
    prompt = body["prompt"]
    if isinstance(prompt, list):
        if "refuses_ids" in toy.faults:
            raise Refusal(400, "prompt: a text is needed")
        return _cut(toy, list(prompt))
    added = [BOS] if "adds_bos_to_texts" in toy.faults else []
    return _cut(toy, added + tokenize(prompt, bos=toy.bos))


def _rendered(toy: Toy, body: dict[str, Any]) -> str:
    faults, messages = toy.faults, body["messages"]
    if body.get("continue_final_message") and "refuses_continue" in faults:
        raise Refusal(400, "continue_final_message: extra fields are not permitted")
    contents = [each["content"].strip() for each in messages]
    if "drops_thinking" in faults:
        contents = [re.sub("<think>.*</think>", "", each) for each in contents]
    opening = "<|assistant|>" + ("foo" if "template_ends_in_foo" in faults else "")
    opened = {"assistant": opening}
    text = "".join(
        f"{opened.get(each['role'], '<|' + each['role'] + '|>')}{content}<|end|>"
        for each, content in zip(messages, contents, strict=True)
    )
    is_open = body.get("continue_final_message") and "ignores_continue" not in faults
    if is_open or ("never_closes" in faults and messages[-1]["role"] == "assistant"):
        text = text.removesuffix("<|end|>")
    return text + (opening if body.get("add_generation_prompt", True) else "")


def _usage(toy: Toy, ids: Sequence[int], generated: int) -> dict[str, Any]:
    count = len(ids) + (1 if "leaked_and_counted" in toy.faults else 0)
    return {"usage": {"prompt_tokens": count, "completion_tokens": generated}} if toy.usage else {}


def completions(toy: Toy, body: dict[str, Any]) -> dict[str, Any]:
    ids = _prompt_ids(toy, body)
    generated = tokenize("a") * min(1, body.get("max_tokens", 16))
    choice: dict[str, Any] = {"index": 0, "text": "a" * len(generated), "finish_reason": "length"}
    values = _spoilt(toy, ids, toy.values(ids), body)
    if body.get("echo"):
        if "refuses_echo" in toy.faults:
            raise Refusal(400, "Only no echo is supported")
        if "refuses_echo_rudely" in toy.faults:
            raise Refusal(400, "\x1b[2Jno echo")
        if "repeats_key" in toy.faults:
            raise Refusal(400, f"no echo for {toy.key}")
        if "fails_echo" in toy.faults:
            raise Refusal(500, "Only no echo is supported")
    if body.get("echo") and "echo" in toy.can:
        leaked = tokenize("a") if {"leaked", "leaked_and_counted"} & toy.faults else []
        all_ids = [*ids, *leaked, *generated]
        tokens = [shown(number, toy.style) for number in all_ids]
        numbers: list[float | None] = [*values, *[math.log(1 / 2)] * (len(all_ids) - len(ids))]
        if "short" in toy.faults:
            tokens, numbers = tokens[:-3], numbers[:-3]
        if "uneven" in toy.faults:
            numbers = numbers[:-1]
        if "other_tokens" in toy.faults:
            tokens = ["x" for _ in tokens]
        choice["text"] = "".join(tokens)
        choice["logprobs"] = {"tokens": tokens, "token_logprobs": numbers, "top_logprobs": None}
        if toy.tells_ids and body.get("return_token_ids"):
            choice["prompt_token_ids"] = ids
    elif body.get("logprobs") is not None and generated:
        choice["logprobs"] = {"tokens": ["a"], "token_logprobs": [math.log(1 / 2)], "top_logprobs": None}
    if body.get("prompt_logprobs") is not None and "prompt_logprobs" in toy.can:
        choice |= _vllm_rows(toy, ids, values, body)
    return {"object": "text_completion", "choices": [choice], **_usage(toy, ids, len(generated))}


def _vllm_rows(toy: Toy, ids: list[int], values: list[float | None], body: dict[str, Any]) -> dict[str, Any]:
    rows: list[Any] = []
    for number, value in zip(ids, values, strict=True):
        if value is None:
            rows.append(None)
            continue
        row = {str(number): {"logprob": value, "rank": 1, "decoded_token": shown(number)}}
        if body["prompt_logprobs"] > 0 and number != _FIRST_BYTE + 97:
            row[str(_FIRST_BYTE + 97)] = {"logprob": math.log(1 / 2), "rank": 1, "decoded_token": "a"}
        if "other_tokens" in toy.faults:
            row = {"7": {"logprob": value, "rank": 1, "decoded_token": "x"}}
        rows.append(row)
    if "short" in toy.faults:
        rows = rows[:-3]
    if "empty_rows" in toy.faults or ("zero_is_none" in toy.faults and body["prompt_logprobs"] == 0):
        return {"prompt_logprobs": None}
    told = {"prompt_token_ids": ids} if toy.tells_ids and body.get("return_token_ids") else {}
    return {"prompt_logprobs": rows, **told}


def chat(toy: Toy, body: dict[str, Any]) -> dict[str, Any]:
    if "chat" not in toy.can:
        raise Refusal(404, "Not Found")
    ids = _cut(toy, tokenize(_rendered(toy, body), bos=toy.bos))
    choice: dict[str, Any] = {
        "index": 0,
        "message": {"role": "assistant", "content": toy.reply},
        "finish_reason": "stop",
    }
    if body.get("logprobs") and "label_logprobs" in toy.can:
        top = [{"token": label, "logprob": math.log(share)} for label, share in (("A", 0.75), ("B", 0.25))]
        choice["logprobs"] = {"content": [{"token": toy.reply[:1], "logprob": math.log(0.75), "top_logprobs": top}]}
    payload: dict[str, Any] = {"object": "chat.completion", "choices": [choice], **_usage(toy, ids, 1)}
    if body.get("prompt_logprobs") is not None and "prompt_logprobs" in toy.can:
        payload |= _vllm_rows(toy, ids, _spoilt(toy, ids, toy.values(ids), body), body)
    return payload


def tokenized(toy: Toy, body: dict[str, Any]) -> dict[str, Any]:
    if "llama" in toy.can:
        return {"tokens": tokenize(body.get("content", ""), bos=toy.bos and body.get("add_special", False))}
    if "tokenize" not in toy.can:
        raise Refusal(404, "Not Found")
    if "messages" in body:
        ids = tokenize(_rendered(toy, body), bos=toy.bos)
    elif "prompt" in body:
        ids = tokenize(body["prompt"], bos=toy.bos and body.get("add_special_tokens", True))
    else:
        raise Refusal(400, "prompt: field required")
    return {"tokens": ids, "count": len(ids), "max_model_len": toy.max_length}


def native(toy: Toy, body: dict[str, Any]) -> dict[str, Any]:
    if "llama" not in toy.can:
        raise Refusal(404, "Not Found")
    ids = _prompt_ids(toy, body)
    biased = body.get("logit_bias") or [[_FIRST_BYTE + 97, 0]]
    number = _FIRST_BYTE + 97 if "ignores_bias" in toy.faults else biased[0][0]
    [_, *values] = _spoilt(toy, [*ids, number], toy.values([*ids, number]), body)
    if "biased" in toy.faults:  # the log-probability that the forced choice has, not the model's
        values[-1] = 0.0
    entry = {"id": number, "token": shown(number), "logprob": values[-1], "top_logprobs": []}
    found: dict[str, Any] = {"content": shown(number), "tokens_evaluated": len(ids), "truncated": False}
    return found if "no_probs" in toy.faults else {**found, "completion_probabilities": [entry]}


def applied(toy: Toy, body: dict[str, Any]) -> dict[str, Any]:
    if "llama" not in toy.can:
        raise Refusal(404, "Not Found")
    return {"prompt": _rendered(toy, body)}


_HANDLERS = {
    "/v1/completions": completions,
    "/v1/chat/completions": chat,
    "/tokenize": tokenized,
    "/completion": native,
    "/apply-template": applied,
}


def _application(toy: Toy) -> web.Application:
    async def answer(request: web.Request) -> web.Response:
        body = json.loads(await request.read())
        toy.key = request.headers.get("authorization", "")
        toy.seen.append((request.path, body))
        try:
            if "down" in toy.faults:
                raise Refusal(500, "down")
            if "no_key" in toy.faults:
                raise Refusal(401, "give a key")
            if "no_model" in toy.faults:
                raise Refusal(404, "the model `toy` does not exist")
            if "dies" in toy.faults and len(toy.seen) > 12:
                raise Refusal(500, "died")
            payload = _HANDLERS[request.path](toy, body)
        except Refusal as refusal:
            error = {"error": {"message": str(refusal), "type": "invalid_request_error"}}
            return web.json_response(error, status=refusal.status)
        return web.json_response(payload)

    app = web.Application()
    for path in _HANDLERS:
        app.router.add_post(path, answer)
    return app


@contextmanager
def serving(toy: Toy) -> Iterator[str]:
    """Serve from a thread of this process; yields the base URL."""
    ready: Future[tuple[str, asyncio.AbstractEventLoop, asyncio.Event]] = Future()

    async def serve() -> None:
        runner = web.AppRunner(_application(toy), access_log=None, shutdown_timeout=0.05)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            ended = asyncio.Event()
            url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
            ready.set_result((url, asyncio.get_running_loop(), ended))
            await ended.wait()
        finally:
            await runner.cleanup()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    url, loop, ended = ready.result(10)
    try:
        yield url
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join()
