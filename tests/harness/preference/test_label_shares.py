"""The probability of a label, from what servers tell about the first token of a reply."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.harness.preference.label_shares import first_share, tells_shares

from .choosing_server import Answer, payload

AB = ("A", "B")


def _reply(*positions: tuple[str, dict[str, float]]) -> object:
    return payload(Answer("A", top=positions))


def test_all_surface_forms_of_a_label_count_together() -> None:
    top = {"A": math.log(0.3), " A": math.log(0.2), "**B": math.log(0.25), "B.": math.log(0.05), "The": math.log(0.1)}
    assert first_share(_reply(("A", top)), AB) == pytest.approx(0.5 / 0.8)


def test_tokens_that_are_marks_only_are_passed_over() -> None:
    marks = ("**", {"**": math.log(0.9), "A": math.log(0.05)})
    label = ("B", {"B": math.log(0.75), "A": math.log(0.25)})
    assert first_share(_reply(marks, label), AB) == pytest.approx(0.25)


def test_a_reply_that_begins_with_another_word_gives_no_share() -> None:
    top = {"The": math.log(0.8), "A": math.log(0.1), "B": math.log(0.1)}
    later = ("B", {"B": -0.01})
    assert first_share(_reply(("The", top), later), AB) is None


def test_lower_case_letters_are_no_labels() -> None:
    assert first_share(_reply(("a", {"a": -0.01})), AB) is None


def test_figures_that_cannot_be_log_probabilities_give_no_share() -> None:
    assert first_share(_reply(("A", {"A": 0.5, "B": -1.0})), AB) is None
    assert first_share(_reply(("A", {"A": math.nan, "B": -1.0})), AB) is None
    assert first_share(_reply(("A", {"A": 10**400, "B": -1.0})), AB) is None
    assert first_share(_reply(("A", {"A": 0.0, "B": 0.0})), AB) is None  # 0 for all: no tie, but no figures


def test_the_older_form_is_read_as_well() -> None:
    told = {"tokens": ["A"], "top_logprobs": [{"A": math.log(0.6), "B": math.log(0.2)}]}
    assert first_share({"choices": [{"logprobs": told}]}, AB) == pytest.approx(0.75)


def test_a_server_that_tells_nothing_is_told_apart() -> None:
    assert not tells_shares(payload(Answer("A")))
    assert not tells_shares({"choices": [{"logprobs": {"content": []}}]})
    assert tells_shares(_reply(("A", {"A": -0.1})))


@given(st.floats(0.51, 1), st.floats(0, 1))
def test_the_share_is_the_first_labels_part_of_both(both: float, part: float) -> None:
    shares = {"A": both * part, "B": both * (1 - part)}
    top = {token: math.log(share) for token, share in shares.items() if share > 0}
    assert first_share(_reply(("A", top)), AB) == pytest.approx(part, abs=1e-7)


@given(
    st.recursive(
        st.none() | st.floats() | st.text(max_size=3),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["content", "token", "logprob", "top_logprobs", "tokens"]), inner)
        ),
        max_leaves=9,
    )
)
def test_whatever_stands_there_nothing_breaks(told: object) -> None:
    share = first_share({"choices": [{"logprobs": told}]}, AB)
    assert share is None or 0 <= share <= 1
