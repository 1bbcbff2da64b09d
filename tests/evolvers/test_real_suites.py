from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from evalrun.benchmarks import Suite
from evalrun.evolvers import NotApplicable, Pool, evolve, operator_named, parse_operators, verify
from evalrun.evolvers.protocol import seeded
from evalrun.evolvers.verify import foreign_roots
from evalrun.harness.sandbox import Sandbox, open_sandbox
from evalrun.harness.scoring import program_of, score_answers

DEFAULT = "rename,compose_post+rename"


def rename_all(suite: Suite) -> tuple[int, Counter[str]]:
    rename, proven, reasons = operator_named("rename"), 0, Counter[str]()
    for task in suite:
        try:
            (candidate,) = rename.propose(task, seeded(0, rename, task, 0), Pool((), {}))
        except NotApplicable as error:
            reasons[str(error)] += 1
            continue
        assert [gate.gate for gate in candidate.gates if not gate.holds] == [], task.id
        proven += 1
    return proven, reasons


def test_every_humaneval_task_is_renamed_with_proof(shared_data: Path) -> None:
    proven, reasons = rename_all(Suite.load(shared_data / "humaneval" / "HumanEval.jsonl.gz"))
    assert (proven, reasons) == (164, Counter())


def test_mbpp_is_renamed_but_for_names_with_a_meaning_in_tests(shared_data: Path) -> None:
    suite = Suite.load(shared_data / "mbpp" / "mbpp.jsonl.gz")
    proven, reasons = rename_all(suite)
    assert proven == len(suite) - 5
    assert reasons == Counter(
        {
            "the entry point's name has a meaning of its own in tests": 4,
            "the entry point has a builtin's name": 1,
        }
    )


@pytest.mark.slow
@pytest.mark.sandbox
def test_humaneval_evolves_and_every_certificate_holds(shared_data: Path, sandbox: Sandbox) -> None:
    suite = Suite.load(shared_data / "humaneval" / "HumanEval.jsonl.gz")
    evolution = evolve(suite, parse_operators(DEFAULT), 0, sandbox)
    assert {tally.operator: tally.accepted for tally in evolution.tallies} == {
        "rename": 162,
        "compose_post": 120,
        "compose_post+rename": 120,
    }
    assert evolution.tallies[0].refused == {"an example of its prompt contradicts its reference": 2}
    assert verify(evolution.suite, sandbox) == []


@pytest.mark.slow
@pytest.mark.sandbox
def test_who_recites_humaneval_answers_fails_on_every_evolved_task(shared_data: Path, sandbox: Sandbox) -> None:
    suite = Suite.load(shared_data / "humaneval" / "HumanEval.jsonl.gz")
    suite = suite.subset(suite.tasks[::8])
    evolved = evolve(suite, parse_operators(DEFAULT), 0, sandbox).suite
    known = {task.id: task for task in suite}
    recited = [(task, program_of(task, known[task.root].reference, "alone")) for task in evolved]
    assert "pass" not in {str(score.verdict) for score in score_answers(recited, sandbox)}


def test_the_evolved_core_suite_that_ships_descends_from_the_core_suite_that_ships() -> None:
    suite, roots = Suite.load("core-evolved"), Suite.load("core")
    assert {task.lineage.operator for task in suite if task.lineage} >= {"rename", "doc_noise", "repair"}
    assert foreign_roots(suite, roots) == []


@pytest.mark.slow
@pytest.mark.sandbox
def test_every_certificate_of_the_evolved_core_suite_that_ships_holds(sandbox: Sandbox) -> None:
    suite = Suite.load("core-evolved")
    assert len(suite.certificates) >= len([task for task in suite if task.lineage]) > 200
    assert verify(suite, sandbox) == []


@pytest.mark.docker
@pytest.mark.sandbox
def test_the_core_suite_evolves_alike_in_docker_and_in_processes(sandbox: Sandbox) -> None:
    suite = Suite.load("core")
    suite = suite.subset(suite.tasks[:10])
    with open_sandbox("docker", workers=1) as docker:
        inside = evolve(suite, parse_operators(DEFAULT), 3, docker).suite
        assert verify(inside, docker) == []
    outside = evolve(suite, parse_operators(DEFAULT), 3, sandbox).suite
    assert inside.digest == outside.digest
    assert {name: {**row, "sandbox": ""} for name, row in inside.certificates.items()} == {
        name: {**row, "sandbox": ""} for name, row in outside.certificates.items()
    }
