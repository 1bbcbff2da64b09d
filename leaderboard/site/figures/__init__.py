"""Figures of the pages, one module each, drawn by matplotlib from numbers that are already computed."""

from .curves import pass_at_k_curves
from .excess import excess
from .forest import forest
from .histogram import solve_histogram
from .labels import move_apart
from .mosaic import flips_mosaic
from .pareto import pareto
from .preferences import preference_bars
from .scatter import scatter
from .significance import significance
from .slope import MOST_LINES, slope
from .style import Drawing
from .tau import tau_strip

__all__ = [
    "MOST_LINES",
    "Drawing",
    "excess",
    "flips_mosaic",
    "forest",
    "move_apart",
    "pareto",
    "pass_at_k_curves",
    "preference_bars",
    "scatter",
    "significance",
    "slope",
    "solve_histogram",
    "tau_strip",
]
