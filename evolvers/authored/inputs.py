"""The inputs of an authored task: the author's, the parents' where they fit, and further ones around them; all inside
the declared contract.

The contract (``admissible(*args)``) and the reference are the author's programs, and each runs in a job of its own. An
input that the contract admits and on which the reference raises is a fault of the author, not an input to be dropped:
task and program then disagree on what the task is defined for.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Container, Sequence
from dataclasses import dataclass, replace

from ...benchmarks.jsonio import text_digest
from ...benchmarks.plain import dumps
from ...harness.sandbox.api import Sandbox
from ..altering import MAX_STEPS
from ..deeptypes import has_type, type_of_all
from ..inputs.envelope import generate, infer
from ..protocol import Executed, Observation, Rows
from ..prover.rows import ENDLESS
from ..texts import text_of
from .consensus import first_difference
from .crossing import crossed, strange
from .forming import comparator_for
from .mining import mined
from .programs import CONTRACT
from .protocol import Draft
from .reaching import Reach, copy_of, reached
from .running import Program, Ran, distinct, run
from .screening import stated_of

ENOUGH = 10
"""Hidden cases and examples together: at least eight and two."""
MOST = 60
FROM_PARENTS = 16
AROUND = 40
FURTHER = 60
"""Inputs beyond the task's own: what no test shows of a mutant is asked of these before it counts as equivalent.
Those that are mined from the reference's constants come on top."""
WIDER = 300
"""Inputs of each kind that are tried where a condition of the reference was seen one way only."""
MAX_CHARACTERS = 4_000


@dataclass(frozen=True, slots=True)
class Gathered:
    """The inputs of a draft, run.

    ran: the reference on ``rows``' inputs and on those of ``further``. rows: what a task is made of. further: others
    that nobody sees. declared: of how many inputs the author's own were; refused: how many of these its own contract
    does not admit. reach: which outcomes of the reference's conditions they meet. problem: why the draft falls out
    (gate, one line), or None.
    """

    rows: tuple[Executed, ...] = ()
    further: tuple[Executed, ...] = ()
    steps: int = 0
    kept: bool = True
    declared: int = 0
    refused: int = 0
    reach: Reach = Reach()
    problem: tuple[str, str] | None = None


async def gather(draft: Draft, extra: Rows, observed: Sequence[Observation], seed: int, sandbox: Sandbox) -> Gathered:
    """The inputs of a draft. extra: further ones that the author gave when it was asked for more."""
    own = distinct(tuple(args for args in (*draft.inputs, *extra) if _fits(draft, args)))
    if not own:
        return Gathered(problem=("enough_inputs", "no input fits the signature"))
    given = distinct((*own, *_of_parents(own, observed)))
    rng = random.Random(int(text_digest(f"inputs of {draft.reference} {seed}"), 16))
    around = generate(infer(given), given, rng, AROUND + FURTHER)
    dug = tuple(args for args in mined(draft.reference, own) if _fits(draft, args))
    everything = distinct((*given, *around, *dug))
    admitted, problem = await _admitted(draft, everything, sandbox)
    if problem:
        return Gathered(problem=("contract", problem))
    kept = tuple(args for args in everything if text_of(args) in admitted)
    mine = kept[: sum(text_of(args) in admitted for args in own)]
    program = Program(draft.reference, draft.entry_point)
    ran, others = await asyncio.gather(
        run(program, mine, sandbox), run(program, kept[len(mine) :], sandbox, fuel=MAX_STEPS)
    )
    if ran.problem is not None:
        return Gathered(problem=("total", f"the reference cannot be loaded: {ran.problem}"))
    problem = _fault(draft, ran.rows, others.rows, set(map(text_of, dug)))
    if problem:
        return Gathered(problem=("total", problem))
    first = set(map(text_of, given))
    found = [
        row for row in (*ran.rows, *others.rows) if row.raised is None and len(dumps(row.returns)) <= MAX_CHARACTERS
    ]
    rows = [row for row in found if text_of(row.args) in first][:MOST]
    near = set(map(text_of, around))
    rows += [row for row in found if text_of(row.args) in near - first][: max(0, min(AROUND, MOST - len(rows)))]
    taken = {text_of(row.args) for row in rows}
    gathered = Gathered(
        rows=tuple(rows),
        further=tuple(row for row in found if text_of(row.args) not in taken),
        steps=max(ran.steps, others.steps),
        kept=ran.kept and others.kept,
        declared=len(own),
        refused=len(own) - len(mine),
    )
    return await _led_further(draft, gathered, own, sandbox)


