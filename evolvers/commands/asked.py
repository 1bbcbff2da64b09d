"""What the command line of ``evalrun evolve`` asks for, whichever kind of task and operator does it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line asks for; see ``evalrun evolve --help``."""

    operators: str | None
    seed: int | None
    secret: Path | None
    keep_seeds: float
    version: str | None
    count: int
    depth: int
    name: str | None
    tasks: tuple[str, ...]
    limit: int | None
