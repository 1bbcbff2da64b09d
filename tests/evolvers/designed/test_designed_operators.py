"""Designed operators at work: in chains, in suites, in lineages, and in the hands of whoever tampers with them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evalrun.benchmarks import BadInput, Suite
from evalrun.evolvers import evolve, parse_operators, verify
from evalrun.evolvers.designed.admitted import Admitted
from evalrun.evolvers.designed.definition import Definition
from evalrun.evolvers.designed.files import load, save
from evalrun.evolvers.designed.operators import operator_of, operator_of_definition, slips
from evalrun.evolvers.designed.parents import probe_parents
from evalrun.evolvers.designed.wording import value_of
from evalrun.harness.sandbox import Sandbox

from .trees import GOOD, MANY_EVEN, TAGGED, changed

Row = dict[str, Any]


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The good ones, as admission would have left them."""
    path = tmp_path_factory.mktemp("designed") / "operators.json"
    save(path, [Admitted(Definition.from_json(each), {"values": {}, "parents": {}}) for each in GOOD])
    return path


@pytest.fixture(scope="module")
def parents() -> Suite:
    """Probe parents that the good ones fit."""
    wanted = ("halves_of", "multiples_of", "total_of", "without_blanks", "is_rising")
    suite = probe_parents()
    return suite.subset([task for task in suite if task.id.partition("/")[2] in wanted])


