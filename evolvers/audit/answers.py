"""Other models' answers as witnesses: who answered which task how, as ``--answers [NAME=]FILE`` names them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...benchmarks import BadInput, CodeTask, Suite
from ...benchmarks.families import family_of
from ...harness.runs.foreign import read_answers
from ...harness.runs.records import SampleRow
from ...harness.scoring import program_of
from ..syntax import parse

MOST_CHARACTERS = 1_000_000
"""Of a program that counts. A longer one (a zipped file of some hundred kB holds hundreds of MB) is no answer to any
task, and one that the sandbox cannot take in time would end the whole audit as an outage."""


@dataclass(frozen=True, slots=True)
class Witness:
    """A model's answers: whole programs by task id. family: what the model is a relative of, guessed from its name."""

    name: str
    family: str
    programs: Mapping[str, str]


def read_witnesses(references: Sequence[str], suite: Suite) -> list[Witness]:
    """The witnesses; of a file with several answers to a task the first one counts. BadInput when a file holds no
    answer to a task of the suite, or two have the same name."""
    named = [_named(each) for each in references]
    stems = [_stem(path) for _, path in named]
    found = []
    for (name, path), stem in zip(named, stems, strict=True):
        # files of one benchmark are called alike in each model's folder
        name = name or (stem if stems.count(stem) == 1 else path.absolute().parent.name)
        found.append(_witness(name, path, suite))
    names = [each.name for each in found]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise BadInput(f"--answers: two files are called {twice[:60]!r}; name them: --answers NAME=FILE")
    return found


def _named(reference: str) -> tuple[str, Path]:
    if Path(reference).exists() or "=" not in reference:
        return "", Path(reference)
    name, _, path = reference.partition("=")
    return name.strip(), Path(path)


def _stem(path: Path) -> str:
    return path.name.partition(".jsonl")[0]


def _witness(name: str, path: Path, suite: Suite) -> Witness:
    if not path.exists():
        raise BadInput(f"--answers {path}: there is no such file or folder")
    tasks = {task.id: task for task in suite}
    programs: dict[str, str] = {}
    for sample in read_answers(path, suite).samples:
        if sample.epoch == 0 and len(sample.code) <= MOST_CHARACTERS:
            programs[sample.task] = _whole(tasks[sample.task], sample)
    return Witness(name, family_of(name), {task: program for task, program in programs.items() if program})


def _whole(task: CodeTask, sample: SampleRow) -> str:
    """The program of an answer. Some files call a completion a solution; it is put after the prompt where it defines
    nothing alone and does there."""
    program = program_of(task, sample.code, sample.assembly)
    if sample.assembly == "alone" and not _defines(program, task):
        appended = program_of(task, sample.code, "append")
        return appended if _defines(appended, task) else program
    return program


def _defines(program: str, task: CodeTask) -> bool:
    try:
        tree = parse(program)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return any(getattr(node, "name", None) == task.entry_point for node in tree.body)
