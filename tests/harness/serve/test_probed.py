"""`evalrun probe` against real servers of the n-gram model: what each offers is found, what is wrong is not used."""

from __future__ import annotations

import json

import pytest

from evalrun.harness.cli import main
from evalrun.harness.serve.choosers import LongerWins, ShorterWins, Uniform
from evalrun.harness.serve.dialects import DIALECTS
from evalrun.harness.serve.ngram import Ngram
from evalrun.harness.serve.server import TokenSettings, serving

pytestmark = pytest.mark.slow  # all of them together; what they try is the same on every Python

CORPUS = (
    "The step of boiling water is: 100 degrees. The red fox, the blue hat, red fox, blue hat. The sky is blue.\n"
    "The sky is blue, mostly, and black at night. The last step of boiling water is a cup of tea for the fox.\n"
)
MODEL = Ngram([CORPUS * 3])


@pytest.fixture
def probed(tmp_path, capsys):
    """What the probe finds of a model under some settings: (what works, mode -> first word of what was refused)."""

    def find(settings, model=MODEL):
        with serving(model, tokens=settings) as base_url:
            options = ["--base-url", base_url, "--model", model.name, "--json", "--cache-dir", str(tmp_path)]
            main(["probe", *options])
        found = json.loads(capsys.readouterr().out)
        return set(found["works"]), {mode: why.split(":")[0] for mode, why in found["refused"].items()}

    return find


@pytest.mark.parametrize(
    ("dialect", "modes"),
    [
        ("vllm", {"prompt_logprobs", "echo"}),
        ("llama.cpp", {"teacher_force"}),
        ("openai", {"echo"}),
        ("chat", set()),
    ],
)
def test_what_a_server_offers_is_found(probed, dialect, modes):
    works, _ = probed(TokenSettings(DIALECTS[dialect]))
    assert works & {"prompt_logprobs", "echo", "teacher_force"} == modes


@pytest.mark.parametrize(
    ("fault", "prompt_logprobs", "echo"),
    [
        ("zeros", "zeros", "zeros"),
        ("truncated", None, "too_long"),
        ("cut-short", "too_long", "too_long"),
        ("shifted", "shifted", "shifted"),
        ("shifted-late", "shifted", "shifted"),
        ("leaked-token", "length", "works"),  # where no token is asked for, the one that leaks can be told
        ("no-echo", "works", "no_logprobs"),
        ("no-logprobs", "no_logprobs", "no_logprobs"),
        ("noisy", "noise", "noise"),
        ("tempered", "temperature", "temperature"),
        ("double-begin", "works", "length"),  # a template's own tokens are the server's business
    ],
)
def test_log_probabilities_that_are_wrong_are_found_out(probed, fault, prompt_logprobs, echo):
    works, refused = probed(TokenSettings(DIALECTS["vllm"], fault))
    found = {mode: "works" if mode in works else refused[mode] for mode in ("prompt_logprobs", "echo")}
    assert found["echo"] == echo
    assert prompt_logprobs in (None, found["prompt_logprobs"])
    assert prompt_logprobs or "prompt_logprobs" not in works


def test_stale_log_probabilities_are_found_out(probed):
    works, refused = probed(TokenSettings(DIALECTS["vllm"], "stale"))
    assert works & {"prompt_logprobs", "echo"} == set()
    assert {refused["prompt_logprobs"], refused["echo"]} <= {"stale", "noise"}


@pytest.mark.parametrize(("fault", "why"), [("zeros", "zeros"), ("biased", "zeros"), ("noisy", "noise")])
def test_forced_tokens_with_wrong_log_probabilities_are_found_out(probed, fault, why):
    works, refused = probed(TokenSettings(DIALECTS["llama.cpp"], fault))
    assert "teacher_force" not in works
    assert refused["teacher_force"] == why


def test_figures_by_which_the_longer_text_wins_are_not_those_of_a_language_model(probed):
    works, refused = probed(TokenSettings(), LongerWins())
    assert works == {"forced_choice", "judge"}
    assert set(refused) == {"prompt_logprobs", "echo", "teacher_force"}


@pytest.mark.parametrize("model", [Uniform(), ShorterWins()])
def test_controls_that_are_language_models_pass_for_such(probed, model):
    works, _ = probed(TokenSettings(), model)
    assert works >= {"prompt_logprobs", "echo"}
