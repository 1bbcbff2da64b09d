"""What a code task is: a prompt, a trusted reference, and tests as data. Immutable; identified by a content digest."""

from __future__ import annotations

import builtins
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, Literal

from . import plain
from .compare import Comparator
from .errors import BadInput
from .jsonio import digest

Form = Literal["completion", "instruct"]


class Missing:
    """The type of MISSING: an expected value that the reference has yet to give."""

    _instance: Missing | None = None

    def __new__(cls) -> Missing:
        if cls._instance is None:
            cls._instance = super().__new__(cls)
        return cls._instance

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = Missing()


@dataclass(frozen=True, slots=True)
class Case:
    """One call with plain-data arguments and the value it must return.

    ``expected`` is MISSING where a foreign format stores inputs only (the reference's value is then computed in the
    sandbox). ``args_source`` is the Python source of the argument list where it is no literal; it is only ever
    evaluated in the sandbox. ``expected_digest`` stands for an expected value too large to keep; only the harness makes
    it (``harness.oracle``). ``any_of`` holds further values that are as right as ``expected``, or all of them where
    there is no ``expected``. ``raises`` is the name of the builtin exception in which the call must end instead of
    returning: exactly that class, none below or above it.
    """

    args: tuple[Any, ...] = ()
    expected: Any = MISSING
    args_source: str | None = None
    expected_digest: str | None = None
    any_of: tuple[Any, ...] = ()
    raises: str | None = None

    @property
    def acceptable(self) -> tuple[Any, ...]:
        """Every value that is right, as far as they are known here."""
        return self.any_of if self.expected is MISSING else (self.expected, *self.any_of)

    @property
    def settled(self) -> bool:
        """Whether it is known here how the call must end, so that the reference need not be asked."""
        expected = self.expected is not MISSING or self.any_of
        return bool(expected) or self.expected_digest is not None or self.raises is not None

    def to_json(self) -> dict[str, Any]:
        """The JSON form."""
        data: dict[str, Any] = {}
        if self.args_source is None:
            data["args"] = plain.encode_items(self.args, False, 0)
        else:
            data["args_source"] = self.args_source
        if self.expected is not MISSING:
            data["expected"] = plain.encode(self.expected)
        if self.expected_digest is not None:
            data["expected_digest"] = self.expected_digest
        if self.any_of:
            data["any_of"] = [plain.encode(value) for value in self.any_of]
        if self.raises is not None:
            data["raises"] = self.raises
        return data

    @staticmethod
    def from_json(data: Any) -> Case:
        """Read the JSON form."""
        _refuse_unknown(data, _CASE)
        expected = plain.decode(data["expected"]) if "expected" in data else MISSING
        large = _text(data, "expected_digest") if "expected_digest" in data else None
        others = data.get("any_of", [])
        if not isinstance(others, list):
            raise BadInput(f"any_of: expected a list of values, found {type(others).__name__}")
        any_of = tuple(plain.decode(value) for value in others)
        raises = _exception_name(data) if "raises" in data else None
        if raises is not None and (any_of or large is not None or expected is not MISSING):
            raise BadInput("raises: a case either raises or has an expected value, not both")
        if "args_source" in data:
            return Case((), expected, _text(data, "args_source"), large, any_of, raises)
        return Case(tuple(plain.decode(arg) for arg in data["args"]), expected, None, large, any_of, raises)


@dataclass(frozen=True, slots=True)
class CasesTest:
    """Inputs and expected values as data.

    ``oracle``, when given, is Python source that defines ``accept(args, got, expected) -> bool`` for tasks with several
    right answers; it runs in the judge, never in the host or the answer's process. It judges values only, so none of
    its cases may have ``raises``.
    """

    cases: tuple[Case, ...]
    comparator: Comparator = Comparator()
    oracle: str | None = None
    name: str = "base"
    kind: Literal["cases"] = "cases"

    def to_json(self) -> dict[str, Any]:
        """The JSON form."""
        data: dict[str, Any] = {"kind": self.kind, "name": self.name, "cases": [case.to_json() for case in self.cases]}
        if self.comparator != Comparator():
            data["comparator"] = self.comparator.to_json()
        if self.oracle is not None:
            data["oracle"] = self.oracle
        return data


