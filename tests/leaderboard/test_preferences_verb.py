"""`evalrun preferences`: what it prints, what it writes, and what it refuses."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from evalrun.harness.cli import main
from evalrun.leaderboard.preferences.data import plain
from evalrun.leaderboard.preferences.thumbs import read_thumbs, summarise_thumbs

from .preference_files import JUDGES, write_everything, write_judges, write_loglikelihoods


def write(path: Path, *rows: Any) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def printed(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    assert main(["preferences", *map(str, arguments)]) == 0
    return " ".join(capsys.readouterr().out.split())


def test_real_judges_and_scores_are_summed_up_as_published(
    shared_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    judges = {label: JUDGES[label] for label in ("GPT-4", "PaLM 2")}
    files = [*write_judges(tmp_path / "p", shared_data, judges), write_loglikelihoods(tmp_path / "p", shared_data)]
    target = tmp_path / "out.json"
    text = printed(capsys, *files, "--json", target)

    assert "GPT-4 90.0 % [86.1, 93.4] 205 11 18 0 234" in text
    assert "always the shorter 68.8 % [62.6, 74.4] 161 1 72 0" in text
    assert "always the first 50.0 %" in text
    assert "3B policy 64.1 % [51.8, 74.7] 41 0 23 0 64" in text
    assert "implicit reward accuracy 45.3 %" in text
    runs = json.loads(target.read_text(encoding="ascii"))["runs"]
    found = {run["label"]: run["overall"]["result"] for run in runs}
    assert (found["GPT-4"]["right"], found["GPT-4"]["n"], found["3B policy"]["accuracy"]) == (205, 234, 41 / 64)
    assert found["GPT-4"]["interval"]["units"] == 234


def test_everything_a_file_can_say_is_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(capsys, *write_everything(tmp_path))
    for part in (
        "policy 72.7 %",
        "policy, told of young",
        "alignment gap",
        "difficulty c quartiles −1.25, −0.50, 0.25 nats",
        "whole rankings right 0.0 %",
        "Kendall's tau 0.33",
        "group old 75.0 %",
        "worst group 43.8 %",
        "told of young +12.5 points for it",
        "flip gap +33.3 points",
        "by pad +50.0 points",
        "invariance 50.0 %",
        "contrast consistency 100.0 %",
        "twins without parent 1",
        "labelled ties alone 1 of 1 said to be (within 0.01 nats a token)",
        "Note: 1 pair is a tie by label",
    ):
        assert part in text, part


def test_thumbs_are_told_from_pairs_and_have_numbers_of_their_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(
        tmp_path / "thumbs.jsonl",
        {"schema": 1, "mode": "thumbs", "model": "rm", "suite": "liked@1"},
        {"id": "a", "score": 4, "label": "up", "category": "x"},
        {"id": "b", "score": 2, "label": True, "category": "x"},
        {"id": "c", "score": 0, "label": 0},
        {"id": "d", "score": -2, "label": "down"},
        {"id": "e", "label": "down", "skipped": "too long"},
    )
    text = printed(capsys, path, "--json", tmp_path / "out.json")
    assert "rm scores liked answers above others in 100.0 % of couples" in text
    assert "all 100.0 % — 2 2 1" in text
    assert "threshold 1" in text
    data = json.loads((tmp_path / "out.json").read_text())
    assert (data["thumbs"][0]["all"]["threshold"], data["runs"]) == (1.0, [])
    assert data["thumbs"][0]["by_category"]["x"]["auroc"] is None


@pytest.mark.parametrize(
    ("rows", "complaint"),
    [
        ([{"id": "a", "score": 1, "label": "good"}], ':1: label: "up" or "down"'),
        ([{"id": "a", "score": 1, "label": 2}], ":1: label"),
        ([{"id": "a", "label": 1}], ":1: score: missing"),
        ([{"score": 1, "label": 1}], ":1: id: missing"),
        ([{"id": "a", "score": 1, "label": 1}] * 2, ":2: id: a is there already"),
        ([{"schema": 1, "mode": "thumbs"}], "no answers in it"),
        (
            [{"schema": 1, "mode": "thumbs", "score_kind": "probability"}, {"id": "a", "score": 2, "label": 1}],
            ":2: score",
        ),
        ([{"id": "a", "score": 1, "label": 1, "sore": 1}], ":1: sore: not a field"),
    ],
)
def test_a_wrong_file_of_thumbs_is_one_line_and_exit_code_two(
    tmp_path: Path, rows: list[Any], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path / "thumbs.jsonl", *rows)
    assert main(["preferences", str(path)]) == 2
    error = capsys.readouterr().err
    assert complaint in error
    assert error.count("\n") == 1


def test_real_rewards_are_summed_up_as_a_win_rate(
    shared_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rewards = json.loads((shared_data / "optimml_logprobs" / "judge_scores.json").read_text(encoding="utf-8"))
    rows = [
        {"id": str(row["prompt_index"]), "preference": int(row["policy_reward"] > row["reference_reward"]),
         "length": row["policy_tokens"], "baseline_length": row["reference_tokens"]}
        for row in rewards
    ]  # fmt: skip
    header = {"schema": 1, "mode": "comparisons", "model": "policy", "baseline": "sft", "suite": "tldr"}
    text = printed(capsys, write(tmp_path / "c.jsonl", header, *rows), "--json", tmp_path / "out.json")
    assert "policy wins 75.0 % [40.9, 92.9] of 8 comparisons with sft on tldr" in text
    assert "all 75.0 % [40.9, 92.9] 6 0 2 0" in text
    assert "the shorter answer is preferred otherwise" in text
    found = json.loads((tmp_path / "out.json").read_text())["comparisons"][0]
    assert (found["all"]["n"], found["controlled"]["raw"], found["by_category"]) == (8, 0.75, {})


@pytest.mark.parametrize(
    ("rows", "complaint"),
    [
        ([{"id": "a", "preference": 2}], ":1: preference: 1 for the model's answer"),
        ([{"id": "a", "preference": 1, "length": 3}], ":1: length and baseline_length come together"),
        ([{"preference": 1}], ":1: id: missing"),
        ([{"id": "a", "preference": 1}] * 2, ":2: id: a is there already"),
        ([{"schema": 1, "mode": "comparisons"}, {"id": "a"}], ":2: preference: missing"),
        ([{"schema": 1, "mode": "comparisons"}], "no comparisons in it"),
        ([{"id": "a", "preference": 1, "win": 1}], ":1: win: not a field"),
    ],
)
def test_a_wrong_file_of_comparisons_is_one_line_and_exit_code_two(
    tmp_path: Path, rows: list[Any], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["preferences", str(write(tmp_path / "c.jsonl", *rows))]) == 2
    error = capsys.readouterr().err
    assert complaint in error
    assert error.count("\n") == 1


def test_probabilities_are_calibrated_as_they_stand(tmp_path: Path) -> None:
    header = {"schema": 1, "mode": "thumbs", "score_kind": "probability"}
    rows = [{"id": str(i), "score": p, "label": label} for i, (p, label) in enumerate([(0.9, 1), (0.9, 0), (0.1, 0)])]
    found = summarise_thumbs(read_thumbs(write(tmp_path / "t.jsonl", header, *rows)))
    assert found.all.calibration.brier == pytest.approx((0.01 + 0.81 + 0.01) / 3)
    assert found.by_category == {}


def test_hostile_names_do_not_reach_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    evil = "\x1b]0;x\x07\u202eabc"
    row = {"pair": "a", "category": evil, "criterion": evil, "chosen_score": -1, "rejected_score": -2,
           "votes": {evil: {"chosen": 1}}}  # fmt: skip
    twin = {"pair": "b", "parent": "a", "operator": evil, "chosen_score": -1, "rejected_score": -2}
    path = write(tmp_path / "p.jsonl", {"schema": 1, "model": evil, "suite": evil, "conditioned_on": evil}, row, twin)
    thumbs = write(tmp_path / "t.jsonl", {"schema": 1, "mode": "thumbs", "model": evil, "suite": evil},
                   {"id": "a", "score": 1, "label": 1, "category": evil})  # fmt: skip
    assert main(["preferences", str(path), str(thumbs)]) == 0
    text = capsys.readouterr().out
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "\\x1b]0;x" in text


def test_nothing_is_written_where_an_input_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good = write(tmp_path / "good.jsonl", {"pair": "a", "chosen_score": -1, "rejected_score": -2})
    target = tmp_path / "out.json"
    assert main(["preferences", str(good), str(tmp_path / "gone.jsonl"), "--json", str(target)]) == 2
    assert not target.exists()
    assert capsys.readouterr().out == ""


def test_neither_an_input_nor_a_record_of_a_run_is_written_over(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pair = {"pair": "a", "chosen_score": -1, "rejected_score": -2}
    folder = tmp_path / "run"
    folder.mkdir()
    file = write(tmp_path / "pairs.jsonl", pair)
    record = write(folder / "pairs.jsonl", pair)
    before = record.read_bytes()
    for source, target in ((file, file), (folder, record), (folder, folder / "answers.jsonl")):
        assert main(["preferences", str(source), "--json", str(target)]) == 2
        assert "never written over" in capsys.readouterr().err
    assert file.read_bytes() == record.read_bytes() == before
    assert not (folder / "answers.jsonl").exists()


def test_undefined_numbers_are_null_in_json() -> None:
    assert plain({"x": float("nan"), "y": [float("inf"), 1.0]}) == {"x": None, "y": [None, 1.0]}


def test_asking_for_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\nfrom evalrun.leaderboard.commands.preferences import command\n"
        "assert not {'numpy', 'pandas'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
