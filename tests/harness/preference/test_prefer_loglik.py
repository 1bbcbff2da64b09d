"""`evalrun prefer` by log-likelihood, through a real server whose model can be computed by hand."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from evalrun.benchmarks.preference import PreferenceTask
from evalrun.harness.commands.prefer import command
from evalrun.harness.preference.api import TokenScores
from evalrun.harness.preference.pairs import MISMATCH, same_tokens
from evalrun.leaderboard.preferences.summary import summarise
from evalrun.leaderboard.preferences.table import Pair, read_preferences

from .choosing_server import lines, pair, suite
from .toy_server import Toy, serving, tokenize

TASKS = [pair(1, "bb", "c"), pair(2, "a", "ab"), pair(3, "ab", "ba"), pair(4, "aaaa", "c")]
A, B, C = math.log(1 / 2), math.log(1 / 4), math.log(1 / 8)


def _prefer(tmp_path: Path, url: str, *args: str, tasks: list[PreferenceTask] = TASKS) -> list[Pair]:
    home = tmp_path / "suite"
    if not home.exists():
        suite(tasks).save(home)
    given = ["--suite", str(home), "--model", "toy", "--base-url", url, "-o", str(tmp_path / "run")]
    given += ["--cache-dir", str(tmp_path / "probes"), "--max-retries", "0"]
    assert command.main([*given, *args], standalone_mode=False) is None
    return list(read_preferences(tmp_path / "run").rows)


@pytest.mark.parametrize(
    ("toy", "mode", "template"),
    [
        (Toy(can=frozenset({"echo", "tokenize"})), "echo", ["--prompt-template", "text"]),
        (Toy(can=frozenset({"echo"})), "echo", ["--prompt-template", "text"]),
        (Toy(can=frozenset({"prompt_logprobs", "tokenize", "chat"})), "prompt_logprobs", []),
        (Toy(can=frozenset({"llama"})), "teacher_force", []),
    ],
    ids=["echo", "echo without a tokenizer", "prompt_logprobs", "teacher_force"],
)
def test_every_way_of_asking_gives_the_scores_of_the_model(
    tmp_path: Path, toy: Toy, mode: str, template: list[str]
) -> None:
    toy.copies = False
    with serving(toy) as url:
        rows = _prefer(tmp_path, url, *template)
    found = summarise(read_preferences(tmp_path / "run"))
    assert found.how == mode
    expected = [(2 * B, C), (A, A + B), (A + B, A + B), (4 * A, C)]
    assert [row.chosen_score - row.rejected_score for row in rows] == pytest.approx([a - b for a, b in expected])
    assert [(row.chosen_tokens - row.rejected_tokens) for row in rows] == [1, -1, 0, 3]
    if mode == "echo":
        assert [(row.chosen_score, row.rejected_score) for row in rows] == [pytest.approx(each) for each in expected]
    # the toy model of two b against one c: wrong by its sum, right by its mean; a tie is not right
    assert (found.overall.result.right, found.overall.result.tie, found.overall.result.wrong) == (1, 1, 2)


def test_the_log_probability_of_every_token_is_kept_so_that_all_can_be_computed_again(tmp_path: Path) -> None:
    with serving(Toy()) as url:
        rows = _prefer(tmp_path, url, "--prompt-template", "text")
    (row,) = [row for row in lines(tmp_path / "run" / "answers.jsonl") if row["task"] == "toy/001"]
    kept = {each["id"]: each["logprobs"] for each in row["responses"]}
    assert kept["good"] == pytest.approx([B, B])
    assert kept["bad"] == pytest.approx([C])
    assert rows[0].chosen_l2 == pytest.approx(math.hypot(B, B))
    assert (rows[0].chosen_bytes, rows[0].rejected_bytes) == (2, 1)


def test_what_does_not_fit_is_skipped_and_never_cut(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with serving(Toy(max_length=600)) as url:
        rows = _prefer(tmp_path, url, "--prompt-template", "text", tasks=[*TASKS, pair(5, "a" * 700, "b")])
    assert [bool(row.skipped) for row in rows] == [False] * 4 + [True]
    assert rows[-1].skipped.startswith("too_long")
    assert "1 pairs are skipped, and in no share (too_long: 1)" in capsys.readouterr().err


def test_a_reference_gives_rewards_and_distances(tmp_path: Path) -> None:
    with serving(Toy()) as url, serving(Toy(copies=True)) as other:
        args = ["--reference-model", "before", "--reference-base-url", other, "--prompt-template", "text"]
        rows = _prefer(tmp_path, url, *args, tasks=[pair(1, "ababab", "cc"), pair(2, "a", "b")])
    (kept,) = [
        {each["id"]: each["logprobs"] for each in row["responses"]}
        for row in lines(tmp_path / "run" / "answers.jsonl")
        if (row["task"], row["role"]) == ("toy/001", "policy")
    ]
    ids = tokenize("Question 1?ababab", bos=True)
    expected = Toy(copies=True).values(ids)[-6:]
    assert rows[0].reference_chosen_score == pytest.approx(sum(expected))
    gaps = [abs(ours - theirs) for ours, theirs in zip(kept["good"], expected, strict=True)]
    assert max(gaps) > 0.1
    assert rows[0].chosen_distance == pytest.approx(sum(gaps) / 6)
    found = summarise(read_preferences(tmp_path / "run"))
    assert "implicit reward accuracy" in {each.name for each in found.measures}
    assert {row["role"] for row in lines(tmp_path / "run" / "answers.jsonl")} == {"policy", "reference"}


def test_one_model_as_its_own_reference_is_at_distance_nought(tmp_path: Path) -> None:
    with serving(Toy()) as url:
        rows = _prefer(tmp_path, url, "--reference-model", "toy", "--prompt-template", "text")
    assert all(row.chosen_score == row.reference_chosen_score for row in rows)
    assert all(row.chosen_distance == 0 for row in rows)


def test_a_reference_with_other_tokens_is_said_in_one_line_and_the_rest_is_scored(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    policy, reference = Toy(can=frozenset({"echo"})), Toy(can=frozenset({"echo"}), style="bytes")
    with serving(policy) as url, serving(reference) as other:
        args = ["--reference-model", "before", "--reference-base-url", other, "--prompt-template", "text"]
        rows = _prefer(tmp_path, url, *args, tasks=[pair(1, "ab", "c"), pair(2, "aé", "b")])
    assert [math.isnan(row.reference_chosen_score) for row in rows] == [False, True]
    assert not any(math.isnan(row.chosen_score) or row.skipped for row in rows)
    (note,) = [line for line in capsys.readouterr().err.splitlines() if "no reference scores" in line]
    assert f"1 of 2 tasks have no reference scores ({MISMATCH}: 1)" in note


def test_tokens_that_servers_write_in_their_own_ways_are_the_same() -> None:
    def scores(*tokens: str) -> TokenScores:
        return TokenScores(tokens, (-1.0,) * len(tokens), 3, 9)

    assert same_tokens(scores(" the", "\n"), scores("Ġthe", "Ċ"))
    assert same_tokens(scores("▁the"), scores(" the"))
    assert same_tokens(scores("the", " cat"), scores("17", "4"))
    assert not same_tokens(scores("the", " cat"), scores("the cat"))
    assert not same_tokens(scores("the", " cat"), scores("the", " dog"))
    assert not same_tokens(scores("17", "4"), scores("17", "5"))


def test_a_reference_that_cannot_score_leaves_the_models_own_scores(tmp_path: Path, capsys: Any) -> None:
    with serving(Toy()) as url, serving(Toy(max_length=600)) as other:
        args = ["--reference-model", "before", "--reference-base-url", other, "--prompt-template", "text"]
        rows = _prefer(tmp_path, url, *args, tasks=[pair(1, "ab", "c"), pair(2, "a" * 700, "b")])
    assert [math.isnan(row.reference_chosen_score) for row in rows] == [False, True]
    assert not any(row.skipped for row in rows)
    assert "1 of 2 tasks have no reference scores (too_long: 1)" in capsys.readouterr().err


def test_a_server_without_log_probabilities_is_asked_for_labels(tmp_path: Path) -> None:
    toy = Toy(can=frozenset({"chat", "label_logprobs"}))
    with serving(toy) as url:
        rows = _prefer(tmp_path, url)
    assert read_preferences(tmp_path / "run").how == "forced_choice"
    assert all(row.p_forward == pytest.approx(0.75) and row.p_backward == pytest.approx(0.25) for row in rows)
