"""Where responses begin among tokens, and how the texts of tokens are followed whatever way a server writes them."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from evalrun.harness.preference.api import NotScorable
from evalrun.harness.preference.boundary import aligned_ends, common_prefix, covered, shared_start, shared_start_by_text

from .toy_server import raw, shown, tokenize

TEXTS = st.text(st.sampled_from("abc foo bar 1é漢🙂\n�<|"), max_size=30)


def test_the_common_prefix_is_counted_in_tokens() -> None:
    assert common_prefix([1, 2, 3], [1, 2, 4, 5]) == 2
    assert common_prefix([], [1]) == 0


def test_all_responses_start_where_the_earliest_must() -> None:
    start = shared_start([1, 2, 3], [[1, 2, 3, 4], [1, 2, 9]])
    assert (start.place, start.merged) == (2, (False, True))


def test_a_prompt_that_merges_into_one_token_with_a_response_is_scored_from_before_it() -> None:
    prompt, plain, merged = tokenize("a foo"), tokenize("a foo!"), tokenize("a foobar")
    start = shared_start(prompt, [plain, merged])
    assert (start.place, start.merged) == (2, (False, True))


def test_a_response_without_a_token_of_its_own_or_without_anything_before_it_is_not_scorable() -> None:
    with pytest.raises(NotScorable, match="adds no token"):
        shared_start([1, 2], [[1, 2], [1, 2, 3]])
    with pytest.raises(NotScorable, match="no token precedes"):
        shared_start([1], [[2, 3], [1, 3]])


def test_without_the_prompts_tokens_the_place_follows_from_texts() -> None:
    texts = [["a", " ", "foo", "!"], ["a", " ", "foobar"]]
    start = shared_start_by_text([[1, 2, 5, 6], [1, 2, 8]], texts, 5)
    assert (start.place, start.merged) == (2, (False, True))


@example("é é", False, "replace")
@given(TEXTS.filter(bool), st.booleans(), st.sampled_from(["replace", "bytes"]))
def test_the_tokens_of_any_text_are_followed(text: str, bos: bool, style: str) -> None:
    ids = tokenize(text, bos=bos)
    ends = aligned_ends([shown(number, style) for number in ids], text)
    assert ends is not None
    assert ends == sorted(ends)
    assert len(ends) == len(ids)
    exact = [len(text.encode()) - len(_bytes(ids[place + 1 :])) for place in range(len(ids))]
    assert all(found >= true for found, true in zip(ends, exact, strict=True))  # in doubt the later byte
    if style == "bytes":
        assert ends == exact


def _bytes(ids: list[int]) -> bytes:
    return b"".join(map(raw, ids))


@given(TEXTS.filter(bool), TEXTS, TEXTS)
def test_texts_and_ids_agree_where_a_response_starts_or_texts_start_earlier(prompt: str, one: str, other: str) -> None:
    fulls = ["x" + prompt + each + "." for each in (one, other)]
    ids = [tokenize(full, bos=True) for full in fulls]
    by_ids = shared_start(tokenize("x" + prompt, bos=True), ids)
    texts = [[shown(number) for number in each] for each in ids]
    ends = [aligned_ends(each, full) for each, full in zip(texts, fulls, strict=True)]
    by_text = shared_start_by_text([each for each in ends if each], texts, len(("x" + prompt).encode()))
    assert by_text.place <= by_ids.place
    assert by_ids.place >= 2


def test_pieces_that_lost_their_leading_space_are_followed() -> None:
    assert aligned_ends(["<s>", "The", "red", "fox"], "The red fox") == [0, 3, 7, 11]


@pytest.mark.parametrize(
    "tokens",
    [["The", " fox"], ["The", " red", " fox", "!"], [" red", " fox"], ["The", "<s>", " red", " fox"], []],
)
def test_other_tokens_are_not_the_texts(tokens: list[str]) -> None:
    assert aligned_ends(tokens, "The red fox") is None


def test_the_tokens_of_a_text_inside_a_prompt_end_with_the_last_that_has_a_text() -> None:
    assert covered(["a", "b", "<|end|>"], "ab") == 2
    assert covered(["a", "�", "�", "x"], "aé") == 3
    assert covered(["a", "b", "", "x"], "ab") == 2
    assert covered(["<think>", "a"], "a") is None
    assert covered(["a", "c"], "ab") is None


def test_a_long_text_whose_tokens_are_all_unknown_is_followed() -> None:
    """One that tried every place from every other would meet the time limit of a test."""
    assert aligned_ends(["�"] * 20_000, "🙂" * 7_000) is not None