@dataclass(frozen=True, slots=True)
class CheckTest:
    """An assert-style program that defines ``check(candidate)``, as HumanEval's tests do.

    ``prelude`` is run first and gives the names that the program may use (HumanEval's prompt with its helper
    functions). Inside the program the entry point's own name is the candidate too.
    """

    program: str
    prelude: str = ""
    name: str = "base"
    kind: Literal["check"] = "check"

    def to_json(self) -> dict[str, Any]:
        """The JSON form."""
        return {"kind": self.kind, "name": self.name, "program": self.program, "prelude": self.prelude}


@dataclass(frozen=True, slots=True)
class ModuleTest:
    """A test file in the manner of pytest or unittest, which imports the answer as the module ``module``.

    ``unittest.TestCase`` classes are run by the standard library, and functions ``test*`` and classes ``Test*`` by a
    few lines of evalrun's own; a file that imports pytest, or has tests with arguments, by pytest itself, which the
    suite must require.
    """

    program: str
    module: str = "solution"
    name: str = "base"
    kind: Literal["module"] = "module"

    def to_json(self) -> dict[str, Any]:
        """The JSON form."""
        return {"kind": self.kind, "name": self.name, "program": self.program, "module": self.module}


@dataclass(frozen=True, slots=True)
class StdioCase:
    """What a program reads and what it must print."""

    stdin: str
    stdout: str


@dataclass(frozen=True, slots=True)
class StdioTest:
    """Whole programs judged by what they print.

    ``whitespace``: ``lines`` compares line by line without trailing blanks and trailing empty lines, ``tokens``
    compares white-space separated words, ``exact`` compares every character.
    """

    cases: tuple[StdioCase, ...]
    whitespace: Literal["lines", "tokens", "exact"] = "lines"
    name: str = "base"
    kind: Literal["stdio"] = "stdio"

    def to_json(self) -> dict[str, Any]:
        """The JSON form."""
        cases = [{"stdin": case.stdin, "stdout": case.stdout} for case in self.cases]
        return {"kind": self.kind, "name": self.name, "cases": cases, "whitespace": self.whitespace}


@dataclass(frozen=True, slots=True)
class LiteralTest:
    """An answer that is a value and no program: the text of one Python literal.

    It is read on the host, by a parser that runs nothing (``literals.read_literal``), and compared with ``expected``.
    """

    expected: Any
    comparator: Comparator = Comparator()
    name: str = "base"
    kind: Literal["literal"] = "literal"

    def to_json(self) -> dict[str, Any]:
        """The JSON form."""
        data: dict[str, Any] = {"kind": self.kind, "name": self.name, "expected": plain.encode(self.expected)}
        if self.comparator != Comparator():
            data["comparator"] = self.comparator.to_json()
        return data


Test = CasesTest | CheckTest | ModuleTest | StdioTest | LiteralTest


_CASE = frozenset(("args", "args_source", "expected", "expected_digest", "any_of", "raises"))
_STDIO_CASE = frozenset(("stdin", "stdout"))
_TEST = {
    "cases": frozenset(("kind", "name", "cases", "comparator", "oracle")),
    "check": frozenset(("kind", "name", "program", "prelude")),
    "module": frozenset(("kind", "name", "program", "module")),
    "stdio": frozenset(("kind", "name", "cases", "whitespace")),
    "literal": frozenset(("kind", "name", "expected", "comparator")),
}
_LINEAGE = frozenset("root parents parent_digests operator operator_version parameters seed depth".split())
_TASK = frozenset("type id prompt form entry_point reference tests time_limit_s tags lineage metadata".split())


def _refuse_unknown(data: Any, known: frozenset[str]) -> None:
    """BadInput for a field of another name: a slip of the pen is no silent loss (``metadata`` takes what is yours)."""
    if not data.keys() <= known:
        strange = min(data.keys() - known, key=str)
        raise BadInput(f"{str(strange)[:40]!r} is no field here; there are {', '.join(sorted(known))}")


