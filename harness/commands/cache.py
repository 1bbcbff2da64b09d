"""The verb `cache`: what the response cache holds, and emptying it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, TypeVar

import click

from ...benchmarks import BadInput
from ...benchmarks.visible import visible
from ..endpoint.cachefile import FILE_NAME
from ..paths import cache_dir
from .options import finite

Command = TypeVar("Command", bound=Callable[..., Any])


def cache_dir_option(command: Command) -> Command:
    """``--cache-dir``, which names the folder of the response cache."""
    return click.option(
        "--cache-dir",
        type=click.Path(file_okay=False, path_type=Path),
        metavar="FOLDER",
        help="The response cache's folder (default: EVALRUN_CACHE_DIR, else the user's cache folder).",
    )(command)


def cache_path(folder: Path | None) -> Path:
    """The response cache's file in the folder that ``--cache-dir`` names, or in evalrun's own."""
    return (folder or cache_dir()) / FILE_NAME


@click.group()
def command() -> None:
    """Show or empty the cache of models' responses.

    The cache is shared by all runs that use it (`evalrun run --cache`): the same request for the same epoch is paid
    for once. It holds what models replied, and never a key.

    \b
    Examples:
      evalrun cache stats
      evalrun cache clear --model my-model --older-than 30 --yes
    """


@command.command()
@cache_dir_option
def stats(cache_dir: Path | None) -> None:
    """Show the entries, their size and age, and how often each model's were used."""
    from ..endpoint.cachestats import cache_stats

    path = cache_path(cache_dir)
    if not path.exists():
        click.echo(f"no response cache at {path}")
        return
    rows = cache_stats(path)
    size = sum(part.stat().st_size for part in path.parent.glob(f"{path.name}*"))
    click.echo(f"{path}: {sum(row.entries for row in rows)} entries, {_size(size)} on disk")
    for row in rows:
        age = f", {_day(row.oldest)} to {_day(row.newest)}" if row.oldest is not None else ""
        click.echo(
            f"  {visible(row.origin.model) or '(no model)'} at {visible(row.origin.base_url)} ({row.origin.form}): "
            f"{row.entries} entries, {_size(row.size)}, {row.hits} hits{age}"
        )
    damaged = sorted(path.parent.glob(f"{path.name}.damaged-*"))
    if damaged:
        click.echo(f"{len(damaged)} damaged files were moved aside; `evalrun cache clear` removes them as well")


@command.command()
@click.option("--older-than", type=click.FloatRange(min=0), callback=finite, metavar="DAYS", help="Only what is older.")
@click.option("--model", metavar="NAME", help="Only the responses of this model.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@cache_dir_option
def clear(older_than: float | None, model: str | None, yes: bool, cache_dir: Path | None) -> None:
    """Remove entries: all of them, or those that the options tell."""
    from ..endpoint.cachestats import clear_cache, count_matching

    path = cache_path(cache_dir)
    if not path.exists():
        click.echo(f"no response cache at {path}")
        return
    if not yes:
        count = count_matching(path, older_than_days=older_than, model=model)
        if not sys.stdin.isatty():
            raise BadInput(f"{path}: {count} entries would be removed; add --yes to do so")
        click.confirm(f"remove {count} entries of {path}?", abort=True)
    removed = clear_cache(path, older_than_days=older_than, model=model)
    click.echo(f"removed {removed} entries of {path}")


def _size(count: int) -> str:
    for unit in ("B", "kB", "MB"):
        if count < 1_000:
            return f"{count} {unit}"
        count //= 1_000
    return f"{count} GB"


def _day(seconds: int | None) -> str:
    return "?" if seconds is None else datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%d")
