"""Replies as models write them: what peers' extractors lose, what chat adds, and what an adversary sends."""

from __future__ import annotations

import ast
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.benchmarks import Case, CasesTest, CodeTask
from evalrun.harness.endpoint.api import Reply
from evalrun.harness.endpoint.extract import Extracted, extract, extract_reply
from evalrun.harness.endpoint.pysource import MAX_PARSED_IN_ALL, Parser

PROMPT = (
    "from typing import List\n\ndef half(x: int) -> int:\n    return x // 2\n\n"
    'def f(x: int) -> int:\n    """Add one."""\n'
)
TASK = CodeTask("t/f", PROMPT, "f", PROMPT + "    return x + 1\n", (CasesTest((Case((1,), 2),)),))
WHOLE = "def f(x):\n    return x + 1\n"


def found(text: str, form: str = "completion", entry_point: str | None = "f") -> Extracted:
    return extract(text, form=form, entry_point=entry_point, prompt=PROMPT)  # type: ignore[arg-type]


# -- what EvalPlus's sanitizer drops, and what LiveCodeBench's last block loses --

DROPPED = {
    "a decorated function": "import functools\n\n@functools.lru_cache(None)\ndef f(x):\n    return x + 1\n",
    "a helper without return": "seen = []\n\ndef note(x):\n    seen.append(x)\n\ndef f(x):\n    note(x)\n    return\n",
    "a setting": "import sys\nsys.setrecursionlimit(10**6)\n\ndef f(x):\n    return x + 1\n",
    "a tried import": "try:\n    import numpy\nexcept ImportError:\n    pass\n\ndef f(x):\n    return x + 1\n",
    "an assignment to several": "A, B = 1, 2\n\ndef f(x):\n    return x + A\n",
    "a statement between": "table = {}\nfor i in range(9):\n    table[i] = i + 1\n\ndef f(x):\n    return table[x]\n",
    "a main guard": WHOLE + "\n\nif __name__ == '__main__':\n    print(f(1))\n",
    "a class it uses": "class A:\n    def add(self, x):\n        return x + 1\n\ndef f(x):\n    return A().add(x)\n",
    "a function under another name": "def solve(x):\n    return x + 1\n\nf = solve\n",
    "a global": "total = 0\n\ndef f(x):\n    global total\n    total += x\n    return x + 1\n",
}


@pytest.mark.parametrize("program", DROPPED.values(), ids=DROPPED)
def test_what_peers_drop_is_kept(program: str) -> None:
    assert found(f"Sure:\n\n```python\n{program}```\nDone.").code == program
    assert found(program).code == program
    assert found(f"Sure, here it is.\n\n{program}").code == program


def test_the_last_block_need_not_be_the_answer() -> None:
    assert found(f"```python\n{WHOLE}```\nUse it so:\n```python\nprint(f(1))\n```").code == WHOLE
    assert found(f"```python\n{WHOLE}```\nOutput:\n```\n2\n```", "instruct").code == WHOLE
    assert found("```python\nprint(int(input()) + 1)\n```\nOutput:\n```\n2\n```", "instruct", None).code == (
        "print(int(input()) + 1)\n"
    )


def test_no_block_at_all_is_not_no_answer() -> None:
    assert found(WHOLE).code == WHOLE


# -- blocks --


def test_a_later_version_about_as_long_is_a_correction_and_a_short_one_a_quotation() -> None:
    wrong, right = WHOLE.replace("+", "-"), WHOLE
    assert found(f"```python\n{wrong}```\nNo, wrong:\n```python\n{right}```").code == right
    long = "import math\n\n" + WHOLE.replace("return x", "y = math.floor(x)\n    return y")
    assert found(f"```python\n{long}```\nThat is, in short:\n```python\ndef f(x): ...\n```").code == long