def _test_from_json(data: Any) -> Test:
    kind = data["kind"]
    if kind in _TEST:
        _refuse_unknown(data, _TEST[kind])
    name = str(data.get("name", "base"))
    if kind == "cases":
        if data.get("oracle") is not None and any("raises" in case for case in data["cases"]):
            raise BadInput("raises: a test with an oracle judges values only; put the case into a test without one")
        return CasesTest(
            cases=tuple(Case.from_json(case) for case in data["cases"]),
            comparator=Comparator.from_json(data.get("comparator", {})),
            oracle=None if data.get("oracle") is None else _text(data, "oracle"),
            name=name,
        )
    if kind == "check":
        return CheckTest(program=_text(data, "program"), prelude=str(data.get("prelude", "")), name=name)
    if kind == "module":
        module = str(data.get("module", "solution"))
        if not module.isidentifier():
            raise BadInput(f"module: expected a Python name, found {module[:40]!r}")
        return ModuleTest(program=_text(data, "program"), module=module, name=name)
    if kind == "stdio":
        for case in data["cases"]:
            _refuse_unknown(case, _STDIO_CASE)
        cases = tuple(StdioCase(_text(case, "stdin"), _text(case, "stdout")) for case in data["cases"])
        whitespace = data.get("whitespace", "lines")
        if whitespace not in ("lines", "tokens", "exact"):
            raise BadInput(f"whitespace: expected lines, tokens or exact, found {str(whitespace)[:40]}")
        return StdioTest(cases=cases, whitespace=whitespace, name=name)
    if kind == "literal":
        comparator = Comparator.from_json(data.get("comparator", {}))
        return LiteralTest(expected=plain.decode(data["expected"]), comparator=comparator, name=name)
    raise BadInput(f"kind: expected cases, check, module, stdio or literal, found {str(kind)[:40]}")


@dataclass(frozen=True, slots=True)
class Lineage:
    """Where an evolved task comes from; enough to replay it from its root."""

    root: str
    parents: tuple[str, ...]
    parent_digests: tuple[str, ...]
    operator: str
    operator_version: str
    parameters: Mapping[str, Any]
    seed: int
    depth: int

    def to_json(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "root": self.root,
            "parents": list(self.parents),
            "parent_digests": list(self.parent_digests),
            "operator": self.operator,
            "operator_version": self.operator_version,
            "parameters": dict(self.parameters),
            "seed": self.seed,
            "depth": self.depth,
        }

    @staticmethod
    def from_json(data: Any) -> Lineage:
        """Read the JSON form."""
        _refuse_unknown(data, _LINEAGE)
        return Lineage(
            root=_text(data, "root"),
            parents=tuple(str(parent) for parent in data["parents"]),
            parent_digests=tuple(str(parent) for parent in data["parent_digests"]),
            operator=_text(data, "operator"),
            operator_version=_text(data, "operator_version"),
            parameters=dict(data["parameters"]),
            seed=int(data["seed"]),
            depth=int(data["depth"]),
        )


