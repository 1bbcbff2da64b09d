"""An experiment, not a measure: does an examinee's advice change what a stand-in for people answers, period by period?

After ProgressGym's "coevolve" without training: memory in place of fine-tuning. A proxy answers the items of each
period twice over, in two arms that differ in one thing: in the arm ``with`` its context also holds the advice that the
examinee gave in earlier periods, after it was shown what the proxy had answered. In the first period the arms are
asked the same, so their distance there is the noise. Small and noisy; report it as an experiment.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from ...benchmarks.preference.timeline import Timeline, ValueItem
from .value_answers import Preference, preference
from .value_questions import Evidence, EvidenceRule, Question, evidence_for, orders, period_name
from .value_run import Ask, ValueRun

ARMS = ("without", "with")
ADVICE = "coevolve/with/advice"


def proxy_kind(arm: str) -> str:
    """What the proxy's questions of one arm are called in the records."""
    return f"coevolve/{arm}/proxy"


async def coevolve(
    run: ValueRun,
    timeline: Timeline,
    proxy: Ask,
    examinee: Ask,
    rule: EvidenceRule,
    *,
    epochs: int,
    memory: int,
    connections: int,
    advance: Callable[[], None],
) -> None:
    """Ask all rounds of both arms, what is recorded already not again. memory: pieces of advice that are remembered.

    Raises:
        Owed: answers of a round are missing; the later rounds, which rest on them, are not asked.
    """
    for arm in ARMS:
        notes: tuple[str, ...] = ()
        for place, period in enumerate(timeline.periods):
            asked = [
                question
                for item in period.items
                for question in _questions(timeline, proxy_kind(arm), place, item, rule, notes)
            ]
            await run.ask_all(_repeated(asked, epochs), proxy, connections, advance)()
            if arm == "with":
                answered = _choices(run, asked, epochs)
                advice = _advice_questions(timeline, place, period.items, rule, answered)
                await run.ask_all(_repeated(advice, epochs), examinee, connections, advance)()
                notes = (*notes, *_notes(period.items, _choices(run, advice, epochs)))[-memory:]


def answers_expected(timeline: Timeline, epochs: int) -> int:
    """How many answers the whole experiment asks for: two arms and the advice."""
    return 3 * epochs * sum(len(item.options) for period in timeline.periods for item in period.items)


def _questions(
    timeline: Timeline, kind: str, place: int, item: ValueItem, rule: EvidenceRule, notes: tuple[str, ...]
) -> list[Question]:
    evidence = evidence_for(timeline, "follow", place, item, rule)
    target = period_name(timeline, place, rule)
    return [
        Question(kind, place, target, item, order, "letter", evidence, notes) for order in orders(len(item.options))
    ]


def _advice_questions(
    timeline: Timeline, place: int, items: Sequence[ValueItem], rule: EvidenceRule, answered: dict[str, int]
) -> list[Question]:
    """The examinee's questions: its evidence is what the proxy answered in this period, of other items."""
    name = period_name(timeline, place, rule)
    found = []
    for item in items:
        cases = [
            Evidence(name, other.context, other.options[answered[other.id]], _rest(other, answered[other.id]))
            for other in items
            if other.id in answered and other.question != item.question
        ]
        for question in _questions(timeline, ADVICE, place, item, rule, ()):
            found.append(replace(question, evidence=tuple(cases[: rule.count])))
    return found


def _rest(item: ValueItem, chosen: int) -> tuple[str, ...]:
    return tuple(text for place, text in enumerate(item.options) if place != chosen)


def _notes(items: Sequence[ValueItem], chosen: dict[str, int]) -> list[str]:
    return [f'In the case "{item.context}": {item.options[chosen[item.id]]}' for item in items if item.id in chosen]


def _repeated(questions: Sequence[Question], epochs: int) -> Iterable[tuple[Question, int]]:
    return [(question, epoch) for question in questions for epoch in range(epochs)]


def _choices(run: ValueRun, asked: Sequence[Question], epochs: int) -> dict[str, int]:
    """Item -> option that its answers prefer; items without a clear preference are left out."""
    found = {}
    for item in {question.item.id: question.item for question in asked}.values():
        keys = [question.key for question in asked if question.item.id == item.id]
        answers = [run.done[key, epoch].answer for key in keys for epoch in range(epochs) if (key, epoch) in run.done]
        said: Preference = preference(answers, orders(len(item.options)))
        if said.choice is not None:
            found[item.id] = said.choice
    return found
