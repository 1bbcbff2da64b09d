"""Altering operators: new labels hold where they are said to, and nothing else passes for them. Programs are run."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from evalrun.benchmarks.preference import Message, PreferenceTask, Proof, Response
from evalrun.evolvers.preferences.operators.constraint_twin import ConstraintTwin
from evalrun.evolvers.preferences.operators.corrupt import Corrupt
from evalrun.evolvers.preferences.operators.criterion_inversion import CriterionInversion
from evalrun.evolvers.preferences.operators.criterion_switch import CriterionSwitch
from evalrun.evolvers.preferences.operators.efficiency_pair import EfficiencyPair
from evalrun.evolvers.preferences.operators.mutant_pair import MutantPair
from evalrun.evolvers.preferences.operators.repair_pair import RepairPair
from evalrun.evolvers.preferences.operators.security_pair import SecurityPair
from evalrun.evolvers.preferences.operators.severity_ladder import SeverityLadder
from evalrun.evolvers.preferences.operators.tie_pair import TiePair
from evalrun.evolvers.preferences.proofs import reverify
from evalrun.evolvers.preferences.protocol import PreferenceOperator
from evalrun.evolvers.protocol import NotApplicable
from evalrun.harness.sandbox import Sandbox

from .altering_pairs import TESTS, child, correctness, failing, pair, proven, with_text
from .conftest import advice_pair, rank_three, word_pair

pytestmark = pytest.mark.slow  # all of them together; what they try is the same on every Python

ABOUT_PROGRAMS = (Corrupt(), MutantPair(), SeverityLadder(), TiePair(), RepairPair(), EfficiencyPair())
ALL = (*ABOUT_PROGRAMS, CriterionInversion(), CriterionSwitch(), SecurityPair(), ConstraintTwin())
QUERY = """def find(conn, name):
    return conn.execute("SELECT id FROM users WHERE name = ?", (name,)).fetchall()
"""
LISTED = """def find(conn, name):
    return [row for row in conn.execute("SELECT id FROM users") if row == name]
