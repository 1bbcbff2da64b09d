"""The n-gram language model, its tokenizer, and the uniform model: real probabilities, however they are checked."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.benchmarks import BadInput
from evalrun.harness.serve.choosers import Uniform
from evalrun.harness.serve.ngram import Ngram
from evalrun.harness.serve.vocabulary import BEGIN, END, Vocabulary

TEXT = "The cat sat on the mat. The dog sat on the log.\nThe cat saw the dog, and the dog saw the cat: naïve.\n" * 2
MODEL = Ngram([TEXT])
WORDS = MODEL.vocabulary
IDS = st.lists(st.integers(0, len(WORDS) - 1), min_size=1, max_size=12)


@given(st.one_of(st.text(), st.text(alphabet="Theca dog.\n|<>begin")))
def test_every_text_can_be_written_and_read_again(text):
    assert WORDS.decode(WORDS.encode(text, with_marks=False)) == text
    assert Vocabulary().decode(Vocabulary().encode(text, with_marks=False)) == text


def test_common_runs_are_one_token_and_rare_ones_are_spelled():
    assert [WORDS.text_of(each) for each in WORDS.encode("The cat sang")] == ["The", " cat", " ", "s", "a", "n", "g"]


def test_a_text_that_goes_on_may_have_other_tokens_at_its_end():
    vocabulary = Vocabulary.of([" foo foo foobar foobar foobar"])
    assert [vocabulary.text_of(each) for each in vocabulary.encode(" foo")] == [" foo"]
    assert [vocabulary.text_of(each) for each in vocabulary.encode(" foobar")] == [" foobar"]


def test_a_written_mark_is_a_token_only_where_marks_are_read():
    assert WORDS.encode(f"cat{END}")[-1] == WORDS.end
    assert WORDS.end not in WORDS.encode(f"cat{END}", with_marks=False)
    assert WORDS.encode("", with_begin=True) == [WORDS.begin]
    assert WORDS.decode([WORDS.begin, *WORDS.encode("cat")]) == f"{BEGIN}cat"
    assert WORDS.decode([WORDS.begin, *WORDS.encode("cat")], with_marks=False) == "cat"


def test_a_byte_of_a_longer_character_has_no_text_of_its_own():
    ids = WORDS.encode("é")
    assert [WORDS.text_of(each) for each in ids] == ["\ufffd", "\ufffd"]
    assert WORDS.decode(ids) == "é"


@pytest.mark.parametrize("token", [-1, len(WORDS)])
def test_there_is_no_token_outside_the_vocabulary(token):
    with pytest.raises(IndexError):
        WORDS.bytes_of(token)


@given(IDS)
def test_the_shares_after_any_text_sum_to_1_and_none_is_0(before):
    shares = MODEL.shares(before)
    assert math.isclose(math.fsum(shares), 1, rel_tol=1e-12)
    assert shares.min() > 0


@given(IDS)
def test_what_a_token_costs_is_its_share(ids):
    expected = [math.log(MODEL.shares(ids[:place])[ids[place]]) for place in range(len(ids))]
    assert MODEL.logprobs(ids) == expected


@given(IDS, IDS)
def test_a_text_costs_what_its_parts_cost_one_after_the_other(first, second):
    together = MODEL.logprobs([*first, *second])
    assert together[: len(first)] == MODEL.logprobs(first)
    after = [math.log(MODEL.following([*first, *second[:place]])([])[second[place]]) for place in range(len(second))]
    assert together[len(first) :] == after


def test_shares_are_those_of_witten_and_bell_by_hand():
    model = Ngram(["ab"])  # four tokens: BEGIN a b END; nothing occurs twice, so there are no pieces
    begin, a, b = model.vocabulary.encode("ab", with_begin=True)
    size = 3 + 256
    assert len(model.vocabulary) == size
    alone = (1 + 4 / size) / (4 + 4)
    after_a = (1 + 1 * alone) / (1 + 1)
    assert model.shares([])[b] == pytest.approx(alone)
    assert model.shares([a])[b] == pytest.approx(after_a)
    assert model.shares([begin, a])[b] == pytest.approx((1 + 1 * after_a) / 2)
    assert model.shares([b, b])[b] == pytest.approx((0 + 1 * alone) / 2)  # after b came END, once
    assert model.shares([size - 1])[b] == pytest.approx(alone)  # which never occurred


def test_a_text_that_was_seen_is_likelier_than_one_that_was_not():
    seen, other = (sum(MODEL.logprobs(WORDS.encode(text))) for text in ("The cat sat on", "on sat cat The"))
    assert seen > other


def test_two_models_of_one_text_are_alike():
    assert Ngram([TEXT]).logprobs(WORDS.encode(TEXT)) == MODEL.logprobs(WORDS.encode(TEXT))


@pytest.mark.parametrize("texts", [[], [""], [" \n"]])
def test_nothing_can_be_learned_from_no_text(texts):
    with pytest.raises(BadInput, match="no text to train on"):
        Ngram(texts)


@given(st.integers(1, 100_000))
def test_sums_of_the_uniform_figure_are_exact_so_that_means_are_tied(count):
    figure = Uniform().logprob
    assert sum(Uniform().logprobs(range(count))) == count * figure
    assert sum(Uniform().logprobs(range(count))) / count == figure


@pytest.mark.parametrize("model", [Uniform(), Uniform(WORDS)])
def test_the_uniform_shares_sum_to_1_as_far_as_32_bits_go(model):
    assert math.fsum(model.shares([])) == pytest.approx(1, abs=1e-6)
