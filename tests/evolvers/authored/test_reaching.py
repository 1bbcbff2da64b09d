"""References with places that no input leads to: the author is asked for inputs once; what stays unmet is rejected."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest

from evalrun.evolvers.authored.inputs import Gathered, gather
from evalrun.evolvers.authored.pipeline import Authoring, evolve_authored
from evalrun.evolvers.authored.protocol import Draft
from evalrun.evolvers.authored.proving import places_of, reach_gate
from evalrun.evolvers.authored.registry import model_operator_named
from evalrun.evolvers.authored.running import ALL_FUEL
from evalrun.evolvers.loop.protocol import Made
from evalrun.evolvers.verify import verify
from evalrun.harness.sandbox import Sandbox

from .acting import DRAFT, REFERENCE, RIGHT, SEEDS, Play, acted, code, draft
from .answering import question
from .test_pipeline import made_of, proposal

BEGIN = "    total = 0\n"
RARE = "    if sum(values) * 3 == 1851:\n        return -1\n"
SPECIAL = DRAFT["spec"] + " But where three times the sum of all of the values is 1851, the result is -1."
SPECIAL_RIGHT = RIGHT.replace("    return values[0]", f"{RARE}    return values[0]")


def with_door(door: str) -> str:
    """The reference with something before its work."""
    return REFERENCE.replace(BEGIN, f"{door}{BEGIN}")


def gate_of(made: Made) -> dict[str, object]:
    """The evidence of the gate in a certificate."""
    assert made.certificate is not None, (made.rejected, made.said)
    (gate,) = [each for each in made.certificate["gates"] if each["gate"] == "reached"]
    evidence: dict[str, object] = gate.get("evidence", gate)
    return evidence


@pytest.mark.parametrize(
    "door",
    [
        "    if sum(values) * 7919 % 10000019 == 5:\n        return 0\n",
        "    values = [value for value in values if sum(values) * 7919 % 10000019 != 5]\n",
        "    try:\n        1 // (sum(values) * 7919 % 10000019 - 5)\n    except ZeroDivisionError:\n        return 0\n",
        "    try:\n        if sum(values) * 7919 % 10000019 == 5:\n            raise ValueError\n"
        "        if not values:\n            raise ValueError\n    except ValueError:\n        return 0\n",
    ],
    ids=["if", "comprehension", "handler", "an exception that is caught for other inputs, too"],
)
def test_a_door_that_no_input_opens_is_rejected_and_nobody_is_asked_to_solve(
    door: str, sandbox: Sandbox, tmp_path: Path
) -> None:
    play = Play(author=draft(reference=with_door(door)))
    made = made_of(play, sandbox, tmp_path)
    assert made.rejected == "reached"
    assert "no input leads there: line" in made.said
    assert (play.count("inputs"), play.count("solve")) == (1, 0)


def test_a_door_that_only_raises_is_none(sandbox: Sandbox, tmp_path: Path) -> None:
    play = Play(author=draft(reference=with_door("    if not isinstance(values, list):\n        raise TypeError\n")))
    made = made_of(play, sandbox, tmp_path)
    assert made.task is not None
    assert play.count("inputs") == 0
    assert gate_of(made)["missed"] == 0


def test_the_author_is_told_the_place_and_its_input_admits_the_task_which_is_proven_again(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    play = Play(
        author=draft(spec=SPECIAL, reference=with_door(RARE)),
        inputs=json.dumps({"inputs": ["[600, 17]", "[]"]}),
        solver=[code(SPECIAL_RIGHT)],
    )
    with acted(play, tmp_path / "replies") as asker:
        evolution = evolve_authored(SEEDS, [model_operator_named("difficult")], asker, sandbox, seed=3, name="hard")
    suite = evolution.suite
    certificate = suite.certificates[suite.tasks[0].id]
    (told,) = [question(body) for purpose, body in play.asked if purpose == "inputs"]
    assert "`sum(values) * 3 == 1851` holds" in told
    assert certificate["further_inputs"] == [[[600, 17]], [[]]]
    assert verify(suite, sandbox) == []
    assert verify(suite, sandbox, replies=tmp_path / "replies") == []
    without = {**certificate, "gates": [each for each in certificate["gates"] if each["gate"] != "reached"]}
    problems = verify(replace(suite, certificates={suite.tasks[0].id: without}), sandbox)
    assert any("reached" in str(problem) for problem in problems)


def test_an_input_that_does_not_lead_there_is_of_no_use(sandbox: Sandbox, tmp_path: Path) -> None:
    play = Play(
        author=draft(spec=SPECIAL, reference=with_door(RARE)),
        inputs=json.dumps({"inputs": ["[9, 9]"]}),
        solver=[code(SPECIAL_RIGHT)],
    )
    assert made_of(play, sandbox, tmp_path).rejected == "reached"
    assert play.count("inputs") == 1


def test_a_guard_for_what_the_contract_refuses_need_not_be_met(sandbox: Sandbox, tmp_path: Path) -> None:
    guard = with_door("    if not values:\n        return 0\n")
    contract = "def admissible(values):\n    return len(values) > 0\n"
    made = made_of(Play(author=draft(reference=guard, contract=contract)), sandbox, tmp_path)
    assert gate_of(made)["guards"] == 1


def gathered(program: str, contract: str, sandbox: Sandbox, inputs: int = 14) -> tuple[Draft, Gathered]:
    rows = tuple(([number, number + 1],) for number in range(inputs))
    found = Draft("Count.", "def f(values: list[int]) -> int:", "f", program, rows, contract)
    return found, asyncio.run(gather(found, (), (), 7, sandbox))


def test_what_the_contract_refuses_explains_no_condition_on_something_that_was_worked_out(sandbox: Sandbox) -> None:
    program = "def f(values):\n    if sum(values) % 1009 == 1008:\n        return 0\n    return len(values)\n"
    contract = "def admissible(values):\n    return all(value >= 0 for value in values) and sum(values) < 1000\n"
    draft, found = gathered(program, contract, sandbox)  # [-1] is refused, and would lead there
    assert [each.what for each in found.reach.missed] == ["`sum(values) % 1009 == 1008` holds"]
    assert not reach_gate(draft, found.reach).holds
    assert "line 2 of the reference" in places_of(draft, found.reach)[0]


def test_inputs_that_are_made_up_lead_to_places_that_the_authors_do_not(sandbox: Sandbox) -> None:
    program = "def f(values):\n    if len(values) > 60:\n        return 0\n    return sum(values)\n"
    _, found = gathered(program, "", sandbox)
    assert found.reach.missed == ()
    assert any(len(row.args[0]) == 61 for row in found.further)
    crowded = "def f(values):\n    if sum(values) > 400 and len(set(values)) == 1:\n        return 0\n    return 1\n"
    _, found = gathered(crowded, "", sandbox)
    assert found.reach.missed == ()


def test_a_program_that_gives_something_else_when_it_is_followed_is_rejected(sandbox: Sandbox) -> None:
    program = (
        "class Odd:\n    def __init__(self):\n        self.asked = 0\n    def __bool__(self):\n"
        "        self.asked += 1\n        return self.asked % 2 == 1\n\n\n"
        "def f(values):\n    found = Odd() or 0\n    return type(found) is int\n"
    )
    draft, found = gathered(program, "", sandbox)
    assert "cannot be followed" in found.reach.problem
    assert not reach_gate(draft, found.reach).holds


def test_a_program_whose_calls_take_nearly_all_steps_that_two_jobs_may_take_is_followed(sandbox: Sandbox) -> None:
    program = (
        "def f(values):\n    total = 0\n    for each in range(39000):\n        total += each % (len(values) + 2)\n"
        "    return total\n"
    )
    _, found = gathered(program, "", sandbox)
    assert found.steps * (len(found.rows) + len(found.further)) > ALL_FUEL
    assert found.reach.problem == ""


def test_a_table_that_is_made_while_loading_needs_no_inputs(sandbox: Sandbox) -> None:
    program = (
        "def squares(most):\n    found = []\n    for each in range(most):\n        if each * each < most:\n"
        "            found.append(each * each)\n    return found\n\n\nSQUARES = squares(100)\n\n\n"
        "def f(values):\n    return sum(each in SQUARES for each in values)\n"
    )
    _, found = gathered(program, "", sandbox)
    assert found.reach.missed == ()


def test_a_program_that_is_nested_too_deeply_to_be_followed_is_rejected_in_these_words(sandbox: Sandbox) -> None:
    deep = "len(values)"
    for _ in range(80):
        deep = f"(lambda: {deep})()"
    draft, found = gathered(f"def f(values):\n    return {deep}\n", "", sandbox)
    assert "nested too deeply" in str(reach_gate(draft, found.reach).evidence["problem"])


def test_an_argument_that_only_an_input_which_was_made_up_changes_is_seen(sandbox: Sandbox) -> None:
    program = "def f(values):\n    if len(values) > 60:\n        values.append(0)\n    return sum(values)\n"
    _, found = gathered(program, "", sandbox)
    assert found.reach.missed == ()
    assert not found.kept


def test_leaving_a_finally_is_rejected(sandbox: Sandbox) -> None:
    program = (
        "def f(values):\n    found = 0\n    try:\n        found = len(values)\n    finally:\n        return found\n"
    )
    draft, found = gathered(program, "", sandbox)
    assert reach_gate(draft, found.reach).evidence["problem"] == "line 6: leaving a finally hides exceptions"


def test_the_same_draft_meets_the_same_places_each_time(sandbox: Sandbox) -> None:
    program = "def f(values):\n    if sum(values) % 7 == 3 and values:\n        return 0\n    return 1\n"
    assert gathered(program, "", sandbox) == gathered(program, "", sandbox)


def test_without_the_gate_the_door_would_be_admitted(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that it is this gate which finds it, and none that it was found by before."""
    door = with_door("    if sum(values) * 7919 % 10000019 == 5:\n        return 0\n")
    monkeypatch.setattr(
        "evalrun.evolvers.authored.proving.reach_gate",
        lambda draft, reach: replace(reach_gate(draft, reach), holds=True),
    )
    with acted(Play(author=draft(reference=door)), tmp_path / "replies") as asker:
        (made,) = Authoring(asker, sandbox, name="new").make([proposal()])
    assert made.task is not None, (made.rejected, made.said)
