"""Judges as witnesses: who counts, what they are asked, and when they agree.

Each question is asked in both orders of presentation. Only a judge who says the same both times has said anything; one
who goes by the position has not. Judges of the author's family do not count where there are others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from ....benchmarks.preference import PreferenceTask
from ....harness.preference.labels import labels_for
from ....harness.preference.question_layout import LABELS
from ....harness.preference.questions import JUDGE, VERSION
from ....harness.preference.verdicts import ends_with_verdict, last_verdict
from ..calls import Answer, Member, Panel
from ..json_reply import read_object
from ..protocol import Rendered, UnusableReply
from ..templates import render
from .protocol import Gate
from .work import Work

Says = Literal["one", "other", "tie", "none"]
"""none: nothing that can be read, or another thing in each order."""
_ORDERS = ("as it is", "swapped")


@dataclass(frozen=True, slots=True)
class Vote:
    """What one judge said in the two orders, about the same texts."""

    member: Member
    said: tuple[Says, Says]

    @property
    def settled(self) -> Says:
        """What it said, if it said the same twice."""
        return self.said[0] if self.said[0] == self.said[1] else "none"

    def to_json(self) -> dict[str, Any]:
        """As a gate's evidence holds it."""
        return {"model": self.member.model, "family": self.member.family, "said": list(self.said)}


def counted(panel: Panel) -> tuple[Member, ...]:
    """The judges whose verdicts count: those of other families than the author's; where there are none, any that is
    named; where none is named, the author."""
    others = tuple(judge for judge in panel.judges if panel.is_other(judge.model, judge.family))
    return others or panel.judges or (panel.author,)


def independent(panel: Panel) -> bool:
    """Whether those who count are of other families than the author."""
    return all(panel.is_other(judge.model, judge.family) for judge in counted(panel))


def warnings_of(panel: Panel) -> list[str]:
    """What a reader of the new suite should know of its judges, in whole sentences."""
    author = panel.author
    left_out = [judge.model for judge in panel.judges if judge not in counted(panel)]
    found = [f"{', '.join(left_out)}: of the author's family {author.family}; not asked"] if left_out else []
    if not independent(panel):
        who = ", ".join(judge.model for judge in counted(panel))
        found.append(
            f"the only judges are {who}, of the author's family {author.family}: no other model bears witness, and "
            "certificates that rest on judges say `independent: false`; name another family with --judge-model"
        )
    return found


def needed(judges: int) -> int:
    """How many of so many judges must agree: more than half."""
    return judges // 2 + 1


async def compare(work: Work, task: PreferenceTask, one: str, other: str, criterion: str) -> list[Vote]:
    """Each judge's verdict on two responses (texts) to a task's question by a criterion."""
    labels = labels_for(task, LABELS)
    asked = replace(task, criterion=criterion)
    prompts = [_verdict_prompt(asked, *texts, labels) for texts in ((one, other), (other, one))]
    answers = await _both_orders(work, f"judge {criterion.partition(':')[0]}", prompts)
    return [
        Vote(member, (_read(first, labels, swapped=False), _read(second, labels, swapped=True)))
        for member, first, second in answers
    ]


async def same(work: Work, template: str, one: str, other: str) -> list[Vote]:
    """Each judge on whether two texts are the same in the sense of a template: ``tie`` where they are, else ``one``."""
    prompts = [render(template, one=texts[0], other=texts[1]) for texts in ((one, other), (other, one))]
    answers = await _both_orders(work, f"judge {template}", prompts)
    return [Vote(member, (_read_same(first), _read_same(second))) for member, first, second in answers]


def agree(name: str, votes: Sequence[Vote], wanted: Says) -> Gate:
    """The gate that enough judges said the wanted thing in both orders."""
    agreeing = sum(vote.settled == wanted for vote in votes)
    evidence = {"agree": agreeing, "judges": len(votes), "needed": needed(len(votes)), "wanted": wanted}
    return Gate(name, agreeing >= needed(len(votes)), {**evidence, "votes": [vote.to_json() for vote in votes]})


async def _both_orders(
    work: Work, purpose: str, prompts: Sequence[Rendered]
) -> list[tuple[Member, Answer | None, Answer | None]]:
    members = counted(work.panel)
    asked = [
        (member, f"{purpose}, {order}", prompt)
        for member in members
        for order, prompt in zip(_ORDERS, prompts, strict=True)
    ]
    answers = iter(await work.judges(asked))
    return [(member, next(answers), next(answers)) for member in members]


def _verdict_prompt(task: PreferenceTask, first: str, second: str, labels: tuple[str, str]) -> Rendered:
    version = f"{VERSION}-{JUDGE.to_json(labels)['digest'][:12]}"
    return Rendered(JUDGE.name, version, "", JUDGE.text(task, first, second, labels))


def _read(answer: Answer | None, labels: tuple[str, str], *, swapped: bool) -> Says:
    if answer is None or (answer.finish_reason == "length" and not ends_with_verdict(answer.text)):
        return "none"
    choice = last_verdict(answer.text, labels)
    if choice in ("first", "second"):
        return "one" if (choice == "first") is not swapped else "other"
    return "tie" if choice == "tie" else "none"


def _read_same(answer: Answer | None) -> Says:
    if answer is None:
        return "none"
    try:
        said = read_object(answer.text).get("same")
    except UnusableReply:
        return "none"
    return "none" if not isinstance(said, bool) else "tie" if said else "one"
