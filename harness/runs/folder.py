"""Opening a run's folder: a new one, or one to resume, for one process at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ...benchmarks import BadInput, CodeTask
from ...benchmarks.jsonio import write_json, writing
from .ledger import Ledger
from .lock import LOCK, run_lock
from .manifest import resume_differences, scoring_differences
from .records import GIVEN, LIMITS, MANIFEST, OWED, SAMPLES, SPENT, TASKS, VERDICTS, SampleRow, load_manifest, start_run


@contextmanager
def open_run(
    folder: Path,
    manifest: Mapping[str, Any],
    tasks: Sequence[CodeTask],
    *,
    resume: bool,
    samples: Sequence[SampleRow] | None = None,
) -> Iterator[None]:
    """Start the run in a folder, or find it there and go on with it, and hold its lock.

    samples: of a run that is given its answers; written before the manifest, so that a folder with one is whole.

    Raises:
        BadInput: the folder holds something else, or a run and ``resume`` is not given, or a run that differs.
    """
    _refuse_strangers(folder)
    made = not folder.exists()
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    with run_lock(folder):
        started = not (folder / MANIFEST).exists()
        if started:
            with writing(folder):
                start_run(folder, manifest, tasks, samples)
        else:
            _check_resumable(folder, manifest, resume)
        try:
            yield
        except BadInput:
            if started:
                _take_back(folder, made=made, given=samples is not None)
            raise


def check_folder(folder: Path, manifest: Mapping[str, Any], *, resume: bool) -> bool:
    """Whether there is a run in the folder, to be gone on with; BadInput as ``open_run``. Nothing is written."""
    _refuse_strangers(folder)
    if not (folder / MANIFEST).exists():
        return False
    _check_resumable(folder, manifest, resume)
    return True


def _take_back(folder: Path, *, made: bool, given: bool) -> None:
    """Remove a run that bad input ended before it held anything worth keeping: a reply, or a verdict."""
    kept = [VERDICTS] if given else [VERDICTS, SAMPLES, SPENT]
    if any((folder / name).exists() and (folder / name).stat().st_size for name in kept):
        return
    for name in (MANIFEST, VERDICTS, LIMITS, SAMPLES, SPENT, TASKS, OWED, GIVEN, LOCK):
        (folder / name).unlink(missing_ok=True)
    if made:
        folder.rmdir()


def record_scoring(run: Ledger, scoring: Mapping[str, Any]) -> bool:
    """Write into the manifest how the verdicts come about, before the first of them; whether there are some already.

    Raises:
        BadInput: verdicts are there already and came about in another way; they could not be told apart afterwards.
    """
    before = run.manifest.get("scoring")
    if before is not None and any(run.is_scored(key) for key in run.planned):
        found = scoring_differences(before, scoring)
        if found:
            raise BadInput(
                f"{run.folder}: some answers were scored otherwise ({'; '.join(found)}); "
                "score as before, or score all of them into a new folder with `evalrun score -o`"
            )
        return True
    write_json(run.folder / MANIFEST, {**load_manifest(run.folder), "scoring": dict(scoring)})
    return False


def _refuse_strangers(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise BadInput(f"{folder}: a file is in the way; choose another folder with -o")
    if not folder.exists() or (folder / MANIFEST).exists():
        return
    left_by_a_kill = {LOCK, TASKS, SAMPLES}
    for path in folder.iterdir():
        if path.name not in left_by_a_kill and not (path.name.startswith(".") and path.name.endswith(".tmp")):
            raise BadInput(f"{folder}: holds files but no run; choose an empty folder with -o")
    samples = folder / SAMPLES
    if samples.exists() and samples.stat().st_size and not (folder / GIVEN).exists():
        raise BadInput(f"{folder}: holds samples but no run.json; restore it or choose another folder with -o")


def _check_resumable(folder: Path, manifest: Mapping[str, Any], resume: bool) -> None:
    found = resume_differences(load_manifest(folder), manifest)
    if not resume:
        how = "choose another folder with -o" if found else "add --resume to go on with it"
        raise BadInput(f"{folder}: holds a run already; {how}")
    if found:
        raise BadInput(f"{folder}: cannot resume, this is another configuration ({'; '.join(found)})")
