"""What a preference run has brought is never lost, and never asked for twice."""

from __future__ import annotations

import gzip
import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from evalrun.benchmarks import BadInput
from evalrun.harness.cli import main
from evalrun.harness.preference.pairs import write_pairs
from evalrun.harness.preference.question_layout import Shown
from evalrun.harness.runs.lock import run_lock
from evalrun.leaderboard.preferences.table import read_preferences

from .choosing_server import Answer, Choosing, choosing, lines, pair, suite

TASKS = [pair(number, f"good {number}", f"bad {number}") for number in range(12)]
PLANNED = 2 * len(TASKS)


def _rule(shown: Shown, body: dict[str, Any]) -> Answer:
    good = shown.labels[0] if shown.responses[0].startswith("good") else shown.labels[1]
    return Answer(f"[[{good}]]")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Choosing]:
    suite(TASKS).save(tmp_path / "suite")
    with choosing(_rule) as found:
        yield found


def _args(tmp_path: Path, server: Choosing, *args: str, name: str = "run") -> list[str]:
    given = ["prefer", "--suite", str(tmp_path / "suite"), "--model", "m", "--base-url", server.base_url]
    return [*given, "-o", str(tmp_path / name), "--mode", "judge", "--max-retries", "0", *args]


def _answers(folder: Path) -> list[str]:
    """The answers without the time at which they came, in an order of their own."""
    rows = [{**row, "created": ""} for row in lines(folder / "answers.jsonl")]
    return sorted(json.dumps(row, sort_keys=True) for row in rows)


def _started(args: list[str], server: Choosing, answered: int) -> subprocess.Popen[bytes]:
    """The command in a process of its own, with so many questions asked already."""
    server.delay_s = 0.1
    process = subprocess.Popen([sys.executable, "-m", "evalrun.harness.cli", *args], stderr=subprocess.PIPE)
    end = time.monotonic() + 60
    while len(server.log) < answered:
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < end
        time.sleep(0.01)
    return process


def test_a_run_that_is_killed_and_resumed_has_the_same_records(tmp_path: Path, server: Choosing) -> None:
    assert main(_args(tmp_path, server, name="whole")) == 0
    server.log.clear()
    args = _args(tmp_path, server, "--max-connections", "2")
    process = _started(args, server, 7)
    process.kill()
    process.communicate()
    recorded = len(_answers(tmp_path / "run"))
    assert 0 < recorded < PLANNED
    server.delay_s = 0
    server.log.clear()
    assert main([*args, "--resume"]) == 0
    assert len(server.log) == PLANNED - recorded
    assert _answers(tmp_path / "run") == _answers(tmp_path / "whole")
    assert lines(tmp_path / "run/pairs.jsonl")[1:] == lines(tmp_path / "whole/pairs.jsonl")[1:]


def test_ctrl_c_keeps_what_is_in_flight_and_says_how_to_go_on(tmp_path: Path, server: Choosing) -> None:
    process = _started(_args(tmp_path, server, "--max-connections", "2"), server, 5)
    process.send_signal(signal.SIGINT)
    err = process.communicate(timeout=30)[1].decode()
    assert process.returncode == 130
    assert "give the same command with --resume" in err
    assert len(_answers(tmp_path / "run")) == len(server.log)  # every question that was sent has its answer
    owed = lines(tmp_path / "run" / "owed.jsonl")
    assert len(owed) == PLANNED - len(server.log)
    assert {row["reason"] for row in owed} == {"interrupted"}


def test_what_an_endpoint_does_not_answer_is_owed_and_comes_with_a_resume(
    tmp_path: Path, server: Choosing, capsys: pytest.CaptureFixture[str]
) -> None:
    def sometimes(shown: Shown, body: dict[str, Any]) -> Answer:
        return Answer("busy", status=503) if "good 3" in shown.responses else _rule(shown, body)

    server.rule = sometimes
    assert main(_args(tmp_path, server)) == 5
    assert "2 of 24 answers are owed, neither right nor wrong" in capsys.readouterr().err
    rows = read_preferences(tmp_path / "run").rows
    assert [row.skipped for row in rows if row.skipped] == ["owed: the endpoint did not answer"]
    assert [row["task"] for row in lines(tmp_path / "run" / "owed.jsonl")] == ["toy/003"] * 2
    server.rule = _rule
    assert main(_args(tmp_path, server, "--resume")) == 0
    assert not any(row.skipped for row in read_preferences(tmp_path / "run").rows)
    assert not (tmp_path / "run" / "owed.jsonl").exists()


