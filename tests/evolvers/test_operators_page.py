"""The page of the operators describes each of this project's, in one form and under its kind."""

from __future__ import annotations

import configparser
import re
from pathlib import Path

from evalrun.evolvers.protocol import operator_named

ROOT = Path(__file__).parents[2]
KINDS = {"Semantics-preserving": "preserving", "Semantics-altering": "altering", "Derived": "derived"}


def test_every_operator_has_a_section_with_its_proof_and_what_it_refuses_under_its_kind() -> None:
    options = configparser.ConfigParser(delimiters=("=",))
    options.read(ROOT / "setup.cfg", "utf-8")
    lines = options["options.entry_points"]["evalrun.operators"].split("\n")
    registered = {line.partition("=")[0].strip() for line in lines if line.strip()}
    page = (ROOT / "docs" / "operators.md").read_text("utf-8")
    described = {}
    for title, kind in KINDS.items():
        (part,) = re.findall(rf"^# {title}\n(.*?)(?=^# |\Z)", page, re.DOTALL | re.MULTILINE)
        for name, text in re.findall(r"^## `(\w+)`\n(.*?)(?=^## |\Z)", part, re.DOTALL | re.MULTILINE):
            described[name] = kind
            assert "**Proof.**" in text, name
            assert "**Refused.**" in text, name
            assert f"[`{name}`](#{name})" in page, name
    assert described == {name: operator_named(name).kind for name in registered}
