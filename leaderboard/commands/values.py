"""``evalrun values``: how near a model comes to people's preferences over time, and how two models' own differ."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ...benchmarks.errors import BadInput
from ...benchmarks.texts import printable
from ...harness.commands.options import finite, not_blank, progress_bar

if TYPE_CHECKING:
    from ...benchmarks.preference.timeline import Timeline
    from ...harness.endpoint.api import Endpoint, Sampling
    from ...harness.preference.value_questions import EvidenceRule, Kind
    from ...harness.preference.value_run import Ask, ValueRun

Command = TypeVar("Command", bound=Callable[..., Any])
_FORMS = ("letter", "yes_no", "repeat")
_POSITIVE = click.FloatRange(min=0, min_open=True)


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
        click.option("--timeout", type=_POSITIVE, callback=finite, default=600.0, show_default=True, metavar="SECONDS"),
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
    _run("follow", options, _evidence_rule(options), horizon=1)


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
    _run("predict", options, _evidence_rule(options), horizon=horizon)


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
    from ...harness.preference.value_questions import EvidenceRule

    _run("probe", options, EvidenceRule(count=0), horizon=1)


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
    from ...harness.preference.coevolve import answers_expected
    from ...harness.preference.coevolve import coevolve as play
    from ...harness.preference.value_run import ValueRun, asks_endpoint

    timeline, rule, sampling = _timeline(options), _evidence_rule(options), _sampling(options)
    settings = {
        "kind": "coevolve",
        "proxy": proxy,
        "examinee": examinee,
        "memory": memory,
        **_common_settings(options, rule, sampling),
    }
    run = ValueRun(options["output"], settings, timeline, resume=options["resume"])

    async def ask(endpoint: Endpoint, advance: Callable[[], None]) -> None:
        await play(
            run,
            timeline,
            asks_endpoint(endpoint, proxy, sampling),
            asks_endpoint(endpoint, examinee, sampling),
            rule,
            epochs=sampling.epochs,
            memory=memory,
            connections=options["max_connections"],
            advance=advance,
        )

    _asked(options, ask, "coevolve", answers_expected(timeline, sampling.epochs), len(run.done))
    _show(options["output"], as_json=False)


def _run(kind: Kind, options: Mapping[str, Any], rule: EvidenceRule, horizon: int) -> None:
    """Ask everything that is not there yet, and print what the run says."""
    from ...harness.preference.value_questions import questions
    from ...harness.preference.value_run import ValueRun, asks_endpoint

    timeline, sampling = _timeline(options), _sampling(options)
    forms, in_words = list(dict.fromkeys(options["forms"])), options["ask"] == "words"
    if not in_words and forms != ["letter"]:
        raise BadInput("--form: forced_choice has one wording; leave --form out, or ask in words")
    wanted = list(questions(timeline, kind, rule, forms=forms, horizon=horizon, pairs_only=not in_words))
    if not wanted:
        raise BadInput(
            f"{options['timeline']}: nothing to ask; {kind} needs "
            + (f"more than {horizon} periods" if kind == "predict" else "items that --form and --ask can ask about")
        )
    settings = {
        "kind": kind,
        "model": options["model"],
        "label": options["label"] or options["model"],
        "ask": options["ask"],
        "forms": forms,
        "horizon": horizon,
        **_common_settings(options, rule, sampling),
    }
    run = ValueRun(options["output"], settings, timeline, resume=options["resume"])
    pairs = [(question, epoch) for question in wanted for epoch in range(sampling.epochs)]

    async def ask(endpoint: Endpoint, advance: Callable[[], None]) -> None:
        asks = asks_endpoint(endpoint, options["model"], sampling)
        if not in_words:
            asks = await _asks_by_label(endpoint, run, options, sampling)
        await run.ask_all(pairs, asks, options["max_connections"], advance)()

    _asked(options, ask, kind, len(pairs), len(run.done))
    _show(options["output"], as_json=False)


async def _asks_by_label(endpoint: Endpoint, run: ValueRun, options: Mapping[str, Any], sampling: Sampling) -> Ask:
    """As ``evalrun prefer --mode forced_choice`` asks; what the server can tell is found out once in a run."""
    from ...harness.endpoint.client import OpenAIEndpoint
    from ...harness.preference.opening import Wanted, find_way, open_chooser
    from ...harness.preference.value_run import asks_chooser

    if not isinstance(endpoint, OpenAIEndpoint):
        raise TypeError("forced choice needs an endpoint that gives whole replies")
    how: Mapping[str, Any] | None = run.remembered()
    if how is None:
        wanted = Wanted(mode="forced_choice", sampling=sampling)
        how = (await find_way(endpoint, options["model"], options["base_url"], wanted)).how
        run.remember(how)
    return asks_chooser(open_chooser(endpoint, options["model"], how, sampling))


def _asked(
    options: Mapping[str, Any],
    ask: Callable[[Endpoint, Callable[[], None]], Awaitable[None]],
    what: str,
    total: int,
    done: int,
) -> None:
    from ...harness.endpoint.opening import open_endpoint

    opened = open_endpoint(
        {
            "base_url": options["base_url"],
            "form": "chat",
            "max_connections": options["max_connections"],
            "max_retries": options["max_retries"],
            "timeout": options["timeout"],
            "total_timeout": 24 * options["timeout"],
            "no_adaptive": False,
            "api_key_env": options["api_key_env"],
        }
    )

    async def go() -> None:
        async with opened as endpoint:
            with progress_bar(what)(total, done) as advance:
                await ask(endpoint, advance)

    asyncio.run(go())


def _timeline(options: Mapping[str, Any]) -> Timeline:
    from ...benchmarks.preference.timeline import read_timeline

    timeline = read_timeline(options["timeline"])
    for item in timeline.skipped[:20]:
        click.echo(printable(f"left out: {item.where}: {item.why}"), err=True)
    if len(timeline.skipped) > 20:
        click.echo(f"left out: {len(timeline.skipped) - 20} more", err=True)
    return timeline


def _evidence_rule(options: Mapping[str, Any]) -> EvidenceRule:
    from ...harness.preference.value_questions import EvidenceRule

    return EvidenceRule(
        count=options["evidence"],
        characters=options["evidence_characters"],
        window=options["window"],
        own_history=not options["no_own_history"],
        named=not options["anonymous_periods"],
        seed=options["evidence_seed"],
    )


def _sampling(options: Mapping[str, Any]) -> Sampling:
    from ...harness.endpoint.api import Sampling

    return Sampling(
        epochs=options["epochs"],
        temperature=options["temperature"],
        max_tokens=options["max_tokens"],
        seed=options["seed"],
    )


def _common_settings(options: Mapping[str, Any], rule: EvidenceRule, sampling: Sampling) -> dict[str, Any]:
    from ...harness.endpoint.address import normal_base_url

    return {
        "base_url": normal_base_url(options["base_url"]),
        "evidence": asdict(rule),
        "sampling": sampling.to_json(),
    }


def _show(run: Path, as_json: bool) -> None:
    from ..values.words import run_report

    _print(run_report(run), as_json)


def _print(report: tuple[dict[str, Any], list[str]], as_json: bool) -> None:
    data, lines = report
    click.echo(json.dumps(data, indent=2, sort_keys=True) if as_json else printable("\n".join(lines)))
