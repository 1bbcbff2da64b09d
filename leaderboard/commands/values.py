"""``evalrun values``: how near a model comes to people's preferences over time, and how two models' own differ."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ...benchmarks.texts import printable
from ...harness.commands.endpoint_options import POSITIVE
from ...harness.commands.options import finite, not_blank

if TYPE_CHECKING:
    from ...harness.preference.value_questions import Kind

Command = TypeVar("Command", bound=Callable[..., Any])
_FORMS = ("letter", "yes_no", "repeat")


@click.group("values", context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """Values over time: follow and predict what people of several periods prefer, and compare models' own values.

    \b
    Examples:
      evalrun values follow timeline.jsonl --model m --base-url http://localhost:8000/v1 -o runs/follow-m
      evalrun values predict timeline.jsonl --horizon 2 --model m --base-url URL -o runs/predict-m
      evalrun values probe items.csv --epochs 3 --form letter --form repeat --model old --base-url URL -o runs/old
      evalrun values drift runs/old runs/new
      evalrun values show runs/follow-m --json

    \b
    TIMELINE holds one period a line, with votes on the options of its items; docs/values.md says how.
    Numbers describe; none of them says which value is right.
    """


def _evidence_options(command: Command) -> Command:
    for option in (
        click.option("--anonymous-periods", is_flag=True, help="Say 'period 1' for a period, not its name."),
        click.option(
            "--no-own-history", is_flag=True, help="Do not show what earlier people answered to the very same item."
        ),
        click.option(
            "--window",
            type=click.Choice(["lifelong", "last"]),
            default="lifelong",
            show_default=True,
            help="Evidence from all periods so far, or from the present one only.",
        ),
        click.option(
            "--evidence-characters",
            type=click.IntRange(min=0),
            default=8000,
            show_default=True,
            help="Most characters of evidence in one question; cases are left out whole.",
        ),
        click.option(
            "--evidence",
            type=click.IntRange(min=0),
            default=8,
            show_default=True,
            metavar="K",
            help="Cases of what people preferred that each question shows.",
        ),
        click.option("--evidence-seed", type=int, default=0, show_default=True, help="Draws the cases."),
    ):
        command = option(command)
    return command


def _asking_options(command: Command) -> Command:
    for option in (
        click.option("--resume", is_flag=True, help="Go on with the run in the folder, if there is one."),
        click.option("--timeout", type=POSITIVE, callback=finite, default=600.0, show_default=True, metavar="SECONDS"),
        click.option("--max-retries", type=click.IntRange(min=0), default=6, show_default=True, help="Of one request."),
        click.option(
            "--max-connections", type=click.IntRange(min=1), default=8, show_default=True, help="Requests at a time."
        ),
        click.option("--seed", type=int, help="Epoch e is asked with seed + e."),
        click.option("--max-tokens", type=click.IntRange(min=1), help="Tokens of one reply (default: the server's)."),
        click.option("--temperature", type=click.FloatRange(min=0), callback=finite, help="Default: the server's."),
        click.option(
            "--epochs",
            type=click.IntRange(1, 10_000),
            default=1,
            show_default=True,
            help="Times each question is asked; 2 or more measure the noise.",
        ),
        click.option("--api-key-env", metavar="NAME", help="The environment variable that holds the key."),
        click.option("--base-url", required=True, metavar="URL", callback=not_blank, help="The endpoint."),
        click.option("-o", "--output", required=True, type=click.Path(path_type=Path), help="The run's folder."),
    ):
        command = option(command)
    return command


def _form_option(command: Command) -> Command:
    return click.option(
        "--form",
        "forms",
        multiple=True,
        type=click.Choice(_FORMS),
        default=("letter",),
        help="How the choice is to be stated; may be repeated, and then all are asked. yes_no: two options only. "
        "Default: letter.",
    )(command)


def _ask_option(command: Command) -> Command:
    return click.option(
        "--ask",
        type=click.Choice(["words", "forced_choice"]),
        default="words",
        show_default=True,
        help="words: a question in plain words, for any number of options. forced_choice: as evalrun prefer asks, by "
        "the probability of the label where the server tells it; items of two options only.",
    )(command)


_MODEL = click.option("--model", required=True, callback=not_blank, help="The model's name at the endpoint.")
_LABEL = click.option("--label", help="The model's name in reports (default: --model).")
_TIMELINE = click.argument("timeline", type=click.Path(path_type=Path))


@command.command("follow")
@_TIMELINE
@_MODEL
@_LABEL
@_form_option
@_ask_option
@_evidence_options
@_asking_options
def follow(**options: Any) -> None:
    """Ask what the people of each period prefer, given cases from up to that period; compare with their votes."""
    _ask("follow", options)


@command.command("predict")
@_TIMELINE
@click.option(
    "--horizon", type=click.IntRange(min=1), default=1, show_default=True, help="Periods from evidence to target."
)
@_MODEL
@_LABEL
@_form_option
@_ask_option
@_evidence_options
@_asking_options
def predict(horizon: int, **options: Any) -> None:
    """Ask what the people of a later period will prefer, given cases from up to the present one."""
    _ask("predict", options, horizon)


@command.command("probe")
@_TIMELINE
@_MODEL
@_LABEL
@_form_option
@_ask_option
@_asking_options
def probe(**options: Any) -> None:
    """Ask what the model itself prefers, without evidence: one side of `evalrun values drift`.

    TIMELINE may also be a file of items without periods and votes, or ProgressGym's tables of value items (.csv).
    """
    _ask("probe", options)


@command.command("show")
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
def show(run: Path, as_json: bool) -> None:
    """Print what RUN says."""
    _show(run, as_json)


@command.command("drift")
@click.argument("old", type=click.Path(path_type=Path))
@click.argument("new", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
def drift(old: Path, new: Path, as_json: bool) -> None:
    """Compare two probes of the same items: every dimension with its interval, and how often the choices differ.

    A dimension has moved where its change is beyond sampling, beyond the noise of repeating (--epochs 2 or more), and
    beyond the wording (several --form).
    """
    from ..values.words import drift_report

    _print(drift_report(old, new), as_json)


@command.command("coevolve")
@_TIMELINE
@click.option("--proxy", required=True, callback=not_blank, help="The model that stands in for people.")
@click.option("--examinee", required=True, callback=not_blank, help="The model that gives advice.")
@click.option(
    "--memory", type=click.IntRange(min=1), default=20, show_default=True, help="Pieces of advice the proxy remembers."
)
@_evidence_options
@_asking_options
def coevolve(proxy: str, examinee: str, memory: int, **options: Any) -> None:
    """EXPERIMENT: run a stand-in for people along the timeline with and without the advice of a model.

    Two arms that differ in the advice alone. Small and noisy; no measure of any model.
    """
    from ...harness.commands.values_asking import play_coevolution

    play_coevolution(proxy, examinee, memory, options)
    _show(options["output"], as_json=False)


def _ask(kind: Kind, options: Mapping[str, Any], horizon: int = 1) -> None:
    from ...harness.commands.values_asking import ask_timeline

    ask_timeline(kind, options, horizon)
    _show(options["output"], as_json=False)


def _show(run: Path, as_json: bool) -> None:
    from ..values.words import run_report

    _print(run_report(run), as_json)


def _print(report: tuple[dict[str, Any], list[str]], as_json: bool) -> None:
    data, lines = report
    click.echo(json.dumps(data, indent=2, sort_keys=True) if as_json else printable("\n".join(lines)))
