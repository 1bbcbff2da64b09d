"""Opening the folder of a preference run: a new one, or one to resume, for one process at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ...benchmarks import BadInput
from ...benchmarks.jsonio import read_json, writing
from ...benchmarks.preference import PreferenceTask
from ..runs.lock import LOCK, run_lock
from .manifest import resume_differences
from .records import ANSWERS, KIND, MANIFEST, OWED, PAIRS, TASKS, load_manifest, start_run


@contextmanager
def open_run(
    folder: Path, manifest: Mapping[str, Any], tasks: Sequence[PreferenceTask], *, resume: bool
) -> Iterator[dict[str, Any]]:
    """Start the run in a folder, or find it there and go on with it, and hold its lock; yields the manifest that is
    stored there.

    Raises:
        BadInput: the folder holds something else, or a run and ``resume`` is not given, or a run that differs.
    """
    check_folder(folder)
    made = not folder.exists()
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    with run_lock(folder):
        started = not (folder / MANIFEST).exists()
        if started:
            with writing(folder):
                start_run(folder, manifest, tasks)
        else:
            _check_resumable(folder, manifest, resume)
        try:
            yield load_manifest(folder)
        except BadInput:
            if started:
                _take_back(folder, made=made)
            raise


def check_folder(folder: Path) -> None:
    """BadInput where no preference run can be there: a file, other files, or a run of code tasks."""
    if folder.exists() and not folder.is_dir():
        raise BadInput(f"{folder}: a file is in the way; choose another folder with -o")
    refuse_links(folder, (MANIFEST, TASKS, ANSWERS, PAIRS, OWED, LOCK))
    if (folder / MANIFEST).exists():
        load_manifest(folder)
        return
    if not folder.exists():
        return
    for path in folder.iterdir():
        left_by_a_kill = path.name in (LOCK, TASKS) or (path.name.startswith(".") and path.name.endswith(".tmp"))
        if not left_by_a_kill:
            raise BadInput(f"{folder}: holds files but no run; choose an empty folder with -o")


def refuse_links(folder: Path, names: Iterable[str]) -> None:
    """BadInput where a file of a run is a link to somewhere else: what is written to it would be written there."""
    for name in names:
        path = folder / name
        if path.is_symlink() and not path.resolve().is_relative_to(folder.resolve()):
            raise BadInput(f"{path}: a link that leads out of the run's folder; nothing is written through it")


def stored_manifest(folder: Path) -> dict[str, Any] | None:
    """The manifest of the preference run in a folder, None where there is none."""
    path = folder / MANIFEST
    if not path.is_file():
        return None
    manifest = read_json(path)
    return load_manifest(folder) if isinstance(manifest, dict) and manifest.get("kind") == KIND else None


def _check_resumable(folder: Path, manifest: Mapping[str, Any], resume: bool) -> None:
    found = resume_differences(load_manifest(folder), manifest)
    if not resume:
        how = "choose another folder with -o" if found else "add --resume to go on with it"
        raise BadInput(f"{folder}: holds a run already; {how}")
    if found:
        raise BadInput(f"{folder}: cannot resume, this is another configuration ({'; '.join(found)})")


def _take_back(folder: Path, *, made: bool) -> None:
    """Remove a run that bad input ended before it held an answer."""
    if (folder / ANSWERS).exists() and (folder / ANSWERS).stat().st_size:
        return
    for name in (MANIFEST, ANSWERS, PAIRS, TASKS, OWED, LOCK):
        (folder / name).unlink(missing_ok=True)
    if made:
        folder.rmdir()
