"""Making the preference run that a call of `prefer` asks for, and saying how it ended."""

from __future__ import annotations

import asyncio
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from ...benchmarks import BadInput, Owed
from ...benchmarks.jsonio import write_jsonl
from ...benchmarks.preference import PreferenceSuite
from ...benchmarks.selection import select
from ...benchmarks.visible import visible
from ..endpoint.address import normal_base_url
from ..endpoint.api import Sampling
from ..endpoint.client import OpenAIEndpoint
from ..endpoint.opening import key_of
from ..endpoint.retry import RetryPolicy
from ..preference.api import CHOICE_MODES, LOGLIKELIHOOD_MODES, Mode
from ..preference.folder import check_folder, open_run, stored_manifest
from ..preference.loglik_opening import Scoring
from ..preference.manifest import Asked, new_manifest
from ..preference.opening import Wanted, find_way, open_chooser, open_scores
from ..preference.pairs import Written, write_pairs
from ..preference.pipeline import Askers, Ended, Work, work_off
from ..preference.probe_result import AUTO, MODES
from ..preference.records import OWED, PAIRS, load_tasks, planned_items, read_answers
from ..runs.appending import as_outage
from .options import slug
from .prompt_options import prompt_settings

INTERRUPTED = 130
_RECORDED = ("max_connections", "max_retries", "timeout", "total_timeout", "no_adaptive")
_CHOICE_OPTIONS = ("temperature", "top_p", "max_tokens", "seed", "system")
_MUCH = 0.2
"""Share of replies without a readable choice above which a run is no measure of preferences."""
_VERB = "preferences"
"""The verb that shows what a run came to; above this floor, so that it is found by its name."""


def prefer(options: dict[str, Any]) -> int | None:
    """Make the run; the exit code, or None for success."""
    suite = PreferenceSuite.load(options["suite"])
    tasks = select(suite, options["tasks"], options["limit"])
    _say_skipped_rows(suite)
    options["base_url"] = normal_base_url(options["base_url"])
    options["reference_base_url"] = normal_base_url(options["reference_base_url"] or options["base_url"])
    wanted = _wanted(options)
    if options["output"] is not None:
        check_folder(options["output"])
    policy, reference = asyncio.run(_find_ways(options, wanted))
    _refuse_what_does_nothing(options, policy)
    manifest = new_manifest(
        policy,
        suite,
        tasks,
        wanted.sampling,
        label=options["label"],
        reference=reference,
        asking={name: options[name] for name in _RECORDED},
    )
    folder = options["output"] or Path("runs") / f"{slug(suite.name)}--{slug(options['model'])}--{policy.how['mode']}"
    with open_run(folder, manifest, tasks, resume=options["resume"]) as stored:
        _say_how(policy, reference, folder)
        try:
            askers = _askers(options, stored, wanted)
        except (KeyError, TypeError, ValueError) as error:
            raise BadInput(f"{folder}: run.json: how the model is asked cannot be read ({error})") from error
        work = Work(folder, stored, {task.id: task for task in tasks}, askers, options["max_connections"])
        ended = work_off(work)
        return _report(folder, stored, ended)


def _wanted(options: Mapping[str, Any]) -> Wanted:
    from ..preference.loglik_template import load_template

    prompts = prompt_settings({"system": options["system"], "extra_body": options["extra_body"]}, "chat")
    template = None if options["prompt_template"] is None else load_template(options["prompt_template"])
    labels = tuple(label.strip() for label in options["labels"].split(","))
    if len(labels) != 2:
        raise BadInput(f"--labels {options['labels'][:60]!r}: two words with a comma between are needed, such as A,B")
    return Wanted(
        mode=options["mode"],
        scoring=Scoring(template, options["end_of_turn"]),
        labels=(labels[0], labels[1]),
        system=prompts.system,
        fields=prompts.extra_body,
        sampling=Sampling(**{name: options[name] for name in ("epochs", "temperature", "top_p", "max_tokens", "seed")}),
    )


