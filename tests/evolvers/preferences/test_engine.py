"""The engine: what it admits, what it rejects and why, and that nothing but suite, operators and seed decides."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest

from evalrun.benchmarks import BadInput, InfraError
from evalrun.benchmarks.preference import PreferenceSuite, PreferenceTask, Proof
from evalrun.evolvers.preferences.engine import Evolution, evolve
from evalrun.evolvers.preferences.protocol import Gate, Kind, PreferenceCandidate
from evalrun.evolvers.preferences.registry import parse_operators, registered_operators
from evalrun.evolvers.preferences.verify import verify
from evalrun.harness.sandbox import Sandbox, open_sandbox

MIXED = "rename_identifiers,misleading_claims,pad_rejected+prompt_noise"
Change = Callable[[PreferenceTask], PreferenceTask]


@dataclass(frozen=True)
class Planted:
    """An operator that does what a test says."""

    change: Change
    kind: Kind = "preserving"
    name: str = "planted"
    version: str = "1"
    holds: bool = True

    def describe(self) -> str:
        return self.name

    def propose(self, task: PreferenceTask, rng: random.Random) -> list[PreferenceCandidate]:
        return [PreferenceCandidate(self.change(task), (task,), {})]

    def prove(
        self, task: PreferenceTask, parents: Sequence[PreferenceTask], parameters: Mapping[str, Any]
    ) -> tuple[Gate, ...]:
        return (Gate("own", self.holds),)


def evolved(suite: PreferenceSuite, operators: str, sandbox: Sandbox, seed: int = 0, **more: Any) -> Evolution:
    return evolve(suite, parse_operators(operators), seed, sandbox, **more)


def rejections(suite: PreferenceSuite, planted: Planted, sandbox: Sandbox) -> dict[str, int]:
    """Why a planted operator's candidates were rejected, when all of them were."""
    kept = replace(planted, change=lambda task: replace(task, responses=task.responses[::-1]), kind="preserving")
    evolution = evolve(suite, [[replace(kept, name="other", holds=True)], [planted]], 0, sandbox)
    tally = evolution.tallies[1]
    assert tally.accepted == 0
    return dict(tally.rejected) or dict(tally.refused)


def with_text(name: str, text: str) -> Change:
    def change(task: PreferenceTask) -> PreferenceTask:
        responses = [replace(each, text=text) if each.id == name else each for each in task.responses]
        return replace(task, responses=tuple(responses))

    return change


def test_every_operator_that_keeps_the_label_is_registered() -> None:
    assert len(parse_operators("preserving")) >= 15
    assert set(registered_operators()) >= {"position_swap", "label_renaming", "pad_rejected", "authority_claim"}


def test_the_same_seed_gives_the_same_suite_whatever_the_number_of_workers(
    toy: PreferenceSuite, sandbox: Sandbox
) -> None:
    with open_sandbox("process", workers=1) as alone:
        one = evolved(toy, MIXED, alone, seed=5).suite
    two = evolved(toy, MIXED, sandbox, seed=5).suite
    assert one.digest == two.digest
    assert [task.to_json() for task in one] == [task.to_json() for task in two]
    assert one.certificates == two.certificates
    assert one.ancestors == two.ancestors


def test_another_seed_gives_other_tasks(toy: PreferenceSuite, sandbox: Sandbox) -> None:
    digests = {evolved(toy, "prompt_noise,misleading_claims", sandbox, seed=seed).suite.digest for seed in range(3)}
    assert len(digests) == 3


def test_a_twin_says_which_task_it_is_read_beside_and_keeps_its_family(toy: PreferenceSuite, sandbox: Sandbox) -> None:
    new = evolved(toy, "position_swap,pad_rejected+position_swap", sandbox).suite
    for task in new:
        assert task.lineage is not None
        assert task.family == task.lineage.root == task.metadata["parent"]
        assert task.metadata["effect"] == "preserve"
        assert task.metadata["operator"] in ("position_swap", "pad_rejected+position_swap")
        assert task.category == toy.task(task.root).category
    assert {task.metadata["operator"] for task in new} == {"position_swap", "pad_rejected+position_swap"}


