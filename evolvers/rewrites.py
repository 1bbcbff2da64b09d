"""Rewriting a program without changing what it does: each rule gives edits of the source for a place that it fits.

A rule never moves a call, nor anything else that could have an effect, to before or behind another operand.
"""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from .docstrings import FunctionNode
from .places import Edit, Offsets
from .words import NameSource

_MIRRORED = {ast.Lt: ">", ast.Gt: "<", ast.LtE: ">=", ast.GtE: "<=", ast.Eq: "==", ast.NotEq: "!="}
_NEGATED = {ast.In: "not in", ast.NotIn: "in", ast.Is: "is not", ast.IsNot: "is"}
_OPERATORS = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%", ast.Pow: "**",
}  # fmt: skip
_PURE = (ast.Name, ast.Constant, ast.UnaryOp, ast.USub, ast.UAdd, ast.Load)


@dataclass(frozen=True, slots=True)
class Place:
    """A function in its source, with what rules need to look at it."""

    source: str
    offsets: Offsets
    function: FunctionNode

    def text(self, node: ast.expr | ast.stmt) -> str:
        """The source of a node."""
        return self.source[self.offsets.start(node) : self.offsets.end(node)]

    def nodes(self) -> Iterator[ast.AST]:
        """Every node of the body that is not inside an f-string (positions there are unreliable before Python 3.12)."""
        queue: list[ast.AST] = list(reversed(self.function.body))
        while queue:
            node = queue.pop()
            if isinstance(node, ast.JoinedStr):
                continue
            yield node
            queue += reversed(list(ast.iter_child_nodes(node)))

    def span(self, node: ast.expr | ast.stmt, text: str) -> Edit:
        """An edit that puts a text in a node's place, apart from a word that touches it (``if(x)``)."""
        start, end = self.offsets.start(node), self.offsets.end(node)
        before = " " if self.source[start - 1 : start].isalnum() else ""
        after = " " if self.source[end : end + 1].isalnum() else ""
        return start, end, before + text + after

    def lines_of(self, statement: ast.stmt) -> str | None:
        """The indentation of a statement that has its lines to itself; None otherwise."""
        last = self.offsets.lines[(statement.end_lineno or 0) - 1]
        rest = self.source[self.offsets.end(statement) :].partition("\n")[0]
        indent = self.offsets.indent(statement)
        return indent if indent is not None and not rest.strip() and last.strip() else None


Rule = Callable[[Place, NameSource], Iterator[list[Edit]]]


def is_pure(node: ast.AST) -> bool:
    """Whether evaluating an operand cannot have an effect: names, constants and their signs."""
    return all(isinstance(part, _PURE) for part in ast.walk(node))


def mirrored_comparison(place: Place, names: NameSource) -> Iterator[list[Edit]]:
    """``a < b`` as ``b > a``, of pure operands."""
    for node in place.nodes():
        if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in _MIRRORED:
            left, right = node.left, node.comparators[0]
            if is_pure(left) and is_pure(right) and "\n" not in place.text(node):
                new = f"{_in_brackets(place, right)} {_MIRRORED[type(node.ops[0])]} {_in_brackets(place, left)}"
                yield [place.span(node, new)]


def flipped_branches(place: Place, names: NameSource) -> Iterator[list[Edit]]:
    """``if c: A else: B`` as ``if not (c): B else: A``."""
    for node in place.nodes():
        if not isinstance(node, ast.If) or not node.orelse or place.lines_of(node) is None:
            continue
        first, second = node.body, node.orelse
        if _is_elif(place, node) or (len(second) == 1 and isinstance(second[0], ast.If) and _is_elif(place, second[0])):
            continue
        if place.lines_of(first[0]) is None or place.lines_of(second[0]) is None or "\n" in place.text(node.test):
            continue
        one = place.source[place.offsets.start(first[0]) : place.offsets.end(first[-1])]
        other = place.source[place.offsets.start(second[0]) : place.offsets.end(second[-1])]
        if place.offsets.indent(first[0]) != place.offsets.indent(second[0]):
            continue
        yield [
            place.span(node.test, f"not ({place.text(node.test)})"),
            (place.offsets.start(first[0]), place.offsets.end(first[-1]), other),
            (place.offsets.start(second[0]), place.offsets.end(second[-1]), one),
        ]


