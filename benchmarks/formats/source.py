"""Looking at Python source without running it; every function here is safe on hostile text."""

from __future__ import annotations

import ast
import warnings

from ..parsing import parse_expression, parse_module

#: Texts longer than this are not parsed in the host process: the parser's memory grows with its input.
MAX_SOURCE_CHARS = 5_000_000


def parse(source: str) -> ast.Module | None:
    """The syntax tree, or None for a text that is not a whole Python module."""
    if len(source) > MAX_SOURCE_CHARS:
        return None
    try:
        with warnings.catch_warnings():
            # "invalid escape sequence" and its kin are the dataset's business, not the reader's.
            warnings.simplefilter("ignore")
            return parse_module(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def runnable_prefix(prompt: str) -> str | None:
    """The prompt as a module that can be run: itself, or with a ``pass`` where its last function lacks a body; else
    None.
    """
    if parse(prompt) is not None:
        return prompt
    text = prompt if prompt.endswith("\n") else prompt + "\n"
    last = next((line for line in reversed(text.splitlines()) if line.strip()), "")
    indent = last[: len(last) - len(last.lstrip())]
    for body in (indent + "    ", indent, "    "):
        if parse(f"{text}{body}pass\n") is not None:
            return f"{text}{body}pass\n"
    return None


def defined_names(source: str) -> tuple[str, ...]:
    """Names that the module binds at its top level by def, class, import or assignment, in order; empty if it does
    not parse.
    """
    tree = parse(source)
    names: dict[str, None] = {}
    for node in tree.body if tree else ():
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names[node.name] = None
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names.update((alias.asname or alias.name.partition(".")[0], None) for alias in node.names)
        elif isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                names.update((name.id, None) for name in ast.walk(target) if isinstance(name, ast.Name))
    return tuple(names)


def called_names(source: str) -> tuple[str, ...]:
    """Plain names that are called anywhere in the source, in reading order of the syntax tree; empty if it does not
    parse.
    """
    tree = parse(source)
    if tree is None:
        return ()
    calls = (node.func for node in ast.walk(tree) if isinstance(node, ast.Call))
    return tuple(dict.fromkeys(func.id for func in calls if isinstance(func, ast.Name)))


def has_future_import(source: str) -> bool:
    """Whether the source has a ``from __future__`` import, which must stay at the top of a program."""
    tree = parse(source)
    body = tree.body if tree else []
    return any(isinstance(node, ast.ImportFrom) and node.module == "__future__" for node in body)


def literal_arguments(text: str) -> tuple[object, ...] | None:
    """The values of an argument list such as ``1, [2, 3], 'a'``; None if it is anything but literals (never
    evaluated).
    """
    if len(text) > MAX_SOURCE_CHARS:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            values = ast.literal_eval(parse_expression(f"[{text}]"))
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError):
        return None
    return tuple(values) if type(values) is list else None


def is_argument_list(text: str) -> bool:
    """Whether the text is one Python argument list without keywords, so that it cannot break out of ``[...]``."""
    tree = parse(f"[{text}]")
    return (
        tree is not None
        and len(tree.body) == 1
        and isinstance(tree.body[0], ast.Expr)
        and (isinstance(tree.body[0].value, ast.List))
    )
