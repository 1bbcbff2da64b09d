"""The proof of a definition on values: its sentence has one reading, and that reading does what its tree does.

Three programs that share nothing but the definition are compared on the probes of its type: the tree walked here, the
Python expression of a reference (in the sandbox), and the program that the reader makes of the sentence alone (in the
sandbox too).
"""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...benchmarks.plain import dumps
from ...harness.sandbox.api import Sandbox
from ..deeptypes import has_type
from ..language.pre_transforms import Undefined
from ..prover import Result, Trial, run_trials
from ..prover.rows import key
from ..prover.trials import SEEDS
from ..readings.phrases import body_of
from .behaviour import ENTRY, Known, behaviour_of, code_with, program_of_code
from .definition import Definition, Drawn
from .flaws import Flaw
from .probes import probes_of
from .wording import value_of

DRAWS = 12
"""Assignments to the parameters that are tried: all, or the extreme ones and others evenly spread."""
MOST_ALIKE = {"post": 0.9, "pre": 0.9, "guard": 0.95}
"""On which share of the probes one value may come out."""
MOST_UNCHANGED = 0.7
"""On which share of the probes a transform may give back what it got."""
MAX_STEPS = 50_000
_SUBJECTS = {"post": ("v", "w"), "pre": ("`items`", "`n`"), "guard": ("`items`", "`n`")}


@dataclass(frozen=True, slots=True)
class Proven:
    """What the proof on values showed: figures as plain JSON, and the behaviour for each draw."""

    figures: Mapping[str, Any]
    behaviours: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Draw:
    """One assignment: what the tree gives for each probe, and the program that was read."""

    drawn: Drawn
    values: tuple[Any, ...]
    read: str


def prove_on_values(definitions: Sequence[Definition], known: Known, sandbox: Sandbox) -> list[Proven | Flaw]:
    """For each definition what its proof showed, or what is wrong with it. InfraError when the sandbox fails.

    Those that are proven are known from then on, so that a later one which does the same is a duplicate.
    """
    prepared = [_prepared(definition) for definition in definitions]
    sound = [(d, draws) for d, draws in zip(definitions, prepared, strict=True) if not isinstance(draws, Flaw)]
    families = [[trial for draw in draws for trial in _trials(d, draw)] for d, draws in sound]
    results = iter(list(run_trials(families, sandbox)))
    found: list[Proven | Flaw] = []
    for definition, draws in zip(definitions, prepared, strict=True):
        if isinstance(draws, Flaw):
            found.append(draws)
            continue
        try:
            proven = _judged(definition, draws, next(results), known)
        except Flaw as flaw:
            found.append(flaw)
            continue
        known.add(definition, list(proven.behaviours))
        found.append(proven)
    return found


def _prepared(definition: Definition) -> list[_Draw] | Flaw:
    try:
        draws = [_draw(definition, drawn) for drawn in definition.draws(DRAWS)]
        _check_variety(definition, draws)
    except Flaw as flaw:
        return flaw
    return draws


def _draw(definition: Definition, drawn: Drawn) -> _Draw:
    read = _read_back(definition, drawn)
    values = []
    for probe in probes_of(definition.takes):
        try:
            values.append(value_of(definition.tree, probe, drawn))
        except Undefined as error:
            raise Flaw("partial", f"for {_told(definition, probe, drawn)} it has no value: {error}") from error
    if not has_type(values, definition.gives):
        raise Flaw("ill-typed", f"its values are not all of the type {definition.gives}")
    return _Draw(drawn, tuple(values), read)


def _read_back(definition: Definition, drawn: Drawn) -> str:
    """The program that the sentence says, the same whatever its subject is called."""
    bodies = set()
    for subject in _SUBJECTS[definition.kind]:
        sentence = definition.say(subject, drawn)
        try:
            bodies.add(body_of(sentence, subject, definition.kind == "guard"))
        except ValueError as error:
            several = "readings" in str(error) and "has 0 " not in str(error)
            reason = "ambiguous sentence" if several else "unreadable sentence"
            raise Flaw(reason, f"{error}: {_short(sentence)}") from error
    if len(bodies) != 1:
        raise Flaw("ambiguous sentence", f"its reading depends on the name of its subject: {_short(sentence)}")
    return bodies.pop()