async def _led_further(draft: Draft, found: Gathered, own: Rows, sandbox: Sandbox) -> Gathered:
    """The same, with what its inputs meet of the reference; where that is not all, with further inputs that meet more
    of it, as far as many that are made up do."""
    copy, entry = copy_of(draft), draft.entry_point
    known = (*found.rows, *found.further)
    calls = tuple(row.args for row in known)
    told = await reached(copy, entry, calls, sandbox)
    place = first_difference(known, told.rows, comparator_for(known)) if known else None
    problem = copy.hidden
    if place is not None:
        problem = f"its conditions cannot be followed on {dumps(calls[place])[:200]}"
    if problem:
        return replace(found, reach=Reach(len(copy.needed), problem=problem))
    seen, guards = told.all_seen, frozenset[int]()
    if copy.missing(seen):
        rng = random.Random(int(text_digest(f"more inputs of {draft.reference}"), 16))
        made = (*own, *mined(draft.reference, own, WIDER), *crossed(own, rng, WIDER), *strange(own))
        fresh = distinct((*calls, *(args for args in made if _fits(draft, args))))[len(calls) :]
        admitted, _ = await _admitted(draft, fresh, sandbox)
        more = await _meeting(draft, tuple(args for args in fresh if text_of(args) in admitted), seen, sandbox)
        rows = tuple(row for row in more.rows if row.raised is None)
        kept, steps = found.kept and more.kept, max(found.steps, more.steps)
        found = replace(found, further=(*found.further, *rows), kept=kept, steps=steps)
        seen |= (await reached(copy, entry, tuple(row.args for row in rows), sandbox)).all_seen
        refused = tuple(args for args in fresh if text_of(args) not in admitted)
        beyond = await reached(copy, entry, refused, sandbox, fuel=MAX_STEPS)
        guards = copy.guards & beyond.all_seen & frozenset(copy.missing(seen))
    missed = tuple(copy.outcomes[number] for number in copy.missing(seen | guards))
    return replace(found, reach=Reach(len(copy.needed), len(guards), missed))


async def _meeting(draft: Draft, calls: Rows, seen: frozenset[int], sandbox: Sandbox) -> Ran:
    """The reference on few of these calls that meet what must be met, and is not seen yet."""
    copy = copy_of(draft)
    told = await reached(copy, draft.entry_point, calls, sandbox, fuel=MAX_STEPS)
    chosen = []
    for row, mine in zip(told.rows, told.seen, strict=True):
        if row.raised is None and len(dumps(row.returns)) <= MAX_CHARACTERS and copy.needed & mine - seen:
            chosen.append(row.args)
            seen |= mine
    return await run(Program(draft.reference, draft.entry_point), tuple(chosen), sandbox, fuel=MAX_STEPS)


def _fault(draft: Draft, own: Sequence[Executed], others: Sequence[Executed], dug: Container[str]) -> str:
    """On which input the reference ends in an exception though it must not, or "".

    It must not on any of the author's own, nor, where a contract is declared, on any that this admits. What is made
    here may be out of all proportion, so that it is no fault to take too long for it; and of a mined value nothing is
    expected.
    """
    for row in own:
        if row.raised is not None:
            where = "the contract admits" if draft.contract else "was given as an input"
            return f"the reference ends in {row.raised} on {dumps(row.args)[:200]}, which {where}"
    for row in others if draft.contract else ():
        if row.raised not in (None, ENDLESS) and text_of(row.args) not in dug:
            return f"the reference ends in {row.raised} on {dumps(row.args)[:200]}, which the contract admits"
    return ""


def _fits(draft: Draft, args: tuple[object, ...]) -> bool:
    return stated_of(draft).takes(len(args)) and len(text_of(args)) <= MAX_CHARACTERS


def _of_parents(own: Rows, observed: Sequence[Observation]) -> Rows:
    """Inputs of the parents whose arguments are of the types of the author's own, place by place."""
    count = len(own[0])
    if any(len(args) != count for args in own):
        return ()
    types = [type_of_all([args[place] for args in own]) for place in range(count)]
    found = []
    for seen in observed:
        fitting = [
            args
            for args in seen.calls
            if len(args) == count
            and len(text_of(args)) <= MAX_CHARACTERS
            and all(has_type([value], kind) for value, kind in zip(args, types, strict=True))
        ]
        found += fitting[:FROM_PARENTS]
    return tuple(found)


async def _admitted(draft: Draft, calls: Rows, sandbox: Sandbox) -> tuple[set[str], str]:
    """Texts of the inputs that the contract admits; all of them where none is declared. Why it cannot be asked, or
    ""."""
    if not draft.contract:
        return set(map(text_of, calls)), ""
    ran = await run(Program(draft.contract, CONTRACT), calls, sandbox)
    if ran.problem is not None:
        return set(), f"the contract cannot be loaded: {ran.problem}"
    if not all(row.raised is not None or type(row.returns) is bool for row in ran.rows):
        return set(), "the contract returns something else than True and False"
    return {text_of(row.args) for row in ran.rows if row.returns is True}, ""