def test_an_endpoint_that_is_down_is_not_asked_for_ever(
    tmp_path: Path, server: Choosing, capsys: pytest.CaptureFixture[str]
) -> None:
    server.rule = lambda shown, body: Answer("gone", status=500)
    assert main(_args(tmp_path, server, "--max-connections", "2")) == 5
    assert len(server.log) <= 6
    assert "the endpoint is down, and was not asked any further" in capsys.readouterr().err


def test_a_line_that_was_cut_off_is_asked_again(tmp_path: Path, server: Choosing) -> None:
    assert main(_args(tmp_path, server)) == 0
    path = tmp_path / "run" / "answers.jsonl"
    whole = _answers(tmp_path / "run")
    path.write_bytes(path.read_bytes()[:-25])
    server.log.clear()
    assert main(_args(tmp_path, server, "--resume")) == 0
    assert len(server.log) == 1
    assert _answers(tmp_path / "run") == whole


def test_another_configuration_is_refused_and_the_field_is_named(
    tmp_path: Path, server: Choosing, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(_args(tmp_path, server)) == 0
    for args, field in (
        (["--temperature", "0.5"], "sampling.temperature: not set, now 0.5"),
        (["--labels", "1,2"], "how.question.digest"),
        (["--mode", "forced_choice"], "how.mode: judge, now forced_choice"),
        (["--limit", "3"], "suite.selection"),
        (["--system", "Be fair."], "how.system: not set, now Be fair."),
    ):
        capsys.readouterr()
        assert main(_args(tmp_path, server, "--resume", *args)) == 2
        err = capsys.readouterr().err
        assert field in err
        assert "cannot resume" in err
    assert main(_args(tmp_path, server)) == 2
    assert "add --resume" in capsys.readouterr().err
    assert main(_args(tmp_path, server, "--resume", "--label", "another", "--max-connections", "3")) == 0


def test_answers_may_be_gzipped_when_the_run_is_done(tmp_path: Path, server: Choosing) -> None:
    assert main(_args(tmp_path, server)) == 0
    folder = tmp_path / "run"
    before = (folder / "pairs.jsonl").read_bytes()
    (folder / "answers.jsonl.gz").write_bytes(gzip.compress((folder / "answers.jsonl").read_bytes()))
    (folder / "answers.jsonl").unlink()
    (folder / "pairs.jsonl").unlink()
    write_pairs(folder)
    assert (folder / "pairs.jsonl").read_bytes() == before
    server.log.clear()
    assert main(_args(tmp_path, server, "--resume")) == 0
    assert not server.log


def test_one_process_at_a_time_works_on_a_run(
    tmp_path: Path, server: Choosing, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(_args(tmp_path, server)) == 0
    with run_lock(tmp_path / "run"):
        assert main(_args(tmp_path, server, "--resume")) == 2
    assert "another process is working on this run" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"task": "toy/999", "first": "good", "second": "bad", "epoch": 0, "choice": "first"}, "not asked for"),
        ({"task": "toy/001", "first": "good", "second": "evil", "epoch": 0, "choice": "first"}, "not asked for"),
        ({"task": "toy/001", "first": "good", "second": "bad", "epoch": 0, "choice": "both"}, "malformed"),
        (
            {"task": "toy/001", "first": "good", "second": "bad", "epoch": 0, "choice": "first", "p_first": 2},
            "malformed",
        ),
        ({"task": "toy/001", "role": "policy", "responses": []}, "not asked for"),
    ],
)
def test_records_that_cannot_be_are_refused(tmp_path: Path, server: Choosing, row: dict[str, Any], said: str) -> None:
    assert main(_args(tmp_path, server)) == 0
    with (tmp_path / "run" / "answers.jsonl").open("a") as stream:
        stream.write(json.dumps(row) + "\n")
    with pytest.raises(BadInput, match=said):
        write_pairs(tmp_path / "run")


