"""Outcomes that a journal remembers give the verdicts that they gave before."""

from __future__ import annotations

from pathlib import Path

import pytest

from evalrun.benchmarks import Case, CasesTest, CheckTest, CodeTask, Test
from evalrun.evolvers.journal import Journal
from evalrun.harness.sandbox import Sandbox
from evalrun.harness.scoring import score_answers

CASES = CasesTest((Case((1,), 2), Case((5,), 6)))
CHECK = CheckTest("def check(candidate):\n    assert candidate(1) == 2\n    assert candidate(5) == 6\n")


@pytest.mark.parametrize("test", [CASES, CHECK])
def test_a_wrong_program_is_wrong_again_when_its_outcome_is_remembered(
    test: Test, tmp_path: Path, sandbox: Sandbox
) -> None:
    task = CodeTask("toy/next", "", "following", "def following(n):\n    return n + 1\n", (test,), form="instruct")
    programs = [f"def following(n):\n    return {value}\n" for value in ("n + 1", "n + 2", "2", "[][n]")]
    found = []
    for _ in range(2):
        with Journal(sandbox, tmp_path / "journal") as journal:
            scores = list(score_answers([(task, program) for program in programs], journal))
            found.append((journal.remembered, [str(score.verdict.value) for score in scores]))
    assert found[0][0] == 0
    assert found[1][0] > 0
    assert found[0][1] == found[1][1] == ["pass", "wrong", "wrong", "error"]
