"""Test files for classes and modules: what a file needs is read from its source, and it becomes a check job."""

from __future__ import annotations

import ast
import builtins
import sys
from functools import lru_cache
from importlib import resources

from ..benchmarks import BadInput, CodeTask, ModuleTest
from ..benchmarks.parsing import parse_module
from .sandbox.api import CheckJob, Limits
from .sandbox.guest.zygote import __name__ as _guest

# Where one of these stands in a test file, the test looks at or changes the process that the answer runs in.
_ONE_PROCESS = frozenset(
    "asyncio inspect redirect_stdout redirect_stderr capsys capfd capsysbinary capfdbinary caplog recwarn assertLogs "
    "assertNoLogs assertWarns assertWarnsRegex warns catch_warnings monkeypatch tmp_path tmpdir tempfile environ "
    "chdir stdin stdout stderr builtins seed reload tracemalloc".split()
)
_COMPARING = ("lt", "le", "gt", "ge")
_OPERATORS = frozenset(
    "len bool int float index hash abs neg contains getitem setitem delitem eq ne lt le gt ge add sub mul truediv "
    "floordiv mod pow matmul and or xor lshift rshift".split()
)
_REFLECTED = frozenset(
    f"r{name}" for name in "add sub mul truediv floordiv mod pow matmul and or xor lshift rshift".split()
)
EVERY_OPERATOR = tuple(sorted(_OPERATORS | _REFLECTED))
_MAKE_CLASSES = frozenset("namedtuple NamedTuple make_dataclass SimpleNamespace type setattr".split())
_BARE = frozenset("object ABC Generic Protocol Enum Exception".split())


@lru_cache(maxsize=4096)
def operators_of(reference: str) -> tuple[str, ...]:
    """The operators that the classes of a reference define, or may inherit from a class that it does not define."""
    found: set[str] = set()
    classes = [node for node in _parsed(reference) if isinstance(node, ast.ClassDef)]
    own = {node.name for node in classes}
    for node in classes:
        decorators = ast.dump(ast.List(elts=node.decorator_list, ctx=ast.Load()))
        found.update(["eq"] if "dataclass" in decorators else [])
        found.update(_COMPARING if "total_ordering" in decorators or "'order'" in decorators else [])
        for base in node.bases:
            name = ast.unparse(base).partition("[")[0].rpartition(".")[2]
            if name not in own | _BARE and not name.endswith(("Error", "Exception")):
                found |= _OPERATORS | _REFLECTED
        for inner in ast.walk(node):
            names = [inner.name] if isinstance(inner, ast.FunctionDef) else []
            names += [inner.id] if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store) else []
            found.update(name[2:-2] for name in names if name.startswith("__") and name.endswith("__"))
    return tuple(sorted(found & (_OPERATORS | _REFLECTED)))


@lru_cache(maxsize=4096)
def member_names(reference: str) -> tuple[str, ...]:
    """What the classes of a reference have; ``*`` where they may inherit from a class that it does not define."""
    found: set[str] = set()
    nodes = _parsed(reference)
    classes = [node for node in nodes if isinstance(node, ast.ClassDef)]
    own = {node.name for node in classes}
    for node in classes:
        for base in node.bases:
            name = ast.unparse(base).partition("[")[0].rpartition(".")[2]
            kind = getattr(builtins, name, None)
            if isinstance(kind, type) and name not in own:
                found.update(dir(kind))
            elif name not in own | _BARE and not name.endswith(("Error", "Exception")):
                found.add("*")
        for inner in ast.walk(node):
            if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef):
                found.add(inner.name)
            elif isinstance(inner, ast.Name | ast.Attribute) and isinstance(inner.ctx, ast.Store):
                found.add(inner.id if isinstance(inner, ast.Name) else inner.attr)
    for made in nodes:  # namedtuple("Point", "x y"), make_dataclass and their like
        if isinstance(made, ast.Call) and ast.unparse(made.func).rpartition(".")[2] in _MAKE_CLASSES:
            words = [part.value for part in ast.walk(made) if isinstance(part, ast.Constant)]
            found.update(name for word in words if isinstance(word, str) for name in word.replace(",", " ").split())
    return tuple(sorted(name for name in found if not name.startswith("__")))


