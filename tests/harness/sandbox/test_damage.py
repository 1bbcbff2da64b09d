"""Answers that attack the machine, the sandbox or the answers after them: the verdict fits, the next one is right."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from evalrun.harness.sandbox.attack import CORPUS, Attack

if TYPE_CHECKING:
    from .conftest import Arena

pytestmark = [pytest.mark.sandbox, pytest.mark.slow]

DAMAGE = [
    attack
    for attack in CORPUS
    if attack.category in ("bombs", "processes", "refused", "network", "secrets", "memory", "leftovers")
]


@pytest.mark.parametrize("attack", DAMAGE, ids=[attack.name for attack in DAMAGE])
def test_an_attack_ends_with_its_own_answer_and_leaves_nothing(arena: Arena, attack: Attack) -> None:
    arena.endure(attack)


def test_the_environment_holds_nothing_of_the_host(arena: Arena) -> None:
    source = (
        "import os\ndef solve(n):\n    found = sorted(os.environ)\n"
        "    try: found.append(open('/proc/self/environ').read())\n    except OSError: pass\n"
        "    raise RuntimeError(' '.join(found))\n"
    )
    score = arena.score(source)
    assert score.verdict == "error"
    assert "SECRET" not in score.detail
    assert "an-api-key" not in score.detail
    assert "LANG" in score.detail, "the test reads the environment indeed"
