"""Every label of the built-in suite align that a machine can show is shown, and would not be if it were another."""

from __future__ import annotations

from dataclasses import replace

import pytest

from evalrun.benchmarks.preference import PreferenceSuite, PreferenceTask
from evalrun.evolvers.preferences.proofs import is_proven, reverify_all
from evalrun.evolvers.preferences.proofs.by_rules import findings
from evalrun.evolvers.preferences.proofs.programs import programs_of
from evalrun.harness.sandbox import Sandbox, open_sandbox


@pytest.fixture(scope="module")
def proven() -> list[PreferenceTask]:
    return [task for task in PreferenceSuite.load("align") if is_proven(task)]


def test_every_proof_holds(proven: list[PreferenceTask], sandbox: Sandbox) -> None:
    gates = reverify_all(PreferenceSuite.load("align"), sandbox)
    assert {gate.evidence.get("problem") for gate in gates if not gate.holds} == set()
    assert sum(gate.gate != "label_by_stated" for gate in gates) == len(proven) >= 140


@pytest.mark.docker
@pytest.mark.slow
def test_every_proof_holds_in_a_container(proven: list[PreferenceTask]) -> None:
    with open_sandbox("docker", workers=2) as container:
        gates = reverify_all(proven, container)
    assert {gate.evidence.get("problem") for gate in gates if not gate.holds} == set()


def test_no_proof_holds_for_the_opposite_label(proven: list[PreferenceTask], sandbox: Sandbox) -> None:
    turned = [replace(task, ranking=_turned(task)) for task in proven]
    assert [task.id for task, gate in zip(turned, reverify_all(turned, sandbox), strict=True) if gate.holds] == []


def _turned(task: PreferenceTask) -> tuple[tuple[str, ...], ...]:
    if len(task.ranking) > 1:
        return task.ranking[::-1]
    first, *others = task.ranking[0]
    return ((first,), tuple(others))


def test_programs_that_only_have_to_be_right_hold_nothing_unsafe_but_what_they_are_about(
    proven: list[PreferenceTask],
) -> None:
    found = {
        finding.rule
        for task in proven
        if task.category in ("correctness", "efficiency")
        for program in programs_of(task).values()
        for finding in findings(program) or ()
    }
    assert found == set()
