"""The page on preferences: real judges and scores as they were published, controls beside them, nothing mixed."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from evalrun.benchmarks.jsonio import write_jsonl
from evalrun.harness.cli import main
from evalrun.leaderboard.preferences.summary import PreferenceSummary, summarise
from evalrun.leaderboard.preferences.table import read_preferences
from evalrun.leaderboard.preferences.words import above_controls, best_control, preference_sentence

from .judges import objections
from .page_words import words
from .preference_files import JUDGES, write_everything, write_judges, write_loglikelihoods

MakeRun = Callable[..., Path]


def build(make_run: MakeRun, tmp_path: Path, files: list[Path]) -> Path:
    folder = tmp_path / "site"
    options = [part for file in files for part in ("--preferences", str(file))]
    assert main(["leaderboard", str(make_run("m", {"a": "P"})), "-o", str(folder), "-q", *options]) == 0
    return folder


def judged(path: Path, label: str, choices: list[tuple[str, str]], **header: object) -> Path:
    """A judge's file: one pair of choices (preferred first, preferred second) a line."""
    rows = [
        {
            "pair": str(number),
            "category": "even" if number % 2 == 0 else "odd",
            "choice_forward": forward,
            "choice_backward": backward,
            "chosen_bytes": 10 + number,
            "rejected_bytes": 12,
        }
        for number, (forward, backward) in enumerate(choices)
    ]
    write_jsonl(path, [{"schema": 1, "model": label, "mode": "judge", "suite": "toy", **header}, *rows])
    return path


def summary(path: Path) -> PreferenceSummary:
    return summarise(read_preferences(path))


@pytest.fixture
def real(shared_data: Path, tmp_path: Path) -> list[Path]:
    judges = {label: JUDGES[label] for label in ("GPT-4", "PaLM 2", "Falcon 180B Chat")}
    files = write_judges(tmp_path / "pairs", shared_data, judges)
    return [*files, write_loglikelihoods(tmp_path / "pairs", shared_data)]


def test_real_judges_and_scores_stand_on_the_page_as_published(
    make_run: MakeRun, tmp_path: Path, real: list[Path]
) -> None:
    folder = build(make_run, tmp_path, real)
    text = words((folder / "preferences.html").read_text(encoding="utf-8"))

    assert "GPT-4 agrees with the preference in 90.0 % of 234 pairs of llmbar" in text
    assert "“always the shorter” gets 68.8 %, and 2 of 3 models are not clearly above the best such rule." in text
    assert "Falcon 180B Chat +25.9 prefers the first [+22.4, +29.1] 46.6 % of 234 pairs 86.3 % 34.6 % 0" in text
    assert "3B policy agrees with the preference in 64.1 % of 64 pairs of reddit-tldr" in text
    assert "implicit reward accuracy 45.3 %" in text
    assert "llmbar : judge accuracy" in text
    assert "reddit-tldr : ranking accuracy" in text


def test_the_data_of_the_page_hold_every_part_and_control(make_run: MakeRun, tmp_path: Path, real: list[Path]) -> None:
    folder = build(make_run, tmp_path, real)
    rows = list(csv.DictReader(io.StringIO((folder / "data" / "preferences.csv").read_text(encoding="utf-8"))))
    found = {(row["model"], row["part"], row["name"]): row for row in rows}

    assert found["GPT-4", "all", ""]["right"] == "205"
    assert float(found["GPT-4", "category", "Natural"]["accuracy"]) == pytest.approx(0.96)
    assert found["GPT-4", "control", "coin"]["right"] == ""
    assert float(found["PaLM 2", "control", "always the shorter"]["accuracy"]) == pytest.approx(0.688, abs=1e-3)
    assert found["3B policy", "measure", ""]["measure"] != "ranking accuracy"


