"""Original against evolved: pairs, weights, operators, and what may be said of a drop."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from evalrun.leaderboard.boards.data import site_data
from evalrun.leaderboard.boards.evolved import ALL, build_evolutions
from evalrun.leaderboard.boards.field import Field
from evalrun.leaderboard.boards.words import drop_sentence
from evalrun.leaderboard.data import to_text
from evalrun.leaderboard.metrics.agreement import split_half
from evalrun.leaderboard.metrics.resampling import root_sums
from evalrun.leaderboard.records.table import RunTable, read_run

MakeRun = Callable[..., Path]

ROOTS = [f"r{i:02}" for i in range(30)]
CHILDREN = {f"{root}~{kind}": root for root in ROOTS for kind in ("a", "b")}
OPERATORS = {child: "rename" if child.endswith("a") else "compose_post" for child in CHILDREN}


def original(make_run: MakeRun, label: str, letter: str = "P", **settings: object) -> Path:
    return make_run(label, dict.fromkeys(ROOTS, letter), suite="core", **settings)


def evolved(make_run: MakeRun, label: str, letters: dict[str, str], **settings: object) -> Path:
    return make_run(label, letters, suite="core-evolved", roots=CHILDREN, operators=OPERATORS, **settings)


def test_a_memorizer_is_shown_to_collapse_and_a_solver_to_hold(make_run: MakeRun) -> None:
    folders = [
        original(make_run, "memorizer"),
        original(make_run, "solver"),
        evolved(make_run, "memorizer", dict.fromkeys(CHILDREN, "w")),
        evolved(make_run, "solver", dict.fromkeys(CHILDREN, "P")),
    ]
    (evolution,) = build_evolutions([read_run(folder) for folder in folders])
    collapse, hold = evolution.overall

    assert (collapse.label, collapse.original, collapse.evolved, collapse.drop) == ("memorizer", 1.0, 0.0, 1.0)
    assert collapse.interval.low > 0.8
    assert (collapse.pairs, collapse.roots, collapse.beyond_noise) == (60, 30, True)
    assert (collapse.flips.nfr, collapse.flips.pfr) == (1.0, 0.0)
    assert (hold.label, hold.drop, hold.beyond_noise, hold.p) == ("solver", 0.0, False, 1.0)
    assert drop_sentence(evolution) == (
        "memorizer falls from 100.0 % to 0.0 % on tasks evolved from core@1; "
        "the drop of the other model is within noise."
    )


def test_controls_are_no_field_for_models_but_are_set_against_one_another(make_run: MakeRun) -> None:
    def pair(label: str, letter: str) -> list[RunTable]:
        return [
            read_run(original(make_run, label)),
            read_run(evolved(make_run, label, dict.fromkeys(CHILDREN, letter))),
        ]

    controls = [*pair("memorizer", "w"), *pair("reference", "P")]
    model = pair("model", "P")
    (evolution,) = build_evolutions([*controls, *model], controls=["memorizer", "reference"])
    assert [drop.label for drop in evolution.overall] == ["model"]
    assert "left out, as control baselines: memorizer, reference." in evolution.notes
    (evolution,) = build_evolutions(controls, controls=["memorizer", "reference"])
    assert [drop.label for drop in evolution.overall] == ["memorizer", "reference"]


def test_each_operator_is_reported_beside_all_of_them(make_run: MakeRun) -> None:
    letters = {child: "w" if child.endswith("b") else "P" for child in CHILDREN}
    runs = [read_run(original(make_run, "m")), read_run(evolved(make_run, "m", letters))]
    (evolution,) = build_evolutions(runs)
    assert {drop.operator: drop.drop for drop in evolution.drops} == {ALL: 0.5, "compose_post": 1.0, "rename": 0.0}
    assert evolution.operators == ("compose_post", "rename")


def test_both_scores_are_means_over_the_same_pairs(make_run: MakeRun) -> None:
    roots = {"x~1": "x", "x~2": "x", "x~3": "x", "y~1": "y"}
    before = make_run("m", {"x": "P", "y": "w"}, suite="core")
    after = make_run("m", {"x~1": "P", "x~2": "w", "x~3": "P", "y~1": "P"}, suite="evolved", roots=roots)
    ((drop,),) = [one.drops for one in build_evolutions([read_run(before), read_run(after)])]
    assert (drop.original, drop.evolved) == (0.75, 0.75)
    assert (drop.flips.nfr, drop.flips.pfr) == (0.25, 0.25)


def test_pairs_with_an_unscored_side_are_left_out_aloud(make_run: MakeRun) -> None:
    letters: dict[str, str] = {**dict.fromkeys(CHILDREN, "P"), "r00~a": "i"}
    before = make_run("m", {**dict.fromkeys(ROOTS, "P"), "r01": "i"}, suite="core")
    (evolution,) = build_evolutions([read_run(before), read_run(evolved(make_run, "m", letters))])
    assert (evolution.overall[0].pairs, evolution.overall[0].left_out) == (57, 3)
    assert evolution.notes == ("m: 3 evolved tasks left out, a side without a scored sample.",)


def test_only_runs_of_one_label_are_paired(make_run: MakeRun) -> None:
    runs = [original(make_run, "one"), evolved(make_run, "other", dict.fromkeys(CHILDREN, "w"))]
    assert build_evolutions([read_run(run) for run in runs]) == []


def test_the_newest_of_several_runs_is_taken_and_other_settings_are_noted(make_run: MakeRun) -> None:
    old = original(make_run, "m", "w", created="2026-01-01T00:00:00Z")
    new = original(make_run, "m", "P", created="2026-02-01T00:00:00Z")
    hot = {"sampling": {"epochs": 1, "temperature": 0.8}}
    after = evolved(make_run, "m", dict.fromkeys(CHILDREN, "w"), manifest=hot)
    for order in ([old, new, after], [after, new, old]):
        (evolution,) = build_evolutions([read_run(run) for run in order])
        assert evolution.overall[0].original == 1.0
        assert len(evolution.notes) == 2
        assert "2 pairs of runs" in evolution.notes[0]
        assert "different settings" in evolution.notes[1]


def field(make_run: MakeRun, falls: dict[str, int], before: dict[str, int]) -> list[Path]:
    """Runs of several models: passed roots, the first of them, and evolved tasks of which so many roots more fail."""
    folders = []
    for label, passed in before.items():
        kept = passed - falls.get(label, 0)
        folders.append(make_run(label, {r: "P" if i < passed else "w" for i, r in enumerate(ROOTS)}, suite="core"))
        letters = {child: "P" if ROOTS.index(root) < kept else "w" for child, root in CHILDREN.items()}
        folders.append(evolved(make_run, label, letters))
    return folders


STRENGTHS = {"a": 28, "b": 24, "c": 20, "d": 16, "e": 12, "f": 8}


def test_models_that_all_fall_alike_keep_their_ranks_and_none_falls_for_itself(make_run: MakeRun) -> None:
    folders = field(make_run, dict.fromkeys(STRENGTHS, 4), STRENGTHS)
    (evolution,) = build_evolutions([read_run(folder) for folder in folders])
    agreement = evolution.agreement
    assert agreement is not None
    assert (agreement.tau, agreement.models, agreement.roots, agreement.tasks) == (1.0, 6, 30, 60)
    assert agreement.field == pytest.approx(4 / 30)
    assert not agreement.below_ceiling
    assert agreement.ceiling is not None
    assert (agreement.ceiling.roots, agreement.ceiling.matched) == (15, False)
    for drop in evolution.overall:
        standing = drop.standing
        assert standing is not None
        assert (standing.move, standing.moved, standing.excess.beyond_noise) == (0, False, False)
        assert standing.excess.excess == pytest.approx(0.0)
    assert drop_sentence(evolution).endswith("No model falls more than the others by more than chance.")
    assert "alike, within noise: tau 1.00" in drop_sentence(evolution)


def test_a_memorizer_among_solvers_falls_by_more_than_the_field_and_loses_its_rank(make_run: MakeRun) -> None:
    (evolution,) = build_evolutions([read_run(folder) for folder in field(make_run, {"a": 28}, STRENGTHS)])
    standings = {drop.label: drop.standing for drop in evolution.overall}
    memorizer = standings["a"]
    assert memorizer is not None
    assert (memorizer.rank_original, memorizer.rank_evolved, memorizer.move) == (1, 6, -5)
    assert memorizer.moved
    assert (memorizer.excess.field, memorizer.excess.excess) == (0.0, pytest.approx(28 / 30))
    for label in "bcdef":
        other = standings[label]
        assert other is not None
        assert (other.move, other.moved, other.excess.excess) == (1, False, 0.0)
    assert drop_sentence(evolution).endswith("a falls 93.3 points more than the field.")


def test_each_operator_has_an_agreement_and_excess_drops_of_its_own(make_run: MakeRun) -> None:
    folders = field(make_run, {"a": 28}, STRENGTHS)
    (evolution,) = build_evolutions([read_run(folder) for folder in folders])
    assert [one.operator for one in evolution.agreements] == [ALL, "compose_post", "rename"]
    assert [one.tasks for one in evolution.agreements] == [60, 30, 30]
    assert all(drop.standing is not None for drop in evolution.drops)


def test_the_roots_that_moved_most_come_first(make_run: MakeRun) -> None:
    letters = {child: "w" if child.startswith("r07") else "P" for child in CHILDREN}
    folders = [original(make_run, label) for label in "xy"] + [evolved(make_run, label, letters) for label in "xy"]
    (evolution,) = build_evolutions([read_run(folder) for folder in folders])
    first = evolution.root_moves[0]
    assert (first.root, first.tasks, first.original, first.evolved, first.fell, first.rose) == (
        "r07",
        2,
        1.0,
        0.0,
        2,
        0,
    )
    assert first.drop == 1.0
    assert first.excess == pytest.approx(1 - 1 / 30)
    assert len(evolution.root_moves) == 30


def test_a_model_with_a_pair_left_out_is_not_ranked_among_the_others(make_run: MakeRun) -> None:
    folders = field(make_run, {}, {"a": 20, "b": 10})
    part = [original(make_run, "part"), evolved(make_run, "part", {**dict.fromkeys(CHILDREN, "P"), "r00~a": "i"})]
    (evolution,) = build_evolutions([read_run(folder) for folder in [*folders, *part]])
    standing = {drop.label: drop.standing for drop in evolution.overall}
    assert standing["part"] is None
    assert standing["a"] is not None
    assert evolution.agreement is not None
    assert evolution.agreement.models == 2


def test_one_model_alone_agrees_with_nobody(make_run: MakeRun) -> None:
    runs = [original(make_run, "m"), evolved(make_run, "m", dict.fromkeys(CHILDREN, "P"))]
    (evolution,) = build_evolutions([read_run(run) for run in runs])
    assert evolution.agreements == ()
    assert evolution.overall[0].standing is None


def test_identical_models_do_not_move(make_run: MakeRun) -> None:
    folders = field(make_run, dict.fromkeys("abcde", 3), dict.fromkeys("abcde", 20))
    (evolution,) = build_evolutions([read_run(folder) for folder in folders])
    agreement = evolution.agreement
    assert agreement is not None
    assert math.isnan(agreement.tau)
    assert not agreement.below_ceiling
    for drop in evolution.overall:
        assert drop.standing is not None
        assert (drop.standing.rank_original, drop.standing.rank_evolved, drop.standing.moved) == (1, 1, False)
    assert "tau" not in drop_sentence(evolution)


def test_a_field_measured_together_has_the_intervals_of_each_model_alone(make_run: MakeRun) -> None:
    folders = field(make_run, {"a": 9, "b": 2}, {"a": 25, "b": 20})
    tables = [read_run(folder) for folder in folders]
    (both,) = build_evolutions(tables)
    for label, pair in (("a", tables[:2]), ("b", tables[2:])):
        (alone,) = build_evolutions(pair)
        together = next(drop for drop in both.overall if drop.label == label)
        assert together.interval.low == pytest.approx(alone.overall[0].interval.low)
        assert together.interval.high == pytest.approx(alone.overall[0].interval.high)
        assert together.p == pytest.approx(alone.overall[0].p)


def test_near_ties_that_swap_by_chance_get_no_arrow() -> None:
    """Twelve models of one strength, drawn anew on both sides: their ranks are shuffled, and none is said to move."""
    arrows = asked = 0
    for trial in range(10):
        generator = np.random.default_rng(trial)
        before, after = ((generator.random((12, 100)) < 0.6).astype(float) for _ in range(2))
        roots = tuple(f"r{i:03}" for i in range(100))
        labels = tuple("abcdefghijkl")
        one = Field(labels, before, after, roots, root_sums(before, roots), seed=trial)
        found = one.standings(split_half(one.suite, size=100, splits=500, seed=trial))
        arrows += sum(standing.moved for standing in found.values())
        asked += sum(standing.move != 0 for standing in found.values())
    assert asked > 75
    assert arrows <= 2


def drawn_field(trial: int, skills: np.ndarray, evolved_skills: np.ndarray) -> Field:
    """Twelve models on 120 roots and on one evolved task of each, as hard as its root but with luck of its own."""
    generator = np.random.default_rng(trial)
    hardness = generator.normal(0, 1.5, 120)[None, :]
    before, after = (
        generator.binomial(1, 1 / (1 + np.exp(hardness - side[:, None]))).astype(float)
        for side in (skills, evolved_skills)
    )
    roots = tuple(f"r{i:03}" for i in range(120))
    return Field(tuple("abcdefghijkl"), before, after, roots, root_sums(before, roots), seed=trial)


def below_ceiling(one: Field) -> bool:
    agreement = one.agreement(ALL, split_half(one.suite, size=120, splits=200, seed=one.seed))
    assert agreement is not None
    return agreement.below_ceiling


def test_rankings_that_differ_by_luck_alone_are_seldom_below_the_ceiling_and_turned_ones_are() -> None:
    skills = np.linspace(0, 2, 12)
    alike = sum(below_ceiling(drawn_field(trial, skills, skills)) for trial in range(20))
    turned = sum(below_ceiling(drawn_field(trial, skills, skills[::-1])) for trial in range(5))
    assert alike <= 2
    assert turned == 5


def test_the_data_of_an_evolution_hold_every_number(make_run: MakeRun) -> None:
    (evolution,) = build_evolutions([read_run(folder) for folder in field(make_run, {"a": 28}, STRENGTHS)])
    data = json.loads(to_text(site_data("t", [], [evolution], [], 0)))["evolutions"][0]
    assert data["agreements"][0]["tau_b"] == pytest.approx(1 / 3)
    assert data["agreements"][0]["pairs"]["discordant"] == 5
    assert data["agreements"][0]["ceiling"]["roots_of_each_part"] == 15
    assert data["drops"][0]["among_the_others"]["move"] == -5
    assert data["drops"][0]["among_the_others"]["move_beyond_noise"] is True
    assert len(data["roots"]) == 30
