"""`evalrun prefer` against the stand-ins that `evalrun serve` serves: every way of asking finds the same model."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from evalrun.benchmarks.preference import PreferenceTask
from evalrun.harness.commands.prefer import command
from evalrun.harness.serve.choosers import FirstWins, LongerWins, ShorterWins
from evalrun.harness.serve.dialects import DIALECTS
from evalrun.harness.serve.ngram import Ngram
from evalrun.harness.serve.server import serving
from evalrun.harness.serve.token_service import TokenSettings
from evalrun.leaderboard.preferences.summary import PreferenceSummary, summarise
from evalrun.leaderboard.preferences.table import PreferenceRun, read_preferences

from .choosing_server import pair, suite

DOCS = Path(__file__).parents[3] / "docs"
TEXT = "\n".join((DOCS / name).read_text() for name in ("metrics.md", "formats.md", "evolvers.md"))


def _tasks() -> list[PreferenceTask]:
    """Sentences of the text against the same words in any order."""
    rng = random.Random(5)
    found = []
    sentences = [line for line in TEXT.splitlines() if 60 < len(line) < 140 and "|" not in line]
    for number, line in enumerate(rng.sample(sentences, 12)):
        words = line.split()
        rng.shuffle(words)
        found.append(pair(number, line, " ".join([*words, "or", "so"] if number % 3 else words[2:])))
    return found


TASKS = _tasks()


@pytest.fixture(scope="module")
def ngram() -> Ngram:
    return Ngram([TEXT])


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    suite(TASKS).save(tmp_path / "suite")
    return tmp_path


def _prefer(home: Path, url: str, model: str, name: str, *args: str) -> PreferenceRun:
    given = ["--suite", str(home / "suite"), "--model", model, "--base-url", url, "-o", str(home / name)]
    given += ["--cache-dir", str(home / "probes"), "--max-retries", "0"]
    assert command.main([*given, *args], standalone_mode=False) is None
    return read_preferences(home / name)


def test_every_way_to_the_log_likelihoods_of_one_model_gives_the_same_figures(home: Path, ngram: Ngram) -> None:
    plain = ("--prompt-template", "text")
    with serving(ngram, tokens=TokenSettings(DIALECTS["vllm"])) as url:
        runs = [_prefer(home, url, "ngram", mode, "--mode", mode, *plain) for mode in ("echo", "prompt_logprobs")]
    with serving(ngram, tokens=TokenSettings(DIALECTS["llama.cpp"])) as url:
        runs.append(_prefer(home, url, "ngram", "forced", "--mode", "teacher_force", *plain))
    with serving(ngram, tokens=TokenSettings(DIALECTS["openai"])) as url:
        runs.append(_prefer(home, url, "ngram", "openai", *plain))
    assert [run.how for run in runs] == ["echo", "prompt_logprobs", "teacher_force", "echo"]
    first, *others = runs
    assert sum(row.chosen_score > row.rejected_score for row in first.rows) >= 10  # it knows these sentences
    for run in others:
        for one, other in zip(first.rows, run.rows, strict=True):
            assert other.chosen_score == pytest.approx(one.chosen_score, abs=1e-3)
            assert other.rejected_score == pytest.approx(one.rejected_score, abs=1e-3)
            assert (one.chosen_tokens, one.rejected_tokens) == (other.chosen_tokens, other.rejected_tokens)


@pytest.mark.parametrize("mode", ["forced_choice", "judge"])
def test_rules_that_choose_get_what_the_report_says_that_such_rules_get(home: Path, mode: str) -> None:
    found: dict[str, PreferenceSummary] = {}
    with serving([FirstWins(), LongerWins(), ShorterWins()]) as url:
        for name in ("first-wins", "longer-wins", "shorter-wins"):
            found[name] = summarise(_prefer(home, url, name, name, "--mode", mode))
    controls = {each.name: each.accuracy for each in found["longer-wins"].controls}
    assert 0 < controls["always the longer"] < 0.5
    for name, rule in (("longer-wins", "always the longer"), ("shorter-wins", "always the shorter")):
        assert found[name].overall.result.accuracy == controls[rule]
    judge = found["first-wins"].judge
    assert judge is not None
    assert (found["first-wins"].overall.result.accuracy, judge.position_bias) == (0.5, 0.5)
