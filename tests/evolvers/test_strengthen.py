from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from evalrun.benchmarks import Case, CasesTest, CodeTask, Suite
from evalrun.evolvers import Candidate, NotApplicable, Observation, Pool, evolve, operator_named, verify
from evalrun.evolvers.protocol import Executed, ObservedMutant
from evalrun.harness.sandbox import Sandbox

CALLS = ((2,), (5,), (9,))
GENERATED = ((8,), (3,), (7,))


def clamp(n: int) -> int:
    return min(n, 6)


TASK = CodeTask(
    "toy/0",
    'def clamp(n):\n    """n, or 6 if it is larger."""\n',
    "clamp",
    'def clamp(n):\n    """n, or 6 if it is larger."""\n    return min(n, 6)\n',
    (CasesTest(tuple(Case(args, clamp(*args)) for args in CALLS)),),
)


def mutant(behaviour: Callable[[int], Any]) -> ObservedMutant:
    return ObservedMutant("", 1, "", tuple(Executed(args, behaviour(*args)) for args in (*CALLS, *GENERATED)))


OBSERVED = Observation(
    inputs={"base": CALLS},
    outputs=(2, 5, 6),
    output_type="int",
    generated=GENERATED,
    generated_outputs=(6, 3, 6),
    mutants=(
        mutant(lambda n: n),  # the old tests kill it with 9
        mutant(lambda n: n if n == 8 else min(n, 6)),
        mutant(lambda n: 0 if n in (3, 7) else min(n, 6)),
        mutant(lambda n: 0 if n in (7, 8) else min(n, 6)),
    ),
)


def strengthened(task: CodeTask = TASK, observed: Observation = OBSERVED) -> Candidate:
    operator = operator_named("strengthen")
    (candidate,) = operator.propose(task, random.Random(0), Pool((task,), {task.digest: observed}))
    return candidate


def refusal(task: CodeTask = TASK, observed: Observation = OBSERVED) -> str:
    with pytest.raises(NotApplicable) as caught:
        strengthened(task, observed)
    return str(caught.value)


def test_inputs_are_added_only_while_each_kills_a_mutant_that_lives() -> None:
    candidate = strengthened()
    old, new = candidate.task.tests
    assert old == TASK.tests[0]
    assert isinstance(new, CasesTest)
    # 8 and 7 kill two each and 8 comes first; of 3 and 7, which then kill one, 3 does as well and comes first.
    assert [(case.args, case.expected) for case in new.cases] == [((8,), 6), ((3,), 3)]
    assert (new.name, new.comparator) == ("strengthened", old.comparator)
    assert candidate.parameters == {"generated": [0, 1]}


def test_the_evidence_says_what_was_killed_before_and_after() -> None:
    gates = {gate.gate: gate for gate in strengthened().gates}
    assert all(gate.holds for gate in gates.values())
    assert gates["old_tests_kept"].evidence == {"tests": 1, "added_cases": 2}
    assert gates["inside_envelope"].evidence["inputs"] == 2
    assert gates["kills_more"].evidence == {"mutants": 4, "killed_before": 1, "killed_after": 4, "by_case": [2, 1]}


def test_a_changed_prompt_or_old_test_is_not_proven() -> None:
    candidate = strengthened()
    task = candidate.task
    for forged in (
        replace(task, prompt=task.prompt + "\n"),
        replace(task, tests=(CasesTest((Case((2,), 2),)), task.tests[1])),
        replace(task, tests=(*task.tests[:1], replace(task.tests[1], name="other"))),
    ):
        (gate,) = operator_named("strengthen").prove(forged, (TASK,), candidate.parameters)
        assert not gate.holds


def test_an_input_outside_the_envelope_is_never_added() -> None:
    observed = replace(OBSERVED, generated=((8,), (30,), (7,)))
    candidate = strengthened(observed=observed)
    assert candidate.parameters == {"generated": [0, 2]}


def test_it_refuses_where_it_has_nothing_to_add() -> None:
    assert refusal(observed=replace(OBSERVED, mutants=OBSERVED.mutants[:1])) == (
        "no new input kills a mutant that lives"
    )
    assert refusal(observed=replace(OBSERVED, generated=(), generated_outputs=())) == "no new inputs are known"
    assert refusal(task=strengthened().task) == "it was strengthened before"
    oracle = replace(
        TASK, tests=(replace(TASK.tests[0], oracle="def accept(args, got, expected):\n    return True\n"),)
    )
    assert refusal(oracle) == "the tests accept several values (oracle)"
    texts = replace(OBSERVED, inputs={"base": (("()",), ("(())",), ("",))})
    assert refusal(observed=texts) == "its texts have a structure that no new input can be trusted to keep"


def test_the_engine_strengthens_and_the_certificate_holds(sandbox: Sandbox) -> None:
    weak = replace(
        TASK,
        id="toy/1",
        reference='def clamp(n):\n    """n, or 6 if it is larger."""\n    return n if n < 6 else 6\n',
        tests=(CasesTest(tuple(Case((n,), clamp(n)) for n in (1, 2, 3, 6, 12))),),
    )
    evolution = evolve(Suite("toy", "1", (weak,)), [[operator_named("strengthen")]], 0, sandbox)
    (task,) = evolution.suite
    assert [test.name for test in task.tests] == ["base", "strengthened"]
    gates = {gate["gate"]: gate["evidence"] for gate in evolution.suite.certificates[task.id]["gates"]}
    assert gates["kills_more"]["killed_after"] > gates["kills_more"]["killed_before"]
    assert "tests_pass" in gates
    assert verify(evolution.suite, sandbox) == []
