"""`evalrun leaderboard`: run folders in, a folder of pages that opens from disk out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from ..site.content import Content, Samples
    from .contents import Request


@click.command("leaderboard", context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("runs", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(file_okay=False, path_type=Path), help="Folder to write.")
@click.option(
    "--check",
    "checked",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="SITE",
    help="Write nothing: build the site again, with the choices recorded in it, and say what differs.",
)
@click.option("--title", default="Leaderboard", show_default=True, help="Heading of the site.")
@click.option(
    "--pair",
    "pairs",
    multiple=True,
    metavar="OLD:NEW",
    help="Labels of an update to show, or of several in a row (A:B:C), oldest first; may be repeated. Left out, labels "
    "that differ in a date or version at their end alone are taken for versions of one model.",
)
@click.option(
    "--control",
    "controls",
    multiple=True,
    metavar="LABEL",
    help="A baseline that is shown for scale and takes no rank; may be repeated.",
)
@click.option(
    "--preferences",
    multiple=True,
    metavar="FILE_OR_RUN",
    type=click.Path(path_type=Path),
    help="Scored preference pairs of a model (a file, or a preference run), for their page; may be repeated.",
)
@click.option(
    "--prices",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Money per million tokens of each model (TOML, as for --max-cost): shows what answers cost.",
)
@click.option(
    "--suite",
    "suites",
    multiple=True,
    metavar="SUITE",
    help="A suite of the runs, for its tasks' texts; built-in ones are found. May be repeated.",
)
@click.option(
    "--samples",
    type=click.Choice(["none", "failures", "all"]),
    default="failures",
    show_default=True,
    help="Which answers to publish.",
)
@click.option(
    "--publish-prompts/--no-publish-prompts", "prompts", default=True, show_default=True, help="Show the tasks' texts."
)
@click.option(
    "--max-size", type=click.IntRange(min=1), default=200, show_default=True, metavar="MB", help="Largest site to make."
)
@click.option("-q", "--quiet", is_flag=True, help="No progress bar, and no line at the end.")
@click.pass_context
def command(
    context: click.Context,
    runs: tuple[Path, ...],
    output: Path | None,
    checked: Path | None,
    title: str,
    pairs: tuple[str, ...],
    controls: tuple[str, ...],
    preferences: tuple[Path, ...],
    prices: Path | None,
    suites: tuple[str, ...],
    samples: Samples,
    prompts: bool,
    max_size: int,
    quiet: bool,
) -> int:
    """Publish runs as a site of static pages that opens from disk and loads nothing from elsewhere.

    RUNS are run folders. Runs of the same tasks share a board; a run of a suite evolved from another is set against
    the same model's run of the original. An existing site at OUTPUT is replaced when the new one is complete.

    With --check, exit code 3 where the site is not what the runs give.

    \b
    Examples:
      evalrun leaderboard runs/* -o site
      evalrun leaderboard runs/march runs/june -o site --pair march:june
      evalrun leaderboard runs/* -o site --suite HumanEval.jsonl.gz --samples all
      evalrun leaderboard runs/* --check site
    """
    from ...harness.runs.prices import read_prices
    from ..site.build import build_site
    from ..site.content import Choices
    from ..site.replacing import refuse_foreign
    from ..words import plural
    from .bars import bar
    from .contents import Request, content_of

    if (output is None) == (checked is None):
        raise click.UsageError("give either -o FOLDER, to write a site, or --check SITE, to check one")
    request = Request(
        runs=runs,
        title=title,
        pairs=pairs,
        suites=suites,
        preferences=preferences,
        prices={} if prices is None else read_prices(prices),
        choices=Choices(samples, prompts, max_size * 1_000_000, tuple(dict.fromkeys(controls))),
    )
    if checked is not None:
        return _check(content_of(_recorded(context, checked, request), quiet=quiet), checked, quiet)
    assert output is not None
    refuse_foreign(output.resolve())  # before the work, not after it
    content = content_of(request, quiet=quiet)
    with bar("writing files", quiet=quiet) as tick:
        build_site(content, output, tick=tick)
    owed = sum(run.owed for run in content.runs)
    if not quiet:
        where = output / "index.html"
        click.echo(f"{where}: {plural(len(content.runs), 'run')} on {plural(len(content.boards), 'board')}")
    if owed:
        click.echo(
            f"evalrun: {plural(owed, 'sample')} owed: those runs are shown as incomplete and not ranked.", err=True
        )
    return 0


def _recorded(context: click.Context, site: Path, request: Request) -> Request:
    """The request with the choices recorded in a site, but for those that the command line makes."""
    from click.core import ParameterSource

    from ..site.content import Choices
    from ..site.options import prices_of, read_options

    found = read_options(site)

    def given(name: str) -> bool:
        return context.get_parameter_source(name) is not ParameterSource.DEFAULT

    return replace(
        request,
        title=request.title if given("title") else found["title"],
        pairs=request.pairs if given("pairs") else tuple(found["pairs"]),
        prices=request.prices if given("prices") else prices_of(found),
        choices=Choices(
            samples=request.choices.samples if given("samples") else found["samples"],
            prompts=request.choices.prompts if given("prompts") else found["prompts"],
            most_bytes=request.choices.most_bytes,
            controls=request.choices.controls if given("controls") else tuple(found["controls"]),
        ),
    )


def _check(content: Content, site: Path, quiet: bool) -> int:
    """Say what differs, one line a kind, and fail where anything does."""
    from ...benchmarks.errors import GateFailed
    from ...benchmarks.visible import visible
    from ..site.check import check_site
    from ..words import plural
    from .bars import bar

    with bar("building again", quiet=quiet) as tick:
        found = check_site(content, site, tick=tick)
    for what, paths in found.sentences():
        shown = ", ".join(visible(path) for path in paths[:10]) + (", …" if len(paths) > 10 else "")
        click.echo(f"{what}: {plural(len(paths), 'file')}: {shown}")
    if found.sentences():
        raise GateFailed(
            f"{site}: not what these runs give; build it again, or give the runs, suites and options it was made from"
        )
    if not quiet:
        click.echo(f"{site}: whole, and exactly what {plural(len(content.runs), 'run')} give")
    return 0
