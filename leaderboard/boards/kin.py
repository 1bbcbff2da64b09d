"""Models that are asked tasks which they, or relatives of theirs, wrote: said beside their scores, and never hidden."""

from __future__ import annotations

from collections.abc import Iterable

from ...benchmarks.visible import visible
from ..records.table import RunTable
from ..relatives import kin_words, wrote

_MOST_NAMED = 6


def kin_mark(run: RunTable) -> str:
    """A few words beside the model's name; "" where it is no kin of any author of its tasks."""
    if not run.kin:
        return ""
    return "wrote tasks here" if wrote(run.kin, run.names) else "of the author's family"


def kin_sentence(run: RunTable) -> str:
    """What a reader of one run's score should know; "" where it is no kin of any author of its tasks."""
    return kin_words(run.kin, run.names)


def kin_note(runs: Iterable[RunTable]) -> str:
    """The same of all runs on a board, in one sentence; "" where none is kin."""
    marked = [run for run in runs if run.kin]
    if not marked:
        return ""
    authors = sorted({visible(author.model, 60) for run in marked for author in run.kin})
    labels = sorted({visible(run.label, 60) for run in marked})
    return (
        f"Tasks here were written by {_few(authors)}. {_few(labels)} {'is' if len(labels) == 1 else 'are'} of the same "
        "family and may do better on them than on tasks as hard by others."
    )


def _few(names: list[str]) -> str:
    shown = names[:_MOST_NAMED]
    more = f" and {len(names) - len(shown)} more" if len(names) > len(shown) else ""
    return ", ".join(shown) + more