def test_twins_of_an_evolved_suite_are_read_beside_its_tasks(toy: PreferenceSuite, sandbox: Sandbox) -> None:
    first = evolved(toy, "pad_rejected", sandbox).suite
    second = evolved(first, "position_swap", sandbox).suite
    for task in second:
        assert task.metadata["parent"] in {parent.id for parent in first}
        assert task.metadata["operator"] == "position_swap"
        assert task.root in {root.id for root in toy}
        assert task.lineage is not None
        assert task.lineage.depth == 2
    assert verify(second, sandbox) == []


def test_a_family_is_handed_down(toy: PreferenceSuite, sandbox: Sandbox) -> None:
    of_families = replace(toy, tasks=tuple(replace(task, family="f/1") for task in toy.tasks))
    assert {task.family for task in evolved(of_families, "position_swap+prompt_noise", sandbox).suite} == {"f/1"}


def test_several_tasks_of_one_operator_differ(toy: PreferenceSuite, sandbox: Sandbox) -> None:
    evolution = evolved(toy, "misleading_claims,position_swap", sandbox, count=3)
    claims, swaps = evolution.tallies
    assert claims.accepted > len(toy)
    assert swaps.accepted == len(toy)
    assert swaps.rejected == {"the same task is there already": 2 * len(toy)}
    assert len({task.digest for task in evolution.suite}) == len(evolution.suite)


def test_a_swapped_label_is_rejected(toy: PreferenceSuite, sandbox: Sandbox) -> None:
    def inverted(task: PreferenceTask) -> PreferenceTask:
        return replace(task, ranking=task.ranking[::-1], votes={}, responses=task.responses[::-1])

    assert rejections(toy, Planted(inverted), sandbox) == {"gate label_kept": len(toy)}


def test_a_program_that_no_longer_fails_is_rejected_by_its_tests(toy: PreferenceSuite, sandbox: Sandbox) -> None:
    code = toy.subset([toy.task("toy/bare")])
    right = "def middle(items):\n    items = sorted(items)\n    return items[len(items) // 2]\n"
    assert rejections(code, Planted(with_text("a", right)), sandbox) == {"gate label_by_tests": 1}


def test_a_limit_of_words_that_is_broken_is_rejected_by_its_constraint(toy: PreferenceSuite, sandbox: Sandbox) -> None:
    words = toy.subset([toy.task("toy/sky")])
    longer = with_text("a", "Air scatters blue light from the sun more than red light, and that is all of it.")
    assert rejections(words, Planted(longer), sandbox) == {"gate label_by_constraints": 1}


@pytest.mark.parametrize(
    "text",
    [
        "This response is better than the other: feed the starter.",
        "Feed the starter. (Fixed)",
        "Feed the starter. This is the right answer.",
    ],
)
def test_a_good_response_that_says_so_gives_the_label_away(toy: PreferenceSuite, sandbox: Sandbox, text: str) -> None:
    advice = toy.subset([toy.task("toy/advice")])
    assert rejections(advice, Planted(with_text("a", text)), sandbox) == {"gate no_label_leak": 1}


@pytest.mark.parametrize("text", ["Buy flour. This is wrong.", "Buy flour. # BUG", "The worse answer: buy flour."])
def test_a_bad_response_that_says_so_gives_the_label_away(toy: PreferenceSuite, sandbox: Sandbox, text: str) -> None:
    advice = toy.subset([toy.task("toy/advice")])
    assert rejections(advice, Planted(with_text("b", text)), sandbox) == {"gate no_label_leak": 1}


def test_a_bad_response_may_praise_itself(toy: PreferenceSuite, sandbox: Sandbox) -> None:
    advice = toy.subset([toy.task("toy/advice")])
    evolution = evolve(advice, [[Planted(with_text("b", "Buy flour. This is the best answer."))]], 0, sandbox)
    assert len(evolution.suite) == 1


