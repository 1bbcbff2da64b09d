"""evalrun: evolving benchmark suites and honest comparison of model updates."""

from __future__ import annotations

__version__ = "0.1.0.dev0"
