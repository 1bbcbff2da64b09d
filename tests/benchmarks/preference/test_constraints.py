"""Checkable instructions: what each of them counts, and what is refused as bad input."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.benchmarks import BadInput
from evalrun.benchmarks.preference.constraints import KINDS, Constraint, paragraphs, sentences, times, words

SHOWN = [
    ({"kind": "max_words", "number": 3}, "One two three.", "One two three four."),
    ({"kind": "min_words", "number": 3}, "One two - three.", "One two - !"),
    ({"kind": "max_sentences", "number": 1}, "It costs 3.5 euros.", "It costs. Much."),
    ({"kind": "sentences", "number": 2}, 'He said "no." Then he left', "He left."),
    ({"kind": "paragraphs", "number": 2}, "One\nstill one\n\nTwo\n", "One\nstill one\n"),
    ({"kind": "lines", "number": 2}, "a\n\nb", "a\nb\nc"),
    ({"kind": "max_line_length", "number": 4}, "abcd\nab", "abcde"),
    ({"kind": "bullets", "number": 2}, "Here:\n- a\n* b\n---", "- a\n- b\n- c"),
    ({"kind": "numbered_list", "number": 2}, "Steps:\n1. a\n2. b", "1. a\n3. b"),
    ({"kind": "headings", "number": 1}, "# Title\ntext #1", "## a\n## b"),
    ({"kind": "starts_with", "text": "Dear"}, "\nDear all", "My dear"),
    ({"kind": "ends_with", "text": "Yours, Ann"}, "Bye. Yours, Ann\n", "Yours, Ann."),
    ({"kind": "quotes", "text": "we are open"}, 'The sign said "we are open".', "The sign said we are open."),
    ({"kind": "includes_word", "word": "art"}, "Art matters.", "The party was fun."),
    ({"kind": "excludes_word", "word": "art"}, "The party was fun.", "ART!"),
    ({"kind": "word_times", "word": "sea", "number": 2}, "Sea to sea.", "Sea, sea, sea."),
    ({"kind": "excludes_character", "character": ","}, "One and two", "One, two"),
    ({"kind": "no_digits"}, "seven days", "7 days"),
    ({"kind": "lower_case"}, "all low, 5 of it", "One Capital"),
    ({"kind": "upper_case"}, "LOUD 5!", "Loud"),
    ({"kind": "json_object", "keys": ["a", "b"]}, ' {"b": 1, "a": [2]} ', '{"a": 1}'),
    ({"kind": "iso_date"}, "On 2024-02-29 we met.", "On 2023-02-29 we met."),
    ({"kind": "alphabetical_lines"}, "apple\nBean\n\ncarrot", "bean\napple"),
]


@pytest.mark.parametrize(("data", "right", "wrong"), SHOWN, ids=[row[0]["kind"] for row in SHOWN])
def test_a_constraint_holds_for_what_does_it_and_not_for_what_does_not(
    data: dict[str, object], right: str, wrong: str
) -> None:
    constraint = Constraint.from_json(data)
    assert constraint.holds(right)
    assert not constraint.holds(wrong)


def test_every_kind_is_shown_above() -> None:
    assert {row[0]["kind"] for row in SHOWN} == set(KINDS)


@pytest.mark.parametrize("data", [row[0] for row in SHOWN], ids=[row[0]["kind"] for row in SHOWN])
def test_a_constraint_comes_back_from_json_and_says_one_sentence(data: dict[str, object]) -> None:
    constraint = Constraint.from_json(json.loads(json.dumps(data)))
    assert constraint.to_json() == data
    assert constraint.sentence[0].isupper()
    assert "\n" not in constraint.sentence
    assert constraint.sentence.endswith((".", '"'))


def test_one_thing_is_asked_for_in_the_singular() -> None:
    assert Constraint("sentences", {"number": 1}).sentence == "Write exactly 1 sentence."
    assert Constraint("sentences", {"number": 2}).sentence == "Write exactly 2 sentences."


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({"kind": "rhymes"}, "no such kind"),
        ({"kind": "max_words"}, "parameters number"),
        ({"kind": "max_words", "number": 3, "text": "x"}, "parameters number"),
        ({"kind": "max_words", "number": -1}, "whole number"),
        ({"kind": "max_words", "number": True}, "whole number"),
        ({"kind": "starts_with", "text": 'a "b"'}, "without quotation marks"),
        ({"kind": "includes_word", "word": "two words"}, "one word"),
        ({"kind": "excludes_character", "character": "ab"}, "one visible character"),
        ({"kind": "json_object", "keys": []}, "list of names"),
        ({"kind": "json_object", "keys": ["a", "a"]}, "named twice"),
        ("max_words", "expected an object"),
        ({"number": 3}, "expected an object"),
    ],
)
def test_a_constraint_that_cannot_be_is_refused_in_one_line(data: object, says: str) -> None:
    with pytest.raises(BadInput, match=says) as refused:
        Constraint.from_json(data)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("No end", 1),
        ("One. Two", 2),
        ("Really?! Yes.", 2),
        ("Version 2.0 is out (at last). Get it!", 2),
        ("1. First thing.\n2. Second thing.", 2),
        ("Wait ...", 1),
        ("...", 0),
    ],
)
def test_sentences_end_in_their_marks(text: str, count: int) -> None:
    assert sentences(text) == count


def test_json_with_a_key_twice_or_with_nan_or_in_a_fence_is_not_the_object_asked_for() -> None:
    asked = Constraint("json_object", {"keys": ["a"]})
    for text in ('{"a": 1, "a": 2}', '{"a": NaN}', '```json\n{"a": 1}\n```', '[["a", 1]]', "[" * 100_000):
        assert not asked.holds(text)


@given(st.lists(st.sampled_from(["tree", "a", "don't", "3"]), min_size=1, max_size=30))
def test_words_are_counted_one_by_one(pieces: list[str]) -> None:
    text = " - ".join(pieces)
    assert len(words(text)) == len(pieces)
    for number in (len(pieces) - 1, len(pieces), len(pieces) + 1):
        assert Constraint("max_words", {"number": number}).holds(text) == (len(pieces) <= number)
        assert Constraint("min_words", {"number": number}).holds(text) == (len(pieces) >= number)


@given(
    st.lists(st.text(st.characters(codec="ascii", categories=["L"]), min_size=1, max_size=8), min_size=1, max_size=8)
)
def test_a_list_and_its_paragraphs_and_sentences_are_counted_as_they_were_written(items: list[str]) -> None:
    count = len(items)
    listed = "\n".join(f"{place}. {item}" for place, item in enumerate(items, 1))
    assert Constraint("numbered_list", {"number": count}).holds(listed)
    assert not Constraint("numbered_list", {"number": count + 1}).holds(listed)
    assert Constraint("bullets", {"number": count}).holds("\n".join(f"- {item}" for item in items))
    assert paragraphs("\n\n".join(items)) == count
    assert sentences(" ".join(f"{item}." for item in items)) == count


@given(st.text(max_size=200), st.sampled_from([row[0] for row in SHOWN]))
def test_any_text_gets_an_answer_whatever_white_space_stands_around_it(text: str, data: dict[str, object]) -> None:
    constraint = Constraint.from_json(data)
    found = constraint.holds(text)
    assert isinstance(found, bool)
    if constraint.kind != "max_line_length":
        assert constraint.holds(f"\n{text}\n") == found


@given(st.text(max_size=60), st.from_regex(r"\A[a-z]{1,4}\Z"))
def test_a_word_is_either_used_or_not(text: str, word: str) -> None:
    used = Constraint("includes_word", {"word": word}).holds(text)
    assert used != Constraint("excludes_word", {"word": word}).holds(text)
    assert used == (times(text, word) > 0)
    assert times(f"{word} ({word}), x{word}", word) == 2


@pytest.mark.parametrize("data", [row[0] for row in SHOWN], ids=[row[0]["kind"] for row in SHOWN])
def test_long_hostile_texts_are_read_in_linear_time(data: dict[str, object]) -> None:
    constraint = Constraint.from_json(data)
    texts = ("." * 200_000, " " * 200_000, "- " * 100_000, "1. " * 60_000, '"' * 200_000, "2024-01-" * 20_000)
    start = time.process_time()
    for text in texts:
        constraint.holds(text)
    assert time.process_time() - start < 5
