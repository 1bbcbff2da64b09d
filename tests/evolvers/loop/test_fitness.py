"""What a new task is worth: each part by hand."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.evolvers.loop.fitness import (
    ENOUGH_MODELS,
    WEIGHTS,
    ByRuns,
    Proxy,
    Results,
    contamination_of,
    novelty_of,
)
from evalrun.evolvers.novelty import ngrams
from evalrun.evolvers.published import NOTHING, Published

from .toys import features, made, task

FOUR = Results(
    {
        "a": {"t1": 1.0, "t2": 1.0, "t3": 1.0},
        "b": {"t1": 1.0, "t2": 1.0, "t3": 0.0},
        "c": {"t1": 0.0, "t2": 1.0, "t3": 0.0},
        "d": {"t1": 0.0, "t2": 0.0, "t3": 0.0},
    }
)
LONG = " ".join(f"word{place}" for place in range(30))


def test_discrimination_is_the_correlation_of_an_item_with_the_mean_on_all_others() -> None:
    by_hand = np.corrcoef([1, 1, 0, 0], [1, 0.5, 0.5, 0])[0, 1]
    assert FOUR.discrimination("t1") == pytest.approx(by_hand)
    assert by_hand == pytest.approx(math.sqrt(0.5))


def test_discrimination_of_an_item_that_all_solve_or_that_hardly_anybody_was_asked_is_not_a_number() -> None:
    all_solve = Results({name: {"t": 1.0, "u": place / 3} for place, name in enumerate("abcd")})
    assert math.isnan(all_solve.discrimination("t"))
    assert math.isnan(FOUR.discrimination("unknown"))
    two = Results({name: FOUR.rates[name] for name in "ad"})
    assert math.isnan(two.discrimination("t1"))


def test_the_frontier_is_the_best_quarter_of_the_models_and_one_at_the_least() -> None:
    assert FOUR.frontier() == ["a"]
    eight = Results({f"m{place}": {"t": place / 8} for place in range(8)})
    assert eight.frontier() == ["m7", "m6"]


def test_information_is_greatest_where_half_of_the_frontier_solves_an_item() -> None:
    rates = {f"m{place}": {"t": float(place % 2), "u": 1.0 if place < 2 else 0.0} for place in range(8)}
    assert Results(rates).information("t") == pytest.approx(4 * 0.5 * 0.5)
    assert FOUR.information("t1") == 0.0
    assert math.isnan(FOUR.information("unknown"))


def test_models_of_the_authors_family_can_be_left_out() -> None:
    assert sorted(FOUR.without(["a", "zz"]).rates) == ["b", "c", "d"]


CELLS = {"t1": ("combine", "text"), "t2": ("combine", "list"), "t3": ("seed", "text")}


def test_with_few_models_a_new_task_is_expected_to_be_like_its_operators_tasks_of_its_domain() -> None:
    fitness = ByRuns(FOUR, CELLS)
    own = {name: FOUR.discrimination(name) for name in CELLS}
    assert fitness.expected("t3", ("combine", "text")) == pytest.approx(own["t1"])
    assert fitness.expected("t3", ("combine", "dict")) == pytest.approx((own["t1"] + own["t2"]) / 2)
    assert fitness.expected("t3", ("subtle", "text")) == pytest.approx(own["t3"])
    assert fitness.expected("evolved", ("subtle", "text")) == pytest.approx(sum(own.values()) / 3)


def test_with_enough_models_the_parents_own_item_counts_by_m_over_m_plus_25() -> None:
    rng = random.Random(3)
    rates = {}
    for place in range(ENOUGH_MODELS):
        ability = place / ENOUGH_MODELS
        rates[f"m{place}"] = {name: float(rng.random() < ability) for name in ("t1", "t2", "t3", "t4", "t5")}
    results = Results(rates)
    fitness = ByRuns(results, {"t1": ("seed", "text"), "t2": ("combine", "text"), "t3": ("combine", "text")})
    mean = (results.discrimination("t2") + results.discrimination("t3")) / 2
    weight = 30 / 55
    expected = weight * results.discrimination("t1") + (1 - weight) * mean
    assert fitness.expected("t1", ("combine", "text")) == pytest.approx(expected)


def test_shrinking_brings_estimates_nearer_to_the_truth_where_models_are_few() -> None:
    """Twelve models, items of two operators that differ: the mean of the cell beats the item's own correlation."""
    rng = random.Random(5)
    abilities = [rng.gauss(0, 1) for _ in range(12)]
    slopes = {f"t{place}": 2.0 if place < 20 else 0.3 for place in range(40)}
    rates = {
        f"m{number}": {
            name: float(rng.random() < 1 / (1 + math.exp(-slope * ability))) for name, slope in slopes.items()
        }
        for number, ability in enumerate(abilities)
    }
    results = Results(rates)
    cells = {name: ("sharp" if slope > 1 else "blunt", "x") for name, slope in slopes.items()}
    fitness = ByRuns(results, cells)
    many = Results(
        {
            f"m{number}": {
                name: float(rng.random() < 1 / (1 + math.exp(-slope * ability))) for name, slope in slopes.items()
            }
            for number, ability in enumerate(rng.gauss(0, 1) for _ in range(1500))
        }
    )
    truth = {name: many.discrimination(name) for name in slopes}
    shrunk = [(fitness.expected(name, cells[name]) - truth[name]) ** 2 for name in slopes]
    raw = [
        (value - truth[name]) ** 2
        for name in slopes
        if not math.isnan(value := results.discrimination(name))
    ]  # fmt: skip
    assert sum(shrunk) / len(shrunk) < sum(raw) / len(raw) / 2


