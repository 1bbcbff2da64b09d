"""Options of every verb that asks a model: how its endpoint is reached, and what tokens cost there."""

from __future__ import annotations

from pathlib import Path

import click

from .options import Command, finite

POSITIVE = click.FloatRange(min=0, min_open=True)
"""For options; nan and inf are for the callback ``finite`` to refuse."""


def endpoint_options(command: Command) -> Command:
    """``--max-connections``, ``--max-retries``, ``--timeout``, ``--total-timeout`` and ``--no-adaptive``, as
    ``harness.endpoint.opening`` takes them.
    """
    for option in (
        click.option(
            "--no-adaptive", is_flag=True, help="Ask --max-connections at a time even of a server that says 429."
        ),
        click.option(
            "--total-timeout",
            type=POSITIVE,
            callback=finite,
            default=1800.0,
            show_default=True,
            metavar="SECONDS",
            help="Of one request: no further attempt begins after.",
        ),
        click.option(
            "--timeout",
            type=POSITIVE,
            callback=finite,
            default=300.0,
            show_default=True,
            metavar="SECONDS",
            help="One attempt, from first to last byte.",
        ),
        click.option("--max-retries", type=click.IntRange(min=0), default=6, show_default=True, help="Of one request."),
        click.option(
            "--max-connections", type=click.IntRange(min=1), default=16, show_default=True, help="Requests at a time."
        ),
    ):
        command = option(command)
    return command


def price_options(command: Command) -> Command:
    """``--price-in``, ``--price-out`` and ``--prices``."""
    for option in (
        click.option(
            "--prices",
            type=click.Path(path_type=Path, dir_okay=False),
            metavar="FILE",
            help='TOML: ["MODEL"] with in and out.',
        ),
        click.option(
            "--price-out",
            type=click.FloatRange(min=0),
            callback=finite,
            metavar="MONEY",
            help="Of a million tokens of answers.",
        ),
        click.option(
            "--price-in",
            type=click.FloatRange(min=0),
            callback=finite,
            metavar="MONEY",
            help="Of a million tokens of questions.",
        ),
    ):
        command = option(command)
    return command
