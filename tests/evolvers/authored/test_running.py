"""One program, one job: what is learnt of it, and what it cannot do."""

from __future__ import annotations

import asyncio

import pytest

from evalrun.evolvers.authored.running import Program, Ran, run, run_all, under_seeds
from evalrun.evolvers.protocol import Rows
from evalrun.harness.sandbox import Sandbox

CALLS: Rows = ((1,), (2,), (3,))


def ran(source: str, sandbox: Sandbox, calls: Rows = CALLS, fuel: int = 5_000) -> Ran:
    return asyncio.run(run(Program(source, "f"), calls, sandbox, fuel))


def test_values_steps_and_arguments_are_told(sandbox: Sandbox) -> None:
    found = ran("def f(n):\n    for _ in range(n):\n        pass\n    return n * n\n", sandbox)
    assert [row.returns for row in found.rows] == [1, 4, 9]
    assert found.steps == 4  # one call, three rounds
    assert found.kept
    assert not ran("def f(x):\n    x.append(1)\n    return 0\n", sandbox, (([],), ([2],))).kept


def test_an_endless_call_ends_by_counting_and_the_next_one_is_made(sandbox: Sandbox) -> None:
    found = ran("def f(n):\n    while n == 2:\n        pass\n    return n\n", sandbox)
    assert [row.raised for row in found.rows] == [None, "Endless", None]


def test_a_program_that_catches_everything_still_ends(sandbox: Sandbox) -> None:
    source = (
        "def f(n):\n    while True:\n        try:\n            while True:\n                pass\n"
        "        except BaseException:\n            n += 1\n            if n > 5:\n                return n\n"
    )
    assert len(ran(source, sandbox).rows) == 3


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("def f(:", "SyntaxError"),
        ("x = 1 // 0\ndef f(n):\n    return n\n", "ZeroDivisionError"),
        ("def g(n):\n    return n\n", "KeyError"),
        ("import no_such_module\ndef f(n):\n    return n\n", "ModuleNotFoundError"),
    ],
)
def test_a_program_that_does_not_load_says_why(source: str, problem: str, sandbox: Sandbox) -> None:
    assert ran(source, sandbox).problem == problem


@pytest.mark.parametrize("value", ["object()", "lambda: 1", "(i for i in ())", "type('T', (int,), {})(3)"])
def test_a_value_that_is_no_plain_data_is_none(value: str, sandbox: Sandbox) -> None:
    found = ran(f"def f(n):\n    return {value}\n", sandbox)
    assert {row.raised for row in found.rows} == {"Unplain"}


def test_a_process_that_ends_early_leaves_calls_without_values(sandbox: Sandbox) -> None:
    found = ran("import os\ndef f(n):\n    if n == 2:\n        os._exit(0)\n    return n\n", sandbox)
    assert [row.returns for row in found.rows] == [1, None, None]
    assert all(row.raised for row in found.rows[1:])


def test_rows_that_a_program_writes_itself_are_about_itself_alone(sandbox: Sandbox) -> None:
    """It can put values before its own, which it could as well return; other programs' values stay what they are."""
    liar = (
        "import os, marshal\n"
        "def f(n):\n    data = marshal.dumps((99, 1, True), 2)\n"
        "    os.write(3, (len(data) + 1).to_bytes(4, 'big') + b'm' + data)\n    return n\n"
    )
    honest = "def f(n):\n    return n\n"
    programs = [Program(source, "f") for source in (honest, liar, honest)]
    first, _, last = asyncio.run(run_all(programs, CALLS, sandbox))
    assert [row.returns for row in first.rows] == [row.returns for row in last.rows] == [1, 2, 3]


def test_other_hash_seeds_are_tried_in_fresh_interpreters(sandbox: Sandbox) -> None:
    calls: Rows = (("the quick brown fox jumps over the lazy dog",),)

    def seeds(source: str) -> int | None:
        return asyncio.run(under_seeds(Program(source, "f"), ran(source, sandbox, calls), sandbox))

    assert seeds("def f(text):\n    return sorted(set(text.split()))\n") == 2
    assert seeds("def f(text):\n    return list(set(text.split()))\n") == 0


DOWN = """def down(n):
    try:
        return down(n + 1)
    except RecursionError:
        return n

"""


@pytest.mark.parametrize("value", ["down(0)", "down(0) > 850", "down(0) // 100", "'deep' if down(0) > 900 else x"])
def test_a_program_whose_values_depend_on_how_deep_it_may_call_is_found_out(value: str, sandbox: Sandbox) -> None:
    source = f"{DOWN}def f(x):\n    return {value}\n"
    calls: Rows = ((1,), (2,))
    found = ran(source, sandbox, calls, fuel=200_000)
    assert all(row.raised is None for row in found.rows)
    told = asyncio.run(under_seeds(Program(source, "f"), found, sandbox))
    assert told is not None
    assert told < 2


def test_a_program_that_calls_itself_as_deep_as_its_inputs_go_is_not(sandbox: Sandbox) -> None:
    source = "def f(n):\n    return 0 if n == 0 else 1 + f(n - 1)\n"
    calls: Rows = ((10,), (300,), (700,))
    found = ran(source, sandbox, calls)
    assert asyncio.run(under_seeds(Program(source, "f"), found, sandbox)) == 2


def test_dataclasses_and_late_annotations_work(sandbox: Sandbox) -> None:
    source = (
        "from __future__ import annotations\nfrom dataclasses import dataclass\n\n@dataclass\nclass P:\n    x: int\n\n"
        "def f(n: int) -> int:\n    return P(n).x\n"
    )
    assert [row.returns for row in ran(source, sandbox).rows] == [1, 2, 3]
