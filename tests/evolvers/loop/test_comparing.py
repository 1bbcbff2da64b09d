"""The loop beats uniform choice and random search at an equal budget, on simulated panels."""

from __future__ import annotations

import pytest

from evalrun.evolvers.authored.protocol import Hints
from evalrun.evolvers.loop.comparing import SCENARIOS, compare, compared, worth_of
from evalrun.evolvers.loop.protocol import Proposal
from evalrun.evolvers.loop.simulate import PANEL, Item, SimulatedPanel

NAMED = {scenario.name: scenario for scenario in SCENARIOS}


@pytest.mark.parametrize("name", ["small budget", "drifting"])
def test_the_loop_makes_more_of_a_budget_than_uniform_choice_and_random_search(name: str) -> None:
    for row in compare(range(8), NAMED[name], ("uniform", "random")):
        assert row.low > 1.1, row


@pytest.mark.slow
def test_it_does_on_every_panel_where_operators_differ_and_on_many_seeds() -> None:
    for scenario in SCENARIOS[:3]:
        for row in compare(range(100, 112), scenario, ("uniform", "random", "bandit")):
            assert row.low > 1.0, (scenario.name, row)


def test_where_all_operators_are_alike_learning_which_is_best_wins_little_over_the_archive_alone() -> None:
    (row,) = compare(range(8), NAMED["all operators alike"], ("uniform",))
    assert row.low < 1.1


def test_one_seed_gives_one_worth() -> None:
    scenario = NAMED["small budget"]
    assert worth_of("loop", 3, scenario) == worth_of("loop", 3, scenario)
    assert worth_of("loop", 3, scenario) != worth_of("loop", 4, scenario)


def test_a_ratio_is_the_geometric_mean_and_lies_in_its_interval() -> None:
    row = compared("x", [2.0, 8.0], [1.0, 1.0])
    assert row.ratio == pytest.approx(4.0)
    assert row.low == pytest.approx(2.0)
    assert row.high == pytest.approx(8.0)
    assert compared("x", [3.0] * 5, [3.0] * 5).low == pytest.approx(1.0)


def test_information_is_that_of_a_two_parameter_model_at_the_frontier() -> None:
    assert Item(0.8, 1.0).information == pytest.approx(0.25)
    assert Item(0.8, 2.0).information == pytest.approx(1.0)
    assert Item(-3.0, 1.0).information < 0.03


def test_a_simulated_panel_takes_its_calls_off_the_budget_and_gives_the_same_for_the_same_proposals() -> None:
    panel, again = SimulatedPanel(1, 10_000), SimulatedPanel(1, 10_000)
    seeds = panel.seeds(3)
    assert [task.id for task in again.seeds(3)] == [task.id for task in seeds]
    batch = [
        Proposal(0, slot, name, "plain", (seeds[slot % 3],), Hints(), 1000 + slot) for slot, name in enumerate(PANEL)
    ]
    one, other = panel.make(batch), again.make(batch)
    assert [(made.rejected, made.facts) for made in one] == [(made.rejected, made.facts) for made in other]
    assert all(made.spent.calls == PANEL[made.proposal.operator].calls for made in one)
