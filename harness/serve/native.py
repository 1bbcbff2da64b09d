"""llama.cpp's own API: /completion with the log-probability of each token that is drawn, and its /tokenize.

What teacher forcing needs is imitated: a prompt of ids, ``n_predict``, ``n_probs``, and a ``logit_bias`` that makes
the server draw the token that is wanted, while ``logprob`` stays that of the model without the bias.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from .language import LanguageModel
from .requests import ApiError, flag, number, stops_of, whole, wrong
from .token_requests import Ids, checked, is_ids, too_long
from .token_scores import Drawing, Ranked, Reply
from .token_scores import told as as_told
from .vocabulary import Vocabulary

_DEFAULT_PREDICT = 128
_MAX_PROBS = 1000
_DEFAULT_TEMPERATURE = 0.8
_ALWAYS = 1000.0
_MOST_BIAS = 1e30


@dataclass(frozen=True, slots=True)
class NativeRequest:
    """A request to /completion. probs: alternatives to each token; 0 for no log-probabilities at all."""

    prompt: Ids
    drawing: Drawing
    seed: int
    probs: int
    with_ids: bool


def read(body: Mapping[str, Any], vocabulary: Vocabulary, context: int) -> NativeRequest:
    """Read a request's body; ApiError (HTTP 400) says which field is wrong and what was expected."""
    if flag(body, "stream"):
        raise wrong("stream", "no stream of /completion")
    if flag(body, "post_sampling_probs"):
        raise wrong("post_sampling_probs", "false: this server tells the model's own figures")
    prompt = _prompt(body.get("prompt"), vocabulary)
    predict = whole(body, "n_predict", -1)
    wanted = _DEFAULT_PREDICT if predict is None or predict < 0 else predict
    if len(prompt) >= context:
        raise too_long(len(prompt), 0, context)
    probs = whole(body, "n_probs", 0, _MAX_PROBS) or 0
    drawing = Drawing(
        max_tokens=min(wanted, context - len(prompt)),
        temperature=number(body, "temperature", _DEFAULT_TEMPERATURE, 0, 100),
        bias=_bias(body.get("logit_bias"), vocabulary),
        stops=stops_of(body.get("stop")),
        top=probs,
    )
    seed = whole(body, "seed", -1)
    return NativeRequest(prompt, drawing, max(0, seed or 0), probs, flag(body, "return_tokens"))


def _prompt(value: object, vocabulary: Vocabulary) -> Ids:
    if isinstance(value, str):
        ids = vocabulary.encode(value, with_begin=vocabulary.begins)
    elif is_ids(value):
        return checked(value, vocabulary)  # type: ignore[arg-type]
    elif isinstance(value, list) and value and all(isinstance(part, str) or type(part) is int for part in value):
        ids = [each for part in value for each in (vocabulary.encode(part) if isinstance(part, str) else [part])]
    else:
        raise wrong("prompt", "a text, token ids, or a list of both")
    return checked(ids, vocabulary)


def _bias(value: object, vocabulary: Vocabulary) -> dict[int, float]:
    """``[[id or text, number or false]]``; false never lets a token be drawn."""
    pairs = list(value.items()) if isinstance(value, dict) else [] if value is None else value
    if not isinstance(pairs, list) or not all(isinstance(pair, (list, tuple)) and len(pair) == 2 for pair in pairs):
        raise wrong("logit_bias", "a list of [token id or text, number or false]")
    bias: dict[int, float] = {}
    for token, more in pairs:
        is_number = isinstance(more, int | float) and more is not True and abs(more) <= _MOST_BIAS
        is_token = type(token) is int or isinstance(token, str)
        if not is_number or not is_token:
            raise wrong("logit_bias", "a list of [token id or text, number or false]")
        for each in checked([token], vocabulary) if type(token) is int else vocabulary.encode(str(token)):
            bias[each] = -math.inf if more is False else float(more)
    return bias


def told(
    reply: Reply, ids: Ids, asked: NativeRequest, model: LanguageModel, *, no_figures: bool = False
) -> dict[str, Any]:
    """The JSON of a reply."""
    vocabulary = model.vocabulary

    def token(each: int, logprob: float | None) -> dict[str, Any]:
        return {
            "id": each,
            "token": vocabulary.text_of(each),
            "bytes": list(vocabulary.bytes_of(each)),
            "logprob": as_told(logprob),
        }

    def tops(ranked: tuple[Ranked, ...]) -> list[dict[str, Any]]:
        return [token(top.token, top.logprob) for top in ranked]

    data: dict[str, Any] = {
        "index": 0,
        "content": reply.text,
        "tokens": [row.token for row in reply.rows] if asked.with_ids else [],
        "stop": True,
        "model": model.name,
        "tokens_predicted": len(reply.rows),
        "tokens_evaluated": len(ids),
        "prompt": vocabulary.decode(ids),
        "truncated": False,
        "stop_type": "limit" if reply.reason == "length" else "word" if reply.stopped_by else "eos",
        "stopping_word": reply.stopped_by,
    }
    if asked.probs and not no_figures:
        data["completion_probabilities"] = [
            {**token(row.token, row.logprob), "top_logprobs": tops(row.top)} for row in reply.rows
        ]
    return data


def biased(reply: Reply, asked: NativeRequest) -> Reply:
    """The reply with the figures that it would have after the bias: a token that was forced is certain."""
    forced = {token for token, more in (asked.drawing.bias or {}).items() if more >= _ALWAYS}
    return replace(reply, rows=tuple(replace(row, logprob=0.0) if row.token in forced else row for row in reply.rows))


def tokenized(body: Mapping[str, Any], vocabulary: Vocabulary) -> dict[str, Any]:
    """/tokenize as llama.cpp has it: no BEGIN mark unless it is asked for, and no count."""
    content = body["content"]
    if not isinstance(content, str):
        raise ApiError(400, "content: expected a text", param="content")
    reads_marks = flag(body, "parse_special") if body.get("parse_special") is not None else True
    begins = flag(body, "add_special") and vocabulary.begins
    ids = vocabulary.encode(content, with_begin=begins, with_marks=reads_marks)
    if flag(body, "with_pieces"):
        return {"tokens": [{"id": each, "piece": vocabulary.text_of(each)} for each in ids]}
    return {"tokens": ids}
