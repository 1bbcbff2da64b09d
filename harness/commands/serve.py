"""The verb `serve`: models' stand-ins behind an OpenAI-compatible URL."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from ...benchmarks import BadInput, Suite
from ..serve.baselines import BASELINES, Baseline, Stub
from ..serve.faults import Faults
from .options import finite

_MEMORIZERS = ("memorizer", "adapting-memorizer")
_share: dict[str, Any] = {"type": click.FloatRange(0, 1), "callback": finite, "default": 0.0, "metavar": "SHARE"}
_seconds: dict[str, Any] = {"type": click.FloatRange(min=0), "callback": finite, "default": 0.0, "metavar": "SECONDS"}


@click.command()
@click.option(
    "--baseline",
    "names",
    multiple=True,
    type=click.Choice(list(BASELINES)),
    help="Which baseline answers; repeatable (default: all of them, unless --recorded is given).",
)
@click.option(
    "--recorded",
    multiple=True,
    type=click.Path(exists=True, path_type=Path),
    help="Answer as recorded in a run's folder or a samples file; repeatable.",
)
@click.option(
    "--suite", "suites", multiple=True, metavar="SUITE", help="What reference and --recorded know; repeatable."
)
@click.option(
    "--known", multiple=True, metavar="SUITE", help="What the memorizers have seen (default: --suite); repeatable."
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen; only this machine by default.")
@click.option("--port", type=click.IntRange(0, 65535), default=8321, show_default=True, help="0: any free port.")
@click.option("--latency", "latency_s", **_seconds, help="Wait before each reply.")
@click.option("--token-latency", "token_latency_s", **_seconds, help="Wait before each token of a streamed reply.")
@click.option("--fail-after", type=click.IntRange(min=0), metavar="N", help="Drop every connection after N answers.")
@click.option("--error-rate", **_share, help="Requests that get HTTP 500.")
@click.option("--rate-limit-rate", **_share, help="Requests that get HTTP 429.")
@click.option("--overload-above", type=click.IntRange(min=0), metavar="N", help="HTTP 429 above N requests at a time.")
@click.option(
    "--retry-after",
    "retry_after_s",
    type=click.FloatRange(min=0),
    callback=finite,
    default=1.0,
    show_default=True,
    metavar="SECONDS",
    help="What a 429 asks to wait.",
)
@click.option("--no-retry-after", is_flag=True, help="A 429 does not say how long to wait.")
@click.option("--hang-rate", **_share, help="Requests that get no reply at all.")
@click.option("--truncate-rate", **_share, help="Requests whose reply ends half-way.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of all these shares.")
def command(
    names: Sequence[str],
    recorded: Sequence[Path],
    suites: Sequence[str],
    known: Sequence[str],
    host: str,
    port: int,
    no_retry_after: bool,
    **faults: Any,
) -> None:
    """Stand in for models: control baselines or recorded answers behind an OpenAI-compatible URL.

    Each is a model of one server: reference gives each task's reference (the upper bound), stub a function that raises
    (the lower), memorizer recites the references of the suites it has seen, whatever is asked (what leakage alone
    buys), and adapting-memorizer does the same under the name and parameters that are asked for. A recorded run answers
    under its model's name. Runs until Ctrl-C or SIGTERM; needs no key, and so listens to this machine only.

    \b
    Examples:
      evalrun serve --suite core
      evalrun serve --suite suites/he-fresh --known HumanEval.jsonl.gz
      evalrun serve --recorded runs/old --port 9000
      evalrun serve --suite core --baseline reference --latency 0.2 --rate-limit-rate 0.1
    """
    chosen = choose(names, recorded, suites, known)
    drill = Faults(**{**faults, "retry_after_s": None if no_retry_after else faults["retry_after_s"]})
    from ..serve.server import is_loopback, serve_until_signal

    if not is_loopback(host):
        click.echo(f"evalrun: note: {host} is reached from other machines; this server asks for no key", err=True)

    def announce(base_url: str) -> None:
        models = ", ".join(baseline.name for baseline in chosen)
        click.echo(f"serving at {base_url} (Ctrl-C ends it); models: {models}")

    serve_until_signal(chosen, announce, host=host, port=port, faults=drill)
    click.echo("ended")


def choose(
    names: Sequence[str], recorded: Sequence[Path], suites: Sequence[str], known: Sequence[str]
) -> list[Baseline]:
    """The stand-ins that the options name; BadInput where they do not fit together."""
    from ..serve.recorded import recorded as recorded_models

    names = tuple(dict.fromkeys(names)) or (() if recorded else tuple(BASELINES))
    if known and not any(name in _MEMORIZERS for name in names):
        raise BadInput("serve: --known is what the memorizers have seen; give --suite to the others")
    loaded = {ref: Suite.load(ref) for ref in (*suites, *known)}
    chosen: list[Baseline] = []
    for name in names:
        refs = (known or suites) if name in _MEMORIZERS else suites
        if not refs and name != Stub.name:
            option = "--known" if name in _MEMORIZERS else "--suite"
            raise BadInput(f"serve: the baseline {name} needs {option} SUITE, e.g. {option} core")
        chosen.append(BASELINES[name]([loaded[ref] for ref in refs]))
    return [*chosen, *recorded_models(recorded, [loaded[ref] for ref in suites])]
