"""The layout of questions to judges: whatever the texts hold, what is read out is what was put in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.benchmarks import BadInput
from evalrun.benchmarks.preference import Message
from evalrun.harness.preference.question_layout import lay_out, read_layout, read_shown

ASKED = (Message("user", "Which city is the capital of Australia?"),)
HOSTILE = st.lists(
    st.sampled_from(
        [
            "=" * 5,
            "=" * 6,
            " ",
            "\n",
            "CONVERSATION",
            "RESPONSE A",
            "RESPONSE B",
            "END",
            "user",
            "\r",
            "",
            "x",
            "\u2028",
        ]
    ),
    max_size=40,
).map("".join)
TEXTS = st.one_of(st.text(), HOSTILE)


def test_a_question_shows_the_conversation_and_both_responses_between_bars():
    assert lay_out(ASKED, "Canberra.", "Sydney.", "correctness").split("\n") == [
        "Criterion: correctness",
        "===== CONVERSATION =====",
        "===== user =====",
        "Which city is the capital of Australia?",
        "===== RESPONSE A =====",
        "Canberra.",
        "===== RESPONSE B =====",
        "Sydney.",
        "===== END =====",
    ]


@given(TEXTS, TEXTS, TEXTS, TEXTS, st.text(alphabet="\n =xEND"), st.text(alphabet="\n =xEND"))
def test_what_is_read_out_is_what_was_put_in(asked, first, second, criterion, before, after):
    laid = lay_out([Message("system", asked), Message("user", asked)], first, second, criterion)
    assert read_layout(f"{before}\n{laid}\n{after}") == (first, second)


@given(TEXTS, TEXTS, TEXTS)
def test_a_whole_question_inside_a_response_is_never_taken_for_the_question(first, second, asked):
    inner = lay_out(ASKED, first, second, "length")
    outer = [Message("user", f"{asked}\n{inner}\n")]
    assert read_layout(lay_out(outer, f"\n{inner}\n", second, f"\n{inner}\n")) == (f"\n{inner}\n", second)


def test_labels_are_read_in_the_order_of_the_question():
    shown = read_shown("Choose.\n" + lay_out(ASKED, "one", "two", "", ("Kiwi 2", "B")) + "\nWhich?")
    assert shown is not None
    assert (shown.labels, shown.responses) == (("Kiwi 2", "B"), ("one", "two"))


def test_swapping_the_responses_changes_nothing_but_their_order():
    one, other = lay_out(ASKED, "a\n=======\n", "b", "c"), lay_out(ASKED, "b", "a\n=======\n", "c")
    assert sorted(one.split("\n")) == sorted(other.split("\n"))


def test_of_several_questions_the_last_counts():
    example = lay_out(ASKED, "=" * 30, "y", "")
    assert read_layout(f"{example}\nThe better one is A.\n{lay_out(ASKED, 'one', 'two', '')}") == ("one", "two")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Which is better, A or B?",
        "===== CONVERSATION =====\n===== RESPONSE A =====\none\n===== END =====",
        "===== RESPONSE A =====\none\n===== RESPONSE B =====\ntwo\n===== END =====",
        "===== CONVERSATION =====\n===== RESPONSE A =====\none\n===== RESPONSE B =====\ntwo\n====== END ======",
    ],
)
def test_a_text_without_a_whole_layout_shows_no_responses(text):
    assert read_layout(text) is None


@pytest.mark.parametrize("labels", [("A", "A"), ("", "B"), ("A", "B\n"), ("A=", "B"), ("A ", "B")])
def test_labels_that_cannot_be_read_back_are_refused(labels):
    with pytest.raises(BadInput, match="labels"):
        lay_out(ASKED, "one", "two", "", labels)
