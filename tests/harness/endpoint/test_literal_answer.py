"""What counts as the answer where a value was asked for."""

from __future__ import annotations

import pytest

from evalrun.benchmarks import CodeTask, LiteralTest
from evalrun.harness.endpoint.extract import extract
from evalrun.harness.endpoint.prompt import WRITE_LITERAL, build_prompt
from evalrun.harness.scoring import program_of


@pytest.mark.parametrize(
    ("reply", "found"),
    [
        ("[1, 2]", "[1, 2]"),
        ("```python\n[1, 2]\n```", "[1, 2]"),
        ("First:\n```\n[0]\n```\nNo:\n```python\n[1,\n 2]\n```\nDone.", "[1,\n 2]"),
        ("I think that it is\n\n'a = b'\n", "'a = b'"),
        ("[1,\n 2]\n", "[1,\n 2]"),
        ("The answer is: `[1, 2]`.", "[1, 2]"),
        ("Answer: **7**", "7"),
        ("answer = {'a': 1}", "{'a': 1}"),
        ("```\nassert f([1, 'é'], b=2) == [3, 'ü']\n```", "[3, 'ü']"),
        ("f(1) == 2", "2"),
        ("result = f(1)\nx = 4", "4"),
        ("```\n>>> f(1)\n[2]\n```", "[2]"),
        (">>> (1, 2)", "(1, 2)"),
        ("<think>\n```\n5\n```\n</think>\n6", "6"),
        ("'answer: 3'", "'answer: 3'"),
        ("It cannot be told", "It cannot be told"),
        ("```\n\n```\n8", "8"),
        ("1<|im_end|>", "1"),
    ],
)
def test_the_last_block_or_line_without_what_announces_it_is_the_value(reply: str, found: str) -> None:
    extracted = extract(reply, form="instruct", entry_point=None, literal=True)
    assert (extracted.code, extracted.assembly) == (found, "alone")


@pytest.mark.parametrize("reply", ["", " \n", "<think>\n5"])
def test_an_empty_reply_or_thinking_without_end_holds_none(reply: str) -> None:
    extracted = extract(reply, form="instruct", entry_point=None, literal=True)
    assert extracted.code == ""
    assert extracted.reason


@pytest.mark.parametrize(
    "reply", ["[" * 50_000, "assert " + "(" * 5_000 + " == 1", "=" * 50_000, "`" * 50_000, "\\" * 999]
)
def test_hostile_replies_are_returned_for_scoring_to_refuse(reply: str) -> None:
    assert len(extract(reply, form="instruct", entry_point=None, literal=True).code) <= len(reply)


def test_a_task_that_asks_for_a_value_is_put_so_and_is_never_appended() -> None:
    task = CodeTask("toy/v", "What does f(1) return?", None, "2", (LiteralTest(2),), form="instruct")
    assert build_prompt(task, "chat").text == WRITE_LITERAL.format(prompt=task.prompt)
    assert build_prompt(task, "completions").stop == ()
    assert program_of(task, "2", "append") == "2"
