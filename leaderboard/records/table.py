"""Run folders as pandas tables: one row a task with its counts, one row a verdict, and the manifest.

Everything a run holds is untrusted. Here it is only typed and counted; `visible` and the page's escaping make it fit
to show.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from ...benchmarks.families import Author, authors_from
from ...benchmarks.jsonio import digest
from ...harness.verdict import Verdict
from ..metrics.passk import TaskCounts
from .answers import NOTHING_SPENT, Answer, Keep, Spent, Tests
from .reading import VERDICTS, Reading, read_records
from .workers import read_many

__all__ = ["NOTHING_SPENT", "VERDICTS", "Answer", "Keep", "RunTable", "Spent", "Tests", "read_run", "read_runs"]

_PASS, _INFRA = VERDICTS.index(Verdict.PASS.value), VERDICTS.index(Verdict.INFRA.value)


@dataclass(frozen=True)
class RunTable:
    """One run, read only.

    tasks: indexed by task id in the run's order; columns digest, root, operator (None for an original task), parents,
    tags (tuples of texts), passed, failed, infra, unscored, missing. judged: by task, a byte (an index of VERDICTS) for
    each sample that has a verdict, in the order of epochs. details: by task, what scoring said of the first sample that
    did not pass. answers: by task, those that ``keep`` asked for, in the order of epochs. tests: by task, the verdicts
    of each judged sample's tests.
    """

    path: Path
    manifest: Mapping[str, Any]
    tasks: pd.DataFrame
    judged: Mapping[str, bytes]
    details: Mapping[str, str]
    spent: Spent = NOTHING_SPENT
    answers: Mapping[str, tuple[Answer, ...]] = field(default_factory=dict)
    tests: Mapping[str, tuple[Tests, ...]] = field(default_factory=dict)

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

    @property
    def kin(self) -> tuple[Author, ...]:
        """The models that wrote tasks of this run and are this model or of its family, as its name or its label says;
        untrusted names."""
        found = authors_from(self.section("suite").get("authors"))
        return tuple(author for author in found if author.is_kin_of(*self.names))

    @property
    def names(self) -> tuple[str, ...]:
        """What the model is called: the name it was asked for as, and the label. One of them may hide what it is."""
        model = self.section("model")
        return tuple(str(model.get(key) or "") for key in ("name", "label"))

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
        """(verdict, detail) of every judged sample of a task, in the order of epochs.

        The detail is kept of the first one that did not pass; it is "" for the others.
        """
        found = {}
        for task, numbers in self.judged.items():
            first = next((place for place, number in enumerate(numbers) if number != _PASS), None)
            found[task] = [
                (VERDICTS[number], self.details.get(task, "") if place == first else "")
                for place, number in enumerate(numbers)
            ]
        return {task: rows for task, rows in found.items() if rows}

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
        found = Counter(b"".join(self.judged.values()))
        return {name: found[number] for number, name in enumerate(VERDICTS)}


def read_run(path: str | Path, *, keep: Keep = "none") -> RunTable:
    """The tables of one run folder; BadInput names the folder and the fault.

    keep="failures": of each task the first two answers that failed (none that is owed), each text cut to 4,000
    characters. keep="all": every planned answer, cut to 64,000.
    """
    return table_of(read_records(path, keep))


def read_runs(
    paths: Sequence[str | Path],
    *,
    keep: Keep = "none",
    jobs: int | None = None,
    progress: Callable[[Path], None] = lambda path: None,
) -> list[RunTable]:
    """The tables of several run folders, in their order; BadInput for the first that has a fault.

    jobs: processes to read them with; None: as many as pay. progress: told each folder once it is read, in any order.
    """
    return [table_of(reading) for reading in read_many([Path(path) for path in paths], keep, jobs, progress)]


def table_of(reading: Reading) -> RunTable:
    """The tables of what was read."""
    rows = reading.tasks.values()
    judged = [reading.judged[row.id] for row in rows]
    passed, infra = [one.count(_PASS) for one in judged], [one.count(_INFRA) for one in judged]
    tasks = pd.DataFrame(
        {
            "digest": _texts(row.digest for row in rows),
            "root": _texts(row.root for row in rows),
            "operator": _texts(row.operator for row in rows),
            "parents": pd.Series([row.parents for row in rows], dtype=object),
            "tags": pd.Series([row.tags for row in rows], dtype=object),
            "passed": passed,
            "failed": [len(one) - good - lost for one, good, lost in zip(judged, passed, infra, strict=True)],
            "infra": infra,
            "unscored": [reading.unscored[row.id] for row in rows],
            "missing": [reading.missing[row.id] for row in rows],
        }
    )
    tasks.index = pd.Index(list(reading.tasks), dtype=object, name="task")
    return RunTable(
        reading.path,
        reading.manifest,
        tasks,
        reading.judged,
        reading.details,
        reading.spent,
        reading.answers,
        reading.tests,
    )


def _texts(values: Iterable[str | None]) -> pd.Series[Any]:
    """A column of Python texts: pandas' own text columns refuse the lone surrogates that a recorded text may hold."""
    return pd.Series(list(values), dtype=object)
