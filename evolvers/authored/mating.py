"""Which tasks an operator joins to a parent: those that are least like it (dissimilar mates make more of a difference).

A random, equally large draw is not needed: the order follows from the texts, so the same suite gives the same mates.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ...benchmarks import CodeTask
from ..novelty import types_of
from ..protocol import NotApplicable, Observation
from .likeness import shingle_similarity, word_similarity
from .protocol import ModelOperator


def mates_for(
    operator: ModelOperator,
    parent: CodeTask,
    tasks: Sequence[CodeTask],
    observed: Callable[[CodeTask], Observation],
    count: int,
) -> list[tuple[CodeTask, ...]]:
    """``count`` groups of further parents, each of as many as the operator wants; fewer where there are no more.

    Only human-made tasks to which the operator applies are mates. Those that take or give the parent's types come
    first, since a joint task of them holds together; among these the least similar text.
    """
    wanted = operator.parents - 1
    if wanted == 0:
        return [()] * count
    ranked = sorted(
        (_distance(parent, other, observed), other.id, other)
        for other in tasks
        if other.digest != parent.digest and other.lineage is None and observed(other).problem is None
    )
    order = [other for _, _, other in ranked]
    groups: list[tuple[CodeTask, ...]] = []
    while order and len(groups) < count:
        group, order = tuple(order[:wanted]), order[wanted:]
        if len(group) == wanted and _applies(operator, (parent, *group), observed):
            groups.append(group)
    return groups


def _applies(
    operator: ModelOperator, parents: tuple[CodeTask, ...], observed: Callable[[CodeTask], Observation]
) -> bool:
    try:
        operator.applies(parents, [observed(parent) for parent in parents])
    except NotApplicable:
        return False
    return True


def _distance(parent: CodeTask, other: CodeTask, observed: Callable[[CodeTask], Observation]) -> tuple[int, float]:
    """The smaller, the better a mate."""
    mine, theirs = observed(parent), observed(other)
    related = {*types_of(mine.calls), mine.output_type} & {*types_of(theirs.calls), theirs.output_type}
    likeness = word_similarity(parent.prompt, other.prompt) + shingle_similarity(parent.prompt, other.prompt)
    return (0 if related else 1), round(likeness, 6)
