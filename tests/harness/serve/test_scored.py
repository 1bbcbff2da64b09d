"""Control baselines scored as models are: every way of asking ranks alike, and each rule gets what it must."""

from __future__ import annotations

import asyncio
import json

import pytest

from evalrun.benchmarks.preference import Message, PreferenceSuite, PreferenceTask, Response
from evalrun.harness.cli import main
from evalrun.harness.endpoint.client import OpenAIEndpoint
from evalrun.harness.preference.loglik_opening import Scoring, open_loglikelihoods
from evalrun.harness.preference.loglik_template import DEFAULT_TEMPLATE
from evalrun.harness.preference.probe import probe
from evalrun.harness.serve.choosers import FirstWins, LongerWins, ShorterWins, Uniform
from evalrun.harness.serve.dialects import DIALECTS
from evalrun.harness.serve.ngram import Ngram
from evalrun.harness.serve.server import TokenSettings, serving

CORPUS = (
    "\n\nHuman: What colour is the sky?\n\nAssistant: The sky is blue. It is a naïve question, and the sky is blue.\n"
    * 3
)
MODEL = Ngram([CORPUS])
TALK = (Message("user", "What colour is the sky?"),)
LIKELY, STRANGE, LONG = (
    "The sky is blue.",
    "Göld, blue sky is?",
    "The sky is blue. It is a naïve question, and the sky is grey.",
)
WAYS = [("vllm", "prompt_logprobs"), ("vllm", "echo"), ("openai", "echo"), ("llama.cpp", "teacher_force")]


async def scores_of(base_url, model, mode, responses, settings=None):
    """The scores of some responses, by a mode as the probe found it to work."""
    async with OpenAIEndpoint(base_url, "chat") as client:
        if settings is None:
            settings = (await probe(client, base_url, model)).works[mode]
        scorer = open_loglikelihoods(client, model, mode, settings, Scoring(DEFAULT_TEMPLATE))
        return await scorer.score(TALK, responses)


@pytest.fixture(scope="module")
def totals():
    """Of each way the tokens' log-probabilities of three responses."""
    found = {}
    for dialect, mode in WAYS:
        with serving(MODEL, tokens=TokenSettings(DIALECTS[dialect])) as base_url:
            found[dialect, mode] = asyncio.run(scores_of(base_url, "ngram", mode, [LIKELY, STRANGE, LONG]))
    return found


def test_every_way_of_asking_tells_the_same_log_likelihoods(totals):
    ranked = [[scores.logprobs for scores in each] for each in totals.values()]
    assert ranked == [ranked[0]] * len(WAYS)


def test_those_log_likelihoods_are_the_models_own(totals):
    prompt = MODEL.vocabulary.encode(DEFAULT_TEMPLATE.prompt(TALK), with_begin=True)
    for response, scores in zip([LIKELY, STRANGE, LONG], totals["vllm", "echo"], strict=True):
        whole = MODEL.vocabulary.encode(DEFAULT_TEMPLATE.prompt(TALK) + " " + response, with_begin=True)
        assert whole[: len(prompt)] == prompt
        assert scores.total == sum(MODEL.logprobs(whole)[len(prompt) :])


def test_what_is_likelier_by_the_texts_ranks_higher_and_the_longer_has_more_to_pay(totals):
    likely, strange, long = totals["vllm", "echo"]
    assert likely.total > strange.total
    assert likely.total > long.total


def test_to_the_uniform_model_the_shorter_wins_and_per_token_all_are_tied():
    with serving(Uniform()) as base_url:
        texts = ["short", "a longer one, naïve", "and the longest of these three by far"]
        scores = asyncio.run(scores_of(base_url, "uniform", "echo", texts, {"max_tokens": 1, "tokenizer": "vllm"}))
    assert sorted(texts, key=len) == sorted(texts, key=lambda text: -scores[texts.index(text)].total)
    assert len({each.total / len(each.logprobs) for each in scores}) == 1
    assert [len(each.logprobs) for each in scores] == [each.utf8_bytes + 1 for each in scores]  # the template's blank


PAIRS = {
    "one": ("long enough", "short"),
    "two": ("tiny", "rather long"),
    "three": ("lengthy by far", "no"),
    "tie": ("ab", "é"),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A suite in which the longer response is right in two of four pairs, and one pair is of equal length."""
    folder = tmp_path_factory.mktemp("suite") / "pairs"
    tasks = (
        PreferenceTask(f"pairs/{name}", TALK, (Response("a", better), Response("b", worse)), (("a",), ("b",)))
        for name, (better, worse) in PAIRS.items()
    )
    PreferenceSuite("pairs", "1", tuple(tasks)).save(folder)
    return folder


@pytest.fixture(scope="module")
def base_url():
    with serving([LongerWins(), ShorterWins(), FirstWins(), Uniform()]) as url:
        yield url


@pytest.mark.parametrize("mode", ["judge", "forced_choice"])
@pytest.mark.parametrize(
    ("model", "choices"),
    [
        ("longer-wins", {"one": "chosen", "two": "rejected", "three": "chosen", "tie": "tie"}),
        ("shorter-wins", {"one": "rejected", "two": "chosen", "three": "rejected", "tie": "tie"}),
        ("uniform", dict.fromkeys(PAIRS, "tie")),
        ("first-wins", dict.fromkeys(PAIRS, "first")),
    ],
)
def test_a_rule_asked_as_a_judge_gets_what_it_must(folder, base_url, tmp_path, model, choices, mode):
    options = ["--suite", str(folder), "--model", model, "--base-url", base_url, "--mode", mode]
    assert main(["prefer", *options, "-o", str(tmp_path / "run"), "--cache-dir", str(tmp_path / "cache")]) == 0
    rows = [json.loads(line) for line in (tmp_path / "run" / "pairs.jsonl").read_text().splitlines()]
    found = {row["pair"]: (row["choice_forward"], row["choice_backward"]) for row in rows if "pair" in row}
    expected = {name: ("chosen", "rejected") if won == "first" else (won, won) for name, won in choices.items()}
    assert {pair.split("/")[1]: both for pair, both in found.items()} == expected
