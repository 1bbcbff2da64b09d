"""Renaming of generated programs: names are few and shared on purpose, so that scopes collide."""

from __future__ import annotations

import random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from evalrun.benchmarks import CheckTest, CodeTask
from evalrun.evolvers import Pool
from evalrun.evolvers.operators.rename import Rename

NAMES = st.sampled_from(["a", "b", "total", "list", "top", "max", "genexpr", "row_1"])


@st.composite
def expressions(draw: st.DrawFn, depth: int = 2) -> str:
    kind = draw(st.integers(0, 7 if depth else 1))
    name, inner = draw(NAMES), expressions(depth - 1)
    if kind == 0:
        return str(draw(st.integers(0, 9)))
    if kind == 1:
        return name
    if kind == 2:
        return f"({draw(inner)} + {draw(inner)})"
    if kind == 3:
        return f"sum({draw(inner)} for {name} in (1, 2))"
    if kind == 4:
        return f"(lambda {name}: {draw(inner)})({draw(inner)})"
    if kind == 5:
        return f"('{name} b'.count('b') + {draw(inner)})"
    if kind == 6:
        return f"len([{name} for {name} in range({draw(st.integers(0, 3))}) if {draw(inner)}])"
    return f"len(f'{{{name} == 1}}')"


@st.composite
def programs(draw: st.DrawFn) -> str:
    lines = [f"{name} = {number}" for number, name in enumerate(["a", "b", "total", "top", "genexpr", "row_1"])]
    helper, parameter = draw(st.sampled_from(["helper", "total", "row_1"])), draw(NAMES)
    lines += [
        f"def {helper}({parameter}):",
        f"    {draw(NAMES)} = {draw(expressions())}",
        f"    return {draw(expressions())}",
    ]
    lines += [f"def find_best({draw(NAMES)}, count_1):"]
    if draw(st.booleans()):
        lines.append(f"    global {draw(st.sampled_from(['total', 'top']))}")
    for _ in range(draw(st.integers(0, 3))):
        lines.append(f"    {draw(NAMES)} = {draw(expressions())}")
    lines.append(f"    return {draw(expressions())}, {helper}({draw(expressions(1))})")
    return "\n".join(lines) + "\n"


def outcome(source: str, entry: str) -> Any:
    space: dict[str, Any] = {}
    try:
        exec(compile(source, "generated", "exec"), space)
        return ["a function" if callable(value) else value for value in space[entry](3, 4)]
    except (NameError, TypeError, AttributeError) as error:
        return type(error)


@settings(max_examples=300)
@given(source=programs(), seed=st.integers(0, 5))
def test_a_renamed_program_proves_itself_and_behaves_as_before(source: str, seed: int) -> None:
    try:
        compile(source, "generated", "exec")
    except SyntaxError:  # a parameter that is declared global
        return
    task = CodeTask(
        "t/0", "Write find_best.", "find_best", source, (CheckTest("def check(c):\n    pass\n"),), form="instruct"
    )
    (candidate,) = Rename().propose(task, random.Random(seed), Pool((), {}))
    assert [gate for gate in candidate.gates if not gate.holds] == []
    before, after = outcome(source, "find_best"), outcome(candidate.task.reference, str(candidate.task.entry_point))
    assert before == after
