"""All semantics-preserving operators on real suites."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from evalrun.benchmarks import Suite
from evalrun.evolvers import NotApplicable, Observation, Pool, evolve, operator_named, parse_operators, verify
from evalrun.evolvers.operators.examples import CONTRADICTED
from evalrun.evolvers.operators.rename import Rename
from evalrun.harness.sandbox import Sandbox

from .observing import failing

NO_POOL = Pool((), {})


@pytest.mark.parametrize("name", ["doc_noise", "format", "dead_code"])
def test_every_humaneval_task_is_reached_with_proof_and_can_be_renamed_afterwards(shared_data: Path, name: str) -> None:
    suite = Suite.load(shared_data / "humaneval" / "HumanEval.jsonl.gz")
    pool = Pool(suite.tasks, {task.digest: Observation() for task in suite})
    operator = operator_named(name)
    for number, task in enumerate(suite):
        candidate = operator.propose(task, random.Random(number), pool)[0]
        assert failing(candidate.gates) == [], (task.id, candidate.parameters)
        if number % 8 == 0:
            (renamed,) = Rename().propose(candidate.task, random.Random(number), NO_POOL)
            assert failing(renamed.gates) == [], (task.id, candidate.parameters)


@pytest.mark.parametrize(
    ("number", "args", "value"),
    [(47, ([-10, 4, 6, 1000, 10, 20],), 8.0), (116, ([1, 5, 2, 3, 4],), [1, 2, 4, 3, 5])],
)
def test_the_two_wrong_examples_of_humaneval_are_noticed(
    shared_data: Path, number: int, args: tuple[object, ...], value: object
) -> None:
    suite = Suite.load(shared_data / "humaneval" / "HumanEval.jsonl.gz")
    task = suite.task(f"HumanEval/{number}")
    seen = Observation(inputs={"base": (args,)}, outputs=(value,))
    with pytest.raises(NotApplicable, match=CONTRADICTED):
        operator_named("examples").propose(task, random.Random(0), Pool(suite.tasks, {task.digest: seen}))


@pytest.mark.sandbox
def test_core_evolves_under_all_of_them_and_every_certificate_holds(sandbox: Sandbox) -> None:
    core = Suite.load("core")
    core = core.subset(core.tasks[:4])
    chains = parse_operators("examples,doc_noise,format,dead_code,partial_prefix,refactor")
    evolution = evolve(core, chains, 0, sandbox)
    assert {tally.operator for tally in evolution.tallies if tally.accepted} == {
        "examples", "doc_noise", "format", "dead_code", "partial_prefix", "refactor",
    }  # fmt: skip
    assert [tally.rejected for tally in evolution.tallies if tally.rejected] == []
    assert verify(evolution.suite, sandbox) == []
