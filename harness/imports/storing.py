"""The run that imported answers become: what describes it, and writing it whole or not at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ...benchmarks import BadInput, Suite
from ...benchmarks.jsonio import write_jsonl, writing
from ...benchmarks.visible import visible
from ..runs.manifest import new_manifest
from ..runs.records import start_run
from .claims import CLAIMS
from .joining import ImportAssembly, Joined, ReadFile


def of_one_model(files: Sequence[ReadFile], wanted: str | None) -> tuple[tuple[ReadFile, ...], str | None]:
    """The files of one model, and its name as they say it (None where none does).

    wanted: which one, where the files name several; where they name one or none, it is a name of the user's own.

    Raises:
        BadInput: they name several, and ``wanted`` is none of them.
    """
    names = sorted({file.imported.model for file in files if file.imported.model is not None})
    if len(names) <= 1:
        return tuple(files), wanted or (names[0] if names else None)
    if wanted not in names:
        shown = ", ".join(visible(name, 60) for name in names)
        raise BadInput(f"the files are of {len(names)} models ({shown}); import one at a time, or choose with --model")
    return tuple(file for file in files if file.imported.model in (None, wanted)), wanted


def sampling_of_all(files: Sequence[ReadFile]) -> dict[str, Any]:
    """How the model sampled, as far as the files say; BadInput where they do not agree."""
    found: dict[str, tuple[Any, Path]] = {}
    for file in files:
        for name, value in file.imported.sampling.items():
            before, path = found.setdefault(name, (value, file.document.path))
            if before != value:
                raise BadInput(
                    f"{file.document.path}: sampled with {name} {value}, but {path.name} with {before}; "
                    "import them into runs of their own"
                )
    return {name: value for name, (value, _) in found.items()}


def manifest_of(
    files: Sequence[ReadFile], joined: Joined, suite: Suite, *, model: str, label: str | None, assembly: ImportAssembly
) -> dict[str, Any]:
    """The manifest of the run; BadInput where the files do not agree on the sampling."""
    answered = {row.task for row in joined.answers.samples}
    epochs = 1 + max(row.epoch for row in joined.answers.samples)
    return new_manifest(
        model=model,
        label=label,
        suite=suite,
        tasks=tuple(task for task in suite if task.id in answered),
        sampling={"epochs": epochs, **sampling_of_all(files)},
        source={
            "name": files[0].document.path.name,
            "imported": [_provenance(file) for file in files],
            "digest": joined.answers.digest,
            "assembly": assembly,
            "unknown": list(joined.answers.unknown),
            "missing": list(joined.answers.missing),
            "without_reply": sum(file.imported.without_reply for file in files),
            "by_position": joined.by_position,
            "claims": len(joined.claims),
        },
    )


def write_run(folder: Path, manifest: Mapping[str, Any], suite: Suite, joined: Joined) -> None:
    """Write the run's folder in one step: beside its place first, then renamed.

    Raises:
        BadInput: something is there already, or the place cannot be written.
    """
    check_free(folder)
    answered = {row.task for row in joined.answers.samples}
    with writing(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        temporary = folder.with_name(f".{folder.name}.{os.getpid()}.tmp")
        try:
            temporary.mkdir()
            if joined.claims:
                write_jsonl(temporary / CLAIMS, (claim.to_json() for claim in joined.claims))
            tasks = [task for task in suite if task.id in answered]
            start_run(temporary, manifest, tasks, joined.answers.samples)
            os.rename(temporary, folder)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)


def check_free(folder: Path) -> None:
    """BadInput where the folder holds something, or is none."""
    if folder.is_dir():
        if any(folder.iterdir()):
            raise BadInput(f"{folder}: is not empty; choose another folder with -o")
    elif folder.exists():
        raise BadInput(f"{folder}: a file is in the way; choose another folder with -o")


def _provenance(file: ReadFile) -> dict[str, Any]:
    imported = file.imported
    return {
        "file": file.document.path.name,
        "sha256": file.document.digest,
        "format": file.format,
        "tool": imported.tool,
        "tool_version": imported.tool_version,
        "model": imported.model,
        "settings": dict(imported.settings),
    }
