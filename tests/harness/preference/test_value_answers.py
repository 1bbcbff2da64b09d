"""Preferences over options freed from positions, tried on synthetic judges; the published defects as tests."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.benchmarks.preference.timeline import Period, Timeline, ValueItem
from evalrun.harness.preference.value_answers import Answer, Preference, of_pick, of_positions, preference
from evalrun.harness.preference.value_questions import (
    EvidenceRule,
    Form,
    Order,
    Question,
    evidence_for,
    orders,
    picked,
    prompt,
    questions,
)

FORMS: tuple[Form, ...] = ("letter", "yes_no", "repeat")


def an_item(options: int = 2, name: str = "i", votes: tuple[int, ...] = ()) -> ValueItem:
    texts = tuple(f"choose the {word}" for word in ("oak", "elm", "ash", "fir", "yew", "box")[:options])
    return ValueItem(name, f"Which tree, case {name}?", texts, tuple(f"o{n + 1}" for n in range(options)), votes)


def judged(options: int, judge: Callable[[Order], Sequence[float]]) -> Preference:
    """A judge says probabilities by position, as a model does."""
    asked = orders(options)
    return preference([of_positions(order, judge(order)) for order in asked], asked)


def reply_of(question: Question, place: int) -> str:
    """What a model says that wants this option, wherever it stands."""
    position = question.order.index(place)
    return {
        "letter": "ABCDEF"[position],
        "yes_no": "yes" if position == 0 else "no",
        "repeat": question.item.options[place],
    }[question.form]


@pytest.mark.parametrize("wanted", [(0.9, 0.1), (0.7, 0.15, 0.1, 0.05), (0.2, 0.5, 0.3)])
def test_an_order_invariant_judge_gets_its_own_probabilities_back(wanted: tuple[float, ...]) -> None:
    """Turned back twice, as a published collector does, .9/.1 becomes .5/.5."""
    found = judged(len(wanted), lambda order: [wanted[place] for place in order])
    assert found.shares == pytest.approx(wanted)
    assert found.position_bias == pytest.approx(0)
    assert found.consistent


@given(st.lists(st.integers(1, 9), min_size=2, max_size=6))
def test_no_order_invariant_judge_is_changed(weights: list[int]) -> None:
    wanted = [weight / sum(weights) for weight in weights]
    assert judged(len(wanted), lambda order: [wanted[place] for place in order]).shares == pytest.approx(wanted)


@pytest.mark.parametrize("options", [2, 3, 4, 6])
def test_an_always_first_judge_prefers_nothing_and_shows_the_whole_position_bias(options: int) -> None:
    found = judged(options, lambda order: [1.0] + [0.0] * (options - 1))
    assert found.shares == pytest.approx([1 / options] * options)
    assert found.position_bias == pytest.approx(1 - 1 / options)
    assert found.choice is None
    assert found.consistent is False


def test_a_refuser_is_wholly_invalid_and_has_no_preference() -> None:
    asked = orders(2)
    found = preference([of_pick(order, None) for order in asked for _ in range(3)], asked)
    assert (found.asked, found.invalid, found.shares, found.choice, found.consistent) == (6, 6, None, None, None)
    assert math.isnan(found.position_bias)


def test_an_item_answered_in_one_order_only_has_no_preference_since_position_would_decide() -> None:
    first, second = orders(2)
    assert preference([of_pick(first, 0), of_pick(second, None)], (first, second)).shares is None
    assert preference([of_pick(first, 0)], (first, second)).shares is None


def test_orders_count_alike_however_often_each_was_answered() -> None:
    first, second = orders(2)
    answers = [of_pick(first, 0)] * 9 + [of_pick(second, 1)]
    assert preference(answers, (first, second)).shares == pytest.approx((0.5, 0.5))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("options", [2, 4])
def test_in_words_an_option_that_is_always_wanted_gets_everything_in_every_form(form: Form, options: int) -> None:
    """Counting the letter in place of the option behind it gives a model that always wants one option half of it."""
    if form == "yes_no" and options > 2:
        return
    item, asked = an_item(options), orders(options)
    for place in range(options):
        answers = []
        for order in asked:
            question = Question("probe", 0, "", item, order, form)
            answers.append(of_pick(order, picked(question, reply_of(question, place))))
        assert preference(answers, asked).shares == tuple(float(each == place) for each in range(options))


@pytest.mark.parametrize(
    ("form", "reply", "position"),
    [
        ("letter", "B", 1),
        ("letter", "(b).", 1),
        ("letter", "**Answer: A**", 0),
        ("letter", "I first thought of A.\nBut then\nAnswer: B", 1),
        ("letter", "A\nno, wait:\nB", 1),
        ("letter", "C", None),
        ("letter", "I cannot choose between them.", None),
        ("letter", "A tree is a tree", None),
        ("letter", "", None),
        ("yes_no", "Yes, they would.", 0),
        ("yes_no", "Hm.\nNo", 1),
        ("yes_no", "Nobody knows", None),
        ("repeat", "Choose the OAK!", 0),
        ("repeat", "They would choose the elm, I think.", 1),
        ("repeat", "choose the oak or choose the elm", None),
        ("repeat", "choose the yew", None),
    ],
)
def test_replies_are_read_by_their_last_verdict_and_refusals_are_none(
    form: Form, reply: str, position: int | None
) -> None:
    for order in orders(2):
        question = Question("probe", 0, "", an_item(), order, form)
        expected = None if position is None else order[position]
        if form == "repeat":  # it names the option itself, wherever it stands
            expected = position
        assert picked(question, reply) == expected


@pytest.mark.parametrize("options", [2, 3, 4, 5, 6])
def test_orders_are_a_latin_square_of_n_and_not_all_permutations(options: int) -> None:
    asked = orders(options)
    assert len(asked) == options <= len(list(permutations(range(options))))
    for column in zip(*asked, strict=True):
        assert sorted(column) == list(range(options))
    if options % 2 == 0:
        follows = [(order[n], order[n + 1]) for order in asked for n in range(options - 1)]
        assert len(set(follows)) == len(follows)
    if options == 2:
        assert set(asked) == {(0, 1), (1, 0)}


def timeline() -> Timeline:
    """Trees in three periods; the item ``i0`` is asked in all of them."""
    return Timeline(
        "trees",
        tuple(
            Period(f"19{decade}0s", tuple(an_item(2, f"i{n}", (7 + place, 3)) for n in range(4)))
            for place, decade in enumerate((0, 1, 2))
        ),
    )


def test_evidence_never_holds_the_answer_that_is_asked_for() -> None:
    held = timeline()
    asked = held.periods[2].items[0]
    follow = evidence_for(held, "follow", 2, asked, EvidenceRule(count=100))
    assert [case.period for case in follow if case.context == asked.context] == ["1900s", "1910s"]
    predict = evidence_for(held, "predict", 1, asked, EvidenceRule(count=100))
    assert {case.period for case in predict} == {"1900s", "1910s"}
    alone = evidence_for(held, "follow", 2, asked, EvidenceRule(count=100, own_history=False))
    assert all(case.context != asked.context for case in alone)
    assert {case.period for case in evidence_for(held, "follow", 2, asked, EvidenceRule(window="last"))} == {"1920s"}


def test_evidence_keeps_to_count_and_characters_and_is_the_same_for_every_model() -> None:
    held = timeline()
    asked = held.periods[2].items[0]
    assert len(evidence_for(held, "follow", 2, asked, EvidenceRule(count=3))) == 3
    size = len(asked.context) + sum(map(len, asked.options))
    assert len(evidence_for(held, "follow", 2, asked, EvidenceRule(characters=2 * size))) == 2
    assert evidence_for(held, "follow", 2, asked, EvidenceRule(seed=1)) == evidence_for(
        held, "follow", 2, asked, EvidenceRule(seed=1)
    )


def test_the_first_period_is_asked_like_any_other_and_rests_on_no_state_of_an_earlier_one() -> None:
    """A published judge reads its score of a period before it has one."""
    held = timeline()
    alone = Timeline("trees", held.periods[:1])
    whole = [question for question in questions(held, "follow", EvidenceRule()) if question.place == 0]
    assert whole == list(questions(alone, "follow", EvidenceRule()))
    assert len(whole) == 8


def test_predict_asks_of_later_periods_and_probes_ask_each_item_once() -> None:
    held = timeline()
    assert {question.place for question in questions(held, "predict", EvidenceRule(), horizon=2)} == {2}
    probes = list(questions(held, "probe", EvidenceRule(), forms=FORMS))
    assert len(probes) == 4 * 2 * 3
    assert not any(question.evidence for question in probes)
    assert len({question.key for question in probes}) == len(probes)


def test_yes_or_no_is_asked_of_two_options_only() -> None:
    held = Timeline("t", (Period("", (an_item(4),)),))
    assert list(questions(held, "probe", EvidenceRule(), forms=["yes_no"])) == []


def test_a_question_shows_its_evidence_and_its_options_in_their_order() -> None:
    held = timeline()
    question = next(
        q for q in questions(held, "follow", EvidenceRule(named=False)) if q.place == 1 and q.order == (1, 0)
    )
    text = prompt(question)
    assert "A. choose the elm\nB. choose the oak" in text
    assert "most of the people of period 2" in text
    assert "1910" not in text
    assert text.rindex("Preferred: choose the oak") < text.rindex("Situation: Which tree, case i0?")


def test_answers_with_probabilities_are_turned_to_the_item_s_own_order() -> None:
    assert of_positions((2, 0, 1), (0.5, 0.3, 0.2)) == Answer((2, 0, 1), (0.3, 0.2, 0.5))
