"""Pseudo log-probabilities: they add up, they repeat, they prefer what is known, and they are a distribution."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalrun.harness.serve.pseudo import PseudoModel, token_count, tokens

KNOWN = ["def add(a, b):\n    return a + b\n", "def halve(x):\n    return x // 2\n", "Ünï \ud800 codes"]
MODEL = PseudoModel(KNOWN)


def total(text: str, before: str = "") -> float:
    return sum(row.logprob for row in MODEL.score(text, before))


@given(st.text(), st.text())
@settings(deadline=None)
def test_a_text_costs_what_its_parts_cost_one_after_the_other(first: str, second: str) -> None:
    assert total(first + second) == pytest.approx(total(first) + total(second, first), abs=1e-9)


@given(st.text())
def test_tokens_are_the_text_cut_in_pieces(text: str) -> None:
    assert "".join(tokens(text)) == text
    assert token_count(text) == len(tokens(text))


@given(st.text(max_size=30), st.text(max_size=10))
@settings(deadline=None)
def test_the_alternatives_exclude_each_other(text: str, before: str) -> None:
    for row in MODEL.score(text, before, top=20):
        names = [name for name, _ in row.top]
        assert len(set(names)) == len(names)
        assert sum(math.exp(logprob) for _, logprob in row.top) <= 1 + 1e-9
        assert [logprob for _, logprob in row.top] == sorted((logprob for _, logprob in row.top), reverse=True)


def test_an_alternative_costs_what_it_would_as_the_token_itself() -> None:
    (row,) = MODEL.score("retur", "    ", top=4)
    assert len(row.top) == 4
    for name, logprob in row.top:
        assert total(name, "    ") == pytest.approx(logprob)


def test_the_same_texts_give_the_same_figures() -> None:
    assert PseudoModel(KNOWN).score(KNOWN[0], top=3) == MODEL.score(KNOWN[0], top=3)


def test_what_is_known_is_likelier_than_what_is_not() -> None:
    known, unknown = KNOWN[0], "the quick brown fox!"
    assert total(known) / len(known) > total(unknown) / len(unknown) + 1


def test_a_model_that_knows_nothing_finds_every_character_as_likely() -> None:
    (row,) = PseudoModel([]).score("abc", top=5)
    assert row.logprob == pytest.approx(3 * math.log(1 / 0x110000))
    assert row.top == (("abc", row.logprob),)
    assert PseudoModel([]).score("") == []
