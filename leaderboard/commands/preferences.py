"""`evalrun preferences`: what models prefer, how often that is right, and what a rule that reads nothing would get."""

from __future__ import annotations

from pathlib import Path

import click

from .bars import bar
from .outputs import write_outputs

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command("preferences", context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("files", nargs=-1, required=True, metavar="FILE_OR_RUN...", type=click.Path(path_type=Path))
@click.option("--json", "json_file", type=_FILE, help="Write all numbers as JSON, each with its counts and interval.")
def command(files: tuple[Path, ...], json_file: Path | None) -> int:
    """Sum up scored preference pairs, of one model or of several side by side.

    FILE_OR_RUN is a file of scored pairs, the folder of a preference run, a file of scored thumbs (lines such as {"id":
    "a", "score": 1.5, "label": "up"}), or one of comparisons with a baseline ({"id": "a", "preference": 1}); all of
    them are described in docs/formats.md. Figures of two measures, or of two suites, are never compared. Rules that
    read nothing (a coin, the longer answer, the shorter, the first) stand beside the models. Where pairs were made from
    other pairs, name both files of a model: the flip gap is accuracy on a pair minus accuracy on its twin.

    \b
    Examples:
      evalrun preferences runs/june-align
      evalrun preferences old.jsonl new.jsonl judge.jsonl.gz
      evalrun preferences runs/align runs/align-evolved --json preferences.json
    """
    from ..data import to_text
    from ..preferences.comparisons import is_comparisons, read_comparisons, summarise_comparisons
    from ..preferences.data import preferences_data
    from ..preferences.summary import summarise_all
    from ..preferences.table import pairs_file, read_preferences
    from ..preferences.text import preferences_text
    from ..preferences.thumbs import is_thumbs, read_thumbs, summarise_thumbs

    paths = [pairs_file(path) for path in dict.fromkeys(path.resolve() for path in files)]
    liked = [path for path in paths if is_thumbs(path)]
    compared = [path for path in paths if path not in liked and is_comparisons(path)]
    pairs = [read_preferences(path) for path in paths if path not in (*liked, *compared)]
    thumbs = [summarise_thumbs(read_thumbs(path)) for path in liked]
    comparisons = [summarise_comparisons(read_comparisons(path)) for path in compared]
    with bar("measuring preferences", len(pairs)) as advance:
        summaries = summarise_all(pairs, progress=advance)
    write_outputs([(json_file, lambda: to_text(preferences_data(summaries, thumbs, comparisons)))], files)
    click.echo(preferences_text(summaries, thumbs, comparisons), nl=False)
    return 0
