"""The inputs of an authored task: the author's, the parents' where they fit, and further ones around them; all inside
the declared contract.

The contract (``admissible(*args)``) and the reference are the author's programs, and each runs in a job of its own. An
input that the contract admits and on which the reference raises is a fault of the author, not an input to be dropped:
task and program then disagree on what the task is defined for.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ...benchmarks.jsonio import text_digest
from ...benchmarks.plain import dumps
from ...harness.sandbox.api import Sandbox
from ..deeptypes import has_type, type_of_all
from ..inputs.envelope import generate, infer
from ..protocol import Executed, Observation, Rows
from ..texts import text_of
from .mining import mined
from .programs import CONTRACT
from .protocol import Draft
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
_MINED_FUEL = 20_000
MAX_CHARACTERS = 4_000


@dataclass(frozen=True, slots=True)
class Gathered:
    """The inputs of a draft, run.

    ran: the reference on ``rows``' inputs and on those of ``further``. rows: what a task is made of. further: others
    that nobody sees. declared: of how many inputs the author's own were; refused: how many of these its own contract
    does not admit. problem: why the draft falls out (gate, one line), or None.
    """

    rows: tuple[Executed, ...] = ()
    further: tuple[Executed, ...] = ()
    steps: int = 0
    kept: bool = True
    declared: int = 0
    refused: int = 0
    problem: tuple[str, str] | None = None


async def gather(draft: Draft, extra: Rows, observed: Sequence[Observation], seed: int, sandbox: Sandbox) -> Gathered:
    """The inputs of a draft. extra: further ones that the author gave when it was asked for more."""
    own = distinct(tuple(args for args in (*draft.inputs, *extra) if _fits(draft, args)))
    if not own:
        return Gathered(problem=("enough_inputs", "no input fits the signature"))
    given = distinct((*own, *_of_parents(own, observed)))
    rng = random.Random(int(text_digest(f"inputs of {draft.reference} {seed}"), 16))
    envelope = infer(given)
    around = generate(envelope, given, rng, AROUND + FURTHER)
    calls = distinct((*given, *around))
    dug = tuple(args for args in distinct((*calls, *mined(draft.reference, own)))[len(calls) :] if _fits(draft, args))
    admitted, problem = await _admitted(draft, (*calls, *dug), sandbox)
    if problem:
        return Gathered(problem=("contract", problem))
    kept = [args for args in calls if text_of(args) in admitted]
    ran = await run(Program(draft.reference, draft.entry_point), tuple(kept), sandbox)
    if ran.problem is not None:
        return Gathered(problem=("total", f"the reference cannot be loaded: {ran.problem}"))
    declared = {text_of(args) for args in given}
    refused = sum(text_of(args) not in admitted for args in own)
    found = _sorted_out(draft, ran, declared, len(own), refused)
    return (
        found
        if found.problem
        else await _dug(draft, found, [args for args in dug if text_of(args) in admitted], sandbox)
    )


async def _dug(draft: Draft, found: Gathered, calls: Sequence[tuple[object, ...]], sandbox: Sandbox) -> Gathered:
    """With mined inputs among the further ones: those that take few steps and have a value.

    A contract may admit what is out of all proportion (a mined number may be large), so nothing is a fault here.
    """
    ran = await run(Program(draft.reference, draft.entry_point), tuple(calls), sandbox, _MINED_FUEL)
    rows = [row for row in ran.rows if row.raised is None and len(dumps(row.returns)) <= MAX_CHARACTERS]
    return replace(found, further=(*rows, *found.further))


def _sorted_out(draft: Draft, ran: Ran, declared: set[str], own: int, refused: int) -> Gathered:
    """The rows of a reference as those of a task and further ones."""
    rows: list[Executed] = []
    for row in ran.rows:
        mine = text_of(row.args) in declared
        if row.raised is None and len(dumps(row.returns)) <= MAX_CHARACTERS:
            rows.append(row)
        elif row.raised is not None and (mine or draft.contract):
            where = "the contract admits" if draft.contract else "was given as an input"
            said = f"the reference ends in {row.raised} on {dumps(row.args)[:200]}, which {where}"
            return Gathered(problem=("total", said))
    given = [row for row in rows if text_of(row.args) in declared]
    around = [row for row in rows if text_of(row.args) not in declared]
    room = max(0, min(AROUND, MOST - len(given)))
    return Gathered(
        rows=(*given[:MOST], *around[:room]),
        further=(*given[MOST:], *around[room:]),
        steps=ran.steps,
        kept=ran.kept,
        declared=own,
        refused=refused,
    )


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
