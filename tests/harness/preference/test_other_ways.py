"""Log-likelihoods by prompt_logprobs and by forced tokens, and that all ways agree."""

from __future__ import annotations

import math
from typing import Any

import pytest

from evalrun.benchmarks import BadInput
from evalrun.harness.preference.api import NotScorable, TokenScores
from evalrun.harness.preference.loglik_opening import Scoring, open_loglikelihoods, scoring_json
from evalrun.harness.preference.loglik_template import TEMPLATES

from .asking import TEXT, WITH_TOKENIZER, WITHOUT, score
from .toy_server import Toy

VLLM = frozenset({"tokenize", "prompt_logprobs", "chat"})
LLAMA = frozenset({"llama", "chat"})
CHAT = {"forms": ["chat", "completions"], "top": 0, "continues": True}
COMPLETIONS = {"forms": ["completions"], "top": 1}
FORCED = {"tokenizer": "llama.cpp", "own_template": False}
SERVERS = Scoring()


@pytest.mark.parametrize("top", [0, 1])
@pytest.mark.parametrize("tokenizer", [{}, {"tokenizer": "vllm"}], ids=["text", "ids"])
def test_prompt_logprobs_on_completions_give_the_known_figures(top: int, tokenizer: dict[str, Any]) -> None:
    better, worse = score(
        Toy(can=VLLM), ["bb", "c"], mode="prompt_logprobs", settings={**COMPLETIONS, **tokenizer, "top": top}
    )
    assert (better.total, worse.total) == (pytest.approx(-2.772589, abs=1e-6), pytest.approx(-2.079442, abs=1e-6))
    assert (better.tokens, better.start) == (("b", "b"), 3)


@pytest.mark.parametrize("top", [0, 1])
@pytest.mark.parametrize("continues", [True, False])
@pytest.mark.parametrize("tokenizer", [{}, {"tokenizer": "vllm"}], ids=["asked", "tokenized"])
@pytest.mark.parametrize("tells_ids", [True, False])
def test_prompt_logprobs_on_chat_give_the_known_figures(
    top: int, continues: bool, tokenizer: dict[str, Any], tells_ids: bool
) -> None:
    toy = Toy(can=VLLM, tells_ids=tells_ids)
    asked = {**CHAT, **tokenizer, "top": top, "continues": continues}
    if top and not tells_ids:
        with pytest.raises(NotScorable, match="no_tokens"):
            score(toy, ["bb", "c"], mode="prompt_logprobs", settings=asked, scoring=SERVERS)
        return
    better, worse = score(toy, ["bb", "c"], mode="prompt_logprobs", settings=asked, scoring=SERVERS)
    assert (better.total, worse.total) == (pytest.approx(-2.772589, abs=1e-6), pytest.approx(-2.079442, abs=1e-6))
    assert (better.tokens, better.utf8_bytes, better.boundary_merge) == (("b", "b"), 2, False)
    assert better.start == worse.start == 5  # <s> <|user|> a <|end|> <|assistant|>


def test_the_end_of_the_turn_is_the_token_that_closes_the_message() -> None:
    closing = Scoring(end_of_turn=True)
    [closed, _] = score(Toy(can=VLLM), ["bb", "c"], mode="prompt_logprobs", settings=CHAT, scoring=closing)
    assert closed.tokens == ("b", "b", "<|end|>")
    never_closes = Toy(can=VLLM, faults=frozenset({"never_closes"}))
    with pytest.raises(NotScorable, match="end_of_turn"):
        score(never_closes, ["bb", "c"], mode="prompt_logprobs", settings=CHAT, scoring=closing)


def test_a_template_that_trims_is_followed_and_one_that_alters_is_not() -> None:
    found, _ = score(Toy(can=VLLM), [" b\n", "c"], mode="prompt_logprobs", settings=CHAT, scoring=SERVERS)
    assert (found.tokens, found.utf8_bytes) == (("b",), 1)
    alters = Toy(can=VLLM, faults=frozenset({"drops_thinking"}))
    with pytest.raises(NotScorable, match="altered"):
        score(alters, ["<think>a</think>b", "c"], mode="prompt_logprobs", settings=CHAT, scoring=SERVERS)


