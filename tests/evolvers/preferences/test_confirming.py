"""Labels of published pairs of programs against the tests of a code suite."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from evalrun.benchmarks import Suite
from evalrun.evolvers.commands.verify import command


def run(pairs: Path, tests: Path | str) -> Any:
    return CliRunner().invoke(command, [str(pairs), "--tests", str(tests), "--sandbox", "process"])


def stored(path: Path, *rows: tuple[str, str, str, int]) -> Path:
    """Pairs as CodePrefBench has them: (problem, first program, second program, the better one)."""
    lines = [
        {"task_id": problem, "instruction": "Write it.", "choices": [first, second], "gt_choice": better}
        for problem, first, second, better in rows
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


@pytest.fixture
def right_and_wrong() -> tuple[str, str, str]:
    """A problem of core, its reference, and a program that fails its tests."""
    task = next(task for task in Suite.load("core") if task.entry_point is not None)
    return task.id, task.reference, f"def {task.entry_point}(*args, **kwargs):\n    return 'no'\n"


def test_a_label_is_confirmed_where_the_better_program_passes_and_the_worse_one_does_not(
    tmp_path: Path, right_and_wrong: tuple[str, str, str]
) -> None:
    problem, right, wrong = right_and_wrong
    pairs = stored(
        tmp_path / "correctness.jsonl",
        (problem, right, wrong, 0),
        (problem, wrong, right, 1),
        (problem, right, f"# the same\n{right}", 0),
        ("nowhere/1", right, wrong, 0),
    )
    result = run(pairs, "core")
    assert result.exit_code == 0, result.output
    assert "2 of 3 labels are confirmed" in result.output
    assert "(0 contradicted, 1 undecided); of 1 pairs" in result.output
    assert "undecided: better pass, worse pass" in result.output


def test_a_label_that_tests_contradict_is_named_and_fails_the_gate(
    tmp_path: Path, right_and_wrong: tuple[str, str, str]
) -> None:
    problem, right, wrong = right_and_wrong
    result = run(stored(tmp_path / "correctness.jsonl", (problem, right, wrong, 1)), "core")
    assert "contradicted: better wrong, worse pass" in result.output
    assert "1 labels are contradicted" in str(result.exception)


def test_a_code_suite_without_any_of_the_problems_is_refused(
    tmp_path: Path, right_and_wrong: tuple[str, str, str]
) -> None:
    _, right, wrong = right_and_wrong
    result = run(stored(tmp_path / "correctness.jsonl", ("nowhere/1", right, wrong, 1)), "core")
    assert "none of the pairs' problems" in str(result.exception)


def test_pairs_on_humaneval_are_confirmed_by_the_tests_of_humaneval_plus(tmp_path: Path, shared_data: Path) -> None:
    suite = Suite.load(shared_data / "humanevalplus" / "v0.1.10" / "HumanEvalPlus.jsonl.gz")
    chosen = [suite.task(f"HumanEval/{number}") for number in (0, 9, 31)]
    rows = [(task.id, task.reference, f"def {task.entry_point}(*a):\n    return None\n", 0) for task in chosen]
    small = tmp_path / "plus"
    suite.subset(chosen).save(small)
    result = run(stored(tmp_path / "correctness.jsonl", *rows), small)
    assert "3 of 3 labels are confirmed" in result.output, result.output
