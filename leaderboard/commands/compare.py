"""`evalrun compare`: what an update broke, what it fixed, and whether a release may go out."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ...benchmarks.errors import BadInput
from .outputs import write_outputs
from .shares import Share

if TYPE_CHECKING:
    from ..updates.update import Update

_FILE = click.Path(dir_okay=False, path_type=Path)
_COLOURS = {"ok": "green", "failed": "red", "inconclusive": "yellow"}


@click.command("compare", context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("old", type=click.Path(path_type=Path))
@click.argument("new", type=click.Path(path_type=Path))
@click.option("--max-nfr", type=Share(), help="Gate: most tasks broken, of all (negative flip rate).")
@click.option("--max-nfr-of-correct", type=Share(), help="Gate: most tasks broken, of those that passed before.")
@click.option(
    "--max-excess-nfr", type=Share(-1.0), help="Gate: most NFR above its noise floor (several samples a task)."
)
@click.option("--max-drop", type=Share(-1.0), help="Gate: most loss of pass@1; -1% demands a gain of a point.")
@click.option("--max-broken", type=click.IntRange(min=0), metavar="N", help="Gate: most tasks broken, as a number.")
@click.option("--min-pairwise", type=Share(), help="Gate: least tasks on which both runs agree (1 - NFR - PFR).")
@click.option("--min-compared", type=Share(), help="Gate: least tasks of both runs that could be compared.")
@click.option("--level", type=Share(), default="95%", show_default=True, help="Level of the intervals that decide.")
@click.option("--point", is_flag=True, help="Decide by what was seen alone, without intervals.")
@click.option("--strict", is_flag=True, help="What cannot be decided fails (exit code 3 in place of 4).")
@click.option("--allow-owed", is_flag=True, help="Decide on what is scored, whatever owed samples may bring.")
@click.option(
    "--show", type=click.IntRange(min=0), default=3, show_default=True, metavar="N",
    help="Broken tasks whose answers are printed; 0: none.",
)  # fmt: skip
@click.option("--json", "json_file", type=_FILE, help="Write all numbers and the answers as JSON.")
@click.option("--markdown", "markdown_file", type=_FILE, help="Write a report for a pull request.")
@click.option("--junit", "junit_file", type=_FILE, help="Write JUnit XML, one test case a task.")
@click.option("--github", is_flag=True, help="Append the report to the summary of this GitHub Actions job.")
def command(
    old: Path,
    new: Path,
    max_nfr: float | None,
    max_nfr_of_correct: float | None,
    max_excess_nfr: float | None,
    max_drop: float | None,
    max_broken: int | None,
    min_pairwise: float | None,
    min_compared: float | None,
    level: float,
    point: bool,
    strict: bool,
    allow_owed: bool,
    show: int,
    json_file: Path | None,
    markdown_file: Path | None,
    junit_file: Path | None,
    github: bool,
) -> int:
    """Compare two runs of one suite task by task, and decide whether an update may go out.

    OLD and NEW are run folders. Tasks that are not identical in both, or not scored in both, are listed and left out.
    With a limit (--max-..., --min-...) the command is a gate: exit code 0 where every limit is kept, 3 where one is
    exceeded, 4 where there are too few tasks to say; then it says how many would do. SHARE is 2% or 0.02.

    \b
    Examples:
      evalrun compare runs/march runs/june
      evalrun compare runs/march runs/june --max-nfr 5% --max-drop 1%
      evalrun compare runs/march runs/june --max-broken 0 --point --junit flips.xml
      evalrun compare runs/march runs/june --markdown update.md --json update.json
    """
    if not 0.5 <= level < 1:
        raise BadInput(f"--level {100 * level:g}%: expected a level from 50% to below 100%")
    summary = _summary_file(os.environ) if github else None
    from ...benchmarks.jsonio import writing
    from ..data import to_text
    from ..records.table import read_run
    from ..updates.data import update_data
    from ..updates.gate import Limits, Rule
    from ..updates.junit import as_junit
    from ..updates.markdown import as_markdown
    from ..updates.report import Look, as_text
    from ..updates.update import build_update

    limits = Limits(max_nfr, max_nfr_of_correct, max_excess_nfr, max_drop, max_broken, min_pairwise, min_compared)
    new_run = read_run(new, keep="all")
    update = build_update(read_run(old, keep="all"), new_run, limits, Rule(level, point, strict, allow_owed))
    write_outputs(
        [
            (json_file, lambda: to_text(update_data(update))),
            (markdown_file, lambda: as_markdown(update)),
            (junit_file, lambda: as_junit(update, new_run.created)),
        ],
        [old, new],
    )
    if summary is not None:
        with writing(summary), summary.open("a", encoding="utf-8") as stream:
            stream.write(as_markdown(update) + "\n")
    look = Look(min(shutil.get_terminal_size((120, 24)).columns, 140), show, _paint(os.environ))
    click.echo(as_text(update, look), nl=False)
    return _exit_code(update)


def _exit_code(update: Update) -> int:
    return 0 if update.gate is None else update.gate.exit_code


def _summary_file(environment: Mapping[str, str]) -> Path:
    name = environment.get("GITHUB_STEP_SUMMARY")
    if not name:
        raise BadInput("--github: GITHUB_STEP_SUMMARY is not set; use it in a step of GitHub Actions, else --markdown")
    return Path(name)


def _paint(environment: Mapping[str, str]) -> Callable[[str, str], str]:
    """Colour for outcomes where a person looks on and has not said no (https://no-color.org)."""
    if environment.get("NO_COLOR") or sys.stdout is None or not sys.stdout.isatty():
        return lambda word, outcome: word
    return lambda word, outcome: click.style(word, fg=_COLOURS[outcome], bold=True)
