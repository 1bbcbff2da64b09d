"""Foreign files: recognised by their fields, written back row for row, refused in one clear line."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from evalrun.benchmarks import BadInput, CasesTest, CheckTest, Suite
from evalrun.benchmarks.formats import read_foreign, write_foreign

HUMANEVAL = {
    "task_id": "HumanEval/0",
    "prompt": 'def f(x):\n    """Return x."""\n',
    "entry_point": "f",
    "canonical_solution": "    return x\n",
    "test": "def check(candidate):\n    assert candidate(1) == 1\n",
}
EVALPLUS = {
    "task_id": "HumanEval/0",
    "prompt": 'def f(x):\n    """Return x."""\n',
    "entry_point": "f",
    "canonical_solution": "    return x\n",
    "base_input": [[1]],
    "plus_input": [[2.5], [None]],
    "atol": 0,
    "contract": "",
}
MBPP = {
    "task_id": 7,
    "text": "Write a function to double.",
    "code": "def double(x):\r\n  return 2 * x",
    "test_list": ["assert double(1) == 2", "assert double(2) == 4"],
    "test_setup_code": "",
    "challenge_test_list": [],
}
EVOEVAL = {
    "task_id": "EvoEval/3",
    "prompt": "def f(x):\n    ''' Return x. '''",
    "entry_point": "f",
    "canonical_solution": "    return x\n",
    "inputs": ["1", "[1] * 1000"],
    "parent": "HumanEval/3",
}
MULTIPL_E = {
    "name": "mbpp_9_f",
    "language": "py",
    "prompt": "def f(x):\n    pass\n",
    "entry_point": "f",
    "test": "def check(candidate):\n    assert candidate(1) is None\n",
}
ALL = {"humaneval": HUMANEVAL, "evalplus": EVALPLUS, "mbpp": MBPP, "evoeval": EVOEVAL, "multipl-e": MULTIPL_E}


def write_rows(path: Path, *rows: Any) -> Path:
    data = "".join(json.dumps(row) + "\n" for row in rows).encode()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


def lines(path: Path) -> list[bytes]:
    data = path.read_bytes()
    return (gzip.decompress(data) if path.suffix == ".gz" else data).splitlines()


@pytest.mark.parametrize("form", ALL)
def test_a_format_is_told_by_its_fields_not_by_the_file_s_name(form: str, tmp_path: Path) -> None:
    suite = read_foreign(write_rows(tmp_path / "HumanEval.jsonl", ALL[form]))
    assert suite.tasks[0].metadata["format"] == form
    assert suite.name == "HumanEval"


@pytest.mark.parametrize("name", ["rows.json", "rows.jsonl.gz", "rows.txt"])
def test_json_lines_are_read_whatever_the_suffix_says(name: str, tmp_path: Path) -> None:
    assert len(read_foreign(write_rows(tmp_path / name, HUMANEVAL))) == 1


def test_a_json_list_of_rows_is_read_too(tmp_path: Path) -> None:
    (tmp_path / "rows.json").write_text("\n" + json.dumps([HUMANEVAL], indent=1))
    assert read_foreign(tmp_path / "rows.json").tasks[0].id == "HumanEval/0"


def test_tasks_in_the_project_s_own_form_are_read_from_a_bare_file(tmp_path: Path) -> None:
    suite = read_foreign(write_rows(tmp_path / "a.jsonl", HUMANEVAL))
    assert read_foreign(write_rows(tmp_path / "b.jsonl", *(task.to_json() for task in suite))).digest == suite.digest


@pytest.mark.parametrize(
    ("name", "expected"),
    [("My set (v2).jsonl", "My-set-v2"), ("...jsonl", "suite"), ("_a.b.json.gz", "a.b"), ("日.jsonl", "suite")],
)
def test_a_suite_is_named_after_its_file(name: str, expected: str, tmp_path: Path) -> None:
    assert read_foreign(write_rows(tmp_path / name, HUMANEVAL)).name == expected


@pytest.mark.parametrize("form", ALL)
def test_a_missing_field_is_named_with_file_and_row(form: str, tmp_path: Path) -> None:
    row = ALL[form]
    for field in ("prompt", "code", "test", "inputs", "plus_input"):
        if field not in row:
            continue
        first = {**row, "task_id": 1 if form == "mbpp" else "x/1", "name": "mbpp_1_x"}
        path = write_rows(tmp_path / "rows.jsonl", first, {k: v for k, v in row.items() if k != field})
        with pytest.raises(BadInput, match=rf"rows\.jsonl: row 2: the field '{field}s?' is missing") as caught:
            read_foreign(path)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("form", "field", "value", "message"),
    [
        ("humaneval", "prompt", 5, "'prompt' must be a text, found int"),
        ("humaneval", "entry_point", "a b", "'entry_point' must be the name of a Python function, found 'a b'"),
        ("humaneval", "test", None, "'test' must be a text"),
        ("evalplus", "base_input", "[[1]]", "'base_input' must be a list"),
        ("evalplus", "plus_input", [1], "'plus_input' must be a list of argument lists"),
        ("evalplus", "atol", "small", "'atol' must be a number"),
        ("evalplus", "atol", -1, "'atol' must be a number"),
        ("mbpp", "task_id", "7", "'task_id' must be a whole number"),
        ("mbpp", "test_list", [], "'test_list' must be a list with at least one test"),
        ("mbpp", "test_list", ["assert True"], "'test_list' must be tests that call a function"),
        ("mbpp", "test_list", [5], "'test_list' must be a list of texts"),
        ("evoeval", "inputs", [[1]], "'inputs' must be a list of texts"),
        ("multipl-e", "language", "rs", "only Python tasks"),
    ],
)
def test_a_field_of_the_wrong_type_is_named(form: str, field: str, value: Any, message: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=message) as caught:
        read_foreign(write_rows(tmp_path / "rows.jsonl", {**ALL[form], field: value}))
    assert "rows.jsonl: row 1" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_duplicate_id_is_named_with_both_rows(tmp_path: Path) -> None:
    path = write_rows(tmp_path / "rows.jsonl", HUMANEVAL, {**HUMANEVAL, "task_id": "HumanEval/1"}, HUMANEVAL)
    with pytest.raises(BadInput, match="row 3: the task id 'HumanEval/0' occurred in row 1 already"):
        read_foreign(path)


def test_rows_of_no_known_format_are_answered_with_what_was_found_and_what_is_known(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="fields found: answer, question") as caught:
        read_foreign(write_rows(tmp_path / "qa.jsonl", {"question": "?", "answer": "!"}))
    assert all(form in str(caught.value) for form in ALL)


@pytest.mark.parametrize("data", [b"", b"\n\n", b"[]"])
def test_a_file_without_rows_is_refused(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").write_bytes(data)
    with pytest.raises(BadInput, match="holds no tasks"):
        read_foreign(tmp_path / "empty.jsonl")


@pytest.mark.parametrize(
    "data", [b'{"a": ', b"[1]", b"[{]", b"\x1f\x8b\x08\x00", b"PAR1garbage", b"\xff\xfe{}", b"null", b"[[]]"]
)
def test_a_damaged_file_gives_one_clear_line(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "bad.jsonl").write_bytes(data)
    with pytest.raises(BadInput, match=r"bad\.jsonl") as caught:
        read_foreign(tmp_path / "bad.jsonl")
    assert "\n" not in str(caught.value)


def test_a_truncated_gzip_file_gives_one_clear_line(tmp_path: Path) -> None:
    whole = gzip.compress(json.dumps(HUMANEVAL).encode() * 50)
    (tmp_path / "cut.jsonl.gz").write_bytes(whole[:-20])
    with pytest.raises(BadInput, match="damaged gzip file"):
        read_foreign(tmp_path / "cut.jsonl.gz")


def test_fields_that_no_reader_knows_are_kept_and_written_back_in_order(tmp_path: Path) -> None:
    row = {"partial": "x", **HUMANEVAL, "extra": {"b": [float("nan")], "a": {"$tuple": 1}}}
    path = write_rows(tmp_path / "rows.jsonl", row)
    write_foreign(read_foreign(path), tmp_path / "out.jsonl", "humaneval")
    assert lines(tmp_path / "out.jsonl") == lines(path)
    read_foreign(path).save(tmp_path / "folder")
    write_foreign(Suite.load(tmp_path / "folder"), tmp_path / "again.jsonl", "humaneval")
    assert lines(tmp_path / "again.jsonl") == lines(path)


REAL = [
    ("humaneval/HumanEval.jsonl.gz", "humaneval", 164),
    ("humaneval/example_problem.jsonl", "humaneval", 1),
    ("humanevalplus/v0.1.10/HumanEvalPlus-Mini.jsonl.gz", "evalplus", 164),
    ("humanevalplus/v0.1.10/HumanEvalPlus.jsonl.gz", "evalplus", 164),
    ("mbpp/MbppPlus.jsonl.gz", "evalplus", 378),
    ("recode_perturbed/nominal_HumanEval.jsonl.gz", "humaneval", 164),
    ("recode_perturbed/nominal_humaneval_partial.jsonl.gz", "humaneval", 164),
    ("recode_perturbed/format/humaneval_doc2comments_s0.jsonl.gz", "humaneval", 164),
    ("recode_perturbed/format/humaneval_split_lines_s0.jsonl.gz", "humaneval", 164),
    ("recode_perturbed/format/humaneval_tab_indent_s0.jsonl.gz", "humaneval", 164),
]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "form", "count"), REAL)
def test_a_published_file_is_written_back_byte_for_byte(
    name: str, form: Any, count: int, shared_data: Path, tmp_path: Path
) -> None:
    suite = read_foreign(shared_data / name)
    assert len(suite) == count
    suite.save(tmp_path / "folder")
    stored = Suite.load(tmp_path / "folder")
    assert stored.digest == suite.digest
    write_foreign(stored, tmp_path / "out.jsonl.gz", form)
    assert lines(tmp_path / "out.jsonl.gz") == lines(shared_data / name)


def test_published_mbpp_is_read_whole(shared_data: Path) -> None:
    suite = read_foreign(shared_data / "mbpp/mbpp.jsonl.gz")
    assert len(suite) == 974
    assert all(f"def {task.entry_point}" in task.reference for task in suite)
    assert all(isinstance(test, CheckTest) for task in suite for test in task.tests)
    compile(suite.task("MBPP/1").tests[0].program, "check", "exec")  # type: ignore[union-attr]


def test_reflexion_s_mbpp_joins_its_published_answers(shared_data: Path) -> None:
    suite = read_foreign(shared_data / "mbpp/mbpp-py.reflexion.jsonl.gz")
    answers = lines(shared_data / "reflexion_runs/mbpp_gpt-4_run1.jsonl.gz")
    assert {json.loads(line)["name"] for line in answers} == {task.metadata["source_id"] for task in suite}
    expected = json.loads((shared_data / "EXPECTED.json").read_text())["humaneval_base_verdicts"]["groups"]
    assert set(expected["reflexion_mbpp"]["mbpp_gpt-4_run1"]["failed"]) <= {task.id for task in suite}


@pytest.mark.parametrize(("name", "sources"), [("difficult", 147), ("subtle", 0)])
def test_published_evoeval_keeps_expressions_as_text(name: str, sources: int, shared_data: Path) -> None:
    suite = read_foreign(shared_data / f"evoeval_problems/EvoEval_{name}.jsonl.gz")
    assert [task.id for task in suite] == [f"EvoEval_{name}/{number}" for number in range(100)]
    cases = [case for task in suite for test in task.tests if isinstance(test, CasesTest) for case in test.cases]
    assert sum(case.args_source is not None for case in cases) == sources
    assert {task.metadata["source_id"] for task in suite} == {f"EvoEval/{number}" for number in range(100)}
