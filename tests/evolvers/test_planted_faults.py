"""Faults that somebody could plant, or make: each is caught, and by what is meant to catch it."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

import pytest

from evalrun.benchmarks import Case, CasesTest, CheckTest, CodeTask, Suite
from evalrun.evolvers import Candidate, Evolution, NotApplicable, Operator, Pool, evolve, operator_named
from evalrun.evolvers.operators.compose_post import ComposePost
from evalrun.evolvers.operators.rename import Rename
from evalrun.harness.sandbox import Sandbox


def task(source: str, inputs: Sequence[object], outputs: Sequence[object], *, name: str = "toy/0") -> CodeTask:
    """A task whose prompt ends with the docstring of its one function."""
    prompt, _, _ = source.partition("    return")
    cases = tuple(Case((value,), expected) for value, expected in zip(inputs, outputs, strict=True))
    entry = source.partition("def ")[2].partition("(")[0]
    return CodeTask(name, prompt, entry, source, (CasesTest(cases),))


DOUBLE = 'def double(n: int) -> int:\n    """Twice n."""\n    return 2 * n\n'
GOOD = task(DOUBLE, range(9), range(0, 18, 2), name="toy/good")


def outcome(faulty: CodeTask, operator: Operator, sandbox: Sandbox) -> tuple[set[str], set[str]]:
    """Why the faulty task was refused, and by which gates its candidates were rejected; the good task is evolved."""
    evolution = evolve(Suite("toy", "1", (GOOD, faulty)), [[operator]], 0, sandbox)
    assert {evolved.root for evolved in evolution.suite} == {GOOD.id}
    (tally,) = evolution.tallies
    return set(tally.refused), set(tally.rejected)


@pytest.mark.parametrize(
    ("source", "outputs", "reason"),
    [
        (DOUBLE, [1, 2, 3], "the reference fails its own tests"),
        (
            'def double(n):\n    """Twice n.\n    >>> double(3)\n    7\n    """\n    return 2 * n\n',
            [0, 2, 4],
            "an example of its prompt contradicts its reference",
        ),
        (
            'import time\n\n\ndef double(n):\n    """Twice n."""\n    return 2 * n + 0 * int(time.time())\n',
            [0, 2, 4],
            "the reference depends on the clock",
        ),
        (
            'from random import choice\n\n\ndef double(n):\n    """Twice n."""\n    return choice([2 * n])\n',
            [0, 2, 4],
            "the reference depends on chance",
        ),
        (  # a control: what looks impure and is not
            'def double(n):\n    """Twice n."""\n    return 2 * n + 0 * hash("x")\n',
            [0, 2, 4],
            "",
        ),
    ],
)
def test_a_faulty_parent_is_refused_and_the_others_are_evolved(
    sandbox: Sandbox, source: str, outputs: list[object], reason: str
) -> None:
    faulty = task(source, range(3), outputs)
    if not reason:
        evolution = evolve(Suite("toy", "1", (GOOD, faulty)), [[Rename()]], 0, sandbox)
        assert len(evolution.suite) == 2
        return
    assert outcome(faulty, Rename(), sandbox) == ({reason}, set())


def test_a_task_whose_check_demands_nothing_is_refused(sandbox: Sandbox) -> None:
    prompt = 'def double(n):\n    """Twice n."""\n'
    nothing = CheckTest("def check(candidate):\n    pass\n")
    faulty = CodeTask("toy/0", prompt, "double", f"{prompt}    return 2 * n\n", (nothing,))
    assert outcome(faulty, Rename(), sandbox) == ({"its tests demand nothing"}, set())


def test_a_reference_whose_values_hang_on_the_order_of_a_set_is_refused(sandbox: Sandbox) -> None:
    words = ["the quick brown fox", "jumps over it", "a b c d e f g"]
    source = 'def distinct(text):\n    """The distinct words."""\n    return sorted(set(text.split()), key=len)\n'
    outputs = [["fox", "the", "brown", "quick"], ["it", "over", "jumps"], list("abcdefg")]
    cases = tuple(Case((text,), value) for text, value in zip(words, outputs, strict=True))
    oracle = "def accept(args, got, expected):\n    return sorted(got) == sorted(expected)\n"
    prompt = source.partition("    return")[0]
    faulty = CodeTask("toy/0", prompt, "distinct", source, (CasesTest(cases, oracle=oracle),))
    for operator in (ComposePost(), Rename()):
        assert outcome(faulty, operator, sandbox) == ({"the reference's values vary"}, set())


def test_a_reference_that_changes_its_argument_is_not_built_upon(sandbox: Sandbox) -> None:
    source = 'def last(items):\n    """The last item, taken out."""\n    return items.pop()\n'
    faulty = task(source, [[1, 2], [3], [4, 5, 6]], [2, 3, 6])
    assert outcome(faulty, ComposePost(), sandbox) == ({"the reference changes its arguments"}, set())


@dataclass(frozen=True, slots=True)
class FarInputs(ComposePost):
    """Runs the new function far outside what the parent's tests ever asked."""

    def propose(self, task: CodeTask, rng: random.Random, pool: Pool) -> list[Candidate]:
        found = ComposePost.propose(self, task, rng, pool)
        return [replace(each, calls={**each.calls, "far": ((-1_000_000,), (10**9,))}) for each in found]


