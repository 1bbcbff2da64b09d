"""The options of ``evalrun evolve --loop``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from ...benchmarks import BadInput

Command = TypeVar("Command", bound=Callable[..., Any])
NAMES = frozenset("generations batch room patience runs reliability lessons".split())


def loop_options(command: Command) -> Command:
    """``--loop`` and what goes with it."""
    for option in reversed(
        [
            click.option(
                "--loop",
                is_flag=True,
                help="Evolve in generations that learn: which operators and parents make good tasks, and why others "
                "fell out.",
            ),
            click.option(
                "--generations", type=click.IntRange(1, 1000), default=10, show_default=True, help="Of --loop, at most."
            ),
            click.option(
                "--batch", type=click.IntRange(1, 1000), default=32, show_default=True, help="Proposals a generation."
            ),
            click.option(
                "--room", type=click.IntRange(1, 1000), default=8, show_default=True, help="Tasks of one kind kept."
            ),
            click.option(
                "--patience",
                type=click.IntRange(1, 1000),
                default=3,
                show_default=True,
                help="Generations without a new kind of task and without a gain after which it ends.",
            ),
            click.option(
                "--runs",
                multiple=True,
                type=click.Path(path_type=Path, file_okay=False),
                metavar="RUN",
                help="Runs of models on SUITE: tasks are wanted that tell these models apart. Repeatable.",
            ),
            click.option(
                "--reliability",
                type=click.FloatRange(0, 1, min_open=True, max_open=True),
                metavar="R",
                help="End with so many tasks as order models with this reliability, by what --runs say of such tasks.",
            ),
            click.option(
                "--lessons",
                type=click.Path(path_type=Path, dir_okay=False),
                metavar="FILE",
                help="Lessons of an earlier evolution, to begin with (read only).",
            ),
        ]
    ):
        command = option(command)
    return command


def refuse_without_loop() -> None:
    """BadInput where an option of --loop was given without it."""
    context = click.get_current_context()
    given = [
        parameter.opts[0]
        for parameter in context.command.params
        if parameter.name in NAMES
        and context.get_parameter_source(parameter.name) not in (None, click.core.ParameterSource.DEFAULT)
    ]
    if given:
        raise BadInput(f"{', '.join(given)}: this is for --loop; give that too, or leave it out")
