from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from evalrun.benchmarks import BadInput, Case, CasesTest, CheckTest, CodeTask, Suite
from evalrun.evolvers import (
    Candidate,
    Evolution,
    Gate,
    NotApplicable,
    Operator,
    Pool,
    evolve,
    operator_named,
    parse_operators,
)
from evalrun.evolvers.observe import observe, record_inputs
from evalrun.evolvers.operators.rename import Rename
from evalrun.evolvers.pipeline import Evolving, silent
from evalrun.evolvers.protocol import Kind, seeded
from evalrun.harness.sandbox import Sandbox, open_sandbox
from evalrun.harness.scoring import score_answers

DEFAULT = "rename,compose_post+rename"


@pytest.fixture
def evolved(toy_suite: Suite) -> Callable[..., Evolution]:
    def evolved_toys(sandbox: Sandbox, operators: str = DEFAULT, seed: int = 0, count: int = 1) -> Evolution:
        return evolve(toy_suite, parse_operators(operators), seed, sandbox, count=count)

    return evolved_toys


def local_ids(suite: Suite) -> set[str]:
    return {task.id.partition("/")[2] for task in suite}


def test_each_task_is_evolved_or_its_reason_is_counted(sandbox: Sandbox, evolved: Callable[..., Evolution]) -> None:
    evolution = evolved(sandbox)
    rename, post, stacked = evolution.tallies
    assert (rename.operator, rename.proposed, rename.accepted) == ("rename", 5, 5)
    assert rename.refused == Counter({"the reference fails its own tests": 1})
    assert post.operator == "compose_post"
    assert post.refused == Counter(
        {
            "the reference fails its own tests": 1,
            "the reference changes its arguments": 1,
            "the tests accept several values": 1,
        }
    )
    assert (stacked.operator, stacked.accepted) == ("compose_post+rename", 3)
    assert local_ids(evolution.suite) == {
        "0-rename-0", "1-rename-0", "2-rename-0", "3-rename-0", "5-rename-0",
        "0-post-0-rename-0", "1-post-0-rename-0", "5-post-0-rename-0",
    }  # fmt: skip


def test_the_references_of_evolved_tasks_pass_and_the_parents_fail(
    sandbox: Sandbox, evolved: Callable[..., Evolution], toy_suite: Suite
) -> None:
    suite = evolved(sandbox).suite
    assert {str(s.verdict) for s in score_answers(((t, t.reference) for t in suite), sandbox)} == {"pass"}
    roots = {task.id: task for task in toy_suite}
    altered = [task for task in suite if "-post-" in task.id]
    old = [(task, roots[task.root].reference) for task in altered]
    assert "pass" not in {str(score.verdict) for score in score_answers(old, sandbox)}


def test_the_same_seed_gives_byte_identical_folders_whatever_the_workers(
    tmp_path: Path, evolved: Callable[..., Evolution]
) -> None:
    for name, workers in (("one", 1), ("three", 3)):
        with open_sandbox("process", workers=workers) as sandbox:
            evolved(sandbox, count=2).suite.save(tmp_path / name)
    names = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert names == ["ancestors.jsonl", "certificates.jsonl", "digests.jsonl", "suite.json", "tasks.jsonl"]
    for name in names:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "three" / name).read_bytes()


def test_another_seed_gives_another_suite(sandbox: Sandbox, evolved: Callable[..., Evolution]) -> None:
    assert evolved(sandbox, seed=0).suite.digest != evolved(sandbox, seed=1).suite.digest


def test_the_lineage_leads_back_to_the_root(sandbox: Sandbox, evolved: Callable[..., Evolution]) -> None:
    suite = evolved(sandbox).suite
    known = {task.id: task for task in suite.ancestors}
    for task in suite:
        assert task.lineage is not None
        assert task.root.startswith("toy/")
        (parent,) = (known[name] for name in task.lineage.parents)
        assert task.lineage.parent_digests == (parent.digest,)
        assert task.lineage.depth == (2 if "-post-" in task.id else 1)
        assert task.id in suite.certificates
        assert not task.metadata


def test_a_stacked_rename_hides_the_parents_name(
    sandbox: Sandbox, evolved: Callable[..., Evolution], toy_suite: Suite
) -> None:
    roots = {task.id: task for task in toy_suite}
    for task in evolved(sandbox).suite:
        assert str(roots[task.root].entry_point) not in task.prompt