def _check_variety(definition: Definition, draws: Sequence[_Draw]) -> None:
    probes = probes_of(definition.takes)
    for draw in draws:
        counts = Counter(map(dumps, draw.values))
        top, number = counts.most_common(1)[0]
        if len(counts) < 2 or number > MOST_ALIKE[definition.kind] * len(probes):
            share = f"{number} of {len(probes)}"
            raise Flaw("constant", f"with {draw.drawn or 'no parameters'} it gives {_short(top)} for {share} probes")
        same = sum(key(a) == key(b) for a, b in zip(probes, draw.values, strict=True))
        if definition.kind != "guard" and same > MOST_UNCHANGED * len(probes):
            told = f"with {draw.drawn or 'no parameters'} it gives back what it got for {same} of {len(probes)} probes"
            raise Flaw("changes too little", told)
    if len(draws) > 1 and len({dumps(draw.values) for draw in draws}) < 2:
        raise Flaw("parameter without effect", "it does the same for all values of its parameters")


def _trials(definition: Definition, draw: _Draw) -> tuple[Trial, Trial]:
    calls = tuple((value,) for value in probes_of(definition.takes))
    program = program_of_code(code_with(definition, draw.drawn))
    read = f"def {ENTRY}(value):\n{textwrap.indent(draw.read, '    ')}\n"
    return Trial((program,), ENTRY, calls, repeat=True, seeded=True), Trial((read,), ENTRY, calls)


def _judged(definition: Definition, draws: Sequence[_Draw], results: Sequence[Result], known: Known) -> Proven:
    """The figures, once every comparison holds; Flaw for the first that does not."""
    behaviours, steps = [], 0
    for place, draw in enumerate(draws):
        ran, read = results[2 * place], results[2 * place + 1]
        _check_run(definition, draw, ran)
        _check_same(definition, draw, read)
        behaviours.append(behaviour_of(definition.kind, definition.takes, list(draw.values)))
        steps = max(steps, ran.steps)
        other = known.named(definition.kind, definition.takes, behaviours[-1])
        if other is not None:
            raise Flaw("duplicate", f"with {draw.drawn or 'no parameters'} it does what {other} does")
    figures = {
        "draws": len(draws),
        "probes": len(probes_of(definition.takes)),
        "different_values": min(len(set(map(dumps, draw.values))) for draw in draws),
        "behaviours": len(set(behaviours)),
        "readings": 1,
        "read_back_differences": 0,
        "steps": steps,
    }
    return Proven(figures, tuple(dict.fromkeys(behaviours)))


def _check_run(definition: Definition, draw: _Draw, ran: Result) -> None:
    """The reference's expression runs, and gives what the tree gives."""
    if ran.problem is not None:
        raise Flaw("partial", f"its program cannot be run: {ran.problem}")
    if not (ran.pure and ran.repeated and ran.seeds in (None, len(SEEDS))):
        raise Flaw("not repeatable", "its values depend on the order of calls or on the hash seed")
    if ran.steps > MAX_STEPS:
        raise Flaw("too large", f"a call takes {ran.steps} steps; at most {MAX_STEPS} are allowed")
    for row, value in zip(ran.rows, draw.values, strict=True):
        if row.raised is not None or key(row.returns) != key(value):
            given = row.raised or repr(row.returns)
            told = f"for {_told(definition, row.args[0], draw.drawn)} its program gives {_short(given)}"
            raise Flaw("not repeatable", f"{told}, its tree {_short(repr(value))}")


def _check_same(definition: Definition, draw: _Draw, read: Result) -> None:
    """The program that was read from the sentence gives what the tree gives."""
    if read.problem is not None:
        raise Flaw("sentence says something else", f"what its sentence says cannot be run: {read.problem}")
    for row, value in zip(read.rows, draw.values, strict=True):
        if row.raised is not None or key(row.returns) != key(value):
            given = row.raised or repr(row.returns)
            told = f"for {_told(definition, row.args[0], draw.drawn)} the sentence gives {_short(given)}"
            raise Flaw("sentence says something else", f"{told}, the expression {_short(repr(value))}")


def _told(definition: Definition, probe: Any, drawn: Drawn) -> str:
    with_them = f" with {drawn}" if drawn else ""
    return f"v = {_short(repr(probe))}{with_them}"


def _short(text: str) -> str:
    return text if len(text) <= 160 else text[:159] + "…"
