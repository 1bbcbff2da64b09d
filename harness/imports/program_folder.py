"""A folder of programs as EvalPlus's older versions and EvoEval write it: ``HumanEval_0/0.py``, one file an answer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ...benchmarks import BadInput
from ..runs.foreign import numbered_programs, read_program
from .api import ForeignSample, Imported
from .document import Document
from .evalplus_names import named_by_evalplus

_MAX_PROGRAM_BYTES = 10_000_000


class ProgramFolder:
    """``TASK_ID/N.py`` with ``/`` in ids as ``_``; each file is a whole program."""

    name = "folder"

    def recognises(self, document: Document) -> bool:
        """See ``Importer.recognises``."""
        return document.kind == "folder" and any(any(folder.glob("*.py")) for folder in _folders(document.path))

    def read(self, document: Document) -> Imported:
        """See ``Importer.read``."""
        if document.kind != "folder":
            raise BadInput(f"{document.path}: expected a folder TASK_ID/N.py")
        samples = tuple(
            ForeignSample(_program(file), "solution", (folder.name,), order=int(file.stem))
            for folder in _folders(document.path)
            for file in sorted(numbered_programs(folder), key=lambda file: int(file.stem))
        )
        return named_by_evalplus(document.path, Imported("EvalPlus", samples))


def _folders(path: Path) -> Iterator[Path]:
    try:
        found = sorted(path.iterdir())
    except OSError as error:
        raise BadInput(f"{path}: cannot be read ({error.strerror or error})") from error
    for folder in found:
        if folder.is_dir() and not folder.is_symlink() and not folder.name.startswith("."):
            yield folder


def _program(file: Path) -> str:
    if file.stat().st_size > _MAX_PROGRAM_BYTES:
        raise BadInput(f"{file}: larger than {_MAX_PROGRAM_BYTES} bytes; no answer is that long")
    return read_program(file)
