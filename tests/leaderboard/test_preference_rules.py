"""Rules and learners that never see a prompt: what they score, and that they score nothing on the suite align."""

from __future__ import annotations

import math

import pytest

from evalrun.benchmarks.preference import Message, PreferenceSuite, PreferenceTask, Response
from evalrun.leaderboard.preferences.answer_only import answer_only
from evalrun.leaderboard.preferences.rules import RULES, accuracy, echo_wins, first_wins, table

FORMATS = (
    "longer", "shorter", "more words", "more lines", "has Markdown", "has a list", "has a code block",
    "ends with a question", "more punctuation", "refuses", "does not refuse",
)  # fmt: skip


@pytest.fixture(scope="module")
def align() -> PreferenceSuite:
    return PreferenceSuite.load("align")


def _pair(better: str, worse: str, *, name: str = "t/1", prompt: str = "Say it.", swap: bool = False) -> PreferenceTask:
    responses = (Response("a", better), Response("b", worse))
    return PreferenceTask(name, (Message("user", prompt),), responses[::-1] if swap else responses, (("a",), ("b",)))


def test_a_rule_is_right_wrong_or_says_nothing_which_counts_half() -> None:
    tasks = [_pair("longer text", "short"), _pair("abc", "defg"), _pair("ab", "cd"), _pair("abcd", "x", swap=True)]
    found = accuracy(tasks, RULES["longer"])
    assert (found.pairs, found.decided, found.accuracy) == (4, 3, 2.5 / 4)
    assert first_wins(tasks).accuracy == 0.75
    assert math.isnan(accuracy([], RULES["longer"]).accuracy)


@pytest.mark.parametrize(
    ("rule", "yes", "no"),
    [
        ("has Markdown", "- a\n- b", "a, b"),
        ("has Markdown", "see `x`", "see x"),
        ("has a list", "1. a\n2. b", "1 and 2"),
        ("has a code block", "```\nx\n```", "x"),
        ("ends with a question", 'He asked: "Why?"', "Why? Because."),
        ("more punctuation", "a, b, c", "a b c"),
        ("refuses", "I'm sorry, but no.", "Take the bus."),
        ("refuses", "I won't help with that.", "The door can't open."),
        ("hedges", "Perhaps it rains.", "It rains."),
        ("more digits", "10 of 12", "ten"),
        ("has comments or docstrings", "x = 1  # one", "x = 1"),
    ],
)
def test_a_rule_sees_what_its_name_says(rule: str, yes: str, no: str) -> None:
    assert RULES[rule](yes) > RULES[rule](no)


def test_whoever_repeats_the_prompt_is_found() -> None:
    assert echo_wins([_pair("Paris is in France", "no idea", prompt="Where is Paris?")]).accuracy == 1


def test_a_leak_is_learnt_and_its_absence_is_not() -> None:
    words = "river stone cloud apple horse candle window garden street letter".split()
    leaking = [
        _pair(f"Certainly, the {a} and the {b}.", f"Hm, the {b} or the {a}.", name=f"t/{a}-{b}", swap=len(a) % 2 == 0)
        for a in words for b in words if a != b
    ]  # fmt: skip
    found = answer_only(leaking)
    assert found.accuracy > 0.95
    assert found.interval.low > 0.9
    assert found.families == found.pairs == 90
    twins = []
    for task in leaking:
        other = PreferenceTask(f"{task.id}-twin", task.messages, task.responses, (("b",), ("a",)), family=task.id)
        twins += [task, other]
    assert answer_only(twins).accuracy == 0.5


def test_with_one_family_nothing_can_be_learnt() -> None:
    assert math.isnan(answer_only([_pair("a", "b")]).accuracy)


def test_no_rule_that_looks_at_the_responses_of_align_alone_is_right_more_often_than_chance(
    align: PreferenceSuite,
) -> None:
    for name, found in table(align).items():
        assert 0.45 <= found.accuracy <= 0.55, name


@pytest.mark.parametrize("name", ["first listed", *FORMATS])
def test_nor_is_a_rule_of_length_position_or_format_in_any_category(align: PreferenceSuite, name: str) -> None:
    for category in sorted({task.category for task in align}):
        found = table(task for task in align if task.category == category)[name]
        # One pair more or less is 3 per cent of the smallest category's twins.
        assert abs(found.accuracy - 0.5) <= max(0.05, 2.5 / found.pairs), category


def test_what_is_learnt_from_the_responses_of_align_alone_is_nothing(align: PreferenceSuite) -> None:
    found = answer_only(align)
    assert found.pairs >= 200
    assert 0.45 <= found.accuracy <= 0.55
    assert found.interval.low <= 0.5 <= found.interval.high