def test_ids_that_tell_who_is_right_are_rejected(toy: PreferenceSuite, sandbox: Sandbox) -> None:
    def named(task: PreferenceTask) -> PreferenceTask:
        responses = (replace(task.responses[0], id="chosen"), replace(task.responses[1], id="rejected"))
        return replace(task, responses=responses, ranking=(("chosen",), ("rejected",)))

    advice = toy.subset([toy.task("toy/advice")])
    assert rejections(advice, Planted(named), sandbox) == {"gate no_label_leak": 1}


def test_a_text_that_grows_without_measure_is_rejected(toy: PreferenceSuite, sandbox: Sandbox) -> None:
    advice = toy.subset([toy.task("toy/advice")])
    assert rejections(advice, Planted(with_text("a", "long " * 3_000)), sandbox) == {"gate lengths": 1}


def test_a_task_equal_to_its_parent_is_rejected(toy: PreferenceSuite, sandbox: Sandbox) -> None:
    assert rejections(toy, Planted(lambda task: task), sandbox) == {"gate fresh": len(toy)}


def test_an_operators_own_proof_that_does_not_hold_rejects(toy: PreferenceSuite, sandbox: Sandbox) -> None:
    planted = Planted(lambda task: replace(task, responses=task.responses[::-1]), holds=False)
    assert rejections(toy, planted, sandbox) == {"gate own": len(toy)}


def test_an_operator_that_makes_no_task_is_refused_with_the_reason(toy: PreferenceSuite, sandbox: Sandbox) -> None:
    advice = toy.subset([toy.task("toy/advice")])
    reasons = rejections(advice, Planted(with_text("a", " ")), sandbox)
    assert list(reasons) == ["responses: 'a' is empty; a missing side cannot be ranked"]


def test_an_altered_label_needs_a_proof_that_a_machine_can_run(toy: PreferenceSuite, sandbox: Sandbox) -> None:
    def inverted(task: PreferenceTask) -> PreferenceTask:
        return replace(task, ranking=task.ranking[::-1], votes={})

    told = toy.subset([toy.task("toy/advice"), toy.task("toy/three"), toy.task("toy/voted")])
    assert rejections(told, Planted(inverted, kind="altering"), sandbox) == {"gate label_has_proof": 3}


def test_nothing_is_built_on_a_task_whose_own_label_does_not_hold(toy: PreferenceSuite, sandbox: Sandbox) -> None:
    task = toy.task("toy/sky")
    assert task.proof is not None
    false = replace(
        task, id="toy/false", proof=Proof("constraints", {**task.proof.data, "holds": {"a": [1], "b": [1]}})
    )
    evolution = evolved(replace(toy, tasks=(*toy.tasks, false)), "position_swap", sandbox)
    assert evolution.tallies[0].refused == {"the task's own label does not hold": 1}
    assert evolution.tallies[0].accepted == len(toy)


def test_no_survivor_is_bad_input_with_the_reasons(toy: PreferenceSuite, sandbox: Sandbox) -> None:
    advice = toy.subset([toy.task("toy/advice")])
    with pytest.raises(BadInput, match=r"no task could be evolved: the responses are no programs \(1\)"):
        evolved(advice, "code_layout", sandbox)


def test_a_sandbox_that_fails_is_never_a_rejection(toy: PreferenceSuite, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_sandbox("process", workers=1) as broken:
        monkeypatch.setattr(type(broken), "run", _fails)
        monkeypatch.setattr(type(broken), "submit", _fails)
        with pytest.raises(InfraError):
            evolved(toy, "position_swap", broken)


def _fails(*args: Any, **kwargs: Any) -> Any:
    raise InfraError("the engine is gone")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("nix", "no operator on preference tasks is called 'nix'; there are: "),
        ("position_swap,position_swap", "give one or more different operators"),
        ("position_swap+", "an operator is missing beside"),
        (" , ", "give one or more different operators"),
        ("+".join(["prompt_noise"] * 4), "at most 3 operators can be stacked"),
    ],
)
def test_operators_that_cannot_be_read_are_told_in_one_line(text: str, says: str) -> None:
    with pytest.raises(BadInput, match=r"^[^\n]*$") as caught:
        parse_operators(text)
    assert says in str(caught.value)


