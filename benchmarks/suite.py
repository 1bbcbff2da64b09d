"""A suite of code tasks, and how one is found: among the built-in ones, in a folder, in a foreign file, on a hub."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from .errors import BadInput
from .task import CodeTask
from .taskset import TaskSet, load_folder, no_such_suite, read_manifest, suite_folder
from .visible import visible


@dataclass(frozen=True)
class Suite(TaskSet[CodeTask]):
    """A named, versioned set of code tasks.

    requires: what its references, tests and answers may import beside the standard library, as PEP 508 requirements
    (``numpy``, ``pandas>=2``). The rest is as ``TaskSet``'s.
    """

    KIND: ClassVar[str] = "code"

    requires: tuple[str, ...] = ()

    def _own_fields(self) -> dict[str, Any]:
        return {"requires": list(self.requires)} if self.requires else {}

    @staticmethod
    def load(ref: str | Path) -> Suite:
        """Load a suite.

        ``ref`` is the name of a built-in suite (``core``), a suite folder, a file in a foreign format (HumanEval,
        EvalPlus, MBPP, EvoEval; recognised by its fields), a Parquet file or a folder written for a hub, or
        ``hf:owner/dataset[:split]``. BadInput when there is no such suite or its content does not match its manifest.
        """
        folder = suite_folder(ref)
        if folder is not None:
            return _load_folder(folder)
        text = str(ref)
        if text.startswith("hf:"):
            from .formats.hub import load_hub

            return load_hub(text.removeprefix("hf:"))
        if not Path(text).exists():
            raise no_such_suite(ref)
        from .formats import read_foreign

        return read_foreign(Path(text))


def _load_folder(folder: Path) -> Suite:
    manifest = read_manifest(folder)
    if manifest.get("kind", Suite.KIND) != Suite.KIND:
        raise BadInput(f"{folder}: a suite of {visible(str(manifest['kind']), 40)} tasks; code tasks are needed here")
    requires = read_requires(manifest.get("requires", []), folder / "suite.json")
    return load_folder(Suite, folder, manifest, CodeTask.from_json, requires=requires)


def read_requires(value: Any, path: Path) -> tuple[str, ...]:
    """The requirements in a file's field; BadInput when it is no list of them."""
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise BadInput(f'{path}: requires: expected a list of requirements such as "numpy" or "pandas>=2"')
    if value:
        from .requires import parse_requirements

        try:
            parse_requirements(value)
        except BadInput as error:
            raise BadInput(f"{path}: {error}") from error
    return tuple(value)
