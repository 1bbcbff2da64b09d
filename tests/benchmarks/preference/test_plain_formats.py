"""Our own rows and the two simple schemas: what they become, and which rows are left out with one line."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from evalrun.benchmarks import BadInput, Suite
from evalrun.benchmarks.loading import load_any
from evalrun.benchmarks.preference import PreferenceSuite, PreferenceTask


def write(path: Path, rows: Sequence[Any]) -> Path:
    path.write_text("".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows))
    return path


def pair(**changed: Any) -> dict[str, Any]:
    return {"prompt": "Name a prime.", "chosen": "Seven.", "rejected": "Nine.", **changed}


def best(task: PreferenceTask) -> list[str]:
    return [task.response(name).text for name in task.ranking[0]]


def load_one(path: Path, row: dict[str, Any]) -> PreferenceTask:
    (task,) = PreferenceSuite.load(write(path / "one.jsonl", [row])).tasks
    return task


def test_pairs_load_from_json_lines_json_csv_and_gzip_alike(tmp_path: Path) -> None:
    rows = [pair(), pair(chosen="Eleven.")]
    lines = write(tmp_path / "p.jsonl", rows)
    whole = tmp_path / "p.json"
    whole.write_text(json.dumps(rows))
    table = tmp_path / "p.csv"
    table.write_text("prompt,chosen,rejected\nName a prime.,Seven.,Nine.\nName a prime.,Eleven.,Nine.\n")
    packed = tmp_path / "p.bin"
    packed.write_bytes(gzip.compress(lines.read_bytes()))
    digests = {PreferenceSuite.load(path).digest for path in (lines, whole, table)}
    assert len(digests) == 1
    assert [best(task) for task in PreferenceSuite.load(packed)] == [["Seven."], ["Eleven."]]


def test_where_a_file_lists_the_better_response_first_the_order_of_the_responses_does_not_tell_it(
    tmp_path: Path,
) -> None:
    rows = [pair(prompt=f"Question {n}", chosen=f"Good answer {n}", rejected=f"Bad answer {n}") for n in range(200)]
    suite = PreferenceSuite.load(write(tmp_path / "p.jsonl", rows))
    first = sum(task.responses[0].id in task.ranking[0] for task in suite)
    assert 70 < first < 130
    assert all(best(task)[0].startswith("Good") for task in suite)


def test_bad_rows_are_left_out_with_one_line_each_and_the_rest_loads(tmp_path: Path) -> None:
    rows = [
        {"prompt": "x", "chosen": "a missing side"},
        pair(id="one"),
        pair(id="two", rejected="Seven."),
        pair(id="three", rejected="  "),
        "{not json",
        pair(id="one", chosen="Another."),
        pair(id="four", prompt=None),
        pair(id="five", chosen=7),
        pair(id="six", chosen="\x1b[31mred", rejected={"a": 1}),
    ]
    suite = PreferenceSuite.load(write(tmp_path / "p.jsonl", rows))
    assert [task.id for task in suite] == ["one"]
    told = {item.where: item.why for item in suite.skipped}
    assert list(map(str, sorted(told))) == [f"line {n}" for n in (1, 3, 4, 5, 6, 7, 8, 9)]
    assert "'rejected' is missing" in told["line 1"]
    assert "equal" in told["line 3"]
    assert "empty" in told["line 4"]
    assert "not a JSON object" in told["line 5"]
    assert "'one' occurred in line 2 already" in told["line 6"]
    assert "'prompt'" in told["line 7"]
    assert all("\n" not in why and why.isprintable() for why in told.values())


def test_a_file_without_a_single_task_is_bad_input_with_the_first_reason(tmp_path: Path) -> None:
    path = write(tmp_path / "p.jsonl", [pair(rejected="Seven."), pair(rejected="Seven.")])
    with pytest.raises(BadInput, match=r"none of its rows is a preference task \(line 1: .*equal.*and 1 more rows"):
        PreferenceSuite.load(path)


@pytest.mark.parametrize(("text", "said"), [("", "holds no rows"), ("[]", "holds no rows"), ("[1]", "row 1: a int")])
def test_a_file_without_rows_is_bad_input(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "p.json"
    path.write_text(text)
    with pytest.raises(BadInput, match=said):
        PreferenceSuite.load(path)


def test_rows_of_no_known_format_are_told_with_what_is_known(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"fields found: apples, pears.*plain: prompt, and chosen, rejected"):
        PreferenceSuite.load(write(tmp_path / "p.jsonl", [{"apples": 1, "pears": 2}]))


def test_conversations_may_be_lists_of_turns_with_a_shared_beginning(tmp_path: Path) -> None:
    turns = [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Hello"},
        {"role": "user", "content": "?"},
    ]
    row = {
        "prompt": "?",
        "chosen": [*turns, {"role": "assistant", "content": "Yes"}],
        "rejected": [*turns, {"role": "assistant", "content": "No"}],
    }
    task = load_one(tmp_path, row)
    assert [message.content for message in task.messages] == ["Hi", "Hello", "?"]
    assert best(task) == ["Yes"]
    split = {"prompt": turns, "chosen": row["chosen"][-1:], "rejected": row["rejected"][-1:], "system": "Be brief."}
    assert [message.role for message in load_one(tmp_path, split).messages] == ["system", "user", "assistant", "user"]


def test_conversations_that_differ_before_the_responses_are_left_out(tmp_path: Path) -> None:
    row = {
        "chosen": [{"role": "user", "content": "A"}, {"role": "assistant", "content": "Yes"}],
        "rejected": [{"role": "user", "content": "B"}, {"role": "assistant", "content": "No"}],
    }
    suite = PreferenceSuite.load(write(tmp_path / "p.jsonl", [row, pair()]))
    assert len(suite) == 1
    assert "differ" in suite.skipped[0].why


def test_ranked_responses_take_a_ranking_a_label_scores_or_votes(tmp_path: Path) -> None:
    three = {"prompt": "q", "responses": ["low", "high", "middle"]}
    assert load_one(tmp_path, {**three, "ranking": ["2", ["1", "3"]]}).ranking == (("2",), ("1", "3"))
    assert load_one(tmp_path, {**three, "scores": [1, 3, 2]}).ranking == (("2",), ("3",), ("1",))
    assert load_one(tmp_path, {**three, "label": "2"}).ranking == (("2",), ("1", "3"))
    two = {"prompt": "q", "responses": [{"id": "x", "text": "one", "source": "m"}, {"id": "y", "text": "two"}]}
    assert load_one(tmp_path, {**two, "label": "tie"}).ranking == (("x", "y"),)
    voted = load_one(tmp_path, {**two, "votes": {"old": {"x": 1, "tie": 1}, "young": {"y": 4}}})
    assert voted.ranking == (("y",), ("x",))
    assert voted.agreement() == pytest.approx(4.5 / 6)
    assert voted.agreement("old") == pytest.approx(0.25)
    assert load_one(tmp_path, {**two, "votes": {"x": 2, "y": 2}}).ranking == (("x", "y"),)


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ({}, "one of 'ranking', 'label', 'scores', 'votes'"),
        ({"label": "z"}, "neither 'tie' nor the id"),
        ({"label": "1", "votes": {"1": 1, "2": 3}}, "contradict"),
        ({"scores": [1]}, "1 for 2 responses"),
        ({"scores": [1, None]}, "expected a number"),
        ({"scores": [1, 10**400]}, "expected a number"),
        ({"votes": {"1": 10**400, "2": 1, "tie": 10**400}}, "more than 2147483647"),
        ({"scores": [1, float("nan")]}, "expected a number"),
        ({"votes": {"1": -1}}, "whole number"),
        ({"votes": {"9": 1}}, "neither a response"),
        ({"ranking": [["1"]]}, "exactly one tier"),
        ({"label": "1", "messages": [], "prompt": []}, "prompt"),
    ],
)
def test_what_a_ranked_row_lacks_or_contradicts_is_said(tmp_path: Path, field: dict[str, Any], said: str) -> None:
    good = {"prompt": "q", "responses": ["x", "y"], "label": "1"}
    row = {"prompt": "q", "responses": ["a", "b"], **field}
    suite = PreferenceSuite.load(write(tmp_path / "p.jsonl", [row, good]))
    assert len(suite) == 1
    assert said in suite.skipped[0].why


def test_our_own_rows_come_back_and_a_repeated_id_is_left_out(tmp_path: Path) -> None:
    row = load_one(tmp_path, pair(id="a/1", criterion="accuracy", category="numbers", license="CC0-1.0")).to_json()
    again = {**row, "ranking": [list(tier) for tier in reversed(row["ranking"])]}
    suite = PreferenceSuite.load(write(tmp_path / "own.jsonl", [row, again]))
    assert suite.tasks[0].to_json() == row
    assert "'a/1' occurred in line 1" in suite.skipped[0].why


def test_code_tasks_and_preference_tasks_are_told_apart_by_either_loader(tmp_path: Path) -> None:
    code = {
        "task_id": "H/0",
        "prompt": "def f():\n",
        "entry_point": "f",
        "canonical_solution": "  return 1\n",
        "test": "def check(f): assert f() == 1",
    }
    code_file, pairs_file = write(tmp_path / "c.jsonl", [code]), write(tmp_path / "p.jsonl", [pair()])
    with pytest.raises(BadInput, match=r"preference tasks \(plain\); code tasks are needed"):
        Suite.load(pairs_file)
    with pytest.raises(BadInput, match=r"code tasks \(humaneval\); preference tasks are needed"):
        PreferenceSuite.load(code_file)
    assert isinstance(load_any(code_file), Suite)
    assert isinstance(load_any(pairs_file), PreferenceSuite)
    PreferenceSuite.load(pairs_file).save(tmp_path / "folder")
    assert isinstance(load_any(tmp_path / "folder"), PreferenceSuite)
    assert isinstance(load_any("core"), Suite)
    with pytest.raises(BadInput, match="no such file"):
        load_any(tmp_path / "nothing")
    with pytest.raises(BadInput, match="no such file"):
        PreferenceSuite.load(tmp_path / "nothing")


def test_the_rows_that_the_documentation_shows_load(tmp_path: Path) -> None:
    text = (Path(__file__).parents[3] / "docs" / "formats.md").read_text()
    block = text.split("Two schemas that any tool can write:")[1].split("```")[1].removeprefix("json\n")
    suite = PreferenceSuite.load(write(tmp_path / "shown.jsonl", block.splitlines()))
    assert not suite.skipped
    assert [best(task) for task in suite] == [["Seven."], ["Seven."], ["Seven."], ["Seven."]]
