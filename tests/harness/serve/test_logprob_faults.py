"""Log-probabilities that are wrong on purpose: each fault is there, and is the one that its name says."""

from __future__ import annotations

import pytest

from evalrun.harness.serve.logprob_faults import LOGPROB_FAULTS
from evalrun.harness.serve.server import TokenSettings

pytestmark = pytest.mark.slow  # all of them together; what they try is the same on every Python

TEXT = "The cat sat on the log"
ECHO = {"model": "ngram", "echo": True, "logprobs": 0, "max_tokens": 0}


@pytest.fixture
def faulty(asking):
    """A server with one fault."""
    return lambda name: asking(TokenSettings(logprob_fault=name))


def figures(ask, prompt=TEXT, **more):
    """Those of an echo."""
    return ask("/v1/completions", **{**ECHO, "prompt": prompt, **more})["choices"][0]["logprobs"]["token_logprobs"]


def by_field(ask, prompt=TEXT):
    """Those of ``prompt_logprobs``, of the tokens themselves."""
    choice = ask("/v1/completions", model="ngram", prompt=prompt, prompt_logprobs=0, max_tokens=1)["choices"][0]
    return [entry and next(iter(entry.values()))["logprob"] for entry in choice["prompt_logprobs"]]


def test_zeros_are_everywhere_but_before_the_first_token(ask, faulty):
    broken = faulty("zeros")
    assert figures(broken) == by_field(broken) == [None, *[0.0] * (len(figures(ask)) - 1)]
    row = broken("/completion", prompt=TEXT, n_predict=1, n_probs=1)["completion_probabilities"][0]
    assert row["logprob"] == 0
    reply = broken("/v1/completions", model="ngram", prompt=TEXT, max_tokens=2, logprobs=0)["choices"][0]
    assert reply["logprobs"]["token_logprobs"] == [0, 0]


def test_stale_figures_are_those_of_the_prompt_before(ask, faulty):
    broken, other = faulty("stale"), "the dog saw"
    assert figures(broken, other) == figures(ask, other)
    assert figures(broken)[: len(figures(ask, other))] == figures(ask, other)
    assert figures(broken) == figures(ask)  # the prompt before is this one now


def test_a_truncated_prompt_loses_its_first_half(ask, faulty):
    ids = ask("/tokenize", prompt=TEXT)["tokens"]
    broken = faulty("truncated")
    assert figures(broken, ids) == figures(ask, ids[len(ids) // 2 :])
    assert len(by_field(broken, ids)) == len(ids) - len(ids) // 2


def test_figures_that_are_cut_short_end_half_way(ask, faulty):
    right = figures(ask)
    assert figures(faulty("cut-short")) == right[: len(right) // 2]


def test_shifted_figures_stand_one_token_early_or_late(ask, faulty):
    right = figures(ask)
    assert figures(faulty("shifted")) == [*right[1:], right[-1]]
    assert figures(faulty("shifted-late")) == [None, right[1], *right[1:-1]]


def test_a_leaked_token_has_a_figure_and_is_not_counted(ask, faulty):
    broken = faulty("leaked-token")
    reply = broken("/v1/completions", **ECHO, prompt=TEXT, temperature=0)
    assert reply["choices"][0]["logprobs"]["token_logprobs"][:-1] == figures(ask)
    assert reply["usage"]["completion_tokens"] == 0
    assert len(by_field(broken)) == len(by_field(ask)) + 1


def test_without_echo_the_figures_are_those_of_the_reply(ask, faulty):
    body = {**ECHO, "prompt": TEXT, "max_tokens": 1, "temperature": 0}
    echoed, ignored = (each("/v1/completions", **body)["choices"][0] for each in (ask, faulty("no-echo")))
    assert ignored["logprobs"]["token_logprobs"] == echoed["logprobs"]["token_logprobs"][-1:]
    assert echoed["text"] == TEXT + ignored["text"]


def test_figures_that_are_lacking_are_null(faulty):
    broken = faulty("no-logprobs")
    choice = broken("/v1/completions", **ECHO, prompt=TEXT, prompt_logprobs=0)["choices"][0]
    assert (choice["logprobs"], choice["prompt_logprobs"]) == (None, None)
    assert "completion_probabilities" not in broken("/completion", prompt=TEXT, n_predict=1, n_probs=1)


def test_noisy_figures_differ_each_time_and_are_never_above_0(ask, faulty):
    broken = faulty("noisy")
    one, other = figures(broken)[1:], figures(broken)[1:]
    assert one != other
    assert max(one + other) <= 0
    assert max(abs(mine - right) for mine, right in zip(one, figures(ask)[1:], strict=True)) <= 0.5


def test_tempered_figures_follow_the_temperature(ask, faulty):
    broken = faulty("tempered")
    assert figures(broken, temperature=1) == figures(ask, temperature=0) == figures(ask)
    hot, cold = figures(broken, temperature=5), figures(broken, "The log", temperature=0)
    assert hot != figures(ask)
    assert set(cold[1:]) == {0.0, -9999.0}


def test_a_second_begin_mark_is_put_before_ids_too(ask, faulty):
    ids = ask("/tokenize", prompt=TEXT)["tokens"]
    assert figures(faulty("double-begin"), ids) == figures(ask, [ids[0], *ids])


def test_a_biased_figure_is_that_of_a_token_that_had_to_come(ask, faulty):
    body = {"prompt": TEXT, "n_predict": 1, "n_probs": 1, "logit_bias": [[9, 1e4]]}
    right, wrong = (each("/completion", **body)["completion_probabilities"][0] for each in (ask, faulty("biased")))
    assert right["id"] == wrong["id"] == 9
    assert right["logprob"] < -1
    assert wrong["logprob"] == 0


def test_every_fault_has_its_test():
    tried = {"zeros", "stale", "truncated", "cut-short", "shifted", "shifted-late", "leaked-token", "no-echo"}
    assert set(LOGPROB_FAULTS) == tried | {"no-logprobs", "noisy", "tempered", "double-begin", "biased"}
