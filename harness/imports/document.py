"""A foreign file, opened with distrust: sizes have limits, and whatever is wrong with it is one line."""

from __future__ import annotations

import gzip
import hashlib
import json
import math
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO, Literal, cast

from ...benchmarks import BadInput
from ...benchmarks.visible import visible

MAX_FILE_BYTES = 4_000_000_000
MAX_VALUE_BYTES = 1_000_000_000
_BIGGEST_COUNT = 2**53
_SHOWN_FIELDS = 12
Kind = Literal["folder", "zip", "json", "jsonl"]


@dataclass(frozen=True)
class Document:
    """A file or folder to import.

    max_file, max_value: bytes, after decompression, of the whole file and of one JSON value in it.
    """

    path: Path
    max_file: int = MAX_FILE_BYTES
    max_value: int = MAX_VALUE_BYTES

    @cached_property
    def kind(self) -> Kind:
        """By content: JSON Lines are told from one JSON value by the second line."""
        if self.path.is_dir():
            return "folder"
        if not self.path.is_file():
            raise BadInput(f"{self.path}: neither a file nor a folder; write it to a file first")
        with self._reading(), self.path.open("rb") as stream:
            if stream.read(4) == b"PK\x03\x04":
                return "zip"
        lines = self._lines()
        first = next(lines, (0, b""))[1].strip()
        if not first:
            raise BadInput(f"{self.path}: the file is empty")
        if not _is_object(first):
            return "json"
        if next(lines, None) is not None:
            return "jsonl"
        return "json" if self.path.name.removesuffix(".gz").endswith(".json") else "jsonl"

    @cached_property
    def value(self) -> Any:
        """The JSON value that a ``json`` file holds."""
        data = bytearray()
        for _, line in self._lines(keep_blank=True):
            data += line
            if len(data) > self.max_value:
                raise BadInput(f"{self.path}: more than {self.max_value} bytes of JSON; too large to be read")
        return parse_json(bytes(data), str(self.path))

    def rows(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """The objects of a ``jsonl`` file with the numbers of their lines."""
        for number, line in self._lines():
            row = parse_json(line, f"{self.path}:{number}")
            if not isinstance(row, dict):
                raise BadInput(f"{self.path}:{number}: expected a JSON object, found {type(row).__name__}")
            yield number, row

    @cached_property
    def first(self) -> Any:
        """What formats are recognised by: the first row of ``jsonl``, the value of ``json``, else None."""
        if self.kind == "jsonl":
            return next(self.rows())[1]
        return self.value if self.kind == "json" else None

    @property
    def described(self) -> str:
        """What was found in it, for an error message."""
        found = self.first
        if isinstance(found, dict):
            names = ", ".join(visible(name, 30) for name in list(found)[:_SHOWN_FIELDS])
            return f"{self.kind} with the fields {names}"
        return f"{self.kind} with {type(found).__name__}" if found is not None else self.kind

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the file, or of the names and digests of the files in a folder."""
        with self._reading():
            if self.kind != "folder":
                return _file_digest(self.path)
            files = sorted(file for file in self.path.rglob("*.py") if file.is_file() and not file.is_symlink())
            named = "".join(f"{file.relative_to(self.path)}\0{_file_digest(file)}\n" for file in files)
            return hashlib.sha256(named.encode("utf-8", "surrogateescape")).hexdigest()

    def _lines(self, *, keep_blank: bool = False) -> Iterator[tuple[int, bytes]]:
        total = number = 0
        with self._reading(), self._open() as stream:
            while line := stream.readline(self.max_value + 1):
                number += 1
                total += len(line)
                if len(line) > self.max_value or total > self.max_file:
                    raise BadInput(f"{self.path}: line {number}: more than can be read ({total} bytes so far)")
                if keep_blank or line.strip():
                    yield number, line

    def _open(self) -> BinaryIO:
        with self.path.open("rb") as probe:
            zipped = probe.read(2) == b"\x1f\x8b"
        return cast(BinaryIO, gzip.open(self.path, "rb")) if zipped else self.path.open("rb")

    def _reading(self) -> _Reading:
        return _Reading(self.path)


class _Reading:
    """Around reading a file: what the disk or gzip says becomes one line."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: object) -> None:
        if isinstance(error, EOFError | zlib.error | gzip.BadGzipFile):
            raise BadInput(f"{self._path}: a damaged gzip file ({error}); fetch it again") from error
        if isinstance(error, OSError):
            raise BadInput(f"{self._path}: cannot be read ({error.strerror or error})") from error


def parse_json(data: bytes, where: str) -> Any:
    """One JSON value; BadInput where it is none, is nested too deep, or holds a number of thousands of digits."""
    try:
        return json.loads(data)
    except RecursionError as error:
        raise BadInput(f"{where}: JSON nested too deep to be read") from error
    except ValueError as error:
        raise BadInput(f"{where}: not valid JSON ({str(error)[:200]})") from error


def text_or_none(value: object) -> str | None:
    """A text that says something."""
    return value if isinstance(value, str) and value.strip() else None


def count_or_none(value: object) -> int | None:
    """A whole number from 0 that any reader can hold."""
    return value if type(value) is int and 0 <= value < _BIGGEST_COUNT else None


def number_or_none(value: object) -> float | int | None:
    """A finite number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if abs(value) < _BIGGEST_COUNT and math.isfinite(value) else None


def sampling_of(found: object, names: dict[str, str]) -> dict[str, Any]:
    """The settings that say how a model sampled. names: theirs to ours; a strange value is left out."""
    if not isinstance(found, dict):
        return {}
    sampling: dict[str, Any] = {}
    for theirs, ours in names.items():
        read = number_or_none if ours in ("temperature", "top_p") else count_or_none
        value = read(found.get(theirs))
        if value is not None:
            sampling.setdefault(ours, value)
    return sampling


def settings_of(found: object, names: tuple[str, ...]) -> dict[str, Any]:
    """The named settings that are short texts, numbers or flags."""
    if not isinstance(found, dict):
        return {}
    kept = {name: found.get(name) for name in names}
    return {
        name: value[:300] if isinstance(value, str) else value
        for name, value in kept.items()
        if isinstance(value, str | bool) or number_or_none(value) is not None
    }


def address_or_none(value: object) -> str | None:
    """A base URL without what may be secret in one: user, password, query."""
    text = text_or_none(value)
    if text is None or len(text) > 500 or not text.startswith(("http://", "https://")):
        return None
    scheme, _, rest = text.partition("://")
    return f"{scheme}://{re.split('[?#]', rest)[0].rpartition('@')[2]}"


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _file_digest(path: Path) -> str:
    found = hashlib.sha256()
    with path.open("rb") as stream:
        while piece := stream.read(1 << 20):
            found.update(piece)
    return found.hexdigest()
