"""Seconds from opening a sandbox to its first verdict, the image present; median of 7 fresh processes each.

Run by hand on a quiet machine:

    python tests/speed/sandbox_startup.py HumanEval.jsonl.gz --share
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import measuring
import programs

from evalrun.benchmarks import Suite


def main() -> None:
    """Measure and print."""
    parser = measuring.options(__doc__, rounds=7)
    parser.add_argument("humaneval", type=Path)
    parser.add_argument("--sandboxes", default="docker,bwrap")
    parser.add_argument("--workers", type=int, default=len(os.sched_getaffinity(0)))
    given = parser.parse_args()
    rows = programs.rows(Suite.load(given.humaneval), ["right"])

    def contender(kind: str) -> dict[str, Any]:
        result = measuring.contend(
            "evalrun", programs=rows, timeout_s=3.0, suite=str(given.humaneval), sandbox=kind, workers=given.workers
        )
        programs.agree(kind, rows, result.pop("verdicts"))
        return result

    kinds = given.sandboxes.split(",")
    with measuring.cpu_share(given.share):
        for kind in kinds:  # makes the image, or the root filesystem
            contender(kind)
        found = measuring.interleaved({kind: (lambda kind=kind: contender(kind)) for kind in kinds}, given.rounds)
    parts = ("open_s", "first_s", "close_s", "whole_s")
    measuring.table(
        ("sandbox", "opened", "first verdict", "closing", "whole process with its imports"),
        [(kind, *(measuring.spread([one[part] for one in found[kind]]) for part in parts)) for kind in kinds],
    )
    measuring.save(given.json, "start-up", {"results": found})


if __name__ == "__main__":
    main()
