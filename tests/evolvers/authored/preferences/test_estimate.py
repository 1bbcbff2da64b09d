"""What evolving preference tasks would cost is told before: from its prompts, and from what an earlier one was like."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from evalrun.benchmarks.preference import PreferenceSuite, PreferenceTask
from evalrun.evolvers.authored.preferences.registry import registered_names
from evalrun.harness.cli import main

from ..answering import Answering, Body, Said, answering, question
from .panel import ADVICE, JUDGES, PROCESS, WORSE, Panel, purpose_of, reply

PRICES = ("--price-in", "3", "--price-out", "15")


def numbered(number: int) -> PreferenceTask:
    """The same question for another number of guests."""
    last = ADVICE.messages[-1]
    asked = replace(last, content=f"{last.content} There are {number} guests{' and children' * (number % 4)}.")
    return replace(ADVICE, id=f"toy/{number}", messages=(*ADVICE.messages[:-1], asked))


def say(body: Body) -> Said:
    """An author whose every third reply is no JSON at first; judges who see no difference."""
    text = question(body)
    purpose = purpose_of(body)
    found = re.search(r"There are ([0-9]+) guests[a-z ]*\.", text)
    number = int(found[1]) if found else 0
    if purpose in ("degrade", "paraphrase") and number % 3 == 0:
        return counted(body, "Here it is: {")
    if purpose == "degrade" or (purpose == "mend" and "Make the response below worse" in text):
        return counted(body, reply(response=WORSE, changed="It gives no reason any more."))
    if purpose in ("paraphrase", "mend"):
        old = ADVICE.messages[-1].content
        told = f"Please tell me this. {old} {found[0]}" if found else "what?"
        return counted(body, reply(question=told))
    if purpose == "same":
        return counted(body, reply(same=True, why="They ask for the same."))
    return counted(body, "I read both.\n[[tie]]")


def counted(body: Body, text: str) -> Said:
    return Said(text, input_tokens=len(json.dumps(body["messages"])) // 4, output_tokens=len(text) // 4 + 1)


def evolve(server: Answering, folder: Path, seeds: str, output: str, *further: str) -> int:
    members = ["--model", "alpha-1", "--base-url", server.base_url]
    members += [part for judge in JUDGES for part in ("--judge-model", judge)]
    wish = ["--operators", "paraphrase,rubric_degrade", *members, *PROCESS, *PRICES, *further]
    return main(["evolve", str(folder / seeds), *wish, "-o", str(folder / output)])


def test_a_dry_run_tells_requests_tokens_and_money_asks_nobody_and_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    PreferenceSuite("toy", "1", tuple(map(numbered, range(3)))).save(tmp_path / "seeds")
    panel = Panel({})
    with answering(panel) as server:
        assert evolve(server, tmp_path, "seeds", "new", "--operators", "all", "--dry-run") == 0
    said = capsys.readouterr().out
    assert panel.asked == []
    assert {path.name for path in tmp_path.iterdir()} == {"seeds"}
    assert re.search(r"^author: evolve +alpha-1 +[0-9]+ +[0-9,]+ +[0-9,]+ +[0-9.]+$", said, re.MULTILINE)
    assert all(re.search(rf"^judge: judge +{judge}", said, re.MULTILINE) for judge in JUDGES)
    proposals = re.search(r"^proposals: ([0-9]+), ([0-9]+) more cannot be made:$", said, re.MULTILINE)
    assert proposals is not None
    assert int(proposals[1]) + int(proposals[2]) == 3 * len(registered_names())
    assert "assumed: 10% of drafts are mended" in said


def test_a_model_without_a_price_is_told_as_a_dash_and_a_budget_that_ends_it_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    PreferenceSuite("toy", "1", tuple(map(numbered, range(3)))).save(tmp_path / "seeds")
    (tmp_path / "prices.toml").write_text('["alpha-1"]\nin = 3\nout = 15\n')
    wish = ["--operators", "paraphrase", "--model", "alpha-1", "--judge-model", "beta-7b", *PROCESS, "--dry-run"]
    more = ["--prices", str(tmp_path / "prices.toml"), "--budget", "calls=2"]
    assert main(["evolve", str(tmp_path / "seeds"), *wish, *more, "-o", str(tmp_path / "new")]) == 0
    said = capsys.readouterr().out
    assert re.search(r"^judge: judge +beta-7b .* -$", said, re.MULTILINE)
    assert "the budget of calls would end it after about" in said


def test_the_estimate_from_an_earlier_run_comes_within_a_fifth_of_the_bill(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Replies are mended on the way, candidates fall out at the judges; other tasks than those that were measured."""
    for name, first in (("old", 1), ("later", 20)):
        PreferenceSuite("toy", "1", tuple(map(numbered, range(first, first + 6)))).save(tmp_path / name)
    with answering(say) as server:
        assert evolve(server, tmp_path, "old", "first") == 0
        capsys.readouterr()
        asked = len(server.bodies)
        recorded = ("--replies", str(tmp_path / ".first.replies"))
        assert evolve(server, tmp_path, "later", "second", "--dry-run", *recorded) == 0
        guess = capsys.readouterr().out
        assert len(server.bodies) == asked
        assert evolve(server, tmp_path, "later", "second") == 0
        bill = capsys.readouterr().out

    assert "mended" in guess
    assert "measured on" in guess
    guessed = re.search(r"^in all, about +([0-9,]+) .* ([0-9.]+)$", guess, re.MULTILINE)
    paid = re.search(r"^money +([0-9.]+)", bill, re.MULTILINE)
    assert guessed is not None
    assert paid is not None
    assert float(guessed[2]) == pytest.approx(float(paid[1]), rel=0.2)
    assert int(guessed[1].replace(",", "")) == pytest.approx(len(server.bodies) - asked, rel=0.2)
