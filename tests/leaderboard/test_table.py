"""Run folders as tables: what is counted, what is owed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from evalrun.benchmarks import BadInput
from evalrun.leaderboard.records.table import read_run

MakeRun = Callable[..., Path]


def test_every_sample_is_passed_failed_or_owed(make_run: MakeRun) -> None:
    table = read_run(make_run("m", {"a": "Pwetn", "b": "PiuP-", "c": "PPPPP"}))

    a, b = table.counts["a"], table.counts["b"]
    assert (a.passed, a.failed, a.owed) == (1, 4, 0)
    assert (b.passed, b.failed, b.infra, b.unscored, b.missing) == (2, 0, 1, 1, 1)
    assert all(task.n + task.owed == 5 for task in table.counts.values())
    assert (table.scored, table.owed) == (12, 3)
    assert table.verdict_counts == {
        "pass": 8, "wrong": 1, "error": 1, "timeout": 1, "oom": 0, "no_answer": 1, "infra": 1,
    }  # fmt: skip


def test_a_later_verdict_replaces_an_earlier_one(make_run: MakeRun) -> None:
    folder = make_run("m", {"a": "i", "b": "P"})
    with (folder / "verdicts.jsonl").open("a") as stream:
        stream.write('{"task": "a", "epoch": 0, "verdict": "pass"}\n')
    assert read_run(folder).counts["a"].passed == 1


def test_a_torn_last_verdict_is_owed_again(make_run: MakeRun) -> None:
    folder = make_run("m", {"a": "P", "b": "P"})
    verdicts = folder / "verdicts.jsonl"
    verdicts.write_bytes(verdicts.read_bytes()[:-8])
    assert read_run(folder).counts["b"].unscored == 1


def test_an_epoch_that_was_not_planned_is_not_counted(make_run: MakeRun) -> None:
    folder = make_run("m", {"a": "P"})
    with (folder / "verdicts.jsonl").open("a") as stream:
        stream.write('{"task": "a", "epoch": 7, "verdict": "wrong"}\n')
    assert read_run(folder).counts["a"].n == 1


def test_only_runs_of_the_very_same_tasks_share_a_board(make_run: MakeRun) -> None:
    run = read_run(make_run("m", {"a": "P", "b": "P"}))
    reordered = read_run(make_run("n", {"b": "w", "a": "w"}))
    fewer = read_run(make_run("m", {"a": "P"}))
    changed = read_run(make_run("m", {"a": "P", "b": "P"}, digests={"b": "other"}))
    renamed = read_run(make_run("m", {"a": "P", "b": "P"}, suite="other"))

    assert run.board_key == reordered.board_key
    assert len({table.board_key for table in (run, fewer, changed, renamed)}) == 4


def test_a_folder_that_is_no_run_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="not a run folder"):
        read_run(tmp_path)


def test_a_run_without_tasks_is_refused(make_run: MakeRun) -> None:
    folder = make_run("m", {"a": "P"})
    for name in ("tasks.jsonl", "samples.jsonl", "verdicts.jsonl"):
        (folder / name).write_text("")
    with pytest.raises(BadInput, match="no tasks"):
        read_run(folder)
