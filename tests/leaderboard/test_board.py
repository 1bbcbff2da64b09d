"""Boards: ranks, ties, incomplete runs, and the test against the leader."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Callable
from pathlib import Path

import pytest

from evalrun.harness.runs.budget import Prices
from evalrun.leaderboard.boards.board import Board, build_boards
from evalrun.leaderboard.boards.data import board_csv, site_data
from evalrun.leaderboard.boards.words import leader_sentence, rank_range
from evalrun.leaderboard.data import to_text
from evalrun.leaderboard.metrics.flips import mcnemar_exact
from evalrun.leaderboard.records.table import read_run

MakeRun = Callable[..., Path]


def board_of(*folders: Path) -> Board:
    (board,) = build_boards([read_run(folder) for folder in folders])
    return board


def outcomes(passes: int, total: int = 20) -> dict[str, str]:
    return {f"t{i:02}": "P" if i < passes else "w" for i in range(total)}


def test_equal_scores_share_a_rank_and_the_next_rank_counts_them_all(make_run: MakeRun) -> None:
    board = board_of(*(make_run(label, outcomes(passes)) for label, passes in [("a", 5), ("b", 9), ("c", 5), ("d", 2)]))
    assert [(row.run.label, row.rank) for row in board.rows] == [("b", 1), ("a", 2), ("c", 2), ("d", 4)]


def test_a_run_that_owes_samples_is_shown_but_not_ranked(make_run: MakeRun) -> None:
    board = board_of(make_run("whole", outcomes(3)), make_run("owing", {**outcomes(20), "t00": "i"}))

    assert [(row.run.label, row.rank) for row in board.rows] == [("whole", 1), ("owing", None)]
    assert board.rows[1].score.value == 1.0
    assert board.rows[1].score.tasks == 19
    assert board.rows[1].leader_p is None


def test_recorded_answers_for_some_tasks_only_are_not_ranked_as_if_they_were_all(make_run: MakeRun) -> None:
    # A run made from recorded answers plans only those, so nothing is owed, and yet a task has no answer.
    board = board_of(
        make_run("whole", outcomes(3)),
        make_run("partial", {**outcomes(20), "t00": "-"}, manifest={"source": {"name": "answers.jsonl"}}),
    )
    partial = next(row for row in board.rows if row.run.label == "partial")
    assert (partial.run.owed, partial.score.short, partial.rank) == (0, 1, None)


def test_the_leader_is_tested_pair_by_pair_with_holms_correction(make_run: MakeRun) -> None:
    board = board_of(make_run("best", outcomes(20)), make_run("near", outcomes(18)), make_run("far", outcomes(4)))

    assert board.test == "exact McNemar"
    _, near, far = board.rows
    assert near.leader_p == mcnemar_exact(2, 0)
    assert far.leader_p == pytest.approx(3 * mcnemar_exact(16, 0))  # of the three pairs it has the smallest p
    assert (near.separable, far.separable) == (False, True)
    assert leader_sentence(board) == (
        "best leads toy@1 at 100.0 %; 1 other cannot be told apart from it; "
        "1 of 2 neighbouring pairs is not separable; differences under 49.4 points are not resolvable."
    )


def test_several_samples_or_shared_roots_call_for_the_permutation_test(make_run: MakeRun) -> None:
    twice = {task: letter * 2 for task, letter in outcomes(9).items()}
    assert board_of(make_run("a", twice), make_run("b", twice)).test == "sign-flip permutation over root tasks"
    roots = dict.fromkeys(outcomes(9), "root")
    clustered = board_of(make_run("a", outcomes(9), roots=roots), make_run("b", outcomes(8), roots=roots))
    assert clustered.test == "sign-flip permutation over root tasks"


def test_identical_models_are_one_tie(make_run: MakeRun) -> None:
    board = board_of(*(make_run(label, outcomes(7)) for label in "abc"))
    assert {row.rank for row in board.rows} == {1}
    assert [row.separable for row in board.rows] == [None, False, False]
    assert leader_sentence(board) == "3 runs tie at 35.0 % on toy@1; differences under 36.6 points are not resolvable."


def test_pass_at_k_is_shown_up_to_the_samples_there_are(make_run: MakeRun) -> None:
    board = board_of(make_run("five", {"a": "Pwwww", "b": "wwwww"}), make_run("one", {"a": "P", "b": "w"}))
    five = next(row for row in board.rows if row.run.label == "five")
    one = next(row for row in board.rows if row.run.label == "one")

    assert board.ks == (1, 2, 5)
    assert [each.value for each in five.passes] == pytest.approx([0.1, 0.2, 0.5])
    assert [each.complete for each in one.passes] == [True, False, False]


def test_runs_of_different_tasks_are_on_different_boards_originals_first(make_run: MakeRun) -> None:
    evolved = make_run("m", {"a~x": "w"}, suite="a-evolved", roots={"a~x": "a"})
    boards = build_boards([read_run(evolved), read_run(make_run("m", {"a": "P"}, suite="z"))])
    assert [board.suite.partition("@")[0] for board in boards] == ["z", "a-evolved"]


def test_a_board_without_a_complete_run_says_so(make_run: MakeRun) -> None:
    board = board_of(make_run("m", {"a": "i", "b": "P"}))
    assert leader_sentence(board) == "No run on toy@1 is complete yet, so none is ranked."


def test_a_board_says_which_ranks_are_open_and_how_likely_each_run_is_best(make_run: MakeRun) -> None:
    board = board_of(make_run("best", outcomes(20)), make_run("near", outcomes(18)), make_run("far", outcomes(4)))

    assert [(row.rank_low, row.rank_high) for row in board.rows] == [(1, 2), (1, 2), (3, 3)]
    assert [rank_range(row) for row in board.rows] == ["1–2", "1–2", "3"]
    assert sum(row.p_best for row in board.rows) == pytest.approx(1.0)
    assert board.rows[0].p_best > board.rows[1].p_best > board.rows[2].p_best == 0.0
    assert [row.p_top for row in board.rows] == [1.0, 1.0, 1.0]
    assert (board.neighbours, board.inseparable_neighbours, board.tied_with_leader) == (2, 1, 1)
    assert board.separation is not None
    assert board.separation.sign(0, 2) == 1
    assert board.separation.wins[0, 2] == 16


def test_identical_models_have_one_range_and_no_pair_is_separable(make_run: MakeRun) -> None:
    board = board_of(*(make_run(label, outcomes(7)) for label in "abc"))
    assert {rank_range(row) for row in board.rows} == {"1–3"}
    assert board.separation is not None
    assert not board.separation.better.any()
    assert [row.p_best for row in board.rows] == pytest.approx([1 / 3] * 3)


def test_a_lone_run_is_first_and_has_nothing_to_be_compared_with(make_run: MakeRun) -> None:
    board = board_of(make_run("one", outcomes(7)))
    (row,) = board.rows
    assert (row.rank, row.rank_low, row.rank_high, board.separation, board.test) == (1, 1, 1, None, None)
    assert math.isnan(row.p_best)
    assert board.health is not None
    assert math.isnan(board.health.resolvable)
    assert board.health.solved_by_one == []
    assert leader_sentence(board) == "one scores 35.0 % on toy@1, the only complete run there."


def test_each_pass_at_k_has_its_interval_where_every_task_has_the_samples(make_run: MakeRun) -> None:
    tasks = {f"t{i:02}": "PwwPw" if i % 2 else "wwwww" for i in range(20)}
    board = board_of(make_run("five", tasks), make_run("one", dict.fromkeys(tasks, "P")))
    five = next(row for row in board.rows if row.run.label == "five")
    one = next(row for row in board.rows if row.run.label == "one")
    for found, interval in zip(five.passes, five.pass_intervals, strict=True):
        assert interval.low < found.value < interval.high
    assert five.pass_intervals[0] == five.interval
    assert [math.isnan(interval.low) for interval in one.pass_intervals] == [False, True, True]


def test_every_unranked_run_says_why(make_run: MakeRun) -> None:
    board = board_of(
        make_run("whole", outcomes(3)),
        make_run("owing", {**outcomes(20), "t00": "i", "t01": "u", "t02": "-", "t03": "-"}),
        make_run("partial", {**outcomes(20), "t00": "-"}, manifest={"source": {"name": "answers.jsonl"}}),
    )
    assert {row.run.label: row.reasons for row in board.unranked} == {
        "owing": (
            "2 of 20 samples without an answer: resume the run",
            "1 of 20 samples answered but not scored: resume the run",
            "1 of 20 samples lost to the machine, not to the answer: resume the run",
        ),
        "partial": ("1 of 20 tasks have no sample in what was recorded",),
    }
    assert board.ranked[0].reasons == ()


def test_the_health_of_a_board_names_its_tasks(make_run: MakeRun) -> None:
    board = board_of(
        make_run("good", {"a": "P", "b": "P", "c": "w", "d": "w", "e": "P"}),
        make_run("fair", {"a": "P", "b": "P", "c": "w", "d": "w", "e": "w"}),
        make_run("poor", {"a": "P", "b": "w", "c": "P", "d": "w", "e": "w"}),
    )
    health = board.health
    assert health is not None
    assert (health.models, health.never_solved, health.solved_by_one, health.suspect) == (
        3,
        ["d"],
        ["c", "e"],
        ["c", "b"],
    )
    assert health.items["b"].solve_rate == pytest.approx(2 / 3)
    # the pairs disagree on 1, 3 and 2 of 5 tasks
    assert health.discordance == pytest.approx(2 / 5)


def test_money_needs_a_price_and_tokens_and_puts_runs_on_a_front(make_run: MakeRun) -> None:
    tables = [read_run(make_run(label, outcomes(passes))) for label, passes in [("a", 9), ("b", 5), ("c", 7), ("d", 3)]]
    tables = [
        dataclasses.replace(table, spent=dataclasses.replace(table.spent, samples=20, input_tokens=i, output_tokens=o))
        for table, i, o in zip(tables, (2e6, 1e6, 1e6, math.nan), (1e6, 1e6, 0.5e6, 1e6), strict=True)
    ]
    prices = {"a": Prices(1.0, 2.0), "b-model": Prices(1.0, 2.0), "c": Prices(1.0, 2.0), "d": Prices(1.0, 2.0)}
    (board,) = build_boards(tables, prices=prices)
    found = {row.run.label: (row.cost.money, row.cost.per_answer, row.on_front) for row in board.rows}
    assert found["a"] == (4.0, 0.2, True)
    assert found["b"] == (3.0, pytest.approx(0.15), False)
    assert found["c"] == (2.0, 0.1, True)
    assert math.isnan(found["d"][0])
    assert found["d"][2] is None
    (unpriced,) = build_boards(tables)
    assert all(math.isnan(row.cost.money) and row.on_front is None for row in unpriced.rows)


def test_the_data_of_a_board_hold_every_number_and_null_where_there_is_none(make_run: MakeRun) -> None:
    board = board_of(
        make_run("best", outcomes(20)),
        make_run("far", outcomes(4)),
        make_run("=owing", {**outcomes(20), "t00": "i"}),
    )
    data = json.loads(to_text(site_data("t", [board], [], [], 0)))["boards"][0]
    best, far, owing = data["rows"]
    assert (best["rank_low"], best["rank_high"], far["rank_low"], owing["rank_low"]) == (1, 1, 2, None)
    assert (best["cost"], owing["p_best"], best["on_pareto_front"]) == (None, None, None)
    assert owing["not_ranked_because"] == ["1 of 20 samples lost to the machine, not to the answer: resume the run"]
    assert best["pass_at_k_intervals"]["1"] == best["interval"]
    assert data["pairs"]["order"] == ["best", "far"]
    assert data["pairs"]["sign"] == [[1]]
    assert data["pairs"]["adjusted_p"] == [[pytest.approx(mcnemar_exact(16, 0), rel=1e-3)]]
    assert len(data["suite_health"]["items"]) == 20
    assert 0 < data["suite_health"]["resolvable_difference"] < 1
    lines = board_csv([board]).splitlines()
    assert "rank_low" in lines[0]
    assert lines[3].split(",")[2] == "'=owing"


def test_a_control_baseline_is_shown_with_its_score_and_takes_no_rank(make_run: MakeRun) -> None:
    runs = [
        read_run(make_run(label, {"a": letters, "b": letters}))
        for label, letters in (("reference", "P"), ("model", "P"), ("worse", "w"))
    ]
    board = build_boards(runs, controls={"reference"})[0]
    assert [(row.run.label, row.rank) for row in board.rows] == [("model", 1), ("worse", 2), ("reference", None)]
    assert board.unranked[0].score.value == 1.0
    assert board.unranked[0].reasons == ("a control baseline: it gives the scale and takes no rank",)