@pytest.mark.parametrize("tokenizer", [{}, {"tokenizer": "vllm"}], ids=["asked", "tokenized"])
def test_a_boundary_that_merges_in_a_chat_template_is_scored_from_before_it(tokenizer: dict[str, Any]) -> None:
    toy = Toy(can=VLLM, faults=frozenset({"template_ends_in_foo"}))
    asked = {**CHAT, **tokenizer}
    merged, plain = score(toy, ["bar", "b"], mode="prompt_logprobs", settings=asked, scoring=SERVERS)
    assert (merged.tokens, plain.tokens) == (("foobar",), ("foo", "b"))
    assert (merged.boundary_merge, plain.boundary_merge) == (True, False)


@pytest.mark.parametrize("scoring", [Scoring(TEXT), SERVERS], ids=["plain", "server"])
def test_forced_tokens_give_the_known_figures(scoring: Scoring) -> None:
    toy = Toy(can=LLAMA)
    settings = {**FORCED, "own_template": scoring is SERVERS}
    better, worse = score(toy, ["bb", "c"], mode="teacher_force", settings=settings, scoring=scoring)
    assert (better.total, worse.total) == (pytest.approx(-2.772589, abs=1e-6), pytest.approx(-2.079442, abs=1e-6))
    assert (better.tokens, better.start) == (("b", "b"), 5 if scoring is SERVERS else 3)
    forced = [body for path, body in toy.seen if path == "/completion"]
    assert len(forced) == 3  # one request for each token of the responses, none for the prompt's


def test_forced_tokens_that_another_took_the_place_of_are_no_score() -> None:
    for fault, word in (("ignores_bias", "not_forced"), ("no_probs", "no_logprobs"), ("biased", "zeros")):
        with pytest.raises(NotScorable, match=word):
            score(Toy(can=LLAMA, faults=frozenset({fault})), ["bb", "cc"], mode="teacher_force", settings=FORCED)
    toy = Toy(can=LLAMA, faults=frozenset({"truncated"}), max_length=20)
    with pytest.raises(NotScorable, match="too_long"):
        score(toy, ["b" * 30, "c"], mode="teacher_force", settings=FORCED)


def test_all_ways_agree_on_every_token() -> None:
    asked = {"prompt": "abc foo", "responses": ["bar ab é", "foobar ab ab", "ab"]}
    everything = VLLM | {"echo"}
    found: list[tuple[TokenScores, ...]] = [
        score(Toy(can=everything, copies=True), mode="echo", settings=WITHOUT, **asked),
        score(Toy(can=everything, copies=True), mode="echo", settings=WITH_TOKENIZER, **asked),
        score(Toy(can=everything, copies=True), mode="prompt_logprobs", settings=COMPLETIONS, **asked),
        score(Toy(can=LLAMA, copies=True), mode="teacher_force", settings=FORCED, **asked),
    ]
    for other in found[1:]:
        for one, same in zip(found[0], other, strict=True):
            assert (one.tokens, one.start, one.utf8_bytes) == (same.tokens, same.start, same.utf8_bytes)
            assert one.logprobs == pytest.approx(same.logprobs)
            assert all(math.isfinite(value) and value <= 0 for value in same.logprobs)


def test_what_was_asked_is_recorded_with_a_digest_of_the_template() -> None:
    plain = scoring_json("echo", WITH_TOKENIZER, Scoring(TEXT))
    assert plain["template"]["name"] == "text"
    assert plain["template"]["digest"] != scoring_json("echo", {}, Scoring())["template"]["digest"]
    assert plain["end_of_turn"] is False
    own = scoring_json("prompt_logprobs", {**CHAT, "template_digest": "d1"}, Scoring(end_of_turn=True))
    assert (own["template"], own["end_of_turn"]) == ({"name": "server", "digest": "d1"}, True)


def test_what_a_mode_cannot_do_is_refused_in_one_line() -> None:
    client: Any = None
    with pytest.raises(BadInput, match="chat only"):
        open_loglikelihoods(client, "m", "prompt_logprobs", {"forms": ["chat"]}, Scoring(TEMPLATES["text"]))
    with pytest.raises(BadInput, match="gives no log-likelihoods"):
        open_loglikelihoods(client, "m", "judge", {}, Scoring())
    with pytest.raises(BadInput, match="--end-of-turn: with teacher_force"):
        open_loglikelihoods(client, "m", "teacher_force", {"own_template": True}, Scoring(end_of_turn=True))
