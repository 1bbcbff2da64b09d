"""The driver: batches drawn up front, learnt from in order, ended for a reason, and the same again after a failure."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from evalrun.benchmarks import CodeTask, InfraError
from evalrun.evolvers.authored.calls import OutOfBudget
from evalrun.evolvers.loop.bandit import Pull
from evalrun.evolvers.loop.driver import MEND_SEED_SHARE, Arm, Generation, Loop, LoopSettings, seeds_of
from evalrun.evolvers.loop.lessons import Lessons
from evalrun.evolvers.loop.protocol import Made, Proposal, Spent
from evalrun.evolvers.loop.simulate import PANEL, SimulatedPanel, SolveRateFitness

from .toys import features, task

ARMS = [Arm(name, True, "preserving" if name in ("verbose", "concise") else "altering") for name in PANEL]
SMALL = LoopSettings(generations=6, batch=12, patience=99)


def loop_of(
    maker: object, panel: SimulatedPanel, settings: LoopSettings = SMALL, seed: int = 3, **more: object
) -> Loop:
    """Over a simulated panel's seeds."""
    seeds = seeds_of(panel.seeds(20), panel.features)
    return Loop(seeds, ARMS, maker, SolveRateFitness(), settings, seed, **more)  # type: ignore[arg-type]


def said(loop: Loop) -> list[object]:
    """All that an evolution came to."""
    result = loop.result
    return [
        [(made.proposal.operator, made.proposal.strategy, made.proposal.seed, made.rejected) for made in result.made],
        [member.task.id for member in result.archive.members()],
        [generation.to_json() for generation in result.generations],
        loop.bandit.table(),
        loop.strategies.table(),
        loop.lessons.counts,
        result.ended,
    ]


class Recorded:
    """A maker that keeps what it made, as the reply store does, and may fail once."""

    def __init__(self, panel: SimulatedPanel, fail_at: int | None = None) -> None:
        self._panel, self._fail_at = panel, fail_at
        self.kept: dict[tuple[int, int, int], Made] = {}
        self.paid = 0
        self.batches: list[list[Proposal]] = []

    def make(self, proposals: Sequence[Proposal]) -> list[Made]:
        self.batches.append(list(proposals))
        made = []
        for proposal in proposals:
            key = (proposal.generation, proposal.slot, proposal.seed)
            if key not in self.kept:
                if self._fail_at is not None and self.paid >= self._fail_at:
                    self._fail_at = None
                    raise InfraError("the machine was switched off")
                self.paid += 1
                (self.kept[key],) = self._panel.make([proposal])
            made.append(self.kept[key])
        return made


def test_the_same_seed_gives_the_same_evolution_and_another_seed_another() -> None:
    runs = []
    for seed in (3, 3, 4):
        panel = SimulatedPanel(1, 100_000)
        loop = loop_of(panel, panel, seed=seed)
        loop.run()
        runs.append(said(loop))
    assert runs[0] == runs[1]
    assert runs[0] != runs[2]


@pytest.mark.parametrize("fail_at", [0, 1, 11, 12, 13, 29, 36, 71])
def test_an_evolution_that_failed_at_any_proposal_comes_to_the_same_when_begun_anew_and_pays_for_nothing_twice(
    fail_at: int,
) -> None:
    panel = SimulatedPanel(1, 100_000)
    whole = Recorded(panel)
    first = loop_of(whole, panel)
    first.run()

    other = SimulatedPanel(1, 100_000)
    broken = Recorded(other, fail_at)
    with pytest.raises(InfraError):
        loop_of(broken, other).run()
    again = loop_of(broken, other)
    again.run()
    assert said(again) == said(first)
    assert broken.paid == whole.paid == 72


def test_a_whole_batch_is_drawn_before_any_of_it_is_judged() -> None:
    """Whatever becomes of a generation's first proposals, the others are the same."""
    batches = []
    for rejected in (True, False):
        panel = SimulatedPanel(1, 100_000)
        maker = Deaf(panel, rejected)
        loop_of(maker, panel, replace(SMALL, generations=2)).run()
        batches.append(maker.batches)
    assert [key(each) for each in batches[0][0]] == [key(each) for each in batches[1][0]]
    assert [key(each) for each in batches[0][1]] != [key(each) for each in batches[1][1]]


def key(proposal: Proposal) -> tuple[object, ...]:
    return proposal.slot, proposal.operator, proposal.seed, proposal.parents[0].id


class Deaf:
    """Rejects everything, or leaves it to the panel."""

    def __init__(self, panel: SimulatedPanel, rejects: bool) -> None:
        self._panel, self._rejects = panel, rejects
        self.batches: list[list[Proposal]] = []

    def make(self, proposals: Sequence[Proposal]) -> list[Made]:
        self.batches.append(list(proposals))
        if self._rejects:
            return [Made(each, None, rejected="ambiguous", said="at 0") for each in proposals]
        return self._panel.make(proposals)


