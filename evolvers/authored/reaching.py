"""Which outcomes of a reference's conditions its inputs meet: it is run once more, as a copy that tells them.

The copy runs in a job of its own. What notes the outcomes has a name that is a digest of the whole program, so that the
program cannot hold it, and ``screening`` admits none that could work out a name. The copy must give what the reference
gives on every input.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from ...harness.sandbox.api import CallResult, CallsJob, Sandbox
from ..protocol import Executed, Rows
from ..prover.rows import UNPLAIN
from .outcomes import Outcome
from .protocol import Draft
from .running import ALL_FUEL, FUEL, LIMITS, outcome_of, rows_text, ticked
from .watching import Watched, watched

_DRIVE = "evalrun_watch"
# The calls that a copy is asked for come from two jobs, each of which may spend all that a program has.
_ALL_FUEL = 2 * ALL_FUEL
# A copy takes several times as long as the program, which may take all that it has.
_LIMITS = replace(LIMITS, cpu_s=60.0, wall_s=360.0)
_DRIVER = """

_fuel = Fuel()
_left = [{all_fuel}]
_seen = set()


def _mark(number):
    _seen.add(number)


def _told(number, value):
    _seen.add(number if value else number + 1)
    return value


def _load():
    space = _fuel.given_to({{"__name__": "answer", {mark!r}: _mark, {told!r}: _told}})
    _fuel.left = {fuel}
    exec(compile({program!r}, "<answer>", "exec", dont_inherit=True), space)
    return space[{entry!r}]


_entry = _load()


def evalrun_watch(*args):
    _seen.clear()
    most = _fuel.left = min({fuel}, _left[0])
    value = raised = None
    try:
        value = _entry(*args)
        key(value)
    except Exception as error:
        value, raised = None, type(error).__name__
    _left[0] -= most - max(_fuel.left, 0)
    return value, raised, tuple(sorted(_seen))
"""


@dataclass(frozen=True, slots=True)
class Reached:
    """What a copy gave, call by call: how the calls ended, and the outcomes that each met."""

    rows: tuple[Executed, ...]
    seen: tuple[frozenset[int], ...]

    @property
    def all_seen(self) -> frozenset[int]:
        """The outcomes that any call met."""
        return frozenset().union(*self.seen)


@dataclass(frozen=True, slots=True)
class Reach:
    """How much of a reference its inputs go through. outcomes: how many there are. guards: how many of these nothing
    meets that the contract admits, and something that it refuses. missed: those that nothing meets. problem: what keeps
    it from being known, or ""."""

    outcomes: int = 0
    guards: int = 0
    missed: tuple[Outcome, ...] = ()
    problem: str = ""


def own_line(draft: Draft) -> int:
    """Where a reference's own part begins: the helpers above it are given away, and no test need tell their mutants."""
    end = max((draft.reference.find(each.program) + len(each.program) for each in draft.helpers), default=0)
    return 1 + draft.reference[: max(end, 0)].count("\n")


def copy_of(draft: Draft) -> Watched:
    """The copy of a draft's reference."""
    return watched(draft.reference, draft.entry_point, own_line(draft))


async def reached(copy: Watched, entry: str, calls: Rows, sandbox: Sandbox, fuel: int = FUEL) -> Reached:
    """What the copy of a program meets on these calls; nothing for calls that it did not end."""
    text = ticked(copy.source)
    if text is None or not calls:
        return Reached(tuple(Executed(args, None, "SyntaxError") for args in calls), (frozenset(),) * len(calls))
    driver = _DRIVER.format(fuel=fuel, all_fuel=_ALL_FUEL, program=text, entry=entry, mark=copy.mark, told=copy.told)
    outcome = await outcome_of(CallsJob(f"{rows_text()}{driver}", _DRIVE, calls, _LIMITS), sandbox)
    told = [_read(args, each) for args, each in zip(calls, outcome.calls, strict=False)]
    told += [(Executed(args, None, outcome.status), frozenset[int]()) for args in calls[len(told) :]]
    return Reached(tuple(row for row, _ in told), tuple(seen for _, seen in told))


def _read(args: tuple[Any, ...], result: CallResult) -> tuple[Executed, frozenset[int]]:
    value = result.value
    if result.raised is not None or type(value) is not tuple or len(value) != 3 or type(value[2]) is not tuple:
        return Executed(args, None, result.raised or UNPLAIN), frozenset()
    given, raised, seen = value
    return Executed(args, given, raised), frozenset(each for each in seen if type(each) is int)
