"""Answers that exist already: samples files, folders of programs and recorded runs, joined to the tasks of a suite."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from ...benchmarks import BadInput, CodeTask, Suite
from ...benchmarks.jsonio import digest, read_jsonl
from ..endpoint.extract import extract
from .records import MANIFEST, Assembly, Key, SampleRow, load_run, now

AssemblyChoice = Literal["auto", "append", "alone"]
_ID_FIELDS = ("task_id", "name")
_RAW_ID_FIELDS = ("raw_id", "source_id")


@dataclass(frozen=True)
class Answers:
    """Answers joined to a suite.

    samples: one per answer; the answers to one task are its epochs, in their order. rows: the row of a samples
    file that each one came from, for files. unknown: ids, as the source names them, that no task of the suite
    has. missing: tasks of the suite without an answer. model: the name in a recorded run.
    """

    samples: tuple[SampleRow, ...]
    unknown: tuple[str, ...]
    missing: tuple[str, ...]
    rows: Mapping[Key, Mapping[str, Any]] = field(default_factory=dict)
    model: str | None = None

    @property
    def digest(self) -> str:
        """SHA-256 of the answers, which identifies them on resuming."""
        return digest([[row.task, row.epoch, row.code, row.assembly] for row in self.samples])


@dataclass(frozen=True, slots=True)
class _Answer:
    task: CodeTask
    text: str
    assembly: Assembly
    row: Mapping[str, Any] | None = None
    recorded: SampleRow | None = None


def read_answers(path: Path, suite: Suite, assembly: AssemblyChoice = "auto", *, find_code: bool = False) -> Answers:
    """Read the answers in a JSONL(.gz) file, a folder ``<task id with / as _>/<n>.py``, or a run's folder.

    assembly: ``auto`` appends a ``completion`` to the prompt and lets a ``solution`` (or a program of a folder) stand
    alone; a recorded run keeps its own. find_code: look for the code in each answer as `run` does, and let
    what is found decide.

    Raises:
        BadInput: nothing can be read, a row has no answer, or no answer belongs to the suite.
    """
    unknown: dict[str, None] = {}
    model = None
    if (path / MANIFEST).is_file():
        run = load_run(path)
        model = str(run.manifest["model"].get("label") or run.manifest["model"].get("name"))
        found = list(_from_run(run.samples.values(), suite, assembly, unknown))
    elif path.is_dir():
        found = list(_from_folder(path, suite, assembly, unknown))
    else:
        found = list(_from_rows(path, suite, assembly, unknown))
    if not found:
        ids = f" (its ids begin with {next(iter(unknown))[:60]!r})" if unknown else ""
        shape = "; expected a folder TASK_ID/N.py for each task, with / in ids as _" if path.is_dir() else ""
        raise BadInput(f"{path}: no answer to a task of the suite {suite.ref}{ids}{shape}")
    return _joined(found, suite, tuple(unknown), model, find_code)


def _joined(
    found: Iterable[_Answer], suite: Suite, unknown: tuple[str, ...], model: str | None, find_code: bool
) -> Answers:
    by_task: defaultdict[str, list[_Answer]] = defaultdict(list)
    for answer in found:
        by_task[answer.task.id].append(answer)
    samples: list[SampleRow] = []
    rows: dict[Key, Mapping[str, Any]] = {}
    for task_id, answers in by_task.items():
        for epoch, answer in enumerate(answers):
            samples.append(_sample(answer, epoch, find_code))
            if answer.row is not None:
                rows[task_id, epoch] = answer.row
    missing = tuple(task.id for task in suite if task.id not in by_task)
    return Answers(tuple(samples), unknown, missing, rows, model)


def _sample(answer: _Answer, epoch: int, find_code: bool) -> SampleRow:
    row = answer.recorded
    if row is None:
        row = SampleRow(answer.task.id, epoch, answer.text, answer.text, answer.assembly, created=now())
    row = replace(row, assembly=answer.assembly)
    if find_code:
        task = answer.task
        code = extract(
            row.text,
            form=task.form,
            entry_point=task.entry_point,
            prompt=task.prompt,
            literal=task.wants_literal,
        )
        return replace(row, code=code.code, assembly=code.assembly, reason=code.reason)
    return row if row.code.strip() or row.reason else replace(row, reason="empty answer")


def _from_run(
    samples: Iterable[SampleRow], suite: Suite, assembly: AssemblyChoice, unknown: dict[str, None]
) -> Iterator[_Answer]:
    tasks = {task.id: task for task in suite}
    for sample in sorted(samples, key=lambda row: row.key):
        if sample.task in tasks:
            chosen = sample.assembly if assembly == "auto" else assembly
            yield _Answer(tasks[sample.task], sample.text, chosen, recorded=sample)
        else:
            unknown.setdefault(sample.task)


def _from_rows(path: Path, suite: Suite, assembly: AssemblyChoice, unknown: dict[str, None]) -> Iterator[_Answer]:
    index = task_index(suite)
    for number, row in enumerate(read_jsonl(path), 1):
        where = f"{path}: answer {number}"
        names = [row[name] for name in _ID_FIELDS if name in row]
        if not names:
            raise BadInput(f"{where}: it names no task (expected the field task_id)")
        task = next((index[str(name)] for name in names if str(name) in index), None)
        text, kind = _answer_of(row, where)
        if task is None:
            unknown.setdefault(str(names[0]))
            continue
        yield _Answer(task, text, kind if assembly == "auto" else assembly, row=row)


def _answer_of(row: Mapping[str, Any], where: str) -> tuple[str, Assembly]:
    choices: tuple[tuple[str, Assembly], ...] = (("solution", "alone"), ("completion", "append"))
    for name, assembly in choices:
        if name in row:
            if row[name] is not None and not isinstance(row[name], str):
                raise BadInput(f"{where}: {name} must be a text, found {type(row[name]).__name__}")
            return row[name] or "", assembly
    raise BadInput(f"{where}: it has neither a completion nor a solution")


def task_index(suite: Suite) -> dict[str, CodeTask]:
    """Tasks by their ids and by the ids in the file they came from; BadInput where one of these names two tasks."""
    index = {task.id: task for task in suite}
    for task in suite:
        for name in _RAW_ID_FIELDS:
            raw = task.metadata.get(name)
            if not isinstance(raw, str):
                continue
            other = index.setdefault(raw, task)
            if other is not task and other.id != raw:
                raise BadInput(f"suite {suite.ref}: the source id {raw!r} names both {other.id!r} and {task.id!r}")
    return index


def _from_folder(path: Path, suite: Suite, assembly: AssemblyChoice, unknown: dict[str, None]) -> Iterator[_Answer]:
    # the names are made from the known ids, because `_` cannot be turned back into `/`
    folders: dict[str, CodeTask] = {}
    for name, task in task_index(suite).items():
        other = folders.setdefault(name.replace("/", "_"), task)
        if other is not task:
            raise BadInput(f"{path}: the folder name {name.replace('/', '_')!r} fits both {other.id!r} and {task.id!r}")
    for folder in sorted(path.iterdir()):
        if not folder.is_dir() or folder.name.startswith("."):
            continue
        found = folders.get(folder.name)
        if found is None:
            unknown.setdefault(folder.name)
            continue
        for program in sorted(numbered_programs(folder), key=lambda file: int(file.stem)):
            yield _Answer(found, read_program(program), "append" if assembly == "append" else "alone")


def numbered_programs(folder: Path) -> Iterator[Path]:
    """The files ``<number>.py`` of a folder, in no order; BadInput for a link or another name."""
    for file in folder.glob("*.py"):
        if file.is_symlink():
            raise BadInput(f"{file}: a symbolic link could show any file of this machine; put the program itself there")
        if not (file.stem.isascii() and file.stem.isdigit()):
            raise BadInput(f"{file}: expected <number>.py, one file per answer")
        yield file


def read_program(file: Path) -> str:
    """The text of a program; bytes that are no UTF-8 become lone surrogates."""
    try:
        return file.read_bytes().decode("utf-8", "surrogateescape")
    except OSError as error:
        raise BadInput(f"{file}: cannot be read ({error.strerror or error})") from error
