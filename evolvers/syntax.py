"""Parsing foreign programs without their warnings (an invalid escape sequence in a task is not the user's concern)."""

from __future__ import annotations

import ast
import symtable
import warnings
from functools import lru_cache

from ..benchmarks.parsing import parse_module


def parse(source: str) -> ast.Module:
    """The syntax tree; SyntaxError when there is none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return parse_module(source)
        except (ValueError, RecursionError, MemoryError) as error:  # null bytes; nesting beyond the parser's stack
            raise SyntaxError(str(error) or "nested too deeply") from error


def parses(source: str) -> bool:
    """Whether a text is a program."""
    try:
        parse(source)
    except SyntaxError:
        return False
    return True


@lru_cache(maxsize=4096)
def shared(source: str) -> ast.Module:
    """The syntax tree of a source that is looked at again and again. Many hold it: nobody may change it."""
    return parse(source)


@lru_cache(maxsize=4096)
def nodes_of(source: str) -> tuple[ast.AST, ...]:
    """Every node of the shared tree, in the order of ``ast.walk``."""
    return tuple(walked(shared(source)))


def walked(tree: ast.AST) -> list[ast.AST]:
    """Every node of a tree in the order of ``ast.walk``, several times as fast."""
    found = [tree]
    for node in found:  # it grows on the way
        for field in node._fields:
            value = getattr(node, field, None)
            if isinstance(value, ast.AST):
                found.append(value)
            elif isinstance(value, list):
                found += [item for item in value if isinstance(item, ast.AST)]
    return found


@lru_cache(maxsize=4096)
def dumped(source: str) -> str:
    """The dump of a source's tree."""
    return ast.dump(shared(source))


@lru_cache(maxsize=4096)
def symbols(source: str) -> symtable.SymbolTable:
    """The symbol table of a module; SyntaxError when there is none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return symtable.symtable(source, "program", "exec")


@lru_cache(maxsize=4096)
def parsable_prompt(prompt: str) -> str:
    """A completion prompt as a program, ``...`` added after a bare signature; SyntaxError if neither parses."""
    try:
        shared(prompt)
    except SyntaxError:
        prompt = prompt.rstrip() + "\n    ...\n"
        shared(prompt)
    return prompt
