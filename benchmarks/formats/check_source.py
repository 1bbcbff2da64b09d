"""Tests as data, written as the source of ``check(candidate)`` that any HumanEval evaluator can run."""

from __future__ import annotations

import math
from collections import Counter, deque
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from ..errors import BadInput
from ..task import MISSING, Case, CasesTest, CheckTest, CodeTask, LiteralTest, ModuleTest, StdioTest
from .source import defined_names, is_argument_list, runnable_prefix

# Everything is nested in check(): the program shares its globals with the solution, and must not shadow its names.
_CASES_HEAD = """
def check(candidate):
    import copy as _copy, datetime as _datetime, math as _math
    from collections import Counter as _Counter, deque as _deque
    from decimal import Decimal as _Decimal
    from fractions import Fraction as _Fraction

    _types, _rtol, _atol, _order = {types!r}, {rtol!r}, {atol!r}, {order!r}
    _sequences = (list, tuple, set, frozenset)

    def _close(got, expected):
        if got == expected or (_math.isnan(got) and _math.isnan(expected)):
            return True
        if not (_math.isfinite(got) and _math.isfinite(expected)):
            return False
        return abs(got - expected) <= _atol + _rtol * abs(expected)

    def _numbers(got, expected):
        if float not in (type(got), type(expected)):
            return got == expected
        try:
            return _close(float(got), float(expected))
        except OverflowError:
            return False

    def _mapping(got, expected):
        kinds = {{key: type(key) for key in got}}
        return len(got) == len(expected) and all(
            key in got and (_types != "exact" or kinds[key] is type(key)) and _same(got[key], expected[key])
            for key in expected
        )

    def _any_order(left, right):
        rest = list(right)
        for item in left:
            found = [index for index, other in enumerate(rest) if _same(item, other)]
            if not found:
                return False
            del rest[found[0]]
        return not rest

    def _same(got, expected):
        kind = type(expected)
        if type(got) is not kind:
            if _types != "python":
                return False
            if type(got) in (bool, int, float) and kind in (bool, int, float):
                return _numbers(got, expected)
            if isinstance(got, dict) and isinstance(expected, dict):
                return _mapping(got, expected)
            return bool(got == expected)
        if kind is float:
            return _close(got, expected)
        if kind is complex:
            return _close(got.real, expected.real) and _close(got.imag, expected.imag)
        if kind in (list, tuple, _deque):
            return len(got) == len(expected) and all(_same(a, b) for a, b in zip(got, expected))
        if kind in (dict, _Counter):
            return _mapping(got, expected)
        if kind in (set, frozenset):
            return _any_order(got, expected)
        return bool(got == expected)

    def _all_found(items, among):
        return all(any(_same(item, other) for other in among) for item in items)

    def _accept(args, got, expected):
        if _order == "ordered" or type(expected) not in _sequences:
            return _same(got, expected)
        if type(got) not in _sequences or (_types == "exact" and type(got) is not type(expected)):
            return False
        if _order == "set":
            return _all_found(got, expected) and _all_found(expected, got)
        return _any_order(got, expected)
"""

_ORACLE = """
    _oracle = {{}}
    exec({source}, _oracle)
    _accept = _oracle["accept"]
"""

_TRUSTED = """
    _trusted = {{}}
    exec({source}, _trusted)
"""

_CASES_TAIL = """
    for _args, _expected, *_others in _cases:
        _got = candidate(*_copy.deepcopy(_args))
        assert any(_accept(_args, _got, _right) for _right in [{expected}, *_others]), "wrong result"
"""


_RAISING = """
    for _args, _name in _raising:
        _raised = None
        try:
            candidate(*_copy.deepcopy(_args))
        except Exception as _error:
            _raised = type(_error).__name__
        assert _raised == _name, "it should raise " + _name
"""


def check_program(task: CodeTask) -> str:
    """The source that defines ``check(candidate)`` for all tests of a task; BadInput if they cannot be written so."""
    if task.wants_literal:
        raise BadInput("it asks for a value, not for a program")
    if task.entry_point is None or any(isinstance(test, StdioTest) for test in task.tests):
        raise BadInput("it is judged by what a program prints")
    if any(isinstance(test, ModuleTest) for test in task.tests):
        raise BadInput("it is judged by a test file")
    if not task.tests:
        raise BadInput("it has no tests")
    programs = [
        _program(task, test) for test in task.tests if not isinstance(test, StdioTest | ModuleTest | LiteralTest)
    ]
    if len(programs) == 1:
        return programs[0]
    parts = [f"{program}\n\n_check_{number} = check\n" for number, program in enumerate(programs)]
    calls = "".join(f"    _check_{number}(candidate)\n" for number in range(len(programs)))
    return "\n".join([*parts, f"\ndef check(candidate):\n{calls}"])


