"""Questions about untrusted text that may be Python source. It is parsed, never compiled to code, and never run."""

from __future__ import annotations

import ast
import re
import warnings

MAX_PARSED = 100_000
"""Characters. Longer text is not parsed: the nesting that 400,000 characters can hold ends a Python 3.10 process."""

_MAX_STARTS = 12
_MAX_CUTS = 8
_PROGRAM_START = re.compile(
    r"(?:async|def|class|import|from|if|for|while|try|with)\b|@\w|print\(|[A-Za-z_][\w, ]*=[^=]"
)


def parse(text: str) -> ast.Module | None:
    """The syntax tree, or None where the text is not Python (or too long to find out)."""
    tree = _parse(text)
    return tree if isinstance(tree, ast.Module) else None


def _parse(text: str) -> ast.Module | int:
    """The syntax tree, or the number of the line (from 1) at which the text stops being Python; 0 where unknown."""
    if len(text) > MAX_PARSED:
        return 0
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the answer's invalid escapes are not the user's concern
            return ast.parse(text)
    except SyntaxError as error:
        return error.lineno or 0
    except (ValueError, RecursionError, MemoryError):
        return 0


def defines(text: str, name: str) -> bool:
    """Whether the text binds ``name`` at its top level; where it is no valid Python, whether it looks as if it did."""
    tree = parse(text)
    if tree is None:
        head = rf"^(?:async[ \t]+def|def|class)[ \t]+{re.escape(name)}\b|^{re.escape(name)}[ \t]*(?::[^=\n]+)?=(?!=)"
        return re.search(head, text, re.MULTILINE) is not None
    return any(name in _bound(statement) for statement in tree.body)


def _bound(statement: ast.stmt) -> set[str]:
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return {statement.name}
    if isinstance(statement, (ast.Import, ast.ImportFrom)):
        return {(alias.asname or alias.name).partition(".")[0] for alias in statement.names}
    if isinstance(statement, (ast.Assign, ast.AnnAssign)):
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        return {node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name)}
    if isinstance(
        statement, (ast.If, ast.Try, ast.With)
    ):  # `try: from x import f` / `except ImportError: def f(): ...`
        inner = [*statement.body, *getattr(statement, "orelse", ()), *getattr(statement, "finalbody", ())]
        inner += [step for handler in getattr(statement, "handlers", ()) for step in handler.body]
        return {name for step in inner for name in _bound(step)}
    return set()


def as_body(text: str) -> str | None:
    """The text as the indented body of a function, or None where it is not one.

    Tolerated: a first line that lost its indentation (servers strip replies), and a body that was never indented but
    can be nothing else, since it returns or yields at its top level.
    """
    candidates = [text, "    " + text.lstrip(" ")]
    tree = parse(text)
    if tree is not None:
        if not any(_leaves_a_function(statement) for statement in tree.body):
            return None
        candidates = ["".join("    " + line if line.strip() else line for line in text.splitlines(keepends=True))]
    for candidate in candidates:
        wrapped = parse("def _():\n" + candidate)
        if wrapped is not None and len(wrapped.body) > 0 and candidate.strip():
            return candidate
    return None


def _leaves_a_function(statement: ast.stmt) -> bool:
    """Whether a return or yield stands in the statement, outside of any function inside it."""
    stack: list[ast.AST] = [statement]
    while stack:
        node = stack.pop()
        if isinstance(node, (ast.Return, ast.Yield, ast.YieldFrom)):
            return True
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            stack.extend(ast.iter_child_nodes(node))
    return False


def longest_program(text: str) -> str | None:
    """The longest run of lines that begins like a program and is valid Python; None where there is none.

    For code with prose before and behind it. Prose behind is found by the parser: the text is cut at the line
    where it stops being Python, a bounded number of times.
    """
    lines = text.splitlines(keepends=True)
    starts = [number for number, line in enumerate(lines) if _PROGRAM_START.match(line)][:_MAX_STARTS]
    best: list[str] = []
    end = 0
    for start in starts:
        if start < end:
            continue  # within a run that was found already
        found = _valid_prefix(lines[start:])
        end = start + len(found)
        best = max(best, found, key=len)
    return "".join(best).rstrip() + "\n" if best else None


def _valid_prefix(lines: list[str]) -> list[str]:
    for _ in range(_MAX_CUTS):
        if not lines:
            break
        found = _parse("".join(lines))
        if isinstance(found, ast.Module):
            return lines
        lines = lines[: min(found - 1, len(lines) - 1)] if found > 0 else []
    return []
