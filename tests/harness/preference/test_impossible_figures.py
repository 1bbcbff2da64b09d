"""Figures that cannot be log-probabilities, in every way in which servers tell them."""

from __future__ import annotations

from typing import Any

import pytest

from evalrun.harness.preference.api import NotScorable
from evalrun.harness.preference.echo import read_echo
from evalrun.harness.preference.prompt_logprobs import read_prompt_logprobs
from evalrun.harness.preference.teacher_force import read_forced


@pytest.mark.parametrize("number", [10**400, -(10**400), -1e300, float("nan"), "-1", True, None, [-1.0]])
def test_what_is_no_log_probability_is_a_reason_whichever_way_it_came(number: Any) -> None:
    told = {"tokens": ["a", "b"], "token_logprobs": [None, number]}
    with pytest.raises(NotScorable):
        read_echo({"choices": [{"logprobs": told}]}, "ab", None, 0)
    with pytest.raises(NotScorable):
        read_prompt_logprobs({"prompt_logprobs": [None, {"7": {"logprob": number, "decoded_token": "b"}}]})
    with pytest.raises(NotScorable):
        read_forced({"completion_probabilities": [{"id": 7, "token": "b", "logprob": number}]}, 1, 7)


def test_an_id_of_thousands_of_digits_is_no_number() -> None:
    row = {"9" * 5000: {"logprob": -1.0, "decoded_token": "b"}}
    assert read_prompt_logprobs({"prompt_logprobs": [None, row]}).tokens == ("", "b")
