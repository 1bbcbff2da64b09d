"""Docstring dialects: how a record is written in each, and how it is read back. Every line of the text stays verbatim.

Reading does not look at how the text was written: it knows the dialect's own marks only.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .protocol import NotApplicable
from .specrecord import Record, tidy

Lines = tuple[str, ...]
Read = tuple[Lines, Lines, tuple[tuple[str, str], ...], str]


@dataclass(frozen=True, slots=True)
class Dialect:
    """write: a record to a docstring's text. read: a text to (description, examples, parameters, returns)."""

    write: Callable[[Record], str]
    read: Callable[[str], Read]


def _google(record: Record) -> str:
    parts = [list(record.text)]
    if record.parameters:
        parts.append(
            ["Args:", *(f"    {name} ({kind})" if kind else f"    {name}" for name, kind in record.parameters)]
        )
    if record.returns:
        parts.append(["Returns:", f"    {record.returns}"])
    if record.examples:
        parts.append(["Examples:", *_indented(record.examples)])
    return _joined(parts, ("Args:", "Returns:", "Examples:"), record)


def _read_google(text: str) -> Read:
    found = _sections(text.split("\n"), ("Args:", "Returns:", "Examples:"))
    parameters = []
    for line in found["Args:"]:
        name, _, kind = line.strip().partition(" (")
        parameters.append((name, kind[:-1] if kind else ""))
    return found[""], _dedented(found["Examples:"]), tuple(parameters), "".join(found["Returns:"]).strip()


def _numpy(record: Record) -> str:
    parts = [list(record.text)]
    if record.parameters:
        rows = [f"{name} : {kind}" if kind else name for name, kind in record.parameters]
        parts.append(["Parameters", "----------", *rows])
    if record.returns:
        parts.append(["Returns", "-------", record.returns])
    if record.examples:
        parts.append(["Examples", "--------", *record.examples])
    return _joined(parts, ("Parameters", "Returns", "Examples"), record)


def _read_numpy(text: str) -> Read:
    lines = text.split("\n")
    names = ("Parameters", "Returns", "Examples")
    kept = [line for at, line in enumerate(lines) if not (at and lines[at - 1] in names and set(line) == {"-"})]
    found = _sections(kept, names)
    rows = [line.partition(" : ") for line in found["Parameters"]]
    return found[""], found["Examples"], tuple((name, kind) for name, _, kind in rows), "".join(found["Returns"])


def _rest(record: Record) -> str:
    fields = []
    for name, kind in record.parameters:
        fields.append(f":param {name}:")
        fields += [f":type {name}: {kind}"] if kind else []
    fields += [f":rtype: {record.returns}"] if record.returns else []
    parts = [list(record.text), fields]
    if record.examples:
        parts.append([".. rubric:: Examples", "", *record.examples])
    if any(line.startswith((":param ", ":type ", ":rtype:", ".. rubric::")) for line in record.text):
        raise NotApplicable("the text holds the dialect's own marks")
    return "\n\n".join("\n".join(part) for part in parts if part)


def _read_rest(text: str) -> Read:
    body, _, examples = text.partition("\n.. rubric:: Examples\n")
    names: dict[str, str] = {}
    returns, description = "", []
    for line in body.split("\n"):
        if line.startswith(":param "):
            names[line[len(":param ") : -1]] = ""
        elif line.startswith(":type "):
            name, _, kind = line[len(":type ") :].partition(": ")
            names[name] = kind
        elif line.startswith(":rtype: "):
            returns = line[len(":rtype: ") :]
        else:
            description.append(line)
    return tidy(description), tidy(examples.split("\n")), tuple(names.items()), returns


def _json(record: Record) -> str:
    data = {
        "description": list(record.text),
        "parameters": [{"name": name, "type": kind} if kind else {"name": name} for name, kind in record.parameters],
        **({"returns": record.returns} if record.returns else {}),
        **({"examples": list(record.examples)} if record.examples else {}),
    }
    return json.dumps(data, indent=2, ensure_ascii=False)


def _read_json(text: str) -> Read:
    data = json.loads(text)
    parameters = tuple((each["name"], each.get("type", "")) for each in data["parameters"])
    return tuple(data["description"]), tuple(data.get("examples", ())), parameters, data.get("returns", "")


DIALECTS = {
    "google": Dialect(_google, _read_google),
    "numpy": Dialect(_numpy, _read_numpy),
    "rest": Dialect(_rest, _read_rest),
    "json": Dialect(_json, _read_json),
}


def _joined(parts: Sequence[Sequence[str]], marks: Sequence[str], record: Record) -> str:
    if any(line.strip() in marks for line in (*record.text, *record.examples)):
        raise NotApplicable("the text holds the dialect's own marks")
    return "\n\n".join("\n".join(part) for part in parts if part)


def _sections(lines: Sequence[str], marks: Sequence[str]) -> dict[str, Lines]:
    """Lines under each mark, and under "" those before the first."""
    found: dict[str, list[str]] = {"": [], **{mark: [] for mark in marks}}
    current = ""
    for line in lines:
        if line in marks:
            current = line
        else:
            found[current].append(line)
    return {mark: tidy(rows) for mark, rows in found.items()}


def _indented(lines: Sequence[str]) -> list[str]:
    return [f"    {line}" if line else "" for line in lines]


def _dedented(lines: Sequence[str]) -> Lines:
    return tuple(line[4:] if line.startswith("    ") else line for line in lines)
