"""Questions about untrusted text that may be Python source. It is parsed, never compiled to code, and never run."""

from __future__ import annotations

import ast
import builtins
import functools
import io
import re
import warnings

from ...benchmarks.parsing import parse_module

MAX_PARSED = 100_000
"""Characters. Longer text is not parsed: the nesting that 400,000 characters can hold ends a Python 3.10 process."""
MAX_PARSED_IN_ALL = 500_000
"""Characters that are parsed for the sake of one reply, so that no reply costs more than about a second."""

_PER_PARSE = 200  # characters that the shortest parse is counted as, for what it costs to begin one
_MAX_STARTS = 12
_MAX_CUTS = 8
_PROGRAM_START = re.compile(
    r"(?:async|def|class|import|from|if|for|while|try|with)\b|@\w|print\(|[A-Za-z_][\w, ]*=[^=]"
)
_BUILTINS = frozenset(dir(builtins)) | {"__file__"}


class Parser:
    """Parses the texts that may be the program in one reply: each once, and not more than ``MAX_PARSED_IN_ALL``."""

    def __init__(self) -> None:
        self.spent = 0
        self._known: dict[str, ast.Module | int] = {}
        self._lacking: dict[str, frozenset[str]] = {}
        self._defines: dict[tuple[str, str], bool] = {}

    @property
    def is_spent(self) -> bool:
        """Whether so much was parsed that nothing more of weight will be."""
        return self.spent > MAX_PARSED_IN_ALL - 10 * _PER_PARSE

    def parse(self, text: str) -> ast.Module | None:
        """The syntax tree, or None where the text is not Python (or too long to find out)."""
        tree = self._parse(text)
        return tree if isinstance(tree, ast.Module) else None

    def defines(self, text: str, name: str) -> bool:
        """Whether the text binds ``name`` at its top level; of what is no valid Python, whether it looks like it."""
        found = self._defines.get((text, name))
        if found is None:
            found = self._defines[text, name] = self._does_define(text, name)
        return found

    def _does_define(self, text: str, name: str) -> bool:
        tree = self.parse(text)
        if tree is None:
            word = re.escape(name)
            head = rf"^(?:(?:async[ \t]+)?def|class)[ \t]+{word}\b|^{word}[ \t]*(?::[^=\n]+)?=(?!=)"
            return re.search(head, text, re.MULTILINE) is not None
        if any(leaves_a_function(statement) for statement in tree.body):
            return False  # a body without its indentation, in which a variable has the name
        return any(name in _bound(statement) for statement in tree.body)

    def bound(self, text: str) -> set[str]:
        """The names that the text binds at its top level; none where it is no valid Python."""
        tree = self.parse(text)
        return {name for statement in tree.body for name in _bound(statement)} if tree else set()

    def lacking(self, text: str) -> set[str]:
        """The names that the text uses and binds nowhere; none where it is no valid Python."""
        if text not in self._lacking:
            self._lacking[text] = self._unbound(text)
        return set(self._lacking[text])

    def _unbound(self, text: str) -> frozenset[str]:
        tree = self.parse(text)
        if tree is None:
            return frozenset()
        used: set[str] = set()
        known: set[str] = set()
        for node in ast.walk(tree):
            if isinstance(node, ast.Name):
                (used if isinstance(node.ctx, ast.Load) else known).add(node.id)
            elif isinstance(node, ast.arg):
                known.add(node.arg)
            elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.ExceptHandler)):
                known.add(node.name or "")
            elif isinstance(node, ast.alias):
                known.add((node.asname or node.name).partition(".")[0])
        return frozenset(used - known - _BUILTINS)

    def longest_program(self, text: str) -> str | None:
        """The longest run of lines that begins like a program and is valid Python; None where there is none.

        For code with prose before and behind it. Prose behind is found by the parser: the text is cut at the line
        where it stops being Python, a bounded number of times.
        """
        lines = lines_of(text)
        starts = [number for number, line in enumerate(lines) if _PROGRAM_START.match(line)][:_MAX_STARTS]
        best: list[str] = []
        end = 0
        for start in starts:
            if start < end:
                continue  # within a run that was found already
            found = self._valid_prefix(lines[start:])
            end = start + len(found)
            best = max(best, found, key=len)
        return "".join(best).rstrip() + "\n" if best else None

    def _valid_prefix(self, lines: list[str]) -> list[str]:
        for _ in range(_MAX_CUTS):
            if not lines:
                break
            found = self._parse("".join(lines))
            if isinstance(found, ast.Module):
                return lines
            lines = lines[: min(found - 1, len(lines) - 1)] if found > 0 else []
        return []

    def _parse(self, text: str) -> ast.Module | int:
        """The syntax tree, or the number of the line (from 1) where the text stops being Python; 0 where unknown."""
        if len(text) > MAX_PARSED:
            return 0
        if text not in self._known:
            cost = len(text) + _PER_PARSE
            if self.spent + cost > MAX_PARSED_IN_ALL:
                return 0
            self.spent += cost
            self._known[text] = _tree_or_line(text)
        return self._known[text]


@functools.lru_cache(maxsize=1024)
def bound_by_prompt(prompt: str) -> frozenset[str]:
    """The names that a completion prompt binds, whose function is not finished; a run asks with each many times."""
    return frozenset(Parser().bound(f"{prompt}\n    pass\n"))


def lines_of(text: str) -> list[str]:
    """Lines with their ends, as Python counts them: a form feed or U+2028 in a string ends none."""
    return io.StringIO(text, newline="\n").readlines()


def leaves_a_function(statement: ast.stmt) -> bool:
    """Whether a return or yield stands in the statement, outside of any function inside it."""
    stack: list[ast.AST] = [statement]
    while stack:
        node = stack.pop()
        if isinstance(node, (ast.Return, ast.Yield, ast.YieldFrom)):
            return True
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            stack.extend(ast.iter_child_nodes(node))
    return False


def _tree_or_line(text: str) -> ast.Module | int:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the answer's invalid escapes are not the user's concern
            return parse_module(text)
    except SyntaxError as error:
        return error.lineno or 0
    except (ValueError, RecursionError, MemoryError):
        return 0


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
