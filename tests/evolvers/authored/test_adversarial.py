"""Scripted authors over real HTTP: of faulty candidates none is admitted, of sound ones nearly all are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from evalrun.benchmarks import Suite
from evalrun.evolvers.authored.asking import sent_seed
from evalrun.evolvers.authored.pipeline import Authoring
from evalrun.evolvers.loop.protocol import Made
from evalrun.harness.sandbox import Sandbox

from ...scripted.acts import FAULTY, SOUND, SUITS
from ...scripted.starting import scripted
from .campaign import HUMANEVAL, OPERATORS, Wanted, asked, campaign, core, groups, humaneval

NOT_ALWAYS = {
    "a branch that no input reaches",
    "ambiguous, and never made clear",
    "malformed",
    "no harder",
}
"""Kinds of which a few are admitted: the gates do not find all of them, or the scripted author has played another one
(docs/authored_tasks.md). They are counted and printed, and must stay few."""


@dataclass(frozen=True)
class Fates:
    """What became of the candidates that there were: (operator, kind, why it was rejected or None)."""

    rows: tuple[tuple[str, str, str | None], ...]

    def admitted(self) -> list[tuple[str, str, str | None]]:
        """Those that became tasks."""
        return [row for row in self.rows if row[2] is None]

    def text(self) -> str:
        """A table, as the tests print it."""
        counts: dict[tuple[str, str], int] = {}
        for _, kind, reason in self.rows:
            key = (kind, reason or "ADMITTED")
            counts[key] = counts.get(key, 0) + 1
        return "\n".join(f"{kind:50} {reason:28} {number}" for (kind, reason), number in sorted(counts.items()))


def fates(
    suite: Suite, kinds: Sequence[str], each: int, sandbox: Sandbox, folder: Path, operators: Sequence[str] = OPERATORS
) -> Fates:
    """``each`` candidates of every kind by every operator that can play it; those for which the scripted author has
    nothing to say, or to which the operator does not apply, are none.
    """
    with scripted(suite.tasks, folder) as endpoint, asked(endpoint, folder / "replies") as asker:
        maker = Authoring(asker, sandbox, name="x")
        maker.know(suite.tasks)
        wishes = list(_wishes(suite, maker, kinds, each, operators))
        table = campaign(wishes, asker, sandbox, suite)
        empty = set(endpoint.counts()["nothing"])
    return Fates(tuple(_judged(table.asked, empty)))


def _wishes(
    suite: Suite, maker: Authoring, kinds: Sequence[str], each: int, operators: Sequence[str]
) -> Iterator[Wanted]:
    number = 0
    for operator in operators:
        parents = groups(operator, suite, maker)
        for kind in kinds:
            if operator in SUITS[kind]:
                for _ in range(each):
                    number += 1
                    yield Wanted(kind, operator, parents[(number * 7) % len(parents)], 1000 + number)


def _judged(
    rows: Sequence[tuple[Wanted, Made]], empty: set[str] | Mapping[str, str]
) -> Iterator[tuple[str, str, str | None]]:
    for wanted, made in rows:
        if made.rejected != "not_applicable" and str(sent_seed(wanted.seed, 0)) not in empty:
            yield wanted.operator, wanted.kind, made.rejected


def test_of_one_faulty_candidate_of_each_kind_none_is_admitted(sandbox: Sandbox, tmp_path: Path) -> None:
    found = fates(core(sandbox), list(FAULTY), 1, sandbox, tmp_path, ("difficult", "verbose"))
    print(found.text())
    assert len({kind for _, kind, _ in found.rows}) >= 25
    assert not found.admitted()


@pytest.mark.slow
def test_of_more_than_two_hundred_faulty_candidates_of_all_kinds_none_is_admitted(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    found = fates(core(sandbox), list(FAULTY), 3, sandbox, tmp_path)
    print(found.text())
    surely = [row for row in found.rows if row[1] not in NOT_ALWAYS]
    assert len(surely) >= 200
    assert len({kind for _, kind, _ in surely}) >= 35
    assert not [row for row in surely if row[2] is None]
    assert len(found.admitted()) <= 0.06 * len(found.rows)


@pytest.mark.slow
def test_of_more_than_a_hundred_sound_candidates_nineteen_in_twenty_are_admitted_with_every_operator(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    suites = {"core": (core(sandbox), 10)}
    if HUMANEVAL.is_file():
        suites["HumanEval"] = (humaneval(sandbox), 10)
    rows: list[tuple[str, str, str | None]] = []
    for name, (suite, each) in suites.items():
        (tmp_path / name).mkdir()
        rows += fates(suite, list(SOUND)[:1], each, sandbox, tmp_path / name).rows
    found = Fates(tuple(rows))
    print(found.text())
    assert len(found.rows) >= 100
    assert len(found.admitted()) >= 0.95 * len(found.rows)
    assert {operator for operator, _, reason in found.rows if reason is None} == set(OPERATORS)