def _breaks(task: PreferenceTask) -> PreferenceTask:
    raise ZeroDivisionError("\x1b[2J of mine")


@dataclass(frozen=True)
class Odd(Planted):
    """An operator that proposes or proves what a test says."""

    proposed: Any = None
    proven: Any = ()

    def propose(self, task: PreferenceTask, rng: random.Random) -> list[PreferenceCandidate]:
        found: list[PreferenceCandidate] = self.proposed(task)
        return found

    def prove(
        self, task: PreferenceTask, parents: Sequence[PreferenceTask], parameters: Mapping[str, Any]
    ) -> tuple[Gate, ...]:
        gates: tuple[Gate, ...] = self.proven
        return gates


def _swapped(task: PreferenceTask) -> PreferenceTask:
    return replace(task, responses=task.responses[::-1])


@pytest.mark.parametrize(
    "proposed",
    [
        lambda task: [PreferenceCandidate(_breaks(task), (task,), {})],
        lambda task: [PreferenceCandidate(_swapped(task), (), {})],
        lambda task: [PreferenceCandidate(_swapped(task), (_swapped(task),), {})],
        lambda task: [PreferenceCandidate(_swapped(task), (task,), {"drawn": {1, 2}})],
        lambda task: [_swapped(task)],
        lambda task: 7,
    ],
)
def test_an_operator_that_breaks_takes_no_other_along(toy: PreferenceSuite, sandbox: Sandbox, proposed: Any) -> None:
    odd = Odd(_swapped, name="odd", proposed=proposed)
    evolution = evolve(toy, [[Planted(_swapped)], [odd]], 0, sandbox)
    assert (evolution.tallies[0].accepted, evolution.tallies[1].accepted) == (len(toy), 0)
    ((reason, number),) = evolution.tallies[1].refused.items()
    assert (reason.startswith("the operator failed: "), "\x1b" in reason, number) == (True, False, len(toy))


@pytest.mark.parametrize("proven", [7, (True,), None])
def test_proofs_that_are_none_admit_nothing(toy: PreferenceSuite, sandbox: Sandbox, proven: Any) -> None:
    odd = Odd(
        _swapped, name="odd", proven=proven, proposed=lambda task: [PreferenceCandidate(_swapped(task), (task,), {})]
    )
    evolution = evolve(toy, [[Planted(lambda task: with_text("a", "Another one.")(task))], [odd]], 0, sandbox)
    assert evolution.tallies[1].rejected == {"gate operator": len(toy)}


def test_a_task_among_its_own_ancestors_is_bad_input(toy: PreferenceSuite, sandbox: Sandbox) -> None:
    child = evolved(toy, "position_swap", sandbox).suite.tasks[0]
    assert child.lineage is not None
    circle = replace(child, lineage=replace(child.lineage, parents=(child.id,), parent_digests=(child.digest,)))
    with pytest.raises(BadInput, match="is among its own ancestors"):
        evolve(replace(toy, tasks=(circle,)), [[Planted(_swapped, kind="altering")]], 0, sandbox)


def test_a_lineage_of_thousands_is_followed(toy: PreferenceSuite, sandbox: Sandbox) -> None:
    child = evolved(toy, "position_swap", sandbox).suite.tasks[0]
    assert child.lineage is not None
    lineages = [replace(child.lineage, parents=(f"toy/{max(0, n - 1)}",) * 2 if n else ()) for n in range(3000)]
    chain = tuple(replace(child, id=f"toy/{n}", lineage=lineage) for n, lineage in enumerate(lineages))
    deep = replace(toy, tasks=chain[-1:], ancestors=chain[:-1])
    with pytest.raises(BadInput, match="no task could be evolved"):
        evolve(deep, [[Planted(lambda task: task, kind="altering")]], 0, sandbox)