def de_morgan(place: Place, names: NameSource) -> Iterator[list[Edit]]:
    """``if a and b`` as ``if not (not (a) or not (b))``, in the same order; only where no more than truth is asked."""
    for node in place.nodes():
        if isinstance(node, (ast.If, ast.While, ast.IfExp)) and isinstance(node.test, ast.BoolOp):
            word = "or" if isinstance(node.test.op, ast.And) else "and"
            inner = f" {word} ".join(f"not ({place.text(value)})" for value in node.test.values)
            if "\n" not in inner:
                yield [place.span(node.test, f"not ({inner})")]


def negated_membership(place: Place, names: NameSource) -> Iterator[list[Edit]]:
    """``a in b`` as ``not (a not in b)``, which is a bool as well."""
    for node in place.nodes():
        if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in _NEGATED:
            text = f"(not ({place.text(node.left)} {_NEGATED[type(node.ops[0])]} {place.text(node.comparators[0])}))"
            if "\n" not in text:
                yield [place.span(node, text)]


def spelled_assignment(place: Place, names: NameSource) -> Iterator[list[Edit]]:
    """``x += 1`` as ``x = x + 1``: with a number no container could be changed in place."""
    for node in place.nodes():
        if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name) and type(node.op) in _OPERATORS:
            value = node.value
            if isinstance(value, ast.Constant) and type(value.value) in (int, float):
                name = node.target.id
                yield [place.span(node, f"{name} = {name} {_OPERATORS[type(node.op)]} {place.text(value)}")]


def named_result(place: Place, names: NameSource) -> Iterator[list[Edit]]:
    """``return e`` as an assignment to a fresh name and its return."""
    for node in place.nodes():
        if (
            isinstance(node, ast.Return)
            and node.value is not None
            and not isinstance(node.value, (ast.Constant, ast.Name))
        ):
            indent = place.lines_of(node)
            text = place.text(node.value)
            if indent is not None and _closed(text):
                name = names.variable()
                yield [place.span(node, f"{name} = {text}\n{indent}return {name}")]


def spelled_conditional(place: Place, names: NameSource) -> Iterator[list[Edit]]:
    """``return a if c else b`` as two returns."""
    for node in place.nodes():
        if isinstance(node, ast.Return) and isinstance(node.value, ast.IfExp):
            indent = place.lines_of(node)
            test, yes, no = (place.text(part) for part in (node.value.test, node.value.body, node.value.orelse))
            if indent is not None and all(map(_closed, (test, yes, no))):
                yield [place.span(node, f"if {test}:\n{indent}    return {yes}\n{indent}return {no}")]


def loop_for_comprehension(place: Place, names: NameSource) -> Iterator[list[Edit]]:
    """``return [e for x in y if c]`` as a loop that appends, where ``x`` is no name of anything else."""
    for node in place.nodes():
        if not isinstance(node, ast.Return) or not isinstance(node.value, ast.ListComp):
            continue
        indent, made = place.lines_of(node), node.value
        source = made.generators[0]
        simple = len(made.generators) == 1 and isinstance(source.target, ast.Name) and not source.is_async
        if indent is None or not simple or not _only_here(place, made, place.text(source.target)):
            continue
        texts = [place.text(part) for part in (source.iter, made.elt, *source.ifs)]
        if not all(map(_closed, texts)) or any(isinstance(part, ast.Lambda) for part in ast.walk(made)):
            continue
        result = names.variable()
        lines = [f"{result} = []", f"for {place.text(source.target)} in {texts[0]}:"]
        lines += [f"{'    ' * (depth + 1)}if {test}:" for depth, test in enumerate(texts[2:])]
        lines += [f"{'    ' * (len(source.ifs) + 1)}{result}.append({texts[1]})", f"return {result}"]
        yield [place.span(node, textwrap.indent("\n".join(lines), indent)[len(indent) :])]


