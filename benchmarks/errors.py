"""The exception tree of evalrun; every message is one line that says what, where and how to mend it.

EvalrunError            exit code 1
├── BadInput            exit code 2   the user's file, option or reference is wrong
├── GateFailed          exit code 3   a check that was asked for does not hold
├── Inconclusive        exit code 4   too little evidence to decide
├── Owed                exit code 5   samples are owed because of an outage; resume to get them
└── InfraError          exit code 5   the engine, the endpoint or the disk failed
"""

from __future__ import annotations


class EvalrunError(Exception):
    """Base of every error evalrun raises on purpose."""

    exit_code = 1


class BadInput(EvalrunError):
    """Something the user gave is wrong; nothing was written."""

    exit_code = 2


class GateFailed(EvalrunError):
    """A gate or a certificate does not hold."""

    exit_code = 3


class Inconclusive(EvalrunError):
    """There is too little evidence to answer the question that was asked."""

    exit_code = 4


class Owed(EvalrunError):
    """Samples remain owed; nothing that was paid for is lost, and resuming continues."""

    exit_code = 5


class InfraError(EvalrunError):
    """The engine, an endpoint or the disk failed: never the fault of an answer."""

    exit_code = 5
