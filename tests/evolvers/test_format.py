from __future__ import annotations

import random
from dataclasses import replace

import pytest

from evalrun.benchmarks import Case, CasesTest, CodeTask
from evalrun.evolvers import Candidate, NotApplicable, Pool
from evalrun.evolvers.operators.format import Format
from evalrun.evolvers.sameness import canonical, program_digest
from evalrun.evolvers.syntax import parse

from .conftest import make_check_task
from .observing import failing, run

NO_POOL = Pool((), {})
PROMPT = '''from typing import List


def join_all(parts: List[str], sep: str = "-") -> str:
    """Join the parts.

    A backslash is "\\\\", a tab is '\\t'.

    Examples:
    >>> join_all(["a", "b"])
    'a-b'
    >>> join_all([])
    \'\'
    """
'''


def task_of(prompt: str = PROMPT) -> CodeTask:
    return make_check_task(0, "join_all", prompt, "    return sep.join(parts)\n", "assert candidate(['a']) == 'a'")


def by_variant(task: CodeTask) -> dict[str, Candidate]:
    found: dict[str, Candidate] = {}
    for seed in range(40):
        for candidate in Format().propose(task, random.Random(seed), NO_POOL):
            assert failing(candidate.gates) == [], candidate.task.prompt
            found.setdefault(candidate.parameters["variant"], candidate)
    return found


def test_every_container_holds_the_same_words_and_the_program_runs() -> None:
    task = task_of()
    found = by_variant(task)
    assert set(found) == {"google", "numpy", "rest", "json", "comments", "instruct"}
    for variant, candidate in found.items():
        new = candidate.task
        assert run(new.reference, "join_all", ["x", "y"]) == "x-y"
        assert new.prompt != task.prompt
        assert "Join the parts." in new.prompt
        assert new.form == ("instruct" if variant == "instruct" else "completion")
        assert variant == "instruct" or new.reference.startswith(new.prompt)
    assert "\n    Args:\n        parts (List[str])\n        sep (str)\n" in found["google"].task.prompt
    assert "\n    Parameters\n    ----------\n    parts : List[str]\n" in found["numpy"].task.prompt
    assert "\n    :type sep: str\n    :rtype: str\n" in found["rest"].task.prompt
    assert '\n      "description": [\n' in found["json"].task.prompt
    comments = found["comments"].task.prompt
    assert comments.endswith("# ''\ndef join_all(parts: List[str], sep: str = \"-\") -> str:\n")
    assert "# A backslash is \"\\\", a tab is '\\t'.\n" in comments
    assert "```python\nfrom typing import List\n" in found["instruct"].task.prompt


def test_an_instruction_becomes_a_completion_and_the_way_back_gives_its_words() -> None:
    text = "Write `twice(n)` that doubles n."
    test = CasesTest((Case((2,), 4),))
    task = CodeTask(
        "toy/1", text, "twice", "import math\n\n\ndef twice(n):\n    return n + n\n", (test,), form="instruct"
    )
    new = by_variant(task)["completion"].task
    assert new.prompt == f'import math\n\n\ndef twice(n):\n    """{text}\n    """\n'
    assert new.reference == new.prompt + "    return n + n\n"
    helper = replace(task, reference="def half(n):\n    return n / 2\n\n\n" + task.reference)
    with pytest.raises(NotApplicable, match="helpers would be shown"):
        Format().propose(helper, random.Random(0), NO_POOL)


@pytest.mark.parametrize("variant", ["google", "numpy", "rest", "json", "comments", "instruct"])
def test_the_proof_sees_a_lost_word_and_a_changed_example(variant: str) -> None:
    task = task_of()
    new = by_variant(task)[variant]
    for old, changed in (("Join the parts", "Join parts"), ("'a-b'", "'a_b'")):
        other = replace(
            new.task,
            prompt=new.task.prompt.replace(old, changed),
            reference=new.task.reference.replace(old, changed),
        )
        assert other.prompt != new.task.prompt
        assert failing(Format().prove(other, (task,), new.parameters)) == ["same_record"]


def test_a_text_with_a_dialects_own_marks_is_not_put_into_it() -> None:
    task = task_of(PROMPT.replace("Join the parts.", "Join the parts.\n\n    Args:\n    as above."))
    assert "google" not in by_variant(task)


def test_the_digest_of_a_program_is_blind_to_docstrings_and_layout_alone() -> None:
    plain = program_digest("def f(a, b=1):\n    return f'{a!r:>{b}}x' 'y'\n")
    assert plain == program_digest("def f(a,b=1):\n  'what it does'\n  return f'{a!r:>{b}}' 'xy'\n")
    others = ["return f'{a!s:>{b}}xy'", "return f'{a!r:>{b}}xz'", "return a", "return 'y'"]
    assert len({plain, *(program_digest(f"def f(a, b=1):\n    {other}\n") for other in others)}) == 5
    assert plain != program_digest("def f(a, b=True):\n    return f'{a!r:>{b}}xy'\n")
    assert canonical(parse("x = [1.0, 0x10, b'', ...]")) == (
        "(Module body=[(Assign targets=[(Name id='x')] value=(List elts=[float 1.0 int 0x10 bytes b'' "
        "ellipsis Ellipsis]))])"
    )
