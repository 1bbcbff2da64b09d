"""The built-in suite `core` keeps its promises: enough tasks, true references and examples, cases that tell apart."""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from evalrun.benchmarks import BadInput, CasesTest, CodeTask, StdioTest, Suite, built_in_suites, matches, plain

CORE = Suite.load("core")
FUNCTIONS = [task for task in CORE if task.entry_point is not None]
PROGRAMS = [task for task in CORE if task.entry_point is None]
LEVELS = ("easy", "medium", "hard")
ALLOWED_IMPORTS = {
    *("bisect", "collections", "datetime", "decimal", "fractions", "functools", "heapq", "itertools"),
    *("math", "re", "string", "sys", "typing"),
}

# Runs in an interpreter of its own: references are trusted, yet the host process never executes code of a task.
GUEST = """
import ast, contextlib, doctest, io, json, sys, types

request = json.load(sys.stdin)
plain = types.ModuleType("plain")
exec(compile(request["codec"], "plain.py", "exec"), plain.__dict__)


def call(function, args_json):
    args = [plain.decode(arg) for arg in args_json]
    got = plain.encode(function(*args))
    return {"got": got, "args_kept": [plain.encode(arg) for arg in args] == args_json}


def run_program(source, stdin):
    kept, sys.stdin = sys.stdin, io.StringIO(stdin)
    out = io.StringIO()
    try:
        with contextlib.redirect_stdout(out):
            exec(compile(source, "reference", "exec"), {"__name__": "__main__"})
    finally:
        sys.stdin = kept
    return {"got": out.getvalue()}


def examples_of(names, name):
    examples = doctest.DocTestParser().get_examples(names[name].__doc__)
    report = []
    test = doctest.DocTest(examples, dict(names), name, None, None, None)
    failed = doctest.DocTestRunner(verbose=False).run(test, out=report.append).failed
    args = []
    for example in examples:
        for node in ast.walk(ast.parse(example.source)):
            if isinstance(node, ast.Call) and getattr(node.func, "id", None) == name:
                values = [eval(compile(ast.Expression(arg), "example", "eval"), dict(names)) for arg in node.args]
                args.append([plain.encode(value) for value in values])
    return {"count": len(examples), "failed": failed, "report": "".join(report), "args": args}


answers = {}
for job in request["jobs"]:
    if job["entry_point"] is None:
        answers[job["id"]] = {"results": [run_program(job["reference"], stdin) for stdin in job["inputs"]]}
        continue
    names = {"__name__": "reference"}
    exec(compile(job["reference"], "reference", "exec"), names)
    results = [call(names[job["entry_point"]], args) for args in job["inputs"]]
    answers[job["id"]] = {"results": results, "examples": examples_of(names, job["entry_point"])}
json.dump(answers, sys.stdout)
"""


def job_of(task: CodeTask) -> dict[str, Any]:
    (test,) = task.tests
    if isinstance(test, StdioTest):
        inputs: list[Any] = [case.stdin for case in test.cases] + [stdin for stdin, _ in printed_examples(task)]
    else:
        assert isinstance(test, CasesTest)
        inputs = [case.to_json()["args"] for case in test.cases]
    return {"id": task.id, "entry_point": task.entry_point, "reference": task.reference, "inputs": inputs}


