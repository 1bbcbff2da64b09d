"""Loaders of preference data: a file's format is told by the fields of its rows, never by its name.

A row that is no task (equal responses, a missing side, an id that occurs twice, votes that contradict the label) is
left out and told in ``PreferenceSuite.skipped``; the others are read all the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...errors import BadInput
from ...visible import visible
from ..suite import PreferenceSuite, Skipped
from . import labelled, plain, questionnaires, scored, transcripts
from .rows import Format, PreferenceRow, unique
from .sources import Source, source_of

#: The first that matches decides, so what asks for more fields stands first.
FORMATS: tuple[Format, ...] = (
    plain.OWN,
    questionnaires.WRITTEN,
    questionnaires.MORALCHOICE,
    labelled.CODEPREFBENCH,
    labelled.PKU,
    labelled.LLMBAR,
    labelled.ALPACAFARM,
    scored.SHP,
    scored.ULTRAFEEDBACK,
    transcripts.HH,
    plain.REWARDBENCH,
    plain.PLAIN,
)


def read_preferences(ref: str | Path) -> PreferenceSuite:
    """The suite in a file, a folder of data files or a hub dataset of preference data.

    BadInput, in one line, when it cannot be read, its rows are of no known format, or none of them is a task.
    """
    return suite_of(source_of(ref))


def format_of(source: Source) -> Format | None:
    """The format of the first row that has one: a file may begin with a bad row."""
    return next((form for _, row in source.rows if not isinstance(row, str) for form in [detect(row)] if form), None)


def detect(row: Mapping[str, Any]) -> Format | None:
    """The format that a row's fields tell, or None."""
    return next((form for form in FORMATS if form.matches(row)), None)


def suite_of(source: Source) -> PreferenceSuite:
    """The tasks that the rows describe, and in ``skipped`` the rows that are none."""
    form = format_of(source)
    if form is None:
        raise BadInput(_unknown(source))
    rows = [
        PreferenceRow(where, row, number)
        for number, (where, row) in enumerate(source.rows, 1)
        if not isinstance(row, str)
    ]
    broken = tuple(Skipped(where, visible(row, 300)) for where, row in source.rows if isinstance(row, str))
    tasks, skipped = unique(form.read(rows, source.name), form.own_ids)
    skipped = broken + skipped
    if not tasks:
        why = f"{skipped[0].where}: {skipped[0].why}" if skipped else "it is empty"
        more = f", and {len(skipped) - 1} more rows" if len(skipped) > 1 else ""
        raise BadInput(f"{source.where}: none of its rows is a preference task ({why}{more})")
    return PreferenceSuite(
        name=source.name, version="1", tasks=tasks, source=f"{Path(source.where).name} ({form.name})", skipped=skipped
    )


def _unknown(source: Source) -> str:
    first = next((row for _, row in source.rows if not isinstance(row, str)), None)
    if first is None:
        why = f" ({source.rows[0][0]}: {visible(source.rows[0][1])})" if source.rows else ""
        return f"{source.where}: holds no rows{why}"
    from ...formats import detect_format

    code = detect_format(first)
    if code is not None:
        return f"{source.where}: code tasks ({code}); preference tasks are needed here (the built-in suite is align)"
    found = ", ".join(visible(name, 40) for name in sorted(map(str, first))[:20])
    known = "; ".join(f"{form.name}: {form.fields}" for form in FORMATS)
    return f"{source.where}: rows of no known format (fields found: {found}). Known formats and their fields: {known}"
