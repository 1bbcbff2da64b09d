"""Asking about values: any chooser will do, and what cannot be asked is an answer that picks nothing."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from evalrun.benchmarks import BadInput, InfraError, Owed
from evalrun.benchmarks.preference import PreferenceTask
from evalrun.benchmarks.preference.timeline import Period, Timeline, ValueItem
from evalrun.harness.preference.api import NotScorable, Said
from evalrun.harness.preference.value_answers import preference
from evalrun.harness.preference.value_questions import EvidenceRule, Question, orders, questions
from evalrun.harness.preference.value_run import Given, ValueRun, asks_chooser


def held(options: int = 2) -> Timeline:
    texts = ("walk", "ride", "swim")[:options]
    items = tuple(
        ValueItem(f"i{n}", f"Case {n}", texts, ("o1", "o2", "o3")[:options], (3, 1, 0)[:options]) for n in range(3)
    )
    return Timeline("t", (Period("1900s", items),))


@dataclass
class Leans:
    """A chooser that prefers walking by .8, and whatever stands first a little more; counts what it is asked."""

    asked: int = 0

    async def choose(self, task: PreferenceTask, first: str, second: str, *, epoch: int = 0) -> Said:
        self.asked += 1
        assert {first, second} == {response.text for response in task.responses}
        share = (0.8 if first == "walk" else 0.2) + 0.1
        return Said("first" if share > 0.5 else "second", p_first=share)


def run_of(folder: Path, timeline: Timeline, *, resume: bool = False) -> ValueRun:
    return ValueRun(folder, {"kind": "follow"}, timeline, resume=resume)


def wanted(timeline: Timeline) -> list[tuple[Question, int]]:
    return [(question, 0) for question in questions(timeline, "follow", EvidenceRule())]


def test_a_chooser_s_probabilities_are_freed_from_its_leaning_to_the_first(tmp_path: Path) -> None:
    timeline = held()
    run = run_of(tmp_path / "run", timeline)
    asyncio.run(run.ask_all(wanted(timeline), asks_chooser(Leans()), 2, lambda: None)())
    answers = [recorded.answer for recorded in run.done.values() if recorded.item == "i0"]
    found = preference(answers, orders(2))
    assert found.shares == pytest.approx((0.8, 0.2))
    assert found.position_bias == pytest.approx(0.1)


def test_items_that_a_chooser_cannot_be_shown_are_recorded_with_the_reason_and_not_owed(tmp_path: Path) -> None:
    timeline, chooser = held(3), Leans()
    run = run_of(tmp_path / "run", timeline)
    asyncio.run(run.ask_all(wanted(timeline), asks_chooser(chooser), 2, lambda: None)())
    rows = [json.loads(line) for line in (tmp_path / "run" / "answers.jsonl").read_text().splitlines()]
    assert len(rows) == 9
    assert all(row["shares"] is None and "more options" in row["why"] for row in rows)
    assert chooser.asked == 0


def test_one_failure_costs_one_answer_and_resuming_asks_for_that_one_only(tmp_path: Path) -> None:
    timeline = held()
    asked: list[str] = []
    down = True

    async def ask(question: Question, epoch: int) -> Given:
        asked.append(question.item.id)
        if down and question.item.id == "i1" and question.order == (0, 1):
            raise InfraError("the server hung up")
        if question.item.id == "i2":
            raise NotScorable("refused: filtered")
        return Given((1.0, 0.0), "A")

    run = run_of(tmp_path / "run", timeline)
    with pytest.raises(Owed, match=r"1 of 6 answers are owed \(the server hung up\)"):
        asyncio.run(run.ask_all(wanted(timeline), ask, 1, lambda: None)())
    assert len(asked) == 6
    down = False
    again = run_of(tmp_path / "run", timeline, resume=True)
    asyncio.run(again.ask_all(wanted(timeline), ask, 1, lambda: None)())
    assert asked[6:] == ["i1"]
    assert len(again.done) == 6


def test_a_server_that_is_down_is_given_up_after_a_few_failures_in_a_row(tmp_path: Path) -> None:
    timeline = held()
    tried = 0

    async def ask(question: Question, epoch: int) -> Given:
        nonlocal tried
        tried += 1
        raise InfraError("no route")

    run = run_of(tmp_path / "run", timeline)
    with pytest.raises(Owed, match="6 of 6"):
        asyncio.run(run.ask_all(wanted(timeline), ask, 1, lambda: None)())
    assert tried == 4


def test_an_answer_whose_line_has_no_end_is_asked_for_again(tmp_path: Path) -> None:
    timeline, chooser = held(), Leans()
    asyncio.run(run_of(tmp_path / "run", timeline).ask_all(wanted(timeline), asks_chooser(chooser), 2, lambda: None)())
    path = tmp_path / "run" / "answers.jsonl"
    path.write_text(path.read_text()[:-1])
    again = run_of(tmp_path / "run", timeline, resume=True)
    asyncio.run(again.ask_all(wanted(timeline), asks_chooser(chooser), 2, lambda: None)())
    assert (chooser.asked, len(path.read_text().splitlines())) == (7, 6)


@pytest.mark.parametrize("shares", [[2, -1], [10**400, 0], ["a", 0], [float("nan"), 1]])
def test_shares_on_disk_that_cannot_be_are_bad_input(tmp_path: Path, shares: list[object]) -> None:
    timeline = held()
    asyncio.run(run_of(tmp_path / "run", timeline).ask_all(wanted(timeline), asks_chooser(Leans()), 2, lambda: None)())
    path = tmp_path / "run" / "answers.jsonl"
    first, *rest = path.read_text().splitlines()
    path.write_text("\n".join([json.dumps({**json.loads(first), "shares": shares}), *rest]) + "\n")
    with pytest.raises(BadInput, match="answer 1: a field is missing or wrong"):
        run_of(tmp_path / "run", timeline, resume=True)


def test_a_manifest_without_its_timeline_is_bad_input(tmp_path: Path) -> None:
    run_of(tmp_path / "run", held())
    path = tmp_path / "run" / "run.json"
    path = path if path.exists() else next((tmp_path / "run").glob("*.json"))
    path.write_text(json.dumps({**json.loads(path.read_text()), "timeline": None}))
    with pytest.raises(BadInput, match="timeline"):
        run_of(tmp_path / "run", held(), resume=True)
