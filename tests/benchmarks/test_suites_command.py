"""The verb ``suites``, run as its users run it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from evalrun.benchmarks import BadInput, Suite
from evalrun.benchmarks.commands import command
from evalrun.benchmarks.formats import read_foreign


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(command, list(map(str, arguments)), catch_exceptions=False)


@pytest.fixture
def humaneval(tmp_path: Path) -> Path:
    path = tmp_path / "mine.jsonl"
    path.write_text(
        '{"task_id": "H/0", "prompt": "def f(x):\\n    \\"\\"\\"\\u001b[31mRed\\"\\"\\"\\n", "entry_point": "f", '
        '"canonical_solution": "    return x\\n", "test": "def check(candidate):\\n    assert candidate(1) == 1\\n"}\n'
    )
    return path


def test_list_names_the_built_in_suites_with_their_digests() -> None:
    suite = Suite.load("core")
    assert f"{suite.ref}  {len(suite)} tasks" in run("list").stdout


def test_show_tells_a_suite_s_facts_and_its_tasks(humaneval: Path) -> None:
    shown = run("show", humaneval).stdout
    assert "tasks    1" in shown
    assert read_foreign(humaneval).digest in shown
    assert "H/0  f  base: program" in shown


def test_show_task_prints_prompt_reference_and_tests_without_control_characters(humaneval: Path) -> None:
    shown = run("show", humaneval, "--task", "H/0").stdout
    assert "return x" in shown
    assert "assert candidate(1) == 1" in shown
    assert "\x1b" not in shown
    assert "\\x1b[31mRed" in shown


def test_show_task_prints_cases_and_stdio() -> None:
    core = Suite.load("core")
    for task in (next(t for t in core if t.entry_point), next(t for t in core if t.entry_point is None)):
        shown = run("show", "core", "--task", task.id).stdout
        assert " -> " in shown
        assert task.digest in shown


@pytest.mark.parametrize("form", ["folder", "humaneval", "evalplus", "hub"])
def test_convert_writes_what_load_reads_back(form: str, tmp_path: Path) -> None:
    core = Suite.load("core")
    functions = core.subset([task for task in core if task.entry_point])
    functions.save(tmp_path / "functions")
    output = tmp_path / ("out" if form in ("folder", "hub") else "out.jsonl.gz")
    if form == "evalplus":
        simple = functions.subset([t for t in functions if all(test.kind == "cases" for test in t.tests)][:2])
        simple.save(tmp_path / "simple")
    source = tmp_path / ("simple" if form == "evalplus" else "functions")
    result = run("convert", source, "-o", output, "--format", form)
    assert result.stdout.startswith(f"{output}: ")
    back = Suite.load(output)
    assert [task.id for task in back] == [task.id for task in Suite.load(source)]
    if form in ("folder", "hub"):
        assert back.ref == functions.ref


def test_convert_overwrites_nothing(humaneval: Path, tmp_path: Path) -> None:
    before = humaneval.read_bytes()
    for form in ("humaneval", "evalplus"):
        with pytest.raises(BadInput, match="exists already"):
            run("convert", "core", "-o", humaneval, "--format", form)
    for form in ("folder", "hub"):
        (tmp_path / form).mkdir()
        (tmp_path / form / "suite.json").write_text("{}")
        with pytest.raises(BadInput, match=r"holds a suite already|not an empty folder"):
            run("convert", "core", "-o", tmp_path / form, "--format", form)
    assert humaneval.read_bytes() == before


def test_convert_names_the_tasks_that_a_format_cannot_hold(tmp_path: Path) -> None:
    program = next(task for task in Suite.load("core") if task.entry_point is None)
    with pytest.raises(BadInput, match="cannot hold") as caught:
        run("convert", "core", "-o", tmp_path / "out.jsonl", "--format", "humaneval")
    assert program.id in str(caught.value) or "more" in str(caught.value)


def test_convert_leaves_out_what_is_asked(tmp_path: Path) -> None:
    output = tmp_path / "core.jsonl"
    run("convert", "core", "--tasks", "!core/stdio-*", "-o", output, "--format", "humaneval")
    assert all(task.entry_point for task in Suite.load(output))
    assert "--tasks '!core/stdio-*' -o core.jsonl.gz --format humaneval" in run("--help").stdout


@pytest.mark.parametrize("form", ["folder", "humaneval", "hub"])
def test_convert_says_where_it_cannot_write(form: str) -> None:
    with pytest.raises(BadInput, match=r"^/proc/evalrun/x: cannot be written \("):
        run("convert", "core", "--tasks", "core/tally-*", "-o", "/proc/evalrun/x", "--format", form)


def test_help_shows_examples() -> None:
    assert "evalrun suites convert core -o core-hub --format hub" in run("--help").stdout
    assert "hf:owner/dataset" in run("convert", "--help").stdout


def test_nothing_heavy_is_imported_with_the_verb() -> None:
    heavy = ("datasets", "pandas", "pyarrow", "huggingface_hub", "numpy", "docker", "matplotlib", "httpx")
    code = f"import sys, evalrun.benchmarks.commands\nprint(sorted(set({heavy!r}) & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"
