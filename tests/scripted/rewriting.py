"""The same program by other hands: other names, other conditions, another shape. Its values stay."""

from __future__ import annotations

import ast
import builtins
from functools import lru_cache

_MIRRORED = {ast.Lt: ast.Gt, ast.Gt: ast.Lt, ast.LtE: ast.GtE, ast.GtE: ast.LtE, ast.Eq: ast.Eq, ast.NotEq: ast.NotEq}


class _Mirror(ast.NodeTransformer):
    """``a < b`` becomes ``b > a`` where both are names or constants."""

    def visit_Compare(self, node: ast.Compare) -> ast.expr:
        plain = (ast.Name, ast.Constant)
        if len(node.ops) != 1 or not isinstance(node.left, plain) or not isinstance(node.comparators[0], plain):
            self.generic_visit(node)
            return node
        other = _MIRRORED.get(type(node.ops[0]))
        return node if other is None else ast.Compare(node.comparators[0], [other()], [node.left])


class _Flip(ast.NodeTransformer):
    """``if c: A else: B`` becomes ``if not c: B else: A``."""

    def visit_If(self, node: ast.If) -> ast.If:
        self.generic_visit(node)
        if not node.orelse or (len(node.orelse) == 1 and isinstance(node.orelse[0], ast.If)):
            return node
        return ast.If(ast.UnaryOp(ast.Not(), node.test), node.orelse, node.body)

    def visit_IfExp(self, node: ast.IfExp) -> ast.IfExp:
        self.generic_visit(node)
        return ast.IfExp(ast.UnaryOp(ast.Not(), node.test), node.orelse, node.body)


class _Rename(ast.NodeTransformer):
    """Other names for what plain functions assign."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        inner = (ast.FunctionDef, ast.Lambda, ast.ClassDef, ast.Global, ast.Nonlocal)
        if any(isinstance(each, inner) for part in node.body for each in ast.walk(part)):
            return node
        taken = {argument.arg for argument in ast.walk(node.args) if isinstance(argument, ast.arg)}
        for part in ast.walk(node):
            if isinstance(part, ast.ExceptHandler) and part.name:
                taken.add(part.name)
            if isinstance(part, (ast.Import, ast.ImportFrom)):
                taken |= {alias.asname or alias.name for alias in part.names}
        stored = {
            part.id
            for part in ast.walk(node)
            if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store) and part.id not in taken
        }
        names = {name: f"my_{name}" for name in stored if not hasattr(builtins, name)}
        for part in ast.walk(node):
            if isinstance(part, ast.Name) and part.id in names:
                part.id = names[part.id]
        return node


@lru_cache(maxsize=4096)
def rewritten(program: str, entry: str, number: int) -> str:
    """The program in one of five shapes; as it is where the number says so."""
    shape = number % 5
    if shape == 0:
        return program
    tree: ast.AST = ast.parse(program)
    if shape in (1, 4):
        tree = _Mirror().visit(tree)
    if shape in (2, 4):
        tree = _Flip().visit(tree)
    if shape in (3, 4):
        tree = _Rename().visit(tree)
    text = ast.unparse(ast.fix_missing_locations(tree)) + "\n"
    return _wrapped(text, entry) if shape in (1, 3) else text


def _wrapped(program: str, entry: str) -> str:
    """The function under another name, called by one that has the old name."""
    tree = ast.parse(program)
    node = next((each for each in tree.body if isinstance(each, ast.FunctionDef) and each.name == entry), None)
    if node is None or node.decorator_list or node.args.vararg or node.args.kwarg or node.args.kwonlyargs:
        return program
    given = ast.unparse(node.args)
    names = ", ".join(argument.arg for argument in node.args.args)
    node.name = "_answer"
    return f"{ast.unparse(tree)}\n\n\ndef {entry}({given}):\n    outcome = _answer({names})\n    return outcome\n"