@dataclass(frozen=True)
class CodeTask:
    """One coding problem.

    id:
        unique across suites (``suite/name``).
    prompt:
        what the model sees. ``form`` says how: ``completion`` is Python source that ends in a signature and its
        docstring, so that an answer may be the body alone; ``instruct`` is prose (or anything that is not a code
        prefix).
    entry_point:
        the function or class under test; None for a module, for a program judged by stdin and stdout, and for a value.
    reference:
        the trusted solution as a *whole program* (for a completion prompt usually the prompt followed by the body); the
        literal itself where a value is asked for.
    tests:
        all must pass; each has a name (``base``, ``plus``) under which its result is reported.
    time_limit_s:
        CPU seconds one answer may take for one test, where the task needs another limit than the run's.
    metadata:
        plain JSON kept for writing foreign formats back; never part of the digest.
    """

    id: str
    prompt: str
    entry_point: str | None
    reference: str
    tests: tuple[Test, ...]
    form: Form = "completion"
    tags: tuple[str, ...] = ()
    time_limit_s: float | None = None
    lineage: Lineage | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict, compare=False)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of everything that decides a verdict (not of id, tags, lineage or metadata)."""
        return digest(self._content())

    @property
    def wants_literal(self) -> bool:
        """Whether the answer is the text of a value and not a program."""
        return any(isinstance(test, LiteralTest) for test in self.tests)

    @property
    def root(self) -> str:
        """The id of the human-made task this one descends from (its own id if it was not evolved)."""
        return self.lineage.root if self.lineage else self.id

    def _content(self) -> dict[str, Any]:
        content: dict[str, Any] = {
            "prompt": self.prompt,
            "form": self.form,
            "entry_point": self.entry_point,
            "reference": self.reference,
            "tests": [test.to_json() for test in self.tests],
        }
        if self.time_limit_s is not None:
            content["time_limit_s"] = self.time_limit_s
        return content

    def to_json(self) -> dict[str, Any]:
        """The JSON form, one line of ``tasks.jsonl``."""
        data = {"type": "code", "id": self.id, **self._content()}
        if self.tags:
            data["tags"] = list(self.tags)
        if self.lineage is not None:
            data["lineage"] = self.lineage.to_json()
        if self.metadata:
            data["metadata"] = dict(self.metadata)
        return data

    @staticmethod
    def from_json(data: Any) -> CodeTask:
        """Read the JSON form; BadInput names the field that is wrong."""
        try:
            return _task_from_json(data)
        except BadInput as error:
            raise BadInput(f"task {_label(data)}: {error}") from error
        except plain.PlainError as error:
            raise BadInput(f"task {_label(data)}: a test value is not plain data ({error})") from error
        except KeyError as error:
            raise BadInput(f"task {_label(data)}: the field {error} is missing") from error
        except (
            TypeError,
            ValueError,
            AttributeError,
            OverflowError,
        ) as error:  # JSON as Python reads it knows Infinity
            raise BadInput(f"task {_label(data)}: a field has the wrong type ({error})") from error


def _label(data: Any) -> str:
    found = data.get("id") if isinstance(data, dict) else None
    return repr(str(found)[:80]) if found else "without id"


def _text(data: Any, name: str) -> str:
    value = data[name]
    if not isinstance(value, str):
        raise BadInput(f"{name}: expected a text, found {type(value).__name__}")
    return value


def raisable(name: str) -> bool:
    """Whether a case may demand this exception: a class of Python's own below Exception, known by that name.

    MemoryError is left out: it says that an answer ran out of memory.
    """
    found = getattr(builtins, name, None)
    known = isinstance(found, type) and issubclass(found, Exception) and found.__name__ == name
    return known and found is not MemoryError


def _exception_name(data: Any) -> str:
    name = _text(data, "raises")
    if not raisable(name):
        raise BadInput(f"raises: expected the name of a builtin exception like ValueError, found {name[:40]!r}")
    return name


def _task_from_json(data: Any) -> CodeTask:
    _refuse_unknown(data, _TASK)
    if data.get("type", "code") != "code":
        raise BadInput(f"type: expected code, found {str(data.get('type'))[:40]}")
    form = data.get("form", "completion")
    if form not in ("completion", "instruct"):
        raise BadInput(f"form: expected completion or instruct, found {str(form)[:40]}")
    entry_point = data.get("entry_point")
    if entry_point is not None and not (isinstance(entry_point, str) and entry_point.isidentifier()):
        raise BadInput(f"entry_point: expected a Python name or null, found {str(entry_point)[:40]!r}")
    tests = tuple(_test_from_json(test) for test in data["tests"])
    # One of several may be empty: MBPP+ has a task without additional inputs.
    if not any(isinstance(test, CheckTest | ModuleTest | LiteralTest) or test.cases for test in tests):
        raise BadInput("tests: without a test that has a case, any answer would pass")
    if entry_point is None and any(test.kind not in ("module", "stdio", "literal") for test in tests):
        raise BadInput("entry_point: a task without one can only have module, stdio and literal tests")
    if len({test.kind == "literal" for test in tests}) > 1:
        raise BadInput("tests: a literal test stands beside others; no answer is a value and a program")
    limit = data.get("time_limit_s")
    if limit is not None and not 0 < float(limit) < math.inf:
        raise BadInput(f"time_limit_s: expected a number of seconds above 0, found {str(limit)[:40]}")
    return CodeTask(
        id=_text(data, "id"),
        prompt=_text(data, "prompt"),
        entry_point=entry_point,
        reference=_text(data, "reference"),
        tests=tests,
        form=form,
        tags=tuple(str(tag) for tag in data.get("tags", ())),
        time_limit_s=None if limit is None else float(limit),
        lineage=Lineage.from_json(data["lineage"]) if data.get("lineage") else None,
        metadata=dict(data.get("metadata", {})),
    )
