"""A formula as the page Method shows it."""

from __future__ import annotations

from dataclasses import dataclass

from ...benchmarks.visible import visible


@dataclass(frozen=True, slots=True)
class Formula:
    """A number that the site shows. text: plain formula; source: who published it, "" where it is plain counting.

    example: worked on this site's numbers; "" where it has none.
    """

    name: str
    text: str
    words: str
    source: str
    example: str


def name(label: str) -> str:
    """A label as it stands in an example."""
    return visible(label, 60)
