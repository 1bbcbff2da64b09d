"""The asking half of the verb `values`: options in, a folder of answers out. What they say is the leaderboard's."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from ...benchmarks.errors import BadInput
from ...benchmarks.preference.timeline import Timeline, read_timeline
from ...benchmarks.texts import printable
from ..endpoint.api import Endpoint, Sampling
from ..preference.value_questions import EvidenceRule, Kind
from ..preference.value_run import ValueRun, asks_chooser, asks_endpoint
from .options import progress_bar

if TYPE_CHECKING:
    from ..preference.value_run import Ask


def ask_timeline(kind: Kind, options: Mapping[str, Any], horizon: int = 1) -> None:
    """Ask everything that is not there yet. options: those of ``evalrun values``, by name."""
    from ..preference.value_questions import questions

    timeline, sampling = _timeline(options), _sampling(options)
    rule = EvidenceRule(count=0) if kind == "probe" else _evidence_rule(options)
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


def play_coevolution(proxy: str, examinee: str, memory: int, options: Mapping[str, Any]) -> None:
    """Ask both arms of the experiment, what is there already not again."""
    from ..preference.coevolve import answers_expected
    from ..preference.coevolve import coevolve as play

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


async def _asks_by_label(endpoint: Endpoint, run: ValueRun, options: Mapping[str, Any], sampling: Sampling) -> Ask:
    """As ``evalrun prefer --mode forced_choice`` asks; what the server can tell is found out once in a run."""
    from ..endpoint.client import OpenAIEndpoint
    from ..preference.opening import Wanted, find_way, open_chooser

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
    from ..endpoint.opening import open_endpoint

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
    timeline = read_timeline(options["timeline"])
    for item in timeline.skipped[:20]:
        click.echo(printable(f"left out: {item.where}: {item.why}"), err=True)
    if len(timeline.skipped) > 20:
        click.echo(f"left out: {len(timeline.skipped) - 20} more", err=True)
    return timeline


def _evidence_rule(options: Mapping[str, Any]) -> EvidenceRule:
    return EvidenceRule(
        count=options["evidence"],
        characters=options["evidence_characters"],
        window=options["window"],
        own_history=not options["no_own_history"],
        named=not options["anonymous_periods"],
        seed=options["evidence_seed"],
    )


def _sampling(options: Mapping[str, Any]) -> Sampling:
    return Sampling(
        epochs=options["epochs"],
        temperature=options["temperature"],
        max_tokens=options["max_tokens"],
        seed=options["seed"],
    )


def _common_settings(options: Mapping[str, Any], rule: EvidenceRule, sampling: Sampling) -> dict[str, Any]:
    from ..endpoint.address import normal_base_url

    return {
        "base_url": normal_base_url(options["base_url"]),
        "evidence": asdict(rule),
        "sampling": sampling.to_json(),
    }