def test_a_manifest_that_was_damaged_ends_in_one_line(
    tmp_path: Path, server: Choosing, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(_args(tmp_path, server)) == 0
    path = tmp_path / "run" / "run.json"
    manifest = json.loads(path.read_text())
    for broken in (
        {**manifest, "how": 3},
        {**manifest, "kind": "other"},
        {**manifest, "sampling": {"epochs": "x"}},
        {**manifest, "reference": "x"},
    ):
        path.write_text(json.dumps(broken))
        capsys.readouterr()
        assert main(_args(tmp_path, server, "--resume")) == 2
        assert "run.json" in capsys.readouterr().err


def test_a_folder_of_another_kind_is_left_alone(
    tmp_path: Path, server: Choosing, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "notes.txt").write_text("mine")
    assert main(_args(tmp_path, server)) == 2
    assert "holds files but no run" in capsys.readouterr().err
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["notes.txt"]


def test_verbs_for_code_runs_say_what_a_preference_run_is(
    tmp_path: Path, server: Choosing, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(_args(tmp_path, server)) == 0
    assert main(["report", str(tmp_path / "run")]) == 2
    assert "a preference run; `evalrun preferences`" in capsys.readouterr().err


def test_what_a_server_says_reaches_the_terminal_harmless(
    tmp_path: Path, server: Choosing, capsys: pytest.CaptureFixture[str]
) -> None:
    def rude(shown: Shown, body: dict[str, Any]) -> Answer:
        if "good 3" in shown.responses:
            return Answer("\x1b[2J content_filter \u202egone", status=400)
        return _rule(shown, body)

    server.rule = rude
    assert main(_args(tmp_path, server)) == 0
    said = capsys.readouterr()
    assert "\x1b" not in said.out + said.err
    assert "\u202e" not in said.out + said.err
    assert "\x1b" not in (tmp_path / "run" / "pairs.jsonl").read_text()


@pytest.mark.parametrize("change", ["cut", "gone", "turned", "more"])
def test_tasks_that_were_changed_on_disk_are_not_resumed(
    tmp_path: Path, server: Choosing, capsys: pytest.CaptureFixture[str], change: str
) -> None:
    assert main(_args(tmp_path, server)) == 0
    path = tmp_path / "run" / "tasks.jsonl"
    rows = path.read_text().splitlines(keepends=True)
    last = json.loads(rows[-1])
    path.write_text(
        "".join(rows[:-1])
        + {
            "cut": rows[-1][:-20],
            "gone": "",
            "turned": json.dumps({**last, "ranking": last["ranking"][::-1]}) + "\n",
            "more": rows[-1] + json.dumps({**last, "id": "toy/more"}) + "\n",
        }[change]
    )
    (tmp_path / "run" / "answers.jsonl").write_text("")
    capsys.readouterr()
    assert main(_args(tmp_path, server, "--resume")) == 2
    assert "tasks.jsonl" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["answers.jsonl", "pairs.jsonl", "run.json"])
def test_nothing_is_written_through_a_link_that_leads_out_of_the_run(
    tmp_path: Path, server: Choosing, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    assert main(_args(tmp_path, server)) == 0
    path, mine = tmp_path / "run" / name, tmp_path / "mine"
    mine.write_bytes(path.read_bytes() + b"no end")
    path.unlink()
    path.symlink_to(mine)
    capsys.readouterr()
    assert main(_args(tmp_path, server, "--resume")) == 2
    assert "leads out of the run's folder" in capsys.readouterr().err
    assert mine.read_bytes().endswith(b"no end")


def test_of_two_answers_to_one_question_the_first_counts(tmp_path: Path, server: Choosing) -> None:
    assert main(_args(tmp_path, server)) == 0
    path, pairs = tmp_path / "run" / "answers.jsonl", tmp_path / "run" / "pairs.jsonl"
    before = pairs.read_bytes()
    turned = {"first": "second", "second": "first"}
    again = [json.dumps({**row, "choice": turned[row["choice"]]}) + "\n" for row in lines(path)]
    path.write_text(path.read_text() + "".join(again))
    write_pairs(tmp_path / "run")
    assert pairs.read_bytes() == before