def test_inputs_outside_the_parents_domain_are_rejected_by_the_envelope(sandbox: Sandbox) -> None:
    assert "envelope" in rejections(FarInputs(), (GOOD,), sandbox)


@dataclass(frozen=True, slots=True)
class NewNumber:
    """Changes a number in text and code together, as re-templating does; the text may mean another number."""

    name: str = "rename"
    version: str = "1"
    kind: str = "preserving"

    def describe(self) -> str:
        return "a re-templated number"

    def propose(self, task: CodeTask, rng: random.Random, pool: Pool) -> list[Candidate]:
        new = replace(task, prompt=task.prompt.replace("2", "3"), reference=task.reference.replace("2", "3"))
        if new.digest == task.digest:
            raise NotApplicable("no number")
        return [Candidate(new, (task,), {})]

    def prove(self, task: CodeTask, parents: object, parameters: object) -> tuple[()]:
        return ()


def test_a_re_templated_number_is_rejected_by_its_outputs_or_by_what_must_stay(sandbox: Sandbox) -> None:
    numbered = task('def double(n):\n    """n times 2."""\n    return 2 * n\n', range(9), range(0, 18, 2))
    assert rejections(NewNumber(), (numbered,), sandbox) == {"same_outputs"}

    @dataclass(frozen=True, slots=True)
    class InPlace(ComposePost):
        def propose(self, task: CodeTask, rng: random.Random, pool: Pool) -> list[Candidate]:
            (best, *_) = ComposePost.propose(self, task, rng, pool)
            changed = replace(best.task, reference=best.task.reference.replace("2 *", "3 *"))
            return [replace(best, task=changed)]

    assert rejections(InPlace(), (numbered,), sandbox) == {"parent_verbatim"}


def rejections(operator: object, tasks: tuple[CodeTask, ...], sandbox: Sandbox) -> set[str]:
    """The gates that rejected an operator's candidates; a task beside them keeps the evolution from being empty."""
    assert isinstance(operator, Operator)
    triple = 'def triple(n):\n    """Three times n."""\n    return 3 * n\n'
    beside = task(triple, range(9), range(0, 27, 3), name="toy/9")
    suite = Suite("toy", "1", (*tasks, beside))
    evolution = evolve(suite, [[operator], [operator_named("dead_code")]], 0, sandbox)
    return set(evolution.tallies[0].rejected)


@dataclass(frozen=True, slots=True)
class OneTransform(ComposePost):
    """Always the same transform, whatever the parent."""

    def propose(self, task: CodeTask, rng: random.Random, pool: Pool) -> list[Candidate]:
        found = ComposePost.propose(self, task, random.Random(0), pool)
        return [each for each in found if each.parameters["transform"] == "affine"]


def test_a_task_that_does_what_an_earlier_one_does_under_another_name_is_a_duplicate(sandbox: Sandbox) -> None:
    twin = task(DOUBLE.replace("double", "sum_of_both").replace("2 * n", "n + n"), range(9), range(0, 18, 2))
    evolution = evolved_with(OneTransform(), (GOOD, twin), sandbox)
    assert dict(evolution.tallies[0].rejected) == {"duplicate of an earlier task": 1}
    assert len(evolution.suite) == 1


def test_a_new_task_that_does_what_a_task_of_the_suite_does_is_a_duplicate(sandbox: Sandbox) -> None:
    child = next(iter(evolved_with(OneTransform(), (GOOD,), sandbox).suite))
    cases = tuple(each for test in child.tests if isinstance(test, CasesTest) for each in test.cases)
    a, b = (child.lineage.parameters["arguments"][name] for name in "ab") if child.lineage else (0, 0)
    known = CodeTask(
        "toy/1",
        'def known(n: int) -> int:\n    """Some number."""\n',
        "known",
        f'def known(n: int) -> int:\n    """Some number."""\n    return {2 * a} * n + {b}\n',
        (CasesTest(cases),),
    )
    evolution = evolved_with(OneTransform(), (GOOD, known), sandbox)
    assert evolution.tallies[0].rejected["duplicate of an earlier task"] == 1


def evolved_with(operator: Operator, tasks: tuple[CodeTask, ...], sandbox: Sandbox) -> Evolution:
    return evolve(Suite("toy", "1", tasks), [[operator]], 0, sandbox)