def test_the_prompt_quotes_the_parent_and_shows_executed_examples(
    sandbox: Sandbox, evolved: Callable[..., Evolution], toy_suite: Suite
) -> None:
    suite = evolved(sandbox, "compose_post").suite
    roots = {task.id: task for task in toy_suite}
    for task in suite:
        assert task.prompt.startswith(roots[task.root].prompt.rstrip())
        hidden = [case.args for test in task.tests if isinstance(test, CasesTest) for case in test.cases]
        assert hidden
        assert task.prompt.count(f">>> {task.entry_point}(") == 2
        for args in hidden:
            assert f">>> {task.entry_point}({', '.join(map(repr, args))})\n" not in task.prompt


def test_two_tests_stay_two_tests_with_their_names(sandbox: Sandbox, evolved: Callable[..., Evolution]) -> None:
    (task,) = (task for task in evolved(sandbox, "compose_post").suite if task.root == "toy/1")
    names = [test.name for test in task.tests]
    assert names[0] == "base"
    assert set(names) <= {"base", "plus"}


def test_count_makes_different_siblings(sandbox: Sandbox, evolved: Callable[..., Evolution]) -> None:
    suite = evolved(sandbox, "compose_post", count=3).suite
    siblings = [task for task in suite if task.root == "toy/0"]
    assert {task.id.rpartition("-")[2] for task in siblings} == {"0", "1", "2"}
    assert len({suite.certificates[task.id]["outputs_digest"] for task in siblings}) == 3


def test_an_evolved_suite_can_be_evolved_again(sandbox: Sandbox, evolved: Callable[..., Evolution]) -> None:
    first = evolved(sandbox, "compose_post").suite
    again = evolve(first, parse_operators("compose_post"), 5, sandbox)
    assert {task.lineage.depth for task in again.suite if task.lineage} == {2}
    assert {task.root for task in again.suite} <= {"toy/0", "toy/1", "toy/5"}
    assert {task.id for task in again.suite.ancestors} >= {"toy/0"}


def test_a_suite_from_which_nothing_survives_is_an_error(sandbox: Sandbox, toy_suite: Suite) -> None:
    with pytest.raises(BadInput, match=r"no task could be evolved: the tests accept several values \(1\)"):
        evolve(toy_suite.subset([toy_suite.task("toy/2")]), parse_operators("compose_post"), 0, sandbox)


@pytest.mark.parametrize("text", ["", ",", "rename,rename", "no_such", "rename+rename+rename+rename", "rename+"])
def test_operator_lists_that_mean_nothing_are_refused(text: str) -> None:
    with pytest.raises(BadInput, match="operator"):
        parse_operators(text)


def test_the_seed_tree_separates_operators_parents_and_slots(toy_suite: Suite) -> None:
    rename, post = operator_named("rename"), operator_named("compose_post")
    first, second = toy_suite.tasks[:2]
    draws = {
        seeded(seed, operator, task, slot).random()
        for seed in (0, 1)
        for operator in (rename, post)
        for task in (first, second)
        for slot in (0, 1)
    }
    assert len(draws) == 16


def test_inputs_are_recorded_as_the_check_gave_them_although_the_reference_changes_them(
    sandbox: Sandbox, check_task: Callable[..., CodeTask]
) -> None:
    task = check_task(
        7, "grow", "def grow(xs, by=1):\n", "    xs.append(by)\n    return xs\n",
        "xs = [1]", "assert candidate(xs) == [1, 1]", "assert candidate([1], by=2) == [1, 2]",
        "import random", "random.seed(4)", "assert len(grow([random.random()])) == 2", prelude=False,
    )  # fmt: skip
    seen = record_inputs([task], sandbox, silent)[task.digest]
    assert seen.inputs["base"] == (([1],), ([1], 2), ([random.Random(4).random()],))
    observed = observe([task], sandbox, silent)[task.digest]
    assert not observed.pure
    assert observed.output_type == "list[mixed]"


def test_a_check_that_draws_other_inputs_each_time_gives_no_inputs(
    sandbox: Sandbox, check_task: Callable[..., CodeTask]
) -> None:
    task = check_task(
        8,
        "same",
        "def same(n):\n",
        "    return n\n",
        "import os",
        "n = os.urandom(9)",
        "assert candidate(n) == n",
        prelude=False,
    )
    observed = observe([task], sandbox, silent)[task.digest]
    assert observed.problem is None
    assert observed.unobservable == "the tests draw other inputs each time"


def test_a_reference_that_returns_an_object_gives_no_outputs(
    sandbox: Sandbox, check_task: Callable[..., CodeTask]
) -> None:
    task = check_task(
        9, "make", "def make(n):\n", "    return object()\n", "assert candidate(1) is not None", prelude=False
    )
    observed = observe([task], sandbox, silent)[task.digest]
    assert observed.unobservable == "the reference's values are not plain data"


