"""Steerability: whether a model that is told of a group of raters takes their side, and only theirs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .estimates import Estimate, mean, names_of, ratio, statistic_interval
from .groups import NOBODY, Votes, agreed_votes
from .intervals import SEED
from .preferences import Outcome


@dataclass(frozen=True, slots=True)
class Steerability:
    """What telling a model of a group does: matrix[h][g] is the accuracy for group g when told of group h ("": none).

    All on the pairs that every run decided. gain[g]: told of g minus told of nobody, NaN without such a run, with its
    interval over families. own_minus_other: mean accuracy for the group told of minus that for the groups not told of;
    above 0 the model follows whom it is told of, and not just any description.
    """

    groups: tuple[str, ...]
    conditions: tuple[str, ...]
    matrix: Mapping[str, Mapping[str, float]]
    gain: Mapping[str, Estimate]
    own_minus_other: float
    pairs: int


def steerability(
    outcomes: Mapping[str, Sequence[Outcome]],
    votes: Sequence[Mapping[str, Votes]],
    families: Sequence[str] | None = None,
    *,
    seed: int = SEED,
) -> Steerability:
    """Steerability over groups (the setting of PAL), from the outcomes of the same pairs under several conditions.

    outcomes: by the group that the model was told of, "" for none; all of the length of ``votes``. Groups are those
    with votes and a name.
    """
    names = names_of(families, len(votes))
    rows = list(zip(*outcomes.values(), strict=True)) if outcomes else []
    if rows and len(rows) != len(votes):
        raise ValueError(f"{len(rows)} outcomes, but {len(votes)} sets of votes")
    kept = [index for index, row in enumerate(rows) if "skipped" not in row]
    groups = tuple(sorted({group for index in kept for group in votes[index]} - {""}))
    columns = {
        (told, group): agreed_votes([outcomes[told][i] for i in kept], [votes[i].get(group, NOBODY) for i in kept])
        for told in outcomes
        for group in groups
    }
    matrix = {told: {group: _share(*columns[told, group]) for group in groups} for told in sorted(outcomes)}
    units = [names[index] for index in kept]
    gain = {}
    for group in groups:
        if group in outcomes and "" in outcomes:
            (own, total), (plain, _) = columns[group, group], columns["", group]
            change = [one - other for one, other in zip(own, plain, strict=True)]
            gain[group] = Estimate(
                matrix[group][group] - matrix[""][group],
                int(sum(total)),
                0,
                statistic_interval([change, total], units, ratio, seed=seed),
            )
    own_cells = [matrix[told][told] for told in matrix if told in groups]
    other_cells = [matrix[told][group] for told in matrix for group in groups if told and told != group]
    return Steerability(groups, tuple(sorted(outcomes)), matrix, gain, mean(own_cells) - mean(other_cells), len(kept))


def _share(parts: Sequence[float], wholes: Sequence[float]) -> float:
    return math.fsum(parts) / math.fsum(wholes) if any(wholes) else math.nan
