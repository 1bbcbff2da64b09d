"""Running trusted programs in batches in the sandbox, and what they are asked: values, repeats, witnesses, mutants."""

from __future__ import annotations

from .trials import Checked, Kills, Result, Trial, run_trials

__all__ = ["Checked", "Kills", "Result", "Trial", "run_trials"]
