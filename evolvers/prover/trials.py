"""Trials: what is asked of trusted programs, packed into few jobs of the sandbox.

References, witnesses and mutants are the suite's own programs and trusted with each other, so many trials share a job;
what they share is sent and compiled once, and none meets what another left behind. None of it runs in this process.
"""

from __future__ import annotations

import json
import marshal
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.util import MAGIC_NUMBER
from itertools import islice
from pathlib import Path
from typing import Any

from ...benchmarks import InfraError
from ...harness.sandbox.api import CallsJob, Limits, Outcome, Sandbox
from ..protocol import Executed, Rows

FUEL = 2_000_000
# The process that runs the trials has the hash seed 0 already.
SEEDS = (1, 4242)
LIMITS = Limits(cpu_s=120.0, wall_s=1800.0, memory_mb=2048)
_TOGETHER = 144
Program = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Trial:
    """One question about one program, given as source parts that are run one after another in one namespace.

    run: call ``entry`` on every item of ``calls``; otherwise ``expected`` says what it gives, which is what ``seeded``
    interpreters must give as well. repeat: once more in
    reverse order; seeded: and in fresh interpreters with the hash seeds ``SEEDS``. record: functions of the first part
    whose arguments are kept. witness: another program that must give the same, types and all. others: programs whose
    differences are wanted. mutants: groups of programs, for each of which the first calls that tell it from the program
    are wanted. shown: the places of calls that are no tests; a mutant is run no further once any other tells it, and
    without ``shown`` until three do. least: for each group the share of its mutants that must be told from the program
    by a call that is not shown, where a trial that fails that, or whose witness differs, is not gone on with; () where
    all is wanted. observed_mutants: programs whose every value is. checks: (program, prelude, entry
    point) of check programs to run beside it. strict: whether values of different types differ. steps: what one call is
    known to take; mutants get a multiple of it. fuel: steps that one call may take. told: whether the rows are wanted,
    and not only what is compared with them. needed: how many calls must be made, however dear they are; the others are
    left out from where the steps of all together become too many, because children repeat them many times. ticked: the
    texts with steps (see ``ticks``) of mutants among the sources, by source; "" where there is none.
    """

    program: Program
    entry: str
    calls: Rows
    run: bool = True
    repeat: bool = False
    seeded: bool = False
    record: tuple[str, ...] = ()
    expected: tuple[Executed, ...] | None = None
    witness: Program | None = None
    others: tuple[Program, ...] = ()
    mutants: tuple[tuple[Program, ...], ...] = ()
    shown: tuple[int, ...] | None = None
    least: tuple[float, ...] = ()
    observed_mutants: tuple[Program, ...] = ()
    checks: tuple[tuple[str, str, str], ...] = ()
    strict: bool = True
    steps: int = 0
    fuel: int = FUEL
    told: bool = True
    needed: int | None = None
    ticked: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Checked:
    """How another program compares: why it could not be run, or the places of the calls on which it differs."""

    problem: str | None = None
    different: tuple[int, ...] = ()


Kills = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Result:
    """What a trial showed.

    problem: why nothing was learnt (a category), or None. rows: one for each call. pure: whether arguments stayed as
    they were. steps: the most that one call took. repeated: whether the reverse order gave the
    same. seeds: how many of the fresh interpreters gave the same, None where values could not be handed to them.
    recorded: for each recorded function the arguments it received. kills: for each group and mutant, with ``least`` as
    far as the trial got, the places of up to
    three calls on which it differs. mutant_rows: for each observed mutant one row for each call, None when it cannot be
    loaded. checks: "" for each check that passed, otherwise what it raised. fails: whether it is known to fail, so that
    nothing was run in fresh interpreters.
    """

    problem: str | None = None
    rows: tuple[Executed, ...] = ()
    pure: bool = True
    steps: int = 0
    repeated: bool = True
    seeds: int | None = 0
    recorded: tuple[Rows, ...] = ()
    witness: Checked | None = None
    others: tuple[Checked, ...] = ()
    kills: tuple[tuple[Kills, ...], ...] = ()
    mutant_rows: tuple[tuple[Executed, ...] | None, ...] = ()
    checks: tuple[str, ...] = ()
    fails: bool = False


def run_trials(families: Sequence[Sequence[Trial]], sandbox: Sandbox) -> Iterator[list[Result]]:
    """The results of each family's trials, families in order. InfraError when the sandbox fails.

    Trials of several families share a job. When a job ends early (its time, its memory), its trials are run again one
    by one, so that one bad program spoils no other's results.
    """
    flat = [trial for family in families for trial in family]
    packs = [flat[start : start + _TOGETHER] for start in range(0, len(flat), _TOGETHER)]
    outcomes = sandbox.run(map(_job, packs))
    results = (
        result for pack, outcome in zip(packs, outcomes, strict=True) for result in _results(pack, outcome, sandbox)
    )
    for family in families:
        yield list(islice(results, len(family)))


# What a job's process executes; the proofs' program comes beside the trials, where nobody need parse it as a literal.
_PROGRAM = """import marshal
from _frozen_importlib_external import MAGIC_NUMBER

def prove(payload):
    here = MAGIC_NUMBER == payload["magic"]
    exec(marshal.loads(payload["compiled"]) if here else payload["source"], globals())
    return proven(payload, payload["compiled_rows"] if here else None)
"""


