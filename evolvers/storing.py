"""Writing a suite folder whole or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from ..benchmarks import BadInput, Suite
from ..benchmarks.preference import PreferenceSuite


def require_free(folder: Path) -> None:
    """BadInput when a suite cannot be written there; asked before the work begins."""
    above = next(parent for parent in folder.absolute().parents if parent.exists())
    if not above.is_dir():
        raise BadInput(f"{folder}: {above} is a file and no folder; choose another place")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BadInput(f"{folder}: exists and is not an empty folder; suites are immutable, choose another folder")


def save_whole(suite: Suite | PreferenceSuite, folder: Path) -> None:
    """Save beside the target, then rename: whoever sees the folder sees all of it."""
    require_free(folder)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    except OSError as error:
        raise BadInput(f"{folder}: cannot be written ({error.strerror or error})") from error
    try:
        suite.save(temporary)
        temporary.chmod(0o777 & ~_umask())
        os.replace(temporary, folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
