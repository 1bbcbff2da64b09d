"""What the two responses of a question are called: by the run's labels, or by the task's own."""

from __future__ import annotations

from ...benchmarks.preference import PreferenceTask
from .questions import Labels
from .verdicts import AROUND

OWN = "labels:ids"
"""The tag of a task whose responses are to be called by their ids; the operator ``label_renaming`` sets it."""


def labels_for(task: PreferenceTask, usual: Labels) -> Labels:
    """The labels by position, whichever response stands there: the ids of the task's first two responses where its tag
    asks for them and a reply could state them, else the usual ones.
    """
    if OWN not in task.tags:
        return usual
    own = (task.responses[0].id, task.responses[1].id)
    return own if can_be_stated(own) else usual


def can_be_stated(labels: Labels) -> bool:
    """Whether a question can show these labels and a reply can be read that states one of them."""
    plain = all(label and label.strip(AROUND) == label and not set("\n=") & set(label) for label in labels)
    return plain and len({*(label.casefold() for label in labels), "tie"}) == 3