@cache
def _texts() -> dict[str, Any]:
    """The source that fresh interpreters run, and the whole job's.

    Every job has a process of its own, where compiling that takes longer than most of what is proven: it comes compiled
    already, for a Python like the one here.
    """
    here = Path(__file__).parent
    # Annotations are never evaluated there, and a fresh interpreter takes long to import this.
    rows = (here / "rows.py").read_text(encoding="utf-8").replace("from typing import Any\n", "")
    guest = (here / "guest.py").read_text(encoding="utf-8")
    source = f"{rows}\n\n{guest.replace('from __future__ import annotations', '')}"
    whole, part = (marshal.dumps(compile(text, "proofs", "exec", dont_inherit=True)) for text in (source, rows))
    return {"rows": rows, "source": source, "compiled": whole, "compiled_rows": part, "magic": MAGIC_NUMBER}


@dataclass
class _Table:
    """Numbers for things that a job's trials share."""

    numbers: dict[Any, int] = field(default_factory=dict)
    items: list[Any] = field(default_factory=list)

    def number(self, name: Any, item: Any) -> int:
        if name not in self.numbers:
            self.numbers[name] = len(self.items)
            self.items.append(item)
        return self.numbers[name]


def _job(trials: Sequence[Trial]) -> CallsJob:
    sources, calls = _Table(), _Table()
    known = {source: ticked for trial in trials for source, ticked in trial.ticked.items() if ticked}

    def parts(program: Program) -> list[int]:
        return [sources.number(part, known.get(part, part)) for part in program if part]

    rows = [
        {
            "place": place,
            "program": parts(trial.program),
            "entry": trial.entry,
            # The rows of siblings are one object.
            "calls": calls.number(id(trial.calls), trial.calls),
            "run": trial.run,
            "repeat": trial.repeat,
            "seeded": trial.seeded,
            "record": trial.record,
            "expected": _told(trial.expected),
            "witness": None if trial.witness is None else parts(trial.witness),
            "others": [parts(program) for program in trial.others],
            "mutants": [[parts(program) for program in group] for group in trial.mutants],
            "shown": trial.shown,
            "least": trial.least,
            "observed_mutants": [parts(program) for program in trial.observed_mutants],
            "checks": trial.checks,
            "strict": trial.strict,
            "steps": trial.steps,
            "fuel": trial.fuel,
            "told": trial.told,
            "needed": len(trial.calls) if trial.needed is None else trial.needed,
        }
        for place, trial in enumerate(trials)
    ]
    payload = {
        **_texts(),
        "sources": sources.items,
        "ticked": [number for source, number in sources.numbers.items() if source in known],
        "calls": calls.items,
        "seeds": SEEDS,
        "trials": rows,
    }
    return CallsJob(_PROGRAM, "prove", ((payload,),), LIMITS)


def _told(expected: Iterable[Executed] | None) -> Any:
    return None if expected is None else [(row.returns, row.raised) for row in expected]


def _results(trials: Sequence[Trial], outcome: Outcome, sandbox: Sandbox) -> list[Result]:
    if outcome.status == "infra":
        raise InfraError(f"the sandbox failed: {outcome.detail[:200]}; nothing was written, start again")
    if outcome.status == "ok" and outcome.calls and outcome.calls[0].raised is None:
        found = outcome.calls[0].value
        return [_read(trial, _parsed(data)) for trial, data in zip(trials, found, strict=True)]
    if len(trials) == 1:
        why = outcome.calls[0].message or outcome.calls[0].raised if outcome.calls else outcome.detail
        return [Result(problem=outcome.status if outcome.status != "ok" else f"the proof ends in {why}")]
    alone = sandbox.run([_job([trial]) for trial in trials])
    return [_results([trial], each, sandbox)[0] for trial, each in zip(trials, alone, strict=True)]


def _parsed(data: Any) -> Any:
    """A trial's result, which comes as a JSON text where that holds all that it is."""
    if not isinstance(data, str):
        return data
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        return {"problem": f"the proof's text cannot be read: {type(error).__name__}"}


def _read(trial: Trial, data: Any) -> Result:
    if data.get("problem"):
        return Result(problem=str(data["problem"]))
    witness = data.get("witness")
    return Result(
        rows=_executed(trial.calls, data.get("rows", ())),
        pure=bool(data.get("pure", True)),
        steps=int(data.get("steps", 0)),
        repeated=bool(data.get("repeated", True)),
        seeds=data.get("seeds", 0),
        recorded=tuple(
            tuple(trial.calls[args] if isinstance(args, int) else tuple(args) for args in seen)
            for seen in data.get("recorded", ())
        ),
        witness=None if witness is None else _compared(witness),
        others=tuple(map(_compared, data.get("others", ()))),
        kills=tuple(tuple(tuple(kills) for kills in group) for group in data.get("kills", ())),
        mutant_rows=tuple(
            None if rows is None else _executed(trial.calls, rows) for rows in data.get("mutant_rows", ())
        ),
        checks=tuple(data.get("checks", ())),
        fails=bool(data.get("fails", False)),
    )


def _compared(data: Any) -> Checked:
    return Checked(data.get("problem"), tuple(data.get("different", ())))


def _executed(calls: Rows, rows: Any) -> tuple[Executed, ...]:
    return tuple(Executed(args, value, raised) for args, (value, raised) in zip(calls, rows, strict=False))
