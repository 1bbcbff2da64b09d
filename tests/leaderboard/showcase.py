"""Run folders of made-up models on the built-in suites: enough of everything to fill each page and figure.

Not answers of anything: outcomes are drawn, with a fixed seed, from what a model of that skill would do. `write` them
to look at a site by eye: `python -m tests.leaderboard.showcase FOLDER`.
"""

from __future__ import annotations

import json
import math
import random
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evalrun.benchmarks import Suite
from evalrun.benchmarks.jsonio import write_jsonl
from evalrun.harness.runs.records import TaskRow

ANSWER = "def f():\n    return 0\n"
FAILURES = ("wrong", "wrong", "wrong", "error", "timeout", "no_answer")
DETAILS = {
    "wrong": "{case}: expected [3, 1, 2], found [3, 2, 1]",
    "error": "{case}: IndexError: list index out of range",
    "timeout": "{case}: not done after 3.0 s",
    "no_answer": "no code in the answer",
}


@dataclass(frozen=True, slots=True)
class Model:
    """skill: on a logit scale; memory: how much easier original tasks are than their kin; tokens: of one answer."""

    label: str
    skill: float
    memory: float
    tokens: int
    created: str


MODELS = (
    Model("Kestrel 70B (June)", 2.1, 0.3, 410, "2026-06-18T09:00:00Z"),
    Model("Kestrel 70B (March)", 1.8, 0.3, 380, "2026-03-02T09:00:00Z"),
    Model("Halden-Coder 34B", 1.9, 0.2, 290, "2026-05-11T09:00:00Z"),
    Model("Orrery Large", 1.7, 0.4, 920, "2026-05-20T09:00:00Z"),
    Model("Tessera 2 Medium", 1.2, 0.3, 240, "2026-04-28T09:00:00Z"),
    Model("Tessera 1 Medium", 0.9, 0.3, 230, "2025-11-05T09:00:00Z"),
    Model("Quillon Instruct 14B", 0.8, 2.6, 180, "2026-05-02T09:00:00Z"),
    Model("Marlow Reasoner 8B", 0.9, 0.1, 1650, "2026-06-01T09:00:00Z"),
    Model("Petrel 7B", 0.2, 0.3, 120, "2026-02-14T09:00:00Z"),
    Model("Lodestar Mini", -0.1, 0.5, 95, "2026-01-30T09:00:00Z"),
    Model("Fathom 3B", -0.8, 1.9, 70, "2026-03-21T09:00:00Z"),
    Model("Sedge 1.5B", -1.7, 0.2, 60, "2026-03-21T09:00:00Z"),
)


def write(folder: Path, *, models: Sequence[Model] = MODELS, epochs: int = 5) -> list[Path]:
    """A run of `core` and one of `core-evolved` for every model; their folders."""
    return [
        _write_run(folder / f"{suite.name}--{index:02}", suite, model, epochs)
        for index, model in enumerate(models)
        for suite in (Suite.load("core"), Suite.load("core-evolved"))
    ]


def _write_run(folder: Path, suite: Suite, model: Model, epochs: int) -> Path:
    folder.mkdir(parents=True)
    rows = [TaskRow.of(task) for task in suite.tasks]
    samples: list[dict[str, Any]] = []
    verdicts: list[dict[str, Any]] = []
    for row in rows:
        chance = _chance(model, row)
        for epoch in range(epochs):
            luck = random.Random(f"{model.label}/{row.id}/{epoch}")
            passed = luck.random() < chance
            verdict = "pass" if passed else luck.choice(FAILURES)
            tests = {"base": verdict} if passed or verdict == "no_answer" else {"base": verdict, "edge": "pass"}
            samples.append(
                {
                    "task": row.id, "epoch": epoch, "text": ANSWER, "code": ANSWER, "assembly": "alone",
                    "latency_s": round(model.tokens / 60 * luck.uniform(0.8, 1.4), 3),
                    "usage": {"input_tokens": 350, "output_tokens": int(model.tokens * luck.uniform(0.7, 1.5))},
                }
            )  # fmt: skip
            detail = DETAILS.get(verdict, "").format(case=f"base case {luck.randrange(9)}")
            verdicts.append({"task": row.id, "epoch": epoch, "verdict": verdict, "detail": detail, "tests": tests})
    header = {
        "schema": 1, "evalrun": "0.1.0", "created": model.created,
        "model": {"name": model.label.lower().replace(" ", "-"), "label": model.label},
        "suite": {"name": suite.name, "version": suite.version, "digest": suite.digest, "tasks": len(rows)},
        "sampling": {"epochs": epochs, "temperature": 0.8},
        "endpoint": {"base_url": "http://localhost", "form": "chat"},
        "scoring": {"sandbox": "docker", "image": "sha256:abcdef0123456789"},
    }  # fmt: skip
    (folder / "run.json").write_text(json.dumps(header), encoding="ascii")
    write_jsonl(folder / "tasks.jsonl", [_task(row) for row in rows])
    write_jsonl(folder / "samples.jsonl", samples)
    write_jsonl(folder / "verdicts.jsonl", verdicts)
    return folder


def _chance(model: Model, row: TaskRow) -> float:
    """The chance that a model of this skill passes: a task is as hard as its root, some operators add to it."""
    hard = random.Random(f"hard/{row.root}").gauss(0.0, 1.4)
    family = model.label.split(" (")[0]
    fit = random.Random(f"fit/{family}/{row.root}").gauss(0.0, 0.9) + random.Random(
        f"fit/{model.label}/{row.root}"
    ).gauss(0.0, 0.6)
    evolved = row.operator is not None
    extra = {"rename": 0.2, "compose_post": 0.9}.get(str(row.operator), 0.5) if evolved else 0.0
    logit = model.skill - hard + fit - extra + (0.0 if evolved else model.memory)
    return 1 / (1 + math.exp(-1.6 * logit))


def _task(row: TaskRow) -> dict[str, Any]:
    return {
        "id": row.id, "digest": row.digest, "root": row.root, "parents": list(row.parents), "operator": row.operator,
        "tags": list(row.tags),
    }  # fmt: skip


if __name__ == "__main__":
    print("\n".join(map(str, write(Path(sys.argv[1])))))
