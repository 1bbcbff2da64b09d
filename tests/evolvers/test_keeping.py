"""Every generation keeps untouched seeds, chosen by the seed alone, and verify looks at them too."""

from __future__ import annotations

from dataclasses import replace

from evalrun.benchmarks import Lineage, Suite
from evalrun.evolvers.keeping import broken_seeds, chosen, foreign_seeds, kept_in, with_kept_seeds
from evalrun.evolvers.pipeline import silent
from evalrun.harness.sandbox import Sandbox


def generation(toy_suite: Suite) -> Suite:
    parent = toy_suite.tasks[0]
    lineage = Lineage(parent.id, (parent.id,), (parent.digest,), "rename", "1", {}, 0, 1)
    return Suite("young", "1", (replace(parent, id="young/0", lineage=lineage),), ancestors=(parent,))


def test_the_share_is_rounded_up_and_only_what_passes_is_kept(toy_suite: Suite, sandbox: Sandbox) -> None:
    names = {seed: [task.id for task in chosen(toy_suite, 0.3, seed, sandbox, silent)] for seed in range(4)}
    assert all(len(kept) == 2 for kept in names.values())  # of 6
    assert len({tuple(kept) for kept in names.values()}) > 1
    everything = chosen(toy_suite, 1.0, 0, sandbox, silent)
    assert [task.id for task in everything] == [task.id for task in toy_suite if task.id != "toy/4"]


def test_kept_seeds_are_accepted_and_nothing_else_without_a_lineage(toy_suite: Suite, sandbox: Sandbox) -> None:
    young = with_kept_seeds(generation(toy_suite), toy_suite, 0.3, 1, sandbox, silent)
    assert len(kept_in(young)) == 2
    assert [task.digest for task in kept_in(young)] == [toy_suite.task(task.id).digest for task in kept_in(young)]
    assert broken_seeds(young, sandbox, silent) == []
    assert foreign_seeds(young, toy_suite) == []
    assert with_kept_seeds(generation(toy_suite), toy_suite, 0, 1, sandbox, silent) == generation(toy_suite)
    slipped = replace(young, tasks=(*young.tasks, replace(toy_suite.tasks[2], id="slipped/in")))
    assert "nothing about it is proven" in dict(broken_seeds(slipped, sandbox, silent))["slipped/in"]


def test_a_seed_that_was_touched_is_found(toy_suite: Suite, sandbox: Sandbox) -> None:
    young = with_kept_seeds(generation(toy_suite), toy_suite, 0.3, 1, sandbox, silent)
    victim = kept_in(young)[0]
    touched = replace(victim, reference=victim.reference + "\n")
    broken = replace(victim, reference=victim.reference.replace("return ", "return not "))
    for change, problem in ((touched, ""), (broken, "fails its own tests")):
        other = replace(young, tasks=tuple(change if task.id == victim.id else task for task in young.tasks))
        assert foreign_seeds(other, toy_suite)[0][0] == victim.id
        assert problem in dict(broken_seeds(other, sandbox, silent)).get(victim.id, "")
    gone = replace(young, tasks=tuple(task for task in young.tasks if task.id != victim.id))
    assert victim.id in dict(broken_seeds(gone, sandbox, silent))
