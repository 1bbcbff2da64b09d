"""What files of scored pairs say beyond right and wrong: twins, groups, rankings, ties, gaps, RewardBench."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from evalrun.benchmarks import BadInput
from evalrun.leaderboard.preferences.measures import REF_FREE_L2
from evalrun.leaderboard.preferences.summary import PreferenceSummary, summarise, summarise_all
from evalrun.leaderboard.preferences.table import PAIRS, read_preferences

from .preference_files import write_everything

PAIR = {"pair": "a", "chosen_score": -1.0, "rejected_score": -2.0}
JUDGED = {"schema": 1, "model": "j", "mode": "judge", "suite": "s"}


def write(path: Path, *rows: Any) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def summary(folder: Path, *rows: Any) -> PreferenceSummary:
    return summarise(read_preferences(write(folder / "pairs.jsonl", *rows)))


@pytest.fixture
def both(tmp_path: Path) -> list[PreferenceSummary]:
    return summarise_all([read_preferences(path) for path in write_everything(tmp_path)])


def test_twins_stand_beside_their_parents(both: list[PreferenceSummary]) -> None:
    twins = both[0].details.twins
    assert twins is not None
    assert (twins.all.parents, twins.all.twins, twins.all.gap.n) == (1.0, pytest.approx(2 / 3), 3)
    assert twins.all.gap.value == pytest.approx(1 / 3)
    assert {name: gap.gap.value for name, gap in twins.operators.items()} == {"invert": 0.0, "pad": 0.5}
    assert twins.consistency.invariance.value == 0.5
    assert (twins.consistency.sensitivity.value, twins.consistency.contrast.value) == (1.0, 1.0)
    assert twins.orphans == 1


def test_parents_may_be_in_another_file_of_the_same_model_only(tmp_path: Path) -> None:
    header = {"schema": 1, "model": "m", "suite": "roots"}
    roots = read_preferences(write(tmp_path / "roots.jsonl", header, PAIR))
    stranger = read_preferences(write(tmp_path / "other.jsonl", {**header, "model": "n"}, PAIR))
    child = {**PAIR, "pair": "a~x", "parent": "a", "rejected_score": -0.5}
    evolved = read_preferences(write(tmp_path / "evolved.jsonl", {**header, "suite": "evolved"}, child))

    found = summarise(evolved, [roots]).details.twins
    assert found is not None
    assert (found.all.gap.value, found.all.broken, found.orphans) == (1.0, 1, 0)
    alone = summarise(evolved, [stranger]).details.twins
    assert alone is not None
    assert (alone.orphans, alone.all.gap.n, math.isnan(alone.all.gap.value)) == (1, 0, True)


def test_votes_give_groups_and_the_agreement_that_the_gap_needs(both: list[PreferenceSummary]) -> None:
    groups, gap = both[0].details.groups, both[0].details.gap
    assert groups is not None
    assert gap is not None
    # Three of four right: old 3/4; young 3 x (1 + 1/2)/4 and 1 x (2 + 1/2)/4 of 4.
    assert {one.name: one.accuracy for one in groups.groups} == {"old": 0.75, "young": (3 * 1.5 + 2.5) / 16}
    assert groups.least == pytest.approx(7 / 16)
    # 11 of 16 votes: c is 1, 0, -1, -2, and log(11/5) = .788 is more than 1 for the betas .01, .1 only.
    assert (gap.reachable, gap.reached, gap.gap.n) == (0.75, 0.75, 4)


def test_a_model_told_of_a_group_is_set_against_itself_told_of_nobody(both: list[PreferenceSummary]) -> None:
    steering = both[0].details.steering
    assert steering is not None
    assert (steering.conditions, steering.pairs) == (("", "young"), 4)
    assert steering.matrix["young"]["old"] == 0.25
    assert steering.gain["young"].value == pytest.approx((1.5 + 3 * 2.5) / 16 - 7 / 16)
    assert both[1].details.steering is None
    assert both[1].conditioned_on == "young"


def test_a_ranking_of_three_is_put_together_from_its_pairs(both: list[PreferenceSummary]) -> None:
    rankings = both[0].details.rankings
    assert rankings is not None
    assert (rankings.exact.right, rankings.exact.wrong) == (0, 1)
    assert (rankings.tau.value, rankings.pairwise.value) == (pytest.approx(1 / 3), pytest.approx(2 / 3))
    assert rankings.chance == pytest.approx(1 / 6)


def test_tiers_of_a_ranking_are_found_in_its_pairs(tmp_path: Path) -> None:
    rows = [
        {**PAIR, "pair": f"c{name}", "task": "t", "chosen_id": "c", "rejected_id": name} for name in ("x", "y", "z")
    ]
    ties = [{**PAIR, "pair": "xy", "task": "t", "chosen_id": "x", "rejected_id": "y", "tied": True}]
    found = summary(tmp_path, *rows, *ties).details.rankings
    assert found is not None
    assert (found.exact.right, found.chance) == (1, 0.25)


def test_a_labelled_tie_is_in_no_share_but_the_tie_aware_one(both: list[PreferenceSummary]) -> None:
    one, ties = both[0], both[0].details.ties
    assert ties is not None
    assert (one.pairs, one.overall.result.n) == (11, 11)
    # -2/2 and -1.005/1 are within 0.01 nats a token.
    assert (ties.tied.right, ties.tied.n, ties.all.n, ties.tolerance) == (1, 1, 12, 0.01)
    assert "1 pair is a tie by label, and counted only where ties are." in one.notes


def test_a_judge_is_right_on_a_labelled_tie_where_it_says_so_in_both_orders(tmp_path: Path) -> None:
    found = summary(
        tmp_path,
        JUDGED,
        {"pair": "a", "tied": True, "choice_forward": "tie", "choice_backward": "tie"},
        {"pair": "b", "tied": True, "choice_forward": "tie", "choice_backward": "chosen"},
        {"pair": "c", "tied": True, "skipped": "refused"},
        {"pair": "d", "choice_forward": "chosen", "choice_backward": "chosen"},
    )
    ties = found.details.ties
    assert ties is not None
    assert (ties.tied.right, ties.tied.wrong, ties.tied.skipped, ties.decided.right) == (1, 1, 1, 1)
    assert math.isnan(ties.tolerance)
    assert found.overall.result.n == 1


def test_a_judges_circle_is_noticed(tmp_path: Path) -> None:
    rows = [
        {"pair": f"{one}{other}", "task": "t", "chosen_id": one, "rejected_id": other, "choice_forward": choice}
        for one, other, choice in (("a", "b", "chosen"), ("a", "c", "rejected"), ("b", "c", "chosen"))
    ]
    found = summary(tmp_path, JUDGED, *rows)
    assert found.details.transitive is not None
    assert (found.details.transitive.value, found.details.transitive.n) == (0.0, 1)


def test_the_probabilities_of_a_judge_are_calibrated_over_both_answers(tmp_path: Path) -> None:
    details = summary(
        tmp_path,
        JUDGED,
        {"pair": "a", "choice_forward": "chosen", "p_forward": 0.9, "p_backward": 0.7},
        {"pair": "b", "choice_forward": "rejected", "p_forward": 0.2},
    ).details
    found, forced = details.calibration, details.forced
    assert found is not None
    assert forced is not None
    assert (forced.preference.value, forced.pairs.right, forced.pairs.skipped) == (pytest.approx(0.8), 1, 1)
    assert forced.position_bias.value == pytest.approx(0.1)
    assert (found.n, found.brier) == (4, pytest.approx((0.2**2 + 0.8**2) / 2))


def test_hard_pairs_are_those_the_reference_ranks_wrongly(both: list[PreferenceSummary]) -> None:
    hard = both[0].details.difficulty
    assert hard is not None
    assert (hard.n, hard.low, hard.median, hard.high) == (4, -1.25, -0.5, 0.25)
    assert (hard.hard.n, hard.easy.n, hard.easy.accuracy) == (1, 3, pytest.approx(2 / 3))
    assert hard.pairs[0] == ("p0", 1.0, "right")


def test_norms_and_distances_of_tokens_are_measures_of_their_own(both: list[PreferenceSummary]) -> None:
    measures = {one.name: one.result for one in both[0].measures}
    assert (measures[REF_FREE_L2].right, measures[REF_FREE_L2].skipped) == (4, 7)  # -2 > -3
    distance = both[0].details.distance
    assert distance is not None
    assert (distance.n, distance.moved.value) == (4, 0.375)


def test_without_anything_to_say_nothing_is_said(tmp_path: Path) -> None:
    found = summary(tmp_path, PAIR).details
    numbers = [getattr(found, name) for name in found.__slots__ if name != "length_unit"]
    assert numbers == [None] * len(numbers)


def test_reward_bench_one_is_known_by_its_subsets(tmp_path: Path) -> None:
    subsets = ("alpacaeval-easy", "alpacaeval-length", "alpacaeval-hard", "mt-bench-easy", "mt-bench-med")
    rows = [
        {"pair": f"{name}/{i}", "category": name, "chosen_score": i, "rejected_score": 0}
        for name in subsets
        for i in range(2)  # one tie, one right
    ]
    found = summary(tmp_path, {"schema": 1, "mode": "reward"}, *rows).details.rewardbench
    assert found is not None
    assert (found.version, found.sections["Chat"].value, found.sections["Chat"].n) == (1, 0.5, 10)
    assert math.isnan(found.total.value)


def test_reward_bench_two_takes_the_best_of_four_and_ties_by_their_numbers(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = []

    def task(name: str, category: str, correct: list[float], others: list[float]) -> None:
        for i, good in enumerate(correct):
            for j, bad in enumerate(others):
                rows.append(
                    {"pair": f"{name}/{i}{j}", "category": category, "task": name, "chosen_id": f"c{i}",
                     "rejected_id": f"r{j}", "chosen_score": good, "rejected_score": bad}
                )  # fmt: skip

    for category in ("Factuality", "Precise IF", "Math", "Safety", "Focus"):
        task(f"rb/{category}/1", category, [4.0], [1.0, 2.0, 4.0])
    task("rb/Ties/ref:7", "Ties", [9.0], [5.0, 4.0])
    task("rb/Ties/tied:7", "Ties", [8.0, 7.0, 7.5], [4.0, 3.0])
    found = summary(tmp_path, {"schema": 1, "mode": "reward"}, *rows).details.rewardbench
    assert found is not None
    assert (found.version, found.sections["Focus"].value, found.sections["Ties"].value) == (2, 0.5, 1.0)
    assert found.total.value == pytest.approx(3.5 / 6)


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"votes": []}, 'votes: {"GROUP": .* is expected, found'),
        ({"votes": {"g": {"up": 1}}}, "for g"),
        ({"votes": {"g": {"chosen": 1.5}}}, "whole numbers from 0 up are expected, found 1.5"),
        ({"votes": {"g": {"chosen": 3, "rejected": 1}}, "agreement": 0.5}, "agreement: 0.5 contradicts the votes"),
        ({"tied": "yes"}, "tied: true or false is expected"),
        ({"effect": "keep", "parent": "b"}, "effect: one of preserve, invert, new, tie"),
        ({"effect": "preserve"}, "parent: missing beside effect"),
        ({"operator": "pad"}, "parent: missing beside operator"),
        ({"task": "t"}, "chosen_id: missing beside task"),
        ({"chosen_id": "x", "rejected_id": "y"}, "task: missing beside chosen_id"),
        ({"task": "t", "chosen_id": "x", "rejected_id": "x"}, "rejected_id: the same as chosen_id"),
        ({"p_forward": 1.5}, "p_forward: a probability from 0 to 1"),
        ({"chosen_l2": -1, "rejected_l2": 1}, "chosen_l2: a number from 0 up"),
        ({"chosen_distance": 1}, "rejected_distance: missing beside chosen_distance"),
    ],
)
def test_fields_that_contradict_each_other_are_refused(tmp_path: Path, fields: dict[str, Any], complaint: str) -> None:
    with pytest.raises(BadInput, match=complaint):
        read_preferences(write(tmp_path / "pairs.jsonl", {**PAIR, **fields}))


def test_the_folder_of_a_run_stands_for_its_file(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=f"has no {PAIRS}"):
        read_preferences(tmp_path)
    write(tmp_path / PAIRS, PAIR)
    assert read_preferences(tmp_path).path.name == PAIRS
