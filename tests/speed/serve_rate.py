"""Requests a second that `evalrun serve` answers to a bare aiohttp client, and what a request costs it.

Run by hand on a quiet machine:

    python tests/speed/serve_rate.py --share

256 requests at a time for the tasks of `core`, every prompt another one with --unlike. The client is another process
and takes a processor of its own, so two are needed.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import Any

import aiohttp
import measuring

from evalrun.benchmarks import Suite
from evalrun.harness.endpoint.prompt import build_prompt

AT_A_TIME = 256


def main() -> None:
    """Measure and print."""
    parser = measuring.options(__doc__, rounds=3)
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--latency", type=float, default=0.05, help="seconds that the server waits (0.05)")
    parser.add_argument("--unlike", action="store_true", help="no prompt is asked twice")
    given = parser.parse_args()
    prompts = [build_prompt(task, "chat").text for task in Suite.load("core")]
    texts = [prompts[number % len(prompts)] for number in range(given.requests)]
    if given.unlike:
        texts = [f"{number}\n{text}" for number, text in enumerate(texts)]
    found: dict[str, list[dict[str, float]]] = {}
    with measuring.cpu_share(given.share):
        command = [sys.executable, "-u", "-m", "evalrun.harness.cli", "serve", "--suite", "core", "--port", "0"]
        with subprocess.Popen([*command, "--latency", str(given.latency)], stdout=subprocess.PIPE, text=True) as server:
            assert server.stdout is not None
            base_url = server.stdout.readline().split(" at ")[1].split()[0]
            for _ in range(given.rounds):
                for model in ("stub", "reference", "memorizer", "adapting-memorizer"):
                    bodies = [_body(model, text) for text in texts]
                    found.setdefault(model, []).append(asyncio.run(_measured(base_url, bodies, server.pid)))
            server.terminate()
    columns = ("per_s", "server_ms", "client_ms", "median_s", "p99_s")
    measuring.table(
        ("model", "requests/s", "server's CPU ms each", "client's", "median s", "99 % s"),
        [
            (model, *(measuring.spread([row[name] for row in rows]) for name in columns))
            for model, rows in found.items()
        ],
    )
    measuring.save(given.json, "serving", {"results": found})


def _body(model: str, text: str) -> bytes:
    return json.dumps({"model": model, "messages": [{"role": "user", "content": text}]}).encode()


async def _measured(base_url: str, bodies: Sequence[bytes], server: int) -> dict[str, float]:
    waits: list[float] = []
    queue = iter(bodies)
    headers = {"content-type": "application/json"}
    connector = aiohttp.TCPConnector(limit=AT_A_TIME)
    async with aiohttp.ClientSession(connector=connector, headers=headers) as session:

        async def work() -> None:
            for body in queue:
                began = time.perf_counter()
                async with session.post(f"{base_url}/chat/completions", data=body) as response:
                    said = await response.read()
                    assert response.status == 200, said
                waits.append(time.perf_counter() - began)

        before: tuple[Any, ...] = time.perf_counter(), _cpu_s(server), time.process_time()
        await asyncio.gather(*(work() for _ in range(AT_A_TIME)))
        after: tuple[Any, ...] = time.perf_counter(), _cpu_s(server), time.process_time()
    wall_s, server_s, client_s = (later - earlier for earlier, later in zip(before, after, strict=True))
    waits.sort()
    return {
        "per_s": len(bodies) / wall_s,
        "server_ms": server_s / len(bodies) * 1000,
        "client_ms": client_s / len(bodies) * 1000,
        "median_s": waits[len(waits) // 2],
        "p99_s": waits[len(waits) * 99 // 100],
    }


def _cpu_s(process: int) -> float:
    """Seconds of CPU that a process has used."""
    with open(f"/proc/{process}/stat") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
