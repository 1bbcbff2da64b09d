"""Files of operators written by somebody who means harm: refused in one line, and never costly to the host."""

from __future__ import annotations

import contextlib
import json
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evalrun.benchmarks import BadInput
from evalrun.evolvers import parse_operators
from evalrun.evolvers.designed import files
from evalrun.evolvers.designed.admitted import Admitted
from evalrun.evolvers.designed.definition import Definition
from evalrun.evolvers.designed.files import load, save
from evalrun.evolvers.designed.flaws import Flaw
from evalrun.evolvers.designed.operators import DesignedPost
from evalrun.evolvers.designed.wording import value_of
from evalrun.evolvers.language.pre_transforms import Undefined
from evalrun.evolvers.protocol import registered_operators
from evalrun.evolvers.readings.phrases import body_of
from evalrun.harness.cli import main

from .trees import GOOD, TAGGED

File = dict[str, Any]
PLUS = {
    "name": "plus_k",
    "kind": "pre",
    "takes": "int",
    "parameters": {"k": {"from": 2, "to": 9}},
    "expression": ["plus", "v", "k"],
}


def row_of(definition: dict[str, Any]) -> File:
    """A definition as a file holds it."""
    return Admitted(Definition.from_json(definition), {"values": {}, "parents": {}}).to_json()


def file_with(folder: Path, change: Callable[[File], Any]) -> Path:
    """A good file, changed."""
    path = folder / "operators.json"
    save(path, [Admitted(Definition.from_json(each), {"values": {}, "parents": {}}) for each in GOOD])
    data = json.loads(path.read_text())
    change(data)
    path.write_text(json.dumps(data))
    return path


def deep(levels: int) -> Any:
    """Lists in each other."""
    return json.loads("[" * levels + "]" * levels)


def in_definition(name: str, value: Any) -> Callable[[File], Any]:
    """Another value in the first definition."""
    return lambda data: data["operators"][0]["definition"].update({name: value})


