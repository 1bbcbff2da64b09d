"""Replies that were recorded, given again: to the same request the same ones, else by the prompt of the task."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...benchmarks import BadInput, CodeTask, Suite, built_in_suites
from ...benchmarks.jsonio import digest
from ..runs.foreign import read_answers
from ..runs.records import MANIFEST, Run, SampleRow, load_run
from .prompts import PromptIndex
from .question import NoAnswer, Question, Said

_ONLY_HERE = ("stream", "stream_options")
"""Fields that change how a reply travels, not what it says."""


@dataclass(frozen=True, slots=True)
class Recording:
    """The samples of one source. suites: whose prompts they belong to. first_seed: what epoch 0 was asked with."""

    model: str
    samples: tuple[SampleRow, ...]
    suites: tuple[Suite, ...]
    first_seed: int = 0


class Recorded:
    """Replies of a recorded run, given again word for word; what was not recorded is not made up (404).

    A request with the digest of a recorded one gets that one's replies, in the order of their epochs. Any other gets
    the replies to the task whose prompt it holds (see ``PromptIndex.asked``). A request with a seed gets the reply of
    the epoch that was asked with it, modulo their number; without one the replies come in turn.
    """

    def __init__(self, recordings: Sequence[Recording]) -> None:
        self.name = recordings[0].model
        suites = [suite for recording in recordings for suite in recording.suites]
        self._prompts = PromptIndex(suites) if any(len(suite) for suite in suites) else None
        self._by_digest: defaultdict[str, list[SampleRow]] = defaultdict(list)
        self._by_task: defaultdict[str, list[SampleRow]] = defaultdict(list)
        self._first_seeds: dict[str, int] = {}
        for recording in recordings:
            for row in sorted(recording.samples, key=lambda row: row.key):
                self._by_task[row.task].append(row)
                self._first_seeds.setdefault(row.task, recording.first_seed)
                if row.request_digest is not None:
                    self._by_digest[row.request_digest].append(row)
        self._turns: defaultdict[str, itertools.count[int]] = defaultdict(itertools.count)

    def answer(self, question: Question) -> list[Said]:
        """The recorded texts, word for word."""
        for request in _digests(question):
            if rows := self._by_digest.get(request):
                first = next(self._turns[request]) * question.count
                return [_said(row, verbatim=True) for row in _some(rows, first, question.count)]
        task = self._prompts.asked(question.text) if self._prompts else None
        if task is None or task.id not in self._by_task:
            raise NoAnswer(self._lacking(task))
        rows = self._by_task[task.id]
        if question.seed is None:
            first = next(self._turns[task.id]) * question.count
        else:
            first = question.seed - self._first_seeds[task.id]
        return [_said(row) for row in _some(rows, first, question.count)]

    def _lacking(self, task: CodeTask | None) -> str:
        if task is not None:
            return f"{self.name}: no reply to the task {task.id!r} was recorded"
        why = "it holds no prompt of its suite" if self._prompts else "no --suite was given to find it by its prompt"
        return f"{self.name}: this very request was not recorded, and {why}"

    def texts(self) -> Iterator[str]:
        """What its pseudo log-probabilities are made of."""
        for rows in self._by_task.values():
            yield from (row.text for row in rows)


def recorded(paths: Iterable[Path], suites: Sequence[Suite]) -> list[Recorded]:
    """One stand-in for each model that the runs (and samples files) are of.

    suites: whose prompts find what no digest finds; a run of a built-in suite needs none, a samples file does.

    Raises:
        BadInput: a source cannot be read, holds no reply, or is a samples file without its suite.
    """
    by_model: dict[str, list[Recording]] = {}
    for path in paths:
        recording = _from_run(path, suites) if (path / MANIFEST).is_file() else _from_answers(path, suites)
        by_model.setdefault(recording.model, []).append(recording)
    return [Recorded(recordings) for recordings in by_model.values()]


def _from_run(path: Path, suites: Sequence[Suite]) -> Recording:
    run = load_run(path)
    if not run.samples:
        raise BadInput(f"{path}: no reply is recorded there; `evalrun run --resume` gets them")
    seed = run.manifest["sampling"].get("seed")
    fitting = tuple(suite for suite in suites if any(task.id in run.tasks for task in suite)) or _built_in(run)
    name = str(run.manifest["model"].get("name"))
    return Recording(name, tuple(run.samples.values()), fitting, seed if isinstance(seed, int) else 0)


def _built_in(run: Run) -> tuple[Suite, ...]:
    """The suite of a run, if it is one that comes with the package, unchanged since."""
    name = run.manifest["suite"].get("name")
    if name not in built_in_suites():
        return ()
    suite = Suite.load(name)
    return (suite,) if suite.digest == run.manifest["suite"].get("digest") else ()


def _from_answers(path: Path, suites: Sequence[Suite]) -> Recording:
    if len(suites) != 1:
        raise BadInput(f"{path}: no run's folder; recorded answers need one --suite, whose prompts they belong to")
    answers = read_answers(path, suites[0])
    return Recording(answers.model or "recorded", answers.samples, (suites[0],))


def _digests(question: Question) -> Iterator[str]:
    if question.body is not None:
        yield digest(question.body)
        if any(name in question.body for name in _ONLY_HERE):
            yield digest({name: value for name, value in question.body.items() if name not in _ONLY_HERE})


def _some(rows: Sequence[SampleRow], first: int, count: int) -> list[SampleRow]:
    return [rows[(first + number) % len(rows)] for number in range(count)]


def _said(row: SampleRow, *, verbatim: bool = False) -> Said:
    return Said(row.text, row.finish_reason, verbatim)
