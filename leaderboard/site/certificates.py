"""A certificate in words: what each gate demands, whether it holds, and what it found."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ...benchmarks.task import Lineage
from ...benchmarks.visible import visible
from .render import View

MOST_GATES = 60
MOST_LEVELS = 4
"""Levels of evidence and parameters that are shown: our own have three."""
# The gates of evalrun's own operators; one that is not named here is shown without words.
GATES = {
    "tests_pass": "the reference passes the task's tests",
    "same_outputs": "no output differs from the parent's on any recorded or generated input",
    "same_program": "the program is the parent's own",
    "controls_fail": "answers that must not pass fail the tests",
    "total": "every input gives plain data, or an exception that the text names",
    "varied": "outcomes differ from each other, and no outcome prevails",
    "parent_fails": "the parent's reference fails these tests",
    "arguments_kept": "no argument is changed by the call",
    "repeatable": "a second run in reverse order gives the same values",
    "declared_type": "every value has the declared type",
    "examples": "the examples were executed and are not among the hidden inputs",
    "envelope": "what the parent's function receives lies within its inputs' contract",
    "cheap": "no call takes too many steps",
    "parent_verbatim": "the parent's text and program are untouched",
    "one_reading": "the added sentence has exactly one reading",
    "novel": "most of the added words stand in no parent's text",
    "read_back": "a program read from the prompt alone behaves like the reference",
    "hash_seeds": "fresh interpreters with other hash seeds give the same",
    "new_part_mutants": "the tests kill mutants of what was added",
    "parent_mutants": "the tests kill mutants of the parent through the new function",
    "fresh_names": "every new name is unused before",
    "inverse_tree": "renaming back gives the parent's syntax tree",
    "same_scopes": "every name is bound in the scope it was bound in",
    "old_names_gone": "no old name is left in the text",
    "prose_kept": "every word of the text is kept",
    "examples_executed": "the added examples were executed",
    "examples_apart": "the added examples are not among the hidden inputs",
    "old_tests_kept": "every test of the parent is kept",
    "inside_envelope": "the added inputs lie within the parent's contract",
    "kills_more": "the added tests kill mutants that the old ones left alive",
    "one_change": "exactly one change was made to the program",
    "tools_given": "the tools are the parent's own functions",
}


def holds(certificate: Mapping[str, Any]) -> bool:
    """Whether the certificate names a gate, and every gate that it names holds."""
    gates = _gates(certificate)
    return bool(gates) and all(gate.get("holds") is True for gate in gates)


def certificate_view(certificate: Mapping[str, Any], *, texts: bool) -> View:
    """The certificate for the page; ``texts``: whether evidence, which may hold words of the task, is shown."""
    gates = _gates(certificate)
    return {
        "kind": visible(certificate.get("kind", "unknown"), 40),
        "python": visible(certificate.get("python", ""), 40),
        "sandbox": visible(certificate.get("sandbox", ""), 40),
        "gates": [_gate_view(gate, texts) for gate in gates[:MOST_GATES]],
        "failed": sum(gate.get("holds") is not True for gate in gates),
        "held": sum(gate.get("holds") is True for gate in gates),
    }


def _gates(certificate: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    gates = certificate.get("gates")
    return [gate for gate in gates if isinstance(gate, Mapping)] if isinstance(gates, list) else []


def _gate_view(gate: Mapping[str, Any], texts: bool) -> View:
    name = str(gate.get("gate"))
    evidence = gate.get("evidence")
    facts = evidence if isinstance(evidence, Mapping) and texts else {}
    return {
        "name": visible(name, 60),
        "words": GATES.get(name, ""),
        "holds": gate.get("holds") is True,
        "evidence": [(_words(key), _value(value)) for key, value in list(facts.items())[:12]],
    }


def lineage_facts(lineage: Lineage, *, texts: bool) -> list[tuple[str, str]]:
    """How the task was made: enough to make it again."""
    facts = [
        ("operator", f"{visible(lineage.operator, 60)}, version {visible(lineage.operator_version, 20)}"),
        ("seed", str(lineage.seed)),
        ("depth", str(lineage.depth)),
    ]
    if texts:
        facts += [
            (_words(key), _value(value)) for key, value in sorted(lineage.parameters.items()) if value not in ({}, [])
        ]
    return facts


def _words(key: object) -> str:
    return visible(key, 60).replace("_", " ")


def _value(value: object, depth: int = 0) -> str:
    if isinstance(value, Mapping):
        if depth == MOST_LEVELS:
            return "…"
        inside = list(value.items())[:20]
        return ", ".join(f"{visible(key, 60)} → {_value(inner, depth + 1)}" for key, inner in inside)
    if isinstance(value, str):
        # Digests are for programs; twelve digits of one tell people enough.
        return value[:12] if len(value) in (32, 64) and set(value) <= set("0123456789abcdef") else visible(value, 200)
    try:
        return visible(json.dumps(value, ensure_ascii=False, default=str), 200)
    except RecursionError:  # what could just be read may not be written from here
        return "…"
