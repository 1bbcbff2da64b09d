"""Where a program's way can only end in an exception, and where an exception could end unseen."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable, Iterator, Sequence, Set

# Not StopIteration: loops, ``map`` and ``list`` take it for the end of what they run over.
_PLAIN = frozenset(
    "ArithmeticError AssertionError Exception IndexError KeyError LookupError NotImplementedError OverflowError "
    "RuntimeError TypeError ValueError ZeroDivisionError".split()
)
_ENDING = frozenset(("__getitem__", "__len__", "_missing_"))
"""Methods whose exceptions Python takes for an answer: loops end at IndexError, ``list`` goes on at TypeError."""
_KEEPING = frozenset("object ABC Generic NamedTuple dict list set tuple int float str".split())
_LEAVING = (ast.Return, ast.Break, ast.Continue, ast.Yield, ast.YieldFrom)


def only_raises(body: Sequence[ast.stmt], unseen: Set[str] = frozenset()) -> bool:
    """Whether statements can only end in an exception of a plain kind, which no loop takes for its end. unseen: kinds
    that may be caught on their way, so that a value could follow."""
    if not body or not isinstance(body[-1], ast.Raise):
        return False
    raised = body[-1].exc
    kind = raised.func if isinstance(raised, ast.Call) else raised
    if not isinstance(kind, ast.Name) or kind.id not in _PLAIN - unseen:
        return False
    return not any(isinstance(each, _LEAVING) for node in body for each in ast.walk(node))


def caught_in(nodes: Iterable[ast.AST]) -> frozenset[str]:
    """The plain kinds of exceptions that a program may catch, or that may end in something of its classes unseen; all
    of them where that cannot be told. nodes: all of the program's."""
    nodes = tuple(nodes)
    classes = {node.name for node in nodes if isinstance(node, ast.ClassDef)}
    bound = {node.id for node in nodes if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)}
    bound |= {node.arg for node in nodes if isinstance(node, ast.arg)}
    bound |= {alias.asname or alias.name for node in nodes if isinstance(node, ast.ImportFrom) for alias in node.names}
    if any(isinstance(node, ast.ClassDef) and _swallows(node, classes) for node in nodes):
        return _PLAIN
    found: set[str] = set()
    for node in nodes:
        for caught in _caught_by(node) if isinstance(node, ast.ExceptHandler) else ():
            name = getattr(caught, "id", "")
            if name in bound or not (name in classes or _is_exception(name)):
                return _PLAIN
            if name not in classes:
                found |= {each for each in _PLAIN if issubclass(getattr(builtins, each), getattr(builtins, name))}
    return frozenset(found)


def _caught_by(handler: ast.ExceptHandler) -> Iterator[ast.expr | None]:
    if isinstance(handler.type, ast.Tuple):
        yield from handler.type.elts
    else:
        yield handler.type


def _is_exception(name: str) -> bool:
    kind = getattr(builtins, name, None)
    return isinstance(kind, type) and issubclass(kind, BaseException)


def _swallows(node: ast.ClassDef, classes: Set[str]) -> bool:
    """Whether what calls a class's methods may go on after an exception: what it is made of may be anything."""
    bases = {getattr(base, "id", "") for base in node.bases}
    if not all(name in classes or name in _KEEPING or _is_exception(name) for name in bases):
        return True
    return any(getattr(each, "name", "") in _ENDING for each in node.body)


def always_leaves(node: ast.stmt) -> bool:
    """Whether what stands behind a statement can never be reached."""
    if isinstance(node, (ast.Return, ast.Break, ast.Continue, ast.Raise)):
        return True
    if isinstance(node, ast.If):
        return _leave(node.body) and _leave(node.orelse)
    if isinstance(node, (ast.With, ast.AsyncWith)):  # what a program may define and import swallows nothing there
        return _leave(node.body)
    if isinstance(node, ast.Try):
        tried = _leave(node.body) or _leave(node.orelse)
        return _leave(node.finalbody) or (tried and all(_leave(each.body) for each in node.handlers))
    if isinstance(node, ast.While):
        endless = isinstance(node.test, ast.Constant) and bool(node.test.value)
        return endless and not any(isinstance(each, ast.Break) for each in ast.walk(node))
    if isinstance(node, ast.Match):
        return takes_all(node.cases[-1]) and all(_leave(case.body) for case in node.cases)
    return False


def _leave(body: Sequence[ast.stmt]) -> bool:
    return any(map(always_leaves, body))


def takes_all(case: ast.match_case) -> bool:
    """Whether a case of a match takes whatever comes."""
    pattern = case.pattern
    return case.guard is None and isinstance(pattern, ast.MatchAs) and pattern.pattern is None


def hides_exceptions(tree: ast.Module) -> str:
    """What lets an exception vanish without a handler that shows it, or gives its name another meaning; "" where there
    is no such thing."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in _PLAIN and not isinstance(node.ctx, ast.Load):
            return f"line {node.lineno}: {node.id} is another one"
        if getattr(node, "name", None) in _PLAIN or getattr(node, "arg", None) in _PLAIN:
            return f"{getattr(node, 'name', None) or getattr(node, 'arg', '')} is another one"
        if isinstance(node, ast.alias) and (node.asname in _PLAIN):
            return f"{node.asname} is another one"
        for statement in getattr(node, "finalbody", ()):
            if any(isinstance(each, _LEAVING) for each in ast.walk(statement)):
                return f"line {statement.lineno}: leaving a finally hides exceptions"
    return ""
