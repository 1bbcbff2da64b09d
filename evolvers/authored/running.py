"""Running one program of a model's in a job of its own: its values, the steps that it took, nothing else's.

Whatever a model wrote is hostile until it is shown otherwise: the author's reference, its contract, and each blind
solution. The prover's packs, in which the suite's own programs share processes, are not for them. The rule here is *one
program, one job*: a job's process is forked for it alone, and what it says can only be about itself. So a program may
lie (by writing result rows itself, by walking frames up to the driver below and giving back fuel), and gains nothing: a
lie of a solution is a vote that does not agree with the others, and a reference is believed only as far as solutions
that were written without it say the same. Every comparison (solution with reference, parent with reference, mutant with
reference, one order of calls with the other) is made on the host, on values as data.

What a reference could still gain is in the gates that only ask about itself (are its values repeatable, do its own
mutants die?). For those, ``screening`` admits no reference that could find out where it runs: its imports are from a
list of harmless modules, and it names no frame, no code object, no attribute with underscores around it.

Programs run with fuel, as in the prover: every loop round and every call of a function is a step, so that an endless
one is found by counting, which is the same on every machine.
"""

from __future__ import annotations

import ast
import asyncio
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from ...benchmarks import InfraError
from ...benchmarks.plain import dumps
from ...harness.sandbox.api import CallResult, CallsJob, Limits, Outcome, Sandbox
from .. import prover
from ..protocol import Executed, Rows
from ..prover.guest import ticking
from ..prover.rows import UNPLAIN, Unplain, key
from ..texts import text_of

FUEL = 200_000
"""Steps that one call may take."""
ALL_FUEL = 4_000_000
"""Steps that all calls of a program may take together; from there on every call is endless."""
LIMITS = Limits(cpu_s=10.0, wall_s=60.0, memory_mb=1024)
SEEDS = (1, 4242)
ROOM = {1: 1_000, 4242: 800}
"""How deep functions may call each other, by hash seed. A program can find out how much room it has, and that is not
the same wherever it runs (a frame or two more in the judge): one whose values depend on it gives others here."""
_DRIVE = "evalrun_drive"

_DRIVER = """

_fuel = Fuel()
_left = [{all_fuel}]


def _load():
    space = _fuel.given_to({{"__name__": "answer"}})
    _fuel.left = {fuel}
    exec(compile({program!r}, "<answer>", "exec", dont_inherit=True), space)
    return space[{entry!r}]


_entry = _load()


def evalrun_drive(*args):
    before = key(args)
    most = min({fuel}, _left[0])
    _fuel.left = most
    try:
        value = _entry(*args)
    finally:
        steps = most - max(_fuel.left, 0)
        _left[0] -= steps
    key(value)
    return value, steps, key(args) == before
"""

_SEEDED = """

import marshal
import subprocess
import sys

_STUB = (
    "import marshal,sys\\n"
    "room,rows,program,entry,calls,most=marshal.load(sys.stdin.buffer)\\n"
    "n={'__name__':'rows'}\\n"
    "exec(rows,n)\\n"
    "c=compile(program,'<answer>','exec',dont_inherit=True)\\n"
    "sys.setrecursionlimit(room)\\n"
    "sys.stdout.buffer.write(marshal.dumps(n['keys_of']([c],entry,calls,most)))\\n"
)


def evalrun_under(seed, *work):
    command = [sys.executable, "-S", "-s", "-B", "-c", _STUB]
    data, environment = marshal.dumps(work), {"PYTHONHASHSEED": str(seed)}
    done = subprocess.run(command, input=data, stdout=subprocess.PIPE, env=environment)
    return marshal.loads(done.stdout) if done.returncode == 0 else None
"""


@dataclass(frozen=True, slots=True)
class Program:
    """A whole program and the function of it that is called."""

    source: str
    entry: str


@dataclass(frozen=True, slots=True)
class Ran:
    """What became of a program.

    problem: why nothing is known of it (it does not parse, it does not load), or None. rows: one for each call; a call
    that was not made or gave no plain data has ``raised``. steps: the most that one call took. kept: whether all
    arguments stayed as they were.
    """

    problem: str | None
    rows: tuple[Executed, ...] = ()
    steps: int = 0
    kept: bool = True