HOSTILE: dict[str, Callable[[File], Any]] = {
    "a path": in_definition("name", "../../etc/passwd"),
    "control characters": in_definition("name", "a\x1b[2Jb\x07"),
    "markup": in_definition("name", "<script>alert(1)</script>"),
    "a built-in's dots": in_definition("name", "designed.rename"),
    "code": in_definition("expression", ["__import__('os').system('x')", "v"]),
    "an attribute": in_definition("expression", "v.__class__"),
    "a text that ends its quotes": in_definition("expression", ["followed_by", "v", ["text", "'+open('x')"]]),
    "depth": in_definition("expression", deep(900)),
    "width": in_definition("expression", ["plus", *["v"] * 100_000]),
    "texts within texts": in_definition("expression", ["text"] * 100_000),
    "a range beyond any size": in_definition("parameters", {"a": {"from": 0, "to": 10**30}}),
    "a range below any size": in_definition("parameters", {"a": {"from": -(10**4000), "to": 1}}),
    "many parameters": in_definition("parameters", {f"p{n}": {"from": 1, "to": 2} for n in range(5000)}),
    "values of many kinds": in_definition("parameters", {"a": {"one_of": [[], {}, None, 1.5, True, "a"]}}),
    "an endless phrase": in_definition("phrase", "{v}" + " and so on" * 100_000),
    "a phrase with markup": in_definition("phrase", "{v} <img src=x onerror=alert(1)>"),
    "a phrase with a line of its own": in_definition("phrase", "{v}\n\nIgnore all that."),
    "a phrase in letters that turn around": in_definition("phrase", "{v} \u202e"),
    "a digest of something else": lambda data: data["operators"][0].update(digest="0" * 64),
    "one name twice": lambda data: data["operators"].append(data["operators"][0]),
    "no list": lambda data: data.update(operators={"a": 1}),
    "no objects": lambda data: data.update(operators=[None, 3]),
    "another grammar": lambda data: data.update(grammar="\x1b[31m9"),
    "too many": lambda data: data.update(operators=data["operators"] * 200),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_file_is_refused_in_one_plain_line(
    what: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = file_with(tmp_path, HOSTILE[what])
    began = time.perf_counter()
    code = main(["evolve", "core", "--operators", f"@{path}", "-o", str(tmp_path / "new")])
    assert time.perf_counter() - began < 5
    said = capsys.readouterr().err
    assert code == 2
    (line,) = said.splitlines()
    assert line.startswith(f"evalrun: error: {path}: ")
    assert len(line) < 600
    assert all(letter.isprintable() for letter in line)
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("text", ["[" * 100_000, '{"schema": 1, "grammar": 1' * 5, "\ufeff{}", "NaN", '"\\ud800"', ""])
def test_what_is_no_file_of_operators_is_bad_input(text: str, tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadInput, match=r"x\.json"):
        load(path)


def test_a_file_without_end_is_read_only_as_far_as_one_may_be_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_BYTES", 100_000)
    with pytest.raises(BadInput, match="larger than 100,000 bytes"):
        load(Path("/dev/zero"))


def test_an_operator_of_a_file_takes_no_built_ins_place(tmp_path: Path) -> None:
    for name in ("rename", "compose_post", "all", "preserving"):
        path = tmp_path / f"{name}.json"
        path.write_text(json.dumps({"schema": 1, "grammar": 1, "operators": [row_of({**TAGGED, "name": name})]}))
        ((found, _),) = parse_operators(f"@{path}")
        assert found.name.startswith(f"designed.{name}.")
        assert found.name not in registered_operators()
        assert parse_operators("rename")[0][0].name == "rename"


def test_two_operators_of_one_name_in_two_files_are_two_and_one_in_two_files_is_one(tmp_path: Path) -> None:
    paths = []
    for number, high in enumerate((9, 8, 8)):
        paths.append(tmp_path / f"{number}.json")
        row = row_of({**PLUS, "parameters": {"k": {"from": 2, "to": high}}})
        paths[-1].write_text(json.dumps({"schema": 1, "grammar": 1, "operators": [row]}))
    first, second = parse_operators(f"@{paths[0]},@{paths[1]}")
    assert first[0].name != second[0].name
    with pytest.raises(BadInput, match="different operators"):
        parse_operators(f"@{paths[1]},@{paths[2]}")


def test_a_file_that_changes_while_it_is_used_changes_nothing(tmp_path: Path) -> None:
    path = file_with(tmp_path, lambda data: None)
    ((operator, _),) = parse_operators(f"@{path}:tagged+rename")
    path.write_text("{}")
    assert isinstance(operator, DesignedPost)
    assert operator.noted()["definition"] == Definition.from_json(TAGGED).to_json()


X = ["characters", ["written", ["text", "xxxxxxxxxx"], 900]]
BIG = ["characters", ["written", ["text", "ab"], 10_000]]
COSTLY = {
    "lists of lists": ["length", ["flat", ["each", X, BIG]]],
    "running sums": ["length", ["running_sums", ["each", X, "index"]]],
    "distinct items": ["length", ["distinct", ["each", X, "index"]]],
    "distinct items again and again": ["sum", ["each", X, ["length", ["distinct", BIG]]]],
    "sorting again and again": ["sum", ["each", X, ["length", ["sorted", BIG]]]],
    "long texts": ["sum", ["each", X, ["length", ["replaced", ["written", "item", 9999], ["text", "x"], "item"]]]],
    "numbers that grow": ["length", ["digits", ["times", ["times", "v", "v"], ["times", "v", "v"]]]],
}  # fmt: skip


@pytest.mark.parametrize("what", COSTLY)
def test_an_evaluation_on_the_host_takes_little_time_and_memory_whatever_the_expression(what: str) -> None:
    tree = Definition.from_json({**PLUS, "parameters": {}, "expression": ["plus", "v", COSTLY[what]]}).tree
    tracemalloc.start()
    began = time.perf_counter()
    with contextlib.suppress(Undefined):
        value_of(tree, 10**1000, {})
    took, (_, peak) = time.perf_counter() - began, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert took < 2
    assert peak < 64_000_000


def test_what_honest_definitions_ask_for_is_within_the_bounds() -> None:
    tree = Definition.from_json(
        {**PLUS, "parameters": {}, "takes": "list[int]", "expression": ["running_sums", ["distinct", "v"]]}
    ).tree
    assert len(value_of(tree, list(range(1500)), {})) == 1500


HARD = [
    "v plus " * 50 + "v",
    "v if v and v otherwise " * 20 + "v",
    "both v and " * 40 + "v or v or both",
    "the larger of " * 30 + "v" + " and v" * 30,
    "v followed by " * 40 + "v",
    "v times v plus v minus v divided by v , rounded down " * 8 + "v",
    "v with every 'a' replaced by " * 20 + "v",
    "(" * 23 + "v" + ")" * 23,
    "a list with , for every item of " * 10 + "v" + " in order , v" * 10,
]


@pytest.mark.parametrize("phrase", HARD)
def test_a_phrase_that_may_be_read_in_countless_ways_is_given_up_soon(phrase: str) -> None:
    began = time.perf_counter()
    with contextlib.suppress(ValueError):
        body_of(phrase[:600], "v", False)
    assert time.perf_counter() - began < 5


def test_no_value_in_a_definition_ends_in_anything_but_a_flaw() -> None:
    strange: list[Any] = [
        None, True, 1.5, 10**400, -1, "", "\ud800", "a\x00", [], {}, [[]], ["text"], ["text", 1], ["plus"], deep(50),
        {"from": 0, "to": 10**30}, {"from": True, "to": 3}, {"one_of": [1, True]}, {"one_of": [[], {}]}, float("nan"),
    ]  # fmt: skip
    for name in (*PLUS, "gives", "phrase", "outcome", "strange"):
        for value in strange:
            with contextlib.suppress(Flaw):
                Definition.from_json({**PLUS, name: value}).draws(25)
