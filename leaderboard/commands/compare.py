"""`evalrun compare`: what an update broke, what it fixed, and whether the net change could be chance."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("compare", context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("old", type=click.Path(path_type=Path))
@click.argument("new", type=click.Path(path_type=Path))
@click.option("--json", "json_file", type=click.Path(dir_okay=False, path_type=Path), help="Write all numbers as JSON.")
@click.option("--markdown", "markdown_file", type=click.Path(dir_okay=False, path_type=Path), help="Write a report.")
def command(old: Path, new: Path, json_file: Path | None, markdown_file: Path | None) -> int:
    """Compare two runs of one suite task by task: negative and positive flips.

    OLD and NEW are run folders. Tasks that are not identical in both, or not scored in both, are listed and left out.

    \b
    Examples:
      evalrun compare runs/march runs/june
      evalrun compare runs/march runs/june --markdown update.md
    """
    from ...benchmarks.jsonio import write_atomic, writing
    from ..comparison import compare_runs
    from ..data import comparison_data, to_text
    from ..report import as_markdown, as_text
    from ..table import read_run

    comparison = compare_runs(read_run(old), read_run(new))
    if json_file is not None:
        with writing(json_file):
            write_atomic(json_file, to_text(comparison_data(comparison)))
    if markdown_file is not None:
        with writing(markdown_file):
            write_atomic(markdown_file, as_markdown(comparison))
    click.echo(as_text(comparison), nl=False)
    return 0
