"""The archive: cells, room, and whom it breeds from."""

from __future__ import annotations

import math
import random
from collections import Counter

import pytest

from evalrun.evolvers.loop.niches import TEMPERATURE, Archive, Member

from .toys import member

SEEDS = [member("seed0"), member("seed1", topic="text")]


def drawn(archive: Archive, count: int = 4000, **how: object) -> Counter[str]:
    """Shares of parents that are drawn."""
    rng = random.Random(1)
    return Counter(archive.choose(rng, **how).task.id for _ in range(count))  # type: ignore[arg-type]


def test_the_first_task_of_a_kind_opens_a_cell_and_the_next_does_not() -> None:
    archive = Archive(SEEDS)
    assert archive.add(member("a"))
    assert not archive.add(member("b"))
    assert archive.add(member("c", cell="other"))
    assert len(archive.cells) == 2


def test_a_full_cell_keeps_its_best_and_of_equals_the_earlier() -> None:
    archive = Archive(SEEDS, room=2)
    for name, fitness in (("a", 0.3), ("b", 0.5), ("c", 0.3), ("d", 0.2)):
        archive.add(member(name, fitness))
    assert [each.task.id for each in archive.members()] == ["toy/a", "toy/b"]


def test_an_empty_archive_breeds_from_seeds() -> None:
    assert set(drawn(Archive(SEEDS), 100)) == {"toy/seed0", "toy/seed1"}


def test_cells_are_drawn_evenly_however_many_tasks_they_hold() -> None:
    archive = Archive(SEEDS)
    for place in range(6):
        archive.add(member(f"a{place}"))
    archive.add(member("b", cell="other"))
    found = drawn(archive, seed_share=0.0)
    assert found["toy/b"] / found.total() == pytest.approx(0.5, abs=0.03)


def test_inside_of_a_cell_fitness_decides_by_a_softmax() -> None:
    archive = Archive(SEEDS)
    archive.add(member("good", 0.6))
    archive.add(member("poor", 0.4))
    found = drawn(archive, seed_share=0.0)
    assert found["toy/good"] / found["toy/poor"] == pytest.approx(math.exp(0.2 / TEMPERATURE), rel=0.12)


def test_a_share_of_parents_is_human_made_whatever_the_archive_holds() -> None:
    archive = Archive(SEEDS)
    archive.add(member("a", 1.0))
    found = drawn(archive, seed_share=0.1)
    seeds = found["toy/seed0"] + found["toy/seed1"]
    assert seeds / found.total() == pytest.approx(0.1, abs=0.02)


def test_tasks_that_were_altered_often_enough_are_kept_and_not_bred_from() -> None:
    archive = Archive(SEEDS)
    archive.add(member("deep", 0.9, depth=2))
    archive.add(member("shallow", 0.1, depth=1))
    found = drawn(archive, seed_share=0.0, depth=2)
    assert set(found) == {"toy/shallow"}
    assert {each.task.id for each in archive.members()} == {"toy/deep", "toy/shallow"}


def test_kinds_of_which_there_are_too_many_are_not_bred_from_and_if_all_are_any_seed_is() -> None:
    archive = Archive(SEEDS)
    archive.add(member("a", topic="numbers"))
    archive.add(member("b", topic="time", cell="other"))
    assert set(drawn(archive, 200, seed_share=0.0, barred=["numbers"])) == {"toy/b"}
    assert set(drawn(archive, 200, seed_share=1.0, barred=["numbers"])) == {"toy/seed1"}
    assert set(drawn(archive, 200, barred=["length 1"])) == {"toy/seed0", "toy/seed1"}


def test_the_best_are_of_different_cells_and_stand_in_order() -> None:
    archive = Archive(SEEDS)
    for name, fitness, cell in (("a", 0.3, "x"), ("b", 0.8, "x"), ("c", 0.5, "y"), ("d", 0.5, "z")):
        archive.add(member(name, fitness, cell))
    assert ids(archive.best(9)) == ["toy/b", "toy/c", "toy/d"]
    assert ids(archive.best(2)) == ["toy/b", "toy/c"]


def ids(members: list[Member]) -> list[str]:
    """Of their tasks."""
    return [each.task.id for each in members]
