"""Method: every formula in two lines, worked on this site's own numbers; the words; what the numbers cannot tell."""

from __future__ import annotations

from collections.abc import Iterator

from ..content import Content
from ..render import Page, Place
from ..worked import formulas

PLACE = Place("method", "Method", "method.html")
GLOSSARY = (
    ("Task", "A prompt, an entry point and tests; identified by the digest of all of it."),
    ("Suite", "A named, versioned set of tasks; its digest names the exact tasks."),
    ("Root", "The original task that an evolved task descends from. An original task is its own root."),
    ("Operator", "What made an evolved task from its parent, such as renaming every variable."),
    ("Certificate", "The evidence that an evolved task is valid: which checks were made, and that they held."),
    ("Run", "One model’s answers to a suite and the verdicts on them, recorded in a folder of plain files."),
    ("Sample", "One answer to one task. A task may be asked several times."),
    ("Verdict", "What the sandbox found: pass, wrong, error, timeout, out of memory, or no answer."),
    ("Owed", "A sample that was not answered, not scored, or lost to the machine: it is in no share, and stated."),
    ("Board", "The runs of exactly the same tasks, which alone can be ranked against one another."),
    ("Update flip", "The same task, an old model and a new one: right before and wrong now, or the converse."),
    (
        "Evolution flip",
        "The same model, a root and the task evolved from it: right there and wrong here, or the converse.",
    ),
)


def present(content: Content) -> bool:
    """Always."""
    return True


def pages(content: Content) -> Iterator[Page]:
    """method.html."""
    yield Page(
        path=PLACE.path,
        template="method.html.j2",
        title=PLACE.title,
        finding="How every number here is computed, worked on this site’s own runs, and what it cannot tell.",
        place=PLACE.key,
        view={"formulas": formulas(content), "glossary": GLOSSARY},
    )
