"""Original against evolved: said against the field and the ceiling, and nothing claimed that noise explains."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from evalrun.harness.cli import main
from evalrun.leaderboard.boards.evolved import build_evolutions
from evalrun.leaderboard.boards.moved import moved_tasks
from evalrun.leaderboard.records.table import read_run

from .conftest import writer_of_runs
from .page_words import words

MakeRun = Callable[..., Path]
ROOTS = [f"t{i:02}" for i in range(40)]


def make_sides(
    make_run: MakeRun, label: str, skill: float, *, memory: bool = False, operators: bool = True, seed: str = ""
) -> list[Path]:
    """A run on the roots and one on two evolved tasks of each; with memory every root is right, whatever the skill."""
    luck = random.Random(label + seed)
    roots = {f"{root}~{kind}": root for root in ROOTS for kind in ("rename", "harder")}
    kinds = {task: task.split("~")[1] for task in roots} if operators else {}
    original = {root: "P" if memory or luck.random() < skill else "w" for root in ROOTS}
    evolved = {
        task: "P" if luck.random() < (skill if kinds.get(task) != "harder" else 0.7 * skill) else "w" for task in roots
    }
    return [
        make_run(label, original, suite="core"),
        make_run(label, evolved, suite="core-evolved", roots=roots, operators=kinds),
    ]


def build(tmp_path: Path, runs: list[Path]) -> Path:
    folder = tmp_path / "site"
    assert main(["leaderboard", *map(str, runs), "-o", str(folder), "-q"]) == 0
    return folder


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Five models of falling skill and one that knows the roots by heart."""
    make_run = writer_of_runs(tmp_path_factory.mktemp("runs"))
    skills = {"able": 0.9, "good": 0.8, "fair": 0.6, "poor": 0.4, "weak": 0.3}
    found = [run for label, skill in skills.items() for run in make_sides(make_run, label, skill)]
    return found + make_sides(make_run, "memorizer", 0.1, memory=True)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, runs: list[Path]) -> Path:
    return build(tmp_path_factory.mktemp("made"), runs)


@pytest.fixture(scope="module")
def page(site: Path) -> str:
    return (site / "evolved.html").read_text(encoding="utf-8")


def test_a_model_that_falls_more_than_the_field_is_named_and_the_others_are_not(page: str) -> None:
    text = words(page)
    assert "memorizer falls" in text
    assert "1 of 6 models falls more than the field beyond noise: memorizer." in text
    table = page.split('id="evolution-1-models"')[1].split("</table>")[0]
    assert table.count("▼") >= 1
    (row,) = [row for row in table.split("<tr>") if "<bdi>memorizer</bdi>" in row]
    assert "more" in words(row)
    for label in ("able", "good", "fair", "poor", "weak"):
        (row,) = [row for row in table.split("<tr>") if f"<bdi>{label}</bdi>" in row]
        assert "more" not in words(row)
        assert "noise [" in words(row)


def test_every_operator_has_a_section_with_its_own_agreement(page: str) -> None:
    for number, operator in enumerate(("harder", "rename"), 1):
        assert f'href="#evolution-1-operator-{number}"><bdi>{operator}</bdi></a>' in page
        assert f'<details id="evolution-1-operator-{number}"' in page
    assert "Kendall’s tau-b with the original is" in words(page)
    assert page.count("<figure") == 4


def test_models_that_are_alike_move_nowhere_and_fall_no_more_than_each_other(make_run: MakeRun, tmp_path: Path) -> None:
    found = []
    for label in ("one", "two", "three", "four"):
        roots = {f"{root}~rename": root for root in ROOTS}
        letters = {root: "P" if i % 3 else "w" for i, root in enumerate(ROOTS)}
        found += [
            make_run(label, letters, suite="core"),
            make_run(label, {task: letters[root] for task, root in roots.items()}, suite="core-evolved", roots=roots),
        ]
    page = (build(tmp_path, found) / "evolved.html").read_text(encoding="utf-8")
    text = words(page)
    assert "No model falls" in text
    for sign in ("▲", "▼"):
        assert sign not in page.split('id="evolution-1-models"')[1].split("</table>")[0]
    assert 'fill="var(--orange)"' not in page
    assert 'stroke="var(--orange)"' not in page


def test_the_evolved_tasks_that_moved_most_are_listed_with_their_roots(site: Path, page: str, runs: list[Path]) -> None:
    tables = [read_run(run) for run in runs]
    (evolution,) = build_evolutions(tables)
    moved = moved_tasks(evolution, tables)
    assert len(moved) == 80
    assert [one.drop for one in moved] == sorted((one.drop for one in moved), reverse=True)
    first = moved[0]
    rates = [
        (original.counts[first.root].rate, evolved.counts[first.task].rate)
        for original, evolved in zip(tables[::2], tables[1::2], strict=True)
    ]
    assert first.models == 6
    assert first.original == pytest.approx(sum(old for old, _ in rates) / 6)
    assert first.evolved == pytest.approx(sum(new for _, new in rates) / 6)
    assert (first.fell, first.rose) == (sum(n < o for o, n in rates), sum(n > o for o, n in rates))
    section = page.split('id="evolution-1-tasks"')[1]
    assert section.index(f"<bdi>{first.task}</bdi>") < section.index(f"<bdi>{moved[1].task}</bdi>")
    data = json.loads((site / "data" / "evolved-tasks.json").read_text())
    assert [row["task"] for row in data] == [one.task for one in moved]


def test_links_lead_to_pages_of_the_site(site: Path, page: str) -> None:
    links = [part.split('"')[0] for part in page.split('<a href="')[1:]]
    ids = {part.split('"')[0] for part in page.split(' id="')[1:]}
    assert any(link.startswith("tasks/") for link in links)
    for link in links:
        if link.startswith("#"):
            assert link[1:] in ids
        else:
            assert (site / link.split("#")[0]).is_file(), link


def test_one_model_alone_is_shown_without_ranks_or_a_field(make_run: MakeRun, tmp_path: Path) -> None:
    page = (build(tmp_path, make_sides(make_run, "memorizer", 0.1, memory=True)) / "evolved.html").read_text("utf-8")
    text = words(page)
    assert "memorizer falls from 100.0 %" in text
    assert "Against the field" not in page.split("<tbody>")[0].split('id="evolution-1-models"')[1]
    assert page.count("<figure") == 1


def test_what_the_page_cannot_show_is_said(page: str) -> None:
    text = words(page)
    assert "not a verdict of contamination" in text
    assert "A task that nearly every model fails may be faulty" in text


def test_the_page_is_the_same_in_whatever_order_runs_are_given(tmp_path: Path, runs: list[Path], page: str) -> None:
    assert (build(tmp_path, runs[::-1]) / "evolved.html").read_text(encoding="utf-8") == page
