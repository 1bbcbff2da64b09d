from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.evolvers.authored.likeness import (
    character_similarity,
    containment_of,
    edit_distance,
    edit_ratio,
    length_ratio,
    shingle_similarity,
    tokens_of,
    word_similarity,
)

Words = st.lists(st.sampled_from(["a", "b", "c", "not", "list"]), max_size=12)
Texts = st.text(st.characters(codec="utf-8"), max_size=40) | Words.map(" ".join)


def plain_distance(left: list[str], right: list[str]) -> int:
    """Levenshtein's distance by the book: a table of rows."""
    above = list(range(len(right) + 1))
    for row, mine in enumerate(left, 1):
        here = [row]
        for column, other in enumerate(right, 1):
            here.append(min(above[column] + 1, here[-1] + 1, above[column - 1] + (mine != other)))
        above = here
    return above[-1]


@given(Words, Words)
def test_the_edit_distance_is_levenshteins(left: list[str], right: list[str]) -> None:
    assert edit_distance(left, right) == plain_distance(left, right)


@given(Words, Words, Words)
def test_the_edit_distance_is_a_metric(left: list[str], middle: list[str], right: list[str]) -> None:
    assert (edit_distance(left, right) == 0) == (left == right)
    assert edit_distance(left, right) == edit_distance(right, left)
    assert edit_distance(left, right) <= edit_distance(left, middle) + edit_distance(middle, right)


def test_the_edit_distance_of_long_texts_is_found_quickly() -> None:
    left, right = ["a", "b"] * 20_000, ["b", "a"] * 20_000
    assert edit_distance(left, right) == 2


def test_one_word_changed_of_eight_tokens_is_an_eighth() -> None:
    old = "Return the sum of all even numbers."
    assert len(tokens_of(old)) == 8
    assert edit_ratio(old, "Return the sum of all odd numbers.") == 1 / 8
    assert edit_ratio(old, old.upper().replace(" ", "\n")) == 0


@given(Texts, Texts)
def test_measures_are_symmetric_between_0_and_1_and_tell_equal_texts(left: str, right: str) -> None:
    for measure in (shingle_similarity, character_similarity, word_similarity):
        assert measure(left, right) == measure(right, left)
        assert 0 <= measure(left, right) <= 1
        assert measure(left, left) == 1
    assert edit_ratio(left, right) == edit_ratio(right, left)
    assert 0 <= edit_ratio(left, right) <= 1
    assert edit_ratio(left, left) == 0


@given(Words, Words)
def test_no_more_tokens_are_edited_than_words_are_new(left: list[str], right: list[str]) -> None:
    # A word in common is an edit saved only where the order allows it: never are more saved than words are shared.
    shared = word_similarity(" ".join(left), " ".join(right)) * (len(left) + len(right)) / 2 if left or right else 0
    assert edit_distance(left, right) >= max(len(left), len(right)) - round(shared)


def test_similarities_of_small_texts_are_the_hand_computed_ones() -> None:
    # Runs of three words: {one two three, two three four} and {two three four, three four five}.
    assert shingle_similarity("one two three four", "two three four five") == pytest.approx(1 / 3)
    # Trigrams abc, bcd and bcd, cde.
    assert character_similarity("abcd", "bcde") == 0.5
    # Words a, a, b and a, b, b: two of three are shared.
    assert word_similarity("a a b", "b a b") == pytest.approx(2 / 3)
    assert length_ratio("one two three", "one two") == 1.5
    assert length_ratio("one", "") == float("inf")
    # Of (a b), (b c), (c d) the last two stand in the other.
    assert containment_of(list("abcd"), list("xbcd"), 2) == pytest.approx(2 / 3)
    assert containment_of(list("a"), list("a"), 2) == 0


@given(Words, Words)
def test_a_row_is_contained_in_whatever_holds_it(part: list[str], rest: list[str]) -> None:
    assert containment_of(part, [*rest, *part, *rest], 2) == (1 if len(part) >= 2 else 0)
