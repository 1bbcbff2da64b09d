"""Suites: identity by content, folders that come back as written and refuse to be tampered with."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from evalrun.benchmarks import BadInput, Case, CasesTest, CodeTask, Lineage, Suite, built_in_suites


def task(number: int, answer: int = 1) -> CodeTask:
    return CodeTask(
        id=f"t/{number}",
        prompt=f"def f{number}(x):\n",
        entry_point=f"f{number}",
        reference=f"def f{number}(x):\n    return {{'b': 1, 'a': x}}\n",
        tests=(CasesTest((Case(({"b": 1, "a": answer},), (0.5, {1, 2})),)),),
        metadata={"note": number},
    )


@pytest.fixture
def suite() -> Suite:
    child = replace(task(2), lineage=Lineage("t/0", ("t/0",), (task(0).digest,), "rename", "1", {"k": 1}, 7, 1))
    return Suite(
        name="small",
        version="1.2",
        tasks=(task(1), child),
        description="two tasks",
        license="MIT",
        source="here",
        ancestors=(task(0),),
        certificates={"t/2": {"ok": True}},
    )


def unseal(folder: Path) -> None:
    """Make of a suite one as they were before there were seals."""
    manifest = json.loads((folder / "suite.json").read_text())
    del manifest["merkle_root"]
    (folder / "suite.json").write_text(json.dumps(manifest))


def test_a_suite_folder_comes_back_as_it_was_written(suite: Suite, tmp_path: Path) -> None:
    suite.save(tmp_path / "out")
    back = Suite.load(tmp_path / "out")
    assert back == suite
    assert back.ref == suite.ref == f"small@1.2#{suite.digest[:12]}"
    assert [dict(one.metadata) for one in back] == [dict(one.metadata) for one in suite]
    arguments = back.tasks[0].tests[0].cases[0].args  # type: ignore[union-attr]
    assert list(arguments[0]) == ["b", "a"]  # a dict keeps its order


def test_the_digest_is_of_the_tasks_whatever_their_order_and_the_suite_s_name(suite: Suite) -> None:
    turned = replace(suite, tasks=suite.tasks[::-1], name="other", version="9", certificates={}, ancestors=())
    assert turned.digest == suite.digest
    assert replace(suite, tasks=suite.tasks[:1]).digest != suite.digest
    assert replace(suite, tasks=(task(1, 2), suite.tasks[1])).digest != suite.digest
    assert replace(suite, tasks=(replace(task(1), id="t/9"), suite.tasks[1])).digest != suite.digest


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"args":', '"args":[5],"x":', "'x' is no field here; there are any_of, args"),
        ('"reference":', '"time_limit":3,"reference":', "'time_limit' is no field here; there are entry_point"),
        ('"kind":', '"whitespaces":"exact","kind":', "'whitespaces' is no field here; there are"),
    ],
)
def test_a_field_of_another_name_is_no_silent_loss(suite: Suite, tmp_path: Path, old: str, new: str, said: str) -> None:
    suite.save(tmp_path)
    path = tmp_path / "tasks.jsonl"
    path.write_text(path.read_text().replace(old, new, 1))
    unseal(tmp_path)
    with pytest.raises(BadInput, match=said):
        Suite.load(tmp_path)


@pytest.mark.parametrize(
    ("old", "new"),
    [('"args":[', '"args":[5,'), ("return", "return  "), ('"id":"t/1"', '"id":"t/7"')],
)
def test_a_tampered_suite_is_refused(suite: Suite, tmp_path: Path, old: str, new: str) -> None:
    suite.save(tmp_path)
    path = tmp_path / "tasks.jsonl"
    before = path.read_text()
    path.write_text(before.replace(old, new, 1))
    assert path.read_text() != before
    with pytest.raises(BadInput, match="task 't/1' was changed"):
        Suite.load(tmp_path)
    unseal(tmp_path)
    with pytest.raises(BadInput, match="do not match the digest"):
        Suite.load(tmp_path)


def test_a_suite_with_a_task_left_out_is_refused(suite: Suite, tmp_path: Path) -> None:
    suite.save(tmp_path)
    lines = (tmp_path / "tasks.jsonl").read_text().splitlines()
    (tmp_path / "tasks.jsonl").write_text(lines[0] + "\n")
    unseal(tmp_path)
    with pytest.raises(BadInput, match="do not match the digest"):
        Suite.load(tmp_path)


def test_a_broken_task_line_is_named_by_file_and_line(suite: Suite, tmp_path: Path) -> None:
    suite.save(tmp_path)
    lines = (tmp_path / "tasks.jsonl").read_text().splitlines()
    row = json.loads(lines[1])
    del row["prompt"]
    (tmp_path / "tasks.jsonl").write_text(lines[0] + "\n" + json.dumps(row) + "\n")
    unseal(tmp_path)
    with pytest.raises(BadInput, match=r"tasks\.jsonl:2: task 't/2': the field 'prompt' is missing"):
        Suite.load(tmp_path)


def test_suites_are_immutable_on_disk(suite: Suite, tmp_path: Path) -> None:
    suite.save(tmp_path)
    with pytest.raises(BadInput, match="holds a suite already"):
        suite.save(tmp_path)


def test_what_a_suite_requires_comes_back_and_is_no_part_of_its_digest(suite: Suite, tmp_path: Path) -> None:
    science = replace(suite, requires=("numpy", "pandas>=2"))
    assert science.digest == suite.digest
    assert "requires" not in suite.manifest()
    science.save(tmp_path)
    assert Suite.load(tmp_path).requires == ("numpy", "pandas>=2")
    assert science.subset(science.tasks[:1]).requires == science.requires


@pytest.mark.parametrize("requires", ["numpy", {"numpy": "2"}, [1], [["numpy"]], None])
def test_requirements_that_are_no_list_of_texts_are_refused(suite: Suite, tmp_path: Path, requires: object) -> None:
    suite.save(tmp_path)
    manifest = {**suite.manifest(), "requires": requires}  # without a seal
    (tmp_path / "suite.json").write_text(json.dumps(manifest))
    with pytest.raises(BadInput, match=r"suite\.json: requires: expected a list"):
        Suite.load(tmp_path)


@pytest.mark.parametrize("manifest", ["[]", "{}", '{"schema": 2}', "not json"])
def test_a_folder_whose_manifest_is_no_manifest_is_refused(tmp_path: Path, manifest: str) -> None:
    (tmp_path / "suite.json").write_text(manifest)
    with pytest.raises(BadInput, match=r"suite\.json"):
        Suite.load(tmp_path)


@pytest.mark.parametrize(("name", "version"), [("../up", "1"), ("", "1"), ("a b", "1"), ("a", ""), ("a", "1/2")])
def test_a_name_that_could_be_a_path_is_refused(name: str, version: str) -> None:
    with pytest.raises(BadInput, match="use only letters, digits"):
        Suite(name=name, version=version, tasks=())


def test_ids_are_unique(suite: Suite) -> None:
    with pytest.raises(BadInput, match="'t/1' occurs twice"):
        replace(suite, tasks=(task(1), task(1)))


def test_a_task_is_found_by_its_id_or_refused(suite: Suite) -> None:
    assert suite.task("t/2").id == "t/2"
    with pytest.raises(BadInput, match="has no task 't/3'"):
        suite.task("t/3")


def test_a_subset_keeps_its_certificates_only(suite: Suite) -> None:
    assert suite.subset([suite.tasks[1]]).certificates == {"t/2": {"ok": True}}
    assert suite.subset([suite.tasks[0]]).certificates == {}


def test_an_unknown_reference_names_what_there_is() -> None:
    with pytest.raises(BadInput, match=r"no such file or folder, nor a built-in suite \(.*core.*\)"):
        Suite.load("no-such-suite")
    assert "core" in built_in_suites()
    assert Suite.load("core").name == "core"


STRANGE = ("Infinity", "-Infinity", "NaN", "1e999", '{"a": [NaN]}', "null", "[]", '"\\ud800"', "1" + "0" * 400)


@pytest.mark.parametrize("value", STRANGE)
@pytest.mark.parametrize("sealed", [True, False])
def test_a_folder_with_a_value_that_is_no_json_ends_in_one_line(value: str, sealed: bool, tmp_path: Path) -> None:
    lineage = {
        "root": "toy/a", "parents": ["toy/a"], "parent_digests": ["0"], "operator": "rename", "operator_version": "1",
        "parameters": {}, "seed": 0, "depth": 1,
    }  # fmt: skip
    row = {
        "id": "toy/b", "prompt": "def f(x):\n", "form": "completion", "entry_point": "f", "reference": "def f(x): pass",
        "tests": [{"kind": "cases", "cases": [{"args": [1], "expected": 1}]}], "time_limit_s": 5, "tags": ["a"],
        "lineage": lineage, "metadata": {"a": 1},
    }  # fmt: skip
    manifest = {
        "schema": 1, "name": "toy", "version": "1", "digest": "0", "evolution": {}, "requires": [], "description": "x",
        **({"merkle_root": "0" * 64} if sealed else {}),
    }  # fmt: skip
    for found in (manifest, row, lineage):
        assert isinstance(found, dict)
        for field in tuple(found):
            old, found[field] = found[field], "@"
            texts = {"suite.json": json.dumps(manifest), "tasks.jsonl": json.dumps(row) + "\n"}
            for file, text in texts.items():
                (tmp_path / file).write_text(text.replace('"@"', value))
            with pytest.raises(BadInput):
                Suite.load(tmp_path)
            found[field] = old
