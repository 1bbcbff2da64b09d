"""Options that choose tasks of a suite, for every verb that reads one."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Sequence
from typing import Any, TypeVar, overload

import click

from .errors import BadInput
from .loading import AnySuite
from .preference import PreferenceSuite, PreferenceTask
from .suite import Suite
from .task import CodeTask

Command = TypeVar("Command", bound=Callable[..., Any])


def selection_options(command: Command) -> Command:
    """``--limit`` and ``--tasks``."""
    command = click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Only the first N tasks.")(command)
    return click.option(
        "--tasks",
        multiple=True,
        metavar="GLOB",
        help="Only tasks whose id matches; may be repeated; !GLOB leaves tasks out.",
    )(command)


@overload
def select(suite: Suite, patterns: Sequence[str], limit: int | None) -> tuple[CodeTask, ...]: ...


@overload
def select(suite: PreferenceSuite, patterns: Sequence[str], limit: int | None) -> tuple[PreferenceTask, ...]: ...


def select(suite: AnySuite, patterns: Sequence[str], limit: int | None) -> tuple[Any, ...]:
    """The tasks of the suite that are asked for, in its order; BadInput when there are none."""
    wanted = [pattern for pattern in patterns if not pattern.startswith("!")]
    unwanted = [pattern[1:] for pattern in patterns if pattern.startswith("!")]
    chosen = [
        task
        for task in suite
        if (not wanted or any(fnmatch.fnmatchcase(task.id, pattern) for pattern in wanted))
        and not any(fnmatch.fnmatchcase(task.id, pattern) for pattern in unwanted)
    ]
    if not chosen:
        example = next((task.id for task in suite), "none at all")
        raise BadInput(
            f"--tasks {' '.join(patterns)}: matches no task of the suite {suite.ref} (ids such as {example!r})"
        )
    return tuple(chosen[:limit])
