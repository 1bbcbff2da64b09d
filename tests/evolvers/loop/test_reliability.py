"""How reliably a suite orders models, by hand and against simulated truth; and batches within a budget."""

from __future__ import annotations

import math
import random

import pytest

from evalrun.evolvers.authored.budget import Limits
from evalrun.evolvers.loop.budgeting import TOKENS_IN, TOKENS_OUT, batch_within
from evalrun.evolvers.loop.fitness import Results
from evalrun.evolvers.loop.reliability import kr20, projected, tasks_for
from evalrun.harness.runs.budget import Prices


def test_alpha_by_hand() -> None:
    results = Results(
        {
            "a": {"t": 1.0, "u": 1.0, "v": 1.0},
            "b": {"t": 1.0, "u": 1.0, "v": 0.0},
            "c": {"t": 1.0, "u": 0.0, "v": 0.0},
            "d": {"t": 0.0, "u": 0.0, "v": 0.0},
        }
    )
    # item variances 1/4, 1/3, 1/4; totals 3, 2, 1, 0 with variance 5/3
    assert kr20(results) == (pytest.approx(1.5 * (1 - (5 / 6) / (5 / 3))), 3)


def test_only_items_that_all_models_were_asked_count() -> None:
    results = Results({"a": {"t": 1.0, "u": 1.0, "x": 1.0}, "b": {"t": 1.0, "u": 0.0}, "c": {"t": 0.0, "u": 0.0}})
    assert kr20(results)[1] == 2


@pytest.mark.parametrize(
    "rates",
    [
        {},
        {"a": {"t": 1.0, "u": 0.0}, "b": {"t": 0.0, "u": 0.0}},
        {name: {"t": 1.0} for name in "abc"},
        {name: {"t": 1.0, "u": 0.0} for name in "abc"},
        {"a": {"t": 1.0}, "b": {"u": 1.0}, "c": {"v": 1.0}},
    ],
)
def test_where_it_is_undefined_it_is_not_a_number(rates: dict[str, dict[str, float]]) -> None:
    assert math.isnan(kr20(Results(rates))[0])


def test_twice_as_many_items_of_reliability_one_half_have_two_thirds() -> None:
    assert projected(0.5, 100, 200) == pytest.approx(2 / 3)
    assert projected(0.5, 100, 100) == pytest.approx(0.5)
    assert math.isnan(projected(math.nan, 100, 200))


@pytest.mark.parametrize("reliability", [0.05, 0.45, 0.85, 0.99])
@pytest.mark.parametrize("wanted", [0.1, 0.7, 0.9])
def test_the_number_of_tasks_is_the_least_that_suffices(reliability: float, wanted: float) -> None:
    number = tasks_for(reliability, 100, wanted)
    assert projected(reliability, 100, number) >= wanted - 1e-9
    assert number == 1 or projected(reliability, 100, number - 1) < wanted


def test_published_suites_need_the_tasks_that_the_formula_says() -> None:
    assert tasks_for(0.85, 100, 0.9) == 159
    assert tasks_for(0.05, 100, 0.9) == 17_100


@pytest.mark.parametrize("reliability", [0.0, -0.2, math.nan])
def test_a_reliability_that_says_nothing_is_refused(reliability: float) -> None:
    with pytest.raises(ValueError, match="say nothing"):
        tasks_for(reliability, 100, 0.8)


def test_the_prophecy_holds_on_simulated_models() -> None:
    rng = random.Random(4)
    abilities = [rng.gauss(0, 1) for _ in range(300)]

    def alpha(items: int) -> float:
        levels = [rng.gauss(0, 1) for _ in range(items)]
        rates = {
            f"m{number}": {
                f"t{place}": float(rng.random() < 1 / (1 + math.exp(level - ability)))
                for place, level in enumerate(levels)
            }
            for number, ability in enumerate(abilities)
        }
        return kr20(Results(rates))[0]

    assert projected(alpha(20), 20, 80) == pytest.approx(alpha(80), abs=0.04)


def test_a_batch_is_such_that_the_budget_holds_four() -> None:
    def batch(limits: Limits, price: float = 0.0) -> int:
        return batch_within(32, limits, [Prices(price, price)] if price else [], solutions=5)

    assert batch(Limits()) == 32
    assert batch(Limits(minutes=1)) == 32
    assert batch(Limits(calls=10_000)) == 32
    assert batch(Limits(calls=280)) == 10
    assert batch(Limits(calls=3)) == 1
    assert batch(Limits(tokens=4 * 7 * (TOKENS_IN + TOKENS_OUT) * 5)) == 5
    each = Prices(10, 10).cost(TOKENS_IN, TOKENS_OUT)
    assert batch(Limits(money=4 * 7 * each * 3.5), price=10) == 3
    assert batch(Limits(calls=280, tokens=4 * 7 * (TOKENS_IN + TOKENS_OUT) * 5)) == 5
