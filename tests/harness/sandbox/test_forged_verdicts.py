"""Answers that try to be taken for right ones: none of them may ever pass, and the next one is judged rightly."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from evalrun.harness.sandbox.attack import CONTROL, CORPUS, Attack

if TYPE_CHECKING:
    from .conftest import Arena

pytestmark = [pytest.mark.sandbox, pytest.mark.slow]

FORGERIES = [
    attack
    for attack in CORPUS
    if attack.category in ("exit", "operators", "objects", "codec", "protocol", "patching", "text")
]
CONTROLS = [attack for attack in CORPUS if attack.category == CONTROL]


@pytest.mark.parametrize("attack", FORGERIES, ids=[attack.name for attack in FORGERIES])
def test_a_forged_success_is_not_a_pass(arena: Arena, attack: Attack) -> None:
    assert all(finding.shielded for finding in arena.endure(attack))


@pytest.mark.parametrize("attack", CONTROLS, ids=[attack.name for attack in CONTROLS])
def test_an_honest_program_gets_the_verdict_it_deserves(arena: Arena, attack: Attack) -> None:
    arena.endure(attack)
