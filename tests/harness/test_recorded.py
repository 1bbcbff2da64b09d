"""Recorded replies given again: by the request, by the prompt, in the order of their epochs; nothing is made up."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from evalrun.benchmarks import BadInput, Suite
from evalrun.benchmarks.jsonio import write_jsonl
from evalrun.harness.cli import main
from evalrun.harness.endpoint.prompt import build_prompt
from evalrun.harness.runs.records import load_run
from evalrun.harness.serve.baselines import Baseline, NoAnswer, Question, Said, Stub
from evalrun.harness.serve.recorded import Recorded, recorded
from evalrun.harness.serve.server import serving

CORE = Suite.load("core")
TASKS = CORE.tasks[:3]


class Counting:
    """Says something else every time."""

    name = "counting"

    def __init__(self) -> None:
        self.said = 0

    def answer(self, question: Question) -> list[str | Said]:
        self.said += question.count
        return [f"answer {self.said - question.count + number}" for number in range(question.count)]


def run(baseline: Baseline, folder: Path, *more: str) -> Path:
    with serving(baseline) as base_url:
        ask = ["run", "--suite", "core", "--model", baseline.name, "--base-url", base_url, "-o", str(folder)]
        assert main([*ask, "--limit", "3", "--generate-only", "--max-retries", "0", *more]) == 0
    return folder


def texts(folder: Path) -> dict[tuple[str, int], str]:
    return {key: row.text for key, row in load_run(folder).samples.items()}


def said(baseline: Baseline, question: Question) -> list[str]:
    return [each if isinstance(each, str) else each.text for each in baseline.answer(question)]


def chat(number: int = 0, **more: Any) -> Question:
    return replace(Question(build_prompt(TASKS[number], "chat").text, "chat"), **more)


@pytest.mark.parametrize("more", [(), ("--epochs", "3", "--seed", "5"), ("--form", "completions", "--max-tokens", "1")])
def test_a_run_of_its_own_recording_brings_the_same_replies(tmp_path: Path, more: tuple[str, ...]) -> None:
    first = run(Counting(), tmp_path / "first", "--max-connections", "1", *more)
    (model,) = recorded([first], [])
    assert model.name == "counting"
    second = run(model, tmp_path / "second", *more)
    assert texts(second) == texts(first)


def test_repeated_requests_get_the_epochs_in_turn(tmp_path: Path) -> None:
    folder = run(Counting(), tmp_path / "run", "--epochs", "2", "--max-connections", "1")
    body = {"model": "counting", "messages": [{"role": "user", "content": chat().text}]}
    (model,) = recorded([folder], [])
    expected = [texts(folder)[TASKS[0].id, epoch] for epoch in (0, 1, 0)]
    assert [said(model, chat(body=body))[0] for _ in range(3)] == expected
    (again,) = recorded([folder], [])
    assert [said(again, chat())[0] for _ in range(3)] == expected


def test_a_request_that_was_put_otherwise_is_found_by_its_prompt_and_its_seed(tmp_path: Path) -> None:
    folder = run(Counting(), tmp_path / "run", "--epochs", "2", "--seed", "10", "--max-connections", "1")
    (model,) = recorded([folder], [])
    question = Question(f"My own words:\n\n{TASKS[1].prompt}", "chat", seed=11)
    assert said(model, question) == [texts(folder)[TASKS[1].id, 1]]
    assert said(model, replace(question, seed=10, count=2)) == [texts(folder)[TASKS[1].id, epoch] for epoch in (0, 1)]


def test_how_a_reply_travels_does_not_change_which_it_is(tmp_path: Path) -> None:
    folder = run(Counting(), tmp_path / "run")
    row = load_run(folder).samples[TASKS[2].id, 0]
    body = {"model": "counting", "messages": [{"role": "user", "content": chat(2).text}], "stream": True}
    manifest = json.loads((folder / "run.json").read_text())
    manifest["suite"]["name"] = "of-my-own"  # so that no prompt is known
    (folder / "run.json").write_text(json.dumps(manifest))
    (model,) = recorded([folder], [])
    assert said(model, chat(2, body=body)) == [row.text]
    with pytest.raises(NoAnswer, match="no --suite was given"):
        model.answer(chat(2))


def test_what_was_not_recorded_is_not_made_up(tmp_path: Path) -> None:
    (model,) = recorded([run(Counting(), tmp_path / "run")], [])
    with pytest.raises(NoAnswer, match="no reply to the task"):
        model.answer(Question(CORE.tasks[5].prompt, "chat"))
    with pytest.raises(NoAnswer, match="holds no prompt"):
        model.answer(Question("How are you?", "chat"))


def test_runs_of_one_model_are_one_model_and_runs_of_two_are_two(tmp_path: Path) -> None:
    one = run(Counting(), tmp_path / "one", "--tasks", TASKS[0].id)
    other = run(Counting(), tmp_path / "other", "--tasks", TASKS[1].id)
    third = run(Stub(), tmp_path / "third")
    models = recorded([one, other, third], [])
    assert [model.name for model in models] == ["counting", "stub"]
    assert said(models[0], chat(0)) == said(models[0], chat(1)) == ["answer 0"]


def test_a_samples_file_is_served_by_the_prompts_of_its_suite(tmp_path: Path) -> None:
    rows = [{"task_id": TASKS[0].id, "solution": f"answer {number}"} for number in range(3)]
    write_jsonl(tmp_path / "answers.jsonl", rows)
    (model,) = recorded([tmp_path / "answers.jsonl"], [CORE])
    assert model.name == "recorded"
    assert [said(model, chat())[0] for _ in range(4)] == ["answer 0", "answer 1", "answer 2", "answer 0"]
    assert said(model, chat(seed=2)) == ["answer 2"]
    with pytest.raises(BadInput, match="need one --suite"):
        recorded([tmp_path / "answers.jsonl"], [])


def test_a_run_without_replies_is_refused(tmp_path: Path) -> None:
    folder = run(Counting(), tmp_path / "run")
    (folder / "samples.jsonl").write_text("")
    with pytest.raises(BadInput, match="no reply is recorded there"):
        recorded([folder], [])
    assert isinstance(recorded([run(Counting(), tmp_path / "other")], [])[0], Recorded)
