"""Reading a zip file that anyone may have made: into memory, within bounds, and never to a path that it names."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from ...benchmarks import BadInput
from ...benchmarks.visible import visible

MAX_MEMBER_BYTES = 500_000_000
MAX_TOTAL_BYTES = 8_000_000_000
MAX_MEMBERS = 1_000_000
_ZSTANDARD = 93  # the method's number in the zip format
_MAX_WINDOW_BYTES = 1 << 27
_LOCAL_HEADER_BYTES = 30


class Archive:
    """The members of a zip file by name. max_member, max_total: bytes after decompression."""

    def __init__(self, path: Path, *, max_member: int = MAX_MEMBER_BYTES, max_total: int = MAX_TOTAL_BYTES) -> None:
        self._path, self._max_member, self._left = path, max_member, max_total
        with self._reading():
            self._file = zipfile.ZipFile(path)
        self._members = {info.filename: info for info in self._file.infolist()}  # of namesakes the last, as unzip does
        if len(self._file.infolist()) > MAX_MEMBERS:
            self._file.close()
            raise BadInput(f"{path}: more than {MAX_MEMBERS} files in the archive")

    def __enter__(self) -> Archive:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._file.close()

    def names(self) -> list[str]:
        """The members' names, in the archive's order."""
        return list(self._members)

    def read(self, name: str) -> bytes:
        """The content of a member; BadInput where it is damaged, too large, or packed in a way that is not known."""
        info = self._members[name]
        where = f"{self._path}: {visible(name, 80)}"
        if info.flag_bits & 1:
            raise BadInput(f"{where}: encrypted; unpack it yourself")
        bound = min(self._max_member, self._left)
        with self._reading(), self._opened(info, where) as stream:
            data = stream.read(bound + 1)
        if len(data) > bound:
            raise BadInput(f"{where}: larger than can be read ({bound} bytes)")
        if zlib.crc32(data) != info.CRC:
            raise BadInput(f"{where}: damaged (its checksum does not hold); fetch the file again")
        self._left -= len(data)
        return data

    @contextmanager
    def _opened(self, info: zipfile.ZipInfo, where: str) -> Iterator[BinaryIO]:
        if info.compress_type == _ZSTANDARD:
            with self._path.open("rb") as raw, _unpacked_zstandard(_packed(raw, info, where), where) as stream:
                yield stream
            return
        try:
            with self._file.open(info) as stream:
                yield stream  # type: ignore[misc]  # typeshed's IO[bytes]
        except NotImplementedError as error:
            raise BadInput(f"{where}: packed by a method that is not known ({error})") from error

    @contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            yield
        except (zipfile.BadZipFile, zlib.error, EOFError) as error:
            raise BadInput(f"{self._path}: a damaged zip file ({visible(error, 100)}); fetch it again") from error
        except OSError as error:
            raise BadInput(f"{self._path}: cannot be read ({error.strerror or error})") from error


def _packed(raw: BinaryIO, info: zipfile.ZipInfo, where: str) -> bytes:
    """The packed bytes of a member, for the method that Python's own zipfile does not know."""
    raw.seek(info.header_offset)
    header = raw.read(_LOCAL_HEADER_BYTES)
    if len(header) < _LOCAL_HEADER_BYTES or not header.startswith(b"PK\x03\x04"):
        raise BadInput(f"{where}: damaged (no header); fetch the file again")
    raw.seek(int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little"), io.SEEK_CUR)
    if info.compress_size > MAX_MEMBER_BYTES:
        raise BadInput(f"{where}: larger than can be read ({MAX_MEMBER_BYTES} bytes)")
    return raw.read(info.compress_size)


@contextmanager
def _unpacked_zstandard(packed: bytes, where: str) -> Iterator[BinaryIO]:
    try:
        import zstandard
    except ImportError as error:
        raise BadInput(
            f"{where}: packed with Zstandard; install zstandard (pip install 'evalrun[zstd]'), "
            "or convert the log with `inspect log convert --to json`"
        ) from error
    unpacker = zstandard.ZstdDecompressor(max_window_size=_MAX_WINDOW_BYTES)
    try:
        with unpacker.stream_reader(packed, read_across_frames=True) as stream:
            yield stream
    except zstandard.ZstdError as error:
        raise BadInput(f"{where}: damaged ({error}); fetch the file again") from error
