"""More tests for the same task: inputs inside its envelope, each of which unmasks a fault that the tests so far let
pass.

Semantics-preserving: prompt, reference and old tests stay as they are. The faults are first-order mutants of the
reference that an observation holds; expected values are what the reference gave.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ...benchmarks import Case, CasesTest, CodeTask, Comparator, matches
from ...benchmarks.jsonio import digest
from ...benchmarks.plain import dumps
from ..expectations import comparator_of
from ..inputs.envelope import Envelope, infer
from ..protocol import Candidate, Executed, Gate, Kind, NotApplicable, Observation, Pool

TEST = "strengthened"
# A case is stored in the suite with its expected value; longer ones are not worth a mutant.
MAX_CHARACTERS = 10_000


@dataclass(frozen=True, slots=True)
class Strengthen:
    """See the module's docstring."""

    name: str = "strengthen"
    version: str = "1"
    kind: Kind = "preserving"

    def describe(self) -> str:
        """One line for people."""
        return "more hidden tests, each of which kills a mutant of the reference that the old tests let live"

    def propose(self, task: CodeTask, rng: random.Random, pool: Pool) -> list[Candidate]:
        """One candidate; nothing is drawn."""
        if any(test.name == TEST for test in task.tests):
            raise NotApplicable("it was strengthened before")
        observation = pool.observed(task)
        comparator = comparator_of(task, observation)
        envelope = infer(observation.calls)
        if envelope.structured:
            raise NotApplicable("its texts have a structure that no new input can be trusted to keep")
        if not observation.generated:
            raise NotApplicable("no new inputs are known")
        kills = _Kills.of(observation, comparator)
        chosen = kills.chosen([at for at, args in enumerate(observation.generated) if envelope.admits(args)])
        if not chosen:
            raise NotApplicable("no new input kills a mutant that lives")
        rows = [kills.generated[at] for at in chosen]
        test = CasesTest(tuple(Case(row.args, row.returns) for row in rows), comparator, name=TEST)
        new = replace(task, tests=(*task.tests, test), metadata={})
        parameters = {"generated": chosen}
        gates = (
            *self.prove(new, (task,), parameters),
            _envelope_gate(new, envelope),
            kills.gate(chosen),
        )
        return [Candidate(new, (task,), parameters, gates)]

    def prove(self, task: CodeTask, parents: Sequence[CodeTask], parameters: Mapping[str, Any]) -> tuple[Gate, ...]:
        """Static proof: all but the one added test is the parent's, and the added inputs are different ones."""
        (parent,) = parents
        kept = replace(task, tests=task.tests[:-1], id=parent.id, lineage=parent.lineage, metadata=parent.metadata)
        added = task.tests[-1]
        cases = added.cases if isinstance(added, CasesTest) and added.name == TEST else ()
        inputs = {dumps(case.args) for case in cases}
        holds = kept == parent and len(inputs) == len(cases) == len(parameters["generated"]) > 0
        return (Gate("old_tests_kept", holds, {"tests": len(parent.tests), "added_cases": len(cases)}),)


def _envelope_gate(task: CodeTask, envelope: Envelope) -> Gate:
    """Every added input lies inside the envelope of the parent's own inputs."""
    cases = [case for test in task.tests if isinstance(test, CasesTest) and test.name == TEST for case in test.cases]
    holds = all(envelope.admits(tuple(case.args)) for case in cases)
    return Gate("inside_envelope", holds, {"inputs": len(cases), "envelope": digest(envelope.to_json())})


@dataclass(frozen=True, slots=True)
class _Kills:
    """Which mutants the recorded calls kill, and which each generated input does (numbers into ``mutants``)."""

    mutants: int
    before: frozenset[int]
    by_input: tuple[frozenset[int], ...]
    generated: tuple[Executed, ...]

    @staticmethod
    def of(observation: Observation, comparator: Comparator) -> _Kills:
        """What an observation says."""
        rows, tested = observation.executed, len(observation.calls)
        killed = [
            frozenset(
                number
                for number, mutant in enumerate(observation.mutants)
                if _differs(mutant.results[at], row, comparator)
            )
            for at, row in enumerate(rows)
        ]
        before = frozenset[int]().union(*killed[:tested])
        return _Kills(len(observation.mutants), before, tuple(killed[tested:]), rows[tested:])

    def chosen(self, inside: Sequence[int]) -> list[int]:
        """Of these places of generated inputs, again and again the one that kills most mutants that still live.

        Of equally good ones the shortest, then the first.
        """
        sizes = [len(dumps((row.args, row.returns))) for row in self.generated]
        left = [at for at in inside if sizes[at] <= MAX_CHARACTERS]
        dead, found = set(self.before), []
        while left:
            best = max(left, key=lambda at: (len(self.by_input[at] - dead), -sizes[at], -at))
            if not self.by_input[best] - dead:
                break
            dead |= self.by_input[best]
            found.append(best)
            left.remove(best)
        return found

    def gate(self, chosen: Sequence[int]) -> Gate:
        """More mutants are dead with these inputs than without, and each input is needed in its turn."""
        dead, new = set(self.before), []
        for at in chosen:
            new.append(len(self.by_input[at] - dead))
            dead |= self.by_input[at]
        evidence = {"mutants": self.mutants, "killed_before": len(self.before), "killed_after": len(dead)}
        return Gate("kills_more", bool(new) and min(new) > 0, {**evidence, "by_case": new})


def _differs(result: Executed, right: Executed, comparator: Comparator) -> bool:
    return result.raised is not None or not matches(result.returns, right.returns, comparator)
