"""What evolving preference tasks would ask and cost, told before anything is asked (``--dry-run``).

The first request of every proposal is rendered as it would be sent. What comes after depends on replies: shares and
lengths are assumed, or measured on the replies of an earlier evolution.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ....benchmarks.preference import PreferenceSuite, PreferenceTask
from ...preferences.asking import question_of
from ...protocol import NotApplicable
from ..calls import Answer, Member, Panel, Role
from ..estimate import Estimate, Line, line_of, summed
from ..figures import EVOLVE, Figures, Kind
from ..protocol import Rendered
from ..store import Kept
from .judges import counted
from .protocol import Gate, ModelPreferenceOperator
from .work import Prover, Work, seed_of

LATER, MEND, JUDGE = "later steps", "mend", "judge"
_ORDERS = 2
_VERDICT = 1_600  # characters of a question to a judge, beside the texts in it
_SAID = 400  # of a judge's reply
_FORM = 60  # of an author's, beside the text in it


@dataclass(frozen=True, slots=True)
class JudgedFigures(Figures):
    """``reach``: the share of an operator's later requests and of judges' that are made, of those that may be."""

    reach: float = 0.7

    def words(self) -> str:
        """All of it in one line."""
        lengths = "as long as those were" if self.reply_tokens else "as long as the texts that they are about"
        return (
            f"{self.source}: {self.mends:.0%} of drafts are mended, {self.reach:.0%} of what may be asked after a "
            f"draft is asked; {self.chars_per_token:.2f} characters a token; replies {lengths}, and no thinking"
        )


@dataclass(frozen=True, slots=True)
class Wish:
    """One proposal that can be made, with the first request for it. None where nothing is asked first."""

    operator: ModelPreferenceOperator
    task: PreferenceTask
    first: Rendered | None


def wishes_of(
    suite: PreferenceSuite, operators: Sequence[ModelPreferenceOperator], panel: Panel, count: int, seed: int
) -> tuple[list[Wish], Counter[str]]:
    """All proposals, and of how many pairs of operator and task none can be made, by reason."""
    found: list[Wish] = []
    refused = Counter[str]()
    for operator in operators:
        for task in suite:
            try:
                operator.applies(task)
            except NotApplicable as error:
                refused[str(error)] += count
                continue
            found += [Wish(operator, task, _first(operator, task, panel, seed, slot)) for slot in range(count)]
    return found, refused


def estimate_preferences(
    wishes: Iterable[Wish], refused: Mapping[str, int], panel: Panel, figures: JudgedFigures
) -> Estimate:
    """What these proposals would ask."""
    asked = [_proposal(wish, panel, figures) for wish in wishes]
    return Estimate(summed(line for lines in asked for line in lines), len(asked), refused, figures)


def judged_figures_of(kept: Iterable[Kept], wishes: Sequence[Wish], judges: int, source: str) -> JudgedFigures | None:
    """The figures of earlier replies; None where no draft is among them. wishes: what is to be asked now, by whose
    prompts the drafts of its operators are known."""
    operators = {wish.first.template: wish.operator for wish in wishes if wish.first is not None}
    counts: dict[Kind, int] = {}
    asked: dict[Kind, int] = {}
    said: dict[Kind, int] = {}
    answered: dict[Kind, int] = {}
    possible = drafts = chars = 0
    for each in kept:
        kind = _kind(each.asked.role, each.asked.purpose)
        counts[kind] = counts.get(kind, 0) + 1
        if kind == ("author", EVOLVE):
            drafts += 1
            operator = operators.get(each.asked.template)
            possible += 0 if operator is None else _after(operator, judges)
        if each.refused is None:
            answered[kind] = answered.get(kind, 0) + 1
            asked[kind] = asked.get(kind, 0) + (each.response.input_tokens or 0)
            said[kind] = said.get(kind, 0) + (each.response.output_tokens or 0)
            chars += each.asked.chars if kind == ("author", EVOLVE) else 0
    if not drafts:
        return None
    later = counts.get(("author", LATER), 0) + counts.get(("judge", JUDGE), 0)
    tokens = asked.get(("author", EVOLVE), 0)
    return JudgedFigures(
        mends=counts.get(("author", MEND), 0) / drafts,
        reach=min(1.0, later / possible) if possible else 0.0,
        chars_per_token=chars / tokens if tokens else 4.0,
        question_tokens={kind: asked[kind] / answered[kind] for kind in answered if kind[1] != EVOLVE},
        reply_tokens={kind: said[kind] / answered[kind] for kind in answered},
        source=source,
    )


def _proposal(wish: Wish, panel: Panel, figures: JudgedFigures) -> list[Line]:
    author, operator = panel.author.model, wish.operator
    texts = [len(response.text) for response in wish.task.responses]
    text = sum(texts) / max(len(texts), 1)
    asked = len(wish.first.system) + len(wish.first.text) if wish.first is not None else 0
    judged = len(question_of(wish.task)) + 2 * text + _VERDICT
    lines = [
        line_of(figures, "author", EVOLVE, author, 1, asked, text + _FORM),
        line_of(figures, "author", MEND, author, figures.mends, asked + text + _FORM, text + _FORM),
        line_of(figures, "author", LATER, author, _steps(operator) * figures.reach, asked + text, text + _FORM),
    ]
    each = _ORDERS * operator.comparisons * figures.reach
    return lines + [line_of(figures, "judge", JUDGE, judge.model, each, judged, _SAID) for judge in counted(panel)]


def _steps(operator: ModelPreferenceOperator) -> int:
    """Requests to the author after the first, a mended one not counted."""
    return max(0, operator.asks - 2)


def _after(operator: ModelPreferenceOperator, judges: int) -> int:
    """What may be asked after a draft, a mended reply not counted."""
    return _steps(operator) + _ORDERS * operator.comparisons * judges


def _kind(role: str, purpose: str) -> Kind:
    if role == "judge":
        return (role, JUDGE)
    return (role, purpose if purpose in (EVOLVE, MEND) else LATER)


def _first(
    operator: ModelPreferenceOperator, task: PreferenceTask, panel: Panel, seed: int, slot: int
) -> Rendered | None:
    leaf = seed_of(seed, operator.name, operator.version, task, slot)
    work = Work(task, leaf, panel, _Nobody(), _NothingProven())
    try:
        asyncio.run(operator.develop(work))
    except _Asked as asked:
        return asked.prompt
    except NotApplicable:
        return None
    return None


class _Asked(Exception):
    """The first request."""

    def __init__(self, prompt: Rendered) -> None:
        super().__init__()
        self.prompt = prompt


class _Nobody:
    """Looks at the first request, and asks nobody."""

    async def ask(
        self, role: Role, member: Member, purpose: str, prompt: Rendered, *, seed: int, epoch: int = 0
    ) -> Answer:
        """See ``Asker.ask``."""
        raise _Asked(prompt)


class _NothingProven(Prover):
    """Operators ask before they have anything proven; where one does not, its parents' labels are taken to hold."""

    def __init__(self) -> None:
        pass

    async def label(self, task: PreferenceTask) -> Gate:
        """See ``Prover.label``."""
        return Gate("label", True, {})

    async def passing(self, task: PreferenceTask, programs: Sequence[str]) -> list[bool]:
        """See ``Prover.passing``."""
        return [True] * len(programs)