def test_nothing_of_the_batch_in_which_the_budget_ends_counts() -> None:
    panel = SimulatedPanel(1, 300)
    loop = loop_of(panel, panel, replace(SMALL, generations=99))
    result = loop.run()
    assert result.ended == "the budget of calls is used up"
    assert len(result.made) == 12 * len(result.generations)
    assert 12 * 6 * len(result.generations) <= 300


def test_it_ends_after_generations_without_a_new_kind_and_without_gain() -> None:
    panel = SimulatedPanel(1, 100_000)
    result = loop_of(Deaf(panel, True), panel, replace(SMALL, generations=50, patience=4)).run()
    assert len(result.generations) == 4
    assert result.ended == "no new kind of task and no gain in 4 generations"


def test_it_ends_with_as_many_tasks_as_are_enough() -> None:
    panel = SimulatedPanel(1, 100_000)
    result = loop_of(panel, panel, replace(SMALL, generations=50, enough=15)).run()
    assert len(result.archive.members()) >= 15
    assert len(result.generations) < 10
    assert result.ended.endswith("which are enough")


def test_it_ends_at_once_where_no_operator_can_take_any_parent() -> None:
    panel = SimulatedPanel(1, 100_000)
    result = loop_of(panel, panel, mate=lambda operator, parent, rng: None).run()
    assert result.ended == "no operator can take any parent"
    assert result.made == []


def test_mates_become_further_parents_and_an_operator_without_any_is_not_proposed() -> None:
    partner = task("partner")

    def mate(operator: str, parent: CodeTask, rng: random.Random) -> tuple[CodeTask, ...] | None:
        return {"combine": (partner,), "subtle": None}.get(operator, ())

    panel = SimulatedPanel(1, 100_000)
    maker = Recorded(panel)
    loop_of(maker, panel, mate=mate).run()
    proposals = [proposal for batch in maker.batches for proposal in batch]
    assert {"combine", "creative"} <= {proposal.operator for proposal in proposals} <= set(PANEL) - {"subtle"}
    for proposal in proposals:
        assert proposal.parents[1:] == ((partner,) if proposal.operator == "combine" else ())


def test_no_task_is_bred_from_that_was_altered_as_often_as_is_allowed() -> None:
    panel = SimulatedPanel(1, 100_000)
    maker = Recorded(panel)
    loop = loop_of(maker, panel, replace(SMALL, generations=12, depth=1))
    loop.run()
    depths = {member.task.id: member.depth for member in loop.result.archive.members()}
    for batch in maker.batches:
        for proposal in batch:
            assert depths.get(proposal.parents[0].id, 0) == 0
    assert set(depths.values()) == {0, 1}  # what only says the same in other words is no deeper


def test_reasons_reach_the_next_prompt_of_the_same_operator_and_a_library_the_first() -> None:
    panel = SimulatedPanel(1, 100_000)
    maker = Deaf(panel, True)
    loop_of(maker, panel, replace(SMALL, generations=2)).run()
    assert all(proposal.hints.lessons == () for proposal in maker.batches[0])
    tried = {proposal.operator for proposal in maker.batches[0]}
    for proposal in maker.batches[1]:
        assert bool(proposal.hints.lessons) == (proposal.operator in tried)
        assert all("at 0" in lesson for lesson in proposal.hints.lessons)
    library = Lessons()
    for name in PANEL:
        library.learn(name, "varied")
    begun = Deaf(panel, True)
    loop_of(begun, panel, replace(SMALL, generations=1), lessons=library).run()
    assert all(proposal.hints.lessons for proposal in begun.batches[0])


def test_that_an_operator_does_not_apply_is_no_lesson_for_its_author() -> None:
    class Refusing:
        def make(self, proposals: Sequence[Proposal]) -> list[Made]:
            return [Made(each, None, rejected="not_applicable", said="no function") for each in proposals]

    panel = SimulatedPanel(1, 100_000)
    loop = loop_of(Refusing(), panel, replace(SMALL, generations=1))
    loop.run()
    assert loop.lessons.counts == {}


def test_strategies_begin_when_there_is_something_to_show_and_only_where_the_task_is_a_new_one() -> None:
    panel = SimulatedPanel(1, 100_000)
    maker = Recorded(panel)
    loop_of(maker, panel, replace(SMALL, generations=10)).run()
    assert {proposal.strategy for proposal in maker.batches[0]} <= {"plain", "plan"}
    later = [proposal for batch in maker.batches[2:] for proposal in batch]
    assert {proposal.strategy for proposal in later} == {"plain", "ga", "de", "sorted", "plan"}
    for proposal in later:
        assert proposal.hints.strategy == proposal.strategy
        if proposal.operator in ("verbose", "concise"):
            assert proposal.strategy == "plain"


