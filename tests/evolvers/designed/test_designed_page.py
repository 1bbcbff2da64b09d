"""The page on designed operators: its definitions are admitted, its list of primitives is the grammar's."""

from __future__ import annotations

import json
import re
from pathlib import Path

import click
from click.testing import CliRunner

from evalrun.benchmarks import Suite
from evalrun.evolvers.commands.design import command as design
from evalrun.evolvers.commands.evolve import command as evolve
from evalrun.evolvers.commands.verify import command as verify
from evalrun.evolvers.designed.designing import primitives_told
from evalrun.evolvers.designed.files import load
from evalrun.evolvers.designed.primitives import TYPES
from evalrun.evolvers.designed.probes import probes_of

PAGE = Path(__file__).parents[3] / "docs" / "operators" / "designed.md"


def test_the_definitions_of_the_page_are_admitted_used_and_verified(tmp_path: Path) -> None:
    text = PAGE.read_text("utf-8")
    (written,) = (block for block in re.findall(r"```json\n(.*?)```", text, re.DOTALL) if "weighted_by_place" in block)
    (tmp_path / "mine.json").write_text(written)
    file, suite = tmp_path / "operators.json", tmp_path / "suite"

    def run(command: click.Command, *arguments: str) -> str:
        result = CliRunner().invoke(command, [*arguments, "--sandbox", "process"], catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return result.output

    told = run(design, "--definitions", str(tmp_path / "mine.json"), "-o", str(file))
    assert "proposed 3, admitted 3, rejected 0" in told
    assert [each.definition.name for each in load(file)] == [each["name"] for each in json.loads(written)["operators"]]
    run(
        evolve,
        "core",
        "--operators",
        f"@{file}:weighted_by_place+rename,@{file}:mostly_even",
        "--tasks",
        "core/[a-m]*",
        "-o",
        str(suite),
    )
    file.unlink()
    run(verify, str(suite))
    tasks = Suite.load(suite).tasks
    assert any(
        "which is 0 if there are none) plus (the length of v)" in " ".join(task.prompt.split()) for task in tasks
    )


def test_the_page_lists_every_primitive_as_the_designer_sees_it() -> None:
    listed = re.findall(r"<!-- primitives: .*? -->\n(.*?)\n<!-- end", PAGE.read_text("utf-8"), re.DOTALL)
    assert listed == [primitives_told()]


def test_the_page_tells_the_types_and_the_numbers_of_probes() -> None:
    text = PAGE.read_text("utf-8")
    assert ", ".join(f"`{each}`" for each in TYPES) in text
    sizes = [len(probes_of(each)) for each in TYPES if each != "bool"]
    assert f"{min(sizes)} to {max(sizes)} of a type ({len(probes_of('bool'))} of `bool`)" in text