def test_helpers_in_blocks_of_their_own_come_along() -> None:
    helper, main = "def g(x):\n    return math.floor(x)\n", "def f(x):\n    return g(x) + 1\n"
    text = f"```python\nimport math\n```\nThen\n```python\n{helper}```\nand\n```python\n{main}```\n```python\nf(1)\n```"
    code = found(text).code
    assert [ast.unparse(node).split("(")[0] for node in ast.parse(code).body] == ["import math", "def g", "def f"]


@pytest.mark.parametrize(
    "text",
    [
        f"Here is the code: ```python\n{WHOLE}```",
        f"Here is the code: ```\n{WHOLE}```",
        f"```python\n{WHOLE.rstrip()}```\nIt adds one.",
        f"```markdown\n# Answer\n```python\n{WHOLE}```\n```",
        f"````\nText\n```python\n{WHOLE}```\n````",
        f"```bash\npip install x\n\n```python\n{WHOLE}```",
        f"```javascript\n{WHOLE}```",
        f"```{{.python .numberLines}}\n{WHOLE}```",
        f"```python3.11\n{WHOLE}```",
        f"```python:main.py\n{WHOLE}```",
        f"``` Python\n{WHOLE}```",
        f"```python\n{WHOLE}\nThis adds one to what it gets.",
        f"```python\n    {WHOLE.replace(chr(10), chr(10) + '    ').rstrip(' ')}```",
        f"<answer>\n```python\n{WHOLE}```\n</answer>",
        f"{WHOLE}<|im_end|>",
        f"{WHOLE}</s></s>",
        f" {WHOLE}",
    ],
)
def test_a_program_is_found_however_it_is_fenced(text: str) -> None:
    assert found(text).code.rstrip() == WHOLE.rstrip()
    assert found(text).assembly == "alone"


def test_a_fenced_docstring_with_examples_in_fences_of_their_own_is_one_block() -> None:
    program = 'def f(x):\n    """Add.\n\n```python\nf(1)\n```\n\n```python\nf(2)\n```\n    """\n    return x + 1\n'
    assert found(f"So:\n```python\n{program}```\nDone.").code == program


def test_a_separator_that_only_python_strings_know_does_not_split_a_line() -> None:
    program = 'def f(x):\n    s = "a\u2028```\x0cb"\n    return x + 1\n'
    assert found(f"```python\n{program}```").code == program


# -- bodies --


@pytest.mark.parametrize(
    "body",
    [
        "    y = x\n    return y\n",
        "  y = x\n  return y\n",
        "        y = x\n        return y\n",
        "\ty = x\n\treturn y\n",
        "     y = x\n    return y\n",
        "y = x\n    return y\n",
        "y = x\n  return y\n",
        "y = x\nreturn y\n",
        "if x:\n        y = 1\n    return y\n",
        "    # with a remark\n  \n    return x\n",
        "    return g(x)\n\ndef g(x):\n    return x\n",
        "   return g(x)\n\ndef g(x):\n    return x\n",
    ],
)
def test_a_body_of_any_indentation_fits_its_prompt(body: str) -> None:
    for text in (body, f"```python\n{body}```", f"{body.rstrip()}\n```\n\nThat is it."):
        answer = found(text)
        assert answer.assembly == "append"
        tree = ast.parse(PROMPT + answer.code)
        assert len(ast.unparse(tree.body[2]).splitlines()) > 2, "the function has a body of its own"


def test_a_body_whose_variable_has_the_functions_name_is_still_a_body() -> None:
    body = "    f = x + 1\n    return f\n"
    assert found(f"```python\n{body}```") == Extracted(body, "append")


def test_a_broken_program_is_not_put_into_the_function() -> None:
    broken = "def f(x):\n    '''Add.'''\n   return x + 1\n"
    assert found(f"\n{broken}").assembly == "alone"


# -- what the prompt gives --


@pytest.mark.parametrize("uses", ["List", "half"])
def test_a_program_that_leaves_out_what_the_prompt_gave_is_appended_to_it(uses: str) -> None:
    program = f"def f(x):\n    {uses}\n    return x + 1\n"
    for text in (program, f"```python\n{program}```"):
        assert found(text) == Extracted(program, "append")
    assert found(f"from os import path as {uses}\n{program}").assembly == "alone"
    assert found("from __future__ import annotations\n" + program).assembly == "alone"
    assert found(program, "instruct").assembly == "alone"


