"""docs/align.md says what is so: its tables are those that the suite, the constraints and the rules give today."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from evalrun.benchmarks.preference import PreferenceSuite
from evalrun.benchmarks.preference.constraints import KINDS
from evalrun.evolvers.preferences.proofs import is_proven
from evalrun.evolvers.preferences.proofs.unsafe import RULES
from evalrun.leaderboard.preferences.answer_only import answer_only
from evalrun.leaderboard.preferences.rules import echo_wins, table


@pytest.fixture(scope="module")
def page(checkout: Path) -> str:
    return (checkout / "docs" / "align.md").read_text("utf-8")


@pytest.fixture(scope="module")
def align() -> PreferenceSuite:
    return PreferenceSuite.load("align")


def test_every_constraint_and_every_rule_has_its_row(page: str) -> None:
    for name, kind in KINDS.items():
        assert f"| `{name}` | {', '.join(f'`{need}`' for need in kind.needs) or '-'} | " in page
    for rule in RULES:
        assert f"| `{rule.name}` | CWE-{rule.cwe} | {rule.about} |\n" in page


def test_the_numbers_of_tasks_are_those_of_the_suite(page: str, align: PreferenceSuite) -> None:
    for category in ("all", *{task.category for task in align}):
        tasks = [task for task in align if category in ("all", task.category)]
        kinds = Counter(task.tags[0] for task in tasks)
        numbers = (len(tasks), kinds["pair"], kinds["ranking"], kinds["tie"], sum(map(is_proven, tasks)))
        assert f"\n| {category} | {' | '.join(map(str, numbers))} | " in page
    twins = sum(number for number in Counter(task.unit for task in align).values() if number == 2)
    assert f"({twins} of {len(align)})" in page


def test_what_the_responses_give_away_is_as_computed(page: str, align: PreferenceSuite) -> None:
    categories = sorted({task.category for task in align})
    each = [table(task for task in align if task.category == category) for category in categories]
    for name, found in table(align).items():
        shares = [rows[name].accuracy for rows in each]
        between = f"{100 * min(shares):.1f}-{100 * max(shares):.1f}"
        assert f"| {name} | {100 * found.accuracy:.1f} | {found.decided} of {found.pairs} | {between} |" in page
    assert f"right on {100 * answer_only(align).accuracy:.1f} %" in page
    assert f"\n{100 * echo_wins(align).accuracy:.1f} %. " in page
