"""Options that several verbs share, and what they mean."""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ...benchmarks import Suite
from ..runs.appending import Progress

if TYPE_CHECKING:
    from ..sandbox.pool import SandboxPool

Command = TypeVar("Command", bound=Callable[..., Any])


def sandbox_options(command: Command) -> Command:
    """``--sandbox``, ``--workers``, ``--runtime`` and ``--fresh-container``; ``opened`` takes what they gave."""
    for option in (
        click.option(
            "--fresh-container",
            is_flag=True,
            help="A new sandbox for every program: slower, and nothing of one can meet the next.",
        ),
        click.option(
            "--runtime", metavar="NAME", help="The engine's runtime for containers, e.g. runsc (gVisor) or kata."
        ),
        click.option("--workers", type=click.IntRange(min=1), help="Sandboxes at a time (default: one per processor)."),
        click.option(
            "--sandbox",
            type=click.Choice(["auto", "docker", "bwrap", "process"]),
            default="auto",
            show_default=True,
            help="Where programs run. auto: docker, else bwrap. process protects nothing: for trusted code only.",
        ),
    ):
        command = option(command)
    return command


def opened(options: Mapping[str, Any], requires: Iterable[str]) -> SandboxPool:
    """The sandbox that ``sandbox_options`` ask for, with the packages that a suite requires."""
    from ..sandbox import open_sandbox

    return open_sandbox(
        options["sandbox"],
        workers=options["workers"],
        requires=requires,
        runtime=options["runtime"],
        fresh=options["fresh_container"],
    )


MOST_TEST_S = 86_400.0  # no test takes a day, and the sandbox's clocks do not count up to 1e300


def timeout_option(command: Command) -> Command:
    """``--test-timeout``."""
    return click.option(
        "--test-timeout",
        type=click.FloatRange(min=0, min_open=True, max=MOST_TEST_S),
        callback=finite,
        metavar="SECONDS",
        help="CPU seconds one test may take (default: 3, or ten times what the task's reference takes, if more; "
        "a task's own limit goes before it).",
    )(command)


def finite(ctx: click.Context, parameter: click.Parameter, value: float | None) -> float | None:
    """Refuse nan and inf, which ranges let through."""
    if value is not None and not math.isfinite(value):
        raise click.BadParameter(f"{value} is not a number", ctx, parameter)
    return value


def not_blank(ctx: click.Context, parameter: click.Parameter, value: str) -> str:
    """Refuse what an unset shell variable leaves."""
    if not value.strip():
        raise click.BadParameter("it is empty", ctx, parameter)
    return value


def not_blank_each(ctx: click.Context, parameter: click.Parameter, value: tuple[str, ...]) -> tuple[str, ...]:
    """The same for an option that may be repeated."""
    return tuple(not_blank(ctx, parameter, each) for each in value)


def default_folder(suite: Suite, model: str) -> Path:
    """``runs/<suite>--<model>`` below the working folder."""
    return Path("runs") / f"{suite.name}--{slug(model)}"


def slug(text: str) -> str:
    """A text as a file name."""
    return re.sub(r"[^A-Za-z0-9._+-]+", "-", text).strip("-.")[:100] or "model"


def progress_bar(what: str) -> Progress:
    """A progress bar on stderr, where that is a terminal."""

    @contextmanager
    def bar(total: int, done: int) -> Iterator[Callable[[], None]]:
        from tqdm import tqdm

        with tqdm(total=total, initial=done, desc=what, file=sys.stderr, disable=None, dynamic_ncols=True) as shown:

            def advance() -> None:
                shown.update()

            yield advance

    return bar
