"""A description is told from its examples and put in other words; nothing else changes, and its tokens are kept."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.benchmarks import CodeTask, Suite
from evalrun.evolvers import NotApplicable
from evalrun.evolvers.authored.protected import change, protected_in, story_words, vocabulary_of
from evalrun.evolvers.authored.protocol import UnusableReply
from evalrun.evolvers.authored.registry import model_operator_named
from evalrun.evolvers.authored.restating import bare, described, restated
from evalrun.evolvers.sameness import same_program_gate

from .replies import COUNT, MIRRORED

KNOWN = vocabulary_of(COUNT)


def described_tasks(suite: Suite) -> list[CodeTask]:
    return [task for task in suite if task.entry_point is not None]


@pytest.fixture(params=["core", "HumanEval"])
def real(request: pytest.FixtureRequest) -> list[CodeTask]:
    """All tasks of a suite that ask for a function."""
    if request.param == "core":
        return described_tasks(Suite.load("core"))
    folder: Path = request.getfixturevalue("shared_data")
    return described_tasks(Suite.load(folder / "humaneval" / "HumanEval.jsonl.gz"))


def test_the_description_ends_where_the_examples_begin() -> None:
    parts = described(COUNT)
    assert parts.text.endswith("an empty list gives 0.")
    assert parts.rest == ">>> count_above([1, 5, 7], 4)\n2"
    assert described(MIRRORED).rest == ""


@pytest.mark.parametrize(
    ("line", "begins"),
    [
        ("For example:", True),
        ("Examples", True),
        ("Example 1:", True),
        ("e.g. with a list of two:", True),
        ("count_above([1], 0) => 1", True),
        ("Input: [1], 0", True),
        ("Examples of such numbers are 3 and 5.", False),
        ("The example is short.", False),
    ],
)
def test_a_line_begins_the_examples_or_is_prose(line: str, begins: bool) -> None:
    head = "def count_above(numbers: list, limit: int) -> int:"
    prompt = f'{head}\n    """Count the large ones.\n    {line}\n    1\n    """\n'
    task = CodeTask("toy/line", prompt, "count_above", prompt + "    return 1\n", COUNT.tests)
    assert (described(task).text == "Count the large ones.") == begins


def test_another_description_changes_nothing_else_in_any_task(real: list[CodeTask]) -> None:
    for task in real:
        parts = described(task)
        words = 'Other words with a backslash \\ and "quotes" and """ three of them"'
        new = restated(task, words)
        assert same_program_gate(new, task).holds, task.id
        assert described(new).text == words, task.id
        assert described(new).rest == parts.rest, task.id
        assert described(restated(task, parts.text)).text.split() == parts.text.split(), task.id


@given(text=st.text(st.characters(codec="utf-8", exclude_categories=["C", "Zl", "Zp"]), max_size=300))
def test_any_prose_can_be_put_into_a_docstring_and_is_read_off_it_again(text: str) -> None:
    words = "Say it so " + " ".join(text.split())
    for task in (COUNT, MIRRORED):
        new = restated(task, words)
        assert same_program_gate(new, task).holds
        assert " ".join((described(new).text + " " + described(new).rest).split()).startswith(" ".join(words.split()))


def test_what_is_shown_of_a_task_in_prose_has_no_example_but_its_conditions(real: list[CodeTask]) -> None:
    for task in real:
        assert ">>>" not in bare(task), task.id
    found = {task.id: bare(task) for task in real}
    if "HumanEval/115" in found:
        assert "all wells have the same length" in found["HumanEval/115"]
        assert "[[0,0,1,0]" not in found["HumanEval/115"]
        assert "the output should be" not in found["HumanEval/94"]


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("at least 3 of them", {"number 3"}),
        ("at least three of them", {"number 3"}),
        ("the larger one", set()),
        ("10,000 or 2.5", {"number 10000", "number 2.5"}),
        ("the answer 'yes' or \"no\"", {"quoted yes", "quoted no"}),
        ("call `numbers`", {"quoted numbers"}),
        ("the planets' orbits", set()),
        ("numbers above the limit", {"name numbers", "name limit"}),
        ("a list of strings", {"type list", "type str"}),
        ("returns True, otherwise None", {"type True", "type None"}),
        ("the list lst_A of camelCase", {"type list", "name lst_A", "name camelCase"}),
        ("as Mary wrote. Then Peter", {"word Mary", "word Peter"}),
        ("Write it down.\n- Keep it", set()),
    ],
)
def test_tokens_that_must_stay(text: str, tokens: set[str]) -> None:
    assert protected_in(text, KNOWN) == tokens


