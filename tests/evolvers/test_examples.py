from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest

from evalrun.benchmarks import CodeTask
from evalrun.benchmarks.plain import dumps
from evalrun.evolvers import Candidate, NotApplicable, Pool
from evalrun.evolvers.docstring_examples import Example, examples_in
from evalrun.evolvers.docstrings import docstring_of
from evalrun.evolvers.operators.examples import CONTRADICTED, Examples

from .conftest import make_check_task
from .observing import failing, made, pool_of

BODY = "    return sum(xs)\n"
INPUTS = [([1, 2],), ([],), ([5],), ([7, 7],)]
FRESH = [([3, 4],), ([0, 9],), ([10],), ([2, 2, 2],), ([-1],)]


def summing(text: str, body: str = BODY) -> CodeTask:
    prompt = f'def total(xs):\n    """{text}\n    """\n'
    return make_check_task(0, "total", prompt, body, "assert candidate([1, 2]) == 3")


def pool(task: CodeTask) -> Pool:
    return pool_of(task, INPUTS, FRESH)


def by_variant(task: CodeTask) -> dict[str, Candidate]:
    found: dict[str, Candidate] = {}
    for seed in range(40):
        for candidate in Examples().propose(task, random.Random(seed), pool(task)):
            assert failing(candidate.gates) == []
            found.setdefault(candidate.parameters["variant"], candidate)
    return found


def shown(task: CodeTask) -> list[Example]:
    return list(examples_in(docstring_of(task), "total"))


def test_each_variant_shows_executed_values_that_are_no_hidden_test() -> None:
    task = summing("The sum.\n    >>> total([1])\n    1\n    >>> total([4, 4])\n    8\n    >>> total([6])\n    6")
    found = by_variant(task)
    assert set(found) == {"add", "replace", "reorder", "drop"}
    hidden = {dumps(args) for args in INPUTS}
    for variant, candidate in found.items():
        examples = shown(candidate.task)
        assert all(example.args is not None and example.value == sum(example.args[0]) for example in examples)
        assert len({example.value for example in examples}) >= 2
        old = {each.text for each in shown(task)}
        new = [example for example in examples if example.text not in old]
        assert bool(new) == (variant in ("add", "replace"))
        assert not hidden & {dumps(example.args) for example in new}
        assert candidate.task.reference == candidate.task.prompt + BODY


def test_a_new_example_has_the_style_of_the_old_ones() -> None:
    task = summing("The sum.\n\n    Examples:\n    * total([1]) => 1\n    * total([4, 4]) => 8")
    new = by_variant(task)["replace"].task
    assert [example.head + example.between for example in shown(new)] == ["*  => "] * 2
    assert "The sum.\n\n    Examples:\n    * total(" in new.prompt


@pytest.mark.parametrize(
    ("line", "args", "value"),
    [
        ("total([1]) == 1", ([1],), 1),
        ("total([1]) ➞ 1", ([1],), 1),
        ("total([1]) ==> '' # nothing", ([1],), ""),
        ("assert total([1]) => [1]", ([1],), [1]),
        ("total([1]) should return True.", ([1],), True),
        ("total([1]) returns 'a b'", ([1],), "a b"),
        ("total([1]) # => 'No' (the name is odd)", ([1],), "No"),
        ("total(\n      [1,\n       2]) == (1, 'x)')", ([1, 2],), (1, "x)")),
        (">>> total([1])\n    [1,\n     2]", ([1],), [1, 2]),
        (">>> total([1]) == 1\n    True", ([1],), 1),
        (">>> total([1]) [0, 1]", ([1],), [0, 1]),
        (">>> total([1])", ([1],), None),
        (r">>> total('a\\n')" + "\n    " + r"'a\\n'", ("a\n",), "a\n"),
    ],
)
def test_examples_are_read_in_the_styles_that_people_use(line: str, args: tuple[Any, ...], value: Any) -> None:
    (example,) = shown(summing(f"The sum.\n    {line}"))
    assert (example.args, example.value) == (args, value)


@pytest.mark.parametrize("line", ["total(n) -> total(n - 1) + 1", "total([1]) == 1 + 9 = 10", 'total([1]) == ""a"'])
def test_what_is_no_literal_is_an_example_that_cannot_be_read(line: str) -> None:
    (example,) = shown(summing(f"The sum.\n    {line}"))
    assert example.args is None


def test_an_example_that_contradicts_the_reference_is_replaced_or_dropped_and_never_kept() -> None:
    task = summing("The sum.\n    >>> total([1, 2])\n    4\n    >>> total([9])\n    9")
    found = by_variant(task)
    assert set(found) == {"replace"}
    assert found["replace"].parameters["contradicted"] == 1
    assert "    4\n" not in found["replace"].task.prompt
    stuck = summing("The sum, see the first example.\n    >>> total([1, 2])\n    4")
    with pytest.raises(NotApplicable, match=CONTRADICTED):
        Examples().propose(stuck, random.Random(0), pool(stuck))


@pytest.mark.parametrize(
    "text",
    [
        "The sum, as in Example 2.\n    >>> total([1])\n    1\n    >>> total([4])\n    4\n    >>> total([6])\n    6",
        "Base cases:\n    total([]) == 0\n    total([1]) == 1\n    All else follows.",
        "The sum.\n    Examples:\n    total([1]) == 1\n    total([4]) == 4\n    Explanation: 4 is 4.",
    ],
)
def test_examples_that_the_text_leans_on_stay_where_they_are(text: str) -> None:
    task = summing(text)
    found = by_variant(task)
    assert set(found) == {"add"}
    assert found["add"].task.prompt.startswith(task.prompt[:-8])
    assert ">>> total(" in found["add"].task.prompt[len(task.prompt) - 8 :]


def test_nothing_is_shown_where_every_known_input_is_a_test() -> None:
    task = summing("The sum.")
    with pytest.raises(NotApplicable, match="no inputs outside the tests"):
        Examples().propose(task, random.Random(0), pool_of(task, INPUTS))


def test_the_proofs_see_a_changed_word_a_false_value_and_another_program() -> None:
    task = summing("The sum of all.\n    >>> total([1])\n    1")
    new = by_variant(task)["add"]
    prove = Examples().prove

    def faulty(old: str, new_text: str) -> list[str]:
        changed = replace(
            new.task,
            prompt=new.task.prompt.replace(old, new_text),
            reference=new.task.reference.replace(old, new_text),
        )
        assert changed.reference != new.task.reference
        return failing(prove(changed, (task,), new.parameters))

    assert faulty("of all", "of most") == ["prose_kept"]
    last = shown(new.task)[-1]
    assert faulty(f"\n    {last.value}\n", f"\n    {last.value + 1}\n") == ["examples_executed"]
    assert faulty("return sum(xs)", "return sum(xs) + 0") == ["same_program"]


def test_a_docstring_that_the_program_reads_is_left_alone() -> None:
    task = summing("The sum.", "    return sum(xs) if total.__doc__ else 0\n")
    with pytest.raises(NotApplicable, match="its own text"):
        made(Examples(), task, pool(task))
