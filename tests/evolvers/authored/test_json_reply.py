"""One JSON object is read out of whatever a model says, and what is wrong with it is told in a line."""

from __future__ import annotations

import contextlib
import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.evolvers.authored.json_reply import MAX_CHARACTERS, MAX_DEPTH, read_object
from evalrun.evolvers.authored.protocol import UnusableReply

PLAIN = '{"spec": "Add one.", "inputs": [[1], [2]]}'
READ = {"spec": "Add one.", "inputs": [[1], [2]]}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize(
    "reply",
    [
        PLAIN,
        f"  \n{PLAIN}\n",
        f"```json\n{PLAIN}\n```",
        f"```\n{PLAIN}\n```",
        f"~~~JSON\n{PLAIN}\n~~~",
        f"Here it is:\n\n```json\n{PLAIN}\n```\nI hope that {{helps}}.",
        f"Sure. {PLAIN} Anything else?",
        f"The set {{1, 2}} and {{x}} and {{}} come first: {PLAIN}",
        f'<think>\nMaybe {{"spec": "no"}}?\n</think>\n{PLAIN}',
        f"{PLAIN}\n{PLAIN}",
        f'A program:\n```python\nx = {{"a": 1}}\n```\nand the object:\n```json\n{PLAIN}\n```',
    ],
)
def test_the_object_is_found_whatever_stands_around_it(reply: str) -> None:
    assert read_object(reply) == READ


def test_a_program_in_it_may_hold_fences_braces_and_bare_line_ends() -> None:
    program = 'def f(x):\n    """\n    ```\n    {x}\n    ```\n    """\n    return {"a": x}\n'

    assert read_object(f"```json\n{json.dumps({'reference': program})}\n```") == {"reference": program}
    assert read_object('{"reference": "def f():\n    return 1\n"}') == {"reference": "def f():\n    return 1\n"}


@pytest.mark.parametrize(
    ("reply", "reason", "said"),
    [
        ("", "empty", "empty"),
        ("<think>\nhm", "empty", "empty"),
        ("I cannot do that.", "no object", "no JSON object"),
        ("[1, 2]", "no object", "no JSON object"),
        ('{"a": 1} and {"a": 2}', "several objects", "2 JSON objects"),
        ('```json\n{"a": 1}\n```\n```json\n{"a": 2}\n```', "several objects", "2 JSON objects"),
        ('{"a": 1, "b": {"c": 2},}', "malformed", "line 1 column"),
        ('Look: {"a": [1 2], "b": {"c": 2}}', "malformed", "delimiter at line 1 column"),
        ('{"a": "one, "b": 2}', "malformed", "line 1"),
        ('{"spec": "a task that never', "cut off", "ends before"),
        ('{"spec": "a", "inputs": [1,', "cut off", "ends before"),
        ('{"a": 1, "a": 2}', "malformed", "'a' twice"),
        ('{"a": NaN}', "malformed", "NaN"),
        ('{"a": -Infinity}', "malformed", "-Infinity"),
        ('{"a": 1e999}', "malformed", "too large"),
        ('{"a": ' + "9" * 5000 + "}", "malformed", "digits"),
        ('{"a": "\\ud800"}', "malformed", "half a character"),
        ('{"a": ' * 50 + "1" + "}" * 50, "malformed", f"more than {MAX_DEPTH} levels"),
        ('{"a": ' * 60_000, "malformed", f"more than {MAX_DEPTH} levels"),
        ("{" + " " * MAX_CHARACTERS, "too long", "longer than"),
    ],
)
def test_what_is_wrong_is_said_in_one_line_with_a_reason_to_count(reply: str, reason: str, said: str) -> None:
    with pytest.raises(UnusableReply) as caught:
        read_object(reply)

    assert caught.value.reason == reason
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@given(
    st.dictionaries(st.text(), JSON, min_size=1, max_size=4), st.sampled_from(["{}", "```json\n{}\n```", "So:\n{}\n."])
)
def test_every_object_is_read_as_it_was_written(value: dict[str, object], around: str) -> None:
    assert read_object(around.replace("{}", json.dumps(value))) == value


@given(st.text(alphabet='{}[]":,`\n\\ a1'))
def test_no_text_breaks_the_reader(text: str) -> None:
    with contextlib.suppress(UnusableReply):
        assert isinstance(read_object(text), dict)


@pytest.mark.parametrize("part", ["{", '{"', '{"a\\"', '{"a":', "```\n{", "{ ", "{}", "`", '{"a":1}', "[{"])
def test_a_hostile_reply_takes_no_long_time(part: str) -> None:
    began = time.process_time()
    with contextlib.suppress(UnusableReply):
        read_object((part * MAX_CHARACTERS)[: MAX_CHARACTERS - 1] + "!")
    assert time.process_time() - began < 5
