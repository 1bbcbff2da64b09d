"""``evalrun verify PAIRS --tests SUITE``: published labels against the tests of a code suite."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import click

from ...benchmarks import BadInput, GateFailed, Suite
from ...benchmarks.loading import load_any
from ...benchmarks.preference import PreferenceSuite
from ...benchmarks.texts import printable
from ...harness.commands.options import opened
from ..preferences.confirming import confirm, problem_of
from .verify import completed


def confirm_labels(pairs_ref: str, tests_ref: str, options: Mapping[str, Any]) -> None:
    """Print every label that is not confirmed, then the share that is; GateFailed when the tests contradict one."""
    pairs = load_any(pairs_ref)
    if not isinstance(pairs, PreferenceSuite):
        raise BadInput(f"suite {pairs.ref}: a suite of code tasks; --tests is for pairs of programs")
    tests = Suite.load(tests_ref)
    wanted = {problem_of(task) for task in pairs}
    tests = tests.subset(task for task in tests if task.id in wanted)
    if not len(tests):
        raise BadInput(f"{tests_ref}: none of the pairs' problems is in it ({sorted(wanted)[0]!r} is the first)")
    with opened(options, tests.requires) as sandbox:
        problems = {task.id: task for task in completed(tests, sandbox)}
        found = confirm(pairs, problems, sandbox)
    for each in found:
        if each.state in ("contradicted", "undecided"):
            click.echo(printable(f"{each.task}: {each.state}: better {each.better}, worse {each.worse}"))
    counts = Counter(each.state for each in found)
    looked_at = len(found) - counts["unknown"]
    click.echo(
        f"{pairs.ref}: {counts['confirmed']} of {looked_at} labels are confirmed by the tests of {tests.name}@"
        f"{tests.version} ({counts['contradicted']} contradicted, {counts['undecided']} undecided); of "
        f"{counts['unknown']} pairs it does not have the problem"
    )
    if counts["contradicted"]:
        raise GateFailed(f"{pairs.ref}: {counts['contradicted']} labels are contradicted by the tests")