def while_for_range(place: Place, names: NameSource) -> Iterator[list[Edit]]:
    """``for i in range(a, b)`` as a ``while`` loop, where ``i`` is not assigned, and not read outside the loop."""
    for node in place.nodes():
        if not isinstance(node, ast.For) or node.orelse or not isinstance(node.target, ast.Name):
            continue
        call, indent = node.iter, place.lines_of(node)
        ranged = isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "range"
        if not isinstance(call, ast.Call) or not ranged or call.keywords or len(call.args) > 2 or indent is None:
            continue
        if not _may_be_while(place, node) or place.lines_of(node.body[0]) is None or not all(map(_plain, call.args)):
            continue
        start, stop = ("0", *map(place.text, call.args))[-2:]
        name, bound = node.target.id, names.variable()
        inner = place.offsets.indent(node.body[0]) or ""
        head = f"{name} = {start}\n{indent}{bound} = {stop}\n{indent}while {name} < {bound}:"
        end = place.offsets.end(node.body[-1])
        # A comment behind the colon would come to stand behind another line.
        line_end = place.source.index("\n", place.offsets.end(call))
        if place.source[place.offsets.end(call) : line_end].strip() == ":":
            yield [(place.offsets.start(node), line_end, head), (end, end, f"\n{inner}{name} = {name} + 1")]


RULES: dict[str, Rule] = {
    "mirrored_comparison": mirrored_comparison,
    "flipped_branches": flipped_branches,
    "de_morgan": de_morgan,
    "negated_membership": negated_membership,
    "spelled_assignment": spelled_assignment,
    "spelled_conditional": spelled_conditional,
    "loop_for_comprehension": loop_for_comprehension,
    "while_for_range": while_for_range,
    "named_result": named_result,
}


def _is_elif(place: Place, node: ast.If) -> bool:
    return place.source.startswith("elif", place.offsets.start(node))


def _in_brackets(place: Place, node: ast.expr) -> str:
    text = place.text(node)
    return f"({text})" if isinstance(node, ast.UnaryOp) else text


def _closed(text: str) -> bool:
    """Whether an expression stands in one line, so that it may be moved to another."""
    return "\n" not in text and not text.startswith("yield")


def _plain(node: ast.expr) -> bool:
    return not any(isinstance(part, (ast.Starred, ast.NamedExpr, ast.Yield, ast.Await)) for part in ast.walk(node))


def _only_here(place: Place, inside: ast.AST, name: str) -> bool:
    """Whether a name occurs in the function within this node only (a comprehension has its own variable)."""
    here = sum(isinstance(node, ast.Name) and node.id == name for node in ast.walk(inside))
    all_uses = sum(
        (isinstance(node, ast.Name) and node.id == name) or (isinstance(node, ast.arg) and node.arg == name)
        for node in ast.walk(place.function)
    )
    return here == all_uses


def _may_be_while(place: Place, loop: ast.For) -> bool:
    """No ``continue``, no function that could outlive a turn, no other use or assignment of the variable."""
    name = loop.target.id if isinstance(loop.target, ast.Name) else ""
    for node in ast.walk(loop):
        if isinstance(node, (ast.Continue, ast.Lambda, ast.FunctionDef, ast.GeneratorExp, ast.Try)):
            return False
        named = isinstance(node, ast.Name) and node.id == name and node is not loop.target
        if named and not isinstance(getattr(node, "ctx", None), ast.Load):
            return False
    bounds = {node.id for node in ast.walk(loop.iter) if isinstance(node, ast.Name)}
    return name not in bounds and _only_here(place, loop, name)
