"""What is found out about an author's reference by running it, its mutants, and what somebody might answer instead.

Each program has a job of its own (see ``running``); they are compared here, on values.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ...benchmarks import CodeTask, Comparator
from ...harness.sandbox.api import Sandbox
from ..mutants import mutants_of
from ..novelty import PROBE_FUEL, functional_hash, probes_for, types_of
from ..protocol import Executed, Rows
from .consensus import agrees, differences
from .forming import comparator_for
from .inputs import Gathered
from .protocol import Draft, Guarded, ModelOperator
from .reaching import own_line
from .running import Program, Ran, run, run_all, under_seeds
from .screening import stated_of

MUTANTS = 32
_MORE_STEPS = 4
_KILLERS = 8
"""At most so many further inputs become tests because they tell mutants that the other tests do not."""


@dataclass(frozen=True, slots=True)
class Studied:
    """What is known of a reference.

    rows: its calls, of which a task is made. further: others. calls of both together are counted from 0 in this order.
    repeatable: whether the reverse order gives the same. seeds: see ``running.under_seeds``. parents: for each parent
    the calls that its reference gives another value for; None where it cannot take such arguments. shortcuts, copies:
    the same for the operator's own shortcuts and for functions that hand back one argument. mutants: for each mutant
    the calls that tell it from the reference. helper_rows: by a helper's name its calls as they ran.
    """

    rows: tuple[Executed, ...]
    further: tuple[Executed, ...]
    how: Comparator
    steps: int
    kept: bool
    repeatable: bool
    seeds: int | None
    parents: tuple[frozenset[int] | None, ...]
    shortcuts: Mapping[str, frozenset[int]]
    copies: tuple[frozenset[int], ...]
    mutants: tuple[frozenset[int], ...]
    functional_hash: str | None
    helper_rows: Mapping[str, tuple[Executed, ...]]

    @property
    def all_rows(self) -> tuple[Executed, ...]:
        """Every call that was made."""
        return (*self.rows, *self.further)


async def study(
    operator: ModelOperator, draft: Draft, parents: Sequence[CodeTask], found: Gathered, sandbox: Sandbox
) -> Studied:
    """Everything that needs no model."""
    rows = (*found.rows, *found.further)
    calls: Rows = tuple(row.args for row in rows)
    how = comparator_for(rows)
    program = Program(draft.reference, draft.entry_point)
    shortcuts = operator.shortcuts(draft, parents) if isinstance(operator, Guarded) else {}
    others = [_aliased(parent, draft.entry_point) for parent in parents]
    others += [Program(source, draft.entry_point) for source in shortcuts.values()]
    others += [_copy(draft, place) for place in range(len(stated_of(draft).parameters))]
    mutants = [
        Program(each.source, draft.entry_point)
        for each in mutants_of(draft.reference, first_line=own_line(draft), limit=MUTANTS)
    ]
    probes = probes_for(types_of(calls))
    again, seeds, ran, mutated, probed, helped = await asyncio.gather(
        run(program, calls[::-1], sandbox),
        under_seeds(program, Ran(None, found.rows), sandbox),
        run_all(others, calls, sandbox),
        run_all(mutants, calls, sandbox, _MORE_STEPS * found.steps + 2000),
        run(program, probes, sandbox, PROBE_FUEL),
        asyncio.gather(*(run(Program(each.program, each.name), each.calls, sandbox) for each in draft.helpers)),
    )
    different = [_different(rows, each, how) for each in ran]
    first, second = len(parents), len(parents) + len(shortcuts)
    return Studied(
        rows=found.rows,
        further=found.further,
        how=how,
        steps=found.steps,
        kept=found.kept and again.kept,
        repeatable=again.problem is None and agrees(again.rows[::-1], rows, how),
        seeds=seeds,
        parents=tuple(
            None if _cannot(each) else places for each, places in zip(ran[:first], different[:first], strict=True)
        ),
        shortcuts=dict(zip(shortcuts, different[first:second], strict=True)),
        copies=tuple(different[second:]),
        mutants=tuple(_different(rows, each, how) for each in mutated),
        functional_hash=functional_hash(types_of(calls), probed.rows) if probed.rows else None,
        helper_rows={helper.name: each.rows for helper, each in zip(draft.helpers, helped, strict=True)},
    )


def strengthened(studied: Studied, hidden: Sequence[int]) -> tuple[int, ...]:
    """Calls that are not hidden ones, each of which tells a mutant that none of those tells; few of them."""
    known, found = set(hidden), list[int]()
    first = len(studied.rows)
    for places in studied.mutants:
        killers = [place for place in sorted(places) if place >= first]
        if killers and not places & known and len(found) < _KILLERS:
            found.append(killers[0])
            known.add(killers[0])
    return tuple(found)


def _aliased(parent: CodeTask, entry: str) -> Program:
    return Program(f"{parent.reference}\n\n{entry} = {parent.entry_point}\n", entry)


def _copy(draft: Draft, place: int) -> Program:
    return Program(
        f"def {draft.entry_point}(*args):\n    return args[{place}] if len(args) > {place} else None\n",
        draft.entry_point,
    )


def _different(rows: Sequence[Executed], ran: Ran, how: Comparator) -> frozenset[int]:
    """The calls for which a program gives another value than the reference: all where it does not load."""
    if ran.problem is not None:
        return frozenset(range(len(rows)))
    return frozenset(differences(ran.rows, rows, how))


def _cannot(ran: Ran) -> bool:
    """Whether a program takes no such arguments at all."""
    return ran.problem is not None or all(row.raised == "TypeError" for row in ran.rows)
