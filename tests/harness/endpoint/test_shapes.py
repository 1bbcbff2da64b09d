"""Responses in the shapes that servers document, each read for what it says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from evalrun.benchmarks import Case, CasesTest, CodeTask
from evalrun.harness.endpoint.extract import extract_reply
from evalrun.harness.endpoint.responses import UnusableResponse, read_response

SHAPES = {
    path.stem: json.loads(path.read_text(encoding="utf-8")) for path in (Path(__file__).parent / "shapes").iterdir()
}
GOOD = [name for name, shape in SHAPES.items() if "unusable" not in shape["expect"]]
BAD = [name for name in SHAPES if name not in GOOD]
PROMPT = 'def f(x):\n    """Add one."""\n'
TASK = CodeTask("t/f", PROMPT, "f", PROMPT + "    return x + 1\n", (CasesTest((Case((1,), 2),)),))


def test_every_shape_says_after_which_documentation_it_was_written() -> None:
    assert len(SHAPES) > 40
    assert all(len(shape["source"]) > 10 for shape in SHAPES.values())


@pytest.mark.parametrize("name", GOOD)
def test_what_a_documented_response_says_is_read(name: str) -> None:
    shape: dict[str, Any] = SHAPES[name]
    wanted, expect = shape["wanted"], shape["expect"]
    response = read_response(shape["response"], shape["form"], wanted)
    assert [reply.text for reply in response.replies] == expect["texts"]
    assert [reply.reasoning for reply in response.replies] == expect.get("reasoning", [None] * wanted)
    assert [reply.finish_reason for reply in response.replies] == expect["finish"]
    assert [reply.finish_raw for reply in response.replies] == expect.get("raw", [None] * wanted)
    assert [response.input_tokens, response.output_tokens, response.reasoning_tokens] == expect["tokens"]
    assert expect.get("model") in (None, response.model)


@pytest.mark.parametrize("name", BAD)
def test_a_documented_failure_is_no_response(name: str) -> None:
    shape: dict[str, Any] = SHAPES[name]
    with pytest.raises(UnusableResponse, match=shape["expect"]["unusable"]) as raised:
        read_response(shape["response"], shape["form"], shape["wanted"])
    assert raised.value.code == shape["expect"].get("code")


@pytest.mark.parametrize("name", [name for name in GOOD if "def f(x)" in SHAPES[name]["expect"]["texts"][0]])
def test_the_code_in_every_dialect_is_the_same_program(name: str) -> None:
    shape: dict[str, Any] = SHAPES[name]
    (reply,) = read_response(shape["response"], shape["form"], 1).replies
    found = extract_reply(reply, TASK)
    assert (found.assembly, found.reason) == ("alone", "")
    assert found.code.rstrip().endswith("return x + 1")


def test_a_blank_in_front_of_a_continuation_does_not_break_it() -> None:
    shape = SHAPES["vllm_completions_leading_space"]
    (reply,) = read_response(shape["response"], "completions", 1).replies
    found = extract_reply(reply, TASK)
    assert (found.code, found.assembly) == ("    return x + 1\n", "append")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("vllm_reasoning_truncated", "reasoning truncated"),
        ("think_unclosed", "reasoning truncated"),
        ("gpt_oss_truncated", "reasoning truncated"),
        ("gemini_max_tokens_without_content", "empty reply, cut at the token limit"),
        ("azure_content_filter", "withheld by a content filter"),
        ("openai_tool_calls", "a tool call instead of a text"),
        ("text_null", "empty reply"),
    ],
)
def test_a_reply_without_an_answer_says_why(name: str, reason: str) -> None:
    (reply,) = read_response(SHAPES[name]["response"], SHAPES[name]["form"], 1).replies
    found = extract_reply(reply, TASK)
    assert (found.code, found.reason) == ("", reason)


@pytest.mark.parametrize("payload", [None, 1, "x", [], [1], {}, {"choices": {}}, {"choices": [1]}, {"choices": [{}]}])
def test_json_of_any_other_shape_is_no_response(payload: Any) -> None:
    with pytest.raises(UnusableResponse, match="no completion"):
        read_response(payload, "chat", 1)
