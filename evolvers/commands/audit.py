"""``evalrun audit``: what is wrong with anybody's benchmark?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ...benchmarks import GateFailed, Suite
from ...benchmarks.formats.lenient import load_leniently
from ...benchmarks.jsonio import require_writable, write_json, writing
from ...benchmarks.selection import select, selection_options
from ...benchmarks.texts import printable
from ...harness.commands.options import opened, sandbox_options
from ..audit import MUTANTS, audit, read_witnesses
from .bars import bars


@click.command("audit")
@click.argument("suite_ref", metavar="SUITE")
@click.option("--json", "output", type=click.Path(path_type=Path), help="Write all findings and figures to this file.")
@click.option(
    "--against",
    "--public",
    "public",
    multiple=True,
    metavar="SUITE",
    help="A public suite in which prompts are looked for (may be repeated).",
)
@click.option(
    "--mutants",
    type=click.IntRange(0, 1000),
    default=MUTANTS,
    show_default=True,
    help="Mutants per task that its tests must refuse; 0 for none.",
)
@click.option(
    "--answers",
    multiple=True,
    metavar="[NAME=]FILE",
    help="Another model's answers, as witnesses (what `evalrun score` reads; may be repeated): where they agree with "
    "each other and contradict the reference.",
)
@selection_options
@sandbox_options
def command(
    suite_ref: str,
    output: Path | None,
    public: tuple[str, ...],
    mutants: int,
    answers: tuple[str, ...],
    tasks: tuple[str, ...],
    limit: int | None,
    **options: Any,
) -> None:
    """Check the tasks of SUITE, a suite or a file in any format that evalrun reads.

    Does each reference pass its own tests, are the prompt's examples true, are the tests strong, is it deterministic,
    is it the only one of its kind? Prints one line for each finding (error, warning, note), then a summary. Exits with
    3 when there are errors.

    \b
    Examples:
      evalrun audit HumanEval.jsonl.gz
      evalrun audit mine.jsonl --against HumanEval.jsonl.gz --json findings.json
      evalrun audit mine.jsonl --answers a=a.jsonl --answers b=b.jsonl
    """
    if output is not None:
        require_writable(output)
    suite, bad_rows = load_leniently(suite_ref)
    if tasks or limit:
        suite = suite.subset(select(suite, tasks, limit))
        bad_rows = ()
    others = [Suite.load(ref) for ref in public]
    witnesses = read_witnesses(answers, suite)
    with opened(options, suite.requires) as sandbox, bars() as progress:
        report = audit(suite, sandbox, progress, bad_rows=bad_rows, public=others, mutants=mutants, witnesses=witnesses)
    if output is not None:
        with writing(output):
            write_json(output, report.to_json())
    click.echo(printable(report.table()))
    errors, warnings, notes = (report.count(each) for each in ("error", "warning", "note"))
    told = f"{suite.ref}: {len(suite)} tasks, {errors} errors, {warnings} warnings, {notes} notes"
    if errors:
        raise GateFailed(f"{told}; mend the tasks with errors, or leave them out with --tasks")
    click.echo(told)
