"""Scripted authors over real HTTP: of faulty candidates none is admitted, of sound ones nearly all are."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from evalrun.evolvers.authored.proving import reach_gate
from evalrun.harness.sandbox import Sandbox

from ...scripted.acts import FAULTY, SOUND
from .campaign import HUMANEVAL, OPERATORS, Fate, admitted, fates_of, functions_of, table

pytestmark = pytest.mark.sandbox


def suites(each: int) -> dict[str, tuple[str, int]]:
    """``core`` and HumanEval, each so many times; ``core`` twice as often where HumanEval is not there."""
    if not HUMANEVAL.is_file():
        return {"core": ("core", 2 * each)}
    return {"core": ("core", each), "HumanEval": (str(HUMANEVAL), each)}


def test_one_candidate_of_each_kind_is_admitted_if_it_is_sound_and_only_then(sandbox: Sandbox, tmp_path: Path) -> None:
    suite = functions_of("core", 16)
    faulty = fates_of(suite, list(FAULTY), 1, sandbox, tmp_path / "faulty", ("difficult", "verbose"))
    sound = fates_of(suite, list(SOUND), 2, sandbox, tmp_path / "sound", ("difficult", "verbose"))
    print(table([*faulty, *sound]))
    assert len({fate.wanted.kind for fate in faulty}) >= 30
    assert not admitted(faulty)
    assert {fate.wanted.kind for fate in sound if fate.reason is None} == set(SOUND)


@pytest.mark.slow
def test_of_more_than_two_hundred_faulty_candidates_of_over_forty_kinds_none_is_admitted(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    found: list[Fate] = []
    for name, (ref, each) in suites(1).items():
        found += fates_of(functions_of(ref, 60), list(FAULTY), each, sandbox, tmp_path / name)
    print(table(found))
    print(f"{len(found)} candidates of {len({fate.wanted.kind for fate in found})} kinds")
    assert not admitted(found)
    assert len(found) >= 200
    assert len({fate.wanted.kind for fate in found}) >= 40
    for operator in OPERATORS:
        reasons = Counter(fate.reason for fate in found if fate.wanted.operator == operator)
        print(f"{operator}: {dict(reasons.most_common())}")
        assert len(reasons) >= 4, operator


@pytest.mark.slow
def test_of_more_than_a_hundred_sound_candidates_nineteen_in_twenty_are_admitted_with_every_operator(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    found: list[Fate] = []
    for name, (ref, each) in suites(3).items():
        found += fates_of(functions_of(ref, 60), list(SOUND), each, sandbox, tmp_path / name)
    print(table(found))
    print(table(found, by="operator"))
    assert len(found) >= 100
    assert len(admitted(found)) >= 0.95 * len(found)
    assert {fate.wanted.operator for fate in found if fate.reason is None} == set(OPERATORS)
    assert {fate.wanted.kind for fate in found if fate.reason is None} == set(SOUND)


DOORS = [kind for kind in FAULTY if kind.startswith("a door")]


@pytest.mark.slow
def test_doors_that_no_input_opens_are_found_by_the_gate_for_them_and_by_hardly_another(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    suite = functions_of("core", 60)
    found = fates_of(suite, DOORS, 6, sandbox, tmp_path / "with")
    print(table(found))
    assert len(found) >= 30
    assert not admitted(found)
    monkeypatch.setattr(
        "evalrun.evolvers.authored.proving.reach_gate",
        lambda draft, reach: replace(reach_gate(draft, reach), holds=True),
    )
    without = fates_of(suite, DOORS, 6, sandbox, tmp_path / "without")
    print(table(without))
    assert len(admitted(without)) >= len(without) // 3
