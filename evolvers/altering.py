"""The proofs of a task that asks for a new function, in two passes over the sandbox.

The first pass runs the new reference on its inputs, which gives expected values and examples; what fails a cheap gate
goes no further. The second pass is dearer: the witness that was read from the finished prompt, fresh interpreters, and
mutants.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from math import ceil

from ..benchmarks import CasesTest, CodeTask
from ..harness.sandbox.api import Sandbox
from .archive import DRIVE
from .deeptypes import has_type
from .evaluated import Evaluated, admitted
from .examples import choose_examples
from .inputs.envelope import Envelope, infer
from .mutants import mutants_of
from .novelty import PROBE_FUEL, containment, functional_hash, new_part, ngrams_known, probes_for, types_of
from .observe import Progress
from .protocol import AlteringOperator, Candidate, Executed, Gate, Pool, Rows, spread
from .prover import Checked, Kills, Result, Trial, run_trials
from .prover.guest import steps_for_others
from .prover.rows import Expected
from .prover.trials import SEEDS, Program
from .texts import text_of
from .tools import as_tool

ENOUGH_INPUTS = 5
MAX_SHARE = 0.9
MIN_DELTA = 0.3
MIN_KILLED = 0.95
MIN_KEPT = 0.9
MAX_CONTAINED = 0.3
# Of the new reference; a parent that takes as many is not altered at all.
MAX_STEPS = 100_000
MAX_PROMPT = 12_000
_NEW_MUTANTS = 24
_OLD_MUTANTS = 10


@dataclass(slots=True)
class _Case:
    """A candidate on its way through the gates. texts: the calls' arguments as texts, by which they are compared."""

    operator: AlteringOperator
    candidate: Candidate
    calls: Rows
    program: Program
    entry: str
    strict: bool
    task: CodeTask
    texts: tuple[str, ...]
    types: tuple[str, ...]
    gates: list[Gate] = field(default_factory=list)
    rows: tuple[Executed, ...] = ()
    examples: tuple[Executed, ...] = ()
    steps: int = 0
    functional_hash: str | None = None

    @property
    def alive(self) -> bool:
        return all(gate.holds for gate in self.gates)

    @property
    def shown(self) -> set[int]:
        """The places of the calls that are examples and not tests."""
        hidden = {text_of(row.args) for row in self.examples} if len(self.calls) >= ENOUGH_INPUTS else set()
        return {place for place, text in enumerate(self.texts) if text in hidden}


def evaluate_altering(
    proposed: Sequence[tuple[AlteringOperator, Candidate]], pool: Pool, sandbox: Sandbox, progress: Progress
) -> list[Evaluated]:
    """Every proof of every candidate, in order; cheapest where the candidates of one parent follow each other."""
    cases = [_case(operator, candidate) for operator, candidate in proposed]
    envelopes = _Envelopes(pool)
    ready = [case for case in cases if case.alive]
    simple = _Simple(pool, sandbox)
    first = _together(ready, lambda case: _first_trials(case, simple.unknown(case)), sandbox)
    answers = simple.different(ready, [result for result, _ in first])
    for case, (result, probed), different in zip(ready, first, answers, strict=True):
        case.gates += _first_gates(case, result, probed, different, envelopes)
        progress("candidates", 1)
    ready = [case for case in ready if case.alive]
    witnesses = {id(case): _witness(case) for case in ready}
    questions = _together(ready, lambda case: _second_trials(case, witnesses[id(case)], pool), sandbox)
    for case, (result,) in zip(ready, questions, strict=True):
        case.gates += _second_gates(case, result)
    return [admitted(case.candidate, case.task, case.gates, case.rows, case.functional_hash) for case in cases]


