"""Groups of raters, the ceiling of one ranking, and steerability: hand values and what must hold for all votes."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.leaderboard.metrics.groups import Votes, group_accuracies, plurality_ceiling
from evalrun.leaderboard.metrics.preferences import Outcome
from evalrun.leaderboard.metrics.steering import steerability

COUNTS = st.builds(Votes, st.integers(0, 4), st.integers(0, 4), st.integers(0, 2))
OUTCOMES: st.SearchStrategy[Outcome] = st.sampled_from(["right", "tie", "wrong", "skipped"])


def test_a_group_agrees_with_the_model_vote_by_vote() -> None:
    outcomes: list[Outcome] = ["right", "wrong", "tie", "skipped"]
    votes = [
        {"a": Votes(3, 1, 0), "b": Votes(0, 2, 0)},
        {"a": Votes(1, 1, 2), "b": Votes(0, 2, 0)},
        {"a": Votes(4, 0, 0)},
        {"b": Votes(9, 0, 0)},
    ]
    found = group_accuracies(outcomes, votes)
    a, b = found.groups
    # a: 3 of 4; 1 and half of 2 ties of 4; half of 4. b: 0 of 2; 2 of 2.
    assert (a.accuracy, a.n, a.pairs, a.skipped) == ((3 + 2 + 2) / 12, 12, 3, 0)
    assert (b.accuracy, b.n, b.pairs, b.skipped) == (0.5, 4, 2, 1)
    assert found.everybody.accuracy == (7 + 2) / 16
    assert (found.least, found.spread) == (0.5, pytest.approx(7 / 12 - 0.5))


def test_the_ceiling_of_one_ranking_is_what_the_larger_side_votes() -> None:
    votes = [Votes(3, 1, 0), Votes(1, 3, 0), Votes(4, 0, 0)]
    assert plurality_ceiling(votes, shrink=False) == pytest.approx((0.75 + 0.75 + 1) / 3)
    assert plurality_ceiling(votes) == pytest.approx((3.5 + 3.5 + 4.5) / 15)
    assert math.isnan(plurality_ceiling([]))


def test_the_ceiling_of_the_human_pairs_of_codeprefbench_is_as_counted() -> None:
    """107 unanimous, 19 with two and a tie, 19 with one and two ties, of three raters each."""
    votes = [Votes(3, 0, 0)] * 107 + [Votes(2, 0, 1)] * 19 + [Votes(1, 0, 2)] * 19
    assert [Votes(2, 0, 1).agreement, Votes(1, 0, 2).agreement] == pytest.approx([0.8333, 0.6667], abs=5e-5)
    assert plurality_ceiling(votes, shrink=False) == pytest.approx(0.9345, abs=5e-5)
    assert plurality_ceiling(votes) < 0.9345


def test_following_the_plurality_attains_the_ceiling_without_shrinking() -> None:
    votes = [{"g": Votes(30, 10, 0)}, {"g": Votes(1, 7, 0)}] * 10
    outcomes: list[Outcome] = ["right", "wrong"] * 10
    group = group_accuracies(outcomes, votes).groups[0]
    assert group.accuracy == plurality_ceiling([one["g"] for one in votes], shrink=False)
    assert group.ceiling < group.accuracy
    assert group.attained == pytest.approx((0.75 * 40 + 0.875 * 8 - 24) / (30.5 / 41 * 40 + 7.5 / 9 * 8 - 24))
    assert group.attained_interval.low < group.attained < group.attained_interval.high


def test_a_coin_of_a_model_attains_nothing_and_raters_who_never_agree_leave_nothing_to_attain() -> None:
    tied = group_accuracies(["tie", "tie"], [{"g": Votes(3, 0, 0)}] * 2).groups[0]
    assert (tied.accuracy, tied.attained) == (0.5, 0.0)
    split = group_accuracies(["right", "wrong"], [{"g": Votes(2, 2, 0)}] * 2).groups[0]
    assert (split.accuracy, split.ceiling, math.isnan(split.attained)) == (0.5, 0.5, True)


def test_no_votes_are_no_groups() -> None:
    found = group_accuracies(["right"], [{}])
    assert (found.groups, found.everybody.n) == ((), 0)
    assert all(map(math.isnan, (found.least, found.spread, found.everybody.accuracy)))
    with pytest.raises(ValueError, match="sets of votes"):
        group_accuracies(["right"], [])


@given(st.lists(st.tuples(OUTCOMES, COUNTS, COUNTS), min_size=1, max_size=8))
def test_no_ranking_beats_the_ceiling_and_groups_add_up(rows: list[tuple[Outcome, Votes, Votes]]) -> None:
    outcomes = [row[0] for row in rows]
    found = group_accuracies(outcomes, [{"a": row[1], "b": row[2]} for row in rows])
    whole = found.everybody
    if whole.n:
        votes = [row[1] + row[2] for row in rows if row[0] != "skipped"]
        assert whole.accuracy <= plurality_ceiling(votes, shrink=False) + 1e-12
        assert plurality_ceiling(votes) <= plurality_ceiling(votes, shrink=False) + 1e-12
        parts = [one for one in found.groups if one.n]
        assert sum(one.accuracy * one.n for one in parts) / whole.n == pytest.approx(whole.accuracy)
        assert found.least <= whole.accuracy + 1e-12
        assert found.spread == pytest.approx(max(one.accuracy for one in parts) - found.least)


def test_a_model_that_follows_whom_it_is_told_of_is_steerable() -> None:
    votes = [{"old": Votes(4, 0, 0), "young": Votes(0, 4, 0)}] * 12
    told: dict[str, list[Outcome]] = {"": ["right"] * 12, "old": ["right"] * 12, "young": ["wrong"] * 12}
    found = steerability(told, votes)
    assert found.matrix["young"] == {"old": 0.0, "young": 1.0}
    assert found.matrix[""] == {"old": 1.0, "young": 0.0}
    assert (found.gain["young"].value, found.gain["old"].value) == (1.0, 0.0)
    assert (found.own_minus_other, found.pairs, found.gain["young"].n) == (1.0, 12, 48)


def test_a_model_that_any_description_sways_alike_is_not() -> None:
    votes = [{"old": Votes(4, 0, 0), "young": Votes(0, 4, 0)}] * 12
    told: dict[str, list[Outcome]] = {"old": ["wrong"] * 12, "young": ["wrong"] * 12}
    found = steerability(told, votes)
    assert found.own_minus_other == 0.0
    assert found.gain == {}


def test_steerability_is_over_the_pairs_that_every_run_decided() -> None:
    votes = [{"old": Votes(1, 0, 0)}, {"old": Votes(0, 1, 0)}, {"old": Votes(1, 0, 0)}]
    found = steerability({"": ["right", "skipped", "wrong"], "old": ["right", "right", "right"]}, votes)
    assert (found.pairs, found.matrix[""]["old"], found.gain["old"].value) == (2, 0.5, 0.5)
    assert steerability({}, []).pairs == 0