def test_number_words_digits_and_quotes_of_either_kind_are_the_same_token() -> None:
    assert change("three 'x'", '3 "x"', KNOWN).none
    assert change("`numbers` of a list", "a list of numbers", KNOWN).none
    assert change("0 of the strings", "zero of the string", KNOWN).none


def test_names_of_the_code_and_types_may_be_added_but_no_number_quote_or_other_name() -> None:
    assert change("the values", "the integers in `numbers`, a list[int] below limit", KNOWN).none
    found = change("the values", "the 7 values 'a' of other_list", KNOWN)
    assert found.added == ("name other_list", "number 7", "quoted a")
    assert found.say() == "the text has the name 'other_list', the number '7', the quoted 'a', which was not there"


def test_a_token_that_is_missing_is_named() -> None:
    found = change("at most 5 strings or 'none'", "at most some strings", KNOWN)
    assert found.missing == ("number 5", "quoted none")
    assert found.say() == "the text no longer has the number '5', the quoted 'none'"


def test_story_words_are_names_that_neither_the_code_nor_the_calendar_knows() -> None:
    assert story_words("there lived Mary, on Monday, near Fibonacci", vocabulary_of(MIRRORED)) == {"Mary"}


Prose = st.lists(
    st.sampled_from("the a list of numbers 3 seven 'x y' `limit` Mary True strings and not above lst_A . ,".split(" ")),
    max_size=15,
).map(" ".join)


@given(Prose, Prose)
def test_no_text_changes_itself_and_missing_is_the_others_added(left: str, right: str) -> None:
    assert change(left, left, KNOWN).none
    there, back = change(left, right, KNOWN), change(right, left, KNOWN)
    assert set(there.added) <= set(back.missing)


@given(Prose, Prose)
def test_saying_more_loses_nothing(left: str, right: str) -> None:
    assert change(left, f"{left}\n{right}", KNOWN).missing == ()


def said_again(text: str) -> str:
    return f"Here is what is asked for.\n\n{text}\n\nTo say it once more, with all there is to it:\n\n{text}"


def test_a_faithful_longer_text_is_taken_for_every_real_task(real: list[CodeTask]) -> None:
    operator = model_operator_named("verbose")
    for task in real:
        draft = operator.read({"spec": said_again(described(task).text)}, (task,))
        assert draft.preserved


def test_a_text_that_loses_any_one_token_is_refused_for_every_real_task(real: list[CodeTask]) -> None:
    operator, tried = model_operator_named("verbose"), 0
    for task in real:
        text = described(task).text
        known = vocabulary_of(task)
        for token in protected_in(text, known):
            kind, _, value = token.partition(" ")
            shorter = re.sub(rf"(?<![\w.]){re.escape(value)}(?!\w)", "so", text)
            if kind not in ("number", "name", "word") or token in protected_in(shorter, known):
                continue  # said in letters too, or in quotes
            if value in {each.partition(" ")[2] for each in protected_in(shorter, known)}:
                continue
            tried += 1
            with pytest.raises(UnusableReply) as caught:
                operator.read({"spec": said_again(shorter)}, (task,))
            assert caught.value.reason == "protected tokens", (task.id, token)
    assert tried > 90


def test_a_task_without_a_description_is_not_reworded() -> None:
    prompt = 'def f(x):\n    """\n    >>> f(1)\n    1\n    """\n'
    with pytest.raises(NotApplicable, match="no description"):
        described(CodeTask("toy/none", prompt, "f", prompt + "    return x\n", COUNT.tests))
