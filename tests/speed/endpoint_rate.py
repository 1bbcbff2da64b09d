"""Requests per second against a local server with 50 ms latency and 256 slots, beside bare clients and peers.

The server is a process of its own (``endpoint_server.py``) and measures; contenders run in interpreters of their own,
in interleaved rounds. Peers are asked where ``--peers`` names a Python that has them (``pip install inspect_ai openai
lm-eval[api] evalplus`` in a virtual environment made for this). Run by hand:

    python tests/speed/endpoint_rate.py --peers /path/to/venv/bin/python
    python tests/speed/endpoint_rate.py --soak 100000      # memory of evalrun's client over so many requests
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import measuring
from endpoint_contenders import BODY

HERE = Path(__file__).parent
OURS = ("aiohttp", "evalrun's client", "evalrun", "httpx")
PEERS = ("inspect_ai", "lm-eval", "EvalPlus")
ONE_AT_A_TIME = {"EvalPlus": 100}
"""Requests of those that are never faster than 1/latency."""


@contextmanager
def serving(latency_s: float, slots: int) -> Iterator[str]:
    """The server's base URL."""
    command = [sys.executable, str(HERE / "endpoint_server.py"), str(latency_s), str(slots)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield f"http://127.0.0.1:{int(process.stdout.readline())}/v1"
        finally:
            process.kill()


def contend(python: str, job: dict[str, Any]) -> dict[str, Any]:
    """One contender's figures; SystemExit where it failed or asked another number of requests."""
    with tempfile.TemporaryDirectory(prefix="evalrun-rate-") as folder:
        done = subprocess.run(
            [python, str(HERE / "endpoint_contenders.py")],
            input=json.dumps({**job, "folder": folder}),
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        raise SystemExit(f"{job['way']} failed with exit code {done.returncode}:\n{done.stderr[-3000:]}")
    found: dict[str, Any] = json.loads(done.stdout)
    found["rate"] = found["requests"] / found["seconds"]
    found["cpu_ms"] = 1000 * found["cpu_s"] / found["requests"]
    return found


def compare(given: Any) -> None:
    """All contenders in rounds, and a table."""
    with measuring.cpu_share(given.share), serving(given.latency, given.slots) as base_url:
        fixed = {"base_url": base_url, "connections": given.connections}
        contenders: dict[str, Callable[[], dict[str, Any]]] = {}
        for way in given.ways or [*OURS, *(PEERS if given.peers else ())]:
            python = str(given.peers) if way in PEERS else sys.executable
            job = {**fixed, "way": way, "requests": ONE_AT_A_TIME.get(way, given.requests)}
            contenders[way] = partial(contend, python, job)
        found = measuring.interleaved(contenders, given.rounds)
    ours = [each["rate"] for each in found.get("evalrun", [])]
    rows = []
    for way, rounds in found.items():
        rates = [each["rate"] for each in rounds]
        rows.append(
            (
                way,
                measuring.spread(rates),
                measuring.ratios(rates, ours) if ours else "",
                statistics.median(each["cpu_ms"] for each in rounds),
                max(each["peak"] for each in rounds),
                max(each["rss_mb"] for each in rounds),
            )
        )
    header = ("way", "requests/s", "evalrun's rate : this one's", "CPU ms each", "at a time", "peak RSS MB")
    measuring.table(header, rows)
    measuring.save(given.json, "endpoint_rate", {"found": found, "options": str(given)})


async def _soak(base_url: str, given: Any) -> list[dict[str, float]]:
    from evalrun.harness.endpoint.client import OpenAIEndpoint

    lines: list[dict[str, float]] = []
    left = iter(range(1, given.soak + 1))
    every = max(1, given.soak // 20)
    began, cpu = time.perf_counter(), time.process_time()
    async with OpenAIEndpoint(base_url, "chat", connections=given.connections) as endpoint:

        async def work() -> None:
            nonlocal began, cpu
            for number in left:
                await endpoint.ask(BODY)
                if number % every == 0:
                    now, used = time.perf_counter(), time.process_time()
                    line = {
                        "requests": float(number),
                        "requests_s": every / (now - began),
                        "cpu_ms": 1000 * (used - cpu) / every,
                        "rss_mb": measuring.rss_mb(os.getpid()),
                        "fds": float(len(list(Path("/proc/self/fd").iterdir()))),
                    }
                    lines.append(line)
                    print(", ".join(f"{name} {value:.2f}" for name, value in line.items()), flush=True)
                    began, cpu = now, used

        await asyncio.gather(*(work() for _ in range(given.connections)))
    return lines


def main() -> None:
    """Run and print."""
    parser = measuring.options(__doc__, rounds=3)
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--connections", type=int, default=256)
    parser.add_argument("--slots", type=int, default=256)
    parser.add_argument("--latency", type=float, default=0.05, metavar="SECONDS")
    parser.add_argument("--peers", type=Path, metavar="PYTHON", help="an interpreter that has the peers")
    parser.add_argument("--ways", nargs="*", help=f"only these, of: {', '.join((*OURS, *PEERS))}")
    parser.add_argument(
        "--soak", type=int, nargs="?", const=100_000, metavar="N", help="memory over N requests instead"
    )
    given = parser.parse_args()
    if given.soak is None:
        compare(given)
        return
    with measuring.cpu_share(given.share), serving(given.latency, given.slots) as base_url:
        lines = asyncio.run(_soak(base_url, given))
    measuring.save(given.json, "endpoint_soak", {"lines": lines, "options": str(given)})


if __name__ == "__main__":
    main()
