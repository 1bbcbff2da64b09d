"""Plan first: the author writes observations on what is given, two of them are drawn, the draft builds on both.

After PlanSearch (Wang et al. 2024, "Planning in natural language improves LLM search for code generation"): ideas that
are drawn from combined observations differ more than replies to one and the same prompt. Observations on the same
parents by the same operator are asked for once, whatever the number of proposals that draw from them.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ...benchmarks import CodeTask
from ...benchmarks.jsonio import text_digest
from ..protocol import Observation
from .calls import Asker, Panel
from .drafting import Asked, Rejected, mend
from .fields import check_known, lines_of
from .json_reply import read_object
from .parents import shown
from .protocol import Hints, ModelOperator, Rendered, UnusableReply
from .templates import render

PLAN = "plan"
MENDED = "mend plan"
ASKED_FOR = (6, 10)
_ACCEPTED = (3, 20)
DRAWN = 2


async def planned(
    operator: ModelOperator,
    parents: Sequence[CodeTask],
    observed: Sequence[Observation],
    hints: Hints,
    panel: Panel,
    asker: Asker,
    seed: int,
    asked: Asked,
) -> Hints:
    """The hints with two observations to build on. seed: of the proposal, which draws them; asked: takes the answers.

    Rejected where the author's reply cannot be used and could not be mended.
    """
    observations = await _observations(operator, parents, observed, panel, asker, asked)
    return replace(hints, plan=drawn(observations, seed))


def drawn(observations: Sequence[str], seed: int) -> tuple[str, ...]:
    """Two of the observations, in the order in which they were made."""
    rng = random.Random(f"{seed}/plan")
    places = sorted(rng.sample(range(len(observations)), min(DRAWN, len(observations))))
    return tuple(observations[place] for place in places)


def request(operator: ModelOperator, parents: Sequence[CodeTask], observed: Sequence[Observation]) -> Rendered:
    """The request for observations."""
    rows = [shown(parent, seen) for parent, seen in zip(parents, observed, strict=True)]
    least, most = ASKED_FOR
    name = operator.name.partition(":")[0]
    return render(PLAN, parents=rows, operator=name, purpose=operator.describe(), least=least, most=most)


def read(reply: Mapping[str, Any]) -> tuple[str, ...]:
    """The observations of a reply, each once. UnusableReply where there are too few to draw from."""
    check_known(reply, ("observations",))
    found = tuple(dict.fromkeys(lines_of(reply, "observations", *_ACCEPTED)))
    if len(found) < _ACCEPTED[0]:
        raise UnusableReply(f'"observations": expected at least {_ACCEPTED[0]} different ones', "number of items")
    return found


async def _observations(
    operator: ModelOperator,
    parents: Sequence[CodeTask],
    observed: Sequence[Observation],
    panel: Panel,
    asker: Asker,
    asked: Asked,
) -> tuple[str, ...]:
    seed = int(text_digest(f"plan of {operator.name} on {' '.join(each.digest for each in parents)}")[:12], 16)
    prompt = request(operator, parents, observed)
    answer = await asker.ask("author", panel.author, PLAN, prompt, seed=seed)
    asked.answers.append(answer)
    try:
        return read(read_object(answer.text))
    except UnusableReply as fault:
        again = mend(prompt, answer.text, fault)
    answer = await asker.ask("author", panel.author, MENDED, again, seed=seed)
    asked.answers.append(answer)
    try:
        return read(read_object(answer.text))
    except UnusableReply as fault:
        raise Rejected(fault.reason, f"the plan: {fault}") from fault
