"""Method: every formula in two lines, and its limits."""

from __future__ import annotations

from collections.abc import Iterator

from ...metrics.intervals import DRAWS
from ..content import Content
from ..render import Page, Place

PLACE = Place("method", "Method", "method.html")


def present(content: Content) -> bool:
    """Always."""
    return True


def pages(content: Content) -> Iterator[Page]:
    """method.html."""
    yield Page(
        path=PLACE.path,
        template="method.html.j2",
        title="Method",
        finding="How every number of this site is computed, from which source, and what it cannot tell.",
        place=PLACE.key,
        view={"draws": f"{DRAWS:,}", "seed": content.seed},
    )
