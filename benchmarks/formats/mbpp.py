"""MBPP rows (google-research): a sentence, a solution, and a list of assert statements.

Fields: ``task_id`` (a number), ``text`` (``prompt`` in the sanitized edition), ``code``, ``test_list``; optionally
``test_setup_code``, ``test_imports`` and ``challenge_test_list``.
"""

from __future__ import annotations

import ast
import builtins

from ..task import CheckTest, CodeTask
from .rows import Row
from .source import called_names, defined_names, parse

FORMAT = "mbpp"
FIELDS = ("task_id", "text", "code", "test_list")


def read_row(row: Row) -> CodeTask:
    """One task of an MBPP file; its id is ``MBPP/<task_id>``."""
    number = row.value("task_id")
    if type(number) is not int:
        raise row.wrong("task_id", "a whole number")
    tests = [_lines(test) for test in row.texts("test_list")]
    if not tests:
        raise row.wrong("test_list", "a list with at least one test")
    code = _lines(row.text("code"))
    entry_point = entry_point_of(code, tests)
    if entry_point is None:
        raise row.wrong("test_list", "tests that call a function")
    text_field = "text" if "text" in row.data else "prompt"
    setup = [*(row.texts("test_imports") if "test_imports" in row.data else ())]
    if "test_setup_code" in row.data:
        setup.append(_lines(row.text("test_setup_code")))
    setup = [_borrowed(code, [*setup, *tests]), *setup]
    return CodeTask(
        id=f"MBPP/{number}",
        prompt=(
            f"{row.text(text_field).strip()}\n\n"
            f"Name the function `{entry_point}`. This test must pass:\n\n{tests[0].strip()}\n"
        ),
        entry_point=entry_point,
        reference=code,
        tests=(CheckTest(check_of(tests, "\n".join(filter(None, setup)), entry_point)),),
        form="instruct",
        metadata=row.metadata(FORMAT, str(number), ("task_id", text_field, "code", "test_list")),
    )


def entry_point_of(code: str, tests: list[str]) -> str | None:
    """The function under test: defined by the solution and called by the tests.

    Where that leaves a choice (helpers, constructors), the one that most tests call, then the one defined last. Where
    the solution does not parse, the first called name that is no builtin. None if no function is called.
    """
    called = [called_names(test) for test in tests]
    defined = defined_names(code)
    tree = parse(code)
    classes = {node.name for node in tree.body if isinstance(node, ast.ClassDef)} if tree else set()
    common = [name for name in defined if any(name in names for names in called) and name not in classes]
    if common:
        return max(common, key=lambda name: (sum(name in names for names in called), common.index(name)))
    unknown = [name for names in called for name in names if not hasattr(builtins, name) and name not in classes]
    return unknown[0] if unknown else None


def check_of(tests: list[str], setup: str, entry_point: str) -> str:
    """The source of ``check(candidate)`` that runs the statements in order, after the set-up code."""
    body = "\n".join(_indented(test, entry_point) for test in tests)
    head = f"{setup.strip()}\n\n\n" if setup.strip() else ""
    return f"{head}def check(candidate):\n{body}\n"


def _borrowed(code: str, texts: list[str]) -> str:
    """The imports and classes of the solution that the tests use: they run in another process than the answer."""
    used = {node.id for text in texts if (tree := parse(text)) for node in ast.walk(tree) if isinstance(node, ast.Name)}
    tree = parse(code)
    parts = [
        ast.get_source_segment(code, node) or ""
        for node in (tree.body if tree else ())
        if (isinstance(node, ast.ClassDef) and node.name in used)
        or (
            isinstance(node, ast.Import | ast.ImportFrom)
            and any((alias.asname or alias.name.partition(".")[0]) in used for alias in node.names)
        )
    ]
    return "\n".join(parts)


class _Candidate(ast.NodeTransformer):
    """Calls the candidate by its parameter, for an entry point that is itself named ``check``."""

    def visit_Name(self, node: ast.Name) -> ast.Name:
        return ast.copy_location(ast.Name("candidate", node.ctx), node) if node.id == "check" else node


def _indented(test: str, entry_point: str) -> str:
    tree = parse(test)
    if tree is None:
        return "\n".join("    " + line for line in test.splitlines())
    if entry_point == "check":
        test = ast.unparse(ast.fix_missing_locations(_Candidate().visit(tree)))
    elif "\n" in test.strip() and ("'''" in test or '"""' in test):
        test = ast.unparse(tree)  # indenting the text would change its multi-line strings
    return "\n".join("    " + line for line in test.splitlines())


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")
