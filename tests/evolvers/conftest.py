"""Small tasks to evolve, and one sandbox for the whole room (their code is the tests' own, so plain processes do)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from evalrun.benchmarks import Case, CasesTest, CheckTest, CodeTask, Suite
from evalrun.harness.sandbox import Sandbox, open_sandbox

TaskMaker = Callable[..., CodeTask]


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """Plain processes."""
    with open_sandbox("process", workers=2) as opened:
        yield opened


@pytest.fixture
def make_task() -> TaskMaker:
    """A HumanEval-like task from a prompt, a body and the lines of its check."""

    def make(
        prompt: str, body: str, *checks: str, entry: str = "find_best", prelude: str | None = None, id: str = "toy/0"
    ) -> CodeTask:
        program = "def check(candidate):\n" + "".join(f"    {line}\n" for line in checks or ("pass",))
        test = CheckTest(program, prompt if prelude is None else prelude)
        return CodeTask(id, prompt, entry, prompt + body, (test,))

    return make


@pytest.fixture(scope="session")
def check_task() -> TaskMaker:
    """Makes a HumanEval-like task: number, name, prompt, body, lines of the check."""
    return make_check_task


def make_check_task(number: int, name: str, prompt: str, body: str, *lines: str, prelude: bool = True) -> CodeTask:
    program = "def check(candidate):\n" + "".join(f"    {line}\n" for line in lines)
    return CodeTask(
        f"toy/{number}",
        prompt,
        name,
        prompt + body,
        (CheckTest(program, prompt if prelude else ""),),
        metadata={"n": number},
    )


@pytest.fixture(scope="session")
def toy_suite() -> Suite:
    """One task of each kind that matters to evolving."""
    tasks = (
        make_check_task(
            0, "double_it", 'def double_it(n: int) -> int:\n    """Twice n.\n    >>> double_it(2)\n    4\n    """\n',
            "    total = n + n\n    return total\n",
            *(f"assert candidate({n}) == {2 * n}" for n in (0, 1, 5, -7, 30, 11)),
        ),
        CodeTask(
            "toy/1", "Write `join_words(words, sep)` that joins words.", "join_words",
            "def join_words(words, sep=' '):\n    return sep.join(words)\n",
            (
                CasesTest(tuple(Case((["ab", "c" * n], "-"), f"ab-{'c' * n}") for n in range(6))),
                CasesTest((Case((["x"], "/"), "x"), Case((["xy", "z"], "/"), "xy/z")), name="plus"),
            ),
            form="instruct",
        ),
        make_check_task(
            2, "near_root", 'def near_root(n):\n    """The square root of n, about."""\n', "    return n ** 0.5\n",
            "assert abs(candidate(4) - 2) < 1e-6",
        ),
        make_check_task(
            3, "drop_last", 'def drop_last(items):\n    """items without the last one, which is taken out."""\n',
            "    items.pop()\n    return items\n", "assert candidate([1, 2]) == [1]",
            "assert candidate([3, 2, 1]) == [3, 2]",
        ),
        make_check_task(
            4, "wrong_one", 'def wrong_one(n):\n    """n."""\n', "    return n + 1\n", "assert candidate(1) == 1"
        ),
        make_check_task(
            5, "is_even", 'def is_even(n):\n    """Whether n is even."""\n', "    return n % 2 == 0\n",
            *(f"assert candidate(n={n}) is {n % 2 == 0}" for n in range(6)),
        ),
    )  # fmt: skip
    return Suite("toy", "1", tasks, license="Apache-2.0")
