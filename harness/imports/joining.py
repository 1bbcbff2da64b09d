"""Foreign samples joined to the tasks of a suite: the samples of a run, and the claims about them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from ...benchmarks import BadInput, CodeTask, Suite
from ...benchmarks.visible import visible
from ..endpoint.extract import extract
from ..runs.foreign import Answers
from ..runs.records import Assembly, SampleRow, Usage, now
from .api import ForeignSample, Imported
from .claims import ClaimRow
from .document import Document
from .finding import TaskFinder

ImportAssembly = Literal["auto", "append", "alone", "extract"]
_SHOWN = 5
_AS_GIVEN: dict[str, Assembly] = {"completion": "append", "solution": "alone"}


@dataclass(frozen=True, slots=True)
class ReadFile:
    """One file that was read."""

    document: Document
    format: str
    imported: Imported


@dataclass(frozen=True, slots=True)
class Joined:
    """left_out: files that hold the same answers as another one. by_position: no id joined the answers to their tasks,
    only their order.
    """

    answers: Answers
    claims: tuple[ClaimRow, ...]
    left_out: tuple[ReadFile, ...] = ()
    by_position: bool = False


@dataclass(frozen=True, slots=True)
class _Pair:
    task: CodeTask
    sample: ForeignSample
    tool: str
    asked_as: str


def join(files: Sequence[ReadFile], suite: Suite, assembly: ImportAssembly) -> Joined:
    """The samples of all files, in the order of the files; several answers to a task are its epochs.

    assembly: ``auto`` takes completions and solutions as they are and finds the code in replies; ``extract`` finds it
    in all of them; the others take every text whole.

    Raises:
        BadInput: no answer belongs to the suite, or answers without ids do not fit the tasks at their places.
    """
    finder = TaskFinder(suite)
    unknown: dict[str, None] = {}
    pairs_of = {file.document.path: list(_pairs(file, finder, unknown)) for file in files}
    left_out = _doubles(files, pairs_of)
    pairs = [pair for file in files if file not in left_out for pair in pairs_of[file.document.path]]
    if not pairs:
        raise BadInput(f"{files[0].document.path}: no answer to a task of the suite {suite.ref}{_why(files, unknown)}")
    _check_one_way_of_asking(pairs)
    by_position = any(not pair.sample.ids for pair in pairs)
    if by_position:
        _check_places([pair for pair in pairs if not pair.sample.ids], suite)
    by_task: defaultdict[str, list[_Pair]] = defaultdict(list)
    for pair in pairs:
        by_task[pair.task.id].append(pair)
    samples, claims = [], []
    for task in suite:
        for epoch, pair in enumerate(by_task.get(task.id, ())):
            samples.append(_row(pair, epoch, assembly))
            claim = pair.sample.claim
            if claim is not None:
                claims.append(ClaimRow(task.id, epoch, pair.tool, claim.passed, dict(claim.tests), claim.said))
    missing = tuple(task.id for task in suite if task.id not in by_task)
    return Joined(Answers(tuple(samples), tuple(unknown), missing), tuple(claims), tuple(left_out), by_position)


def _why(files: Sequence[ReadFile], unknown: Mapping[str, None]) -> str:
    if unknown:
        return f" (its ids begin with {visible(next(iter(unknown)), 60)!r})"
    owed = sum(file.imported.without_reply for file in files)
    return f" ({owed} samples ended in an error, without a reply)" if owed else ""


def check_known(joined: Joined, suite: Suite) -> None:
    """BadInput that lists ids of which the suite knows nothing."""
    unknown = joined.answers.unknown
    if unknown:
        shown = ", ".join(visible(name, 60) for name in unknown[:_SHOWN]) + (", ..." if len(unknown) > _SHOWN else "")
        raise BadInput(
            f"{len(unknown)} ids are of no task of the suite {suite.ref} (such as {suite.tasks[0].id!r}): {shown}; "
            "name the suite they belong to, or add --skip-unknown"
        )


def _pairs(file: ReadFile, finder: TaskFinder, unknown: dict[str, None]) -> Iterator[_Pair]:
    for sample in sorted(file.imported.samples, key=lambda sample: sample.order):
        task = next((found for name in sample.ids if (found := finder.find(name)) is not None), None)
        if not sample.ids and sample.position is not None:
            task = finder.at(sample.position)
        if task is None:
            unknown.setdefault(sample.ids[0] if sample.ids else f"place {sample.position}")
            continue
        yield _Pair(task, sample, file.imported.tool, str(file.imported.settings.get("task", "")))


def _doubles(files: Sequence[ReadFile], pairs_of: Mapping[Path, list[_Pair]]) -> list[ReadFile]:
    """Files whose answers another file holds as well (samples beside their results): of two, the one with fewer
    claims, so that no answer counts twice.
    """
    kept: list[tuple[ReadFile, Counter[tuple[str, str]]]] = []
    left_out: list[ReadFile] = []
    for file in sorted(files, key=lambda file: -sum(sample.claim is not None for sample in file.imported.samples)):
        found = Counter((pair.task.id, pair.sample.text) for pair in pairs_of[file.document.path])
        if found and any(found == other for _, other in kept):
            left_out.append(file)
        else:
            kept.append((file, found))
    return left_out


def _check_one_way_of_asking(pairs: Sequence[_Pair]) -> None:
    """Refuse answers to one task from two tasks of the tool (say, humaneval and humaneval_instruct) as its epochs."""
    asked_as: dict[str, str] = {}
    for pair in pairs:
        before = asked_as.setdefault(pair.task.id, pair.asked_as)
        if before != pair.asked_as:
            raise BadInput(
                f"{pair.task.id!r} was answered both in {visible(before or 'a file of no task', 60)} and in "
                f"{visible(pair.asked_as or 'a file of no task', 60)}; import them into runs of their own"
            )


def _check_places(pairs: Sequence[_Pair], suite: Suite) -> None:
    """Refuse a file whose order is not the suite's: all of its answers would be scored on other tasks."""
    named = [pair for pair in pairs if pair.task.entry_point is not None]
    fitting = sum(pair.task.entry_point in pair.sample.text for pair in named if pair.task.entry_point is not None)
    if named and 2 * fitting < len(named):
        raise BadInput(
            f"the answers name no tasks, and by their order only {fitting} of {len(named)} mention the function of "
            f"their task in the suite {suite.ref}; name the suite whose tasks are in the order of the file"
        )


def _row(pair: _Pair, epoch: int, assembly: ImportAssembly) -> SampleRow:
    sample = pair.sample
    row = SampleRow(
        task=pair.task.id,
        epoch=epoch,
        text=sample.text,
        code=sample.text,
        assembly="alone",
        finish_reason=sample.finish_reason,
        usage=None if sample.tokens is None else Usage(*sample.tokens),
        latency_s=sample.latency_s,
        created=now(),
    )
    if assembly == "extract" or (assembly == "auto" and sample.kind == "reply"):
        task = pair.task
        found = extract(sample.text, form=task.form, entry_point=task.entry_point, literal=task.wants_literal)
        return replace(row, code=found.code, assembly=found.assembly, reason=found.reason)
    chosen: Assembly = _AS_GIVEN.get(sample.kind, "alone") if assembly == "auto" else assembly
    return replace(row, assembly=chosen, reason="" if sample.text.strip() else "empty answer")
