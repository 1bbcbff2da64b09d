"""Reading a request as a model would: which prompt it is, what stands between its fences, what a parent is.

A prompt is known by the first words of its file's user part, so that it is recognised as it is rendered.
"""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_FENCE = re.compile(r"^(`{3,})text \(([^)\n]*)\)\n(.*?)\n?^\1$", re.DOTALL | re.MULTILINE)
Args = tuple[Any, ...]


@dataclass(frozen=True)
class Fenced:
    """A text between fences, with its label."""

    label: str
    text: str


@dataclass(frozen=True)
class Request:
    """A chat request. template: the prompt file's name, "" for one that is not known."""

    model: str
    seed: int
    template: str
    text: str
    fences: tuple[Fenced, ...]

    def all(self, label: str) -> list[str]:
        """Every fenced text with a label."""
        return [each.text for each in self.fences if each.label == label]

    def one(self, label: str) -> str:
        """The first of them, "" where there is none."""
        return next(iter(self.all(label)), "")

    @property
    def number(self) -> int:
        """A number that the text decides, whoever is asked, and with which seed."""
        return number_of(self.template, self.text)


@dataclass(frozen=True)
class Parent:
    """A task as an author is shown it. calls: arguments and values that were told."""

    text: str
    program: str
    entry: str
    parameters: tuple[str, ...]
    calls: tuple[tuple[Args, Any], ...]


def number_of(*parts: object) -> int:
    """A number that these texts decide: the scripts' only source of chance."""
    return int.from_bytes(hashlib.sha256("\0".join(map(str, parts)).encode()).digest()[:6], "big")


def markers(folder: Path) -> dict[str, str]:
    """For each prompt file the first words of its user part, as far as they are the same in every request."""
    found = {}
    for path in sorted(folder.glob("*.md")):
        _, mark, text = path.read_text(encoding="utf-8").partition("\n--- user ---\n")
        if mark:
            found[path.stem] = text.split("{")[0].strip().rstrip("`")[:200].strip()
    return found


def read_request(body: Mapping[str, Any], known: Mapping[str, str]) -> Request:
    """A request's body as ``Request``; the longest marker that fits names the template."""
    text = str(body["messages"][-1]["content"])
    fitting = [name for name, mark in known.items() if mark and text.startswith(mark)]
    template = max(fitting, key=lambda name: len(known[name]), default="")
    fences = tuple(Fenced(match[2], match[3]) for match in _FENCE.finditer(text))
    return Request(str(body["model"]), int(body.get("seed") or 0), template, text, fences)


def parents_in(request: Request) -> list[Parent]:
    """The parents of a request for a new function, in order."""
    found = []
    calls = iter(_called(request))
    for text, program in zip(request.all("description"), request.all("program"), strict=True):
        node = entry_of(program, next(calls))
        names = tuple(argument.arg for argument in node.args.args)
        found.append(Parent(text, program, node.name, names, ()))
    rows = list(_called(request))
    return [
        Parent(each.text, each.program, each.entry, each.parameters, calls_in(row, each.entry))
        for each, row in zip(found, rows, strict=True)
    ]


def _called(request: Request) -> list[str]:
    """The lines of calls of each parent, "" for one without."""
    found: list[str] = []
    for each in request.fences:
        if each.label == "program":
            found.append("")
        elif each.label == "calls that were run" and found:
            found[-1] = "\n".join(line.removeprefix("- ") for line in each.text.split("\n"))
    return found


def entry_of(program: str, calls: str = "") -> ast.FunctionDef:
    """The function that a program is for: the one that its calls name, else the last one."""
    functions = [node for node in ast.parse(program).body if isinstance(node, ast.FunctionDef)]
    named = re.match(r"\s*(\w+)\(", calls)
    return next((node for node in functions if named and node.name == named[1]), functions[-1])


def calls_in(text: str, entry: str) -> tuple[tuple[Args, Any], ...]:
    """Arguments and values of the lines ``f(1, 'a') == 2`` that hold literals only."""
    found = []
    for line in text.split("\n"):
        try:
            node = ast.parse(line.strip(), mode="eval").body
            assert isinstance(node, ast.Compare)
            call = node.left
            assert isinstance(call, ast.Call)
            found.append((tuple(map(value_of, call.args)), value_of(node.comparators[0])))
        except (SyntaxError, AssertionError, ValueError, TypeError):
            continue
    return tuple(found)


def value_of(node: ast.expr) -> Any:
    """The value of a literal, ``set()`` among them; ValueError for anything else."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "set" and not node.args:
        return set()
    return ast.literal_eval(node)


def arguments_text(args: Sequence[Any]) -> str:
    """What stands between a call's brackets."""
    return ", ".join(map(repr, args))


def squeezed(text: str) -> str:
    """A text without white space and backslashes, so that it is found however it was wrapped and escaped."""
    return re.sub(r"[\s\\]+", "", text)
