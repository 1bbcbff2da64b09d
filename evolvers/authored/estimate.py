"""What an evolution would ask and cost, told before anything is asked: from its prompts and from figures of it.

The first request of every proposal is rendered as it would be sent. What comes after depends on replies, so shares and
lengths are assumed, or measured on an earlier evolution's replies.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...benchmarks import CodeTask
from ...harness.runs.budget import Prices
from ..protocol import NotApplicable, Observation
from .budget import Limits
from .calls import Member, Panel
from .figures import EVOLVE, LATER, Figures
from .planning import PLAN, request
from .protocol import Hints, ModelOperator, Rendered

_AUTHOR = "author"
_FORM = 420  # characters of a draft's JSON beside the texts in it: names, inputs, contract
_CLARIFY = 1_100  # of that request beside the task
_SENTENCE = 180
_MEND = 700
_PLAN = 900
_NO_HINTS = Hints()


@dataclass(frozen=True, slots=True)
class Line:
    """Requests of one kind to one model; numbers are means, so no whole ones."""

    role: str
    purpose: str
    model: str
    calls: float
    input_tokens: float
    output_tokens: float

    def times(self, share: float) -> Line:
        """So many times as much."""
        return Line(
            self.role,
            self.purpose,
            self.model,
            self.calls * share,
            self.input_tokens * share,
            self.output_tokens * share,
        )


@dataclass(frozen=True, slots=True)
class Estimate:
    """All of it. proposals: drafts that are asked for; refused: how many pairs of operator and
    parents nothing can be made of, by reason."""

    lines: tuple[Line, ...]
    proposals: float
    refused: Mapping[str, int]
    figures: Figures

    @property
    def calls(self) -> float:
        """Requests."""
        return sum(line.calls for line in self.lines)

    @property
    def tokens(self) -> float:
        """In and out."""
        return sum(line.input_tokens + line.output_tokens for line in self.lines)

    def money(self, prices: Mapping[str, Prices]) -> float:
        """The price; NaN where a model's is not known."""
        return sum(
            prices[line.model].cost(line.input_tokens, line.output_tokens) if line.model in prices else math.nan
            for line in self.lines
        )

    def scaled(self, proposals: float) -> Estimate:
        """As many proposals of the same mixture. NaN-free: none of none is none."""
        share = proposals / self.proposals if self.proposals else 0.0
        return Estimate(tuple(line.times(share) for line in self.lines), proposals, self.refused, self.figures)


@dataclass(frozen=True, slots=True)
class Wish:
    """One proposal: an operator, its parents with what was observed of them, and what the author is told beside."""

    operator: ModelOperator
    parents: tuple[CodeTask, ...]
    observed: tuple[Observation, ...]
    hints: Hints = _NO_HINTS


def estimate(wishes: Iterable[Wish], panel: Panel, figures: Figures, solutions: int) -> Estimate:
    """What these proposals would ask. solutions: blind ones of each new task."""
    asked: list[Line] = []
    unsolved: dict[
        str, float
    ] = {}  # how likely it is that nobody solved a parent yet: its solutions serve all children
    planned: set[tuple[str, ...]] = set()
    proposals, refused = 0, Counter[str]()
    for wish in wishes:
        try:
            lines = _proposal(wish, panel, figures, solutions)
        except NotApplicable as error:
            refused[str(error)] += 1
            continue
        proposals += 1
        lines += _plan(wish, panel, figures, planned)
        if wish.operator.kind == "preserving":
            parent = wish.parents[0]
            left = unsolved.get(parent.digest, 1.0)
            unsolved[parent.digest] = left * (1 - figures.reach)
            lines += _solved("solve parent", len(parent.prompt), len(parent.reference), left * figures.reach,
                             panel, figures, solutions)  # fmt: skip
        asked += lines
    return Estimate(summed(asked), proposals, refused, figures)


def summed(lines: Iterable[Line]) -> tuple[Line, ...]:
    """One line for each kind of request to each model, in the order of their first; none for what is not asked."""
    sums: dict[tuple[str, str, str], list[float]] = {}
    for line in lines:
        found = sums.setdefault((line.role, line.purpose, line.model), [0.0, 0.0, 0.0])
        for place, value in enumerate((line.calls, line.input_tokens, line.output_tokens)):
            found[place] += value
    return tuple(Line(*key, *values) for key, values in sums.items() if values[0])


