"""Making the runs that a call of `run` has planned, one after another, and saying how each ended."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import click

from ...benchmarks import BadInput, EvalrunError, InfraError, Owed, Suite
from ..endpoint.opening import key_of, open_endpoint
from ..runs.budget import Budget, Caps
from ..runs.dry import estimate, estimate_lines, estimate_new, missing_keys
from ..runs.folder import check_folder, open_run
from ..runs.ledger import read_ledger
from ..runs.owed import write_owed
from ..runs.pipeline import Ended, Scoring, Work, work_off
from ..runs.summary import check_nothing_owed, summary_lines
from .cache import cache_path
from .options import opened
from .run_plans import Plan, by_suite

if TYPE_CHECKING:
    from ..endpoint.cachestore import ResponseCache

INTERRUPTED = 130


def make_runs(plans: Sequence[Plan], options: Mapping[str, Any]) -> int | None:
    """Make all runs and return the exit code; BadInput, before anything is asked, where a folder does not fit."""
    found = [check_folder(plan.folder, plan.manifest, resume=options["resume"]) for plan in plans]
    budget = Budget(Caps(options["max_cost"], options["max_tokens_total"]))
    if budget.caps.any:
        for plan, exists in zip(plans, found, strict=True):
            if exists:
                budget.charge(read_ledger(plan.folder).spent, plan.prices)
    with ExitStack() as stack:
        cache = None
        if options["cache"]:
            from ..endpoint.cachestore import ResponseCache

            cache = stack.enter_context(ResponseCache(cache_path(options["cache_dir"])))
        return _Runs(options, budget, cache, alone=len(plans) == 1).make(plans)


def say_what_would_be(plans: Sequence[Plan], *, resume: bool) -> None:
    """Print what each run would ask and cost; what is recorded already is not asked again.

    Raises:
        BadInput: a folder does not fit, or the variable that is to hold a key does not.
    """
    for plan in plans:
        key_of(plan.options)
        exists = check_folder(plan.folder, plan.manifest, resume=resume)
        if exists or plan.manifest["shard"] is not None:
            keys = missing_keys(plan.folder, plan.manifest, plan.by_id, exists=exists)
            found = estimate(keys, plan.by_id, plan.asking)
        else:
            found = estimate_new(plan.by_id, plan.asking)
        suite = plan.manifest["suite"]  # the whole one, as the run will name it; the plan's own is what is chosen of it
        ref = f"{suite['name']}@{suite['version']}#{suite['digest'][:12]}"
        click.echo("\n".join(estimate_lines(found, plan.folder, plan.asking.model, ref, plan.prices)))


class _Runs:
    """Makes the runs of one call, one after another."""

    def __init__(self, options: Mapping[str, Any], budget: Budget, cache: ResponseCache | None, *, alone: bool) -> None:
        self._options = options
        self._budget = budget
        self._cache = cache
        self._alone = alone
        self._errors: list[EvalrunError] = []

    def make(self, plans: Sequence[Plan]) -> int | None:
        """Make them all: what ends one of several does not end the others. The exit code, or None for success."""
        for suite, group in by_suite(plans):
            code = self._unscored(group) if self._options["generate_only"] else self._scored(suite, group)
            if code is not None:
                return code
        if not self._errors:
            return None
        if self._alone:
            raise self._errors[0]
        codes = [error.exit_code for error in self._errors]
        return next((code for code in (2, 5) if code in codes), 1)

    def _unscored(self, plans: Sequence[Plan]) -> int | None:
        return next((code for code in (self._run(plan, None) for plan in plans) if code is not None), None)

    def _scored(self, suite: Suite, plans: Sequence[Plan]) -> int | None:
        from ..oracle import with_expected

        options = self._options
        # opened before anything is asked: a machine that cannot score should say so before answers are paid for
        with opened(options, suite.requires) as sandbox:
            tasks = {task.id: task for task in with_expected(suite, sandbox)}
            scoring = Scoring(tasks, sandbox, options["test_timeout"])
            return next((code for code in (self._run(plan, scoring) for plan in plans) if code is not None), None)

    def _run(self, plan: Plan, scoring: Scoring | None) -> int | None:
        """Make one run; its exit code if it ends the call."""
        try:
            with open_run(plan.folder, plan.manifest, plan.suite.tasks, resume=self._options["resume"]):
                ended = work_off(self._work(plan, scoring))
                return _report(plan, ended, self._budget, scored=scoring is not None)
        except (BadInput, InfraError, Owed) as error:
            if self._alone:
                raise
            click.echo(f"evalrun: error: {' '.join(str(error).split())}", err=True)
            self._errors.append(error)
            return None

    def _work(self, plan: Plan, scoring: Scoring | None) -> Work:
        return Work(
            folder=plan.folder,
            tasks=plan.by_id,
            endpoint=open_endpoint(
                plan.options, self._cache, lambda body, response: self._budget.repeat(body, response, plan.prices)
            ),
            asking=plan.asking,
            connections=plan.options["max_connections"],
            scoring=scoring,
            budget=self._budget,
            prices=plan.prices,
        )


def _report(plan: Plan, ended: Ended, budget: Budget, *, scored: bool) -> int | None:
    ledger, tally = ended.ledger, ended.tally
    how = "add --resume to the same command to get them"
    why = ""
    if tally.exhausted:
        why = "the budget is spent"
        how = f"{how}, with a larger budget"
        click.echo(f"evalrun: {plan.folder}: stopped before the budget would be exceeded ({budget.words()})", err=True)
    elif tally.stopped:
        why = "the endpoint is down"
        click.echo(f"evalrun: the endpoint is down, and was not asked any further: {tally.last_failure}", err=True)
    elif tally.last_failure:
        times = tally.gave_up + tally.refused
        click.echo(f"evalrun: the endpoint failed {times} times: {tally.last_failure}", err=True)
    if ended.scoring_failure is not None:
        click.echo(f"evalrun: scoring stopped: {ended.scoring_failure}", err=True)
    write_owed(ledger, tally.failures, "interrupted" if ended.interrupted else why, scored=scored)
    planned, answered, judged = ledger.count()
    if ended.interrupted:
        done = f"{answered} of {planned} samples are answered" + (f", {judged} scored" if scored else "")
        click.echo(f"evalrun: interrupted; {done}, all of it in {plan.folder}", err=True)
        click.echo("evalrun: to go on, give the same command with --resume", err=True)
        return INTERRUPTED
    if scored:
        click.echo("\n".join(summary_lines(ledger)))
    else:
        click.echo(f"{answered} of {planned} answers in {plan.folder}, not scored")
        click.echo(f"next: evalrun score --suite SUITE {shlex.quote(str(plan.folder))}")
    check_nothing_owed(ledger, how, scored=scored)
    return None
