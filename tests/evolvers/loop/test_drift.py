"""Drift alarms: they fire on a planted drift, and seldom on none."""

from __future__ import annotations

import math
import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.evolvers.loop.describing import Features
from evalrun.evolvers.loop.drift import FEWEST, alarms, divergence, watch

TYPES = {"number -> number": 0.3, "list -> list": 0.3, "text -> text": 0.25, "text -> bool": 0.15}
TOPICS = {"numbers": 0.4, "text": 0.3, "sequences": 0.2, "time": 0.1}
LENGTHS = {"length 0": 0.2, "length 1": 0.5, "length 2": 0.3}


def tasks(
    seed: str, count: int, types: dict[str, float] = TYPES, lengths: dict[str, float] = LENGTHS
) -> list[Features]:
    """Drawn from these distributions."""
    rng = random.Random(seed)

    def one(shares: dict[str, float]) -> str:
        return rng.choices(list(shares), list(shares.values()))[0]

    return [Features(one(types), one(TOPICS), one(lengths), 0.5) for _ in range(count)]


def test_divergence_by_hand() -> None:
    assert divergence(Counter("ab"), Counter("aabb")) == 0
    assert divergence(Counter("a"), Counter("b")) == 1
    # p = (1, 0), q = (1/2, 1/2), middle (3/4, 1/4)
    expected = 0.5 * math.log2(4 / 3) + 0.5 * (0.5 * math.log2(2 / 3) + 0.5 * math.log2(2))
    assert divergence(Counter("a"), Counter("ab")) == pytest.approx(expected)
    with pytest.raises(ValueError, match="of nothing"):
        divergence(Counter(), Counter("a"))


counts = st.dictionaries(st.sampled_from("abcde"), st.integers(1, 50), min_size=1).map(Counter)


@given(counts, counts)
def test_divergence_is_the_same_both_ways_and_between_nothing_and_one_bit(
    left: Counter[str], right: Counter[str]
) -> None:
    found = divergence(left, right)
    assert found == pytest.approx(divergence(right, left))
    assert 0 <= found <= 1
    assert divergence(left, left) == pytest.approx(0)


def test_nothing_is_said_of_a_handful_of_tasks() -> None:
    assert watch(tasks("anchors", 100), tasks("few", FEWEST - 1), 0) == ()
    assert watch([], tasks("many", 50), 0) == ()


def test_a_planted_drift_of_types_fires_and_names_what_there_is_too_much_of() -> None:
    planted = {"number -> number": 0.1, "list -> list": 0.1, "text -> text": 0.1, "text -> bool": 0.7}
    fired = 0
    for seed in range(20):
        found = alarms(watch(tasks(f"a{seed}", 164), tasks(f"d{seed}", 60, planted), seed))
        fired += any(each.feature == "types" and "text -> bool" in each.excess for each in found)
    assert fired == 20


def test_prompts_that_grow_fire() -> None:
    longer = {"length 2": 0.2, "length 3": 0.5, "length 4": 0.3}
    for seed in range(10):
        found = alarms(watch(tasks(f"a{seed}", 164), tasks(f"l{seed}", 40, lengths=longer), seed))
        assert [each.feature for each in found] == ["length"], seed
        assert "length 3" in found[0].excess


def test_a_suite_that_narrows_to_one_of_its_kinds_fires() -> None:
    narrow = {"number -> number": 0.97, "list -> list": 0.03}
    found = alarms(watch(tasks("a", 164), tasks("n", 60, narrow), 0))
    assert [each.feature for each in found] == ["types"]
    assert found[0].entropy < 0.5 * found[0].anchors_entropy
    assert "too many of: number -> number" in found[0].words


@pytest.mark.parametrize(("anchors", "evolved"), [(164, 40), (46, 60), (164, 200)])
def test_without_drift_hardly_anything_fires(anchors: int, evolved: int) -> None:
    alarmed = sum(
        bool(alarms(watch(tasks(f"a{seed}", anchors), tasks(f"e{seed}", evolved), seed))) for seed in range(100)
    )
    assert alarmed <= 6  # the level is three in a hundred; seven or more would have a chance below four in a hundred


def test_the_drift_of_types_that_was_once_measured_over_six_generations_fires() -> None:
    """Tasks that give whole numbers grew from 27 to 48 in a hundred."""
    before, after = {"list -> number": 0.27, "list -> list": 0.73}, {"list -> number": 0.48, "list -> list": 0.52}
    fired = sum(
        any(
            each.feature == "types"
            for each in alarms(watch(tasks(f"b{seed}", 164, before), tasks(f"c{seed}", 400, after), seed))
        )
        for seed in range(20)
    )
    assert fired >= 16


def test_a_small_shift_in_many_tasks_is_no_alarm_though_chance_does_not_explain_it() -> None:
    shifted = {"number -> number": 0.38, "list -> list": 0.28, "text -> text": 0.22, "text -> bool": 0.12}
    found = watch(tasks("a", 4000), tasks("s", 4000, shifted), 0)
    assert alarms(found) == []
    assert next(each for each in found if each.feature == "types").divergence < 0.05


def test_the_same_tasks_and_seed_give_the_same_words() -> None:
    anchors, evolved = tasks("a", 100), tasks("e", 50, {"text -> bool": 1.0})
    assert watch(anchors, evolved, 3) == watch(anchors, evolved, 3)
    assert [each.to_json()["feature"] for each in watch(anchors, evolved, 3)] == ["types", "topic", "length"]