def test_novelty_is_the_share_of_eight_grams_that_stand_in_no_parent() -> None:
    parent = task("p", prompt=LONG)
    assert novelty_of(task("c", prompt=LONG), [parent]) == 0
    assert novelty_of(task("c", prompt=LONG.replace("word", "other")), [parent]) == 1
    half = " ".join(LONG.split()[:15] + [f"new{place}" for place in range(15)])
    assert novelty_of(task("c", prompt=half), [parent]) == pytest.approx(1 - 8 / 23)


def test_contamination_counts_from_nothing_to_three_tenths_of_a_prompt() -> None:
    known = Published(frozenset(ngrams(LONG)))
    assert contamination_of(task("c", prompt=LONG), known) == 1
    assert contamination_of(task("c", prompt=LONG.replace("word", "other")), known) == 0
    assert contamination_of(task("c", prompt=LONG), NOTHING) == 0


def test_what_was_not_admitted_is_worth_nothing() -> None:
    for fitness in (Proxy(), ByRuns(FOUR, CELLS)):
        assert fitness.of(made(None, rejected="ambiguous"), features(), "difficult") == 0


def test_the_parts_add_up_and_costs_and_known_text_are_taken_off() -> None:
    cells = {"toy/parent": ("difficult", "x")}
    rates = {name: {"toy/parent": rate, "u": rate} for name, rate in (("a", 0.5), ("b", 0.2), ("c", 0.0))}
    found = made(prompt=LONG.replace("word", "other"))
    plain = ByRuns(Results(rates), cells).of(found, features(), "difficult")
    # its parent tells the models apart without a fault, and the frontier (model a) solves half of it
    assert plain == pytest.approx(WEIGHTS["discrimination"] + WEIGHTS["information"] + WEIGHTS["novelty"])
    dear = made(prompt=LONG.replace("word", "other"), tokens=50_000)
    assert ByRuns(Results(rates), cells).of(dear, features(), "difficult") == pytest.approx(plain - 0.025)
    public = Published(frozenset(ngrams(LONG.replace("word", "other"))))
    known = ByRuns(Results(rates), cells, public).of(found, features(), "difficult")
    assert known == pytest.approx(plain - 0.5)


def test_solvers_who_met_the_task_itself_count_beside_its_parents_runs() -> None:
    fitness = ByRuns(FOUR, CELLS)
    half = fitness.of(made(solve_rate=0.6), features(), "difficult")
    all_solve = fitness.of(made(solve_rate=1.0), features(), "difficult")
    assert half - all_solve == pytest.approx(WEIGHTS["information"] * 4 * 0.6 * 0.4)


def test_the_proxy_says_that_it_is_one_and_prefers_strong_tests_spread_outputs_and_middling_tasks() -> None:
    assert "PROXY" in Proxy().name
    gates = [
        {"gate": "new_part_mutants", "evidence": {"killed": 12, "mutants": 24}},
        {"gate": "varied", "evidence": {"top_share": 0.25}},
    ]
    middling = made(prompt=LONG, certificate={"gates": gates})
    expected = WEIGHTS["discrimination"] * (0.5 + 0.75) / 2 + WEIGHTS["information"] + WEIGHTS["novelty"]
    assert Proxy().of(middling, features(), "x") == pytest.approx(expected)


@given(st.integers(0, 10**7), st.floats(0, 1))
def test_worth_lies_between_nothing_and_everything(tokens: int, solved: float) -> None:
    found = made(tokens=tokens, solve_rate=solved)
    published = Published(frozenset(ngrams(found.task.prompt if found.task else "")))
    for fitness in (Proxy(published), ByRuns(FOUR, CELLS)):
        assert 0 <= fitness.of(found, features(), "difficult") <= 1
