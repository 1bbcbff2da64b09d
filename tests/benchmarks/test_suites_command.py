"""The verb ``suites``, run as its users run it."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from evalrun.benchmarks import BadInput, Case, CasesTest, CodeTask, Lineage, Suite
from evalrun.benchmarks.commands import command
from evalrun.benchmarks.descent import descent
from evalrun.benchmarks.formats import read_foreign
from evalrun.benchmarks.merkle import leaf, root_by


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


@pytest.fixture
def evolved(tmp_path: Path) -> Path:
    root = CodeTask("r/0", "def f(x):\n    pass\n", "f", "def f(x): return x", (CasesTest((Case((1,), 1),)),))
    steps = [root]
    for depth, name in enumerate(("g", "\x1bh"), 1):
        parent = steps[-1]
        lineage = Lineage("r/0", (parent.id,), (parent.digest,), "rename", "1", {"to": name}, 5, depth)
        prompt = parent.prompt.replace("def ", f"# {name}\ndef ")
        steps.append(replace(parent, id=f"e/{depth}", prompt=prompt, lineage=lineage))
    gates = [{"gate": "tests_pass", "holds": True}, {"gate": "varied", "holds": False}]
    told = {"e/2": {"kind": "preserving", "gates": gates}}
    Suite("e", "1", (steps[2], root), ancestors=tuple(steps[:2]), certificates=told).save(tmp_path / "evolved")
    return tmp_path / "evolved"


def test_show_counts_operators_kinds_depths_and_gates(evolved: Path) -> None:
    facts = json.loads(run("show", evolved, "--json").stdout)
    assert facts["counts"]["operator"] == {"rename": 1}
    assert facts["counts"]["kind"] == {"preserving": 1}
    assert facts["counts"]["depth"] == {"0": 1, "2": 1}
    assert facts["gates"]["varied"] == {"certificates": 1, "hold": 0}
    assert facts["merkle_root"] == json.loads((evolved / "suite.json").read_text())["merkle_root"]
    assert "gates: tests_pass 1/1, varied 0/1" in run("show", evolved).stdout


def test_diff_names_added_removed_and_changed_tasks_by_root(evolved: Path, tmp_path: Path) -> None:
    old = Suite.load(evolved)
    changed = replace(old.task("r/0"), prompt="def f(x):\n    return\n", tags=("t",))
    new = replace(old, tasks=(changed, replace(changed, id="r/9")), certificates={}, ancestors=())
    new.save(tmp_path / "new")
    told = json.loads(run("diff", evolved, tmp_path / "new", "--json").stdout)
    assert told["added"] == [{"id": "r/9", "root": "r/9"}]
    assert told["removed"] == [{"id": "e/2", "root": "r/0"}]
    assert told["changed"] == [{"id": "r/0", "root": "r/0", "fields": ["prompt", "tags"]}]
    shown = run("diff", evolved, tmp_path / "new").stdout
    assert "1 added, 1 removed, 1 changed, 0 kept" in shown
    assert "\nr/0\n  - e/2\n  ~ r/0 (prompt, tags)\n" in shown
    assert "0 added, 0 removed, 0 changed, 2 kept" in run("diff", evolved, evolved).stdout


def test_lineage_shows_every_step_from_the_root_with_its_prompt_difference(evolved: Path) -> None:
    steps = json.loads(run("lineage", evolved, "e/2", "--json").stdout)
    assert [(step["id"], step["generation"]) for step in steps] == [("r/0", 0), ("e/1", 1), ("e/2", 2)]
    assert steps[1]["prompt_diff"].splitlines()[-3:] == ["+# g", " def f(x):", "     pass"]
    shown = run("lineage", evolved, "e/2").stdout
    assert "e/2  rename 1, seed 5" in shown
    assert "+# \\x1bh" in shown
    assert "\x1b" not in shown


def test_lineage_of_a_task_whose_parent_is_missing_is_refused(evolved: Path) -> None:
    suite = Suite.load(evolved)
    with pytest.raises(BadInput, match=r"descends from e/1, which is not among"):
        descent(replace(suite, ancestors=()), "e/2")


def test_prove_prints_a_path_to_the_seal(evolved: Path) -> None:
    proof = json.loads(run("prove", evolved, "e/2").stdout)
    assert root_by([(step["side"], step["hash"]) for step in proof["path"]], leaf(proof["row"])) == proof["merkle_root"]
    assert proof["merkle_root"] == Suite.load(evolved).merkle_root
