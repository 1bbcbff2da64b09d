"""Where the body of a completion task's reference can be cut: the statements that follow the prompt, by lines."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass

from ..benchmarks import CodeTask
from .docstrings import FunctionNode, entry_node
from .places import Offsets
from .protocol import NotApplicable, Observation
from .syntax import parse


@dataclass(frozen=True, slots=True)
class Body:
    """The statements of a reference's function that its prompt leaves to the answer.

    ends: for each statement, the offset behind its last line. indent: of the body. flush: for each statement, whether
    its last line stands at that indentation, so that whoever continues after it sees how far to indent.
    """

    node: FunctionNode
    statements: tuple[ast.stmt, ...]
    ends: tuple[int, ...]
    indent: str
    flush: tuple[bool, ...]

    def one_line(self, count: int) -> bool:
        """Whether one line is all of the statement after the first ``count``."""
        statement = self.statements[count]
        return statement.lineno == statement.end_lineno


def body_of(task: CodeTask) -> Body:
    """The body of a completion task's reference; NotApplicable unless the reference continues the prompt."""
    if task.form != "completion":
        raise NotApplicable("the prompt is not the beginning of a program")
    if not task.reference.startswith(task.prompt):
        raise NotApplicable("the reference does not begin with the prompt")
    try:
        node = entry_node(parse(task.reference), task.entry_point)
    except SyntaxError as error:
        raise NotApplicable("a program of the task does not parse") from error
    offsets = Offsets(task.reference)
    rest = [statement for statement in node.body if offsets.start(statement) >= len(task.prompt)]
    if not rest or rest != node.body[len(node.body) - len(rest) :]:
        raise NotApplicable("the prompt does not end before a statement")
    indent = offsets.indent(rest[0])
    if indent is None or not task.prompt.endswith("\n") or len(task.prompt) > offsets.start(rest[0]) - len(indent):
        raise NotApplicable("the prompt does not end before a line")
    ends, flush = [], []
    for statement in rest:
        line = statement.end_lineno or statement.lineno
        if offsets.indent(statement) != indent or _shares_a_line(statement, offsets):
            raise NotApplicable("two statements share a line")
        ends.append(min(offsets.line_start(line + 1), len(task.reference)))
        text = offsets.lines[line - 1]
        flush.append(text[: len(text) - len(text.lstrip())] == indent)
    return Body(node, tuple(rest), tuple(ends), indent, tuple(flush))


def impossible_output(body: Body, count: int, observed: Observation) -> int | None:
    """Which of the observed outputs the first statements alone cannot return; None when they may return them all.

    Standing alone, they return None at their end, or earlier one of the literals in them.
    """
    constants = constant_results(body.statements[:count])
    if constants is None:
        return None
    for row, value in enumerate(observed.outputs):
        # 1, 1.0 and True are equal in most tests.
        if value is not None and not any(value == constant for constant in constants):
            return row
    return None


def _shares_a_line(statement: ast.stmt, offsets: Offsets) -> bool:
    """Whether more than a comment follows a statement in its last line."""
    line = (statement.end_lineno or statement.lineno) + 1
    rest = offsets.lines[line - 2][len(offsets.lines[line - 2].encode()[: statement.end_col_offset].decode()) :].strip()
    return bool(rest) and not rest.startswith("#")


def constant_results(statements: Sequence[ast.stmt]) -> list[object] | None:
    """All values that these statements, standing alone in a function, can return besides None, where all are literals.

    None when they may return, or yield, anything else.
    """
    found: list[object] = []
    for node in _own_nodes(statements):
        if isinstance(node, (ast.Yield, ast.YieldFrom)):
            return None
        if isinstance(node, ast.Return) and node.value is not None:
            try:
                found.append(ast.literal_eval(node.value))
            except (ValueError, TypeError, SyntaxError, RecursionError):
                return None
    return found


def _own_nodes(statements: Sequence[ast.AST]) -> list[ast.AST]:
    """All nodes that belong to the function itself, not to functions inside it."""
    found: list[ast.AST] = []
    queue = list(statements)
    while queue:
        node = queue.pop()
        found.append(node)
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)):
            queue += ast.iter_child_nodes(node)
    return found
