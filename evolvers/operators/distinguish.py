"""Distinguish: two programs that differ in one place; what is asked for is a call on which they give different results.

Derived. Every right call is accepted: an oracle runs both programs in the judge. A call must be of the kind that the
parent's tests make, so that nobody wins with what neither program was written for.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ...benchmarks import Case, CasesTest, CodeTask, Comparator
from ...benchmarks.jsonio import text_digest
from ..edits import renamed_program
from ..inputs.argument_checks import CHECKER, NoForm, fits, form_of, told
from ..literals import literal
from ..positions import CannotEdit
from ..protocol import Candidate, Gate, Kind, NotApplicable, Observation, Pool, Rows
from ..prover.rows import ENDLESS
from ..questions import (
    MOST_CALL,
    NEAR,
    Differing,
    bare,
    block,
    blocks_in,
    depends_on_order,
    differing,
    is_one_change,
    observed_of,
)
from ..syntax import parse
from ..words import words_of

FIRST, SECOND, ENTRY = "first_version", "second_version", "answer"
MOST_CANDIDATES = 6
MOST_CONTROLS = 3
_HOW = Comparator(types="python", rtol=NEAR, atol=NEAR)
_ORACLE = """
PROGRAMS = {programs}
NAMES = {names}
FORMS = {forms}


def outcome(number, args):
    from copy import deepcopy

    space = {{"__name__": "program"}}
    exec(PROGRAMS[number], space)
    try:
        return "", space[NAMES[number]](*deepcopy(args))
    except Exception as error:
        return type(error).__name__, None


def accept(args, got, expected):
    if type(got) is not tuple or len(got) != len(FORMS) or not all(map(fits, got, FORMS)):
        return False
    first, second = outcome(0, got), outcome(1, got)
    if (first, second)[{right}][0]:  # neither program is meant for what the right one does not take
        return False
    return first != second and repr(first) != repr(second)
"""


@dataclass(frozen=True, slots=True)
class Distinguish:
    """See the module's docstring."""

    name: str = "distinguish"
    version: str = "1"
    kind: Kind = "derived"

    def describe(self) -> str:
        """One line for people."""
        return "a call on which the parent's program and a variant of it differ"

    def propose(self, task: CodeTask, rng: random.Random, pool: Pool) -> list[Candidate]:
        """One candidate for each mutant that agrees with the parent on some calls, in random order."""
        observed = observed_of(task, pool)
        if not observed.pure:
            raise NotApplicable("the reference changes its arguments")
        if depends_on_order(task.reference, observed.output_type):
            raise NotApplicable("values may depend on the order of a set")
        if {FIRST, SECOND, ENTRY} & words_of([task.reference]):
            raise NotApplicable("the program uses one of the neutral names")
        forms = _forms(observed.calls)
        found = [each for each in differing(observed, _HOW) if each.agrees and not _endless(each)]
        rng.shuffle(found)
        texts = [_text(row.args, forms) for row in observed.executed]
        made = [_candidate(task, each, observed, texts, forms, rng) for each in found]
        candidates = [candidate for candidate in made if candidate is not None][:MOST_CANDIDATES]
        if not candidates:
            raise NotApplicable("no mutant differs on a call with a short literal")
        return [replace(each, gates=self.prove(each.task, (task,), each.parameters)) for each in candidates]

    def prove(self, task: CodeTask, parents: Sequence[CodeTask], parameters: Mapping[str, Any]) -> tuple[Gate, ...]:
        """Static proofs: of the two programs shown, one is the parent's and the other one change away from it."""
        (parent,) = parents
        shown = blocks_in(task.prompt)
        entry = str(parent.entry_point)
        right = int(parameters["right"])
        names = (FIRST, SECOND)
        holds = len(shown) == 2 and shown[right] == _neutral(parent.reference, entry, names[right]).strip("\n")
        changed = str(parameters["program"])
        holds = holds and shown[1 - right] == _neutral(changed, entry, names[1 - right]).strip("\n")
        (test,) = task.tests
        judged = isinstance(test, CasesTest) and all(repr(text + "\n") in (test.oracle or "") for text in shown)
        return (
            Gate("two_programs", holds, {"programs": [text_digest(text) for text in shown]}),
            Gate("one_change", is_one_change(changed, parent), {"program": text_digest(changed)}),
            Gate("judged_by_both", judged, {}),
        )

    def controls(self, task: CodeTask, parents: Sequence[CodeTask], parameters: Mapping[str, Any]) -> Mapping[str, str]:
        """Calls on which the two agree, and answers of another shape."""
        found = {f"agreeing {number}": _answer(str(text)) for number, text in enumerate(parameters["agreeing"])}
        return {**found, "none": _answer("None"), "empty": _answer("()")}


