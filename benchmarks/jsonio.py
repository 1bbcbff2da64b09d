"""JSON on disk: canonical text and digests, atomic files, JSON Lines that survive a kill."""

from __future__ import annotations

import errno
import gzip
import hashlib
import json
import os
import tempfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

from .errors import BadInput

_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
"""Made once: `json.dumps` would make one for every value."""
_MOST_LINKS = 40  # as many as Linux follows


def canonical_json(value: object) -> str:
    """The one JSON text of a value: sorted keys, no spaces, ASCII only (so that lone surrogates survive)."""
    return _CANONICAL.encode(value)


def digest(value: object) -> str:
    """SHA-256 (64 hex digits) of the canonical JSON of a value."""
    return hashlib.sha256(canonical_json(value).encode("ascii")).hexdigest()


def text_digest(text: str) -> str:
    """SHA-256 (64 hex digits) of a text that may hold lone surrogates."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Around writing what the user named: where the disk refuses, BadInput says so."""
    try:
        yield
    except OSError as error:
        raise BadInput(f"{path}: cannot be written ({error.strerror or error}); choose another place") from error


def require_writable(path: Path) -> None:
    """BadInput where a file cannot be written there; asked before the work whose outcome it is to hold."""
    with writing(path):
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if _in_place(path):
            if not os.access(path, os.W_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
            return
        with tempfile.TemporaryFile(dir=path.parent):
            pass


def _descriptor(path: Path) -> int | None:
    """The number N where the path is, by way of links, /proc/self/fd/N, as /dev/stdout is; None for any other."""
    for _ in range(_MOST_LINKS):
        folder = Path(os.path.realpath(path.parent))
        if folder.name == "fd" and folder.parent == Path(f"/proc/{os.getpid()}") and path.name.isdecimal():
            return int(path.name)
        if not path.is_symlink():
            return None
        path = folder / os.readlink(path)
    return None


def _in_place(path: Path) -> bool:
    """True for what is there already and is no plain file: a device, a pipe, a stream of this process."""
    return _descriptor(path) is not None or (path.exists() and not path.is_file())


def _opened(path: Path) -> BinaryIO:
    """For writing; a stream of this process shares its position with whatever else writes to it."""
    number = _descriptor(path)
    return path.open("wb") if number is None else os.fdopen(os.dup(number), "wb")


def write_atomic(path: Path, data: str | bytes) -> None:
    """Write a whole file or nothing: a temporary sibling, flushed to disk, then renamed over the target.

    A link is followed. A device, a pipe and `/dev/stdout` are written to, and never replaced by a file.
    """
    payload = data.encode("utf-8") if isinstance(data, str) else data
    if _in_place(path):
        with _opened(path) as stream:
            stream.write(payload)
        return
    path = Path(os.path.realpath(path)) if path.is_symlink() else path
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as stream:
            stream.write(payload)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def write_json(path: Path, value: object) -> None:
    """Write readable, sorted JSON atomically."""
    write_atomic(path, json.dumps(value, indent=2, sort_keys=True, ensure_ascii=True, allow_nan=False) + "\n")


def write_jsonl(path: Path, rows: Iterable[object]) -> None:
    """Write JSON Lines atomically, gzipped (reproducibly) when the name ends in .gz."""
    data = "".join(canonical_json(row) + "\n" for row in rows).encode("ascii")
    write_atomic(path, gzip.compress(data, mtime=0) if path.suffix == ".gz" else data)


def read_json(path: Path, most: int | None = None) -> Any:
    """Read one JSON file; BadInput names the file, the line and the fault. most: bytes above which it is refused, and
    never read (a device, a pipe and a file that grows have no size to be asked for beforehand)."""
    try:
        with path.open("rb") as stream:
            data = stream.read(-1 if most is None else most + 1)
        if most is not None and len(data) > most:
            raise BadInput(f"{path}: larger than {most:,} bytes, which no such file is")
        return json.loads(data.decode("utf-8"))
    except OSError as error:
        raise BadInput(f"{path}: cannot be read ({error.strerror or error})") from error
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise BadInput(f"{path}: not valid JSON ({error})") from error


def read_lines(path: Path) -> Iterator[bytes]:
    """The raw lines of a plain or gzipped file (recognised by its first bytes, not by its name)."""
    try:
        with path.open("rb") as probe:
            zipped = probe.read(2) == b"\x1f\x8b"
        with gzip.open(path, "rb") if zipped else path.open("rb") as stream:
            yield from stream
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise BadInput(f"{path}: a damaged gzip file ({error}); fetch it again") from error
    except OSError as error:
        raise BadInput(f"{path}: cannot be read ({error.strerror or error})") from error


def read_jsonl(path: Path, *, torn_tail: bool = False) -> Iterator[dict[str, Any]]:
    """The objects of a JSON Lines file, blank lines skipped.

    With ``torn_tail`` a last line without its end (a writer was killed) is left out instead of being an error.
    """
    pending: tuple[int, ValueError] | None = None
    torn = False
    for number, line in enumerate(read_lines(path), 1):
        if pending is not None:
            raise BadInput(f"{path}:{pending[0]}: not a JSON object ({pending[1]})")
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            if not isinstance(row, dict):
                raise ValueError(f"found {type(row).__name__}")
        except (ValueError, RecursionError) as error:
            fault = f"{error.msg} at column {error.colno}" if isinstance(error, json.JSONDecodeError) else str(error)
            pending, torn = (number, ValueError(fault)), not line.endswith(b"\n")
            continue
        yield row
    if pending is not None and not (torn_tail and torn):
        raise BadInput(f"{path}:{pending[0]}: not a JSON object ({pending[1]})")


class JsonlAppender:
    """Appends one JSON object a line, each on disk (fsync) before ``append`` returns; ``write_all`` leaves that to a
    later ``sync``.

    A torn last line left by a killed writer is cut off when the file is opened.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stream = path.open("ab+")
        self._cut_torn_tail()

    def _cut_torn_tail(self) -> None:
        stream = self._stream
        end = stream.seek(0, os.SEEK_END)
        position = end
        while position > 0:
            start = max(0, position - 65536)
            stream.seek(start)
            newline = stream.read(position - start).rfind(b"\n")
            if newline >= 0:
                position = start + newline + 1
                break
            position = start
        if position < end:
            stream.truncate(position)
        stream.seek(0, os.SEEK_END)

    def append(self, row: object) -> None:
        """Write one row durably."""
        self.append_all([row])

    def append_all(self, rows: Iterable[object]) -> None:
        """Write several rows with one flush to disk."""
        self.write_all(rows)
        self.sync()

    def write_all(self, rows: Iterable[object]) -> None:
        """Hand several rows to the operating system: they survive the death of this process, not yet of the machine."""
        self._stream.write("".join(canonical_json(row) + "\n" for row in rows).encode("ascii"))
        self._stream.flush()

    def sync(self) -> None:
        """Wait until all that was written is on the disk. May be called from another thread than the writing."""
        os.fsync(self._stream.fileno())

    def close(self) -> None:
        """Close the file."""
        self._stream.close()

    def __enter__(self) -> JsonlAppender:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()
