"""The page of the operators through a model describes each of them, and the replies that it shows are good ones."""

from __future__ import annotations

import configparser
import json
import re
from pathlib import Path
from typing import Any

import pytest

from evalrun.benchmarks import CodeTask, Suite
from evalrun.evolvers.authored.registry import model_operator_named
from evalrun.evolvers.authored.steps import draft_of, next_step

from .replies import evidence_of, finished

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "model_operators.md").read_text("utf-8")
KINDS = {"Altering": "altering", "Preserving": "preserving"}


def registered() -> list[str]:
    options = configparser.ConfigParser(delimiters=("=",))
    options.read(ROOT / "setup.cfg", "utf-8")
    lines = options["options.entry_points"]["evalrun.model_operators"].split("\n")
    return [line.partition("=")[0].strip() for line in lines if line.strip()]


def sections(title: str) -> dict[str, str]:
    (part,) = re.findall(rf"^# {title}\n(.*?)(?=^# |\Z)", PAGE, re.DOTALL | re.MULTILINE)
    return dict(re.findall(r"^## `(\w+)`\n(.*?)(?=^## |\Z)", part, re.DOTALL | re.MULTILINE))


def test_every_operator_has_a_section_with_its_proof_and_what_it_refuses_under_its_kind() -> None:
    described = {}
    for title, kind in KINDS.items():
        for name, text in sections(title).items():
            described[name] = kind
            assert "**Proof.**" in text, name
            assert "**Refused.**" in text, name
            assert f"[`{name}`](#{name})" in PAGE, name
    assert described == {name: model_operator_named(name).kind for name in registered()}


def parents_of(name: str) -> tuple[CodeTask, ...]:
    tasks = {task.id: task for task in Suite.load("core")}
    both = (tasks["core/peel-matching-ends"], tasks["core/shout-every-third"])
    return both[: model_operator_named(name).parents]


def replies_of(name: str) -> list[dict[str, Any]]:
    """What the page shows that an author says to an operator."""
    text = {**sections("Altering"), **sections("Preserving")}[name]
    return [json.loads(block) for block in re.findall(r"```json\n(.*?)```", text, re.DOTALL)]


@pytest.mark.parametrize("name", registered())
def test_the_replies_that_the_page_shows_are_read_and_proven(name: str) -> None:
    replies = replies_of(name)
    operator = model_operator_named("back_translate:German" if name == "back_translate" else name)
    parents = parents_of(name)
    for place in range(1, len(replies)):
        assert next_step(operator, replies[:place], parents) is not None
    assert next_step(operator, replies, parents) is None
    draft = draft_of(operator, replies, parents)
    gates = operator.prove(finished(draft, parents[0]), parents, evidence_of(parents, draft, operator))
    assert [gate.to_json() for gate in gates if not gate.holds] == []
    for gate in gates:
        assert f"`{gate.gate}`" in PAGE, gate.gate
    if draft.preserved and len(replies) > 1:
        assert draft.spec == replies[-1]["spec"]


def test_the_parent_on_the_page_is_the_one_of_the_suite() -> None:
    (shown,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert parents_of("difficult")[0].prompt.endswith(shown)
