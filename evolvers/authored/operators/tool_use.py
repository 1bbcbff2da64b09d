"""A task with one to three helper functions given in full, of which its solution needs one at least (EvoEval, 2024)."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ....benchmarks import CodeTask
from ...protocol import Gate
from ...syntax import parse
from ..altered import Altering, delta_gate, other_name
from ..fields import calls_of, code_of, list_of, text_of
from ..programs import called_in, function_in, read_program
from ..protocol import Draft, Evidence, Helper, UnusableReply
from ..signatures import stated

MAX_HELPERS = 3
MAX_HELPER = 2_500


class ToolUse(Altering):
    """See the module's docstring."""

    name = "tool_use"
    extra = ("helpers",)

    def describe(self) -> str:
        """One line for people."""
        return "a task with implemented helper functions, of which its solution needs at least one"

    def read(self, reply: Mapping[str, Any], parents: Sequence[CodeTask]) -> Draft:
        """The reference is the helpers' programs, as they are given, and the author's own part below them."""
        helpers = tuple(_helper(value, place) for place, value in enumerate(list_of(reply, "helpers", 1, MAX_HELPERS)))
        names = [helper.name for helper in helpers]
        if len(set(names)) < len(names):
            raise UnusableReply('"helpers": two of them have one name', "helpers")
        draft = super().read(reply, parents)
        _check_own(draft, names)
        whole = "\n\n".join([*(helper.program for helper in helpers), draft.reference])
        notes = {**draft.notes, "own": draft.reference}
        return replace(draft, helpers=helpers, reference=whole, notes=notes)

    def noted(self, draft: Draft, reply: Mapping[str, Any], parents: Sequence[CodeTask]) -> Mapping[str, Any]:
        """Nothing but the helpers."""
        other_name(draft, parents)
        return {}

    def shortcuts(self, draft: Draft, parents: Sequence[CodeTask]) -> Mapping[str, str]:
        """The reference's own part without the helpers, and each helper alone under the entry point's name."""
        found = {"without helpers": str(draft.notes["own"])}
        programs = "\n\n".join(helper.program for helper in draft.helpers)
        for helper in draft.helpers:
            call = f"def {draft.entry_point}(*args):\n    return {helper.name}(*args)\n"
            found[f"helper {helper.name}"] = f"{programs}\n\n{call}"
        return found

    def prove(self, task: CodeTask, parents: Sequence[CodeTask], evidence: Evidence) -> tuple[Gate, ...]:
        """Each helper's calls were run, the reference uses one, no helper alone solves it, and none must be used."""
        draft = evidence.draft
        own = str(draft.notes.get("own", ""))
        used = sorted({helper.name for helper in draft.helpers} & called_in(parse(own)))
        ran = {helper.name: len(evidence.helper_rows.get(helper.name, ())) for helper in draft.helpers}
        ended = all(row.raised is None for rows in evidence.helper_rows.values() for row in rows)
        passed = {name: evidence.shortcuts.get(name) for name in self.shortcuts(draft, parents)}
        given = all(helper.program.strip() in task.reference for helper in draft.helpers)
        return (
            Gate("helpers_run", ended and bool(ran) and all(ran.values()), {"calls": ran}),
            Gate("helpers_used", given and bool(used), {"used": used}),
            Gate("shortcuts_fail", all(each is False for each in passed.values()), {"passed": passed}),
            delta_gate(evidence, 0.0),
        )


def _helper(value: Any, place: int) -> Helper:
    where = f"helpers[{place}]"
    if not isinstance(value, dict):
        raise UnusableReply(f'"{where}": expected an object with name, program and calls', "wrong type")
    fields = {f"{where}.{name}": each for name, each in value.items()}
    name = text_of(fields, f"{where}.name", 1, 60)
    program = code_of(fields, f"{where}.program", 20, MAX_HELPER)
    tree = read_program(program, f"{where}.program", MAX_HELPER)
    node = function_in(tree, name, f"{where}.program")
    if not ast.get_docstring(node):
        raise UnusableReply(f'"{where}.program": `{name}` has no docstring that says what it does', "helpers")
    try:
        signature = stated(node)
    except UnusableReply as error:
        raise UnusableReply(str(error).replace('"signature"', f'"{where}.program"'), "helpers") from error
    return Helper(name, program, calls_of(fields, f"{where}.calls", signature, 1, 5))


def _check_own(draft: Draft, names: Sequence[str]) -> None:
    tree = parse(draft.reference)
    again = {getattr(node, "name", "") for node in tree.body} & set(names)
    if again or draft.entry_point in names:
        raise UnusableReply(
            '"reference": defines a helper again; leave the helpers out of it, they stand above it', "helpers"
        )
    if not called_in(tree) & set(names):
        raise UnusableReply('"reference": uses none of the helpers', "helper not used")
    node = next(each for each in tree.body if getattr(each, "name", "") == draft.entry_point)
    body = [each for each in getattr(node, "body", []) if not isinstance(each, ast.Expr)]
    if len(body) == 1 and isinstance(body[0], ast.Return) and _hands_on(body[0].value, names):
        raise UnusableReply('"reference": only hands its arguments on to a helper', "a helper is the answer")


def _hands_on(value: ast.expr | None, names: Sequence[str]) -> bool:
    return (
        isinstance(value, ast.Call)
        and isinstance(value.func, ast.Name)
        and value.func.id in names
        and not value.keywords
        and all(isinstance(argument, ast.Name) for argument in value.args)
    )
