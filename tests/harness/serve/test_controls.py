"""Which control baselines the options of `serve` name, what they are trained on, and what is refused."""

from __future__ import annotations

import signal
import subprocess
import sys

import httpx
import pytest

from evalrun.benchmarks import BadInput, Suite
from evalrun.benchmarks.preference import Message, PreferenceSuite, PreferenceTask, Response
from evalrun.harness.cli import main
from evalrun.harness.commands.serve import choose
from evalrun.harness.serve.controls import CONTROLS, leaked_texts, read_text
from evalrun.harness.serve.ngram import Ngram

PAIRS = PreferenceSuite(
    "pairs",
    "1",
    (
        PreferenceTask(
            "pairs/1",
            (Message("system", "Be brief."), Message("user", "What is the capital?")),
            (Response("a", "Canberra, of course."), Response("b", "Sydney, I think.")),
            (("a",), ("b",)),
        ),
    ),
)


@pytest.fixture
def text(tmp_path):
    path = tmp_path / "corpus.txt"
    path.write_text("The cat sat on the mat. The cat sat.\n", encoding="utf-8")
    return path


@pytest.fixture
def pairs(tmp_path):
    PAIRS.save(tmp_path / "pairs")
    return str(tmp_path / "pairs")


def names(*args, **more):
    return [each.name for each in choose(*args, **more)]


def test_a_suite_of_preferences_gets_the_baselines_of_preferences(pairs, text):
    assert names((), (), (pairs,), ()) == [name for name in CONTROLS if name != "ngram"]
    assert names((), (), (pairs,), (), (text,)) == list(CONTROLS)
    assert names((), (), (), (), (text,)) == list(CONTROLS)


def test_a_suite_of_code_gets_the_baselines_of_code_as_ever():
    assert names((), (), ("core",), ()) == ["reference", "stub", "memorizer", "adapting-memorizer"]


def test_what_has_leaked_is_in_the_name_of_the_model(pairs, text):
    chosen = choose(("ngram",), (), (pairs,), (), (text,), ("prompts", "chosen"))
    assert [each.name for each in chosen] == ["ngram", "ngram-leaked-prompts", "ngram-leaked-chosen"]
    assert len({each.vocabulary for each in chosen}) == 1


def test_prompts_and_best_responses_are_what_can_leak():
    assert list(leaked_texts([PAIRS], "prompts")) == ["Be brief.\nWhat is the capital?"]
    assert list(leaked_texts([PAIRS], "chosen")) == ["Canberra, of course."]
    core = Suite.load("core")
    assert list(leaked_texts([core], "chosen")) == [task.reference for task in core]


def test_a_model_that_has_seen_the_best_responses_prefers_them(pairs):
    (model,) = choose(("ngram",), (), (pairs,), (), (), ("chosen",))
    assert isinstance(model, Ngram)
    better, worse = (sum(model.logprobs(model.vocabulary.encode(each.text))) for each in PAIRS.tasks[0].responses)
    assert better > worse


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--baseline", "ngram"], "needs texts to train on"),
        (["--baseline", "uniform", "--text", "{text}"], "add --baseline ngram"),
        (["--baseline", "ngram", "--leak", "chosen"], "--leak takes its texts from --suite"),
        (["--suite", "{pairs}", "--baseline", "reference"], "reference needs one of code tasks"),
        (["--suite", "core", "--like", "vllm"], "none of them is served"),
        (["--suite", "core", "--logprob-fault", "zeros"], "none of them is served"),
        (["--baseline", "ngram", "--text", "{text}.bin"], "no UTF-8 text"),
        (["--baseline", "ngram", "--text", "{text}.empty"], "no text to train on"),
    ],
)
def test_options_that_do_not_fit_are_one_clear_line(options, said, pairs, text, capsys):
    text.with_suffix(".txt.bin").write_bytes(b"\xff\xfe\x00")
    text.with_suffix(".txt.empty").write_bytes(b"")
    filled = [option.format(text=text, pairs=pairs) for option in options]
    assert main(["serve", "--port", "0", *filled]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


def test_a_text_that_is_too_long_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("evalrun.harness.serve.controls.MAX_CHARACTERS", 10)
    (tmp_path / "long.txt").write_text("x" * 11)
    with pytest.raises(BadInput, match="longer than 10 characters"):
        read_text(tmp_path / "long.txt")


def test_the_verb_serves_a_language_model_that_is_wrong_on_purpose(text):
    command = [sys.executable, "-u", "-m", "evalrun.harness.cli", "serve", "--baseline", "ngram", "--text", str(text)]
    options = ["--port", "0", "--logprob-fault", "zeros", "--no-begin"]
    with subprocess.Popen([*command, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            url = process.stdout.readline().split(" at ")[1].split()[0]
            body = {"model": "ngram", "prompt": " cat sat", "echo": True, "logprobs": 0, "max_tokens": 0}
            with httpx.Client(trust_env=False) as client:
                told = client.post(f"{url}/completions", json=body).json()["choices"][0]["logprobs"]
        finally:
            process.send_signal(signal.SIGTERM)
        notes = process.stderr.read()
    assert (told["tokens"], told["token_logprobs"]) == ([" cat", " sat"], [None, 0.0])
    assert f"ngram: {Ngram([text.read_text()]).trained_on} tokens of text" in notes
    assert "wrong on purpose (zeros" in notes
