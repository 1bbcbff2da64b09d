"""Parsing foreign programs without their warnings (an invalid escape sequence in a task is not the user's concern)."""

from __future__ import annotations

import ast
import symtable
import warnings


def parse(source: str) -> ast.Module:
    """The syntax tree; SyntaxError when there is none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.parse(source)
        except (ValueError, RecursionError, MemoryError) as error:  # null bytes; nesting beyond the parser's stack
            raise SyntaxError(str(error) or "nested too deeply") from error


def symbols(source: str) -> symtable.SymbolTable:
    """The symbol table of a module; SyntaxError when there is none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return symtable.symtable(source, "program", "exec")


def parsable_prompt(prompt: str) -> str:
    """A completion prompt as a program, ``...`` added after a bare signature; SyntaxError if neither parses."""
    try:
        parse(prompt)
    except SyntaxError:
        prompt = prompt.rstrip() + "\n    ...\n"
        parse(prompt)
    return prompt
