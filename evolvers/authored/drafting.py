"""Asking the author: for a draft, in one or several steps; to mend a reply, once; for more inputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...benchmarks import CodeTask
from ..protocol import Observation, Rows
from ..wrapping import listed
from .calls import Answer, Asker, Call, Member, Panel
from .fields import MAX_INPUTS, calls_of
from .json_reply import read_object
from .protocol import Draft, Hints, ModelOperator, Rendered, Step, UnusableReply
from .screening import stated_of
from .steps import draft_of, next_step
from .templates import render

MORE_INPUTS = 12
MAX_PLACES = 12


class Rejected(Exception):
    """A candidate falls out: the gate or reason by which it is counted, and one line that its author may be told."""

    def __init__(self, reason: str, said: str) -> None:
        super().__init__(said)
        self.reason = reason
        self.said = said


@dataclass
class Asked:
    """Everything that was asked for one proposal, in the order of the proposal and not of the clock."""

    answers: list[Answer] = field(default_factory=list)

    @property
    def calls(self) -> tuple[Call, ...]:
        """As the certificate names them."""
        return tuple(answer.call for answer in self.answers)


async def drafted(
    operator: ModelOperator,
    parents: Sequence[CodeTask],
    observed: Sequence[Observation],
    hints: Hints,
    panel: Panel,
    asker: Asker,
    seed: int,
    asked: Asked,
) -> Draft:
    """The author's draft. Rejected where a reply cannot be used and could not be mended; only one may be."""
    step: Step | None = Step(operator.ask(parents, observed, hints), "evolve")
    replies: list[Mapping[str, Any]] = []
    mended = False
    while step is not None:
        member, prompt = member_of(panel, step.turn), step.prompt
        answer = await asker.ask("author", member, step.purpose, prompt, seed=seed)
        asked.answers.append(answer)
        while True:
            try:
                told = [*replies, read_object(answer.text)]
                following = next_step(operator, told, parents)
                draft = draft_of(operator, told, parents) if following is None else None
                break
            except UnusableReply as fault:
                if mended:
                    raise Rejected(fault.reason, str(fault)) from fault
                mended = True
                again = mend(prompt, answer.text, fault)
                answer = await asker.ask("author", member, "mend", again, seed=seed)
                asked.answers.append(answer)
        if draft is not None:
            return draft
        replies, step = told, following
    raise AssertionError("an operator has a first step")


def member_of(panel: Panel, turn: int) -> Member:
    """Who is asked in a step: 0 is the author, n the n-th of the others, round and round; the author where there is
    none."""
    others = [member for member in dict.fromkeys((*panel.solvers, *panel.judges)) if member != panel.author]
    return panel.author if turn == 0 or not others else others[(turn - 1) % len(others)]


def mend(prompt: Rendered, reply: str, fault: UnusableReply) -> Rendered:
    """The request to mend a reply: what was asked, what was replied, what is wrong with it."""
    return render("mend", fault=str(fault), request=prompt.text, reply=reply[:20_000] or "(nothing)")


async def more_inputs(draft: Draft, places: Sequence[str], panel: Panel, asker: Asker, seed: int, asked: Asked) -> Rows:
    """Further inputs of a draft's author; none where its reply cannot be used. places: of its reference, to which some
    of them should lead."""
    given = []
    for args in draft.inputs:
        try:
            given.append(listed(args))
        except ValueError:
            continue
    prompt = render(
        "inputs",
        spec=draft.spec,
        signature=draft.signature,
        contract=draft.contract,
        given=given,
        count=MORE_INPUTS,
        reference=draft.reference if places else "",
        places="\n".join(places[:MAX_PLACES]),
    )
    answer = await asker.ask("author", panel.author, "inputs", prompt, seed=seed)
    asked.answers.append(answer)
    try:
        return calls_of(read_object(answer.text), "inputs", stated_of(draft), 1, MAX_INPUTS)
    except UnusableReply:
        return ()