def _case(operator: AlteringOperator, candidate: Candidate) -> _Case:
    known = {text_of(args): args for rows in candidate.calls.values() for args in rows}
    calls, texts = tuple(known.values()), tuple(known)
    task = candidate.task
    base = candidate.base or candidate.parents[0].reference
    whole = not task.reference.startswith(base)
    program = (task.reference,) if whole else (base, task.reference[len(base) :])
    strict = all(test.comparator.types == "exact" for test in task.tests if isinstance(test, CasesTest))
    entry = DRIVE if candidate.driver else str(task.entry_point)
    case = _Case(operator, candidate, calls, (*program, candidate.driver), entry, strict, task, texts, types_of(calls))
    if whole:
        case.gates.append(Gate("parent_verbatim", False, {"problem": "the reference does not begin with the parent's"}))
    elif not calls:
        case.gates.append(Gate("total", False, {"inputs": 0, "problem": "no inputs"}))
    return case


def _together(
    cases: Sequence[_Case], ask: Callable[[_Case], Sequence[Trial]], sandbox: Sandbox
) -> list[tuple[Result, ...]]:
    """The results of each case's trials, those of one parent's children run together."""
    families = [list(group) for _, group in groupby(cases, key=lambda case: case.candidate.parents[0].digest)]
    asked = [[ask(case) for case in family] for family in families]
    flat = [[trial for trials in family for trial in trials] for family in asked]
    found: list[tuple[Result, ...]] = []
    for family, results in zip(asked, run_trials(flat, sandbox), strict=True):
        rest = iter(results)
        found += [tuple(next(rest) for _ in trials) for trials in family]
    return found


def _first_trials(case: _Case, others: tuple[Program, ...]) -> Sequence[Trial]:
    names = tuple(dict.fromkeys(name for _, name in _called(case.candidate)))
    run = Trial(
        case.program,
        case.entry,
        case.calls,
        repeat=True,
        record=names,
        others=others,
        strict=case.strict,
        fuel=2 * MAX_STEPS,
    )
    return run, Trial(case.program, case.entry, probes_for(case.types), fuel=PROBE_FUEL)


def _alias(reference: str, entry: str | None, case: _Case) -> Program:
    """The parent's own program under the new name: what somebody would answer who overlooked the change."""
    return (reference, f"{case.task.entry_point} = {entry}\n", case.candidate.driver)


