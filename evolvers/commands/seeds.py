"""The options of ``evalrun evolve`` about where its seed comes from, which seeds it keeps, and the suite's version."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from ...benchmarks import BadInput
from ..commitment import commitment_of, new_secret, read_secret, seed_of
from ..keeping import DEFAULT_SHARE

Command = TypeVar("Command", bound=Callable[..., Any])
_VERSION = re.compile(r"\d{4}\.(0[1-9]|1[0-2])")


def seed_options(command: Command) -> Command:
    """``--commit``, ``--secret``, ``--keep-seeds`` and ``--version``; ``settled`` takes what the first two gave."""
    for option in (
        click.option(
            "--version", callback=_version, metavar="YYYY.MM", help="Version of the new suite (default: SUITE's)."
        ),
        click.option(
            "--keep-seeds",
            type=click.FloatRange(0, 1),
            default=DEFAULT_SHARE,
            show_default=True,
            metavar="SHARE",
            help="Share of the human-made tasks that the new suite holds untouched.",
        ),
        click.option(
            "--secret", type=click.Path(path_type=Path), help="File of the secret from which the seed follows."
        ),
        click.option(
            "--commit",
            type=click.Path(path_type=Path),
            is_eager=True,
            expose_value=False,
            callback=_commit,
            metavar="FILE",
            help="Draw a secret into a new FILE, print its commitment to publish beforehand, and stop.",
        ),
    ):
        command = option(command)
    return command


def settled(seed: int | None, secret: Path | None) -> tuple[int, dict[str, str]]:
    """The seed, and what the manifest records of the secret that it follows from."""
    if secret is None:
        return seed or 0, {}
    if seed is not None:
        raise BadInput("--seed and --secret: give one of them; the secret decides the seed")
    found = read_secret(secret)
    return seed_of(found), {"commitment": commitment_of(found)}


def _commit(ctx: click.Context, parameter: click.Parameter, value: Path | None) -> None:
    if value is None or ctx.resilient_parsing:
        return
    click.echo(commitment_of(new_secret(value)))
    click.echo(
        f"The secret is in {value}, which only you can read. Publish the commitment above with today's date, then:\n"
        f"evalrun evolve SUITE --secret {value} -o NEW_SUITE",
        err=True,
    )
    ctx.exit()


def _version(ctx: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    if value is not None and not _VERSION.fullmatch(value):
        raise click.BadParameter(f"{value[:20]!r} is no year and month such as 2026.11", ctx, parameter)
    return value