def cases_task(reference: str, inputs: Sequence[Any], expected: Sequence[Any]) -> Suite:
    cases = tuple(Case((value,), result) for value, result in zip(inputs, expected, strict=True))
    return Suite(
        "one", "1", (CodeTask("one/0", "Write solve.", "solve", reference, (CasesTest(cases),), form="instruct"),)
    )


def rejected(suite: Suite, sandbox: Sandbox) -> Counter[str]:
    chains = parse_operators("compose_post")
    with pytest.raises(BadInput, match="no task could be evolved") as error:
        evolve(suite, chains, 0, sandbox)
    return Counter(str(error.value).partition("evolved: ")[2].split("; "))


def test_a_constant_parent_is_rejected_by_its_outputs(sandbox: Sandbox) -> None:
    suite = cases_task("def solve(n):\n    return 5\n", range(8), [5] * 8)
    assert {reason.partition(" ")[0] for reason in rejected(suite, sandbox)} == {"varied"}


def test_palindromes_reversed_are_rejected_because_the_parent_still_passes(sandbox: Sandbox) -> None:
    suite = cases_task("def solve(n):\n    return [n, n]\n", range(8), [[n, n] for n in range(8)])
    evolution = evolve(suite, parse_operators("compose_post"), 0, sandbox)
    (tally,) = evolution.tallies
    (task,) = evolution.suite
    assert task.lineage is not None
    assert task.lineage.parameters["transform"] not in ("list_backwards", "rotate_list", "odds_last")
    assert tally.rejected["parent_fails"] == tally.proposed - 1


@dataclass(frozen=True, slots=True)
class Sloppy:
    """An operator that says it preserves and does not."""

    name: str = "sloppy"
    version: str = "1"
    kind: Kind = "preserving"
    change: str = "outputs"

    def describe(self) -> str:
        return "breaks things"

    def propose(self, task: CodeTask, rng: random.Random, pool: Pool) -> list[Candidate]:
        if task.entry_point != "double_it":
            raise NotApplicable("only double_it")
        new = replace(task, reference=task.reference.replace("n + n", "n * 2.0" if self.change == "outputs" else "n"))
        return [Candidate(new, (task,), {})]

    def prove(self, task: CodeTask, parents: Sequence[CodeTask], parameters: Mapping[str, Any]) -> tuple[Gate, ...]:
        return ()


@pytest.mark.parametrize(("change", "gate"), [("outputs", "same_outputs"), ("tests", "tests_pass")])
def test_an_operator_that_lies_about_preserving_is_caught(
    sandbox: Sandbox, change: str, gate: str, toy_suite: Suite
) -> None:
    operator: Operator = Sloppy(change=change)
    with pytest.raises(BadInput, match=gate):
        evolve(toy_suite, [[operator]], 0, sandbox)


def test_rename_is_an_operator_by_its_shape() -> None:
    assert isinstance(Rename(), Operator)
    assert isinstance(Sloppy(), Operator)
    assert operator_named("rename").describe()


def test_same_local_names_of_different_origin_give_different_ids(sandbox: Sandbox) -> None:
    test = (CheckTest("def check(candidate):\n    assert candidate(1) == 1\n"),)
    tasks = tuple(
        CodeTask(name, "Write same.", "same", f"def same(n):\n    return n + {k}\n", test, form="instruct")
        for k, name in enumerate(("a/0", "b/0", "c/1"))
    )
    tasks = (*(replace(task, reference=tasks[0].reference) for task in tasks),)
    suite = evolve(Suite("mixed", "1", tasks), parse_operators("rename"), 0, sandbox).suite
    assert local_ids(suite) == {"a.0-rename-0", "b.0-rename-0", "1-rename-0"}


def test_what_is_proven_ahead_is_what_each_operator_by_itself_would_prove(
    sandbox: Sandbox, toy_suite: Suite, monkeypatch: pytest.MonkeyPatch
) -> None:
    chains = parse_operators("compose_post,lift,guard_clause,combine,rename")
    ahead = evolve(toy_suite, chains, 3, sandbox, count=2)
    monkeypatch.setattr(Evolving, "look_ahead", lambda run, operators: None)
    alone = evolve(toy_suite, chains, 3, sandbox, count=2)
    assert ahead.suite.digest == alone.suite.digest
    assert ahead.suite.certificates == alone.suite.certificates
    assert [(t.operator, t.proposed, t.accepted, t.refused, t.rejected) for t in ahead.tallies] == [
        (t.operator, t.proposed, t.accepted, t.refused, t.rejected) for t in alone.tallies
    ]
