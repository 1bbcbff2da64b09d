"""The verb `prefer`: ask a model about preference tasks, and write scored pairs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from ...benchmarks.selection import selection_options
from .cache import cache_dir_option
from .endpoint_options import endpoint_options
from .options import finite, not_blank

_MODES = ("auto", "prompt_logprobs", "echo", "teacher_force", "forced_choice", "judge")


def _reference_options(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in (
        click.option("--reference-api-key-env", metavar="NAME", help="The variable with the key of its endpoint."),
        click.option(
            "--reference-mode", type=click.Choice(_MODES[:4]), default="auto", show_default=True, help="As --mode."
        ),
        click.option("--reference-base-url", metavar="URL", help="Its endpoint (default: --base-url)."),
        click.option(
            "--reference-model",
            metavar="NAME",
            help="The model before its training: adds reward accuracy and distances (log-likelihoods only).",
        ),
    ):
        command = option(command)
    return command


@click.command()
@click.option("--suite", required=True, metavar="SUITE", help="A built-in suite (align), a folder, a file or hf:...")
@click.option("--model", required=True, callback=not_blank, metavar="NAME", help="The model's name at the endpoint.")
@click.option("--base-url", required=True, metavar="URL", help="The endpoint, e.g. http://localhost:8000/v1.")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="The run's folder (default: runs/SUITE--MODEL--MODE)."
)
@click.option(
    "--mode",
    type=click.Choice(_MODES),
    default="auto",
    show_default=True,
    help="How it is asked. auto: what `evalrun probe` finds, log-likelihoods before choices.",
)
@_reference_options
@click.option("--label", metavar="TEXT", help="The model's name in reports (default: --model).")
@click.option("--api-key-env", metavar="NAME", help="The environment variable that holds the key.")
@click.option(
    "--epochs",
    type=click.IntRange(1, 10_000),
    default=1,
    show_default=True,
    help="Answers to each order of two responses (choices only).",
)
@click.option(
    "--temperature", type=click.FloatRange(min=0), callback=finite, help="Of choices (default: the server's)."
)
@click.option("--top-p", type=click.FloatRange(min=0, max=1, min_open=True), callback=finite, help="Of choices.")
@click.option("--max-tokens", type=click.IntRange(min=1), help="Of one choice.")
@click.option("--seed", type=int, help="Of choices: epoch e is asked with seed + e.")
@click.option("--labels", default="A,B", show_default=True, metavar="X,Y", help="What a choice calls the responses.")
@click.option("--system", metavar="TEXT|@FILE", help="The system message of a choice.")
@click.option("--extra-body", multiple=True, metavar="KEY=JSON", help="A further field of each choice. Repeatable.")
@click.option(
    "--prompt-template",
    metavar="NAME|FILE",
    help="For log-likelihoods: how a conversation becomes text (default: the server's own where it has one).",
)
@click.option("--end-of-turn", is_flag=True, help="For log-likelihoods: score the token that ends a response as well.")
@selection_options
@endpoint_options
@click.option("--resume", is_flag=True, help="Go on with the run in the folder, if there is one.")
@cache_dir_option
def command(**options: Any) -> int | None:
    """Ask a model which responses it prefers, and score it on a suite of preference tasks.

    Where the server gives log-probabilities of a prompt, the model ranks responses by their likelihood (ranking
    accuracy). Else it is shown every two responses in both orders and says which one is better, by a label or in a
    written verdict (judge accuracy, another figure). The folder keeps every answer as it came; `pairs.jsonl` in it is
    what `evalrun preferences` and `evalrun leaderboard --preferences` read. The key is read from EVALRUN_API_KEY or
    else OPENAI_API_KEY. A run that was interrupted goes on with --resume. Exit code 5: answers are owed.

    \b
    Examples:
      evalrun prefer --suite align --model my-model --base-url http://localhost:8000/v1 -o runs/align
      evalrun prefer --suite align --model my-dpo --base-url http://localhost:8000/v1 --reference-model my-sft
      evalrun prefer --suite pairs.jsonl --model my-judge --base-url https://host/v1 --mode judge --epochs 3
    """
    from .prefer_run import prefer

    return prefer(options)
