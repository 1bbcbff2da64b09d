"""A folder is made anew beside the old one and takes its name when it is whole; until then the old one stands."""

from __future__ import annotations

import ctypes
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ...benchmarks.errors import BadInput
from ...benchmarks.visible import visible

CHECKSUMS = "checksums.txt"
_SINGLE_PAGE = {"index.html", "data.csv", "data.json"}  # a site of the time when it was one page, without checksums
_ALWAYS = {"index.html", "site.css", "site.js"}
_AT_FDCWD, _EXCHANGE = -100, 2


def read_checksums(folder: Path) -> dict[str, str]:
    """Path to SHA-256 of every file of a site, as its checksums.txt says; empty where there is none to be read.

    A path that would lead out of the site is left out: the file is untrusted.
    """
    try:
        lines = (folder / CHECKSUMS).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return {}
    pairs = [(path, digest) for digest, _, path in (line.partition("  ") for line in lines)]
    return {path: digest for path, digest in pairs if path and not path.startswith("/") and ".." not in path.split("/")}


def files_in(folder: Path) -> set[str]:
    """The paths of all files (and links) in a folder, relative to it, with forward slashes."""
    found: list[Path] = []
    for where, folders, files in os.walk(folder):
        links = [name for name in folders if Path(where, name).is_symlink()]
        found += [Path(where, name) for name in files + links]
    return {path.relative_to(folder).as_posix() for path in found}


def refuse_foreign(folder: Path) -> None:
    """BadInput where replacing ``folder`` would delete anything that is not a file of a site of ours."""
    if not folder.exists():
        return
    if not folder.is_dir():
        raise BadInput(f"{folder}: a file, not a folder; give a new folder")
    there = files_in(folder)
    if (not there and not any(folder.iterdir())) or there == _SINGLE_PAGE:
        return
    listed = read_checksums(folder)
    if not listed.keys() >= _ALWAYS:
        raise BadInput(f"{folder}: not empty and no site that evalrun made; give a new folder, or empty this one")
    foreign = sorted(there - listed.keys() - {CHECKSUMS})
    if foreign:
        some = ", ".join(visible(path, 60) for path in foreign[:3]) + (", …" if len(foreign) > 3 else "")
        raise BadInput(
            f"{folder}: holds {some}, which evalrun did not put there and which replacing the site would delete; "
            "move it away, or build into another folder and copy"
        )


@contextmanager
def replacing(folder: Path) -> Iterator[Path]:
    """An empty folder to fill; at the end it takes the place of ``folder``. On an exception all is as it was.

    A process killed in between leaves the old folder whole, and a hidden one beside it that the next call clears away.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    _clear_away(folder)
    building = folder.with_name(f".{folder.name}.{os.getpid()}.building")
    shutil.rmtree(building, ignore_errors=True)
    building.mkdir()
    try:
        yield building
        _put_in_place(building, folder)
    finally:
        shutil.rmtree(building, ignore_errors=True)


def _put_in_place(building: Path, folder: Path) -> None:
    if not folder.exists():
        building.rename(folder)
    elif not _exchange(building, folder):
        old = folder.with_name(f".{folder.name}.{os.getpid()}.old")
        folder.rename(old)
        try:
            building.rename(folder)
        except OSError:
            old.rename(folder)
            raise
        shutil.rmtree(old, ignore_errors=True)


def _exchange(one: Path, other: Path) -> bool:
    """Let two names change places in one step; False where the system or the disk cannot."""
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    return rename is not None and rename(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _EXCHANGE) == 0


def _clear_away(folder: Path) -> None:
    """Remove what builds of this folder left that were killed; one that may still be running is let alone."""
    for left in folder.parent.iterdir():
        name, _, kind = left.name.rpartition(".")
        start, _, pid = name.rpartition(".")
        ours = start == f".{folder.name}" and kind in ("building", "old") and pid.isdigit()
        # On a shared disk the process may be another machine's: what was touched of late is let alone too.
        if ours and not _runs(int(pid)) and time.time() - left.stat().st_mtime > 3600:
            shutil.rmtree(left, ignore_errors=True)


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True
