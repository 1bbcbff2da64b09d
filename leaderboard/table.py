"""Run folders as pandas tables: one row a task with its counts, one row a verdict, and the manifest.

Everything a run holds is untrusted. Here it is only typed and counted; `visible` and the page's escaping make it fit
to show.
"""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from ..benchmarks.errors import BadInput
from ..benchmarks.jsonio import digest
from ..harness.runs.records import Run, load_run
from ..harness.verdict import Verdict
from .metrics.passk import TaskCounts

VERDICTS = tuple(verdict.value for verdict in Verdict)

Keep = Literal["none", "failures", "all"]
"""Which answers' texts are kept in memory: none, those that failed, or all."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer and what scoring found; every text is untrusted.

    verdict: None where it is not scored. tests: the verdict of each test by name. reason: why there is no code.
    """

    epoch: int
    verdict: str | None
    detail: str
    tests: Mapping[str, str]
    text: str
    code: str
    reason: str
    finish_reason: str | None


@dataclass(frozen=True, slots=True)
class Spent:
    """What a run cost, over the samples that say so (``samples`` of them); NaN where none does.

    input_tokens, output_tokens: sums as the server counted them. latency: seconds of one request, mean and 95th
    percentile, over samples that did not come from the cache.
    """

    samples: int
    input_tokens: float
    output_tokens: float
    timed: int
    latency_mean_s: float
    latency_p95_s: float


NOTHING_SPENT = Spent(0, math.nan, math.nan, 0, math.nan, math.nan)


@dataclass(frozen=True)
class RunTable:
    """One run, read only.

    tasks: indexed by task id in the run's order; columns digest, root, operator (None for an original task), parents,
    tags (tuples of texts), passed, failed, infra, unscored, missing. verdicts: columns task, epoch, verdict, detail;
    the last verdict of each (task, epoch). answers: by task, those that ``keep`` asked for, in the order of epochs.
    """

    path: Path
    manifest: Mapping[str, Any]
    tasks: pd.DataFrame
    verdicts: pd.DataFrame
    spent: Spent = NOTHING_SPENT
    answers: Mapping[str, tuple[Answer, ...]] = field(default_factory=dict)

    def section(self, name: str) -> Mapping[str, Any]:
        """One object of the manifest; empty where it is absent."""
        value = self.manifest.get(name)
        return value if isinstance(value, Mapping) else {}

    @property
    def label(self) -> str:
        """What the run calls its model: the label, else the model's name."""
        model = self.section("model")
        return str(model.get("label") or model.get("name") or self.path.name)

    @property
    def created(self) -> str:
        """When the run was begun, as recorded."""
        return str(self.manifest.get("created") or "")

    @property
    def suite(self) -> str:
        """name@version#digest of the suite, the digest cut to 12 digits."""
        suite = self.section("suite")
        return f"{suite.get('name')}@{suite.get('version')}#{str(suite.get('digest'))[:12]}"

    @property
    def suite_name(self) -> str:
        """The suite's name alone."""
        return str(self.section("suite").get("name"))

    @cached_property
    def counts(self) -> dict[str, TaskCounts]:
        """The counts of every task, by id, in the run's order."""
        columns = ["passed", "failed", "infra", "unscored", "missing"]
        rows = self.tasks[columns].itertuples(index=True, name=None)
        return {task: TaskCounts(task, *(int(value) for value in values)) for task, *values in rows}

    @cached_property
    def root(self) -> dict[str, str]:
        """The root task of every task, by id: the unit of resampling."""
        return dict(zip(self.tasks.index, self.tasks["root"], strict=True))

    @cached_property
    def board_key(self) -> str:
        """Digest of the suite's identity and of the exact tasks run: only runs that share it can be ranked together."""
        tasks = sorted(zip(self.tasks.index, self.tasks["digest"], strict=True))
        return digest([str(self.section("suite").get("digest")), tasks])

    @cached_property
    def verdicts_by_task(self) -> dict[str, list[tuple[str, str]]]:
        """(verdict, detail) of every judged sample of a task, in the order of epochs."""
        found: dict[str, list[tuple[str, str]]] = {}
        for task, verdict, detail in self.verdicts[["task", "verdict", "detail"]].itertuples(index=False, name=None):
            found.setdefault(task, []).append((verdict, detail))
        return found

    @property
    def owed(self) -> int:
        """Samples that were to be scored and have no verdict."""
        return int(self.tasks[["infra", "unscored", "missing"]].to_numpy().sum())

    @property
    def scored(self) -> int:
        """Samples with a verdict."""
        return int(self.tasks[["passed", "failed"]].to_numpy().sum())

    @cached_property
    def verdict_counts(self) -> dict[str, int]:
        """How often each verdict stands, every kind of verdict named."""
        found = Counter(self.verdicts["verdict"])
        return {name: int(found[name]) for name in VERDICTS}


