"""Compare any two: the page's numbers are Python's, for whatever pair; without scripts the neighbours stand there."""

from __future__ import annotations

import csv
import gzip
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evalrun.benchmarks.errors import BadInput
from evalrun.leaderboard.boards.board import Board, build_boards
from evalrun.leaderboard.boards.pairs import neighbours, pair_of
from evalrun.leaderboard.records.table import read_run
from evalrun.leaderboard.site.build import PARTS
from evalrun.leaderboard.site.matrix import board_id, run_ids
from evalrun.leaderboard.site.names import Names
from evalrun.leaderboard.site.render import part
from evalrun.leaderboard.updates.comparison import compare_runs
from evalrun.leaderboard.words import p_value, percent, points

from .browser import Browser
from .small_suite import Elements, publish

MakeRun = Callable[..., Path]


def letters(rng: random.Random, rate: float, epochs: int, owing: float) -> str:
    return "".join("i" if rng.random() < owing else "P" if rng.random() < rate else "w" for _ in range(epochs))


def some_runs(
    make_run: MakeRun, suite: str, tasks: int, models: int, epochs: int, *, owing: float = 0.0, family: int = 1
) -> list[Path]:
    """Runs of made-up outcomes; ``family`` tasks come from each root."""
    rng = random.Random(f"{suite} {tasks} {epochs}")
    names = [f"{suite}/{i:03d}" for i in range(tasks)]
    roots = {name: names[i - i % family] for i, name in enumerate(names) if i % family}
    return [
        make_run(
            f"{suite} m{m}",
            {name: letters(rng, 0.2 + 0.6 * m / models, epochs, owing) for name in names},
            suite=suite,
            roots=roots,
        )
        for m in range(models)
    ]


def test_a_pair_has_the_numbers_of_a_whole_comparison(make_run: MakeRun) -> None:
    for suite, epochs, owing, family in (("one", 1, 0.0, 1), ("many", 3, 0.1, 1), ("kin", 1, 0.0, 2)):
        runs = [read_run(path) for path in some_runs(make_run, suite, 20, 2, epochs, owing=owing, family=family)]
        pair, whole = pair_of(*runs), compare_runs(*runs)
        assert pair.rates == whole.rates
        assert pair.flips == whole.flips
        assert pair.net == whole.net
        assert pair.left_out == whole.left_out.total
        assert pair.p == (whole.p if whole.test == "exact McNemar" else None)


def test_neighbours_are_the_ranked_runs_each_against_the_next_better_one(make_run: MakeRun, tmp_path: Path) -> None:
    runs = [
        make_run("a", {"x": "P", "y": "P"}),
        make_run("b", {"x": "P", "y": "w"}),
        make_run("c", {"x": "w", "y": "w"}),
    ]
    runs.append(make_run("owing", {"x": "P", "y": "i"}))
    (board,) = build_boards([read_run(path) for path in runs])
    assert [(one.pair.old.label, one.pair.new.label) for one in neighbours(board)] == [("b", "a"), ("c", "b")]

    site = publish(tmp_path / "site", runs)
    rows = list(csv.DictReader((site / "data" / "neighbours.csv").read_text(encoding="utf-8").splitlines()))
    assert [(row["old"], row["new"], row["broken"], row["fixed"], row["mcnemar_p"]) for row in rows] == [
        ("b", "a", "0", "1", "1.0"),
        ("c", "b", "0", "1", "1.0"),
    ]
    words = Elements((site / "compare.html").read_text(encoding="utf-8")).words()
    assert "needs JavaScript" in words
    assert "b → a +50.0 within noise 0.0 % (0) 50.0 % (1) p = 1.00" in words


def test_there_is_no_such_page_where_no_board_has_two_runs(make_run: MakeRun, tmp_path: Path) -> None:
    site = publish(tmp_path / "site", [make_run("a", {"x": "P"}), make_run("b", {"y": "P"})])
    assert not (site / "compare.html").exists()
    assert not (site / "data" / "matrix.js").exists()


def test_the_matrix_is_one_call_with_one_text_and_one_character_a_cell(make_run: MakeRun, tmp_path: Path) -> None:
    runs = [make_run("a", {"x": "PPP", "y": "Pwi", "z": "---"}), make_run("b", {"x": "Pww", "y": "www", "z": "PPP"})]
    site = publish(tmp_path / "site", runs)
    text = (site / "data" / "matrix.js").read_text(encoding="ascii")
    (board,) = json.loads(json.loads(text.removeprefix("evalrunMatrix(").removesuffix(");\n")))
    assert board["n"] == "333"
    assert {run["label"]: (run["cells"], run["odd"]) for run in board["runs"]} == {
        "a": ("3! ", {"1": [1, 2]}),
        "b": ("103", {}),
    }
    assert board["roots"] is None


def test_the_scripts_of_the_site_are_small_together() -> None:
    scripts = b"".join(part(name).content for name in PARTS if name.endswith(".js"))
    assert len(gzip.compress(scripts, 9)) < 4000


# --- in a browser ---

READ = """(() => ({
  cells: [...document.querySelectorAll('[data-cell]')].map((one) => one.textContent),
  verdict: document.getElementById('verdict').textContent,
  about: document.getElementById('about').textContent,
  broken: [...document.querySelectorAll('#moved0 li')].map((one) => one.textContent),
  fixed: [...document.querySelectorAll('#moved1 li')].map((one) => one.textContent),
}))()"""


