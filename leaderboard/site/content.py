"""All that a site is made of: the numbers, the runs they came from, and what its maker chose to show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from ...benchmarks import Suite
from ...harness.runs.budget import Prices
from ..boards.board import Board
from ..boards.evolved import Evolution
from ..preferences.summary import PreferenceSummary
from ..records.table import RunTable
from ..updates.comparison import Comparison
from ..updates.versions import Version
from .names import Names

Samples = Literal["none", "failures", "all"]


@dataclass(frozen=True, slots=True)
class Choices:
    """What the site's maker asked for.

    samples: which answers are published. prompts: whether the text of tasks is. most_bytes: the site fails to build
    where it would be larger. controls: labels of baselines, which are shown and not ranked.
    """

    samples: Samples = "failures"
    prompts: bool = True
    most_bytes: int = 200_000_000
    controls: tuple[str, ...] = ()

    @property
    def shows_tasks(self) -> bool:
        """Whether a reader, or a crawler, could learn the tasks from the site: their texts, or answers to them."""
        return self.prompts or self.samples != "none"


@dataclass(frozen=True)
class Content:
    """Boards in the order of their weight, evolutions, updates, preferences, and the runs and suites behind them.

    suites: by digest, those that could be loaded: a run names its suite, but does not hold its tasks' texts. prices: by
    label or name of the model; the boards hold what they come to.
    """

    title: str
    runs: tuple[RunTable, ...]
    boards: tuple[Board, ...]
    evolutions: tuple[Evolution, ...]
    versions: tuple[Version, ...] = ()
    preferences: tuple[PreferenceSummary, ...] = ()
    suites: Mapping[str, Suite] = field(default_factory=dict)
    choices: Choices = Choices()
    prices: Mapping[str, Prices] = field(default_factory=dict)
    seed: int = 0

    @property
    def updates(self) -> tuple[Comparison, ...]:
        """The comparisons of all pairs of versions."""
        return tuple(version.comparison for version in self.versions)

    @property
    def newest(self) -> str:
        """The time of the newest run, as recorded: the site's date, so that building it again changes nothing."""
        return max(run.created for run in self.runs)

    def names(self) -> Names:
        """The file names of models and tasks."""
        return self._names

    @cached_property
    def _names(self) -> Names:
        return Names(
            models=sorted({run.label for run in self.runs}),
            tasks=sorted({(str(t), str(d)) for run in self.runs for t, d in run.tasks["digest"].items()}),
        )
