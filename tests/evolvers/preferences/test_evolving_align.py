"""The built-in suite of preference tasks and its children: labels and certificates hold, simple rules know nothing."""

from __future__ import annotations

import pytest

from evalrun.benchmarks.preference import PreferenceSuite
from evalrun.evolvers.preferences.balance import balance_of
from evalrun.evolvers.preferences.engine import Evolution, evolve
from evalrun.evolvers.preferences.registry import DEFAULT_OPERATORS, parse_operators
from evalrun.evolvers.preferences.verify import foreign_roots, verify
from evalrun.harness.sandbox import Sandbox


@pytest.fixture(scope="module")
def align() -> PreferenceSuite:
    return PreferenceSuite.load("align")


@pytest.fixture(scope="module")
def child(align: PreferenceSuite, sandbox: Sandbox) -> Evolution:
    return evolve(align, parse_operators(DEFAULT_OPERATORS), 0, sandbox)


def test_every_label_of_align_is_found_again(align: PreferenceSuite, sandbox: Sandbox) -> None:
    assert verify(align, sandbox) == []


def test_its_evolved_child_holds_and_stays_balanced(align: PreferenceSuite, child: Evolution, sandbox: Sandbox) -> None:
    assert len(child.suite) > 2 * len(align)
    assert verify(child.suite, sandbox) == []
    assert foreign_roots(child.suite, align) == []
    assert balance_of(align).is_even
    assert balance_of(child.suite).is_even


def test_whole_families_stay_together(align: PreferenceSuite, child: Evolution) -> None:
    for task in child.suite:
        assert task.unit == align.task(task.root).unit
        assert task.metadata["parent"] == task.root


@pytest.mark.slow
def test_every_operator_that_keeps_the_label_finds_tasks_in_align(align: PreferenceSuite, sandbox: Sandbox) -> None:
    evolution = evolve(align, parse_operators("preserving"), 1, sandbox)
    assert min(tally.accepted for tally in evolution.tallies) >= 20
    for tally in evolution.tallies:  # what is rejected is rejected by the labels' proofs, not by the operators' own
        own = {name: number for name, number in tally.rejected.items() if not name.startswith("gate label_by_")}
        assert sum(own.values()) <= 0.05 * tally.proposed, (tally.operator, own)
    assert verify(evolution.suite, sandbox) == []


def test_operators_on_texts_alone_run_no_program_twice(
    align: PreferenceSuite, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the question says is nothing to a program, so its proof need not be run again."""
    counted = []
    submit = type(sandbox).submit

    def counting(self: Sandbox, job: object, **more: object) -> object:
        counted.append(job)
        return submit(self, job, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(type(sandbox), "submit", counting)
    few = align.subset([task for task in align if task.proof is not None and task.proof.kind == "tests"][:6])
    evolve(few, parse_operators("prompt_noise"), 0, sandbox)
    once = len(counted)
    counted.clear()
    evolve(few, parse_operators("prompt_noise,position_swap,system_filler,authority_claim"), 0, sandbox)
    assert 0 < len(counted) == once
