"""A model's page: its scorecard on every board, and where it stands against the others."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable
from pathlib import Path

import pytest

from evalrun.leaderboard.boards.board import Board, build_boards
from evalrun.leaderboard.boards.profile import profiles_of
from evalrun.leaderboard.records.table import read_run

from .small_suite import Elements, page_of, publish, run_of, two_and_one

MakeRun = Callable[..., Path]


@pytest.fixture
def board(make_run: MakeRun) -> Board:
    """Three runs on four tasks; task d and e come from one root, and nobody is asked e but the first."""
    roots = {"d": "c", "e": "c"}
    tasks = {
        "first": {"a": "PP", "b": "ww", "c": "Pw", "d": "PP", "e": "PP"},
        "second": {"a": "PP", "b": "PP", "c": "ww", "d": "ww", "e": "--"},
        "third": {"a": "Pw", "b": "PP", "c": "ww", "d": "ww", "e": "ii"},
    }
    (found,) = build_boards([read_run(make_run(label, rows, roots=roots)) for label, rows in tasks.items()])
    return found


def test_groups_set_a_run_against_the_mean_of_the_others(board: Board) -> None:
    profiles = profiles_of(board)
    row = next(row for row in board.rows if row.run.label == "first")
    original, evolved = profiles.of(row, "operator")
    assert (original.name, original.tasks, original.score) == ("original", 3, pytest.approx(0.5))
    assert original.field == pytest.approx((2 / 3 + 1.5 / 3) / 2)
    # e is scored for the first run only: the others' means are over d alone.
    assert (evolved.name, evolved.tasks, evolved.score, evolved.field) == ("rename", 2, 1.0, 0.0)
    assert evolved.lead == 1.0


def test_root_families_come_with_the_largest_shortfall_first(board: Board) -> None:
    row = next(row for row in board.rows if row.run.label == "first")
    assert [group.name for group in profiles_of(board).of(row, "root")] == ["b", "a", "c"]


def test_unexpected_failures_and_hardest_solved_are_judged_by_the_other_runs(board: Board) -> None:
    profiles = profiles_of(board)
    row = next(row for row in board.rows if row.run.label == "first")
    assert [(one.task, one.rate, one.field) for one in profiles.unexpected_failures(row, 9)] == [("b", 0.0, 1.0)]
    assert [(one.task, one.rate, one.field) for one in profiles.hardest_solved(row, 9)] == [
        ("d", 1.0, 0.0),
        ("c", 0.5, 0.0),
    ]
    assert len(profiles.hardest_solved(row, 1)) == 1


def test_a_tag_of_few_tasks_or_that_names_a_parent_is_no_group(make_run: MakeRun) -> None:
    run = read_run(make_run("m", dict.fromkeys("abcd", "P")))
    run.tasks["tags"] = [("lists", "rare", "parent:x"), ("lists", "rare", "parent:x"), ("lists", "parent:x"), ()]
    (board,) = build_boards([run])
    assert [(one.name, one.tasks) for one in profiles_of(board).of(board.rows[0], "tag")] == [("lists", 3)]


def test_the_others_are_models_and_not_controls(make_run: MakeRun) -> None:
    runs = [read_run(make_run(label, {"a": letter})) for label, letter in (("m", "w"), ("n", "w"), ("reference", "P"))]
    (board,) = build_boards(runs, controls=["reference"])
    fields = {row.run.label: profiles_of(board).unexpected_failures(row, 9) for row in board.rows}
    assert fields == {"m": [], "n": [], "reference": []}
    solved = {row.run.label: profiles_of(board).hardest_solved(row, 9) for row in board.rows}
    assert [(one.task, one.field) for one in solved["reference"]] == [("a", 0.0)]


def test_a_run_alone_has_no_others_to_be_set_against(make_run: MakeRun) -> None:
    (board,) = build_boards([read_run(make_run("m", {"a": "P", "b": "w"}))])
    profiles = profiles_of(board)
    assert profiles.unexpected_failures(board.rows[0], 9) == []
    assert profiles.hardest_solved(board.rows[0], 9) == []
    assert all(math.isnan(group.field) for group in profiles.of(board.rows[0], "tag"))


def test_a_model_page_says_what_it_scores_where_and_links_its_tasks(make_run: MakeRun, tmp_path: Path) -> None:
    suite = two_and_one()
    runs = [
        run_of(make_run, suite, "old", {"toy/double": "P", "toy/halve": "P", "toy/double-renamed": "w"}),
        run_of(make_run, suite, "new", {"toy/double": "P", "toy/halve": "w", "toy/double-renamed": "P"}),
        make_run("old", {"x": "Pw", "y": "ww"}, suite="other"),
    ]
    site = publish(tmp_path / "site", runs, "--pair", "old:new")
    page = page_of(site, "old", "models")
    tree = Elements(page.read_text(encoding="utf-8"))
    words = tree.words()
    assert "old scores 25.0 % on other@1 (rank 1 of 1) and 66.7 % on toy@1 (rank 1–2 of 2)." in words
    assert "Unexpected failures" in words
    assert "toy/double-renamed 0.0 % 100.0 %" in words
    assert "updated to new on toy@1: 1 task broke and 1 was fixed" in words
    assert "pass@2 50.0 %" in words
    assert f"../tasks/{page_of(site, 'toy/halve').name}" in {attributes.get("href") for _, attributes in tree.elements}


def test_the_index_has_every_model_once_and_a_dash_where_it_has_no_run(make_run: MakeRun, tmp_path: Path) -> None:
    runs = [
        make_run("one", {"a": "P"}, suite="s"),
        make_run("two", {"b": "w"}, suite="t"),
        make_run("two", {"b": "P"}, suite="t"),
    ]
    site = publish(tmp_path / "site", runs)
    words = Elements((site / "models" / "index.html").read_text(encoding="utf-8")).words()
    assert "2 models on 2 boards." in words
    assert "one 100.0 % rank 1 of 1 — 1 2026-01-02" in words
    assert "two — " in words
    assert len(list((site / "models").iterdir())) == 3


def test_the_data_of_models_by_tag_and_root_hold_undefined_numbers_as_empty(make_run: MakeRun, tmp_path: Path) -> None:
    suite = two_and_one()
    site = publish(
        tmp_path / "site",
        [run_of(make_run, suite, "m", {"toy/double": "P", "toy/halve": "w", "toy/double-renamed": "w"})],
    )
    rows = list(csv.DictReader((site / "data" / "models.csv").read_text(encoding="utf-8").splitlines()))
    assert {(row["kind"], row["group"]): (row["tasks"], row["score"], row["field"]) for row in rows} == {
        ("operator", "original"): ("2", "0.5", ""),
        ("operator", "rename"): ("1", "0.0", ""),
        ("root", "toy/double"): ("2", "0.5", ""),
        ("root", "toy/halve"): ("1", "0.0", ""),
    }
