"""What a task's texts show without running anything: do they parse, is the entry point there, what is imported?"""

from __future__ import annotations

import ast
from collections.abc import Sequence

from ...benchmarks import CheckTest, CodeTask, ModuleTest
from ..purity import impure_uses
from ..syntax import parsable_prompt, parse
from .findings import Notebook, Severity


def parsed(tasks: Sequence[CodeTask], book: Notebook) -> list[CodeTask]:
    """G0: reference and tests parse, the entry point is there with the stated signature; the tasks that stand."""
    standing = []
    for task in tasks:
        if not _parses(task, book):
            continue
        standing.append(task)
        if task.entry_point is not None:
            _entry_point(task, task.entry_point, book)
    book.checked("parse", len(tasks))
    return standing


def _parses(task: CodeTask, book: Notebook) -> bool:
    stands = True
    if not task.reference.strip():
        book.find("error", task.id, "parse", "there is no reference", "write one; nothing can be proven without it")
        return False
    texts = [("reference", task.reference)]
    texts += [(f"test {test.name}", test.program) for test in task.tests if isinstance(test, CheckTest | ModuleTest)]
    for what, text in texts:
        try:
            parse(text)
        except SyntaxError as error:
            where = f" (line {error.lineno}: {error.msg})" if error.lineno else f" ({error})"
            book.find("error", task.id, "parse", f"the {what} is not valid Python{where}", "mend its syntax")
            stands = False
    if task.form == "completion" and not (stands and task.reference.startswith(task.prompt)):
        try:
            parsable_prompt(task.prompt)
        except SyntaxError as error:
            what = f"the prompt is not the beginning of a Python program ({error.msg})"
            book.find("warning", task.id, "parse", what, "mend it, or make the task an instruct one")
    return stands


def _entry_point(task: CodeTask, name: str, book: Notebook) -> None:
    tree = parse(task.reference)
    found = [node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))]
    mine = [node for node in found if node.name == name and node in tree.body]
    assigned = any(
        isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Store) for node in ast.walk(tree)
    )
    if not mine:
        if not assigned:
            book.find("error", task.id, "entry_point", f"the reference does not define {name}", "rename one of the two")
        return
    if task.form != "completion":
        return
    stated = _signature(task.prompt, name)
    last = mine[-1]
    if stated is None and task.reference.startswith(task.prompt):
        return  # it stops in the middle of the function
    if stated is None:
        what = f"the prompt does not show the signature of {name}"
        book.find("warning", task.id, "entry_point", what, "show it, so that answers can match it")
    elif isinstance(last, ast.FunctionDef) and stated != _parameters(last):
        what = f"the prompt says {name}({', '.join(stated)}), the reference {name}({', '.join(_parameters(last))})"
        book.find("error", task.id, "entry_point", what, "make the two signatures one")


def _signature(prompt: str, name: str) -> list[str] | None:
    try:
        tree = parse(parsable_prompt(prompt))
    except SyntaxError:
        return None
    mine = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == name]
    return _parameters(mine[-1]) if mine else None


def _parameters(node: ast.FunctionDef) -> list[str]:
    given = node.args
    names = [arg.arg for arg in (*given.posonlyargs, *given.args)]
    names += [f"*{given.vararg.arg}"] if given.vararg else []
    names += [arg.arg for arg in given.kwonlyargs]
    return names + ([f"**{given.kwarg.arg}"] if given.kwarg else [])


def impurities(tasks: Sequence[CodeTask], book: Notebook) -> None:
    """G15, the static half: does a reference look at the clock, at chance or at the machine?"""
    for task in tasks:
        for what in sorted(impure_uses(task.reference)):
            mend = "take it out, or give the value as an argument; tests of such a function prove little"
            severity: Severity = "error" if what.startswith(("chance", "the clock")) else "warning"
            book.find(severity, task.id, "imports", f"the reference depends on {what}", mend)
    book.checked("imports", len(tasks))
