"""A suite that a model wrote is proven again without any model; whatever is changed in it is found."""

from __future__ import annotations

from pathlib import Path

import pytest

from evalrun.benchmarks import Suite
from evalrun.evolvers.authored.pipeline import evolve_authored
from evalrun.evolvers.authored.registry import model_operator_named
from evalrun.evolvers.verify import verify
from evalrun.harness.sandbox import Sandbox

from .acting import NOT_STRICT, RIGHT, SEEDS, Play, acted, code


@pytest.fixture(scope="module")
def evolved(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> tuple[Suite, Path]:
    replies = tmp_path_factory.mktemp("authored") / "replies"
    play = Play(solver=[code(RIGHT)] * 4 + [code(NOT_STRICT)])
    with acted(play, replies) as asker:
        evolution = evolve_authored(SEEDS, [model_operator_named("difficult")], asker, sandbox, seed=3, name="hard")
    return evolution.suite, replies


def test_the_certificates_of_an_authored_suite_hold(evolved: tuple[Suite, Path], sandbox: Sandbox) -> None:
    suite, replies = evolved
    assert verify(suite, sandbox) == []
    assert verify(suite, sandbox, replies=replies) == []
