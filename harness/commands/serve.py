"""The verb `serve`: a model's stand-in behind an OpenAI-compatible URL."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

import click

from ...benchmarks import BadInput, Suite
from ..serve.baselines import Baseline, Memorizer, Reference, RenamingMemorizer, Replay, Stub
from ..serve.server import Faults, serving
from .options import finite

_MEMORIZERS = {kind.name: kind for kind in (Memorizer, RenamingMemorizer)}


@click.command()
@click.option(
    "--baseline", type=click.Choice(["reference", "stub", *_MEMORIZERS]), help="Which baseline answers."
)  # fmt: skip
@click.option(
    "--replay", type=click.Path(exists=True, path_type=Path), help="Answer as recorded in a run or samples file."
)
@click.option("--suite", "suites", multiple=True, metavar="SUITE", help="What reference and --replay know; repeatable.")
@click.option(
    "--known", multiple=True, metavar="SUITE", help="What a memorizer has seen (default: --suite); repeatable."
)
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(0, 65535), default=8321, show_default=True, help="0: any free port.")
@click.option("--fail-after", type=click.IntRange(min=0), metavar="N", help="Drop every connection after N answers.")
@click.option(
    "--error-rate", type=click.FloatRange(0, 1), callback=finite, default=0.0, help="Share of HTTP 500 replies."
)
@click.option("--latency", type=click.FloatRange(min=0), callback=finite, default=0.0, metavar="SECONDS")
@click.option("--seed", type=int, default=0, help="Of --error-rate.")
def command(
    baseline: str | None,
    replay: Path | None,
    suites: Sequence[str],
    known: Sequence[str],
    host: str,
    port: int,
    fail_after: int | None,
    error_rate: float,
    latency: float,
    seed: int,
) -> None:
    """Stand in for a model: a baseline or recorded answers behind an OpenAI-compatible URL.

    reference gives each task's reference (the ceiling), stub a function that raises (the floor), and memorizer
    recites the references of the suites it has seen, whatever is asked; renaming-memorizer does the same under the
    function name that the question asks for. Runs until Ctrl-C.

    \b
    Examples:
      evalrun serve --baseline memorizer --known HumanEval.jsonl.gz
      evalrun serve --replay runs/old --suite core --port 9000
    """
    chosen = choose(baseline, replay, suites, known)
    faults = Faults(fail_after=fail_after, error_rate=error_rate, latency_s=latency, seed=seed)
    with serving(chosen, host=host, port=port, faults=faults) as base_url:
        click.echo(f"serving the model {chosen.name!r} at {base_url} (Ctrl-C ends it)")
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            click.echo("ended")


def choose(baseline: str | None, replay: Path | None, suites: Sequence[str], known: Sequence[str]) -> Baseline:
    """The baseline that the options name; BadInput where they do not fit together."""
    if (baseline is None) == (replay is None):
        raise BadInput("serve: give either --baseline or --replay")
    if known and baseline not in _MEMORIZERS:
        raise BadInput("serve: --known is what the memorizer has seen; give --suite to the others")
    if replay is not None:
        if len(suites) != 1:
            raise BadInput("serve: --replay needs one --suite, whose prompts the recorded answers belong to")
        return Replay(Suite.load(suites[0]), replay)
    if baseline == "stub":
        return Stub()
    refs = known or suites
    if not refs:
        raise BadInput(
            f"serve: --baseline {baseline} needs {'--known' if baseline in _MEMORIZERS else '--suite'} SUITE"
        )
    loaded = [Suite.load(ref) for ref in refs]
    return _MEMORIZERS.get(str(baseline), Reference)(loaded)
