"""The verb `run`: ask models, score their answers, record both."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ...benchmarks.selection import selection_options
from .cache import cache_dir_option
from .endpoint_options import POSITIVE, endpoint_options, price_options
from .options import finite, not_blank_each, sandbox_options, timeout_option
from .prompt_options import prompt_options


def _take_run_file(ctx: click.Context, parameter: click.Parameter, path: Path | None) -> Path | None:
    if path is not None:
        from .run_plans import take_run_file

        take_run_file(ctx, path)
    return path


@click.command()
@click.option(
    "--suite", "suites", multiple=True, metavar="SUITE", help="A built-in suite, a folder or a file. Repeatable."
)
@click.option(
    "--model",
    "models",
    multiple=True,
    callback=not_blank_each,
    metavar="NAME",
    help="The model's name at the endpoint. Repeatable.",
)
@click.option("--base-url", metavar="URL", help="The endpoint, e.g. http://localhost:8000/v1.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="The run's folder (default: runs/SUITE--MODEL); of several runs the folder of their folders.",
)
@click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    is_eager=True,
    callback=_take_run_file,
    metavar="FILE",
    help="A TOML or YAML file of these options; the command line goes before it.",
)
@click.option("--label", metavar="TEXT", help="The model's name in reports (default: --model).")
@click.option("--api-key-env", metavar="NAME", help="The environment variable that holds the key.")
@click.option("--form", type=click.Choice(["chat", "completions"]), default="chat", show_default=True)
@click.option("--epochs", type=click.IntRange(1, 1_000_000), default=1, show_default=True, help="Samples per task.")
@click.option("--temperature", type=click.FloatRange(min=0), callback=finite, help="Default: the server's.")
@click.option("--top-p", type=click.FloatRange(min=0, max=1, min_open=True), callback=finite)
@click.option("--max-tokens", type=click.IntRange(min=1), help="Tokens of one reply.")
@click.option("--seed", type=int, help="Epoch e is asked with seed + e.")
@click.option(
    "--batch-n",
    default="1",
    show_default=True,
    metavar="K|auto",
    help="Samples of a task that one request asks for (the field n); auto: up to 8, without --seed.",
)
@endpoint_options
@click.option(
    "--max-cost",
    type=POSITIVE,
    callback=finite,
    metavar="MONEY",
    help="Stop before all runs of this call together cost more.",
)
@click.option("--max-tokens-total", type=click.IntRange(min=1), help="Stop before they take more tokens, in and out.")
@price_options
@click.option("--cache", is_flag=True, help="Ask nothing that any run with --cache has been answered before.")
@cache_dir_option
@prompt_options
@selection_options
@click.option("--shard", metavar="I/N", help="Only share I of N of the samples; `evalrun merge` joins the shares.")
@click.option("--dry-run", is_flag=True, help="Say what would be asked and cost; ask and write nothing.")
@click.option("--generate-only", is_flag=True, help="Do not score; `evalrun score --suite SUITE RUN` does that later.")
@click.option("--resume", is_flag=True, help="Go on with the run in the folder, if there is one.")
@sandbox_options
@timeout_option
def command(**options: Any) -> int | None:
    """Ask models every task of suites, score their answers in a sandbox, and record both.

    The key, if the endpoint wants one, is read from EVALRUN_API_KEY or else OPENAI_API_KEY. A run that was
    interrupted goes on with --resume. Ctrl-C waits for what is in flight, a second one does not. Exit code 5:
    the endpoint or the sandbox failed or a budget is spent, and samples are owed.

    \b
    Examples:
      evalrun run --suite core --model my-model --base-url http://localhost:8000/v1 --limit 5 -o runs/try
      evalrun run --suite HumanEval.jsonl.gz --model my-model --base-url https://host/v1 -o runs/he --resume
      evalrun run --suite core --model my-model --base-url https://host/v1 --epochs 10 --temperature 0.8
      evalrun run --config runs.toml --dry-run
    """
    from .run_all import make_runs, say_what_would_be
    from .run_plans import plan_runs

    plans = plan_runs(click.get_current_context(), options)
    if options["dry_run"]:
        say_what_would_be(plans, resume=options["resume"])
        return None
    return make_runs(plans, options)
