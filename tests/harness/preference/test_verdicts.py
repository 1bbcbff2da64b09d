"""What a written reply says, and what it does not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.benchmarks.preference import Message, PreferenceTask, Response
from evalrun.harness.preference.question_layout import LABELS, read_layout
from evalrun.harness.preference.questions import FORCED_CHOICE, JUDGE
from evalrun.harness.preference.verdicts import ends_with_verdict, last_verdict, stated_label, why_unreadable


@pytest.mark.parametrize(
    ("text", "choice"),
    [
        ("[[A]]", "first"),
        ("Both are fine.\n\n[[B]]", "second"),
        ("At first [[A]] looks better, but it is wrong, so [[B]]", "second"),
        ("One could say [[B]].\nBut no: [[A]]\n", "first"),
        ("**[[tie]]**", "tie"),
        ("[[ b ]]", "second"),
        ("[[A]], [[B]] or [[tie]]", "none"),
        ("My verdict is one of [[A]] / [[B]]", "none"),
        ("I say [[B]]. [[B]]", "second"),
        ("[A]", "none"),
        ("A is better", "none"),
        ("[[C]]", "none"),
        ("", "none"),
    ],
)
def test_the_last_verdict_counts_and_nothing_is_guessed(text: str, choice: str) -> None:
    assert last_verdict(text) == choice


def test_a_verdict_uses_the_labels_of_the_question() -> None:
    assert last_verdict("[[A]] then [[Blue]]", ("Red", "Blue")) == "second"
    assert last_verdict("[[A]]", ("B", "A")) == "second"


@given(st.text(max_size=80), st.sampled_from(LABELS))
def test_whatever_is_written_before_a_verdict_the_verdict_stands(before: str, label: str) -> None:
    found = last_verdict(f"{before}\nSo my verdict:\n[[{label}]]")
    assert found == ("first" if label == "A" else "second")


@pytest.mark.parametrize(
    ("text", "choice"),
    [
        ("A", "first"),
        (" b\n", "second"),
        ("**B**", "second"),
        ("(A).", "first"),
        ("Response B", "second"),
        ("The better response is B.", "second"),
        ("**Answer:** A", "first"),
        ("Let me think.\nThe second one is wrong.\n\nA", "first"),
        ("A\n\nBecause it is right.", "first"),
        ("A\nor\nB", "none"),
        ("A or B", "none"),
        ("A is better than B", "none"),
        ("neither", "none"),
        ("", "none"),
    ],
)
def test_a_label_counts_where_it_stands_alone_in_a_line(text: str, choice: str) -> None:
    assert stated_label(text) == choice


def test_the_last_line_of_a_reply_that_was_cut_may_be_the_beginning_of_another() -> None:
    assert stated_label("Let me see.\nA", cut=True) == "none"
    assert stated_label("A", cut=True) == "none"
    assert stated_label("B\nBecause it", cut=True) == "second"
    assert ends_with_verdict("So: **[[A]]**.\n")
    assert not ends_with_verdict("[[A]] would be")


@pytest.mark.parametrize(
    ("text", "finish", "why"),
    [
        ("", "stop", "empty"),
        ("I'm sorry, but I can't help with that.", "stop", "refused"),
        ("I cannot compare these.", "stop", "refused"),
        ("They differ in tone.", "stop", "unreadable"),
        ("They differ in", "length", "cut"),
    ],
)
def test_a_reply_without_a_choice_says_why(text: str, finish: str, why: str) -> None:
    assert why_unreadable(text, finish) == why


def _task(text: str) -> PreferenceTask:
    responses = (Response("a", text), Response("b", "No."))
    return PreferenceTask("t", (Message("user", text),), responses, (("a",), ("b",)), criterion="correctness")


@given(st.text(min_size=1, max_size=60).filter(lambda text: text.strip() and text != "No."))
def test_questions_show_both_responses_word_for_word_and_name_the_criterion(text: str) -> None:
    for question in (FORCED_CHOICE, JUDGE):
        asked = question.text(_task(text), text, "No.")
        assert read_layout(asked) == (text, "No.")
        assert "Criterion: correctness" in asked


def test_the_digest_of_a_question_covers_its_words_and_its_labels() -> None:
    assert JUDGE.to_json()["digest"] != FORCED_CHOICE.to_json()["digest"]
    assert JUDGE.to_json()["digest"] != JUDGE.to_json(("B", "A"))["digest"]
