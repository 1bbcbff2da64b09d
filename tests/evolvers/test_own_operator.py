from __future__ import annotations

import configparser
import re
from pathlib import Path

import pytest

from evalrun.benchmarks import Suite
from evalrun.evolvers import evolve, parse_operators, verify
from evalrun.harness.sandbox import Sandbox

PAGE = Path(__file__).parents[2] / "docs" / "operators" / "own.md"


@pytest.mark.sandbox
def test_the_operator_of_the_documentation_evolves_core_as_it_stands_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: Sandbox
) -> None:
    text = PAGE.read_text("utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    (setup,) = re.findall(r"```ini\n(.*?)```", text, re.DOTALL)
    (tmp_path / "my_operators.py").write_text(code, "utf-8")
    options = configparser.ConfigParser(delimiters=("=",))
    options.read_string(setup)
    installed = tmp_path / "my_operators-1.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: my_operators\nVersion: 1\n", "utf-8")
    entries = options["options.entry_points"]["evalrun.operators"].strip()
    (installed / "entry_points.txt").write_text(f"[evalrun.operators]\n{entries}\n", "utf-8")
    monkeypatch.syspath_prepend(tmp_path)

    core = Suite.load("core")
    # Both forms of prompt: the suite's last tasks are instructions.
    parents = [*core.tasks[:3], *(task for task in core if task.form == "instruct")][:5]
    evolution = evolve(core.subset(parents), parse_operators("encourage"), 0, sandbox)
    assert len(evolution.suite) == len(parents)
    assert {task.form for task in evolution.suite} == {"completion", "instruct"}
    for task in evolution.suite:
        gates = evolution.suite.certificates[task.id]["gates"]
        assert {"same_program", "only_a_word_added"} <= {gate["gate"] for gate in gates if gate["holds"]}
    assert verify(evolution.suite, sandbox) == []