"""


def better_and_worse(task: PreferenceTask) -> tuple[str, str]:
    (better,), (worse,) = task.ranking
    return better, worse


@pytest.mark.parametrize("operator", ABOUT_PROGRAMS, ids=lambda operator: operator.name)
def test_the_same_seed_gives_the_same_candidates_and_another_gives_others(operator: PreferenceOperator) -> None:
    one, again = (operator.propose(correctness(), random.Random(3)) for _ in range(2))
    assert [made.task.digest for made in one] == [made.task.digest for made in again]
    others = {made.task.digest for seed in range(4) for made in operator.propose(correctness(), random.Random(seed))}
    assert len(others) > len(one)


@pytest.mark.parametrize("operator", ABOUT_PROGRAMS, ids=lambda operator: operator.name)
def test_a_task_about_no_programs_is_refused(operator: PreferenceOperator) -> None:
    for task in (advice_pair(), word_pair("sky")):
        with pytest.raises(NotApplicable):
            operator.propose(task, random.Random(0))


@pytest.mark.parametrize("operator", ALL, ids=lambda operator: operator.name)
def test_nothing_is_built_on_an_inverted_criterion(operator: PreferenceOperator) -> None:
    (inverted,) = CriterionInversion().propose(correctness(), random.Random(0))
    with pytest.raises(NotApplicable, match="inverted already"):
        operator.propose(inverted.task, random.Random(0))


@pytest.mark.parametrize("operator", [Corrupt(), MutantPair(), EfficiencyPair()], ids=lambda operator: operator.name)
def test_the_better_response_stands_first_half_of_the_time(operator: PreferenceOperator) -> None:
    made = [operator.propose(correctness(), random.Random(seed))[0].task for seed in range(60)]
    first = sum(task.ranking[0][0] == task.responses[0].id for task in made)
    assert 18 <= first <= 42
    assert {response.id for task in made for response in task.responses} == {"a", "b"}


def test_a_corrupted_program_is_nearly_right_and_as_long(sandbox: Sandbox) -> None:
    made = child(Corrupt(), correctness(), sandbox)
    better, worse = better_and_worse(made.task)
    passed = reverify(made.task, sandbox).evidence["passed"]
    assert passed[better] == 12
    assert 6 <= passed[worse] < 12
    assert len({len(response.text) for response in made.task.responses}) == 1


def test_a_second_fault_or_another_question_is_no_corruption(sandbox: Sandbox) -> None:
    made = child(Corrupt(), correctness(), sandbox)
    _, worse = better_and_worse(made.task)
    twice = with_text(made.task, worse, "return counts", "return []")
    assert "one_change" in failing(Corrupt(), twice, made)
    asked = replace(made.task, messages=(Message("user", "Write anything."),))
    assert failing(Corrupt(), asked, made) == {"same_question"}


def test_both_sides_of_a_mutant_pair_have_equal_length_equal_tokens_and_new_names(sandbox: Sandbox) -> None:
    made = child(MutantPair(), correctness(), sandbox)
    assert set(made.parameters["names"]) <= {"seen", "counts", "total", "place", "value"}
    assert all("seen" not in response.text for response in made.task.responses)
    one, other = (response.text for response in made.task.responses)
    assert len(one) == len(other)
    assert one != other
    named = with_text(made.task, better_and_worse(made.task)[0], made.parameters["names"]["seen"], "seen_before")
    assert "same_tree" in failing(MutantPair(), named, made)


def test_each_step_of_a_ladder_fails_more_cases(sandbox: Sandbox) -> None:
    made = child(SeverityLadder(), correctness(), sandbox)
    passed = reverify(made.task, sandbox).evidence["passed"]
    down = [passed[name] for (name,) in made.task.ranking]
    assert len(down) == 3
    assert down[0] == 12
    assert down[0] > down[1] > down[2]
    upside_down = replace(made.task, ranking=made.task.ranking[::-1])
    assert not reverify(upside_down, sandbox).holds


def test_the_wrong_program_mended_is_the_new_right_one(sandbox: Sandbox) -> None:
    parent = correctness()
    made = child(RepairPair(), parent, sandbox)
    better, worse = better_and_worse(made.task)
    assert "value in seen" in made.task.response(worse).text
    old = parent.response("a").text.split("```")[1].strip()
    assert old not in made.task.response(better).text


def test_a_right_pair_has_nothing_to_repair() -> None:
    (tied,) = TiePair().propose(correctness(), random.Random(0))[:1]
    with pytest.raises(NotApplicable, match="no response fails"):
        RepairPair().propose(tied.task, random.Random(0))


def test_renamed_and_rewritten_programs_are_a_tie(sandbox: Sandbox) -> None:
    found = [made for seed in range(3) for made in proven(TiePair(), correctness(), sandbox, seed)]
    assert {"names", "rules"} == {key for made in found for key in made.parameters}
    for made in found:
        assert [len(tier) for tier in made.task.ranking] == [2]
        assert len({len(response.text) for response in made.task.responses}) == 1


def test_a_mutant_is_no_tie(sandbox: Sandbox) -> None:
    made = child(TiePair(), correctness(), sandbox)
    name = made.task.responses[0].id
    broken = with_text(made.task, name, "% 2", "% 3")
    assert failing(TiePair(), broken, made)
    assert not reverify(broken, sandbox).holds


def test_an_inverted_criterion_turns_the_label_round_in_words_and_proof(sandbox: Sandbox) -> None:
    for parent in (correctness(), word_pair("sky")):
        (made,) = proven(CriterionInversion(), parent, sandbox)
        assert made.task.ranking == parent.ranking[::-1]
        assert made.task.messages[-1].content.startswith(parent.messages[-1].content)
        assert made.task.criterion != parent.criterion
        upright = replace(made.task, ranking=parent.ranking)
        assert not reverify(upright, sandbox).holds
        assert "inverted_ranking" in failing(CriterionInversion(), upright, made)
        unsaid = replace(made.task, messages=parent.messages)
        assert failing(CriterionInversion(), unsaid, made) == {"asks_too"}


@pytest.mark.parametrize("task", [advice_pair(), rank_three()], ids=["advice", "honesty"])
def test_what_only_people_can_judge_is_not_inverted(task: PreferenceTask) -> None:
    with pytest.raises(NotApplicable, match="no machine"):
        CriterionInversion().propose(task, random.Random(0))


def test_a_slower_program_gives_the_same_for_more_steps(sandbox: Sandbox) -> None:
    found = list(proven(EfficiencyPair(), correctness(), sandbox))
    assert found
    for made in found:
        better, worse = better_and_worse(made.task)
        evidence = reverify(made.task, sandbox).evidence
        assert evidence["verdicts"] == {better: "pass", worse: "pass"}
        assert evidence["steps"][worse] >= 1.5 * evidence["steps"][better]
    assert "list_for_set" in {made.parameters["rule"] for made in found}


def test_a_program_that_no_rule_makes_is_no_efficiency_pair(sandbox: Sandbox) -> None:
    made = child(EfficiencyPair(), correctness(), sandbox)
    _, worse = better_and_worse(made.task)
    other = with_text(made.task, worse, "    return ", "    values = sorted(values)\n    return ")
    assert "made_by_rule" in failing(EfficiencyPair(), other, made)


def test_efficiency_switched_to_correctness_is_a_tie(sandbox: Sandbox) -> None:
    fast = child(EfficiencyPair(), correctness(), sandbox).task
    found = {made.task.criterion: made for made in proven(CriterionSwitch(), fast, sandbox)}
    assert [len(tier) for tier in found["correctness"].task.ranking] == [2]
    assert found["correctness"].task.responses == fast.responses


def test_correctness_of_two_right_programs_is_switched_to_what_the_counter_finds(sandbox: Sandbox) -> None:
    fast = child(EfficiencyPair(), correctness(), sandbox).task
    tied = next(made.task for made in proven(CriterionSwitch(), fast, sandbox) if made.task.criterion == "correctness")
    found = [made for made in proven(CriterionSwitch(), tied, sandbox) if made.task.criterion == "efficiency"]
    assert [made.task.ranking for made in found] == [fast.ranking]


def test_a_right_and_a_wrong_program_are_compared_by_the_length_that_is_asked_for(sandbox: Sandbox) -> None:
    short = "def ranks(values):\n    return []\n"
    data = {"entry_point": "ranks", "tests": TESTS, "passes": {"a": True, "b": False}}
    parent = replace(correctness(), responses=(correctness().responses[0], Response("b", f"```python\n{short}```")))
    parent = replace(parent, proof=Proof("tests", data))
    inverted, same = proven(CriterionSwitch(), parent, sandbox)
    assert (inverted.task.ranking, same.task.ranking) == ((("b",), ("a",)), (("a",), ("b",)))
    assert all(made.task.proof is not None and made.task.proof.kind == "constraints" for made in (inverted, same))


def test_a_formatted_query_is_the_unsafe_side(sandbox: Sandbox) -> None:
    parent = pair(QUERY, LISTED, Proof("rules", {"findings": {"a": [], "b": []}}), ranking=(("a", "b"),))
    made = child(SecurityPair(), parent, sandbox)
    better, worse = better_and_worse(made.task)
    assert "name = ?" in made.task.response(better).text
    assert "name = '{name}'" in made.task.response(worse).text
    assert reverify(made.task, sandbox).evidence["findings"] == {better: [], worse: ["sql_by_formatting"]}
    assert len({len(response.text) for response in made.task.responses}) == 1


def test_an_unsafe_call_is_put_in_and_taken_out_and_the_tests_still_pass(sandbox: Sandbox) -> None:
    safe = "import ast\n\n\ndef read(text):\n    return ast.literal_eval(text)\n"
    unsafe = "import ast\n\n\ndef read(text):\n    return eval(text)\n"
    tests = [{"kind": "cases", "name": "base", "cases": [{"args": ["[1, 2]"], "expected": [1, 2]}]}]
    data = {"entry_point": "read", "tests": tests, "findings": {"a": [], "b": ["text_run_as_code"]}}
    parent = pair(safe, unsafe, Proof("rules", data), criterion="security")
    made = [made for seed in range(2) for made in proven(SecurityPair(), parent, sandbox, seed)]
    assert {made.parameters["safe"] for made in made} == {True, False}
    for each in made:
        better, worse = better_and_worse(each.task)
        assert "literal_eval" in each.task.response(better).text
        assert " eval(" in each.task.response(worse).text


def test_a_twin_with_one_instruction_can_have_either_label(sandbox: Sandbox) -> None:
    made = list(proven(ConstraintTwin(), advice_pair(), sandbox))
    assert {each.task.ranking[0] for each in made} == {("a",), ("b",)}
    for each in made:
        assert each.task.messages[-1].content.startswith(advice_pair().messages[-1].content)
    better = [ConstraintTwin().propose(advice_pair(), random.Random(seed))[0].task.ranking[0] for seed in range(60)]
    assert 18 <= better.count(("a",)) <= 42


def test_a_new_instruction_stands_in_the_old_ones_place(sandbox: Sandbox) -> None:
    parent = word_pair("sky")
    made = [each for each in proven(ConstraintTwin(), parent, sandbox) if each.task.ranking[0] == ("b",)]
    assert made
    for each in made:
        assert "at most 12 words" not in each.task.messages[-1].content
    kept = replace(made[0].task, messages=parent.messages)
    assert "asks_for_it" in failing(ConstraintTwin(), kept, made[0])


def test_a_ranking_of_three_gets_no_constraint_twin() -> None:
    with pytest.raises(NotApplicable, match="more than two"):
        ConstraintTwin().propose(rank_three(), random.Random(0))
