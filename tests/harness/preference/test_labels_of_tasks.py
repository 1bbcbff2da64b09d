"""Tasks that say what their responses are to be called, through a real server."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from evalrun.benchmarks.preference import PreferenceTask, Response
from evalrun.harness.commands.prefer import command
from evalrun.harness.preference.labels import OWN, can_be_stated, labels_for
from evalrun.harness.preference.question_layout import Shown
from evalrun.leaderboard.preferences.summary import summarise
from evalrun.leaderboard.preferences.table import read_preferences

from .choosing_server import choosing, pair, suite


def named(task: PreferenceTask, one: str, other: str) -> PreferenceTask:
    """The task with other ids, which its tag asks to be shown."""
    names = {response.id: name for response, name in zip(task.responses, (one, other), strict=True)}
    responses = tuple(replace(response, id=names[response.id]) for response in task.responses)
    ranking = tuple(tuple(names[each] for each in tier) for tier in task.ranking)
    return replace(task, responses=responses, ranking=ranking, tags=(OWN,))


@pytest.mark.parametrize(("mode", "reply"), [("judge", "[[{}]]"), ("forced_choice", "{}")])
def test_responses_are_called_as_the_task_says_by_position(tmp_path: Path, mode: str, reply: str) -> None:
    tasks = [pair(0, "good answer", "bad answer, longer"), named(pair(1, "good one", "bad one"), "maple", "birch")]
    suite(tasks).save(tmp_path / "suite")
    seen: set[tuple[str, str]] = set()

    def rule(shown: Shown, body: object) -> str:
        seen.add(shown.labels)
        good = shown.responses[0].startswith("good")
        return reply.format(shown.labels[0] if good else shown.labels[1])

    with choosing(rule) as server:
        given = ["--suite", str(tmp_path / "suite"), "--model", "m", "--base-url", server.base_url]
        command.main([*given, "-o", str(tmp_path / "run"), "--mode", mode], standalone_mode=False)
    assert {("A", "B"), ("maple", "birch")} == seen  # the swapped order too: a label belongs to a place
    found = summarise(read_preferences(tmp_path / "run"))
    assert found.overall.result.accuracy == 1
    assert found.judge.unreadable == 0


def responses(*ids: str) -> tuple[Response, ...]:
    return tuple(Response(name, f"text {number}") for number, name in enumerate(ids))


@pytest.mark.parametrize("ids", [("a\nb", "c"), ("==", "c"), ("(a)", "c"), ("Yes", "yes"), ("c", "TIE")])
def test_ids_that_no_reply_could_state_are_not_shown(ids: Sequence[str]) -> None:
    task = replace(pair(0, "x", "y"), responses=responses(*ids), ranking=((ids[0],), (ids[1],)), tags=(OWN,))
    assert labels_for(task, ("A", "B")) == ("A", "B")
    assert not can_be_stated((ids[0], ids[1]))


def test_other_tasks_are_shown_under_the_labels_of_the_run() -> None:
    assert labels_for(pair(0, "x", "y"), ("1", "2")) == ("1", "2")
