"""Do generated inputs keep EvalPlus's hand-written contracts? A table by task, then the sums; and what it costs.

    python tests/speed/envelope_contracts.py HumanEvalPlus.jsonl.gz [inputs per task, 24]

Inputs are generated from HumanEval's own inputs alone (the file's ``base_input``); the contracts, which are assertions
at the head of the reference, only judge. They run in the sandbox.
"""

from __future__ import annotations

import gzip
import json
import random
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evalrun.evolvers.inputs.envelope import Envelope, generate, infer
from evalrun.harness.sandbox import Sandbox, open_sandbox
from evalrun.harness.sandbox.api import CallsJob, Limits

LIMITS = Limits(cpu_s=20.0, wall_s=60.0, memory_mb=1024)


@dataclass(frozen=True)
class Audited:
    """One task: its inputs, how many of them and of its own seeds the contract refuses, and the cost."""

    task: str
    envelope: Envelope
    generated: tuple[tuple[Any, ...], ...]
    refused: tuple[tuple[Any, ...], ...]
    seeds_refused: int
    cpu_ms: float


def contract_program(row: dict[str, Any]) -> str:
    """The prompt's helpers and signature, with the contract as the body."""
    contract = row["contract"].strip("\n").rstrip()
    indented = contract if contract.startswith("    ") else f"    {contract}"
    return f"{row['prompt'].rstrip()}\n{indented}\n    return True\n"


def audit(path: Path, sandbox: Sandbox, count: int = 24) -> Iterator[Audited]:
    """Every task of the file."""
    rows = [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]
    made, jobs = [], []
    for row in rows:
        seeds = [tuple(args) for args in row["base_input"]]
        started = time.process_time()
        envelope = infer(seeds)
        inputs = generate(envelope, seeds, random.Random(row["task_id"]), count)
        made.append((row["task_id"], envelope, inputs, 1000 * (time.process_time() - started)))
        jobs.append(CallsJob(contract_program(row), row["entry_point"], (*inputs, *seeds), LIMITS))
    for (task, envelope, inputs, cpu_ms), outcome in zip(made, sandbox.run(jobs), strict=True):
        if outcome.status != "ok":
            raise RuntimeError(f"{task}: the contract ended in {outcome.status}: {outcome.detail}")
        raised = [call.raised is not None for call in outcome.calls]
        refused = tuple(args for args, bad in zip(inputs, raised, strict=False) if bad)
        yield Audited(task, envelope, inputs, refused, sum(raised[len(inputs) :]), cpu_ms)


def main() -> None:
    """Print the table."""
    with open_sandbox("process", workers=2) as sandbox:
        rows = list(audit(Path(sys.argv[1]), sandbox, *map(int, sys.argv[2:3])))
    for row in rows:
        why = next((shape.structured for shape in row.envelope.parameters if shape.structured), "")
        seeds = f"; {row.seeds_refused} of its own inputs are refused" if row.seeds_refused else ""
        shown = f"; refused: {str(row.refused[:3])[:100]}" if row.refused else ""
        kept = f"{len(row.generated) - len(row.refused)}/{len(row.generated)}"
        print(f"{row.task:14} {kept:>7} {row.cpu_ms:6.2f} ms  {why}{seeds}{shown}")
    inputs, refused = sum(len(row.generated) for row in rows), sum(len(row.refused) for row in rows)
    structured = sum(row.envelope.structured for row in rows)
    clean = sum(not row.refused for row in rows)
    cost = sum(row.cpu_ms for row in rows) / len(rows)
    print(f"{len(rows)} tasks, {structured} structured; {inputs - refused} of {inputs} inputs", end=" ")
    print(f"({100 * (inputs - refused) / inputs:.2f} %) keep the contract; {clean} tasks clean; {cost:.2f} ms per task")


if __name__ == "__main__":
    main()
