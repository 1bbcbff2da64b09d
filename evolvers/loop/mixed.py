"""One maker out of two: model operators and deterministic chains in one batch."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from ..authored.pipeline import Authoring
from .chains import ChainMaker
from .protocol import Made, Proposal


class MixedMaker:
    """through_model: names of the operators that ``authoring`` carries out; all others are ``chains``'s.

    Models are asked first: where that ends the budget, nothing of the batch counts.
    """

    def __init__(self, chains: ChainMaker, authoring: Authoring | None, through_model: Collection[str]) -> None:
        self._chains, self._authoring, self._through_model = chains, authoring, frozenset(through_model)

    def make(self, proposals: Sequence[Proposal]) -> list[Made]:
        """See ``Maker.make``."""
        asked = [proposal for proposal in proposals if proposal.operator in self._through_model]
        plain = [proposal for proposal in proposals if proposal.operator not in self._through_model]
        made: list[Made] = []
        if asked:
            if self._authoring is None:
                raise ValueError("an operator through a model was proposed, and there is no author")
            made += self._authoring.make(asked)
            self._chains.add([each.task for each in made if each.task is not None])
        if plain:
            made += self._chains.make(plain)
        by_slot = {each.proposal.slot: each for each in made}
        return [by_slot[proposal.slot] for proposal in proposals]