@pytest.fixture(scope="module")
def pristine(file: Path, parents: Suite, sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A suite made with all of them, some of them stacked."""
    chains = parse_operators(f"@{file},@{file}:tagged,@{file}:rotated_distinct+@{file}:tagged")
    folder = tmp_path_factory.mktemp("evolved") / "suite"
    evolve(parents, chains, 3, sandbox).suite.save(folder)
    return folder


def test_each_kind_makes_tasks_that_verify_without_the_file(pristine: Path, sandbox: Sandbox) -> None:
    suite = Suite.load(pristine)
    names = {task.lineage.operator.split(".")[1] for task in suite.ancestors if task.lineage}
    names |= {task.lineage.operator.split(".")[1] for task in suite if task.lineage and "." in task.lineage.operator}
    assert names == {each["name"] for each in GOOD}
    assert verify(suite, sandbox) == []


def test_a_stack_of_two_designed_operators_stays_within_the_depth_that_is_allowed(pristine: Path) -> None:
    stacked = [task for task in Suite.load(pristine) if task.lineage and task.lineage.depth == 2]
    altered_twice = [task for task in stacked if task.lineage and task.lineage.operator.startswith("designed.tagged")]
    assert altered_twice
    assert all(task.prompt.count("as specified above, returns") == 2 for task in altered_twice)


def test_the_lineage_holds_the_definition_and_gives_the_operator_back(pristine: Path) -> None:
    task = next(
        t for t in Suite.load(pristine).ancestors if t.lineage and t.lineage.operator.startswith("designed.tag")
    )
    assert task.lineage is not None
    assert Definition.from_json(task.lineage.parameters["definition"]) == Definition.from_json(TAGGED)
    assert operator_of(task.lineage).name == task.lineage.operator


def other_expression(row: Row) -> None:
    row["lineage"]["parameters"]["definition"]["expression"][2] = ["plus", "item", "a"]


def other_name(row: Row) -> None:
    row["lineage"]["operator"] = "designed.tagged.00000000"


def no_definition(row: Row) -> None:
    del row["lineage"]["parameters"]["definition"]


def hostile_definition(row: Row) -> None:
    row["lineage"]["parameters"]["definition"]["expression"] = ["__import__", ["text", "os"]]


def other_sentence(row: Row) -> None:
    definition = row["lineage"]["parameters"]["definition"]
    definition["phrase"] = "the items of {v} in order, without those that are equal to an earlier one {a}"
    row["lineage"]["operator"] = Definition.from_json(definition).operator_name


def consistent_lie(row: Row) -> None:
    """Another expression under the old sentence, with the name that goes with it."""
    other_expression(row)
    row["lineage"]["operator"] = Definition.from_json(row["lineage"]["parameters"]["definition"]).operator_name


@pytest.mark.parametrize(
    "tamper", [other_expression, other_name, no_definition, hostile_definition, other_sentence, consistent_lie]
)
def test_a_definition_in_a_lineage_is_not_believed(
    pristine: Path, tmp_path: Path, sandbox: Sandbox, tamper: Callable[[Row], None]
) -> None:
    folder = Path(shutil.copytree(pristine, tmp_path / "suite"))
    name = ""
    for path in (folder / "tasks.jsonl", folder / "ancestors.jsonl"):
        rows = [json.loads(line) for line in path.read_text().splitlines()]
        for row in rows:
            if not name and row.get("lineage") and row["lineage"]["operator"].startswith("designed.tagged"):
                tamper(row)
                name = row["id"]
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    manifest = json.loads((folder / "suite.json").read_text())
    manifest.pop("merkle_root", None)
    (folder / "suite.json").write_text(json.dumps(manifest))
    failures = [failure for failure in verify(Suite.load(folder), sandbox) if failure.task == name]
    assert failures, tamper.__name__


def test_the_same_seed_makes_the_same_suite(parents: Suite, file: Path, sandbox: Sandbox, pristine: Path) -> None:
    chains = parse_operators(f"@{file},@{file}:tagged,@{file}:rotated_distinct+@{file}:tagged")
    assert evolve(parents, chains, 3, sandbox).suite.digest == Suite.load(pristine).digest


def test_a_guard_of_a_definition_ends_in_an_error_where_it_asks_for_one(parents: Suite, sandbox: Sandbox) -> None:
    guard = operator_of_definition(Definition.from_json(changed(MANY_EVEN, name="refusing", outcome="error")))
    suite = evolve(parents, [[guard]], 0, sandbox).suite
    assert all("raise" in task.prompt and "Traceback" in task.prompt for task in suite)
    assert verify(suite, sandbox) == []


def test_slips_of_a_condition_are_its_numbers_by_one_off_and_its_comparisons_turned() -> None:
    tree = Definition.from_json(MANY_EVEN).tree
    value = [2, 4, 5, 6]
    found = {value_of(slip, value, {"k": k}) for slip in slips(tree) for k in (2, 3)}
    assert found == {True, False}
    assert len(slips(tree)) == 4  # greater -> at_least, even -> odd, k one more, k one less


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("@nowhere.json", "cannot be read"),
        ("@{file}:unknown", "no operator called 'unknown'"),
        ("@{file}+rename", "in a chain, name one"),
        ("@{file},@{file}", "different operators"),
    ],
)
def test_a_file_that_cannot_be_used_is_told_in_one_line(file: Path, text: str, says: str) -> None:
    with pytest.raises(BadInput, match=says) as caught:
        parse_operators(text.replace("{file}", str(file)))
    assert "\n" not in str(caught.value)


def edited(**changes: Any) -> Callable[[Any], Any]:
    return lambda data: {**data, **changes}


@pytest.mark.parametrize(
    ("edit", "says"),
    [
        (lambda data: [], "no file of operators"),
        (edited(schema=2), "no file of operators of schema 1"),
        (edited(grammar=99), "written for grammar 99"),
        (edited(operators={}), "no file of operators"),
        (edited(operators=[3]), "operator 1: no JSON object"),
        (edited(operators=[{"definition": {}}]), "operator 1: name is missing"),
        (lambda data: {**data, "operators": data["operators"] * 2}, "two operators have the same name"),
        (lambda data: {**data, "operators": data["operators"] * 200}, "more than 500"),
        (lambda data: {**data, "operators": [{**data["operators"][0], "digest": "0"}]}, "it was changed"),
        (lambda data: {**data, "operators": [{**data["operators"][0], "proof": []}]}, "no figures of its proof"),
    ],
)
def test_a_file_that_was_changed_is_refused(file: Path, tmp_path: Path, edit: Callable[[Any], Any], says: str) -> None:
    path = tmp_path / "edited.json"
    path.write_text(json.dumps(edit(json.loads(file.read_text()))))
    with pytest.raises(BadInput, match=says):
        load(path)
