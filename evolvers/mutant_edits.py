"""Where a program can be changed in one place: the mutation operators, as edits of the source text.

Left alone: docstrings, signatures and their defaults, annotations, decorators, patterns, imports, f-strings (before
Python 3.12 their positions are unreliable), messages of exceptions and assertions (no value depends on them), the
``__main__`` block, and statements that are never reached.
"""

from __future__ import annotations

import ast
import math
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .mutant_facts import (
    ARITHMETIC,
    CERTAIN,
    COMPARISONS,
    LARGEST,
    REBINDING,
    SWAPPED,
    TIGHT,
    UNARITHMETIC,
    UNWRAPPED,
    is_main,
    leaves,
    names_in,
    parts,
)
from .positions import Positions


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """One change: the span of the source that is replaced, and by what."""

    start: int
    end: int
    text: str
    line: int
    description: str


def edits_of(source: str, tree: ast.Module, lines: Positions) -> list[Edit]:
    """Every place of a program where an operator applies, in the order of the text; some may not compile."""
    finder = _Finder(source, lines)
    finder.block(tree.body)
    return sorted(set(finder.edits))


class _Finder:
    def __init__(self, source: str, lines: Positions) -> None:
        self.edits: list[Edit] = []
        self._source = source
        self._lines = lines
        self._bound: Counter[str] = Counter()  # names of the function that is walked: in how many places they are bound
        self._whole: frozenset[str] = frozenset()  # those of them that hold whole numbers

    # --- walking ---

    def block(self, statements: Sequence[ast.stmt]) -> None:
        for statement in statements:
            self._visit(statement, statement)
            if leaves(statement):
                return

    def _visit(self, node: ast.AST, parent: ast.AST) -> None:
        handler = _HANDLERS.get(type(node))
        if handler is not None:
            handler(self, node, parent)
        elif type(node) not in _CLOSED:
            self._children(node)

    def _children(self, node: ast.AST, *, without: tuple[str, ...] = ()) -> None:
        for name in node._fields:
            value = getattr(node, name, None)
            if name in without or value is None:
                continue
            if not isinstance(value, list):
                if isinstance(value, ast.AST):
                    self._visit(value, node)
            elif value and isinstance(value[0], ast.stmt):
                self.block(value)
            else:
                for item in value:
                    if isinstance(item, ast.AST):
                        self._visit(item, node)

    def _edit(self, start: int, end: int, text: str, node: ast.expr | ast.stmt, what: str) -> None:
        line = node.lineno + self._source.count("\n", self._start(node), start)
        self.edits.append(Edit(start, end, text, line, what))

    def _replaced(self, node: ast.expr | ast.stmt, text: str, what: str) -> None:
        self._edit(self._start(node), self._end(node), text, node, what)

    def _start(self, node: ast.expr | ast.stmt) -> int:
        return self._lines.start(node)

    def _end(self, node: ast.expr | ast.stmt) -> int:
        return self._lines.end(node)

    def _text(self, node: ast.expr | ast.stmt) -> str:
        return self._source[self._start(node) : self._end(node)]

    def _token(self, start: int, end: int, pattern: str) -> tuple[int, int] | None:
        """The first match between two places that is not in a comment."""
        for found in re.finditer(rf"#[^\n]*|{pattern}", self._source[start:end]):
            if not found.group().startswith("#"):
                return start + found.start(), start + found.end()
        return None

    # --- functions and statements ---

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef, parent: ast.AST) -> None:
        outside = self._bound, self._whole
        self._bound, self._whole = names_in(node)
        self.block(node.body)
        self._bound, self._whole = outside

    def _body_only(self, node: Any, parent: ast.AST) -> None:
        if isinstance(node.body, list):
            self.block(node.body)
        else:
            self._visit(node.body, node)

    def _assign(self, node: ast.Assign, parent: ast.AST) -> None:
        names = [n.id for target in node.targets for n in ast.walk(target) if isinstance(n, ast.Name)]
        if self._bound and all(self._bound[name] > 1 for name in names):
            self._replaced(node, "pass", "assignment dropped")
        self._children(node)

    def _annotated(self, node: ast.AnnAssign, parent: ast.AST) -> None:
        if node.value is not None:
            self._visit(node.value, node)

    def _augmented(self, node: ast.AugAssign, parent: ast.AST) -> None:
        self._replaced(node, "pass", "assignment dropped")
        old, new = ARITHMETIC.get(type(node.op), ("", ""))
        if old and not self._no_number(node.value):
            self._operator(self._end(node.target), self._start(node.value), node, f"{old}=", f"{new}=")
        self._children(node)

    def _expression(self, node: ast.Expr, parent: ast.AST) -> None:
        if isinstance(node.value, ast.Constant):
            return
        if isinstance(node.value, ast.Call):
            if getattr(node.value.func, "id", "") == "print":
                return
            self._replaced(node, "pass", "call dropped")
        self._children(node)

    def _return(self, node: ast.Return, parent: ast.AST) -> None:
        if node.value is None:
            return
        for part in parts(node.value):
            text = self._text(part)
            self._replaced(node.value, f"({text})" if "\n" in text else text, "part of the returned value dropped")
        if isinstance(node.value, ast.Call) and getattr(node.value.func, "id", "") == "len":
            self._shifted(node.value)
        self._children(node)

    def _jump(self, node: ast.Break | ast.Continue, parent: ast.AST) -> None:
        old, new = ("break", "continue") if isinstance(node, ast.Break) else ("continue", "break")
        self._replaced(node, new, f"{old} becomes {new}")

    def _conditional(self, node: ast.If | ast.While | ast.IfExp, parent: ast.AST) -> None:
        if isinstance(node.test, ast.Constant) and not isinstance(node, ast.While):
            return
        if isinstance(node, ast.If) and is_main(node.test):
            return
        self._negated(node.test)
        self._children(node)

    def _comprehension(self, node: ast.comprehension, parent: ast.AST) -> None:
        for condition in node.ifs:
            self._negated(condition)
            self._replaced(condition, "True", "condition dropped")
        self._children(node)

    def _assert(self, node: ast.Assert, parent: ast.AST) -> None:
        self._visit(node.test, node)

    def _match_case(self, node: Any, parent: ast.AST) -> None:
        self._children(node, without=("pattern",))

    def _negated(self, test: ast.expr) -> None:
        """`not` before a condition, unless another operator makes the same program."""
        if isinstance(test, ast.Constant) or (isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not)):
            return
        if isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], CERTAIN):
            return
        text = self._text(test)
        simple = isinstance(test, TIGHT) and "\n" not in text
        self._replaced(test, f"not {text}" if simple else f"not ({text})", "condition negated")

    # --- expressions ---

    def _operator(self, start: int, end: int, node: ast.expr | ast.stmt, old: str, new: str, pattern: str = "") -> None:
        found = self._token(start, end, pattern or re.escape(old))
        if found is not None:
            self._edit(*found, new, node, f"{old} becomes {new}")

    def _compare(self, node: ast.Compare, parent: ast.AST) -> None:
        operands = [node.left, *node.comparators]
        for left, operator, right in zip(operands, node.ops, operands[1:], strict=False):
            old, pattern, new = COMPARISONS[type(operator)]
            self._operator(self._end(left), self._start(right), node, old, new, pattern)
        self._children(node)

    def _binary(self, node: ast.BinOp, parent: ast.AST) -> None:
        old, new = ARITHMETIC.get(type(node.op), ("", ""))
        if old and not (self._no_number(node.left) or self._no_number(node.right)):
            found = self._token(self._end(node.left), self._start(node.right), re.escape(old))
            if found is not None and isinstance(node.op, REBINDING) and isinstance(parent, (ast.BinOp, ast.UnaryOp)):
                left = self._source[self._start(node) : found[0]]
                right = self._source[found[1] : self._end(node)]
                self._replaced(node, f"({left}{new}{right})", f"{old} becomes {new}")
            elif found is not None:
                self._edit(*found, new, node, f"{old} becomes {new}")
        self._children(node)

    def _boolean(self, node: ast.BoolOp, parent: ast.AST) -> None:
        old, new = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
        for left, right in zip(node.values, node.values[1:], strict=False):
            self._operator(self._end(left), self._start(right), node, old, new, rf"{old}\b")
        self._children(node)

    def _unary(self, node: ast.UnaryOp, parent: ast.AST) -> None:
        if isinstance(node.op, ast.Not):
            start = self._start(node)
            rest = self._source[start + 3 : self._end(node)]
            self._edit(start, start + 3 + len(rest) - len(rest.lstrip(" ")), "", node, "not dropped")
        value = node.operand.value if isinstance(node.operand, ast.Constant) else None
        if isinstance(node.op, ast.USub) and isinstance(value, (int, float)) and not isinstance(value, bool):
            self._number(node, -value, parent)
        else:
            self._children(node)

    def _constant(self, node: ast.Constant, parent: ast.AST) -> None:
        value = node.value
        if isinstance(value, bool):
            self._replaced(node, str(not value), f"{value} becomes {not value}")
        elif isinstance(value, (int, float)):
            self._number(node, value, parent)
        elif isinstance(value, str):
            new, what = ("", "text becomes empty") if value else (" ", "empty text becomes a blank")
            quote = self._source[self._end(node) - 1]  # the source's own kind, so that nothing but the value changes
            self._replaced(node, f"{quote}{new}{quote}", what)

    def _number(self, node: ast.expr, value: float, parent: ast.AST) -> None:
        if abs(value) >= LARGEST or not math.isfinite(value):
            return
        step = isinstance(parent, ast.Slice) and parent.step is node
        for changed in (value + 1, value - 1):
            if step and changed == 0:  # an error wherever it is reached
                continue
            inside = changed < 0 and isinstance(parent, (ast.BinOp, ast.UnaryOp, ast.Attribute))
            self._replaced(node, f"({changed})" if inside else repr(changed), f"{value} becomes {changed}")

    def _call(self, node: ast.Call, parent: ast.AST) -> None:
        name = getattr(node.func, "id", None) or getattr(node.func, "attr", "")
        if name in SWAPPED:
            end = self._end(node.func)
            start = end - len(name)
            if self._source[start:end] == name:
                self._edit(start, end, SWAPPED[name], node, f"{name} becomes {SWAPPED[name]}")
        if name in UNWRAPPED and isinstance(node.func, ast.Name):
            self._unwrapped(node)
        if name == ("sorted" if isinstance(node.func, ast.Name) else "sort"):
            self._reversed(node)
        if name == "range" and isinstance(node.func, ast.Name):
            for argument in node.args[:2]:
                self._shifted(argument)
        self._children(node)

    def _unwrapped(self, node: ast.Call) -> None:
        if node.args and not isinstance(node.args[0], (ast.Starred, ast.GeneratorExp)):
            text = self._text(node.args[0])
            tight = isinstance(node.args[0], TIGHT) and "\n" not in text
            self._replaced(node, text if tight else f"({text})", f"{getattr(node.func, 'id', '')} dropped")

    def _reversed(self, node: ast.Call) -> None:
        given = [*node.args, *(keyword.value for keyword in node.keywords)]
        flags = {keyword.arg for keyword in node.keywords}
        if flags & {"reverse", None} or any(isinstance(value, ast.GeneratorExp) for value in given):
            return
        place = self._end(node) - 1
        self._edit(place, place, f"{', ' if given else ''}reverse=True", node, "sorted in reverse")

    def _subscript(self, node: ast.Subscript, parent: ast.AST) -> None:
        self._visit(node.value, node)
        index = node.slice
        if isinstance(index, ast.Name) and index.id in self._whole:
            self._shifted(index)
        self._visit(index, node)

    def _slice(self, node: ast.Slice, parent: ast.AST) -> None:
        for bound in (node.lower, node.upper):
            if bound is not None:
                self._shifted(bound)
        self._children(node)

    def _shifted(self, node: ast.expr) -> None:
        """A place moved by one either way, unless a constant's own mutants do that."""
        if isinstance(node, (ast.Constant, ast.UnaryOp, ast.Starred)):
            return
        sides = (node.left, node.right) if isinstance(node, ast.BinOp) else ()
        if any(isinstance(side, ast.Constant) for side in sides):
            return
        text = self._text(node)
        tight = isinstance(node, (*TIGHT, ast.BinOp)) and not isinstance(getattr(node, "op", None), REBINDING[1:])
        for shift in ("+ 1", "- 1"):
            self._replaced(node, f"{text if tight else f'({text})'} {shift}", f"{shift} added to a place")

    def _no_number(self, node: ast.expr) -> bool:
        if isinstance(node, ast.Constant):
            return isinstance(node.value, (str, bytes))
        return isinstance(node, UNARITHMETIC)