def _endless(found: Differing) -> bool:
    return any(row.raised == ENDLESS for row in found.mutant.results)


def _forms(calls: Rows) -> list[list[Any]]:
    """The form of each argument; NotApplicable where calls have no common one."""
    if len({len(args) for args in calls}) != 1 or not calls[0]:
        raise NotApplicable("calls with different numbers of arguments, or none")
    try:
        return [form_of([args[place] for args in calls]) for place in range(len(calls[0]))]
    except NoForm as error:
        raise NotApplicable(f"arguments without a common form: {error}") from error


def _neutral(source: str, entry: str, name: str) -> str:
    """A program without docstrings whose entry point has a neutral name."""
    try:
        return renamed_program(bare(source), {entry: name}, {entry: name})
    except (CannotEdit, SyntaxError) as error:
        raise NotApplicable("the program cannot be renamed") from error


def _answer(text: str) -> str:
    return f"def {ENTRY}():\n    return {text}\n"


def _candidate(
    parent: CodeTask,
    found: Differing,
    observed: Observation,
    texts: Sequence[str | None],
    forms: Sequence[Sequence[Any]],
    rng: random.Random,
) -> Candidate | None:
    rows = observed.executed
    right = rng.randrange(2)
    differing_calls, agreeing = (
        [(text, rows[place].args) for place in places if (text := texts[place]) is not None]
        for places in (found.differs, found.agrees)
    )
    if not differing_calls or not agreeing:
        return None
    entry = str(parent.entry_point)
    sources = [parent.reference, found.mutant.source]
    programs = [_neutral(sources[place != right], entry, name) for place, name in enumerate((FIRST, SECOND))]
    text, args = rng.choice(differing_calls)
    outcomes = _ORACLE.format(
        programs=repr(programs), names=repr([FIRST, SECOND]), forms=repr([list(form) for form in forms]), right=right
    )
    parse(outcomes)
    oracle = CHECKER + outcomes
    task = replace(
        parent,
        prompt=_prompt(programs, forms, agreeing[0][1]),
        form="instruct",
        entry_point=ENTRY,
        reference=_answer(text),
        tests=(CasesTest((Case((), args),), oracle=oracle),),
        metadata={},
    )
    parameters = {
        "change": found.mutant.description,
        "line": found.mutant.line,
        "program": found.mutant.source,
        "right": right,
        "agreeing": [shown for shown, _ in rng.sample(agreeing, min(MOST_CONTROLS, len(agreeing)))],
    }
    return Candidate(task, (parent,), parameters)


def _text(args: tuple[Any, ...], forms: Sequence[Sequence[Any]]) -> str | None:
    """The literal of arguments of these forms (generated ones may be others); None where there is no short one."""
    if len(args) != len(forms) or not all(map(fits, args, forms)):
        return None
    try:
        text = literal(args)
    except ValueError:
        return None
    return text if len(text) <= MOST_CALL else None


def _prompt(programs: Sequence[str], forms: Sequence[Sequence[Any]], example: tuple[Any, ...]) -> str:
    kinds = "\n".join(f"- argument {number}: {told(form)}" for number, form in enumerate(forms, 1))
    return (
        f"These two programs are almost the same:\n\n{block(programs[0])}\n\n{block(programs[1])}\n\n"
        f"There are arguments for which `{FIRST}` and `{SECOND}` give different results. Write a function `{ENTRY}()` "
        "that takes nothing and returns one tuple of such positional arguments. They must be of the kind that the "
        "programs are meant for:\n\n"
        f"{kinds}\n\nFor example `{literal(example)}` is of that kind, but there the results are the same.\n"
    )