@lru_cache(maxsize=1)
def rows_text() -> str:
    """The source that runs calls and compares values, which is sent along."""
    text = (Path(prover.__file__).parent / "rows.py").read_text(encoding="utf-8")
    # Annotations are never evaluated there, and an import of typing would cost every job an interpreter with modules.
    return text.replace("from typing import Any\n", "")


@lru_cache(maxsize=4096)
def ticked(source: str) -> str | None:
    """The program with a step at the start of every function and every loop round; None where it does not parse."""
    try:
        return ast.unparse(ticking(source))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def job_of(program: Program, calls: Rows, fuel: int = FUEL) -> CallsJob | None:
    """The job that runs a program's calls; None where the program does not parse."""
    text = ticked(program.source)
    if text is None:
        return None
    driver = _DRIVER.format(fuel=fuel, all_fuel=ALL_FUEL, program=text, entry=program.entry)
    return CallsJob(f"{rows_text()}{driver}", _DRIVE, calls, LIMITS)


async def run(program: Program, calls: Rows, sandbox: Sandbox, fuel: int = FUEL) -> Ran:
    """What a program gives for these calls, in a job of its own. InfraError when the sandbox fails."""
    job = job_of(program, calls, fuel)
    if job is None:
        return Ran("SyntaxError")
    if not calls:
        return Ran(None)
    outcome = await outcome_of(job, sandbox)
    if not outcome.calls and outcome.status != "ok":
        return Ran(outcome.detail.partition(":")[0][:60] or outcome.status)
    return _read(calls, outcome)


async def run_all(programs: Sequence[Program], calls: Rows, sandbox: Sandbox, fuel: int = FUEL) -> list[Ran]:
    """The same for several programs, each in a job of its own, side by side; in their order."""
    asked: list[Awaitable[Ran]] = [run(program, calls, sandbox, fuel) for program in programs]
    return list(await asyncio.gather(*asked))


async def under_seeds(program: Program, ran: Ran, sandbox: Sandbox) -> int | None:
    """How many fresh interpreters with other hash seeds, and with other room for calls in each other, give the same;
    None where the arguments cannot reach them."""
    text = ticked(program.source)
    calls = [list(row.args) for row in ran.rows]
    try:
        known = [f"raised {row.raised}" if row.raised else key(row.returns) for row in ran.rows]
    except Unplain:
        return None
    handed = tuple((seed, ROOM[seed], rows_text(), text, program.entry, calls, FUEL) for seed in SEEDS)
    outcome = await outcome_of(CallsJob(_SEEDED, "evalrun_under", handed, LIMITS), sandbox)
    if any(result.raised == "ValueError" for result in outcome.calls):
        return None  # marshal does not know a value's type
    return sum(int(result.raised is None and result.value == known) for result in outcome.calls)


async def outcome_of(job: CallsJob, sandbox: Sandbox) -> Outcome:
    """What became of a job; InfraError when the sandbox fails."""
    outcome = await asyncio.wrap_future(sandbox.submit(job))
    if outcome.over_wall:  # the machine may have been busy: once more, with nothing beside it
        outcome = await asyncio.wrap_future(sandbox.submit(job, alone=True))
    if outcome.status == "infra":
        raise InfraError(f"the sandbox failed: {outcome.detail[:200]}; nothing was written, start again")
    return outcome


def _read(calls: Rows, outcome: Outcome) -> Ran:
    """The rows of an outcome, whatever a hostile program wrote into it."""
    rows: list[Executed] = []
    most, kept = 0, True
    for args, result in zip(calls, outcome.calls, strict=False):
        told = _told(result)
        if told is None:
            rows.append(Executed(args, None, (result.raised or UNPLAIN)[:60]))
            continue
        value, steps, same = told
        rows.append(Executed(args, value))
        most, kept = max(most, steps), kept and same
    missing = outcome.status if outcome.status != "ok" else "Nothing"
    rows += [Executed(args, None, missing) for args in calls[len(rows) :]]
    return Ran(None, tuple(rows), most, kept)


def _told(result: CallResult) -> tuple[Any, int, bool] | None:
    value = result.value
    if result.raised is not None or type(value) is not tuple or len(value) != 3 or type(value[1]) is not int:
        return None
    if '{"$opaque":' in dumps(value[0], reduce=True):
        return None
    return value[0], value[1], value[2] is True


def distinct(rows: Rows) -> Rows:
    """Argument tuples without repetitions, in their order."""
    return tuple({text_of(args): args for args in rows}.values())
