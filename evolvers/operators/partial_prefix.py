"""Filling in from a prefix: the prompt goes on with the first statements of the reference, and the answer is the rest.

Semantics-preserving (the program stays what it was). Cut at a statement boundary where the last line shows how far to
indent (or else before a statement of one line), and where the prefix alone provably fails: it returns None, or one of a
few literals, where the reference does not.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ...benchmarks import CodeTask
from ...benchmarks.jsonio import text_digest
from ...benchmarks.plain import dumps
from ..cuts import Body, body_of, impossible_output
from ..protocol import Candidate, Gate, Kind, NotApplicable, Observation, Pool
from ..sameness import same_program_gate
from ..syntax import parses

_OFFERED = 2


@dataclass(frozen=True, slots=True)
class PartialPrefix:
    """See the module's docstring."""

    name: str = "partial_prefix"
    version: str = "1"
    kind: Kind = "preserving"

    def describe(self) -> str:
        """One line for people."""
        return "the prompt goes on with the first statements of the reference; the answer is the rest"

    def propose(self, task: CodeTask, rng: random.Random, pool: Pool) -> list[Candidate]:
        """Candidates for drawn cuts, up to two."""
        observed = pool.observed(task)
        if observed.problem or observed.unobservable:
            raise NotApplicable(str(observed.problem or observed.unobservable))
        body = body_of(task)
        if len(body.statements) < 2:
            raise NotApplicable("the body is one statement")
        counts = range(1, len(body.statements))
        cuts = [count for count in counts if body.flush[count - 1]]
        cuts = cuts or [count for count in counts if body.one_line(count)]
        if not cuts:
            raise NotApplicable("every cut would leave the indentation open")
        cuts = [count for count in cuts if impossible_output(body, count, observed) is not None]
        if not cuts:
            raise NotApplicable("the beginning alone might pass")
        made = []
        for count in rng.sample(cuts, min(_OFFERED, len(cuts))):
            new = replace(task, prompt=task.reference[: body.ends[count - 1]], metadata={})
            parameters = {"statements": count}
            gates = (*self.prove(new, (task,), parameters), _alone_gate(body, count, observed))
            made.append(Candidate(new, (task,), parameters, gates))
        return made

    def prove(self, task: CodeTask, parents: Sequence[CodeTask], parameters: Mapping[str, Any]) -> tuple[Gate, ...]:
        """Static proofs: prefix and rest are the reference, the prefix is a program, the rest is not empty."""
        (parent,) = parents
        rest = task.reference[len(task.prompt) :]
        whole = task.reference == parent.reference == task.prompt + rest and task.prompt.startswith(parent.prompt)
        boundary = parses(task.prompt) and task.prompt.endswith("\n")
        evidence = {
            "statements": int(parameters["statements"]),
            "prefix": text_digest(task.prompt),
            "rest_characters": len(rest.strip()),
        }
        holds = whole and boundary and bool(rest.strip()) and len(task.prompt) > len(parent.prompt)
        return (same_program_gate(task, parent), Gate("prefix_and_rest", holds, evidence))


def _alone_gate(body: Body, count: int, observed: Observation) -> Gate:
    """The prefix alone fails a test, because it cannot return what the reference returns there."""
    row = impossible_output(body, count, observed)
    evidence = {"input": row, "output": text_digest(dumps(observed.outputs[row]))} if row is not None else {}
    return Gate("prefix_fails", row is not None, evidence)