async def _find_ways(options: Mapping[str, Any], wanted: Wanted) -> tuple[Asked, Asked | None]:
    """How the model and its reference are asked. A run that is resumed goes on in the mode that it began in."""
    with_reference = options["reference_model"] is not None
    stored = stored_manifest(options["output"]) if options["resume"] and options["output"] else None
    among = LOGLIKELIHOOD_MODES if with_reference else MODES
    if wanted.mode in CHOICE_MODES and with_reference:
        raise BadInput(f"--reference-model goes with log-likelihoods; --mode {wanted.mode} gives none")
    policy = await _find_way(options, "", wanted, wanted.mode, among, stored and stored["how"])
    if not with_reference:
        return policy, None
    before = (stored or {}).get("reference") or {}
    return policy, await _find_way(
        options, "reference_", wanted, options["reference_mode"], LOGLIKELIHOOD_MODES, before.get("how")
    )


async def _find_way(
    options: Mapping[str, Any],
    prefix: str,
    wanted: Wanted,
    mode: str,
    among: tuple[Mode, ...],
    before: Mapping[str, Any] | None,
) -> Asked:
    if mode == AUTO and before is not None:
        among = tuple(each for each in among if each == before.get("mode")) or among

    def progress(what: str) -> None:
        if sys.stderr.isatty():
            click.echo(f"testing {what}...", err=True)

    base_url, model = options[f"{prefix}base_url"], options[f"{prefix}model"]
    if mode == AUTO and len(among) == 1:
        mode = among[0]
    patience = RetryPolicy(max_retries=min(2, options["max_retries"]), base_s=0.25, cap_s=2.0, total_s=60.0)
    asked = Wanted(mode, wanted.scoring, wanted.labels, wanted.system, wanted.fields, wanted.sampling)
    async with _client(options, prefix, patience) as client:
        return await find_way(client, model, base_url, asked, among, cache=options["cache_dir"], progress=progress)


def _client(options: Mapping[str, Any], prefix: str = "", retry: RetryPolicy | None = None) -> OpenAIEndpoint:
    return OpenAIEndpoint(
        options[f"{prefix}base_url"],
        "chat",
        key=key_of({"api_key_env": options[f"{prefix}api_key_env"] or options["api_key_env"]}),
        retry=retry or RetryPolicy(max_retries=options["max_retries"], total_s=options["total_timeout"]),
        timeout_s=options["timeout"],
        connections=options["max_connections"],
        adaptive=not options["no_adaptive"],
    )


def _refuse_what_does_nothing(options: Mapping[str, Any], policy: Asked) -> None:
    """An option that a mode leaves aside without a word would be taken for one that was heeded."""
    mode = policy.how["mode"]
    if mode in CHOICE_MODES:
        idle = [name for name in ("prompt_template", "end_of_turn") if options[name]]
    else:
        idle = [name for name in _CHOICE_OPTIONS if options[name] is not None]
        idle += [name for name in ("extra_body",) if options[name]] + (["epochs"] if options["epochs"] > 1 else [])
        idle += ["labels"] if options["labels"] != "A,B" else []
    if idle:
        other = "log-likelihoods" if mode in CHOICE_MODES else "choices"
        raise BadInput(f"--{idle[0].replace('_', '-')} is for {other}, and the mode is {mode}; leave it out")


def _askers(options: Mapping[str, Any], manifest: Mapping[str, Any], wanted: Wanted) -> Askers:
    client, how = _client(options), manifest["how"]
    if how["mode"] in CHOICE_MODES:
        return Askers((client,), chooser=open_chooser(client, options["model"], how, wanted.sampling))
    policy = open_scores(client, options["model"], how, wanted.scoring)
    if manifest["reference"] is None:
        return Askers((client,), {"policy": policy})
    other = _client(options, "reference_")
    reference = open_scores(other, options["reference_model"], manifest["reference"]["how"], wanted.scoring)
    return Askers((client, other), {"policy": policy, "reference": reference})