def ask_guest() -> str:
    assert plain.__file__ is not None
    request = {"codec": Path(plain.__file__).read_text(encoding="utf-8"), "jobs": [job_of(task) for task in CORE]}
    command = [sys.executable, "-I", "-c", GUEST]
    done = subprocess.run(command, input=json.dumps(request), capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def printed_examples(task: CodeTask) -> Iterator[tuple[str, str]]:
    """The (input, output) pairs that the prose of a stdin/stdout task shows, taken out of their indentation."""
    for found in re.finditer(r"Input:\n((?: {4}.*\n|\n)+?)Output:\n((?: {4}.*\n|\n)+)", task.prompt):
        stdin, stdout = (re.sub(r"(?m)^ {4}", "", text).rstrip("\n") + "\n" for text in found.groups())
        yield stdin, stdout


def expected_texts(task: CodeTask) -> list[str]:
    (test,) = task.tests
    if isinstance(test, StdioTest):
        return [case.stdout for case in test.cases]
    assert isinstance(test, CasesTest)
    return [plain.dumps(case.expected) for case in test.cases]


@pytest.fixture(scope="module")
def guest_text() -> str:
    """What all references answer to all their cases, asked once in an isolated interpreter."""
    return ask_guest()


@pytest.fixture(scope="module")
def answers(guest_text: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(guest_text)
    return found


def each(tasks: list[CodeTask]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("task", tasks, ids=lambda task: task.id)


def test_core_is_a_built_in_suite_of_at_least_forty_tasks_with_ids_of_its_own() -> None:
    assert "core" in built_in_suites()
    assert len(CORE) >= 40
    assert len({task.id for task in CORE}) == len(CORE)
    assert all(re.fullmatch(r"core/[a-z]+(-[a-z]+)*", task.id) for task in CORE)
    assert len({task.digest for task in CORE}) == len(CORE)


def test_the_manifest_records_the_digest_and_the_number_of_the_tasks(checkout: Path) -> None:
    manifest = json.loads((checkout / "benchmarks" / "suites" / "core" / "suite.json").read_text(encoding="utf-8"))
    assert manifest["digest"] == CORE.digest
    assert manifest["tasks"] == len(CORE)
    assert (manifest["name"], manifest["version"]) == ("core", "1")


def test_a_core_suite_in_which_one_expected_value_was_changed_is_refused(checkout: Path, tmp_path: Path) -> None:
    folder = tmp_path / "core"
    shutil.copytree(checkout / "benchmarks" / "suites" / "core", folder)
    assert Suite.load(folder).digest == CORE.digest
    tasks = folder / "tasks.jsonl"
    text = tasks.read_text(encoding="utf-8")
    assert '"expected":"||||/ |"' in text
    tasks.write_text(text.replace('"expected":"||||/ |"', '"expected":"||||/ ||"'), encoding="utf-8")
    with pytest.raises(BadInput, match="digest"):
        Suite.load(folder)


def test_every_level_of_difficulty_has_at_least_a_quarter_of_the_tasks() -> None:
    levels = Counter(tag for task in CORE for tag in task.tags if tag in LEVELS)
    assert sum(levels.values()) == len(CORE)
    assert all(levels[level] >= len(CORE) / 4 for level in LEVELS)


def test_the_tasks_differ_in_kind_and_in_the_types_they_return() -> None:
    tests = [test for task in FUNCTIONS for test in task.tests if isinstance(test, CasesTest)]
    returned = {type(case.expected).__name__ for test in tests for case in test.cases}
    assert {"int", "str", "list", "tuple", "dict", "set", "bytes", "NoneType", "Fraction", "Decimal"} <= returned
    assert len(PROGRAMS) >= 6
    assert sum(test.comparator.rtol > 0 for test in tests) >= 3
    assert sum(test.comparator.order == "multiset" for test in tests) >= 3
    assert len({task.entry_point for task in FUNCTIONS}) == len(FUNCTIONS)


@each(list(CORE))
def test_a_task_has_at_least_fifteen_different_cases(task: CodeTask) -> None:
    inputs = [json.dumps(args) for args in job_of(task)["inputs"]]
    assert len(expected_texts(task)) >= 15
    assert len(set(inputs)) == len(inputs)


@each(list(CORE))
def test_no_constant_answer_meets_most_of_a_tasks_cases(task: CodeTask) -> None:
    counts = Counter(expected_texts(task))
    assert len(counts) >= 3
    assert max(counts.values()) <= 0.6 * sum(counts.values())


@each(FUNCTIONS)
def test_a_prompt_is_a_typed_signature_with_a_docstring_and_the_reference_continues_it(task: CodeTask) -> None:
    assert task.form == "completion"
    assert task.reference.startswith(task.prompt)
    *imports, function = ast.parse(task.prompt, feature_version=(3, 8)).body
    assert all(isinstance(node, ast.ImportFrom) for node in imports)
    assert isinstance(function, ast.FunctionDef)
    assert function.name == task.entry_point
    assert ast.get_docstring(function)
    assert len(function.body) == 1
    assert function.returns is not None
    assert all(argument.annotation is not None for argument in function.args.args)


@each(list(CORE))
def test_a_reference_is_python_3_8_and_imports_little(task: CodeTask) -> None:
    tree = ast.parse(task.reference, feature_version=(3, 8))
    imported = {
        name.split(".")[0]
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or "?"]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert imported <= ALLOWED_IMPORTS
    assert "sys" not in imported or task in PROGRAMS


@each(FUNCTIONS)
def test_a_reference_returns_the_expected_values_and_leaves_its_arguments_alone(
    task: CodeTask, answers: dict[str, Any]
) -> None:
    (test,) = task.tests
    assert isinstance(test, CasesTest)
    results = answers[task.id]["results"]
    for case, result in zip(test.cases, results, strict=True):
        assert matches(plain.decode(result["got"]), case.expected, test.comparator), case.args
        assert result["args_kept"], case.args


@each(PROGRAMS)
def test_a_reference_program_prints_what_is_expected_in_the_cases_and_in_the_prompts_example(
    task: CodeTask, answers: dict[str, Any]
) -> None:
    (test,) = task.tests
    assert isinstance(test, StdioTest)
    assert task.form == "instruct"
    examples = list(printed_examples(task))
    assert examples
    expected = [case.stdout for case in test.cases] + [stdout for _, stdout in examples]
    assert [result["got"] for result in answers[task.id]["results"]] == expected


@each(FUNCTIONS)
def test_the_docstrings_examples_are_true_and_none_is_a_hidden_case(task: CodeTask, answers: dict[str, Any]) -> None:
    examples = answers[task.id]["examples"]
    assert examples["count"] >= 2
    assert examples["failed"] == 0, examples["report"]
    assert examples["args"]
    hidden = job_of(task)["inputs"]
    assert [args for args in examples["args"] if args in hidden] == []


@each(PROGRAMS)
def test_the_prompts_example_is_no_hidden_case(task: CodeTask) -> None:
    (test,) = task.tests
    assert isinstance(test, StdioTest)
    shown = {stdin.rstrip("\n") for stdin, _ in printed_examples(task)}
    assert shown.isdisjoint(case.stdin.rstrip("\n") for case in test.cases)


def test_the_references_answer_the_same_in_another_interpreter_with_another_hash_seed(guest_text: str) -> None:
    assert ask_guest() == guest_text  # -I ignores PYTHONHASHSEED, so that each interpreter draws a seed of its own
