"""Foreign formats: HumanEval, EvalPlus, MBPP, MultiPL-E, EvoEval, and what Hugging Face ``datasets`` reads.

A file's format is told by the fields of its rows, never by its name.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from ..errors import BadInput
from ..jsonio import read_jsonl, read_lines, write_atomic, writing
from ..suite import Suite
from ..task import CodeTask
from . import evalplus, evoeval, humaneval, mbpp, multipl_e
from .rows import Row, suite_name

WritableFormat = Literal["humaneval", "evalplus"]

# The order matters: HumanEval+ rows may carry HumanEval's ``test`` as well.
_FIELDS: Mapping[str, tuple[str, ...]] = {
    evalplus.FORMAT: evalplus.FIELDS,
    evoeval.FORMAT: evoeval.FIELDS,
    humaneval.FORMAT: humaneval.FIELDS,
    mbpp.FORMAT: mbpp.FIELDS,
    multipl_e.FORMAT: multipl_e.FIELDS,
}
_READERS: Mapping[str, Callable[[Row], CodeTask]] = {
    evalplus.FORMAT: evalplus.read_row,
    humaneval.FORMAT: humaneval.read_row,
    mbpp.FORMAT: mbpp.read_row,
    multipl_e.FORMAT: multipl_e.read_row,
}
#: Fields with two names upstream.
_OTHER_NAMES = {"text": "prompt", "test": "tests"}


def read_foreign(path: Path) -> Suite:
    """The suite in a file (``.jsonl``, ``.json``, gzipped or not, ``.parquet``) or in a folder written for a hub.

    BadInput, in one line, when the file cannot be read, its rows are of no known format, or a row is wrong.
    """
    if path.is_dir():
        from .hub import read_folder

        return read_folder(path)
    if _begins_with(path, b"PAR1"):
        from .hub import read_parquet

        return read_parquet(path)
    return suite_from_rows(_read_rows(path), suite_name(path.name), str(path))


def suite_from_rows(rows: Sequence[Mapping[str, Any]], name: str, where: str) -> Suite:
    """The suite that rows of a foreign format describe; ``where`` leads error messages."""
    if not rows:
        raise BadInput(f"{where}: holds no tasks")
    read = reader_of(rows[0], name, where)
    tasks: list[CodeTask] = []
    seen: dict[str, int] = {}
    for number, data in enumerate(rows, 1):
        task = read(Row(f"{where}: row {number}", data))
        if task.id in seen:
            raise BadInput(f"{where}: row {number}: the task id {task.id!r} occurred in row {seen[task.id]} already")
        seen[task.id] = number
        tasks.append(task)
    return Suite(name=name, version="1", tasks=tuple(tasks), source=Path(where).name)


def reader_of(first: Mapping[str, Any], name: str, where: str) -> Callable[[Row], CodeTask]:
    """What reads the rows of the format that the first row's fields tell; BadInput when no format is known."""
    form = detect_format(first)
    if form == evoeval.FORMAT:
        return lambda row: evoeval.read_row(row, name)
    if form is not None:
        return _READERS[form]
    if "tests" in first and first.get("type", "code") == "code" and "id" in first:
        return _read_own_row
    from ..preference.formats import detect

    preference = detect(first)
    if preference is not None:
        raise BadInput(f"{where}: preference tasks ({preference.name}); code tasks are needed here")
    known = "; ".join(f"{form}: {', '.join(fields)}" for form, fields in _FIELDS.items())
    found = ", ".join(sorted(map(str, first))[:20])
    raise BadInput(f"{where}: rows of no known format (fields found: {found}). Known formats and their fields: {known}")


def detect_format(row: Mapping[str, Any]) -> str | None:
    """The format that a row's fields tell, or None."""
    for form, fields in _FIELDS.items():
        if all(field in row or _OTHER_NAMES.get(field) in row for field in fields):
            return form
    return None


def _read_own_row(row: Row) -> CodeTask:
    try:
        return CodeTask.from_json(dict(row.data))
    except BadInput as error:
        raise BadInput(f"{row.where}: {error}") from error


def _read_rows(path: Path) -> list[dict[str, Any]]:
    """The rows of a JSON Lines file, or of a JSON file that holds one list of objects; gzip is recognised by its
    bytes.
    """
    first = next((line.lstrip()[:1] for line in read_lines(path) if line.strip()), b"")
    if first != b"[":
        return list(read_jsonl(path))
    try:
        rows = json.loads(b"".join(read_lines(path)))
    except (ValueError, RecursionError) as error:
        raise BadInput(f"{path}: not valid JSON ({error})") from error
    if not all(isinstance(row, dict) for row in rows):
        raise BadInput(f"{path}: expected a list of objects, one for each task")
    return list(rows)


def _begins_with(path: Path, magic: bytes) -> bool:
    try:
        with path.open("rb") as stream:
            return stream.read(len(magic)) == magic
    except OSError as error:
        raise BadInput(f"{path}: cannot be read ({error.strerror or error})") from error


def write_foreign(suite: Suite, path: Path, form: WritableFormat) -> None:
    """Write a suite as a HumanEval or EvalPlus file, gzipped when the name ends in ``.gz``.

    A suite that was read from such a file is written back row for row. BadInput names the tasks that the format
    cannot hold; nothing is written then.
    """
    writers: dict[str, Callable[[Iterable[CodeTask]], list[dict[str, Any]]]] = {
        humaneval.FORMAT: humaneval.write_rows,
        evalplus.FORMAT: evalplus.write_rows,
    }
    if form not in writers:
        raise BadInput(f"format {str(form)[:40]!r} cannot be written; choose one of {', '.join(writers)}")
    rows = writers[form](suite.tasks)
    # In the order of the source's fields, and with NaN as EvalPlus writes it: this is their format, not ours.
    data = "".join(json.dumps(row) + "\n" for row in rows).encode("ascii")
    if path.suffix == ".gz":
        import gzip

        data = gzip.compress(data, mtime=0)
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, data)


__all__ = ["WritableFormat", "detect_format", "read_foreign", "reader_of", "suite_from_rows", "write_foreign"]