def test_a_judge_that_always_takes_the_first_is_a_coin_with_a_bias(make_run: MakeRun, tmp_path: Path) -> None:
    path = judged(tmp_path / "j.jsonl", "first-taker", [("chosen", "rejected")] * 40)
    folder = build(make_run, tmp_path, [path])
    text = words((folder / "preferences.html").read_text(encoding="utf-8"))
    assert "first-taker agrees with the preference in 50.0 % of 40 pairs of toy" in text
    assert "first-taker +50.0 prefers the first" in text
    assert "not clearly above" in text
    assert "0 of 1 model lie clearly above every rule that reads nothing" in text


def test_runs_of_another_measure_or_suite_are_never_ranked_together(make_run: MakeRun, tmp_path: Path) -> None:
    sure = [("chosen", "chosen")] * 12
    one = judged(tmp_path / "a.jsonl", "judge a", sure)
    two = judged(tmp_path / "b.jsonl", "judge b", sure, suite="other")
    scores = tmp_path / "c.jsonl"
    rows = [{"pair": str(i), "chosen_score": 2.0, "rejected_score": 1.0} for i in range(12)]
    write_jsonl(scores, [{"schema": 1, "model": "rewards", "mode": "reward", "suite": "toy"}, *rows])
    page = (build(make_run, tmp_path, [one, two, scores]) / "preferences.html").read_text(encoding="utf-8")
    assert page.count("<h2 ") == 3
    for name in ("judge a", "judge b", "rewards"):
        assert page.count(f'<th scope="row"><bdi>{name}</bdi></th>') >= 1
    for section in page.split("<section ")[1:]:
        assert sum(f"<bdi>{name}</bdi>" in section for name in ("judge a", "judge b", "rewards")) == 1


def test_the_best_rule_is_the_one_a_model_is_held_against(tmp_path: Path) -> None:
    # The longer answer is preferred in 17 of 20 pairs; the model is right in 16 of them.
    choices = [("chosen", "chosen")] * 16 + [("rejected", "rejected")] * 4
    one = summary(judged(tmp_path / "j.jsonl", "m", choices))
    assert best_control(one).name == "always the longer"
    assert not above_controls(one)
    assert "which is not clearly less" in preference_sentence([one])


def test_a_model_that_is_never_right_is_said_to_be_below_the_coin(tmp_path: Path) -> None:
    one = summary(judged(tmp_path / "j.jsonl", "m", [("unreadable", "unreadable")] * 20))
    assert preference_sentence([one]).endswith("which is clearly more.")


def test_pairs_that_could_not_be_scored_are_counted_and_in_no_share(make_run: MakeRun, tmp_path: Path) -> None:
    path = tmp_path / "scores.jsonl"
    rows: list[dict[str, object]] = [{"pair": "a", "chosen_score": -1.0, "rejected_score": -2.0}]
    rows.append({"pair": "b", "skipped": "too long"})
    write_jsonl(path, [{"schema": 1, "model": "m", "mode": "loglikelihood", "suite": "toy"}, *rows])
    text = words((build(make_run, tmp_path, [path]) / "preferences.html").read_text(encoding="utf-8"))
    assert "1 skipped" in text
    assert "1 of 2 pairs" in text
    assert "100.0 % of 1 pair of toy" in text


def test_a_file_without_one_scored_pair_shows_dashes_not_noughts(make_run: MakeRun, tmp_path: Path) -> None:
    path = tmp_path / "scores.jsonl"
    rows = [{"pair": str(i), "skipped": "no scores"} for i in range(3)]
    write_jsonl(path, [{"schema": 1, "model": "m", "mode": "loglikelihood", "suite": "toy"}, *rows])
    folder = build(make_run, tmp_path, [path])
    text = words((folder / "preferences.html").read_text(encoding="utf-8"))
    assert "No pair of toy could be scored." in text
    (whole, *_) = json.loads((folder / "data" / "preferences.json").read_text())
    assert (whole["right"], whole["accuracy"]) == (0, None)


