"""partial_prefix and dead_code: what a prompt with half a solution in it must be."""

from __future__ import annotations

import ast
import random
from dataclasses import replace
from textwrap import dedent

import pytest

from evalrun.benchmarks import CodeTask
from evalrun.evolvers import NotApplicable, Operator
from evalrun.evolvers.operators.dead_code import DeadCode
from evalrun.evolvers.operators.partial_prefix import PartialPrefix
from evalrun.evolvers.operators.rename import Rename
from evalrun.evolvers.protocol import Pool
from evalrun.harness.endpoint.extract import extract
from evalrun.harness.scoring import program_of

from .conftest import make_check_task
from .observing import failing, made, pool_of, run

PROMPT = 'def best(xs, cap=9):\n    """The largest x below cap, or -1."""\n'
BODY = """    # those that count
    kept = [x for x in xs if x < cap]
    if not kept:
        return -1
    top = kept[0]
    for x in kept:
        if x > top:
            top = x
    return top
"""
INPUTS = [([1, 5, 3],), ([],), ([12],), ([7, 8], 8)]


def task_of(body: str = BODY) -> CodeTask:
    return make_check_task(0, "best", PROMPT, body, "assert candidate([1, 5, 3]) == 5", "assert candidate([]) == -1")


def answers(task: CodeTask) -> dict[str, str]:
    """Right answers in the forms in which models give them."""
    rest = task.reference[len(task.prompt) :]
    return {
        "the rest": rest,
        "the rest without its first blanks": rest.lstrip(),
        "the rest at the margin": dedent(rest),
        "the rest in a block": f"```python\n{rest}```",
        "the rest at the margin in a block": f"Here is the rest:\n```python\n{dedent(rest)}```\nIt works.",
        "the whole function": task.reference,
        "the whole function in a block": f"Sure.\n```python\n{task.reference}```",
    }


@pytest.mark.parametrize("operator", [PartialPrefix(), DeadCode()], ids=lambda operator: operator.name)
def test_the_rest_and_the_whole_function_are_both_right_answers(operator: Operator) -> None:
    task = task_of()
    prompts = set()
    for candidate in made(operator, task, pool_of(task, INPUTS), 8):
        new = candidate.task
        prompts.add(new.prompt)
        assert new.prompt.startswith(task.prompt)
        assert new.reference.startswith(new.prompt)
        for how, answer in answers(new).items():
            found = extract(answer, form="completion", entry_point="best", prompt=new.prompt)
            program = program_of(new, found.code, found.assembly)
            assert [run(program, "best", *args) for args in INPUTS] == [5, -1, -1, 7], (how, new.prompt)
        assert [run(new.prompt, "best", *args) for args in INPUTS] != [5, -1, -1, 7]
        (renamed,) = Rename().propose(new, random.Random(0), Pool((), {}))
        assert failing(renamed.gates) == []
    assert len(prompts) >= 2


def test_a_prefix_is_cut_from_the_reference_verbatim() -> None:
    task = task_of()
    cuts = {
        candidate.parameters["statements"]: candidate.task
        for candidate in made(PartialPrefix(), task, pool_of(task, INPUTS), 30)
    }
    # Behind the second and fourth statement the last line is indented deeper, and the rest alone shows no indentation.
    assert set(cuts) == {1, 3}
    assert cuts[3].prompt == PROMPT + BODY[: BODY.index("    for x in kept:\n        if")]
    assert all(new.reference == task.reference and new.tests == task.tests for new in cuts.values())


def test_a_prefix_that_might_pass_alone_is_no_task() -> None:
    early = task_of("    if len(xs) > -1:\n        return max((x for x in xs if x < cap), default=-1)\n    return 0\n")
    with pytest.raises(NotApplicable, match="alone might pass"):
        PartialPrefix().propose(early, random.Random(0), pool_of(early, INPUTS))
    done = task_of("    xs = list(xs)\n    return None\n")
    with pytest.raises(NotApplicable, match="alone might pass"):
        PartialPrefix().propose(done, random.Random(0), pool_of(done, INPUTS))


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("    return 1\n", "one statement"),
        ("    a = 1; return a\n", "share a line"),
    ],
)
def test_bodies_that_cannot_be_cut_are_refused(body: str, why: str) -> None:
    task = task_of(body)
    with pytest.raises(NotApplicable, match=why):
        PartialPrefix().propose(task, random.Random(0), pool_of(task, INPUTS))


def test_a_prefix_that_is_not_the_references_own_is_no_proof() -> None:
    task = task_of()
    new = made(PartialPrefix(), task, pool_of(task, INPUTS), 1)[0]
    prove = PartialPrefix().prove
    assert failing(prove(replace(new.task, prompt=new.task.prompt + "    pass\n"), (task,), new.parameters))
    assert failing(prove(replace(new.task, prompt=task.prompt), (task,), new.parameters)) == ["prefix_and_rest"]
    assert failing(prove(replace(new.task, prompt=task.reference), (task,), new.parameters)) == ["prefix_and_rest"]


def test_inserted_code_has_no_effect_and_the_parents_tree_is_left_without_it() -> None:
    task = task_of()
    for candidate in made(DeadCode(), task, pool_of(task, INPUTS), 40):
        new = candidate.task
        assert new.tests == task.tests
        assert ast.dump(ast.parse(new.reference)) != ast.dump(ast.parse(task.reference))
        assert [run(new.reference, "best", *args) for args in INPUTS] == [5, -1, -1, 7]
        assert not set(candidate.parameters["names"]) & set(new.reference[len(new.prompt) :].split())


@pytest.mark.parametrize(
    "line",
    [
        "calm_zone = xs.pop()",
        "calm_zone = print(1)",
        "calm_zone = xs + [1]",
        "calm_zone = cap == 3",
        "calm_zone = kept",
        "xs = calm_zone = 1",
        "calm_zone = [xs.clear() for _ in xs]",
        "if cap:\n        calm_zone = 1",
        "if False:\n        calm_zone = 1\n    else:\n        cap = 3",
        "if False:\n        cap = calm_zone = 1",
        "for calm_zone in xs:\n        pass",
        "while calm_zone:\n        pass",
        "del calm_zone",
    ],
)
def test_code_that_could_do_something_is_no_dead_code(line: str) -> None:
    task = task_of()
    prompt = f"{PROMPT}    {line}\n"
    new = replace(task, prompt=prompt, reference=prompt + BODY)
    assert failing(DeadCode().prove(new, (task,), {"names": ["calm_zone"]})) == ["no_effect"]
    harmless = replace(
        new, prompt=prompt.replace(line, "calm_zone = 1"), reference=new.reference.replace(line, "calm_zone = 1")
    )
    assert failing(DeadCode().prove(harmless, (task,), {"names": ["calm_zone"]})) == []


def test_a_program_that_looks_at_its_variables_gets_no_dead_code() -> None:
    task = task_of("    return len(locals())\n")
    with pytest.raises(NotApplicable, match="its own variables"):
        DeadCode().propose(task, random.Random(0), pool_of(task, INPUTS))