class Watching:
    """A chooser that keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[list[Pull]] = []

    def choose(self, context: str, among: Sequence[str], rng: random.Random) -> str:
        return sorted(among)[rng.randrange(len(among))]

    def update(self, pulls: Sequence[Pull]) -> None:
        self.told.append(list(pulls))

    def table(self) -> list[dict[str, object]]:
        return []


def test_rewards_are_counted_in_the_order_of_the_proposals_and_are_nothing_for_what_fell_out() -> None:
    panel = SimulatedPanel(1, 100_000)
    chooser = Watching()
    loop = loop_of(panel, panel, bandit=chooser)
    made = loop.run().made
    told = [pull for batch in chooser.told for pull in batch]
    assert [pull.operator for pull in told] == [each.proposal.operator for each in made]
    for pull, each in zip(told, made, strict=True):
        assert (pull.reward > 0) == (each.task is not None)
        assert pull.cost == each.spent.tokens
        assert pull.context.rpartition("/")[2] in ("0", "1")


def test_while_a_drift_alarm_stands_more_parents_are_human_made_and_none_is_of_the_kind_there_is_too_much_of() -> None:
    class OneKind:
        """All of its tasks are about time, whatever their parents were."""

        def __init__(self) -> None:
            self.batches: list[list[Proposal]] = []

        def make(self, proposals: Sequence[Proposal]) -> list[Made]:
            self.batches.append(list(proposals))
            return [
                Made(
                    each,
                    task(f"g{each.generation}s{each.slot}", depth=1),
                    spent=Spent(),
                    facts={"features": features("text -> bool", "time"), "solve_rate": 0.6},
                )
                for each in proposals
            ]

    panel = SimulatedPanel(1, 100_000)
    maker = OneKind()
    told: list[Generation] = []
    loop = loop_of(maker, panel, replace(SMALL, batch=40, room=100, generations=4), watch=told.append)
    loop.run()
    assert any("text -> bool" in words or "time" in words for words in told[0].alarms)
    later = [proposal for batch in maker.batches[1:] for proposal in batch]
    assert all(proposal.parents[0].lineage is None for proposal in later)
    altering = [each for each in later if each.operator not in ("verbose", "concise")]
    assert all("tasks about time" in " ".join(each.hints.avoid) for each in altering)
    assert MEND_SEED_SHARE >= 0.5


def test_a_generations_numbers_add_up() -> None:
    panel = SimulatedPanel(1, 100_000)
    told: list[Generation] = []
    result = loop_of(panel, panel, watch=told.append).run()
    assert told == result.generations
    for generation in told:
        assert generation.proposed == 12 == generation.admitted + sum(generation.rejected.values())
    assert sum(generation.new_cells for generation in told) == told[-1].cells == len(result.archive.cells)


def test_the_operators_that_are_better_on_this_panel_are_proposed_more_often() -> None:
    shares: Counter[str] = Counter()
    for seed in range(4):
        panel = SimulatedPanel(seed, 3000)
        result = loop_of(panel, panel, LoopSettings(generations=99, patience=99), seed=seed).run()
        shares += Counter(each.proposal.operator for each in result.made)
    assert shares["tool_use"] < shares.total() / len(PANEL) / 2


def mates(count: int) -> Callable[[str, CodeTask, random.Random], tuple[CodeTask, ...] | None]:
    return lambda operator, parent, rng: tuple(task(f"m{rng.randrange(9)}") for _ in range(count))


def test_what_was_published_of_operators_says_nothing_of_deterministic_ones_of_the_same_name() -> None:
    panel = SimulatedPanel(1, 100_000)
    seeds = seeds_of(panel.seeds(4), panel.features)
    arms = [Arm("tool_use", True), Arm("tool_use+rename", False), Arm("combine", True)]
    table = Loop(seeds, arms, panel, SolveRateFitness(), SMALL, 1).bandit.table()
    assert {row["operator"]: row["expected"] for row in table} == {
        "tool_use": 0.05, "tool_use+rename": 0.5, "combine": 0.85,
    }  # fmt: skip


def test_mates_are_drawn_from_the_seed_tree() -> None:
    found = []
    for _ in range(2):
        panel = SimulatedPanel(1, 100_000)
        maker = Recorded(panel)
        loop_of(maker, panel, mate=mates(1)).run()
        found.append([proposal.parents[1].id for batch in maker.batches for proposal in batch])
    assert found[0] == found[1]
    assert len(set(found[0])) > 3


def test_out_of_budget_at_once_leaves_an_empty_archive_and_says_why() -> None:
    class Broke:
        def make(self, proposals: Sequence[Proposal]) -> list[Made]:
            raise OutOfBudget("the budget of calls (3) is used up")

    panel = SimulatedPanel(1, 100_000)
    result = loop_of(Broke(), panel).run()
    assert result.ended == "the budget of calls (3) is used up"
    assert result.archive.members() == []
