"""The code in a model's reply."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.benchmarks.task import Form
from evalrun.harness.endpoint.bodies import as_body
from evalrun.harness.endpoint.extract import _Search, extract
from evalrun.harness.endpoint.pysource import MAX_PARSED, Parser

WHOLE = "def f(x):\n    return x + 1\n"


def code_of(text: str, form: str = "completion", entry_point: str | None = "f") -> tuple[str, str]:
    found = extract(text, form=form, entry_point=entry_point)  # type: ignore[arg-type]
    return found.code, found.assembly


def test_a_fenced_program_stands_alone() -> None:
    assert code_of(f"Sure!\n\n```python\n{WHOLE}```\nIt adds one.") == (WHOLE, "alone")


def test_everything_the_model_wrote_in_the_program_is_kept() -> None:
    program = (
        "import sys\nsys.setrecursionlimit(9999)\nA, B = 1, 2\n\n@print\ndef g(): ...\n\ndef f(x):\n    return g\n"
    )
    assert code_of(f"```python\n{program}```") == (program, "alone")


def test_reasoning_is_not_an_answer() -> None:
    text = f"<think>\nMaybe\n```python\ndef f(x): return 'draft'\n```\n</think>\n\n```python\n{WHOLE}```"
    assert code_of(text) == (WHOLE, "alone")


def test_reasoning_that_the_chat_template_opened_is_cut_off() -> None:
    text = f"Maybe\n```python\ndef f(x): return 'draft'\n```\n</think>\n```python\n{WHOLE}```"
    assert code_of(text) == (WHOLE, "alone")


def test_reasoning_that_is_never_closed_is_no_answer() -> None:
    found = extract(f"<think>\n```python\n{WHOLE}```", form="completion", entry_point="f")
    assert (found.code, found.reason) == ("", "reasoning not closed")


def test_a_tag_inside_a_program_is_no_reasoning() -> None:
    program = "def f(x):\n    return x.replace('<think>', '').split('</think>')[0]\n"
    assert code_of(f"```python\n{program}```") == (program, "alone")


def test_of_several_blocks_the_one_that_defines_the_function_is_taken() -> None:
    shell, usage = "pip install nothing-at-all-but-a-long-line", "print(f(1), f(2), f(3), f(4), f(5))"
    text = f"```bash\n{shell}\n```\n```python\n{WHOLE}```\n```python\n{usage}\n```"
    assert code_of(text) == (WHOLE, "alone")


def test_of_several_definitions_the_longest_that_is_python_is_taken() -> None:
    longer = "import math\n\ndef f(x):\n    return math.floor(x + 1)\n"
    broken = "def f(x):\n    return (((((x + 1 # and so on and so forth, unfinished\n"
    assert code_of(f"```python\n{WHOLE}```\n```python\n{longer}```\n```python\n{broken}```") == (longer, "alone")


def test_a_block_tagged_python_goes_before_a_longer_one_that_is_not() -> None:
    text = f"```text\n{WHOLE}# a comment that makes this one longer\n```\n```python\n{WHOLE}```"
    assert code_of(text) == (WHOLE, "alone")


def test_an_unclosed_fence_is_tolerated() -> None:
    assert code_of(f"```python\n{WHOLE}") == (WHOLE, "alone")


def test_a_fence_inside_a_docstring_does_not_end_the_block() -> None:
    program = 'def f(x):\n    """Add.\n\n    ```\n    f(1)\n    ```\n    """\n    return x + 1\n'
    assert code_of(f"```python\n{program}```\ndone") == (program, "alone")
    flush = program.replace("    ```", "```")
    assert code_of(f"```python\n{flush}```\ndone") == (flush, "alone")


def test_a_block_in_a_list_item_loses_its_indentation() -> None:
    indented = "".join(f"   {line}" for line in WHOLE.splitlines(keepends=True))
    assert code_of(f"1. So:\n   ```python\n{indented}   ```\n") == (WHOLE, "alone")


def test_tildes_and_long_fences_are_fences() -> None:
    assert code_of(f"~~~py\n{WHOLE}~~~") == (WHOLE, "alone")
    assert code_of(f"````python\n{WHOLE}````") == (WHOLE, "alone")


def test_carriage_returns_do_not_hide_a_fence() -> None:
    assert code_of(f"```python\n{WHOLE}```\n".replace("\n", "\r\n")) == (WHOLE, "alone")


def test_plain_code_needs_no_fence() -> None:
    assert code_of(WHOLE) == (WHOLE, "alone")


def test_prose_around_unfenced_code_is_left_out() -> None:
    text = f"Here is the function you asked for:\n\n{WHOLE}\nThis function returns one more than it gets.\n"
    assert code_of(text) == (WHOLE, "alone")


def test_an_indented_continuation_is_appended_to_the_prompt() -> None:
    body = "    y = x + 1\n    return y\n"
    assert code_of(body) == (body, "append")


def test_a_continuation_may_be_followed_by_a_fence_and_talk() -> None:
    assert code_of("    return x + 1\n```\n\nThis works because ...\n") == ("    return x + 1\n", "append")


def test_a_continuation_that_goes_on_with_helpers_is_kept_whole() -> None:
    body = "    return g(x)\n\ndef g(x):\n    return x + 1\n"
    assert code_of(body) == (body, "append")


def test_a_body_that_lost_its_first_indentation_gets_it_back() -> None:
    assert code_of("y = x + 1\n    return y") == ("    y = x + 1\n    return y", "append")


def test_a_body_that_was_never_indented_is_indented() -> None:
    assert code_of("```python\ny = x + 1\n\nreturn y\n```") == ("    y = x + 1\n\n    return y\n", "append")


def test_a_body_in_a_fence_is_appended() -> None:
    assert code_of("```python\n    return x + 1\n```") == ("    return x + 1\n", "append")


def test_a_program_of_another_name_stands_alone_and_is_no_body() -> None:
    other = "def g(x):\n    return x + 1\n"
    assert code_of(f"```python\n{other}```") == (other, "alone")
    assert code_of(other) == (other, "alone")


def test_only_completion_tasks_have_bodies() -> None:
    body = "    return x + 1\n"
    assert code_of(body, form="instruct") == (body, "alone")


def test_any_program_will_do_where_stdin_is_read() -> None:
    program = "n = int(input())\nprint(n + 1)\n"
    assert code_of(f"So:\n```python\n{program}```", form="instruct", entry_point=None) == (program, "alone")
    assert code_of(f"Read the number first.\n\n{program}", form="instruct", entry_point=None) == (program, "alone")


@pytest.mark.parametrize(
    "definition",
    [
        "async def f(x): ...",
        "class f: ...",
        "f = lambda x: x",
        "f: object = print",
        "from math import floor as f",
        "try:\n    from fast import f\nexcept ImportError:\n    def f(x): ...",
    ],
)
def test_a_function_may_be_defined_in_any_way(definition: str) -> None:
    assert Parser().defines(definition, "f")
    assert not Parser().defines(definition, "g")


def test_a_call_or_a_local_function_is_no_definition() -> None:
    assert not Parser().defines("f(1)\n", "f")
    assert not Parser().defines("def g():\n    def f(): ...\n", "f")
    assert not Parser().defines("x = f = = 1\nf == 2", "f")


def test_text_that_is_not_python_is_still_an_answer() -> None:
    text = "I am sorry, I cannot help with that."
    assert code_of(text) == (text, "alone")
    assert code_of("```python\ndef f(x:\n```") == ("def f(x:\n", "alone")


@pytest.mark.parametrize("text", ["", "  \n\t\n", "<think>no</think>\n", "```python\n```", "```python\n"])
def test_nothing_is_no_answer(text: str) -> None:
    found = extract(text, form="completion", entry_point="f")
    assert found.code == ""
    assert found.reason


@pytest.mark.parametrize(
    "text",
    [
        "f = a" + ".b" * 200_000,
        "f = " + "-" * 300_000 + "1",
        "f = " + "(" * 300_000,
        "f = " + "[0]" * 30_000,
        "```" * 50_000,
        "```python\n" * 3_000,
        "def f(x):\n" * 4_000,
        "\x00def f(): ...",
        "def f():\n  return '\ud800'",
    ],
    ids=["attributes", "signs", "parentheses", "subscripts", "ticks", "fences", "headers", "null", "surrogate"],
)
@pytest.mark.timeout(30)
def test_a_hostile_reply_costs_neither_the_process_nor_much_time(text: str) -> None:
    found = extract(text, form="completion", entry_point="f")
    assert found.code or found.reason == "empty code block"


def test_warnings_about_an_answers_escapes_are_not_the_users() -> None:
    program = 'def f(x):\n    return "\\d" in x\n'
    assert code_of(program) == (program, "alone")


@given(st.text(alphabet=st.sampled_from(list("`~ \n\tdef():xreturn1<think>/'\"#"))), st.sampled_from(["f", None]))
def test_any_text_at_all_gives_some_answer(text: str, entry_point: str | None) -> None:
    for form in ("completion", "instruct"):
        found = extract(text, form=form, entry_point=entry_point)  # type: ignore[arg-type]
        assert bool(found.code) != bool(found.reason)
        assert found.assembly == "alone" or (form == "completion" and entry_point is not None)


@given(st.lists(st.sampled_from(["x += 1", "if x:\n        x = 2", "return x", "def g():\n        pass"]), min_size=1))
def test_every_body_comes_back_unchanged(lines: list[str]) -> None:
    body = "".join(f"    {line}\n" for line in lines)
    assert as_body(body, Parser()) == body
    assert ast.parse("def _():\n" + body)


PIECES = [
    "```",
    "```python\n",
    "```py \n",
    "````python\n",
    "```json\n",
    "~~~\n",
    "> ```\n",
    "`f`",
    "Here:",
    " ",
    "\n",
    "\n\n",
    "def f(x):\n    return x\n",
    "    return 1\n",
    "def g():\n    pass\n",
    "  def f(x):\n    return x\n",
    "x = '''```'''\n",
    "f = 1\n",
    "not python (\n",
    ">>> f(1)\n1\n",
]


@given(
    st.lists(st.sampled_from(PIECES), min_size=1, max_size=8).map("".join),
    st.sampled_from(["f", None]),
    st.sampled_from([None, "import math\n\ndef f(x):\n"]),
)
def test_the_short_way_to_the_one_block_finds_what_the_whole_search_does(
    text: str, entry_point: str | None, prompt: str | None
) -> None:
    form: Form = "instruct" if prompt is None else "completion"
    assert _Search(form, entry_point, prompt).find(text) == _Search(form, entry_point, prompt).search(text)


def test_the_longest_run_of_lines_that_is_python_is_found() -> None:
    text = "import this is prose\nimport os\n\n\ndef f():\n    return os\nand prose again\nx = 1\nend of it"
    assert Parser().longest_program(text) == "import os\n\n\ndef f():\n    return os\n"
    assert Parser().longest_program("only prose here") is None
    assert MAX_PARSED <= 100_000


def test_a_reply_in_single_backticks_loses_them() -> None:
    assert code_of("`def f(count): return 'a'`\n") == ("def f(count): return 'a'", "alone")
    assert code_of("`print(input())`", "instruct", None) == ("print(input())", "alone")
    assert code_of("`f` and `g`") == ("`f` and `g`", "alone")


def test_a_block_in_a_quote_loses_the_quotes_marks() -> None:
    quoted = "".join(f"> {line}\n" for line in f"Here:\n```python\n{WHOLE}```\nDone.".split("\n"))
    assert code_of(f"As asked:\n\n{quoted}") == (WHOLE, "alone")
    assert code_of("> ```python\n> print(input())\n> ```\n", "instruct", None) == ("print(input())\n", "alone")
    assert code_of(f"> ```python\n> def f(x): return 'old'\n> ```\n\n```python\n{WHOLE}```") == (WHOLE, "alone")


def test_of_a_transcript_what_was_typed_is_taken() -> None:
    transcript = ">>> def f(x):\n...     return x + 1\n...\n>>> f(1)\n2\n"
    typed = f"{WHOLE}\nf(1)\n"
    assert code_of(transcript) == (typed, "alone")
    assert code_of(f"So:\n\n{transcript}\nThat adds one.") == (typed, "alone")
    assert code_of(f"```pycon\n{transcript}```") == (typed, "alone")
    assert code_of(f"```pycon\n{transcript}```\n```python\n{WHOLE}```") == (WHOLE, "alone")


def test_a_doctest_in_a_broken_program_is_no_answer_of_its_own() -> None:
    broken = '"""\n>>> g(1)\n"""\nx = (\n'
    for entry_point in ("f", None):
        assert code_of(broken, "instruct", entry_point)[0] == broken
        assert code_of(f"```python\n{broken}```", "instruct", entry_point)[0] == broken
