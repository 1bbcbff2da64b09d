"""A suite of preference tasks; in its folder, ``suite.json`` says ``"kind": "preference"``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from ..errors import BadInput
from ..jsonio import read_json
from ..taskset import TaskSet, load_folder, no_such_suite, read_manifest, suite_folder
from .task import PreferenceTask


@dataclass(frozen=True, slots=True)
class Skipped:
    """A row of a foreign file that is no preference task: where it stands and why it was left out."""

    where: str
    why: str


@dataclass(frozen=True)
class PreferenceSuite(TaskSet[PreferenceTask]):
    """A named, versioned set of preference tasks.

    skipped: rows of the file it was read from that could not become tasks; never stored. The rest is as ``TaskSet``'s.
    """

    KIND: ClassVar[str] = "preference"

    skipped: tuple[Skipped, ...] = ()

    @staticmethod
    def load(ref: str | Path) -> PreferenceSuite:
        """Load a suite of preference tasks: the name of a built-in one (``align``), a suite folder, a file in a
        foreign format (JSON Lines, JSON, CSV or Parquet, recognised by its fields; see docs/formats.md), a folder of
        such files, or ``hf:owner/dataset[:split]``.

        Rows of a file that are no tasks are left out and told in ``skipped``. BadInput when there is no such suite,
        when it holds code tasks or no task at all, or when its content does not match its manifest.
        """
        folder = suite_folder(ref)
        if folder is not None:
            return _load_folder(folder)
        if not str(ref).startswith("hf:") and not Path(ref).exists():
            raise no_such_suite(ref)
        from .authored import is_authored, read_authored
        from .formats import read_preferences

        if is_authored(ref):
            return read_authored(Path(ref))
        return read_preferences(ref)


def is_preference_suite(ref: str | Path) -> bool:
    """Whether this names a stored suite of preference tasks."""
    folder = suite_folder(ref)
    if folder is None:
        return False
    manifest = read_json(folder / "suite.json")
    return isinstance(manifest, dict) and manifest.get("kind") == PreferenceSuite.KIND


def _load_folder(folder: Path) -> PreferenceSuite:
    manifest = read_manifest(folder)
    if manifest.get("kind") != PreferenceSuite.KIND:
        raise BadInput(
            f"{folder / 'suite.json'}: a suite of code tasks; preference tasks are needed here "
            "(the built-in one is align)"
        )
    return load_folder(PreferenceSuite, folder, manifest, PreferenceTask.from_json)