class _Simple:
    """What the simple answers give that must be wrong: the parents' own programs, and handing back the first argument.

    A parent's program was run before. Where all that an answer gives is known, it is not run again, unless it takes so
    many steps that it could be stopped here.
    """

    def __init__(self, pool: Pool, sandbox: Sandbox) -> None:
        self._pool, self._sandbox = pool, sandbox
        self._rows: dict[str, dict[str, Executed]] = {}

    def programs(self, case: _Case) -> list[Program]:
        """The simple answers."""
        name, candidate = case.task.entry_point, case.candidate
        parents = [_alias(parent.reference, parent.entry_point, case) for parent in candidate.parents]
        return [*parents, (f"def {name}(*args):\n    return args[0] if args else None\n", candidate.driver)]

    def unknown(self, case: _Case) -> tuple[Program, ...]:
        """Those of which it is not known what they give for every call."""
        return tuple(p for p, rows in zip(self.programs(case), self._answers(case), strict=True) if rows is None)

    def different(self, cases: Sequence[_Case], results: Sequence[Result]) -> list[list[Checked]]:
        """For each case and simple answer where it gives something else than the reference; or why it cannot be run."""
        found = [self._compared(case, ran) for case, ran in zip(cases, results, strict=True)]
        dear = [
            (checked, number, *self._alike(case, ran, checked[number], parent))
            for case, ran, checked in zip(cases, results, found, strict=True)
            for number, parent in enumerate(case.candidate.parents)
            if checked and self._may_stop(case, ran, parent) and len(checked[number].different) < len(ran.rows)
        ]
        again = run_trials([[trial] for *_, trial in dear], self._sandbox)
        for (checked, number, places, _), (ran,) in zip(dear, again, strict=True):
            (told,) = ran.others or (Checked(ran.problem),)
            different = {*checked[number].different, *(places[place] for place in told.different)}
            checked[number] = Checked(told.problem, tuple(sorted(different)))
        return found

    def _alike(self, case: _Case, ran: Result, known: Checked, parent: CodeTask) -> tuple[list[int], Trial]:
        """The calls for which a parent gives what the reference does, and the trial that runs it for these again."""
        places = [place for place in range(len(ran.rows)) if place not in set(known.different)]
        return places, Trial(
            case.program,
            case.entry,
            tuple(case.calls[place] for place in places),
            run=False,
            expected=tuple(ran.rows[place] for place in places),
            others=(_alias(parent.reference, parent.entry_point, case),),
            strict=case.strict,
            steps=ran.steps,
            fuel=2 * MAX_STEPS,
        )

    def _answers(self, case: _Case) -> list[Sequence[Executed] | None]:
        if case.candidate.driver:
            return [None] * (len(case.candidate.parents) + 1)
        parents = case.candidate.parents
        return [*(self._known(parent, case) for parent in parents), [_first_argument(args) for args in case.calls]]

    def _known(self, parent: CodeTask, case: _Case) -> Sequence[Executed] | None:
        rows = self._rows.get(parent.digest)
        if rows is None:
            rows = {text_of(row.args): row for row in self._pool.observed(parent).executed}
            self._rows[parent.digest] = rows
        found = [rows[text] for text in case.texts if text in rows]
        return found if len(found) == len(case.texts) else None

    def _may_stop(self, case: _Case, ran: Result, parent: CodeTask) -> bool:
        """Whether a parent of which all is known takes more steps for some call than another program may here."""
        if case.candidate.driver or self._known(parent, case) is None:
            return False
        return self._pool.observed(parent).steps > steps_for_others(2 * MAX_STEPS, ran.steps)

    def _compared(self, case: _Case, ran: Result) -> list[Checked]:
        if ran.problem is not None:
            return []
        rest = iter(ran.others)
        expected = Expected([(row.returns, row.raised) for row in ran.rows])
        answers = self._answers(case)
        return [next(rest) if rows is None else _compared(expected, rows, case.strict) for rows in answers]


def _first_argument(args: tuple[object, ...]) -> Executed:
    return Executed(args, args[0] if args else None)


def _compared(expected: Expected, rows: Sequence[Executed], strict: bool) -> Checked:
    places = (p for p, row in enumerate(rows) if not expected.is_like(p, row.returns, row.raised, strict))
    return Checked(None, tuple(places))


class _Envelopes:
    """The input envelope of each parent, inferred once from its own tests' inputs."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._found: dict[str, tuple[Envelope, set[str]]] = {}

    def outside(self, parent: CodeTask, received: Rows) -> int:
        """How many of the argument tuples that a parent's function received lie outside its envelope."""
        if parent.digest not in self._found:
            observed = self._pool.observed(parent)
            known = {text_of(args) for args in (*observed.calls, *observed.generated)}
            self._found[parent.digest] = infer(observed.calls), known
        envelope, known = self._found[parent.digest]
        return sum(text_of(args) not in known and not envelope.admits(args) for args in received)


def _first_gates(
    case: _Case,
    result: Result,
    probed: Result,
    answers: Sequence[Checked],
    envelopes: _Envelopes,
) -> list[Gate]:
    operator, candidate = case.operator, case.candidate
    problem = result.problem or next((row.raised for row in result.rows if _unexpected(row, candidate)), None)
    gates = [Gate("total", problem is None, {"inputs": len(case.calls), "problem": problem or ""})]
    if problem is not None:
        return gates
    case.rows, case.steps = result.rows, result.steps
    case.functional_hash = functional_hash(case.types, probed.rows) if not probed.problem else None
    case.examples = choose_examples(result.rows)
    hidden = case.shown
    places = {text: place for place, text in enumerate(case.texts)}
    tests: dict[str, tuple[Executed, ...]] = {}
    for name, rows in candidate.calls.items():
        mine = [places[text_of(args)] for args in rows]
        tests[name] = tuple(result.rows[place] for place in mine if place not in hidden)
    case.task = operator.finish(candidate, tests, case.examples)
    for gate in _gates_of_values(case, result, answers):
        gates.append(gate)
        if not gate.holds:  # to prove what its texts say takes longer than all before
            return gates
    return [
        *gates,
        _examples_gate(case),
        _envelope_gate(case, result, envelopes),
        Gate("cheap", result.steps <= MAX_STEPS and len(case.task.prompt) <= MAX_PROMPT, {"steps": result.steps}),
        *operator.prove(case.task, candidate.parents, candidate.parameters),
        _novel_gate(case),
    ]


