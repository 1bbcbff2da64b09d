"""All figures: fit to be inlined, repeatable, unmoved by hostile names, and no label on another."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import matplotlib as mpl
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.leaderboard.boards.board import Board, build_boards
from evalrun.leaderboard.boards.evolved import ALL, Drop
from evalrun.leaderboard.boards.field import Standing
from evalrun.leaderboard.metrics.churn import expected_flips
from evalrun.leaderboard.metrics.drops import Excess
from evalrun.leaderboard.metrics.intervals import UNDEFINED, Interval, difference_interval, sign_flip_p, wilson
from evalrun.leaderboard.records.table import read_run
from evalrun.leaderboard.site.figures import (
    Drawing,
    flips_mosaic,
    forest,
    move_apart,
    pass_at_k_curves,
    preference_bars,
    significance,
    slope,
    solve_histogram,
)
from evalrun.leaderboard.site.figures.curves import Curve, draw_curves
from evalrun.leaderboard.site.figures.excess import Fall, draw_excess
from evalrun.leaderboard.site.figures.histogram import bin_rates
from evalrun.leaderboard.site.figures.pareto import Point, draw_pareto
from evalrun.leaderboard.site.figures.preferences import Bar
from evalrun.leaderboard.site.figures.scatter import Place, draw_scatter
from evalrun.leaderboard.site.figures.significance import draw_significance
from evalrun.leaderboard.site.figures.tau import Line, draw_tau
from evalrun.leaderboard.updates.comparison import compare_runs

from .conftest import writer_of_runs
from .svg_text import outside, overlapping

HOSTILE = "$\\frac$ <b>x</b>\x00\u202e\ud800 模型"
NAMES = ("memorizer", HOSTILE, "a model of a name that is far too long for any figure to hold it whole")


def names(count: int) -> list[str]:
    """As many names, some of them awkward."""
    return [NAMES[i] if i < len(NAMES) else f"Model {i} of {7 * i} billion" for i in range(count)]


def drop(label: str, original: float, evolved: float, standing: Standing | None = None) -> Drop:
    change = original - evolved
    interval = Interval(change - 0.05, change + 0.05, "bootstrap", 50)
    return Drop(label, ALL, 50, 50, original, evolved, change, interval, expected_flips([]), 0.001, 0, standing)


def around(value: float, half: float = 0.06) -> Interval:
    return Interval(value - half, value + half, "bootstrap", 50)


def draw(kind: str, count: int, seed: int = 0) -> Drawing | None:
    """A figure of ``count`` models whose numbers are drawn from a seed."""
    random = np.random.default_rng(seed)
    labels = names(count)
    scores = sorted(random.uniform(0.2, 0.95, count).tolist(), reverse=True)
    others = [min(0.98, max(0.02, score - random.uniform(-0.05, 0.4))) for score in scores]
    if kind == "slope":
        drops = [drop(*values) for values in zip(labels, scores, others, strict=True)]
        return slope(drops, name="f", title="core against <evolved>")
    if kind == "scatter":
        places = [
            Place(label, score, other, int(random.integers(-1, 2)))
            for label, score, other in zip(labels, scores, others, strict=True)
        ]
        return draw_scatter(places, field=0.1, noise=0.08, name="f", title="core against <evolved>")
    if kind == "excess":
        falls = [
            Fall(label, other - 0.5, around(other - 0.5), i % 3 == 0)
            for i, (label, other) in enumerate(zip(labels, others, strict=True))
        ]
        return draw_excess(falls, name="f", title="core against <evolved>")
    if kind == "tau":
        lines = [
            Line(label, other, around(other, 0.1), 0.8, around(0.8, 0.1), other < 0.7)
            for label, other in zip(labels, others, strict=True)
        ]
        return draw_tau(lines, name="f", title="core against <evolved>")
    if kind == "pareto":
        costs = np.exp(random.uniform(0, 6, count)).tolist()
        points = [
            Point(label, cost, score, around(score)) for label, cost, score in zip(labels, costs, scores, strict=True)
        ]
        return draw_pareto(points, name="f", title="core against <evolved>", unit="tokens", axis="tokens")
    if kind == "curves":
        ks = (1, 2, 5, 10)
        curves = [
            Curve(
                label, ks, tuple(1 - (1 - score) ** (1 + 0.3 * i) for i in range(4)), tuple(around(score) for _ in ks)
            )
            for label, score in zip(labels, scores, strict=True)
        ]
        return draw_curves(curves[:8], name="f", title="core against <evolved>")
    if kind == "significance":
        better = [[scores[i] - scores[j] > 0.15 for j in range(count)] for i in range(count)]
        return draw_significance(labels, scores, better, name="f", title="core against <evolved>")
    bars = [
        Bar(label, other, 0.0, 1 - other, other, around(other), i % 4 == 3)
        for i, (label, other) in enumerate(zip(labels, others, strict=True))
    ]
    return preference_bars(bars, name="f", title="core against <evolved>", caption="c")


KINDS = ("slope", "scatter", "excess", "tau", "pareto", "curves", "significance", "preferences")


@pytest.mark.parametrize("kind", KINDS)
def test_a_figure_is_labelled_has_ids_of_its_own_and_no_style(kind: str) -> None:
    drawing = draw(kind, 5)
    assert drawing is not None
    svg = drawing.svg
    root = ElementTree.fromstring(svg)

    ids = [str(element.get("id")) for element in root.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    assert all(name.startswith("f-") for name in ids)
    assert root.get("role") == "img"
    assert root.get("aria-labelledby") == "f-title f-desc"
    assert [root[0].text, root[1].tag] == ["core against <evolved>", "desc"]
    assert "memorizer" in str(root[1].text)
    assert not any(name in ("style", "xmlns") or name.startswith("on") for each in root.iter() for name in each.attrib)
    assert {element.tag for element in root.iter()} <= {
        "svg",
        "title",
        "desc",
        "g",
        "path",
        "defs",
        "use",
        "text",
        "clipPath",
        "rect",
    }
    assert not re.search(r"#010[234]0|http|<!--|font-family", svg)
    assert set(re.findall(r'href="#([^"]+)"', svg)) | set(re.findall(r"url\(#([^)]+)\)", svg)) <= set(ids)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("count", [2, 12, 100])
def test_no_label_lies_on_another_or_is_cut_by_the_edge(kind: str, count: int) -> None:
    drawing = draw(kind, count, seed=count)
    assert drawing is not None
    assert overlapping(drawing.svg) == []
    assert outside(drawing.svg) == []
    assert len(drawing.svg) < 60_000


@pytest.mark.parametrize("kind", KINDS)
def test_untrusted_names_are_visible_text_and_never_formulas(kind: str) -> None:
    drawing = draw(kind, 5)
    assert drawing is not None
    said = drawing.svg + drawing.caption + repr(drawing.rows)
    assert "$\\frac$ &lt;b&gt;x&lt;/b&gt;\\x00\\u202e\\ud800 模型" in drawing.svg
    assert not re.search("[\x00-\x08\u202e\ud800]", said)


@pytest.mark.parametrize("kind", KINDS)
def test_a_figure_is_the_same_bytes_each_time_whatever_the_users_own_settings(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = draw(kind, 6)
    monkeypatch.setitem(mpl.rcParams, "lines.markeredgewidth", 9.0)
    monkeypatch.setitem(mpl.rcParams, "font.size", 30.0)
    assert draw(kind, 6) == first
    assert mpl.rcParams["font.size"] == 30.0


def test_no_file_is_written_by_drawing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    draw("slope", 4)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", ["scatter", "excess", "pareto", "significance"])
def test_one_model_alone_is_no_figure(kind: str) -> None:
    assert draw(kind, 1) is None


def test_a_slope_draws_only_those_that_say_most() -> None:
    many = [drop(f"model {i:02}", 0.9, 0.9 - i / 100) for i in range(40)]
    drawing = slope(many, name="f", title="t")
    assert drawing is not None
    assert "model 39" in drawing.svg
    assert "model 05" not in drawing.svg
    assert "20 models in the middle of the field not drawn" in drawing.caption


def test_a_slope_with_a_field_colours_who_leaves_it_not_who_falls_with_it() -> None:
    with_field = Standing(1, 1, 1.0, Excess(0.2, 0.0, around(0.0), 0.9))
    leaves = Standing(2, 2, 1.0, Excess(0.2, 0.3, around(0.3), 0.001))
    alone = [drop("one", 0.9, 0.7), drop("two", 0.8, 0.3)]
    together = [drop("one", 0.9, 0.7, with_field), drop("two", 0.8, 0.3, leaves)]
    apart, joint = slope(alone, name="f", title="t"), slope(together, name="f", title="t")
    assert apart is not None
    assert joint is not None
    assert (apart.svg.count('stroke-width="2.4"'), joint.svg.count('stroke-width="2.4"')) == (2, 1)
    assert apart.caption.startswith("2 of 2 models fall and 0 rise by more than chance explains.")
    assert joint.caption.startswith("1 of 2 models falls more than the field and 0 less, beyond noise.")


def test_a_matrix_says_in_words_whom_each_model_is_better_than() -> None:
    better = [[False, True, True], [False, False, True], [False, False, False]]
    drawing = draw_significance(["a", "b", "c"], [0.9, 0.8, 0.2], better, name="f", title="t")
    assert drawing is not None
    assert drawing.rows == (("a", "2", "0", "0"), ("b", "1", "0", "1"), ("c", "0", "0", "2"))
    assert drawing.caption.startswith("3 of 3 pairs can be told apart, 2 of 2 neighbours in rank.")
    assert "a: better than 2, not separable from 0, worse than 0." in drawing.svg


def test_a_matrix_of_models_that_are_alike_has_no_coloured_cell() -> None:
    drawing = draw_significance(["a", "b", "c"], [0.5] * 3, [[False] * 3] * 3, name="f", title="t")
    assert drawing is not None
    assert "tint" not in drawing.svg
    assert drawing.caption.startswith("0 of 3 pairs can be told apart")


def test_better_and_worse_differ_in_shape_where_numbers_have_no_room() -> None:
    count = 30
    better = [[i < j for j in range(count)] for i in range(count)]
    drawing = draw_significance(names(count), [1 - i / 100 for i in range(count)], better, name="f", title="t")
    assert drawing is not None
    paths = {
        colour: re.search(rf'<path d="M ([\d. MLz]+)"[^>]* fill="var\(--{colour}\)"', drawing.svg)
        for colour in ("blue", "orange")
    }
    heights = {}
    for colour, found in paths.items():
        assert found is not None
        ys = [float(y) for y in re.findall(r"[\d.]+ ([\d.]+)", found.group(1).split("z")[0])]
        heights[colour] = max(ys) - min(ys)
    assert heights["orange"] < 0.6 * heights["blue"]


def test_a_tau_below_its_ceiling_is_named_and_one_within_it_is_not() -> None:
    band = Interval(0.7, 0.9, "none", 50)
    lines = [Line("rename", 0.85, UNDEFINED, 0.8, band, False), Line("combine", 0.5, around(0.5), 0.8, band, True)]
    drawing = draw_tau(lines, name="f", title="t")
    assert drawing is not None
    assert drawing.caption.startswith("The ranking changes by more than re-drawing tasks explains: combine.")
    assert drawing.rows[0] == ("rename", "0.85", "—", "0.80", "[0.70, 0.90]")


def test_without_a_ceiling_nothing_is_claimed_of_the_ranking() -> None:
    drawing = draw_tau([Line("all", 0.3, UNDEFINED, float("nan"), UNDEFINED, False)], name="f", title="t")
    assert drawing is not None
    assert drawing.caption.startswith("Too few tasks to say how well the original would agree with itself.")


def test_nobody_leaving_the_field_is_said_so() -> None:
    drawing = draw_excess([Fall(name, 0.01, around(0.01), False) for name in "abc"], name="f", title="t")
    assert drawing is not None
    assert drawing.caption.startswith("No model falls more than the field beyond noise. None fall less.")
    assert "orange" not in drawing.svg


def test_a_cost_of_nothing_known_is_on_no_frontier() -> None:
    points = [Point("cheap", 1.0, 0.5, wilson(5, 10)), Point("dear", 10.0, 0.8, wilson(8, 10))]
    unknown = Point("unknown", float("nan"), 0.99, wilson(99, 100))
    with_unknown = draw_pareto([*points, unknown], name="f", title="t", unit="tokens", axis="tokens", hidden=1)
    assert with_unknown is not None
    assert "unknown" not in with_unknown.svg
    assert [row[3] for row in with_unknown.rows] == ["yes", "yes"]
    assert "1 model is left out: what they cost is not recorded." in with_unknown.caption


def test_solve_rates_of_nought_and_one_have_bars_of_their_own() -> None:
    assert bin_rates([0.0, 0.0, 0.05, 0.1, 0.3, 0.999, 1.0]) == [2, 1, 1, 0, 1, 0, 0, 0, 0, 0, 1, 1]
    third = [1 / 3 + 1 / 3 + 1 / 3]
    assert bin_rates(third)[-1] == 1


def board_of(tmp_path: Path, models: int, samples: int = 1) -> Board:
    """A board of models of falling skill on twelve tasks; the first task is solved by nobody, the last by all."""
    make = writer_of_runs(tmp_path)
    tasks = [f"t{i:02}" for i in range(12)]
    random = np.random.default_rng(models)
    runs = []
    for number, label in enumerate(names(models)):
        chance = 0.9 - 0.8 * number / models
        letters = {task: "".join("P" if draw < chance else "w" for draw in random.random(samples)) for task in tasks}
        runs.append(read_run(make(label, letters | {"t00": "w" * samples, "t11": "P" * samples})))
    (board,) = build_boards(runs)
    return board


@pytest.mark.parametrize("models", [2, 12, 50])
def test_the_figures_of_a_board_and_an_update_keep_their_labels_apart(tmp_path: Path, models: int) -> None:
    board = board_of(tmp_path, models, samples=2)
    update = compare_runs(board.ranked[0].run, board.ranked[-1].run)
    drawn = [forest(board, name="f"), solve_histogram(board, name="f"), flips_mosaic(update, name="f")]
    for drawing in [*drawn, significance(board, name="f"), pass_at_k_curves(board, name="f")]:
        assert drawing is not None
        assert overlapping(drawing.svg) == []
        assert outside(drawing.svg) == []
        assert len(drawing.svg) < 40_000


def test_a_forest_fills_those_that_cannot_be_told_from_the_leader(tmp_path: Path) -> None:
    board = board_of(tmp_path, 12)
    drawing = forest(board, name="f")
    assert drawing is not None
    near = sum(row.separable is not True for row in board.ranked)
    assert drawing.svg.count("not separable from the leader.") == near - 1
    assert drawing.svg.count('stroke="var(--blue)" stroke-width="2"') == near
    assert drawing.svg.count('stroke="var(--quiet)" stroke-width="2"') == 12 - near


def test_a_forest_of_many_says_how_many_it_leaves_out(tmp_path: Path) -> None:
    drawing = forest(board_of(tmp_path, 50), name="f")
    assert drawing is not None
    assert drawing.caption.endswith("The first 40 are drawn; 10 more are in the table.")


def test_a_histogram_counts_tasks_that_tell_no_models_apart(tmp_path: Path) -> None:
    drawing = solve_histogram(board_of(tmp_path, 12), name="f")
    assert drawing is not None
    assert drawing.caption.startswith("1 of 12 tasks no model ever solves (orange), 1 all models always solve (grey)")


def test_a_mosaic_has_areas_in_proportion_to_what_happened(tmp_path: Path) -> None:
    make = writer_of_runs(tmp_path)
    tasks = [f"t{i}" for i in range(10)]
    old, new = (
        read_run(make(label, dict(zip(tasks, letters, strict=True))))
        for label, letters in (("old", "PPPPPPwwww"), ("new", "PPPPwwPwww"))
    )
    svg = flips_mosaic(compare_runs(old, new), name="f").svg
    areas = {}
    for corners, colour in re.findall(r'<path d="M ([^"]+) z"[^>]* fill="var\(--([a-z-]+)\)"', svg):
        points = [tuple(map(float, point.split())) for point in corners.split(" L ")]
        xs, ys = zip(*points, strict=True)
        # 3 points of every side are the gap between cells.
        areas[colour] = (max(xs) - min(xs) + 3) * (max(ys) - min(ys) + 3) / 200**2
    assert areas == {
        "green-tint": pytest.approx(0.4, abs=0.01),
        "orange": pytest.approx(0.2, abs=0.01),
        "green": pytest.approx(0.1, abs=0.01),
        "grey-tint": pytest.approx(0.3, abs=0.01),
    }
    for text in ("4 (40.0 %)", "2 (20.0 %)", "1 (10.0 %)", "3 (30.0 %)"):
        assert text in svg


@given(st.lists(st.floats(0, 100), max_size=20))
def test_labels_keep_their_order_and_their_distance(positions: list[float]) -> None:
    wanted = sorted(positions, reverse=True)
    placed = move_apart(wanted, 4.0)
    assert all(upper - lower >= 4.0 - 1e-9 for upper, lower in pairwise(placed))
    assert all(place >= -2.0 for place in placed)


@given(st.lists(st.floats(0, 100), max_size=20))
def test_labels_stay_between_both_ends_where_there_is_room(positions: list[float]) -> None:
    placed = move_apart(sorted(positions, reverse=True), 4.0, low=0.0, high=100.0)
    assert all(upper - lower >= 4.0 - 1e-9 for upper, lower in pairwise(placed))
    assert all(-1e-9 <= place <= 100.0 + 1e-9 for place in placed)


def test_labels_that_do_not_overlap_stay_where_they_are() -> None:
    assert move_apart([90.0, 50.0, 10.0], 5.0) == [90.0, 50.0, 10.0]


def test_labels_of_one_place_are_a_stack_around_it() -> None:
    assert move_apart([50.0, 50.0, 50.0], 4.0) == [54.0, 50.0, 46.0]


def test_an_interval_alone_is_not_beyond_noise_where_the_test_says_chance() -> None:
    # Three of five roots fall: the bootstrap leaves out 0, yet chance alone gives that in one of four cases.
    roots, changes = list("abcde"), [1.0, 1.0, 1.0, 0.0, 0.0]
    interval, p = difference_interval(changes, roots), sign_flip_p(changes, roots)
    assert interval.low > 0
    assert p == 0.25
    assert not Drop("m", ALL, 5, 5, 0.6, 0.0, 0.6, interval, expected_flips([]), p, 0).beyond_noise
