"""Inputs that a reference's own text speaks of, and what solutions say on inputs that no test has."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.benchmarks import Comparator
from evalrun.evolvers.authored.consensus import contradicted
from evalrun.evolvers.authored.developing import Settings
from evalrun.evolvers.authored.inputs import gather
from evalrun.evolvers.authored.mining import MOST, constants_of, mined
from evalrun.evolvers.authored.pipeline import Authoring
from evalrun.evolvers.authored.protocol import Draft
from evalrun.evolvers.deeptypes import has_type, type_of_all
from evalrun.evolvers.protocol import Executed
from evalrun.evolvers.texts import text_of
from evalrun.harness.sandbox import Sandbox

from .acting import REFERENCE, Play, acted, draft
from .test_pipeline import proposal

HOW = Comparator(types="python")
DOORS = '''def f(number, word, values):
    """Not this: 555."""
    if number == 987654321 or word == "xyzzy" or values == [9, 8, 7]:
        return 1
    return 0
'''
ROWS = ((3, "ab", [1, 2]), (4, "c", []))


def test_constants_are_found_in_code_and_not_in_docstrings() -> None:
    found = constants_of(DOORS)
    assert {987654321, "xyzzy", 0, 1} <= {each for each in found if not isinstance(each, list)}
    assert [9, 8, 7] in found
    assert 555 not in found


def test_a_value_stands_where_its_type_belongs_and_borders_come_beside() -> None:
    rows = mined(DOORS, ROWS)
    assert any(args[0] == 987654321 for args in rows)
    assert any(args[0] == 987654320 for args in rows)
    assert any(args[1] == "xyzzy" for args in rows)
    assert any(args[2] == [9, 8, 7] for args in rows)
    assert any(args[1] == "" for args in rows)
    assert any(args[2] == [] for args in rows)
    assert len(rows) <= MOST


@given(
    st.lists(
        st.tuples(st.integers(), st.text(max_size=5), st.lists(st.floats(allow_nan=False))), min_size=1, max_size=4
    )
)
def test_mined_rows_are_new_and_of_the_types_of_those_that_are_given(rows: list[tuple[object, ...]]) -> None:
    known = {text_of(args) for args in rows}
    for args in mined(DOORS, tuple(rows)):
        assert text_of(args) not in known
        for place, value in enumerate(args):
            assert has_type([value], type_of_all([row[place] for row in rows]))


def test_whole_numbers_of_a_program_are_floats_where_floats_are_wanted() -> None:
    rows = mined("def f(x):\n    return x > 12\n", ((0.5,), (1.5,)))
    assert (12.0,) in rows
    assert all(type(value) is float for (value,) in rows)


def row(number: int, value: object, raised: str | None = None) -> Executed:
    return Executed((number,), value, raised)


def test_three_of_five_that_agree_on_another_value_contradict_a_reference() -> None:
    reference = [row(0, 1), row(1, 5)]
    right, wrong = [row(0, 1), row(1, 5)], [row(0, 1), row(1, 6)]
    assert contradicted(reference, [right, right, wrong, wrong, wrong], HOW) == 1
    assert contradicted(reference, [right, right, right, wrong, wrong], HOW) is None


def test_solutions_that_part_or_raise_contradict_nothing() -> None:
    reference = [row(0, 1)]
    parting = [[row(0, number)] for number in (2, 2, 3, 3, 4)]
    raising = [[row(0, None, "ValueError")] for _ in range(5)]
    assert contradicted(reference, parting, HOW) is None
    assert contradicted(reference, raising, HOW) is None
    assert contradicted(reference, [[row(0, 2)], [row(0, 2)], None, None, None], HOW) is None


async def gathered(program: str, contract: str, sandbox: Sandbox) -> str:
    inputs = tuple((number,) for number in range(2, 26, 2))
    draft = Draft("Count.", "def f(n: int) -> int:", "f", program, inputs, contract)
    found = await gather(draft, (), (), 7, sandbox)
    return found.problem[1] if found.problem else ""


def test_what_is_mined_may_take_long_or_end_in_an_exception_and_what_a_contract_admits_around_may_not(
    sandbox: Sandbox,
) -> None:
    slow = "def f(n):\n    total = 0\n    for each in range(n):\n        total += each % 1000003\n    return total\n"
    raising = "def f(n):\n    if n == 77777:\n        raise ValueError\n    return n * 2\n"
    near = "def f(n):\n    if n % 2:\n        raise ValueError\n    return n * 2\n"
    contract = "def admissible(n):\n    return n > 0\n"

    async def all_of_them() -> list[str]:
        return [await gathered(each, contract, sandbox) for each in (slow, raising, near)]

    first, second, third = asyncio.run(all_of_them())
    assert (first, second) == ("", "")
    assert "which the contract admits" in third


@pytest.mark.parametrize(
    ("most", "rounds", "gate"),
    [(8, 0, "reference_contradicted"), (0, 0, "beyond_the_tests"), (0, 1, "reference_contradicted")],
)
def test_a_back_door_is_found_whether_or_not_a_test_goes_through_it(
    most: int, rounds: int, gate: str, sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """most: how many further inputs become tests, since they tell mutants. rounds: of clarification, after which the
    input is an example, to which solvers hold as little."""
    monkeypatch.setattr("evalrun.evolvers.authored.studying._KILLERS", most)
    monkeypatch.setattr("evalrun.evolvers.authored.proving.MIN_KILLED", 0.5)
    begin = "    total = 0\n"
    door = REFERENCE.replace(begin, f"    if values == [41, 43, 45]:\n        return -7\n{begin}")
    with acted(Play(author=draft(reference=door)), tmp_path / "replies") as asker:
        (made,) = Authoring(asker, sandbox, name="new", settings=Settings(clarifications=rounds)).make([proposal()])
    assert made.rejected == gate, made.said


@pytest.mark.parametrize(
    "value", [[1, 2, 3], "abc", {"a": 1, "b": 2}, {1, 2}], ids=["a list", "a text", "a dict", "a set"]
)
def test_values_are_as_long_as_a_constant_says_and_one_less_and_one_more(value: object) -> None:
    program = "def f(x):\n    if len(x) > 60:\n        return 1\n    return 0\n"
    rows = mined(program, ((value,),))
    sizes = {len(args[0]) for args in rows}
    assert {59, 60, 61} <= sizes
    assert all(has_type([args[0]], type_of_all([value])) for args in rows)
    assert value in ([1, 2, 3], "abc", {"a": 1, "b": 2}, {1, 2})  # it was not changed


def test_values_of_nothing_and_beyond_all_proportion_are_not_made() -> None:
    program = "def f(x):\n    return len(x) > 5000\n"
    assert all(len(args[0]) < 10 for args in mined(program, (([1, 2],),)))
    assert all(len(args[0]) < 10 for args in mined(program.replace("5000", "50"), (([],),)))