def expected(board: Board, first: int, second: int) -> dict[str, Any]:
    """What the page must show of two rows of a board, from Python's own comparison."""
    old, new = board.rows[first].run, board.rows[second].run
    whole = compare_runs(old, new)
    rates, flips = whole.rates, whole.flips
    both = [(old.counts[t].rate, new.counts[t].rate) for t in old.counts if old.counts[t].n and new.counts[t].n]
    shares = [
        sum(p * q for p, q in both) / len(both),
        rates.nfr,
        rates.pfr,
        sum((1 - p) * (1 - q) for p, q in both) / len(both),
    ]
    counts = [] if flips is None else [flips.both, flips.negative, flips.positive, flips.neither]
    cells = [percent(share) + (f" ({counts[i]})" if counts else "") for i, share in enumerate(shares)]
    reading = ""
    if whole.test == "exact McNemar":
        chance = ", more than chance explains" if whole.p < 0.05 else ", which could be chance"
        reading = f"{chance} (exact McNemar, {p_value(whole.p)})"
    elif board.separation is not None and max(first, second) < len(board.ranked):
        p = float(board.separation.p[first, second])
        chance = ", more than chance explains" if p < 0.05 else ", which could be chance"
        reading = f"{chance} ({board.test}, adjusted for all pairs, {p_value(p)})"
    noise = ""
    if rates.floor_tasks:
        noise = f" Sampling alone would break {percent(rates.noise_floor)}."
    return {
        "cells": cells,
        "verdict": f"{len(whole.broken)} broken, {len(whole.fixed)} fixed: {percent(rates.old_rate)} → "
        f"{percent(rates.new_rate)}, {points(whole.net)} points{reading}.",
        "about": f"{whole.tasks} tasks compared, {whole.left_out.total} left out.{noise}",
        "broken": [f"{c.task} {c.old.passed}/{c.old.n} → {c.new.passed}/{c.new.n}" for c in whole.broken],
        "fixed": [f"{c.task} {c.old.passed}/{c.old.n} → {c.new.passed}/{c.new.n}" for c in whole.fixed],
    }


def pick(browser: Browser, board: str, old: str, new: str) -> dict[str, Any]:
    """Choose a pair as a reader does, and read what the page says."""
    chosen = {"on": board, "a": old, "b": new}
    choose = "(id, value) => {{ const pick = document.getElementById(id); pick.value = value; {} }}".format(
        "pick.dispatchEvent(new Event('change', { bubbles: true }))"
    )
    for name, value in chosen.items():
        browser.js(f"({choose})({json.dumps(name)}, {json.dumps(value)})")
    shown: dict[str, Any] = browser.js(READ)
    return shown


@pytest.mark.browser
def test_the_page_shows_pythons_numbers_for_random_pairs(browser: Browser, make_run: MakeRun, tmp_path: Path) -> None:
    paths: list[Path] = []
    paths += some_runs(make_run, "single", 64, 5, 1)
    paths += some_runs(make_run, "few", 16, 4, 1)
    paths += some_runs(make_run, "several", 40, 4, 4)
    paths += some_runs(make_run, "owing", 30, 4, 3, owing=0.5)
    paths += some_runs(make_run, "kin", 24, 4, 1, family=3)
    runs = [read_run(path) for path in paths]
    boards = build_boards(runs)
    names = Names(sorted({run.label for run in runs}), [])
    site = publish(tmp_path / "site", paths)
    browser.open(site / "compare.html")

    rng = random.Random(0)
    checked = 0
    for board in boards:
        ids = run_ids(board, names)
        for _ in range(8):
            old, new = rng.sample(range(len(ids)), 2)
            try:
                wanted = expected(board, old, new)
            except BadInput:  # nothing in common that both have scored
                continue
            assert pick(browser, board_id(board), ids[old], ids[new]) == wanted, (board.suite, old, new)
            checked += 1
    assert checked >= 36
    assert browser.complaints() == []
    assert all(url.startswith(("file://", "data:")) for url in browser.requests())


@pytest.mark.browser
def test_halves_are_rounded_as_python_rounds_them(browser: Browser, make_run: MakeRun, tmp_path: Path) -> None:
    # 5 of 400 broken: 1.25 %, p = 0.0625; 3 of 400: 0.75 %, p = 0.25.
    base = {f"t{i:03d}": "P" for i in range(400)}
    paths = [make_run("whole", base)]
    paths += [make_run(f"less {n}", {t: "w" if i < n else "P" for i, t in enumerate(base)}) for n in (1, 2, 3, 5, 6)]
    runs = [read_run(path) for path in paths]
    (board,) = build_boards(runs)
    ids = run_ids(board, Names(sorted(run.label for run in runs), []))
    site = publish(tmp_path / "site", paths)
    browser.open(site / "compare.html")
    for place in range(1, len(ids)):
        shown = pick(browser, board_id(board), ids[0], ids[place])
        assert shown == expected(board, 0, place)


@pytest.mark.browser
def test_a_permalink_opens_its_pair_and_the_address_follows_the_choice(
    browser: Browser, make_run: MakeRun, tmp_path: Path
) -> None:
    site = publish(tmp_path / "site", some_runs(make_run, "single", 12, 3, 1))
    link = next(
        str(attributes["href"])
        for tag, attributes in Elements((site / "compare.html").read_text(encoding="utf-8")).elements
        if tag == "a" and str(attributes.get("href")).startswith("#on=")
    )
    browser.open(site / "compare.html")
    browser.js(f"location.hash = {json.dumps(link)}; new Promise((done) => setTimeout(done, 800))")
    first = browser.js("location.hash")
    assert first == link
    before = browser.js(READ)
    browser.js("document.getElementById('swap').click()")
    after = browser.js(READ)
    assert after["broken"] == [one.replace("0/1 → 1/1", "1/1 → 0/1") for one in before["fixed"]]
    assert browser.js("location.hash") != first
    assert browser.complaints() == []
