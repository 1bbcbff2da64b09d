"""Asking the author of a preference task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ....benchmarks import BadInput
from ....benchmarks.preference import PreferenceTask
from ..calls import Asker, Panel
from ..drafting import Asked, Rejected, conversed
from ..protocol import Step, UnusableReply
from .protocol import Draft, GoodEnough, ModelPreferenceOperator

GOOD_ENOUGH = "good_enough"


async def drafted(
    operator: ModelPreferenceOperator, parent: PreferenceTask, panel: Panel, asker: Asker, seed: int, asked: Asked
) -> Draft:
    """The draft that all replies come to; Rejected where one cannot be used, or where nothing is left to improve."""

    def gather(replies: Sequence[Mapping[str, Any]]) -> Draft:
        draft = operator.read(replies, parent, seed)
        checked(operator, draft, parent, seed)
        return draft

    try:
        return await conversed(
            Step(operator.ask(parent, seed), "evolve", operator.first_turn),
            lambda replies: operator.follow(replies, parent, seed),
            gather,
            panel,
            asker,
            seed,
            asked,
            template="pair_mend",
        )
    except GoodEnough as enough:
        raise Rejected(GOOD_ENOUGH, str(enough)) from enough


def checked(operator: ModelPreferenceOperator, draft: Draft, parent: PreferenceTask, seed: int) -> None:
    """UnusableReply where a draft is none of this operator's."""
    try:
        operator.check(draft, parent, seed)
    except (BadInput, KeyError) as error:
        raise UnusableReply(f"the draft cannot be used: {error}") from error
