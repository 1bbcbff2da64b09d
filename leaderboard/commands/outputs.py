"""The files a verb is asked for: all of them can be written, or none is."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from ...benchmarks.errors import BadInput

Output = tuple[Path | None, Callable[[], str]]
"""Where to write, None for not at all, and what makes the text."""


def write_outputs(outputs: Sequence[Output], runs: Sequence[Path] = ()) -> None:
    """Write each text to its file; BadInput, before the first is written, where one cannot be.

    Nor is any written where two of them name one file, or where one would replace a record of the runs that were read.
    """
    from ...benchmarks.jsonio import require_writable, write_atomic, writing

    wanted = [(file, make) for file, make in outputs if file is not None]
    _require_distinct([file for file, _ in wanted], runs)
    for file, _ in wanted:
        require_writable(file)
    for file, make in wanted:
        with writing(file):
            write_atomic(file, make())


def _require_distinct(files: Sequence[Path], runs: Sequence[Path]) -> None:
    from ...harness.preference.records import ANSWERS, PAIRS
    from ...harness.runs.records import LIMITS, MANIFEST, OWED, SAMPLES, SPENT, TASKS, VERDICTS

    records = (MANIFEST, TASKS, SAMPLES, LIMITS, VERDICTS, OWED, SPENT, ANSWERS, PAIRS)
    sources = {os.path.realpath(run) for run in runs}
    seen: set[Path] = set()
    for file in files:
        place = Path(os.path.realpath(file))
        if place in seen and not _is_stream(place):
            raise BadInput(f"{file}: two outputs would be written to it; give each a file of its own")
        if str(place) in sources:
            raise BadInput(f"{file}: is what was read, which is never written over; choose another place")
        if str(place.parent) in sources and place.name in records:
            raise BadInput(f"{file}: is a record of the run, which is never written over; choose another place")
        seen.add(place)


def _is_stream(place: Path) -> bool:
    """Several outputs may follow one another in a pipe or on a device."""
    return place.exists() and not place.is_file()
