"""Log-likelihoods by echo, from a real server of a toy model whose numbers are known."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from evalrun.benchmarks import BadInput
from evalrun.harness.endpoint.api import EndpointDown
from evalrun.harness.preference.api import NotScorable
from evalrun.harness.preference.loglik_opening import Scoring
from evalrun.harness.preference.loglik_template import TEMPLATES, PlainTemplate

from .asking import WITH_TOKENIZER, WITHOUT, score
from .toy_server import Toy, logprob, tokenize

GLUED = PlainTemplate("glued", "{content}", "{content}", "{content}", "")
"""A response follows its prompt at once."""


@pytest.mark.parametrize("settings", [WITH_TOKENIZER, WITHOUT, {"max_tokens": 0}])
def test_the_toy_model_has_the_known_log_likelihoods(settings: dict[str, Any]) -> None:
    better, worse = score(Toy(), ["bb", "c"], settings=settings)
    assert (better.total, worse.total) == (pytest.approx(-2.772589, abs=1e-6), pytest.approx(-2.079442, abs=1e-6))
    assert (better.tokens, worse.tokens) == (("b", "b"), ("c",))
    assert better.total < worse.total  # ranking accuracy 0
    assert better.total / 2 > worse.total / 1  # by token: 1
    assert better.start == worse.start == 3  # <s> a \n
    assert (better.utf8_bytes, better.boundary_merge) == (2, False)


@pytest.mark.parametrize("settings", [WITH_TOKENIZER, WITHOUT], ids=["ids", "text"])
def test_a_merged_boundary_starts_both_responses_at_one_place(settings: dict[str, Any]) -> None:
    merged, plain = score(Toy(), ["bar", "b"], "foo", settings=settings, scoring=Scoring(GLUED))
    assert (merged.tokens, plain.tokens) == (("foobar",), ("foo", "b"))
    assert merged.start == plain.start == 1
    assert (merged.boundary_merge, plain.boundary_merge) == (True, False)
    assert (merged.utf8_bytes, plain.utf8_bytes) == (3, 1)
    assert merged.total == pytest.approx(logprob([], tokenize("foobar")[0]))
    assert plain.total == pytest.approx(logprob([], tokenize("foo")[0]) + math.log(1 / 4))


@pytest.mark.parametrize("style", ["replace", "bytes"])
def test_characters_of_several_tokens_are_scored_alike_by_text_and_by_ids(style: str) -> None:
    asked = {"prompt": "é", "responses": ["éa", "漢🙂"]}
    by_text = score(Toy(style=style), settings=WITHOUT, **asked)
    by_ids = score(Toy(style=style), settings=WITH_TOKENIZER, **asked)
    assert by_text == by_ids
    assert [len(each.tokens) for each in by_text] == [3, 7]
    assert [each.utf8_bytes for each in by_text] == [3, 7]


def test_the_lead_of_a_template_is_scored_with_the_response_and_is_no_byte_of_it() -> None:
    better, worse = score(Toy(), ["b", " c"], scoring=Scoring(TEMPLATES["human-assistant"]))
    assert (better.tokens, worse.tokens) == ((" ", "b"), (" ", "c"))
    assert (better.utf8_bytes, worse.utf8_bytes) == (1, 2)


def test_the_end_of_the_turn_is_scored_where_it_is_asked_for_only() -> None:
    closing = Scoring(TEMPLATES["question-answer"], end_of_turn=True)
    [closed, _] = score(Toy(), ["b", "c"], scoring=closing)
    [open_, _] = score(Toy(), ["b", "c"], scoring=Scoring(TEMPLATES["question-answer"]))
    assert (open_.tokens, closed.tokens) == ((" ", "b"), (" ", "b", "\n", "\n"))
    with pytest.raises(BadInput, match="--end-of-turn: the prompt template text has no end_of_turn"):
        score(Toy(), ["b", "c"], scoring=Scoring(TEMPLATES["text"], end_of_turn=True))


@pytest.mark.parametrize("faults", [frozenset(), frozenset({"truncated"})], ids=["refused", "cut"])
@pytest.mark.parametrize("settings", [{"max_tokens": 1, "tokenizer": "vllm"}, WITHOUT], ids=["ids", "text"])
def test_what_is_too_long_is_never_cut(settings: dict[str, Any], faults: frozenset[str]) -> None:
    toy = Toy(max_length=30, faults=faults)
    with pytest.raises(NotScorable, match=r"^too_long"):
        score(toy, ["b" * 10, "c" * 40], settings=settings)
    assert score(toy, ["b" * 10, "c" * 20], settings=settings)


def test_what_is_known_to_be_too_long_is_not_even_asked() -> None:
    toy = Toy(max_length=30)
    with pytest.raises(NotScorable, match=r"^too_long: 43 tokens and one to generate; the model takes 30"):
        score(toy, ["b", "c" * 40], settings={**WITH_TOKENIZER, "max_length": 30})
    assert {path for path, _ in toy.seen} == {"/tokenize"}


def test_temperature_is_sent_as_1_so_that_it_changes_nothing() -> None:
    toy = Toy(faults=frozenset({"temperature"}))
    better, _ = score(toy, ["bb", "c"])
    assert better.total == pytest.approx(-2.772589, abs=1e-6)


@pytest.mark.parametrize("settings", [WITH_TOKENIZER, WITHOUT], ids=["ids", "text"])
@pytest.mark.parametrize(
    ("fault", "word"),
    [("zeros", "zeros"), ("nan", "not_a_number"), ("positive", "positive"), ("short", "too_long"), ("gap", "no_logp")],
)
def test_a_server_that_turns_bad_after_its_probe_is_not_believed(
    fault: str, word: str, settings: dict[str, Any]
) -> None:
    with pytest.raises(NotScorable, match=rf"^{word}"):
        score(Toy(faults=frozenset({fault})), ["bb", "c"], settings=settings)


def test_a_token_that_leaked_is_cut_off() -> None:
    better, worse = score(Toy(faults=frozenset({"leaked"})), ["bb", "c"])
    assert (better.tokens, worse.tokens) == (("b", "b"), ("c",))


def test_an_outage_is_owed_and_no_score() -> None:
    with pytest.raises(EndpointDown):
        score(Toy(faults=frozenset({"down"})), ["bb", "c"])


@given(st.text("abc fobr", min_size=1, max_size=8), st.text("abc fobr", min_size=1, max_size=8))
@settings(max_examples=10, deadline=None)
def test_log_likelihoods_add_up_over_any_split(first: str, second: str) -> None:
    assume(tokenize("ab" + first + second) == tokenize("ab") + tokenize(first) + tokenize(second))
    toy = Toy(copies=True)
    [whole, _] = score(toy, [first + second, "c"], scoring=Scoring(GLUED), prompt="ab")
    [start, _] = score(toy, [first, "c"], scoring=Scoring(GLUED), prompt="ab")
    [rest, _] = score(toy, [second, "c"], scoring=Scoring(GLUED), prompt="ab" + first)
    assert whole.total == pytest.approx(start.total + rest.total)