def _gates_of_values(case: _Case, result: Result, answers: Sequence[Checked]) -> Iterator[Gate]:
    yield _variety_gate(result.rows)
    yield _delta_gate(case, answers, getattr(case.operator, "least_delta", MIN_DELTA))
    yield Gate("arguments_kept", result.pure, {})
    yield Gate("repeatable", result.repeated, {"orders": 2})
    yield _type_gate(case)


def _unexpected(row: Executed, candidate: Candidate) -> bool:
    return row.raised is not None and row.raised not in candidate.raises


def _outcome(row: Executed) -> str:
    return f"raises {row.raised}" if row.raised else text_of(row.returns)


def _variety_gate(rows: Sequence[Executed]) -> Gate:
    """G5: at least two different outcomes, none of them on more than 90 % of the inputs."""
    counts = Counter(map(_outcome, rows))
    top = max(counts.values()) / len(rows)
    return Gate("varied", len(counts) >= 2 and top <= MAX_SHARE, {"distinct": len(counts), "top_share": round(top, 4)})


def _delta_gate(case: _Case, answers: Sequence[Checked], least: float) -> Gate:
    """G3 and G13: the parent's own reference fails at least two of the new cases and a share of them; so does every
    other parent's, and a program that hands back its first argument."""
    hidden = case.shown
    tested = len(case.calls) - len(hidden)
    needed = max(2, ceil(least * tested))
    failed = [tested if each.problem is not None else len(set(each.different) - hidden) for each in answers]
    holds = failed[0] >= needed and all(count >= 2 for count in failed)
    evidence = {"cases": tested, "failed": failed[0], "needed": needed, "others_failed": failed[1:]}
    return Gate("parent_fails", holds, evidence)


def _type_gate(case: _Case) -> Gate:
    """G6: every value has the declared deep type."""
    declared = str(case.candidate.parameters.get("output_type", ""))
    values = [row.returns for row in case.rows if row.raised is None]
    return Gate("declared_type", not declared or has_type(values, declared), {"type": declared})


def _examples_gate(case: _Case) -> Gate:
    """G9: two executed examples with different outcomes, not among the hidden inputs where there are enough."""
    hidden = {text_of(each.args) for test in case.task.tests if isinstance(test, CasesTest) for each in test.cases}
    shared = sum(text_of(example.args) in hidden for example in case.examples)
    holds = len(case.examples) == 2 and (shared == 0 or len(case.calls) < ENOUGH_INPUTS)
    return Gate("examples", holds, {"shown": len(case.examples), "hidden_inputs": len(hidden), "shared": shared})


def _envelope_gate(case: _Case, result: Result, envelopes: _Envelopes) -> Gate:
    """G8: whatever any parent's function receives while the reference runs lies in that parent's input envelope."""
    called = _called(case.candidate)
    names = list(dict.fromkeys(name for _, name in called))
    received = dict(zip(names, result.recorded, strict=True))
    outside, total = 0, 0
    for parent, name in called:
        rows = received[name]
        total += len(rows)
        outside += envelopes.outside(parent, rows)
    return Gate("envelope", outside == 0, {"received": total, "outside": outside})


def _novel_gate(case: _Case) -> Gate:
    """G12: what the prompt adds is no copy of the parents' prompts; the functional hash is what the archive knows."""
    parents = case.candidate.parents
    share = round(containment(new_part(case.task, parents), [ngrams_known(parent.prompt) for parent in parents]), 4)
    return Gate("novel", share <= MAX_CONTAINED, {"functional_hash": case.functional_hash, "contained": share})


