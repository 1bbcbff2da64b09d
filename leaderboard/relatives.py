"""What a reader of a score should know where the model, or a relative of it, wrote the tasks."""

from __future__ import annotations

from collections.abc import Sequence

from ..benchmarks.families import Author, same_model
from ..benchmarks.visible import visible
from .words import plural


def kin_words(kin: Sequence[Author], names: Sequence[str]) -> str:
    """The same of a model with these names, that is kin of these authors."""
    if not kin:
        return ""
    authors = "; ".join(f"{visible(author.model, 60)} wrote {plural(author.tasks, 'task')}" for author in kin)
    return (
        f"{authors}, and this model is {'that model' if wrote(kin, names) else 'of its family'}: it may do better "
        "here than on tasks as hard by others"
    )


def wrote(kin: Sequence[Author], names: Sequence[str]) -> bool:
    """Whether the model with these names is one of the authors."""
    return any(same_model(author.model, name) for author in kin for name in names)