_HANDLERS: Mapping[type[ast.AST], Callable[[_Finder, Any, ast.AST], None]] = {
    ast.FunctionDef: _Finder._function,
    ast.AsyncFunctionDef: _Finder._function,
    ast.ClassDef: _Finder._body_only,
    ast.Lambda: _Finder._body_only,
    ast.ExceptHandler: _Finder._body_only,
    ast.Assign: _Finder._assign,
    ast.AnnAssign: _Finder._annotated,
    ast.AugAssign: _Finder._augmented,
    ast.Expr: _Finder._expression,
    ast.Return: _Finder._return,
    ast.Break: _Finder._jump,
    ast.Continue: _Finder._jump,
    ast.If: _Finder._conditional,
    ast.While: _Finder._conditional,
    ast.IfExp: _Finder._conditional,
    ast.comprehension: _Finder._comprehension,
    ast.Assert: _Finder._assert,
    ast.match_case: _Finder._match_case,
    ast.Compare: _Finder._compare,
    ast.BinOp: _Finder._binary,
    ast.BoolOp: _Finder._boolean,
    ast.UnaryOp: _Finder._unary,
    ast.Constant: _Finder._constant,
    ast.Call: _Finder._call,
    ast.Subscript: _Finder._subscript,
    ast.Slice: _Finder._slice,
}
_CLOSED = (ast.JoinedStr, ast.Raise, ast.Import, ast.ImportFrom, ast.Global, ast.Nonlocal)
