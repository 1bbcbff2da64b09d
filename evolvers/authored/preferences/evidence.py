"""What a machine can show of two new responses to a parent's question, and what is left to judges.

Programs whose question has tests are compared by tests, by counted work and by rules of unsafe code, in this order, and
never by judges: no opinion goes before what runs. Texts whose question has checkable instructions are compared by these.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from ....benchmarks import BadInput, CodeTask
from ....benchmarks.preference import Message, PreferenceTask, Proof, Response
from ....harness.endpoint.extract import extract
from ...preferences.from_code import CRITERION as CORRECTNESS
from ...preferences.inputs import work_inputs
from ...preferences.leveling import level
from ...preferences.making import Tiered, Written, asked_too, ranked
from ...preferences.operators import efficiency_pair, security_pair
from ...preferences.proofs.by_cases import cases_in
from ...preferences.proofs.by_constraints import constraints_of
from ...preferences.proofs.programs import code_task
from ...preferences.proofs.unsafe import findings
from ...preferences.solutions import cases_proof, tests_proof
from ...protocol import NotApplicable
from ...questions import block
from .surface import plain_program

RATIO = 3.0
"""How many times the steps the worse of two programs must take."""
RUN = ("tests", "cases", "operations", "rules")
_FEW = 4


@dataclass(frozen=True, slots=True)
class Shown:
    """A new pair, and how its label is shown: ``cases``, ``tests``, ``operations``, ``rules``, ``constraints`` or
    ``judged``."""

    task: PreferenceTask
    by: str


def has_tests(parent: PreferenceTask) -> bool:
    """Whether the responses are programs that are run."""
    return parent.proof is not None and parent.proof.kind in RUN and bool(parent.proof.data.get("tests"))


def entry_of(parent: PreferenceTask) -> str | None:
    """The function under test."""
    entry = None if parent.proof is None else parent.proof.data.get("entry_point")
    return entry if isinstance(entry, str) else None


def program_in(text: str, entry_point: str | None) -> str:
    """The program in a response, without comments and docstrings. NotApplicable where there is none."""
    found = extract(text, form="instruct", entry_point=entry_point).code
    if not found.strip():
        raise NotApplicable("a response holds no program")
    return plain_program(found)


def pairs_of(
    parent: PreferenceTask, better: Written, worse: Written, rng: random.Random, criterion: str | None = None
) -> list[Shown]:
    """The parent's question with two new responses, once for each way in which the label may be shown.

    criterion: of judges; the parent's by default. NotApplicable where they are no programs and should be.
    """
    if has_tests(parent):
        return _programs(parent, better, worse, rng)
    asked = parent.criterion if criterion is None else criterion
    if parent.proof is not None and parent.proof.kind == "constraints":
        return [
            Shown(ranked(parent, [[better], [worse]], rng, partial(_constraints, parent, better, worse)), "constraints")
        ]
    return [Shown(ranked(parent, [[better], [worse]], rng, unjudged, criterion=asked), "judged")]


def unjudged(names: Tiered) -> Proof:
    """The proof of a label on which judges have not been heard yet."""
    return Proof("judged", {})


def _programs(parent: PreferenceTask, better: Written, worse: Written, rng: random.Random) -> list[Shown]:
    assert parent.proof is not None
    entry, tests = entry_of(parent), list(parent.proof.data["tests"])
    programs = level([program_in(each.text, entry) for each in (better, worse)], rng)
    tiers = [[Written(block(text), each.source)] for text, each in zip(programs, (better, worse), strict=True)]
    return [
        Shown(ranked(parent, tiers, rng, proof, **changes), by)
        for by, proof, changes in _ways(parent, entry, tests, programs)
    ]


def _ways(
    parent: PreferenceTask, entry: str | None, tests: list[Any], programs: Sequence[str]
) -> list[tuple[str, Callable[[Tiered], Proof], dict[str, Any]]]:
    graded = cases_in(code_task(parent).tests) >= _FEW
    right: Callable[[Tiered], Proof] = (
        (lambda names: cases_proof(entry, tests))
        if graded
        else (
            lambda names: tests_proof(
                entry, tests, {name: place == 0 for place, tier in enumerate(names) for name in tier}
            )
        )
    )
    found: list[tuple[str, Callable[[Tiered], Proof], dict[str, Any]]] = [
        ("cases" if graded else "tests", right, {"criterion": CORRECTNESS})
    ]
    try:
        data = {
            "entry_point": entry,
            "tests": tests,
            "inputs": work_inputs(tests, parent.proof, larger=True),
            "ratio": RATIO,
        }
        found.append(
            ("operations", lambda names: Proof("operations", data), _asks(parent, "operations", efficiency_pair))
        )
    except NotApplicable:
        pass
    rules = [sorted({each.rule for each in findings(program) or ()}) for program in programs]
    if len(rules[0]) < len(rules[1]):

        def unsafe(names: Tiered) -> Proof:
            told = {name: rules[place] for place, tier in enumerate(names) for name in tier}
            return Proof("rules", {"entry_point": entry, "tests": tests, "findings": told})

        found.append(("rules", unsafe, _asks(parent, "rules", security_pair)))
    return found


def _asks(parent: PreferenceTask, kind: str, operator: Any) -> dict[str, Any]:
    """The criterion and the question of a deterministic operator; the parent's where it asks for that already."""
    if parent.proof is not None and parent.proof.kind == kind:
        return {}
    asked = operator.SENTENCE in parent.messages[-1].content
    messages = parent.messages if asked else asked_too(parent.messages, operator.SENTENCE)
    return {"criterion": operator.CRITERION, "messages": messages}


def _constraints(parent: PreferenceTask, better: Written, worse: Written, names: Tiered) -> Proof:
    constraints = constraints_of(parent)
    texts = {name: (better, worse)[place].text for place, tier in enumerate(names) for name in tier}
    holds = {name: [each.holds(text) for each in constraints] for name, text in texts.items()}
    return Proof("constraints", {"constraints": [each.to_json() for each in constraints], "holds": holds})


def compared(task: PreferenceTask, better: str, worse: str, criterion: str) -> PreferenceTask:
    """A pair to ask judges about: a task's conversation with two texts, the one that should be better first."""
    return PreferenceTask(
        id=task.id,
        messages=task.messages,
        responses=(Response("a", better), Response("b", worse)),
        ranking=(("a",), ("b",)),
        criterion=criterion,
    )


def blind_task(task: PreferenceTask) -> CodeTask | None:
    """A task's question as a code task with the tests of its proof, for solvers that see the question alone; None where
    tests do not decide who is right."""
    if task.proof is None or task.proof.kind not in ("tests", "cases") or entry_of(task) is None:
        return None
    try:
        found = code_task(task)
    except BadInput:
        return None
    text = "\n\n".join(_turn(message) for message in task.messages)
    return CodeTask(task.id, text, found.entry_point, "", found.tests, form="instruct")


def _turn(message: Message) -> str:
    return message.content if message.role == "user" else f"({message.role}) {message.content}"


def label_facts(evidence: Mapping[str, Any], name: str) -> Any:
    """What a label's evidence says of one response, whatever its kind."""
    for field in ("passed", "verdicts", "holds", "findings"):
        told = evidence.get(field)
        if isinstance(told, Mapping) and name in told:
            return told[name]
    return None
