"""Preference tasks out of code tasks, and the whole way from a code suite to altered preference tasks."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from evalrun.benchmarks import BadInput, CodeTask, StdioTest, Suite
from evalrun.benchmarks.preference import PreferenceSuite
from evalrun.benchmarks.task import StdioCase
from evalrun.evolvers.commands.evolve import command as evolve_command
from evalrun.evolvers.commands.verify import command as verify_command
from evalrun.evolvers.pipeline import silent
from evalrun.evolvers.preferences.engine import evolve
from evalrun.evolvers.preferences.from_code import pairs_from
from evalrun.evolvers.preferences.registry import operator_named, parse_operators, registered_operators
from evalrun.evolvers.preferences.verify import verify
from evalrun.harness.sandbox import Sandbox

pytestmark = pytest.mark.slow  # all of them together; what they try is the same on every Python

EVEN_SUM = """numbers = map(int, input().split())
total = sum(n for n in numbers if n % 2 == 0)
print(total)
"""


@pytest.fixture(scope="module")
def pairs(toy_suite: Suite, sandbox: Sandbox) -> PreferenceSuite:
    """The pairs of the toy suite and of some of core, two for each task."""
    tasks = [*toy_suite, *(Suite.load("core").task(f"core/{name}") for name in ("widest-gap", "tally-strokes"))]
    return pairs_from(Suite("mixed", "1", tuple(tasks)), sandbox, 0, count=2, progress=silent).suite


def test_every_pair_is_a_reference_and_a_mutant_whose_label_holds(pairs: PreferenceSuite, sandbox: Sandbox) -> None:
    assert verify(pairs, sandbox) == []
    for task in pairs:
        assert {response.source for response in task.responses} == {"reference", "mutant of the reference"}
        assert task.response(task.ranking[0][0]).source == "reference"
        assert len({len(response.text) for response in task.responses}) == 1
        assert task.criterion == "correctness"


def test_pairs_of_one_task_are_one_family_with_different_mutants(pairs: PreferenceSuite) -> None:
    doubled = [task for task in pairs if task.family == "core/widest-gap"]
    assert [task.id for task in doubled] == ["mixed-pairs-s0/widest-gap", "mixed-pairs-s0/widest-gap-2"]
    assert len({task.digest for task in doubled}) == 2


def test_the_question_shows_the_docstring_and_the_responses_do_not(pairs: PreferenceSuite) -> None:
    task = pairs.task("mixed-pairs-s0/widest-gap")
    assert "Find the widest empty stretch" in task.messages[-1].content
    assert not any("widest empty" in response.text for response in task.responses)


def test_what_was_observed_becomes_cases_that_can_be_counted(pairs: PreferenceSuite) -> None:
    proof = pairs.task("mixed-pairs-s0/5").proof
    assert proof is not None
    assert (proof.kind, proof.data["tests"][0]["kind"], len(proof.data["tests"][0]["cases"])) == ("cases", "cases", 6)


def test_a_broken_reference_makes_no_pair_and_is_counted(toy_suite: Suite, sandbox: Sandbox) -> None:
    made = pairs_from(toy_suite, sandbox, 0, progress=silent)
    assert made.refused["the reference fails its own tests"] == 1
    assert "toy/4" not in {task.family for task in made.suite}
    with pytest.raises(BadInput, match="no pair could be made"):
        pairs_from(toy_suite.subset([toy_suite.task("toy/4")]), sandbox, 0, progress=silent)


def test_whole_programs_are_judged_case_by_case(sandbox: Sandbox) -> None:
    rows = [("1 2 3 4", "6"), ("2", "2"), ("1", "0"), ("0 0", "0"), ("8 1", "8"), ("3 5 7", "0")]
    test = StdioTest(tuple(StdioCase(given, wanted) for given, wanted in rows))
    suite = Suite("toy", "1", (CodeTask("toy/sum", "Print the sum of the even numbers.", None, EVEN_SUM, (test,)),))
    (task,) = pairs_from(suite, sandbox, 0, progress=silent).suite
    assert task.proof is not None
    assert [len(row["cases"]) for row in task.proof.data["tests"]] == [1] * 6


def test_every_altering_operator_finds_work_and_its_tasks_verify(sandbox: Sandbox) -> None:
    core = Suite.load("core")
    some = ("widest-gap", "tally-strokes", "replay-editor", "friend-circles", "peel-matching-ends")
    pairs = pairs_from(core.subset([core.task(f"core/{name}") for name in some]), sandbox, 0, progress=silent).suite
    chains = parse_operators(
        "corrupt,severity_ladder,mutant_pair,tie_pair,repair_pair,criterion_inversion,efficiency_pair,security_pair,"
        "efficiency_pair+criterion_switch"
    )
    made = evolve(pairs, chains, 0, sandbox)
    assert {tally.operator: tally.accepted > 0 for tally in made.tallies} == {
        tally.operator: True for tally in made.tallies
    }
    assert verify(made.suite, sandbox) == []
    effects = {str(task.metadata["effect"]) for task in made.suite}
    assert effects == {"new", "tie", "invert"}


def run(*args: str) -> Result:
    command = verify_command if args[0] == "verify" else evolve_command
    return CliRunner().invoke(command, [*args[1:], "--sandbox", "process"])


def test_from_a_code_suite_to_altered_preferences_by_the_command_line(tmp_path: Path) -> None:
    pairs, new = str(tmp_path / "pairs"), str(tmp_path / "new")
    made = run(
        "evolve", "core", "--as-preferences", "--tasks", "core/widest-gap", "--tasks", "core/tally-*", "-o", pairs
    )
    assert made.exit_code == 0, made.output
    assert "2 pairs in" in made.output
    assert run("verify", pairs).exit_code == 0
    assert run("evolve", pairs, "--operators", "corrupt,tie_pair", "-o", new).exit_code == 0
    assert run("verify", new, "--against", pairs).exit_code == 0
    assert isinstance(run("evolve", pairs, "--as-preferences", "-o", f"{new}2").exception, BadInput)
    stacked = run("evolve", "core", "--as-preferences", "--operators", "corrupt", "-o", f"{new}2")
    assert isinstance(stacked.exception, BadInput)
    assert not Path(f"{new}2").exists()


def test_the_page_describes_every_altering_operator_with_its_proof_and_what_it_refuses() -> None:
    page = (Path(__file__).parents[3] / "docs" / "preference_operators.md").read_text("utf-8")
    (part,) = re.findall(r"^# Label-altering\n(.*?)(?=^# |\Z)", page, re.DOTALL | re.MULTILINE)
    described = dict(re.findall(r"^## `(\w+)`\n(.*?)(?=^## |\Z)", part, re.DOTALL | re.MULTILINE))
    altering = {name for name in registered_operators() if operator_named(name).kind == "altering"}
    assert set(described) == altering
    for name, text in described.items():
        assert "**Proof.**" in text, name
        assert "**Refused.**" in text, name
        assert f"[`{name}`](#{name})" in part, name
