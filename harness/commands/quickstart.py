"""The verb `quickstart`: the whole loop once, with stand-ins for models, by calling the other verbs as a user would."""

from __future__ import annotations

import shlex
import time
from collections.abc import Sequence
from pathlib import Path

import click

from ...benchmarks import BadInput, EvalrunError, InfraError, Suite, built_in_suites
from ..serve.baselines import BASELINES, AdaptingMemorizer, Baseline, Memorizer, Reference


class StepFailed(EvalrunError):
    """A verb that quickstart called did not succeed; it has said why itself."""

    def __init__(self, line: str, exit_code: int) -> None:
        super().__init__(f"quickstart stopped: `{line}` ended with exit code {exit_code}")
        self.exit_code = exit_code


@click.command()
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), default=Path("evalrun-quickstart"), show_default=True,
    help="A new folder for everything that is made.",
)  # fmt: skip
@click.option("--suite", "suite_ref", default="core", show_default=True, metavar="SUITE", help="The suite to evolve.")
@click.option(
    "--sandbox", type=click.Choice(["auto", "docker", "bwrap", "process"]), default="auto", show_default=True,
    help="Where answers run.",
)  # fmt: skip
def command(output: Path, suite_ref: str, sandbox: str) -> None:
    """Try the whole loop in one go, without a model: evolve, run, compare, leaderboard.

    Control baselines answer in place of models: the reference, a stub, a memorizer that recites the suite it has seen,
    and one that does so under the name and parameters it is asked for. Each command line is printed before it runs, so
    that it can be repeated with a real model.

    \b
    Examples:
      evalrun quickstart
      evalrun quickstart --suite HumanEval.jsonl.gz -o he
    """
    if output.exists() and (not output.is_dir() or any(output.iterdir())):
        raise BadInput(f"{output}: holds something already; name a new folder with -o")
    from ..serve.server import serving

    began = time.monotonic()
    suite = Suite.load(suite_ref)
    kind = choose_sandbox(sandbox, suite_ref, suite.requires)
    evolved_folder, runs, site = output / "evolved", output / "runs", output / "site"

    click.echo(f"\n# 1. New tasks from the {len(suite)} of {suite.ref}, each with a certificate that anyone can check")
    place = ["--sandbox", kind]
    # Without kept seeds: what is shown here is what evolved tasks alone say of a model.
    made = ["--keep-seeds", "0", "--name", f"{suite.name}-evolved", "-o", str(evolved_folder)]
    _do(["evolve", suite_ref, "--operators", "rename,compose_post", "--seed", "0", *made, *place])
    _do(["verify", str(evolved_folder), *place])

    models = _baselines(suite, Suite.load(evolved_folder))
    click.echo(f"\n# 2. {len(models)} control baselines answer both suites; each answer is scored in the sandbox")
    with serving(models) as base_url:
        click.echo(f"\n(they listen at {base_url}, each under its name; see `evalrun serve --help`)")
        for model in (baseline.name for baseline in models):
            for which, ref in (("original", suite_ref), ("evolved", str(evolved_folder))):
                ask = ["--model", model, "--base-url", base_url, "-o", str(runs / f"{which}--{model}")]
                _do(["run", "--suite", ref, *ask, *place])

    click.echo("\n# 3. What an update from the reference to the adapting memorizer would break on the evolved suite")
    old, new = (str(runs / f"evolved--{name}") for name in (Reference.name, AdaptingMemorizer.name))
    _do(["compare", old, new])

    click.echo("\n# 4. One page of all of it, which opens from disk")
    folders = [str(folder) for folder in sorted(runs.iterdir())]
    pairs = [f"{Reference.name}:{kind.name}" for kind in (Memorizer, AdaptingMemorizer)]
    shown = [part for pair in pairs for part in ("--pair", pair)]
    _do(["leaderboard", *folders, "-o", str(site), "--title", "Quickstart", *shown])
    _tell_what_is_next(site / "index.html", suite_ref, evolved_folder, kind, time.monotonic() - began)


def _tell_what_is_next(page: Path, suite_ref: str, evolved: Path, kind: str, took_s: float) -> None:
    model = ["--model", "NAME", "--base-url", "http://localhost:8000/v1"]
    steps = (
        ("ask a model of yours the evolved suite", ["run", "--suite", str(evolved), *model, "-o", "runs/mine"]),
        ("keep the baselines at hand as models", ["serve", "--suite", str(evolved), "--known", suite_ref]),
        ("see what isolates answers here", ["sandbox", "doctor"]),
    )
    click.echo(f"\nDone in {took_s:.0f} s, scored in the {kind} sandbox. Open {page.resolve()}")
    click.echo("Next:")
    for why, line in steps:
        click.echo(f"  $ {shlex.join(['evalrun', *line])}    # {why}")


def choose_sandbox(asked: str, suite_ref: str, requires: Sequence[str] = ()) -> str:
    """The kind of sandbox to use, said aloud.

    Where neither Docker nor bubblewrap works, plain processes are used, but only since all that runs then comes with
    this package: its own suite's references and its own stand-ins. InfraError for any other suite.
    """
    from ..sandbox import open_sandbox

    if asked != "auto":
        return asked
    try:
        with open_sandbox("auto", workers=1, requires=requires) as sandbox:
            kind = sandbox.info.kind
    except InfraError as error:
        if suite_ref not in built_in_suites():
            raise
        click.echo(f"sandbox: none here ({error}).")
        click.echo("sandbox: plain processes instead, which protect nothing. That is safe in this quickstart only:")
        click.echo(
            "         every program that runs is the package's own. A model's answers need Docker or bubblewrap."
        )
        return "process"
    hint = "" if kind == "docker" else " (no Docker engine answers; see `evalrun sandbox doctor`)"
    click.echo(f"sandbox: {kind}{hint}")
    return kind


def _baselines(suite: Suite, evolved: Suite) -> list[Baseline]:
    """All controls; the reference knows both suites, the memorizers only the original."""
    known = {Reference.name: [suite, evolved]}
    return [make(known.get(name, [suite])) for name, make in BASELINES.items()]


def _do(arguments: Sequence[str]) -> None:
    """Print a command line and run it in this process, exactly as if it had been typed."""
    from ..cli import main

    line = shlex.join(["evalrun", *arguments])
    click.echo(f"\n$ {line}")
    code = main(arguments)
    if code:
        raise StepFailed(line, code)
