"""Options that choose tasks of a suite, for every verb that reads one."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol, TypeVar

import click

from .errors import BadInput

Command = TypeVar("Command", bound=Callable[..., Any])


class _Named(Protocol):
    """A task of any kind."""

    @property
    def id(self) -> str: ...


Task = TypeVar("Task", bound=_Named, covariant=True)


class _Tasks(Protocol[Task]):
    """A suite of any kind."""

    @property
    def ref(self) -> str: ...

    def __iter__(self) -> Iterator[Task]: ...


def selection_options(command: Command) -> Command:
    """``--limit`` and ``--tasks``."""
    command = click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Only the first N tasks.")(command)
    return click.option(
        "--tasks",
        multiple=True,
        metavar="GLOB",
        help="Only tasks whose id matches; may be repeated; !GLOB leaves tasks out.",
    )(command)


def select(suite: _Tasks[Task], patterns: Sequence[str], limit: int | None) -> tuple[Task, ...]:
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