def _say_skipped_rows(suite: PreferenceSuite) -> None:
    if suite.skipped:
        first = suite.skipped[0]
        click.echo(
            f"evalrun: note: {len(suite.skipped)} rows of {visible(suite.name)} are no tasks and are left out, "
            f"the first at {visible(first.where)}: {visible(first.why)}",
            err=True,
        )


def _say_how(policy: Asked, reference: Asked | None, folder: Path) -> None:
    beside = "" if reference is None else f", beside {visible(reference.model)} by {reference.how['mode']}"
    click.echo(
        f"evalrun: asking {visible(policy.model)} by {policy.how['mode']}{beside}; records in {folder}", err=True
    )


def _report(folder: Path, manifest: Mapping[str, Any], ended: Ended) -> int | None:
    _write_owed(folder, manifest, ended)
    written = write_pairs(folder)
    for role, why in ended.down.items():
        which = "reference's endpoint" if role == "reference" else "endpoint"
        click.echo(f"evalrun: the {which} is down, and was not asked any further: {why}", err=True)
    if ended.failures and not ended.down and not ended.interrupted:
        times = len(ended.failures)
        click.echo(f"evalrun: the endpoint failed {times} times: {ended.last_failure}", err=True)
    for line in _notes(manifest, written):
        click.echo(f"evalrun: note: {line}", err=True)
    if ended.interrupted:
        click.echo(
            f"evalrun: interrupted; {ended.answered} of {ended.planned} are answered, all of it in {folder}", err=True
        )
        click.echo("evalrun: to go on, give the same command with --resume", err=True)
        return INTERRUPTED
    click.echo(f"{ended.answered} of {ended.planned} answered; {written.pairs} pairs in {folder / PAIRS}")
    _show(folder)
    if ended.owed:
        raise Owed(
            f"{folder}: {ended.owed} of {ended.planned} answers are owed, neither right nor wrong; add --resume to the "
            "same command to get them"
        )
    return None


def _notes(manifest: Mapping[str, Any], written: Written) -> list[str]:
    notes = []
    if written.skipped:
        notes.append(
            f"{sum(written.skipped.values())} pairs are skipped, and in no share ({_counted(written.skipped)})"
        )
    if written.without_reference:
        tasks, number = manifest["suite"]["tasks"], sum(written.without_reference.values())
        notes.append(
            f"{number} of {tasks} tasks have no reference scores ({_counted(written.without_reference)}); "
            "the rest is scored"
        )
    if written.unreadable:
        number = sum(written.unreadable.values())
        much = "; the figures say little about its preferences" if number > _MUCH * written.replies else ""
        notes.append(
            f"{number} of {written.replies} replies hold no choice that can be read, and are not right "
            f"({_counted(written.unreadable)}){much}"
        )
    return notes


def _counted(reasons: Mapping[str, int]) -> str:
    return ", ".join(f"{visible(reason, 80)}: {number}" for reason, number in sorted(reasons.items()))


def _show(folder: Path) -> None:
    """Show the figures, by the verb that does."""
    context = click.get_current_context(silent=True)
    root = context.find_root() if context is not None else None
    verb = root.command.get_command(root, _VERB) if root is not None and isinstance(root.command, click.Group) else None
    if verb is None or context is None:
        click.echo(f"next: evalrun {_VERB} {shlex.quote(str(folder))}")
        return
    with verb.make_context(_VERB, [str(folder)], parent=context) as inner:
        verb.invoke(inner)


def _write_owed(folder: Path, manifest: Mapping[str, Any], ended: Ended) -> None:
    """Write the list of what is owed anew; remove it where nothing is."""
    path = folder / OWED
    if not ended.owed:
        path.unlink(missing_ok=True)
        return
    tasks = load_tasks(folder)
    planned = list(planned_items(tasks.values(), manifest))
    done = {row.item for row in read_answers(folder, tasks, frozenset(planned))}
    why = "interrupted" if ended.interrupted else "the endpoint is down" if ended.down else "not asked"
    with as_outage(path):
        write_jsonl(
            path,
            ({**item.to_json(), "reason": ended.failures.get(item, why)} for item in planned if item not in done),
        )