def test_a_program_behind_a_fence_that_the_prompt_opened_ends_with_its_closing_one() -> None:
    assert found(f"{WHOLE}```\n\nThis adds one.") == Extracted(WHOLE, "alone")


def test_a_truncated_thought_is_told_from_a_closed_one() -> None:
    assert extract_reply(Reply("<think>Hm", "length"), TASK).reason == "reasoning truncated"
    assert extract_reply(Reply("<think>Hm", "stop"), TASK).reason == "reasoning not closed"
    assert extract_reply(Reply("", "length", "Hm"), TASK).reason == "reasoning truncated"
    assert extract_reply(Reply("", "stop", "Hm"), TASK).reason == "reasoning without an answer"
    assert extract_reply(Reply(f"```python\n{WHOLE}```", "stop", "Hm"), TASK).code == WHOLE


# -- properties --

statements = st.sampled_from(
    ["import os\n", "A, B = 1, 2\n", "@print\ndef g(x):\n    pass\n", "if A:\n    B = '```'\n", "s = '''\n```\n'''\n"]
)
prose = st.text(st.sampled_from(list("Thisadds one.\n")), max_size=60)


@given(st.lists(statements), prose, prose, st.sampled_from(["python", "py", "", "text", "Python3"]))
def test_a_program_in_prose_and_a_fence_comes_back_the_same(
    parts: list[str], before: str, after: str, language: str
) -> None:
    program = "".join(parts) + WHOLE
    text = f"{before}\n\n```{language}\n{program}```\n\n{after}"
    answer = found(text)
    assert (answer.assembly, ast.dump(ast.parse(answer.code))) == ("alone", ast.dump(ast.parse(program)))


@given(st.lists(st.sampled_from(["y = x", "if x:\n    y = 2", "for i in x:\n    pass"])), st.sampled_from([2, 3, 4, 8]))
def test_a_body_at_any_indentation_comes_back_the_same(lines: list[str], width: int) -> None:
    flush = "\n".join([*lines, "return x"])
    body = "".join(" " * width + line + "\n" for line in flush.splitlines())
    answer = found(body)
    assert answer.assembly == "append"
    wanted = ast.parse("def f(x: int) -> int:\n    'Add one.'\n" + "".join(f"    {s}\n" for s in flush.splitlines()))
    assert ast.dump(ast.parse(PROMPT + answer.code).body[2]) == ast.dump(wanted.body[0])


# -- what costs --

LONG = 10_000_000
UNITS = [
    *("`", "```python\n", "```python\n```\n", "```\nx = (\n", "```\nx = 1\n", "~~~\n```\n", "a: ```\n", "```a\n```b\n"),
    *("<think>a</think>\n", "</think>\n", "</think> x ", "```python\n<think>\n</think>\n", "<", "<|im_end|>", "</s>"),
    *("<|channel|>a<|message|>", "f(", "f = ", "def f(x):\n", " ", "  \n", "\r", "a ```x = 1``` ", "    x = 1\n"),
    *("  x = (\n```\n", "x```\n", "```markdown\n```python\nx\n```\n", "````\n```python\nx\n", '"""\n```\n'),
    *("```python\ndef g(x):\n    return h\n```\n", "```python\n>>> "),
]


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.timeout(60)
def test_ten_megabytes_of_anything_cost_seconds_at_most(unit: str) -> None:
    text = unit * (LONG // len(unit))
    began = time.process_time()
    found(text)
    assert time.process_time() - began < 15  # what grows with the square of the length takes hours


def test_no_reply_is_parsed_without_end() -> None:
    parser = Parser()
    for number in range(1000):
        parser.parse(f"x = {number}\n" * 1000)
    assert parser.spent <= MAX_PARSED_IN_ALL
    assert parser.parse("y = 1\n" * 1000) is None
