"""Boards: ranks, ties, incomplete runs, and the test against the leader."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from evalrun.leaderboard.board import Board, build_boards
from evalrun.leaderboard.metrics.flips import mcnemar_exact
from evalrun.leaderboard.table import read_run
from evalrun.leaderboard.words import leader_sentence

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
    assert leader_sentence(board) == "3 runs tie at 35.0 % on toy@1; differences under 34.8 points are not resolvable."


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