def _witness(case: _Case) -> Program | None:
    try:
        source = case.operator.witness(case.task, case.candidate.parents)
    except (ValueError, SyntaxError):
        return None
    base = case.program[0]
    parts = (base, source[len(base) :]) if source.startswith(base) else (source,)
    return (*parts, case.candidate.driver)


def _second_trials(case: _Case, witness: Program | None, pool: Pool) -> Sequence[Trial]:
    new = mutants_of(case.program[1], limit=_NEW_MUTANTS)
    base, delta, driver = case.program
    old = _old_mutants(case, pool)
    trial = Trial(
        case.program,
        case.entry,
        case.calls,
        run=False,
        expected=case.rows,
        seeded=True,
        witness=witness,
        mutants=(
            tuple((base, mutant.source, driver) for mutant in new),
            tuple((source, delta, driver) for source, _ in old),
        ),
        ticked={**dict(old), **{mutant.source: mutant.ticked for mutant in new}},
        shown=tuple(sorted(case.shown)),
        least=(MIN_KILLED, MIN_KEPT),
        strict=case.strict,
        steps=case.steps,
    )
    return (trial,)


def _old_mutants(case: _Case, pool: Pool) -> list[tuple[str, str]]:
    """The base with a mutant of a parent in it, the same number from each parent; and its text with steps, or ""."""
    base, called = case.program[0], _called(case.candidate)
    each = _OLD_MUTANTS // len(called)
    found: list[tuple[str, str]] = []
    for parent, name in called:
        mutants = [(mutant.source, mutant.ticked) for mutant in spread(pool.observed(parent).mutants, each)]
        old = parent.reference
        if name != parent.entry_point:
            entry = str(parent.entry_point)
            old, mutants = as_tool(old, entry, name), [(as_tool(source, entry, name), "") for source, _ in mutants]
        if old in base:
            found += [(base.replace(old, source), ticked if base == old else "") for source, ticked in mutants]
    return found


def _called(candidate: Candidate) -> list[tuple[CodeTask, str]]:
    """The parents whose functions the reference calls, with the names under which it does."""
    names = candidate.called or tuple(str(parent.entry_point) for parent in candidate.parents)
    return [(parent, name) for parent, name in zip(candidate.parents, names, strict=True) if name]


def _second_gates(case: _Case, result: Result) -> list[Gate]:
    if result.problem is not None:
        return [Gate("read_back", False, {"problem": result.problem})]
    gates = [_read_back_gate(case, result)]
    if result.seeds is not None and not result.fails:
        gates.append(Gate("hash_seeds", result.seeds == len(SEEDS), {"interpreters": result.seeds}))
    new, old = result.kills
    hidden = case.shown
    gates.append(_killed_gate("new_part_mutants", new, hidden, MIN_KILLED))
    gates.append(_killed_gate("parent_mutants", old, hidden, MIN_KEPT))
    if result.fails and all(gate.holds for gate in gates):  # nothing was run in fresh interpreters
        gates.append(Gate("hash_seeds", False, {"interpreters": 0}))
    return gates


def _read_back_gate(case: _Case, result: Result) -> Gate:
    """G11: the program read from the prompt alone behaves like the reference on every input."""
    read = result.witness
    if read is None or read.problem is not None:
        return Gate("read_back", False, {"problem": "the prompt cannot be read back" if read is None else read.problem})
    return Gate("read_back", not read.different, {"inputs": len(case.calls), "different": len(read.different)})


def _killed_gate(name: str, kills: Sequence[Kills], shown: set[int], least: float) -> Gate:
    """G7: the hidden tests tell enough of the mutants from the reference."""
    killed = sum(any(place not in shown for place in places) for places in kills)
    holds = killed >= least * len(kills)
    return Gate(name, holds, {"mutants": len(kills), "killed": killed})
