"""The files a verb is asked for: all of them can be written, or none is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

Output = tuple[Path | None, Callable[[], str]]
"""Where to write, None for not at all, and what makes the text."""


def write_outputs(outputs: Sequence[Output]) -> None:
    """Write each text to its file; BadInput, before the first is written, where one cannot be."""
    from ...benchmarks.jsonio import require_writable, write_atomic, writing

    wanted = [(file, make) for file, make in outputs if file is not None]
    for file, _ in wanted:
        require_writable(file)
    for file, make in wanted:
        with writing(file):
            write_atomic(file, make())
