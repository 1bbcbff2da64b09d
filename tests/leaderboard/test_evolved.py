"""Original against evolved: pairs, weights, operators, and what may be said of a drop."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from evalrun.leaderboard.evolved import ALL, build_evolutions
from evalrun.leaderboard.table import read_run
from evalrun.leaderboard.words import drop_sentence

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
