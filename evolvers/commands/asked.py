"""What the command line of ``evalrun evolve`` asks for, whichever kind of task and operator does it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...benchmarks import BadInput
from ...benchmarks.loading import load_any
from ...benchmarks.preference import PreferenceSuite
from ..published import Published


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
    public: tuple[str, ...] = ()

    def published(self) -> Published:
        """The texts of the suites that ``--public`` names; BadInput where one cannot be read or holds no code."""
        suites = []
        for ref in self.public:
            suite = load_any(ref)
            if isinstance(suite, PreferenceSuite):
                raise BadInput(f"--public {ref}: it holds preference tasks; give suites of code tasks")
            suites.append(suite)
        return Published.of(suites)


def named(published: Published) -> dict[str, Any]:
    """What a manifest says of the texts that a suite was held against; nothing where there were none."""
    return {"public": published.to_json()} if published else {}