def read_run(path: str | Path, *, keep: Keep = "none") -> RunTable:
    """The tables of one run folder; BadInput names the folder and the fault."""
    return table_of(load_run(path), keep=keep)


def table_of(run: Run, *, keep: Keep = "none") -> RunTable:
    """The tables of a loaded run; samples that were not planned (an epoch too many) are not counted."""
    planned = run.planned
    judged = [run.verdicts[key] for key in planned if key in run.verdicts]
    verdicts = pd.DataFrame(
        {
            "task": _texts(row.task for row in judged),
            "epoch": pd.Series([row.epoch for row in judged], dtype="int64"),
            "verdict": _texts(row.verdict.value for row in judged),
            "detail": _texts(row.detail for row in judged),
        }
    )
    found = Counter((row.task, row.verdict) for row in judged)
    total = Counter(row.task for row in judged)
    waiting = [key for key in planned if key not in run.verdicts]
    unscored = Counter(task for task, epoch in waiting if (task, epoch) in run.samples)
    unasked = Counter(task for task, epoch in waiting if (task, epoch) not in run.samples)
    tasks = pd.DataFrame(
        {
            "digest": _texts(row.digest for row in run.tasks.values()),
            "root": _texts(row.root for row in run.tasks.values()),
            "operator": _texts(row.operator for row in run.tasks.values()),
            "parents": pd.Series([row.parents for row in run.tasks.values()], dtype=object),
            "tags": pd.Series([row.tags for row in run.tasks.values()], dtype=object),
            "passed": [found[task, Verdict.PASS] for task in run.tasks],
            "failed": [total[task] - found[task, Verdict.PASS] - found[task, Verdict.INFRA] for task in run.tasks],
            "infra": [found[task, Verdict.INFRA] for task in run.tasks],
            "unscored": [unscored[task] for task in run.tasks],
            "missing": [unasked[task] for task in run.tasks],
        }
    )
    tasks.index = pd.Index(list(run.tasks), dtype=object, name="task")
    if tasks.empty:
        raise BadInput(f"{run.folder}: the run has no tasks, so there is nothing to count")
    return RunTable(run.folder, run.manifest, tasks, verdicts, _spent(run), _answers(run, keep))


def _spent(run: Run) -> Spent:
    paid = [sample.usage for sample in run.samples.values() if sample.usage is not None]
    times = [s.latency_s for s in run.samples.values() if s.latency_s is not None and not s.cached]
    return Spent(
        samples=len(paid),
        input_tokens=sum(usage.input_tokens for usage in paid) if paid else math.nan,
        output_tokens=sum(usage.output_tokens for usage in paid) if paid else math.nan,
        timed=len(times),
        latency_mean_s=statistics.fmean(times) if times else math.nan,
        latency_p95_s=sorted(times)[math.ceil(0.95 * len(times)) - 1] if times else math.nan,
    )


def _answers(run: Run, keep: Keep) -> dict[str, tuple[Answer, ...]]:
    found: dict[str, list[Answer]] = {}
    if keep == "none":
        return {}
    for key in run.planned:
        sample, verdict = run.samples.get(key), run.verdicts.get(key)
        if sample is None or (keep == "failures" and (verdict is None or verdict.verdict is Verdict.PASS)):
            continue
        found.setdefault(sample.task, []).append(
            Answer(
                epoch=sample.epoch,
                verdict=None if verdict is None else verdict.verdict.value,
                detail="" if verdict is None else verdict.detail,
                tests={} if verdict is None else verdict.tests,
                text=sample.text,
                code=sample.code,
                reason=sample.reason,
                finish_reason=sample.finish_reason,
            )
        )
    return {task: tuple(answers) for task, answers in found.items()}


def _texts(values: Iterable[str | None]) -> pd.Series[Any]:
    """A column of Python texts: pandas' own text columns refuse the lone surrogates that a recorded text may hold."""
    return pd.Series(list(values), dtype=object)
