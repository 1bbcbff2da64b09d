"""`evalrun report`: one run's score, costs, weak spots and failures."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ...benchmarks.errors import BadInput
from .outputs import write_outputs

if TYPE_CHECKING:
    from ...harness.runs.budget import Prices

_FILE = click.Path(dir_okay=False, path_type=Path)
_MONEY = click.FloatRange(min=0)


@click.command("report", context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("run", type=click.Path(path_type=Path))
@click.option(
    "--show", type=click.IntRange(min=0), default=3, metavar="N", help="Failures whose answers are printed (3)."
)
@click.option("--price-in", type=_MONEY, metavar="MONEY", help="Of a million tokens of questions.")
@click.option("--price-out", type=_MONEY, metavar="MONEY", help="Of a million tokens of answers.")
@click.option("--prices", type=_FILE, metavar="FILE", help='TOML: ["MODEL"] with in and out.')
@click.option("--json", "json_file", type=_FILE, help="Write all numbers and failures as JSON.")
@click.option("--markdown", "markdown_file", type=_FILE, help="Write the report as Markdown.")
def command(
    run: Path,
    show: int,
    price_in: float | None,
    price_out: float | None,
    prices: Path | None,
    json_file: Path | None,
    markdown_file: Path | None,
) -> int:
    """Sum up one run: score, verdicts, costs, and where it fails.

    RUN is a run folder. The score comes first, with its interval and with what is owed; then pass@k, tokens and time,
    the score by tag, operator and root, the slowest samples, and the failures with the failing test and the answer.

    \b
    Examples:
      evalrun report runs/june
      evalrun report runs/june --prices prices.toml --markdown june.md
      evalrun report runs/june --show 20
    """
    from ..data import to_text
    from ..scorecards.data import scorecard_data
    from ..scorecards.scorecard import build_scorecard
    from ..scorecards.text import scorecard_markdown, scorecard_text
    from ..updates.report import Look

    card = build_scorecard(run, _prices(run, price_in, price_out, prices))
    write_outputs(
        [(json_file, lambda: to_text(scorecard_data(card))), (markdown_file, lambda: scorecard_markdown(card))], [run]
    )
    look = Look(width=min(shutil.get_terminal_size((120, 24)).columns, 140), show=show)
    click.echo(scorecard_text(card, look), nl=False)
    return 0


def _prices(run: Path, price_in: float | None, price_out: float | None, listed: Path | None) -> Prices | None:
    """What a million tokens cost: as given, or as the file of prices says of the run's model."""
    from ...harness.runs.budget import Prices
    from ...harness.runs.prices import read_prices
    from ...harness.runs.records import load_manifest

    if price_in is not None and price_out is not None:
        return Prices(price_in, price_out)
    if price_in is not None or price_out is not None:
        raise BadInput("--price-in and --price-out belong together")
    if listed is None:
        return None
    found, model = read_prices(listed), str(load_manifest(run)["model"].get("name"))
    if model not in found:
        from ...benchmarks.visible import visible

        raise BadInput(f"{listed}: has no price for {visible(model, 60)}, the run's model; add it")
    return found[model]