def _proposal(wish: Wish, panel: Panel, figures: Figures, solutions: int) -> list[Line]:
    """What is asked for one proposal, on average."""
    operator, parents = wish.operator, wish.parents
    operator.applies(parents, wish.observed)
    prompt = operator.ask(parents, wish.observed, wish.hints)
    altering = operator.kind == "altering"
    text = sum(len(parent.prompt) for parent in parents)
    program = sum(len(parent.reference) for parent in parents)
    draft = 1.1 * text + (1.2 * program + _FORM if altering else 40)
    asked, steps = _size(prompt), _steps(operator)
    author = panel.author.model
    lines = [line_of(figures, _AUTHOR, EVOLVE, author, 1, asked, draft, prompt.template)]
    if steps > 1:
        lines.append(line_of(figures, _AUTHOR, LATER, author, steps - 1, asked, draft, prompt.template))
    lines.append(line_of(figures, _AUTHOR, "mend", author, figures.mends, asked + draft + _MEND, draft))
    rounds = figures.reach
    if altering:
        again = figures.reach * figures.clarified
        rounds += again
        lines += [
            line_of(figures, _AUTHOR, "inputs", author, figures.more_inputs, text + _CLARIFY, _FORM),
            line_of(figures, _AUTHOR, "clarify", author, again, text + _CLARIFY, _SENTENCE),
        ]
    return [*lines, *_solved("solve", text, program, rounds, panel, figures, solutions)]


def _plan(wish: Wish, panel: Panel, figures: Figures, planned: set[tuple[str, ...]]) -> list[Line]:
    """The request for observations on parents, which serves all proposals that build on such. planned: those known."""
    key = (wish.operator.name, *(parent.digest for parent in wish.parents))
    if wish.hints.strategy != PLAN or key in planned:
        return []
    planned.add(key)
    asked = _size(request(wish.operator, wish.parents, wish.observed))
    return [line_of(figures, _AUTHOR, PLAN, panel.author.model, 1, asked, _PLAN)]


def _solved(
    purpose: str, text: int, program: int, rounds: float, panel: Panel, figures: Figures, solutions: int
) -> list[Line]:
    """Blind solutions of a task. text, program: characters of its prompt and of its reference."""
    asked, said = _solve_size(text), 1.05 * program
    return [
        line_of(figures, "solver", purpose, each.model, rounds * share, asked, said)
        for each, share in _turns(panel.solvers, solutions)
    ]


def line_of(
    figures: Figures, role: str, purpose: str, model: str, calls: float, asked: float, said: float, template: str = ""
) -> Line:
    """Requests of one kind. asked, said: characters of a request and of its reply, where none were measured."""
    kind = (role, purpose)
    return Line(
        role, purpose, model, calls, calls * figures.asked(kind, asked), calls * figures.said(kind, template, said)
    )


def _turns(solvers: Sequence[Member], solutions: int) -> list[tuple[Member, int]]:
    """How many solutions each is asked for, in turn."""
    each = len(solvers)
    return [
        (member, (solutions - place + each - 1) // each) for place, member in enumerate(solvers) if place < solutions
    ]


def _steps(operator: ModelOperator) -> int:
    """Requests for one draft."""
    return int(getattr(operator, "asks", 1))


def _size(prompt: Rendered) -> int:
    return len(prompt.system) + len(prompt.text)


def _solve_size(text: int) -> float:
    """Characters of the request for a blind solution of a task whose text has so many."""
    from .templates import render

    return _size(render("solve", task="", entry_point="f")) + text


def told(found: Estimate, prices: Mapping[str, Prices], limits: Limits) -> list[str]:
    """What ``--dry-run`` prints."""
    rows: list[Sequence[Any]] = [("asked", "of", "requests", "tokens in", "tokens out", "money")]
    for line in found.lines:
        cost = Estimate((line,), 1, {}, found.figures).money(prices)
        rows.append((f"{line.role}: {line.purpose}", line.model, *_numbers(line), _money(cost)))
    total = Line("", "", "", found.calls, *(sum(getattr(each, name) for each in found.lines) for name in _TOKENS))
    rows.append(("in all, about", "", *_numbers(total), _money(found.money(prices))))
    widths = [max(len(str(row[place])) for row in rows) for place in range(6)]
    lines = [
        "  ".join(
            f"{cell:<{width}}" if place < 2 else f"{cell:>{width}}"
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    none = sum(found.refused.values())
    lines.append(f"proposals: {found.proposals:.0f}" + (f", {none} more cannot be made:" if none else ""))
    lines += [
        f"    {reason}: {number}" for reason, number in sorted(found.refused.items(), key=lambda r: (-r[1], r[0]))
    ]
    lines.append(found.figures.words())
    return [*lines, *_ends(found, prices, limits)]


_TOKENS = ("input_tokens", "output_tokens")


def _numbers(line: Line) -> tuple[str, str, str]:
    return f"{line.calls:,.0f}", f"{line.input_tokens:,.0f}", f"{line.output_tokens:,.0f}"


def _money(cost: float) -> str:
    return "-" if math.isnan(cost) else f"{cost:.4f}"


def _ends(found: Estimate, prices: Mapping[str, Prices], limits: Limits) -> list[str]:
    """Whether the budget would end it before."""
    wanted = {"calls": found.calls, "tokens": found.tokens, "money": found.money(prices)}
    shares = [
        (getattr(limits, name) / amount, name)
        for name, amount in wanted.items()
        if getattr(limits, name) is not None and amount > getattr(limits, name)
    ]
    if not shares:
        return []
    share, name = min(shares)
    return [f"the budget of {name} would end it after about {share:.0%} of this"]
