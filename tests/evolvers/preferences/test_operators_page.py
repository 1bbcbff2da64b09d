"""The page of the operators on preference tasks: complete, and its examples are what the operators give."""

from __future__ import annotations

import configparser
import json
import re
from pathlib import Path

import pytest

from evalrun.benchmarks.preference import PreferenceSuite, PreferenceTask
from evalrun.evolvers.preferences.engine import evolve
from evalrun.evolvers.preferences.registry import parse_operators
from evalrun.evolvers.preferences.verify import verify
from evalrun.harness.sandbox import Sandbox

PAGE = (Path(__file__).parents[3] / "docs" / "preference_operators.md").read_text("utf-8")


@pytest.fixture(scope="module")
def demo() -> PreferenceSuite:
    """The two tasks of the page."""
    (rows,) = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    tasks = [PreferenceTask.from_json(json.loads(row)) for row in rows.splitlines()]
    return PreferenceSuite("demo", "1", tuple(tasks))


def sections(title: str) -> dict[str, str]:
    (part,) = re.findall(rf"^# {title}\n(.*?)(?=^# |\Z)", PAGE, re.DOTALL | re.MULTILINE)
    return dict(re.findall(r"^## `(\w+)`\n(.*?)(?=^## |\Z)", part, re.DOTALL | re.MULTILINE))


def test_every_preserving_operator_has_a_section_with_its_proof_and_what_it_refuses() -> None:
    described = sections("Label-preserving")
    assert set(described) == {chain[0].name for chain in parse_operators("preserving")}
    for name, text in described.items():
        assert "**Proof.**" in text, name
        assert "**Refused.**" in text, name
        assert f"[`{name}`](#{name})" in PAGE, name


def test_the_examples_are_what_the_operators_give(demo: PreferenceSuite, sandbox: Sandbox) -> None:
    evolution = evolve(demo, parse_operators("preserving"), 0, sandbox)
    shown = 0
    for name, text in sections("Label-preserving").items():
        made = [task for task in evolution.suite if task.metadata["operator"] == name]
        assert made, name
        texts = "\n".join(json.dumps(task.to_json(), ensure_ascii=False) for task in made)
        for example in re.findall(r"(?:^    .*\n(?:\n(?=    ))?)+", text, re.MULTILINE):
            lines = "\n".join(line.removeprefix("    ") for line in example.rstrip("\n").split("\n"))
            assert json.dumps(lines, ensure_ascii=False)[1:-1] in texts, (name, lines)
            shown += 1
    assert shown >= 12
    assert verify(evolution.suite, sandbox) == []


def test_the_operator_of_the_page_evolves_its_tasks_as_it_stands_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, demo: PreferenceSuite, sandbox: Sandbox
) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    (setup,) = re.findall(r"```ini\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / "my_preferences.py").write_text(code, "utf-8")
    options = configparser.ConfigParser(delimiters=("=",))
    options.read_string(setup)
    installed = tmp_path / "my_preferences-1.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: my_preferences\nVersion: 1\n", "utf-8")
    entries = options["options.entry_points"]["evalrun.preference_operators"].strip()
    (installed / "entry_points.txt").write_text(f"[evalrun.preference_operators]\n{entries}\n", "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    new = evolve(demo, parse_operators("greet,greet+position_swap"), 0, sandbox).suite
    assert len(new) == 4
    assert verify(new, sandbox) == []
