"""Folders in the cache that are costly to make: made once, whole or not at all, whatever runs at the same time.

Whoever makes or uses a folder holds a lock on the file beside it; the kernel drops it when the process ends, however it
ends. So a half-made folder whose lock is free is garbage, and so is a whole one that nobody uses when asked to prune.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from ...benchmarks.errors import InfraError
from ..paths import cache_dir

_MAKING = ".making"


def make_once(group: str, key: str, make: Callable[[Path], None]) -> Path:
    """The folder ``group/key`` of the cache; when it is absent ``make`` is given an empty folder to fill.

    InfraError when the disk refuses, e.g. because it is full.
    """
    folder = cache_dir() / group / key[:24]
    if folder.is_dir():
        _mark_used(folder)
        return folder
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        _remove_half_made(folder.parent)
        with _locked(folder, fcntl.LOCK_EX):
            if not folder.is_dir():  # nobody made it while we waited
                making = folder.with_name(folder.name + _MAKING)
                shutil.rmtree(making, ignore_errors=True)
                making.mkdir(mode=0o755)
                try:
                    make(making)
                    making.rename(folder)
                finally:
                    shutil.rmtree(making, ignore_errors=True)
    except OSError as error:
        raise InfraError(f"{folder}: cannot be made ({error.strerror or error}); free some disk space") from error
    return folder


def _mark_used(folder: Path) -> None:
    try:
        os.utime(folder)
    except OSError:
        return  # another user's cache, which is read only


def hold(folder: Path) -> int:
    """Say that the folder is in use, until the returned descriptor is closed or the process ends."""
    held = os.open(_lock_file(folder), os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)
    fcntl.flock(held, fcntl.LOCK_SH)
    return held


def prune(group: str, keep: Collection[str] = (), *, unused_days: float = 0) -> list[Path]:
    """Remove the group's folders that nobody uses now or did lately, and whose key is not kept; returns which."""
    parent = cache_dir() / group
    removed: list[Path] = []
    if not parent.is_dir():
        return removed
    _remove_half_made(parent)
    kept = {key[:24] for key in keep}
    for folder in sorted(path for path in parent.iterdir() if path.is_dir()):
        if folder.name in kept or folder.name.endswith(_MAKING):
            continue
        with _locked(folder, fcntl.LOCK_EX | fcntl.LOCK_NB) as free:
            if free and time.time() - folder.stat().st_mtime >= unused_days * 86400:
                shutil.rmtree(folder, ignore_errors=True)
                removed.append(folder)
    return removed


def _remove_half_made(parent: Path) -> None:
    for making in parent.glob("*" + _MAKING):
        with _locked(making.with_name(making.name.removesuffix(_MAKING)), fcntl.LOCK_EX | fcntl.LOCK_NB) as free:
            if free:
                shutil.rmtree(making, ignore_errors=True)


def _lock_file(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.lock")


@contextmanager
def _locked(folder: Path, how: int) -> Iterator[bool]:
    with _lock_file(folder).open("ab") as held:
        try:
            fcntl.flock(held, how)
        except BlockingIOError:
            yield False
            return
        yield True
