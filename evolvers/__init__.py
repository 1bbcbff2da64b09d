"""Operators that turn tasks into new tasks, and the evidence that each new task is valid."""

from __future__ import annotations

from .chains import parse_operators
from .pipeline import Evolution, Tally, evolve
from .protocol import (
    AlteringOperator,
    Candidate,
    DerivedOperator,
    Executed,
    Gate,
    NotApplicable,
    Observation,
    Operator,
    Pool,
    operator_named,
    registered_operators,
)
from .verify import Failure, verify

__all__ = [
    "AlteringOperator",
    "Candidate",
    "DerivedOperator",
    "Evolution",
    "Executed",
    "Failure",
    "Gate",
    "NotApplicable",
    "Observation",
    "Operator",
    "Pool",
    "Tally",
    "evolve",
    "operator_named",
    "parse_operators",
    "registered_operators",
    "verify",
]
