"""What an evolution would cost is told before: from its prompts, and from what an earlier one was like."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from evalrun.benchmarks import CodeTask
from evalrun.evolvers.authored.budget import Limits
from evalrun.evolvers.authored.estimate import Estimate, Line, Wish, estimate, told
from evalrun.evolvers.authored.figures import Figures, figures_of
from evalrun.evolvers.authored.panel import member, panel_of
from evalrun.evolvers.authored.protocol import Hints, Rendered
from evalrun.evolvers.authored.store import Asked, Kept, entries
from evalrun.evolvers.protocol import NotApplicable, Observation
from evalrun.harness.cli import main
from evalrun.harness.endpoint.api import Reply, Response
from evalrun.harness.runs.budget import Prices

from .answering import answering
from .several import Sloppy, suite_of

URL = "http://localhost:8000/v1"
PANEL = panel_of(member("alpha-1", URL), [member("beta", URL), member("gamma", URL)])
TASKS = suite_of(3).tasks
SEEN = Observation()
PLAIN = Figures(mends=0, more_inputs=0, reach=1, clarified=0)


class Fake:
    """An operator of which only its prompt counts."""

    name, version, parents = "fake", "1", 1

    def __init__(self, kind: str = "altering", asks: int = 1, applies: bool = True) -> None:
        self.kind, self.asks, self._applies = kind, asks, applies

    def applies(self, parents: Sequence[CodeTask], observed: Sequence[Observation]) -> None:
        if not self._applies:
            raise NotApplicable("never")

    def ask(self, parents: Sequence[CodeTask], observed: Sequence[Observation], hints: Hints) -> Rendered:
        return Rendered("fake", "1-0", "s" * 100, "t" * 300)


def guess(*operators: Any, figures: Figures = PLAIN, tasks: Sequence[CodeTask] = TASKS) -> Estimate:
    wishes = [Wish(operator, (task,), (SEEN,)) for operator in operators for task in tasks]
    return estimate(wishes, PANEL, figures, 5)


def calls_of(found: Estimate) -> dict[tuple[str, str], float]:
    return {(line.purpose, line.model): pytest.approx(line.calls) for line in found.lines}


def test_a_proposal_is_one_draft_and_five_solutions_by_the_solvers_in_turn() -> None:
    found = guess(Fake())

    assert calls_of(found) == {("evolve", "alpha-1"): 3, ("solve", "beta"): 9, ("solve", "gamma"): 6}
    drafts = next(line for line in found.lines if line.purpose == "evolve")
    assert drafts.input_tokens == pytest.approx(3 * 400 / 4)


def test_a_preserving_operator_has_the_parent_solved_too_but_once_for_all_of_them() -> None:
    found = calls_of(guess(Fake("preserving", asks=3), Fake("preserving")))

    assert found["later steps", "alpha-1"] == 6
    assert found["solve", "beta"] == 18
    assert found["solve parent", "beta"] == 9


def test_mends_and_clarifications_are_counted_with_the_solutions_that_follow() -> None:
    found = calls_of(guess(Fake(), figures=Figures(mends=0.5, more_inputs=1, reach=0.8, clarified=0.25)))

    assert found["mend", "alpha-1"] == 1.5
    assert found["inputs", "alpha-1"] == 3
    assert found["clarify", "alpha-1"] == 0.6
    assert found["solve", "beta"] == 9 * (0.8 + 0.2)


def test_what_does_not_apply_is_no_proposal() -> None:
    found = guess(Fake(applies=False))

    assert (found.proposals, found.refused, found.calls) == (0, {"never": 3}, 0)
    assert found.scaled(10).calls == 0


def test_a_loop_asks_as_much_as_its_proposals_do() -> None:
    found = guess(Fake())

    assert found.scaled(30).calls == pytest.approx(10 * found.calls)


def test_the_table_tells_each_kind_of_request_the_sum_and_what_is_assumed() -> None:
    line = Line("author", "evolve", "alpha-1", 2, 1_000, 500)
    found = Estimate((line, Line("solver", "solve", "beta", 10, 4_000, 2_000)), 2, {"no text": 1}, Figures())
    prices = {"alpha-1": Prices(1, 2)}

    lines = told(found, prices, Limits(calls=6, tokens=1_000_000))

    assert lines[1].split() == ["author:", "evolve", "alpha-1", "2", "1,000", "500", "0.0020"]
    assert lines[2].split() == ["solver:", "solve", "beta", "10", "4,000", "2,000", "-"]
    assert lines[3].split() == ["in", "all,", "about", "12", "5,000", "2,500", "-"]
    assert lines[4:6] == ["proposals: 2, 1 more cannot be made:", "    no text: 1"]
    assert lines[6].startswith("assumed: 10% of drafts are mended, 5% need more inputs, 85% are solved, 15% of these")
    assert lines[7] == "the budget of calls would end it after about 50% of this"


def kept(role: str, purpose: str, tokens: tuple[int, int], template: str = "fake", chars: int = 400) -> Kept:
    return Kept(Asked(role, purpose, "m", template, "1-0", chars), Response((Reply("text"),), *tokens))


def test_figures_are_measured_on_earlier_replies() -> None:
    replies = [kept("author", "evolve", (200, 50))] * 10
    replies += [kept("author", "mend", (300, 70))] * 2 + [kept("author", "clarify", (30, 7))] * 2
    replies += [kept("solver", "solve", (20, 40))] * (8 * 5 + 2 * 5)

    found = figures_of(replies, {"fake": True}, 5, "measured")

    assert found is not None
    assert (found.mends, found.more_inputs, found.reach, found.clarified) == (0.2, 0, 0.8, 0.25)
    assert found.asked(("author", "evolve"), 800) == 400
    assert found.said(("author", "evolve"), "fake", 1) == 50
    assert found.said(("author", "evolve"), "another", 1) == 50
    assert found.asked(("solver", "solve"), 1) == 20
    assert found.said(("solver", "solve"), "", 1) == 40


def test_without_a_draft_nothing_is_measured() -> None:
    assert figures_of([kept("solver", "solve", (1, 1))], {}, 5, "") is None


@pytest.mark.slow
def test_the_estimate_from_an_earlier_run_comes_within_a_fifth_of_the_bill(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Replies are mended and tasks clarified on the way; other tasks are evolved than those that were measured."""
    suite_of(6).save(tmp_path / "old")
    suite_of(6, first=7).save(tmp_path / "new")
    prices = ["--price-in", "3", "--price-out", "15"]
    with answering(Sloppy()) as server:
        members = ["--model", "alpha-1", "--base-url", server.base_url, "--solver-model", "beta-7b"]
        wish = ["--operators", "difficult", *members, "--sandbox", "process", *prices]
        assert main(["evolve", str(tmp_path / "old"), *wish, "-o", str(tmp_path / "first")]) == 0
        capsys.readouterr()
        store = tmp_path / ".first.replies"
        purposes = Counter(each.asked.purpose for each in entries(store))
        replies = ["--replies", str(store)]
        assert (
            main(["evolve", str(tmp_path / "new"), *wish, *replies, "--dry-run", "-o", str(tmp_path / "second")]) == 0
        )
        said = capsys.readouterr().out
        assert main(["evolve", str(tmp_path / "new"), *wish, "-o", str(tmp_path / "second")]) == 0
        bill = capsys.readouterr().out

    assert min(purposes["mend"], purposes["clarify"]) >= 1
    guessed = re.search(r"^in all, about .* ([0-9.]+)$", said, re.MULTILINE)
    paid = re.search(r"^money +([0-9.]+)", bill, re.MULTILINE)
    assert guessed is not None
    assert paid is not None
    assert float(guessed[1]) == pytest.approx(float(paid[1]), rel=0.2)