def public_names(reference: str) -> list[str]:
    """What ``from solution import *`` gives: the public names that the reference's module defines."""
    try:
        body = parse_module(reference).body
    except (SyntaxError, ValueError, RecursionError):
        return []
    found: dict[str, None] = {}
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found[node.name] = None
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found.update({name.id: None for one in targets for name in ast.walk(one) if isinstance(name, ast.Name)})
    return [name for name in found if not name.startswith("_")]


@lru_cache(maxsize=4096)
def needs_pytest(program: str) -> bool:
    """Whether a test file imports pytest, or has tests with arguments, which only pytest can give them."""
    for node in _parsed(program):
        if isinstance(node, ast.Import) and any(name.name.partition(".")[0] == "pytest" for name in node.names):
            return True
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "pytest":
            return True
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test") and not node.decorator_list:
            given = [argument.arg for argument in node.args.args]
            if len(given) - len(node.args.defaults) > (given[:1] == ["self"]):
                return True
    return False


@lru_cache(maxsize=4096)
def needs_one_process(program: str, module: str) -> bool:
    """Whether a test file cannot reach the answer across a border; decided by the file alone."""
    for node in _parsed(program):
        if isinstance(node, ast.AsyncFunctionDef | ast.Await):
            return True
        if isinstance(node, ast.Import | ast.ImportFrom):
            words = [part for name in node.names for part in name.name.split(".")]
            words += (node.module or "").split(".") if isinstance(node, ast.ImportFrom) else []
        else:
            words = [getattr(node, name, "") for name in ("id", "attr", "arg")]
        if _ONE_PROCESS.intersection(word for word in words if isinstance(word, str)):
            return True
        if isinstance(node, ast.Call) and _patches_elsewhere(node, module):
            return True
    return False


def _patches_elsewhere(node: ast.Call, module: str) -> bool:
    """``patch("time.sleep")`` and ``patch.object(time, "sleep")``: not what the answer's module holds."""
    called = ast.unparse(node.func)
    if called.rpartition(".")[2] not in ("patch", "object", "dict", "multiple") or "patch" not in called.split("."):
        return False
    target = node.args[0] if node.args else None
    if isinstance(target, ast.Constant):
        return not str(target.value).startswith(f"{module}.")
    return not (isinstance(target, ast.Name) and target.id == module)


def _parsed(source: str) -> list[ast.AST]:
    try:
        return list(ast.walk(parse_module(source)))
    except (SyntaxError, ValueError, RecursionError):
        return []


def require_pytest(task: CodeTask, requires: tuple[str, ...]) -> None:
    """BadInput when a test of a task needs pytest and the sandbox has none."""
    if any(pin.partition("==")[0] == "pytest" for pin in requires):
        return
    for test in task.tests:
        if isinstance(test, ModuleTest) and needs_pytest(test.program):
            raise BadInput(
                f'task {task.id}: its {test.name} test is for pytest; the suite must have "pytest" among its `requires`'
            )


def module_job(task: CodeTask, test: ModuleTest, source: str, limits: Limits) -> CheckJob:
    """The job that runs a test file on an answer, which is a whole module."""
    if test.module in sys.stdlib_module_names or test.module in ("answer", "pytest", "tests"):
        raise BadInput(f"task {task.id}: {test.module!r} is the name of another module")
    values = {
        "module": test.module,
        "names": public_names(task.reference),
        "program": test.program,
        "pytest": needs_pytest(test.program),
        "together": needs_one_process(test.program, test.module),
    }
    program = resources.files(_guest.rpartition(".")[0]).joinpath("testfile.py").read_text(encoding="utf-8")
    operators = operators_of(task.reference)
    return CheckJob(source, None, program, "", values, limits, objects=True, operators=operators, may_share=False)
