"""The verb `run`: ask a model, score its answers, record both."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import click

from ...benchmarks import CodeTask, Suite
from ...benchmarks.selection import select, selection_options
from ..endpoint.api import Sampling
from ..runs.folder import open_run
from ..runs.generate import Asking, Tally, generate_missing
from ..runs.manifest import new_manifest
from ..runs.records import load_run
from ..runs.summary import check_nothing_owed, summary_lines
from .options import default_folder, finite, not_blank, opened, progress_bar, sandbox_options, timeout_option
from .prompt_options import endpoint_form, prompt_options, prompt_settings


@click.command()
@click.option("--suite", "suite_ref", required=True, metavar="SUITE", help="A built-in suite, a folder or a file.")
@click.option("--model", required=True, callback=not_blank, metavar="NAME", help="The model's name at the endpoint.")
@click.option("--base-url", required=True, metavar="URL", help="The endpoint, e.g. http://localhost:8000/v1.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="The run's folder (default: runs/SUITE--MODEL).")
@click.option("--label", metavar="TEXT", help="The model's name in reports (default: --model).")
@click.option("--form", type=click.Choice(["chat", "completions"]), default="chat", show_default=True)
@click.option("--epochs", type=click.IntRange(min=1), default=1, show_default=True, help="Samples per task.")
@click.option("--temperature", type=click.FloatRange(min=0), callback=finite, help="Default: the server's.")
@click.option("--top-p", type=click.FloatRange(min=0, max=1, min_open=True), callback=finite)
@click.option("--max-tokens", type=click.IntRange(min=1), help="Tokens of one reply.")
@click.option("--seed", type=int, help="Epoch e is asked with seed + e.")
@click.option(
    "--max-connections", type=click.IntRange(min=1), default=16, show_default=True, help="Requests at a time."
)
@click.option("--max-retries", type=click.IntRange(min=0), default=6, show_default=True, help="Of one request.")
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    callback=finite,
    default=300.0,
    show_default=True,
    metavar="SECONDS",
    help="One attempt, from first to last byte.",
)
@prompt_options
@selection_options
@click.option("--generate-only", is_flag=True, help="Do not score; `evalrun score --suite SUITE RUN` does that later.")
@click.option("--resume", is_flag=True, help="Go on with the run in the folder, if there is one.")
@sandbox_options
@timeout_option
def command(**options: Any) -> None:
    """Ask a model every task of a suite, score its answers in a sandbox, and record both.

    The key, if the endpoint wants one, is read from EVALRUN_API_KEY or else OPENAI_API_KEY. A run that was
    interrupted goes on with --resume. Exit code 5: the endpoint or the sandbox failed, and samples are owed.

    \b
    Examples:
      evalrun run --suite core --model my-model --base-url http://localhost:8000/v1 --limit 5 -o runs/try
      evalrun run --suite HumanEval.jsonl.gz --model my-model --base-url https://host/v1 -o runs/he --resume
      evalrun run --suite core --model my-model --base-url https://host/v1 --epochs 10 --temperature 0.8
    """
    from ..endpoint.client import api_key, normal_base_url

    base_url = normal_base_url(options["base_url"])
    key = api_key()
    suite = Suite.load(options["suite_ref"])
    tasks = select(suite, options["tasks"], options["limit"])
    sampling = Sampling(**{name: options[name] for name in ("epochs", "temperature", "top_p", "max_tokens", "seed")})
    form = endpoint_form(options)
    prompts = prompt_settings(options, form)
    manifest = new_manifest(
        model=options["model"],
        label=options["label"],
        suite=suite,
        tasks=tasks,
        sampling=sampling.to_json(),
        endpoint={"base_url": base_url, "form": form},
        prompt=prompts.to_json(),
    )
    folder = options["output"] or default_folder(suite, options["model"])
    with open_run(folder, manifest, tasks, resume=options["resume"]):
        asking = Asking(options["model"], form, sampling, prompts)
        if options["generate_only"]:
            tally = _generate(folder, tasks, asking, base_url, key, options)
        else:
            tally = _generate_and_score(folder, suite.subset(tasks), asking, base_url, key, options)
        _report(folder, tally, generate_only=options["generate_only"])


def _generate_and_score(
    folder: Path, suite: Suite, asking: Asking, base_url: str, key: str | None, options: dict[str, Any]
) -> Tally:
    from ..oracle import with_expected
    from ..runs.score import score_missing

    # opened before anything is asked: a machine that cannot score should say so before answers are paid for
    with opened(options, suite.requires) as sandbox:
        complete = {task.id: task for task in with_expected(suite, sandbox)}
        tally = _generate(folder, suite.tasks, asking, base_url, key, options)
        score_missing(folder, complete, sandbox, timeout_s=options["test_timeout"], progress=progress_bar("scoring"))
    return tally


def _generate(
    folder: Path,
    tasks: tuple[CodeTask, ...],
    asking: Asking,
    base_url: str,
    key: str | None,
    options: dict[str, Any],
) -> Tally:
    from ..endpoint.client import OpenAIEndpoint
    from ..endpoint.retry import RetryPolicy

    endpoint = OpenAIEndpoint(
        base_url,
        asking.form,
        key=key,
        retry=RetryPolicy(max_retries=options["max_retries"]),
        timeout_s=options["timeout"],
        connections=options["max_connections"],
    )
    by_id = {task.id: task for task in tasks}
    work = generate_missing(
        folder, by_id, endpoint, asking, connections=options["max_connections"], progress=progress_bar("asking")
    )
    return asyncio.run(work)


def _report(folder: Path, tally: Tally, *, generate_only: bool) -> None:
    run = load_run(folder)
    if tally.last_failure:
        state = "is down, and was not asked any further" if tally.stopped else f"failed {tally.gave_up} times"
        click.echo(f"evalrun: the endpoint {state}: {tally.last_failure}", err=True)
    if generate_only:
        click.echo(f"{len(run.samples)} of {len(run.planned)} answers in {folder}, not scored")
        click.echo(f"next: evalrun score --suite SUITE {folder}")
        check_nothing_owed(run, run.unanswered, "add --resume to the same command to ask for them")
        return
    click.echo("\n".join(summary_lines(run)))
    check_nothing_owed(run, run.owed, "add --resume to the same command to get them")
