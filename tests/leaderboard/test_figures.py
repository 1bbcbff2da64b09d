"""The slope figure: fit to be inlined, repeatable, unmoved by hostile names."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import matplotlib as mpl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.leaderboard.evolved import ALL, Drop
from evalrun.leaderboard.metrics.churn import expected_flips
from evalrun.leaderboard.metrics.intervals import Interval, difference_interval, sign_flip_p
from evalrun.leaderboard.site.figures import move_apart, slope


def drop(label: str, original: float, evolved: float) -> Drop:
    change = original - evolved
    interval = Interval(change - 0.05, change + 0.05, "bootstrap", 50)
    return Drop(label, ALL, 50, 50, original, evolved, change, interval, expected_flips([]), 0.001, 0)


DROPS = [drop("memorizer", 1.0, 0.02), drop("$\\frac$ <b>x</b>\x00\u202e\ud800 模型", 0.8, 0.79), drop("up", 0.2, 0.4)]


def test_the_figure_is_labelled_has_ids_of_its_own_and_no_style() -> None:
    svg = slope(DROPS, name="evolution-1", title="core against <evolved>")
    root = ElementTree.fromstring(svg)

    ids = [element.get("id") for element in root.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    assert all(str(name).startswith("evolution-1-") for name in ids)
    assert root.get("role") == "img"
    assert root.get("aria-labelledby") == "evolution-1-title evolution-1-desc"
    assert [root[0].text, root[1].tag] == ["core against <evolved>", "desc"]
    assert "memorizer: 100.0 % to 2.0 % (beyond noise)." in str(root[1].text)
    assert not any(name in ("style", "xmlns") for element in root.iter() for name in element.attrib)
    assert {element.tag for element in root.iter()} <= {"svg", "title", "desc", "g", "path", "defs", "use", "text"}
    assert not re.search(r"#0102|http|<!--|font-family", svg)
    assert 'stroke="var(--orange)"' in svg
    texts = [element.text for element in root.iter("text")]
    assert "79.0 %  $\\frac$ <b>x</b>\\x00\\u202e\\ud800 模型" in texts


def test_every_reference_inside_the_figure_leads_to_an_id_in_it() -> None:
    svg = slope(DROPS, name="f", title="t")
    ids = set(re.findall(r'id="([^"]+)"', svg))
    assert set(re.findall(r'href="#([^"]+)"', svg)) | set(re.findall(r"url\(#([^)]+)\)", svg)) <= ids


def test_the_figure_is_the_same_bytes_each_time_whatever_the_users_own_settings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = slope(DROPS, name="f", title="t")
    monkeypatch.setitem(mpl.rcParams, "lines.markeredgewidth", 9.0)
    monkeypatch.setitem(mpl.rcParams, "font.size", 30.0)
    assert slope(DROPS, name="f", title="t") == first
    assert mpl.rcParams["font.size"] == 30.0


def test_only_the_largest_changes_are_drawn() -> None:
    many = [drop(f"model {i:02}", 0.9, 0.9 - i / 100) for i in range(40)]
    svg = slope(many, name="f", title="t")
    assert "model 39" in svg
    assert "model 05" not in svg


@given(st.lists(st.floats(0, 100), max_size=20))
def test_labels_keep_their_order_and_their_distance(positions: list[float]) -> None:
    wanted = sorted(positions, reverse=True)
    placed = move_apart(wanted, 4.0)
    assert all(upper - lower >= 4.0 - 1e-9 for upper, lower in pairwise(placed))
    assert all(place >= -2.0 for place in placed)


def test_labels_that_do_not_overlap_stay_where_they_are() -> None:
    assert move_apart([90.0, 50.0, 10.0], 5.0) == [90.0, 50.0, 10.0]


def test_no_file_is_written_by_drawing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    slope(DROPS, name="f", title="t")
    assert list(tmp_path.iterdir()) == []


def test_an_interval_alone_is_not_beyond_noise_where_the_test_says_chance() -> None:
    # Three of five roots fall: the bootstrap leaves out 0, yet chance alone gives that in one of four cases.
    roots, changes = list("abcde"), [1.0, 1.0, 1.0, 0.0, 0.0]
    interval, p = difference_interval(changes, roots), sign_flip_p(changes, roots)
    assert interval.low > 0
    assert p == 0.25
    assert not Drop("m", ALL, 5, 5, 0.6, 0.0, 0.6, interval, expected_flips([]), p, 0).beyond_noise