def _program(task: CodeTask, test: CasesTest | CheckTest) -> str:
    if isinstance(test, CasesTest):
        return _cases_program(task, test)
    # In this format a test only sees the names of the prompt and of the solution.
    if test.prelude not in ("", task.prompt, runnable_prefix(task.prompt)):
        given = {*defined_names(task.reference), *defined_names(task.prompt)}
        if not given.issuperset(defined_names(test.prelude)):
            raise BadInput(f"its test {test.name} needs names that neither its prompt nor its reference defines")
    return test.program


def _cases_program(task: CodeTask, test: CasesTest) -> str:
    how = test.comparator
    head = _CASES_HEAD.format(types=how.types, rtol=how.rtol, atol=how.atol, order=how.order)
    returning = [case for case in test.cases if case.raises is None]
    cases = "".join(f"        {_case_source(case)},\n" for case in returning)
    parts = [head]
    if test.oracle is not None:
        parts.append(_ORACLE.format(source=ascii(test.oracle)))
    lacking = any(not case.acceptable for case in returning)
    if lacking:
        if not task.reference.strip():
            raise BadInput("it has neither expected values nor a reference")
        parts.append(_TRUSTED.format(source=ascii(task.reference)))
    parts.append(f"\n    _missing = object()\n    _cases = [\n{cases}    ]\n")
    trusted = f'_trusted["{task.entry_point}"](*_copy.deepcopy(_args)) if _expected is _missing else _expected'
    parts.append(_CASES_TAIL.format(expected=trusted if lacking else "_expected"))
    raising = [f"        ({_args_source(case)}, {case.raises!r}),\n" for case in test.cases if case.raises is not None]
    if raising:
        parts.append(f"\n    _raising = [\n{''.join(raising)}    ]\n{_RAISING}")
    return "".join(parts)


def _args_source(case: Case) -> str:
    if case.args_source is None:
        return value_source(case.args)
    if not is_argument_list(case.args_source):
        raise BadInput(f"an input is not a Python argument list: {case.args_source[:60]!r}")
    return f"tuple([{case.args_source}])"


def _case_source(case: Case) -> str:
    args = _args_source(case)
    expected = ["_missing"] if case.expected is MISSING and not case.any_of else []
    return f"({', '.join([args, *expected, *map(value_source, case.acceptable)])})"


def value_source(value: Any) -> str:
    """A Python expression that builds plain data, with the aliases that ``check`` imports; BadInput for anything
    else.
    """
    kind = type(value)
    if value is None or kind is bool:
        return repr(value)
    if kind is int:
        # Decimal texts of very large integers are refused by Python itself.
        return str(value) if abs(value) < 2**63 else hex(value)
    if kind is str or kind is bytes:
        return ascii(value)
    if kind is float:
        return repr(value) if math.isfinite(value) else f"float({str(value)!r})"
    if kind is complex:
        return f"complex({value_source(value.real)}, {value_source(value.imag)})"
    writer = _CONTAINERS.get(kind) or _OTHERS.get(kind)
    if writer is None:
        raise BadInput(f"a value of type {kind.__name__} cannot be written as Python source")
    return str(writer(value))


def _joined(items: Any) -> str:
    return ", ".join(value_source(item) for item in items)


def _pairs(value: dict[Any, Any]) -> str:
    return "{" + ", ".join(f"{value_source(key)}: {value_source(item)}" for key, item in value.items()) + "}"


_CONTAINERS: dict[type, Any] = {
    list: lambda v: f"[{_joined(v)}]",
    tuple: lambda v: f"({_joined(v)},)" if v else "()",
    set: lambda v: "{" + ", ".join(sorted(map(value_source, v))) + "}" if v else "set()",
    frozenset: lambda v: f"frozenset([{', '.join(sorted(map(value_source, v)))}])",
    deque: lambda v: f"_deque([{_joined(v)}], {v.maxlen!r})",
    dict: _pairs,
    Counter: lambda v: f"_Counter({_pairs(v)})",
}
_OTHERS: dict[type, Any] = {
    range: repr,
    bytearray: lambda v: f"bytearray({bytes(v)!r})",
    Decimal: lambda v: f"_Decimal({str(v)!r})",
    Fraction: lambda v: f"_Fraction({value_source(v.numerator)}, {value_source(v.denominator)})",
    date: lambda v: f"_datetime.date.fromisoformat({v.isoformat()!r})",
    time: lambda v: f"_datetime.time.fromisoformat({v.isoformat()!r})",
    datetime: lambda v: f"_datetime.datetime.fromisoformat({v.isoformat()!r})",
    timedelta: lambda v: f"_datetime.timedelta({v.days}, {v.seconds}, {v.microseconds})",
}
