"""Do solutions that were written from a prompt alone say what the reference says?

They are grouped by what they give on every input (their functional hash: solutions of one group cannot be told apart by
it). A prompt is taken to say one thing if the group that holds the reference has 60 % of all solutions that were asked
for; those that cannot be used count against it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any, Literal

from ...benchmarks import Comparator, matches
from ..literals import literal
from ..protocol import Executed
from ..texts import text_of

MIN_SHARE = 0.6
MIN_SOLUTIONS = 5
Why = Literal["", "unsolved", "reference_contradicted", "ambiguous"]


@dataclass(frozen=True, slots=True)
class Consensus:
    """How solutions and reference stand to each other.

    asked: how many solutions were asked for. usable: how many are programs that could be run. agreeing: the numbers of
    those that give what the reference gives, on every input. others: the other groups, the largest first. why: "" where
    the agreeing ones are enough; ``unsolved``: too few can be used, so that nobody knows; ``reference_contradicted``:
    enough of them agree on something else; ``ambiguous``: neither.
    """

    asked: int
    usable: int
    agreeing: tuple[int, ...]
    others: tuple[tuple[int, ...], ...]
    why: Why

    @property
    def share(self) -> float:
        """The share of all solutions that were asked for that say what the reference says."""
        return len(self.agreeing) / self.asked

    def to_json(self) -> dict[str, Any]:
        """As the certificate's evidence."""
        return {
            "asked": self.asked,
            "usable": self.usable,
            "agreeing": len(self.agreeing),
            "share": round(self.share, 4),
            "other_clusters": [len(group) for group in self.others],
        }


def agrees(rows: Sequence[Executed], others: Sequence[Executed], how: Comparator) -> bool:
    """Whether two programs end every call in the same way."""
    return first_difference(rows, others, how) is None


def same_end(row: Executed, other: Executed, how: Comparator) -> bool:
    """Whether two calls end alike: in the same exception, or in values that match."""
    if row.raised is not None or other.raised is not None:
        return row.raised == other.raised
    return matches(row.returns, other.returns, how)


def first_difference(rows: Sequence[Executed], others: Sequence[Executed], how: Comparator) -> int | None:
    """The place of the first call that tells two programs apart, None where there is none."""
    pairs = enumerate(zip(rows, others, strict=True))
    return next((place for place, (mine, other) in pairs if not same_end(mine, other, how)), None)


def differences(rows: Sequence[Executed], others: Sequence[Executed], how: Comparator) -> tuple[int, ...]:
    """The places of all calls that tell two programs apart."""
    pairs = enumerate(zip(rows, others, strict=True))
    return tuple(place for place, (mine, other) in pairs if not same_end(mine, other, how))


def consensus(
    reference: Sequence[Executed], solutions: Sequence[Sequence[Executed] | None], how: Comparator
) -> Consensus:
    """How the rows of solutions stand to those of a reference; None for a solution that cannot be used."""
    usable = [number for number, rows in enumerate(solutions) if rows is not None]
    agreeing = tuple(number for number in usable if agrees(solutions[number] or (), reference, how))
    others = _groups([number for number in usable if number not in agreeing], solutions, how)
    asked, needed = len(solutions), ceil(MIN_SHARE * len(solutions))
    why: Why = "ambiguous"
    if len(agreeing) >= needed:
        why = ""
    elif others and len(others[0]) >= needed:
        why = "reference_contradicted"
    elif len(usable) < needed:
        why = "unsolved"
    return Consensus(asked, len(usable), agreeing, others, why)


def _groups(
    numbers: Sequence[int], solutions: Sequence[Sequence[Executed] | None], how: Comparator
) -> tuple[tuple[int, ...], ...]:
    """Those that agree with the first of their group; the largest group first, of equal ones the earlier."""
    groups: list[list[int]] = []
    for number in numbers:
        mine = solutions[number] or ()
        home = next((group for group in groups if agrees(mine, solutions[group[0]] or (), how)), None)
        if home is None:
            groups.append([number])
        else:
            home.append(number)
    return tuple(tuple(group) for group in sorted(groups, key=lambda group: (-len(group), group[0])))


def separating(
    reference: Sequence[Executed], solutions: Sequence[Sequence[Executed] | None], found: Consensus, how: Comparator
) -> int | None:
    """The place of the input at which the two largest groups part: the shortest of those where they do and that a
    prompt can show.

    The reference stands for its own group, and for one of the two where its group is none of the largest.
    """
    if not found.others:
        return None
    largest = solutions[found.others[0][0]] or ()
    places = differences(largest, reference, how)
    second = found.others[1] if len(found.others) > 1 else ()
    if len(second) > len(found.agreeing):
        between = differences(largest, solutions[second[0]] or (), how)
        # An input at which the reference differs as well says more.
        places = tuple(place for place in between if place in places) or between
    showable = [place for place in places if _has_literal(reference[place])]
    return min(showable, key=lambda place: (len(text_of(reference[place].args)), place), default=None)


def _has_literal(row: Executed) -> bool:
    try:
        literal((row.args, row.returns))
    except ValueError:
        return False
    return True


def contradicted(
    reference: Sequence[Executed], solutions: Sequence[Sequence[Executed] | None], how: Comparator
) -> int | None:
    """The place of the first call for which enough of all solutions agree on a value that is not the reference's; None
    where there is none.

    For inputs that no test has. They may lie where the prompt means nothing in particular, so solutions that part there
    are no sign of a fault, and neither is an exception: only values that the same 60 % arrive at count.
    """
    needed = ceil(MIN_SHARE * len(solutions))
    for place, row in enumerate(reference):
        told = [rows[place] for rows in solutions if rows is not None and rows[place].raised is None]
        against = [each for each in told if not same_end(row, each, how)]
        if any(sum(same_end(one, other, how) for other in against) >= needed for one in against):
            return place
    return None
