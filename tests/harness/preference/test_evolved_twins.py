"""From a suite to its evolved twins to a judge behind a real server to the flip gap of each operator."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from evalrun.evolvers.preferences.engine import evolve
from evalrun.evolvers.preferences.registry import parse_operators
from evalrun.harness.commands.prefer import command
from evalrun.harness.preference.question_layout import Shown
from evalrun.harness.sandbox import open_sandbox
from evalrun.leaderboard.preferences.table import read_preferences
from evalrun.leaderboard.preferences.twins import twins_of

from .choosing_server import choosing, pair, suite

PAIRS = [pair(n, f"A good reply, number {n}, that takes its time.", f"Bad reply {n}.") for n in range(6)]


def longer(shown: Shown, body: dict[str, Any]) -> str:
    one, other = map(len, shown.responses)
    return f"[[{shown.labels[one < other]}]]"


def test_a_judge_that_goes_by_length_shows_it_in_the_gap_of_padding_alone(tmp_path: Path) -> None:
    roots = suite(PAIRS)
    with open_sandbox("process", workers=1) as sandbox:
        new = evolve(roots, parse_operators("pad_rejected,position_swap,label_renaming"), 0, sandbox).suite
    replace(new, tasks=(*new.tasks, *roots.tasks)).save(tmp_path / "suite")
    with choosing(longer) as server:
        given = ["--suite", str(tmp_path / "suite"), "--model", "m", "--base-url", server.base_url, "--mode", "judge"]
        command.main([*given, "-o", str(tmp_path / "run")], standalone_mode=False)
    found = twins_of(read_preferences(tmp_path / "run"))
    assert found is not None
    assert found.orphans == 0
    gaps = {name: each.gap.value for name, each in found.operators.items()}
    assert gaps == pytest.approx({"pad_rejected": 1.0, "position_swap": 0.0, "label_renaming": 0.0})
