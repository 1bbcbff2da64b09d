"""Observations of small tasks, made by running them here: their code is the tests' own."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from evalrun.benchmarks import CodeTask
from evalrun.evolvers import Candidate, Gate, Observation, Operator, Pool
from evalrun.evolvers.deeptypes import type_of_all


def run(source: str, entry: str | None, *args: Any) -> Any:
    space: dict[str, Any] = {}
    exec(source, space)
    return space[str(entry)](*args)


def pool_of(task: CodeTask, inputs: Sequence[tuple[Any, ...]], generated: Sequence[tuple[Any, ...]] = ()) -> Pool:
    values = tuple(run(task.reference, task.entry_point, *args) for args in inputs)
    more = tuple(run(task.reference, task.entry_point, *args) for args in generated)
    seen = Observation(
        inputs={"base": tuple(inputs)},
        outputs=values,
        output_type=type_of_all(values),
        generated=tuple(generated),
        generated_outputs=more,
    )
    return Pool((task,), {task.digest: seen})


def made(operator: Operator, task: CodeTask, pool: Pool, seeds: int = 12) -> list[Candidate]:
    """The best candidates under several seeds; each must have passed its own static proofs."""
    found = [operator.propose(task, random.Random(seed), pool)[0] for seed in range(seeds)]
    for candidate in found:
        assert [gate.gate for gate in candidate.gates if not gate.holds] == [], candidate.task.prompt
    return found


def failing(gates: Sequence[Gate]) -> list[str]:
    return [gate.gate for gate in gates if not gate.holds]
