"""Preference tasks and their suites: what can be ranked, and what is refused with one line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from evalrun.benchmarks import BadInput, Suite
from evalrun.benchmarks.preference import PreferenceSuite, PreferenceTask, is_preference_suite


def _row(**changed: Any) -> dict[str, Any]:
    row: dict[str, Any] = {
        "type": "preference",
        "id": "x/1",
        "messages": [{"role": "user", "content": "Name a prime."}],
        "responses": [{"id": "a", "text": "Seven."}, {"id": "b", "text": "Nine."}],
        "ranking": [["a"], ["b"]],
    }
    return {**row, **changed}


def test_a_task_reads_back_as_it_was_written() -> None:
    row = _row(criterion="correctness", votes={"": {"a": 3, "tie": 1}}, proof={"kind": "stated", "why": "9 = 3 * 3"})
    task = PreferenceTask.from_json(row)
    assert PreferenceTask.from_json(json.loads(json.dumps(task.to_json()))) == task
    assert [(better.text, worse.text) for better, worse in task.pairs()] == [("Seven.", "Nine.")]
    assert task.agreement() == 3.5 / 4


def test_the_digest_says_who_is_right_and_not_where_the_task_stands() -> None:
    task = PreferenceTask.from_json(_row())
    assert PreferenceTask.from_json(_row(id="y/2", category="z", tags=["t"])).digest == task.digest
    assert PreferenceTask.from_json(_row(ranking=[["b"], ["a"]])).digest != task.digest
    assert PreferenceTask.from_json(_row(ranking=[["a", "b"]])).digest != task.digest


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"responses": [{"id": "a", "text": "x"}, {"id": "b", "text": "x"}]}, "equal"),
        ({"responses": [{"id": "a", "text": "x"}, {"id": "b", "text": " "}]}, "empty"),
        ({"responses": [{"id": "a", "text": "x"}]}, "at least two"),
        ({"responses": [{"id": "a", "text": "x"}, {"id": "a", "text": "y"}]}, "distinct"),
        ({"ranking": [["a"]]}, "exactly one tier"),
        ({"ranking": [["a"], ["b"], []]}, "exactly one tier"),
        ({"votes": {"": {"b": 3, "a": 1}}}, "contradict"),
        ({"votes": {"": {"c": 3}}}, "neither"),
        ({"votes": {"": {"a": -1}}}, "whole number"),
        ({"messages": [{"role": "assistant", "content": "x"}]}, "last turn"),
        ({"messages": [{"role": "root", "content": "x"}, {"role": "user", "content": "x"}]}, "role"),
        ({"messages": 3}, "wrong type"),
        ({"type": "code"}, "type"),
    ],
)
def test_what_cannot_be_ranked_is_refused_with_one_line(changed: dict[str, Any], why: str) -> None:
    with pytest.raises(BadInput, match=why) as caught:
        PreferenceTask.from_json(_row(**changed))
    assert "\n" not in str(caught.value)
    assert "'x/1'" in str(caught.value)


def test_a_suite_of_preference_tasks_is_stored_sealed_and_told_from_one_of_code(tmp_path: Path) -> None:
    suite = PreferenceSuite("mine", "1", (PreferenceTask.from_json(_row()),))
    suite.save(tmp_path / "mine")
    assert PreferenceSuite.load(tmp_path / "mine") == suite
    assert is_preference_suite(tmp_path / "mine")
    assert not is_preference_suite("core")
    with pytest.raises(BadInput, match="preference tasks; code tasks are needed"):
        Suite.load(tmp_path / "mine")
    with pytest.raises(BadInput, match="a suite of code tasks"):
        PreferenceSuite.load("core")
    tasks = tmp_path / "mine" / "tasks.jsonl"
    tasks.write_text(tasks.read_text().replace("Seven", "Eight"))
    with pytest.raises(BadInput, match="changed"):
        PreferenceSuite.load(tmp_path / "mine")
