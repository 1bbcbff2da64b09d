"""Each way of asking a model that is measured, in an interpreter of its own: a JSON job in, a JSON result out.

``endpoint_rate.py`` starts it. A job has ``way`` (a key of WAYS), ``base_url``, ``requests``, ``connections`` and
``folder`` (empty, for what the way writes). Every way is first run with a few requests, so that no imports are counted.
The result has ``cpu_s`` (of this process and its children), ``rss_mb`` and what the server saw.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import resource
import sys
import urllib.request
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

Job = dict[str, Any]
PROMPT = (
    "Complete the Python function below.\n\n```python\ndef f(n):\n" + "    # squares, and their sum\n" * 20 + "```\n"
)
BODY = {"model": "m", "messages": [{"role": "user", "content": PROMPT}], "temperature": 0.0, "max_tokens": 512}
_TASK = """\
task: rate
dataset_path: json
dataset_kwargs: {data_files: {test: DATA}}
test_split: test
output_type: generate_until
doc_to_text: "{{prompt}}"
doc_to_target: "{{target}}"
generation_kwargs: {until: [], max_gen_toks: 512, temperature: 0.0}
metric_list: [{metric: exact_match}]
"""


async def _many(job: Job, one: Callable[[], Awaitable[object]]) -> None:
    left = iter(range(job["requests"]))

    async def work() -> None:
        for _ in left:
            await one()

    await asyncio.gather(*(work() for _ in range(job["connections"])))


async def _aiohttp(job: Job) -> None:
    import aiohttp

    connector = aiohttp.TCPConnector(limit=job["connections"])
    async with aiohttp.ClientSession(connector=connector) as session:

        async def one() -> str:
            async with session.post(f"{job['base_url']}/chat/completions", json=BODY) as response:
                return str((await response.json())["choices"][0]["message"]["content"])

        await _many(job, one)


async def _httpx(job: Job) -> None:
    import httpx

    limits = httpx.Limits(max_connections=job["connections"], max_keepalive_connections=job["connections"])
    async with httpx.AsyncClient(limits=limits, timeout=300.0) as client:

        async def one() -> str:
            response = await client.post(f"{job['base_url']}/chat/completions", json=BODY)
            return str(response.json()["choices"][0]["message"]["content"])

        await _many(job, one)


async def _client(job: Job) -> None:
    from evalrun.harness.endpoint.client import OpenAIEndpoint

    async with OpenAIEndpoint(job["base_url"], "chat", connections=job["connections"]) as endpoint:
        await _many(job, lambda: endpoint.ask(BODY))


def in_evalrun(job: Job) -> None:
    """The command itself, with prompts built, code extracted and records on disk, without scoring."""
    from evalrun.benchmarks import Case, CasesTest, CodeTask, Suite
    from evalrun.harness.cli import main

    test = CasesTest((Case((3,), 5),))
    suite = Suite(
        "rate", "1", tuple(CodeTask(f"rate/{n}", PROMPT, "f", "def f(n): pass\n", (test,)) for n in range(100))
    )
    folder = Path(job["folder"])
    suite.save(folder / "suite")
    epochs = -(-job["requests"] // len(suite))
    options = ["--suite", str(folder / "suite"), "--model", "m", "--base-url", job["base_url"], "--temperature", "0"]
    sized = ["--epochs", str(epochs), "--max-connections", str(job["connections"]), "--max-tokens", "512"]
    sys.argv = ["evalrun", "run", *options, *sized, "--generate-only", "-o", str(folder / "run")]
    if main():  # as the process's own, which sets the garbage collector's threshold
        raise SystemExit("evalrun run failed")


def in_inspect(job: Job) -> None:
    """inspect_ai's eval() of a task that only generates, its log written."""
    os.environ.update(LOCAL_API_KEY="none", LOCAL_BASE_URL=job["base_url"])
    from inspect_ai import Task, eval  # type: ignore[import-not-found]
    from inspect_ai.dataset import MemoryDataset, Sample  # type: ignore[import-not-found]
    from inspect_ai.solver import generate  # type: ignore[import-not-found]

    samples = MemoryDataset([Sample(input=PROMPT, target="x") for _ in range(job["requests"])])
    many = {"max_connections": job["connections"], "max_samples": job["connections"]}
    logs = eval(
        Task(dataset=samples, solver=generate()),
        model="openai-api/local/m",
        temperature=0.0,
        max_tokens=512,
        log_dir=job["folder"],
        display="none",
        **many,
    )
    if logs[0].status != "success":
        raise SystemExit(f"inspect_ai: {logs[0].status} {logs[0].error}")


def in_lm_eval(job: Job) -> None:
    """lm-eval's simple_evaluate with the model local-chat-completions."""
    import lm_eval  # type: ignore[import-not-found]
    from lm_eval.tasks import TaskManager  # type: ignore[import-not-found]

    folder = Path(job["folder"])
    row = json.dumps({"prompt": PROMPT, "target": "x"}) + "\n"
    (folder / "data.jsonl").write_text(row * job["requests"], encoding="utf-8")
    (folder / "rate.yaml").write_text(_TASK.replace("DATA", str(folder / "data.jsonl")), encoding="utf-8")
    where = {"base_url": f"{job['base_url']}/chat/completions", "model": "m", "num_concurrent": job["connections"]}
    lm_eval.simple_evaluate(
        model="local-chat-completions",
        model_args=where,
        tasks=["rate"],
        task_manager=TaskManager(include_path=str(folder), include_defaults=False),
        apply_chat_template=True,
        bootstrap_iters=0,
    )


def in_evalplus(job: Job) -> None:
    """EvalPlus's openai backend, which asks one request at a time."""
    from evalplus.provider.openai import OpenAIChatDecoder  # type: ignore[import-not-found]

    os.environ["OPENAI_API_KEY"] = "none"
    settings = {"batch_size": 1, "temperature": 0.0, "max_new_tokens": 512, "instruction_prefix": "Please write it."}
    decoder = OpenAIChatDecoder("m", base_url=job["base_url"], **settings)
    for _ in range(job["requests"]):
        decoder.codegen(PROMPT, do_sample=False, num_samples=1)


WAYS: dict[str, Callable[[Job], object]] = {
    "aiohttp": lambda job: asyncio.run(_aiohttp(job)),
    "httpx": lambda job: asyncio.run(_httpx(job)),
    "evalrun's client": lambda job: asyncio.run(_client(job)),
    "evalrun": in_evalrun,
    "inspect_ai": in_inspect,
    "lm-eval": in_lm_eval,
    "EvalPlus": in_evalplus,
}


def used_s() -> float:
    """CPU seconds of this process and of its children that have ended."""
    found = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in found)


def figures(job: Job) -> Job:
    """What the server saw since it was last asked."""
    with urllib.request.urlopen(job["base_url"].removesuffix("/v1") + "/figures") as response:
        found: Job = json.loads(response.read())
    return found


def main() -> None:
    """Do one job."""
    job: Job = json.load(sys.stdin)
    folder = Path(job["folder"])
    with contextlib.redirect_stdout(sys.stderr):
        (folder / "warm").mkdir()
        WAYS[job["way"]]({**job, "requests": min(100, job["requests"]), "folder": str(folder / "warm")})
        figures(job)
        before = used_s()
        (folder / "real").mkdir()
        WAYS[job["way"]]({**job, "folder": str(folder / "real")})
        cpu_s = used_s() - before
    seen = figures(job)
    rss_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({**seen, "cpu_s": cpu_s, "rss_mb": rss_mb}))


if __name__ == "__main__":
    main()
