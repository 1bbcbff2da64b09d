"""Figures of the pages, one module each, drawn by matplotlib from numbers that are already computed."""

from .curves import pass_at_k_curves
from .forest import forest
from .labels import move_apart
from .pareto import pareto
from .significance import significance
from .slope import MOST_LINES, slope
from .style import Drawing

__all__ = [
    "MOST_LINES",
    "Drawing",
    "forest",
    "move_apart",
    "pareto",
    "pass_at_k_curves",
    "significance",
    "slope",
]
