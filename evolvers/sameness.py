"""The proof that two tasks have the same program and the same tests, docstrings apart, so that nothing need be run.

Strings that stand alone as statements (docstrings, wherever they are) have no effect unless the program looks at
itself, which is excluded. The digest is of node types and fields, and the same for Python 3.10 to 3.13; the text of
``ast.dump`` is not.
"""

from __future__ import annotations

import ast
import functools
import re
from typing import Any

from ..benchmarks import CheckTest, CodeTask, ModuleTest
from ..benchmarks.jsonio import text_digest
from .protocol import Gate, NotApplicable
from .syntax import nodes_of, shared

# What a program can see its own text, docstrings or line numbers with.
_MIRRORS = frozenset(
    "__doc__ __code__ __file__ __loader__ inspect doctest linecache traceback tracemalloc help _getframe getsource "
    "getdoc f_lineno tb_lineno co_consts".split()
)
_MIRROR = re.compile("|".join(sorted(_MIRRORS)))
_UNSAID = frozenset({"ctx", "kind", "type_comment"})


@functools.lru_cache(maxsize=2048)
def looks_at_itself(source: str) -> bool:
    """Whether a program may see its own docstrings, source or line numbers."""
    if not _MIRROR.search(source):
        return False
    for node in nodes_of(source):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            names = {part for alias in node.names for part in alias.name.split(".")}
            names |= set((getattr(node, "module", None) or "").split("."))
        else:
            values = (getattr(node, name, None) for name in ("id", "attr", "value"))
            names = {value for value in values if isinstance(value, str)}
        if not _is_string_statement(node) and names & _MIRRORS:
            return True
    return False


def refuse_mirrors(task: CodeTask) -> None:
    """NotApplicable when the reference or a test program may see the docstring that is to change."""
    for source in (task.reference, *(test.program for test in task.tests if isinstance(test, (CheckTest, ModuleTest)))):
        if looks_at_itself(source):
            raise NotApplicable("the program looks at its own text")


@functools.lru_cache(maxsize=2048)
def program_digest(source: str) -> str:
    """SHA-256 of a program's tree without docstrings and positions; SyntaxError when it does not parse."""
    return text_digest(canonical(shared(source)))


def canonical(node: ast.AST) -> str:
    """The tree as a text: node types and those fields that say something, without strings that are statements."""
    try:
        return _canonical(node)
    except RecursionError as error:
        raise NotApplicable("the program is nested too deeply") from error


def same_program_gate(task: CodeTask, parent: CodeTask) -> Gate:
    """``same_program``: the reference is the parent's but for docstrings, and so are the tests."""
    try:
        digest = program_digest(task.reference)
        holds = (
            digest == program_digest(parent.reference)
            and task.entry_point == parent.entry_point
            and task.time_limit_s == parent.time_limit_s
            and _tests(task) == _tests(parent)
            and not any(looks_at_itself(each.reference) for each in (task, parent))
        )
    except SyntaxError:
        return Gate("same_program", False, {"problem": "a program does not parse"})
    return Gate("same_program", holds, {"program": digest})


def _tests(task: CodeTask) -> list[Any]:
    """The tests, with preludes as their programs."""
    rows: list[Any] = []
    for test in task.tests:
        if isinstance(test, CheckTest):
            rows.append((test.name, test.program, program_digest(_without_pass(test.prelude))))
        else:
            rows.append(test)
    return rows


@functools.lru_cache(maxsize=2048)
def _without_pass(prelude: str) -> str:
    """A prelude whose last function has no body but ``pass`` after its docstring says no more than without it."""
    shorter = re.sub(r"\n[ \t]+pass\n\Z", "\n", prelude)
    try:
        shared(shorter)
    except SyntaxError:
        return prelude if shorter == prelude else shorter + "    ''\n"
    return shorter


def _is_string_statement(node: object) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _canonical(node: object) -> str:
    if isinstance(node, ast.Constant):
        return f"{type(node.value).__name__} {_constant(node.value)}"
    if isinstance(node, ast.JoinedStr):
        return _formatted(node)
    if not isinstance(node, ast.AST):
        return ascii(node)
    parts = [type(node).__name__]
    for name in node._fields:
        value = getattr(node, name, None)
        if value is None or value == [] or name in _UNSAID:
            continue
        if isinstance(value, list):
            items = [_canonical(item) for item in value if not _is_string_statement(item)]
            parts.append(f"{name}=[{' '.join(items)}]")
        else:
            parts.append(f"{name}={_canonical(value)}")
    return f"({' '.join(parts)})"


def _formatted(node: ast.JoinedStr) -> str:
    """An f-string with neighbouring constants as one: Python versions cut them differently."""
    parts: list[str] = []
    text = ""
    for value in node.values:
        if isinstance(value, ast.Constant):
            text += str(value.value)
            continue
        parts += [ascii(text), _canonical(value)]
        text = ""
    return f"(f {' '.join([*parts, ascii(text)])})"


def _constant(value: object) -> str:
    # Decimal digits of a huge integer are refused by the interpreter, hexadecimal ones are not.
    return hex(value) if type(value) is int else ascii(value)
