"""Criterion switch: the same responses, judged by another criterion, whose label the proofs compute anew.

Altering (A6): correctness, efficiency and security are switched to each other, and to length as asked for, which a
checkable instruction decides. Most telling are pairs on which the criteria disagree: who praises a response for
everything once it is good at one thing gets those wrong. They come first.

    from                         to            the new label
    efficiency, security         correctness   a tie: both pass the tests
    correctness (both right)     efficiency    by steps; the proof decides which way round holds
    any about programs           security      by rules, a tie where both are as safe
    any about programs           length        by the number of lines asked for, that of one or of the other
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ....benchmarks import BadInput
from ....benchmarks.preference import PreferenceTask, Proof
from ....benchmarks.preference.constraints import Constraint, lines_of
from ....benchmarks.preference.task import Tiers
from ..inputs import work_inputs
from ..making import asked_too
from ..proofs.unsafe import findings
from ..protocol import Gate, Kind, NotApplicable, PreferenceCandidate
from ..showing import asks, same_responses, same_tests
from ..solutions import Coded, coded, tests_proof
from . import efficiency_pair, security_pair
from .tie_pair import CORRECTNESS

LENGTH = "length: the program with the number of lines asked for, whatever it does"
_SENTENCES = {
    CORRECTNESS: "What counts is that it gives the right result for every input, and nothing else.",
    efficiency_pair.CRITERION: efficiency_pair.SENTENCE,
    security_pair.CRITERION: security_pair.SENTENCE,
}


@dataclass(frozen=True, slots=True)
class CriterionSwitch:
    """See the module's docstring."""

    name: str = "criterion_switch"
    version: str = "1"
    kind: Kind = "altering"

    def describe(self) -> str:
        """One line for people."""
        return "the same responses, judged by another criterion that a proof decides"

    def propose(self, task: PreferenceTask, rng: random.Random) -> list[PreferenceCandidate]:
        """Every criterion that may decide, those first whose label is another than the parent's."""
        found = coded(task)
        if len(task.responses) != 2:
            raise NotApplicable("it has more than two responses")
        switches = [each for each in _switches(task, found) if each.criterion != task.criterion]
        if not switches:
            raise NotApplicable("no other criterion can be decided")
        rng.shuffle(switches)
        switches.sort(key=lambda each: set(each.ranking) == set(task.ranking) and each.ranking == task.ranking)
        return [self._candidate(task, each) for each in switches]

    def _candidate(self, task: PreferenceTask, switch: _Switch) -> PreferenceCandidate:
        parameters = {"criterion": switch.criterion, "sentence": switch.sentence}
        new = replace(
            task,
            messages=asked_too(task.messages, switch.sentence),
            ranking=switch.ranking,
            criterion=switch.criterion,
            proof=switch.proof,
            votes={},
            lineage=None,
            metadata={},
        )
        return PreferenceCandidate(new, (task,), parameters)

    def prove(
        self, task: PreferenceTask, parents: Sequence[PreferenceTask], parameters: Mapping[str, Any]
    ) -> tuple[Gate, ...]:
        """Static proofs: the same responses, another criterion, asked for in its own words, and a proof of its kind."""
        (parent,) = parents
        sentence, kind = str(parameters.get("sentence")), "" if task.proof is None else task.proof.kind
        gates = (
            same_responses(task, parent),
            Gate("another_criterion", task.criterion not in ("", parent.criterion), {"criterion": task.criterion}),
            asks(task, parent, sentence),
            Gate("criterion_of_proof", _belongs(task, kind, sentence), {"proof": kind}),
        )
        return gates if kind == "constraints" else (*gates, same_tests(task, parent))


@dataclass(frozen=True, slots=True)
class _Switch:
    """Another criterion, how it is asked for, and what it says of the two responses."""

    criterion: str
    sentence: str
    ranking: Tiers
    proof: Proof


def _switches(task: PreferenceTask, found: Coded) -> Iterator[_Switch]:
    names = [response.id for response in task.responses]
    tie: Tiers = (tuple(names),)
    both_right = len(found.right) == len(names)
    if both_right:
        proof = tests_proof(found.entry_point, found.tests, dict.fromkeys(names, True))
        yield _Switch(CORRECTNESS, _SENTENCES[CORRECTNESS], tie, proof)
        yield from _by_work(task, found, names, tie)
    yield from _by_rules(found, names)
    yield from _by_lines(task, names)


def _by_work(task: PreferenceTask, found: Coded, names: Sequence[str], tie: Tiers) -> Iterator[_Switch]:
    """Efficiency: both orders and the tie are proposed, because only counting can tell."""
    try:
        inputs = work_inputs(found.tests, task.proof, larger=True)
    except NotApplicable:
        return
    data = {
        "entry_point": found.entry_point,
        "tests": list(found.tests),
        "inputs": inputs,
        "ratio": efficiency_pair.RATIO,
    }
    first, second = names
    for ranking in (((first,), (second,)), ((second,), (first,)), tie):
        criterion = efficiency_pair.CRITERION
        yield _Switch(criterion, _SENTENCES[criterion], ranking, Proof("operations", data))


def _by_rules(found: Coded, names: Sequence[str]) -> Iterator[_Switch]:
    """Security, where every program passes the tests or none is asked to: rules say nothing of wrong programs."""
    if len(found.right) < len(names):
        return
    told = {name: findings(found.solutions[name].program) for name in names}
    rules = {name: sorted({each.rule for each in each_found or ()}) for name, each_found in told.items()}
    if any(each is None for each in told.values()) or not any(rules.values()):
        return
    ranking = _tiers({name: -len(each) for name, each in rules.items()})
    data: dict[str, Any] = {"entry_point": found.entry_point, "tests": list(found.tests), "findings": rules}
    criterion = security_pair.CRITERION
    yield _Switch(criterion, _SENTENCES[criterion], ranking, Proof("rules", data))


def _by_lines(task: PreferenceTask, names: Sequence[str]) -> Iterator[_Switch]:
    """Length: that of the one or of the other, where they differ in lines."""
    counts = {name: len(lines_of(task.response(name).text)) for name in names}
    if len(set(counts.values())) == 1:
        return
    for better, worse in (names, names[::-1]):
        constraint = _lines(counts[better])
        proof = {"constraints": [constraint.to_json()], "holds": {better: [True], worse: [False]}}
        yield _Switch(LENGTH, _asked(constraint), ((better,), (worse,)), Proof("constraints", proof))


def _lines(number: int) -> Constraint:
    return Constraint("lines", {"number": number})


def _asked(constraint: Constraint) -> str:
    return f"What counts is the length and nothing else. {constraint.sentence}"


def _tiers(values: Mapping[str, float]) -> Tiers:
    """The ids by their values, the highest first."""
    steps = sorted(set(values.values()), reverse=True)
    return tuple(tuple(name for name in values if values[name] == step) for step in steps)


def _belongs(task: PreferenceTask, kind: str, sentence: str) -> bool:
    """Whether a criterion, the words it is asked for with and the kind of proof go together."""
    wanted = {
        "tests": CORRECTNESS,
        "operations": efficiency_pair.CRITERION,
        "rules": security_pair.CRITERION,
        "constraints": LENGTH,
    }.get(kind)
    if wanted is None or task.criterion != wanted or task.proof is None:
        return False
    if kind != "constraints":
        return sentence == _SENTENCES[wanted]
    try:
        (row,) = task.proof.data.get("constraints", ())
        constraint = Constraint.from_json(row)
    except (BadInput, ValueError):
        return False
    return constraint.kind == "lines" and sentence == _asked(constraint)
