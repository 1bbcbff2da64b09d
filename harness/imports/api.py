"""What a reader of a foreign result file gives, and how readers are found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from typing import Any, Literal, Protocol, runtime_checkable

from ...benchmarks import BadInput
from .document import Document

GROUP = "evalrun.importers"
TextKind = Literal["reply", "completion", "solution"]


@dataclass(frozen=True, slots=True)
class Claim:
    """What the other tool found. It is kept apart from verdicts, and never counts as one.

    tests: test name (``base``, ``plus``) to whether it passed, where the tool says so for each. said: its own words.
    """

    passed: bool
    tests: Mapping[str, bool] = field(default_factory=dict)
    said: str = ""


@dataclass(frozen=True, slots=True)
class ForeignSample:
    """One answer as a foreign file holds it.

    ids: names of its task, the best first; for a file that names none, ``position`` is the task's place in the suite.
    text: untouched. kind: a ``reply`` holds code somewhere, a ``completion`` goes after the prompt, a ``solution`` is a
    whole program. order: among the answers to its task, as the file numbers them. tokens: (input, output).
    """

    text: str
    kind: TextKind
    ids: tuple[str, ...] = ()
    position: int | None = None
    order: int = 0
    finish_reason: str | None = None
    tokens: tuple[int, int] | None = None
    latency_s: float | None = None
    claim: Claim | None = None


@dataclass(frozen=True, slots=True)
class Imported:
    """What one file holds; what it does not say is None or absent.

    tool: the program that wrote it, as people call it. sampling: ``temperature``, ``top_p``, ``max_tokens``, ``seed``.
    settings: whatever else describes the asking (base URL, task name, date), plain JSON. without_reply: answers that
    the tool did not get: they are owed there, and no wrong answers here.
    """

    tool: str
    samples: tuple[ForeignSample, ...] = ()
    tool_version: str | None = None
    model: str | None = None
    sampling: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    without_reply: int = 0


@runtime_checkable
class Importer(Protocol):
    """Reads one foreign format.

    A file is untrusted: nothing in it is run or unpickled, no name in it becomes a path, and what is wrong with it
    raises BadInput with one line. A second file that only describes the answers gives an ``Imported`` without samples.
    """

    name: str

    def recognises(self, document: Document) -> bool:
        """Whether the content (not the file's name) is of this format; asked with the first row or value at hand."""

    def read(self, document: Document) -> Imported:
        """Read it; BadInput says what is wrong, and where."""


def importer_names() -> tuple[str, ...]:
    """The names of all installed formats, sorted."""
    return tuple(sorted({entry.name for entry in entry_points(group=GROUP)}))


def load_importer(name: str) -> Importer:
    """The reader registered under a name; BadInput where there is none, or it is no reader."""
    found = {entry.name: entry for entry in entry_points(group=GROUP)}
    if name not in found:
        raise BadInput(f"--format {name[:40]!r}: no such format; there are {', '.join(sorted(found))}")
    try:
        made = found[name].load()()
    except (ImportError, AttributeError, TypeError) as error:
        raise BadInput(f"the format {name!r} cannot be loaded from {found[name].value}: {error}") from error
    if not isinstance(made, Importer):
        raise BadInput(f"the format {name!r}: {found[name].value} is no Importer")
    return made


def read_file(document: Document, name: str | None = None) -> tuple[str, Imported]:
    """The format's name and what the file holds. name: of the format, where the user says it."""
    if name is not None:
        return name, load_importer(name).read(document)
    for candidate in importer_names():
        importer = load_importer(candidate)
        if importer.recognises(document):
            return candidate, importer.read(document)
    raise BadInput(
        f"{document.path}: of no format that can be imported ({document.described}); "
        f"known: {', '.join(importer_names())}; --format names one"
    )
