"""Writing a suite folder whole or not at all."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..benchmarks import BadInput, Suite
from ..benchmarks.preference import PreferenceSuite

_PARTIAL = ".partial"
NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
"""A full disk is an outage, and no bad input: it ends in the exit code of one."""


def require_free(folder: Path) -> None:
    """BadInput when a suite cannot be written there; asked before the work begins."""
    above = next(parent for parent in folder.absolute().parents if parent.exists())
    if not above.is_dir():
        raise BadInput(f"{folder}: {above} is a file and no folder; choose another place")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BadInput(f"{folder}: exists and is not an empty folder; suites are immutable, choose another folder")


def save_whole(suite: Suite | PreferenceSuite, folder: Path) -> None:
    """Save beside the target, then rename: whoever sees the folder sees all of it. What a killed process left beside it
    is taken away."""
    require_free(folder)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        _take_away_leftovers(folder)
        temporary = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", suffix=_PARTIAL, dir=folder.parent))
    except OSError as error:
        if error.errno in NO_ROOM:
            raise
        raise BadInput(f"{folder}: cannot be written ({error.strerror or error})") from error
    try:
        with _held(temporary):
            suite.save(temporary)
            temporary.chmod(0o777 & ~_umask())
            try:
                os.replace(temporary, folder)
            except OSError as error:
                if error.errno in NO_ROOM:
                    raise
                require_free(folder)  # another process was faster
                raise BadInput(f"{folder}: cannot be written ({error.strerror or error})") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


@contextmanager
def _held(folder: Path) -> Iterator[bool]:
    """Hold a folder while something is written into it, if nobody else does: the kernel lets go of it when the process
    ends, however it ends."""
    number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield _is_free(number)
    finally:
        os.close(number)


def _is_free(number: int) -> bool:
    try:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:  # somebody holds it, or the file system knows no locks
        return False
    return True


def _take_away_leftovers(folder: Path) -> None:
    """Remove the halves of suites of this name that nobody is writing any more."""
    for path in folder.parent.iterdir():
        if path.name.startswith(f".{folder.name}.") and path.name.endswith(_PARTIAL) and path.is_dir():
            with _held(path) as mine:
                if mine:
                    shutil.rmtree(path, ignore_errors=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