def test_hostile_names_are_text_on_the_page(make_run: MakeRun, tmp_path: Path) -> None:
    hostile = "<script>alert(1)</script>\x00\u202e"
    path = tmp_path / "j.jsonl"
    rows = [{"pair": hostile, "category": hostile, "criterion": hostile, "choice_forward": "chosen"}]
    write_jsonl(path, [{"schema": 1, "model": hostile, "mode": "judge", "suite": hostile, "created": hostile}, *rows])
    page = (build(make_run, tmp_path, [path]) / "preferences.html").read_text(encoding="utf-8")
    assert "<script>alert" not in page
    assert r"&lt;script&gt;alert(1)&lt;/script&gt;\x00\u202e" in page


def test_a_file_that_is_no_set_of_pairs_is_refused_before_anything_is_written(
    make_run: MakeRun, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = tmp_path / "bad.jsonl"
    bad.write_text('{"pair": "a", "chosen_score": 1}\n')
    run = str(make_run("m", {"a": "P"}))
    assert main(["leaderboard", run, "-o", str(tmp_path / "site"), "--preferences", str(bad)]) == 2
    assert "bad.jsonl:1:" in capsys.readouterr().err
    assert not (tmp_path / "site").exists()


def test_without_files_there_is_no_such_page(make_run: MakeRun, tmp_path: Path) -> None:
    folder = build(make_run, tmp_path, [])
    assert not (folder / "preferences.html").exists()
    assert "Preferences" not in (folder / "index.html").read_text(encoding="utf-8")


def test_all_that_files_say_has_a_table_of_its_own(make_run: MakeRun, tmp_path: Path) -> None:
    folder = build(make_run, tmp_path, write_everything(tmp_path / "pairs"))
    html = (folder / "preferences.html").read_text(encoding="utf-8")
    text = words(html)

    assert "policy, told of young by echo 54.5 %" in text
    assert "policy +33.3 [−29.1, +100.0] 100.0 % 66.7 % 3 twins 1 0 mended 50.0 % [9.5, 90.5] of 2 parents" in text
    assert "0 1 without parent" in text
    assert "Flip gap by operator" in text
    assert "policy 59.4 % [40.6, 68.8] of 32 votes 66.7 % 56.3 %" in text
    assert "told of young 25.0 % 56.2 % +12.5 points [0.0, +25.0]" in text
    assert "policy 0.0 % [0.0, 79.3] of 1 task 16.7 % 0.333" in text
    assert "policy 100.0 % [64.6, 100.0] of 12 pairs 100.0 % [20.7, 100.0] of 1 pair" in text
    assert "75.0 % 75.0 % −0.50 −1.25 to 0.25" in text
    assert objections(folder, [folder / "preferences.html"]) == []
    rows = list(csv.DictReader(io.StringIO((folder / "data" / "preference-details.csv").read_text(encoding="utf-8"))))
    found = {(row["told_of"], row["part"], row["name"]): row["value"] for row in rows}
    assert float(found["", "flip gap", "pad"]) == 0.5
    assert float(found["", "group", "old"]) == 0.75
    assert float(found["", "told of young", "old"]) == 0.25
    assert found["", "Kendall's tau", ""].startswith("0.333")
    pairs = json.loads((folder / "data" / "preference-pairs.json").read_text(encoding="utf-8"))
    assert [row["difficulty"] for row in pairs if row["told_of"] == ""] == [1.0, 0.0, -1.0, -2.0]


def test_tables_of_what_no_file_says_are_left_out(make_run: MakeRun, tmp_path: Path) -> None:
    folder = build(make_run, tmp_path, [judged(tmp_path / "j.jsonl", "j", [("chosen", "chosen")])])
    text = words((folder / "preferences.html").read_text(encoding="utf-8"))
    for title in ("Twins", "Groups of raters", "Whole rankings", "Ties by label", "Against the reference"):
        assert title not in text
    assert (folder / "data" / "preference-pairs.csv").read_text(encoding="utf-8").strip() == ""
