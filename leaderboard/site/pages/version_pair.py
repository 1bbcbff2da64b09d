"""The page of one update: its 2x2 table, where it broke and fixed, and each task that changed."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from ....benchmarks.visible import visible
from ...records.table import RunTable
from ...updates.comparison import Comparison, TaskChange
from ...updates.versions import Part, Version
from ...updates.words import changed, verdict_on_update
from ...words import NONE, bounds, p_value, percent, plural, points, short_suite
from ..cells import delta, sort_key
from ..downloads import Value, table
from ..figures.mosaic import flips_mosaic
from ..render import Asset, Page, View

MOST_TASKS = 200

TaskPages = Mapping[tuple[str, str], str]
"""The path of every task's page, by id and digest."""


def pair_pages(
    path: str, versions: Sequence[Version], task_pages: TaskPages, place: str, *, details: bool
) -> Iterator[Page | Asset]:
    """The page at ``path`` for one pair of labels, a section for each board, and its table of tasks as files.

    details: whether to publish what scoring said of failures, which repeats what the tests ask and expect.
    """
    first = versions[0].comparison
    data = path.removesuffix(".html")
    yield Page(
        path=path,
        template="version_pair.html.j2",
        title=f"{visible(first.old)} → {visible(first.new)}",
        finding=verdict_on_update(first),
        place=place,
        view={
            "sections": [_section(version, index, task_pages) for index, version in enumerate(versions, 1)],
            "data": data,
            "details": details,
        },
    )
    yield from table(data, [row for version in versions for row in _records(version, details)])


def _section(version: Version, index: int, task_pages: TaskPages) -> View:
    one = version.comparison
    name = f"update-{index}"
    tested = {test.task: test.changed for test in one.task_tests}
    pages = {
        str(task): task_pages.get((str(task), str(digest))) for task, digest in version.old.tasks["digest"].items()
    }

    def views(changes: Sequence[TaskChange]) -> list[View]:
        return [_change(change, version, tested, pages.get(change.task)) for change in changes[:MOST_TASKS]]

    return {
        "id": name,
        "suite": short_suite(one.suite),
        "verdict": "" if index == 1 else verdict_on_update(one),
        "cards": _cards(one),
        "numbers": _numbers(one),
        "figure": flips_mosaic(one, name=f"{name}-mosaic") if changed(one) else None,
        "parts": [_part(part) for part in version.parts],
        "several": bool(tested),
        "broken": views(one.broken),
        "broken_count": len(one.broken),
        "fixed": views(one.fixed),
        "fixed_count": len(one.fixed),
        "most": MOST_TASKS,
        "notes": _notes(one),
    }


def _cards(one: Comparison) -> list[tuple[str, str, str]]:
    rates = one.rates
    floor = "" if math.isnan(rates.noise_floor) else f"; sampling alone {percent(rates.noise_floor)}"
    return [
        ("Net change", f"{points(one.net)} points", _interval(bounds(one.net_interval, signed=True))),
        ("Broken (NFR)", percent(rates.nfr), _interval(bounds(one.nfr_interval)) + floor),
        ("Fixed (PFR)", percent(rates.pfr), _interval(bounds(one.pfr_interval))),
        ("p of no change", p_value(one.p), one.test),
    ]


def _interval(text: str) -> str:
    return "no interval" if text == NONE else f"95 % interval {text}"


def _numbers(one: Comparison) -> list[tuple[str, str]]:
    """Compatibility and churn: what the net change hides."""
    rates = one.rates
    rows = [
        ("pass@1, old and new", f"{percent(rates.old_rate)} → {percent(rates.new_rate)}"),
        ("Of what worked, still works (BTC)", percent(one.btc)),
        ("Of the new errors, old ones (BEC)", percent(one.bec)),
        ("NFR, 1 as if errors were independent", NONE if math.isnan(one.relative_nfr) else f"{one.relative_nfr:.2f}"),
        ("Answers that behave otherwise", percent(one.answers.changed)),
        ("Wrong twice, in another way", percent(one.answers.wrong_twice)),
    ]
    if rates.floor_tasks:
        rows.append(("Broken beyond sampling", f"{points(rates.excess_nfr)} points"))
        rows.append(("Churn beyond sampling", percent(max(0.0, rates.systematic))))
    if one.at_k:
        last = one.at_k[-1]
        hard = f"{percent(last.hard_nfr)} broken, {percent(last.hard_pfr)} fixed"
        rows.append((f"Hard flips: all of {last.k} passed, then none", hard))
    if one.task_tests:
        sure = sum(test.changed for test in one.task_tests)
        rows.append(("Tasks that changed beyond sampling", f"{sure:,} of {len(one.task_tests):,}"))
    return rows


def _part(part: Part) -> View:
    return {
        "kind": part.kind,
        "name": visible(part.name),
        "tasks": f"{part.tasks:,}",
        "old": percent(part.rates.old_rate),
        "old_value": sort_key(part.rates.old_rate),
        "new": percent(part.rates.new_rate),
        "new_value": sort_key(part.rates.new_rate),
        "net": delta(part.net, points(part.net), beyond_noise=part.adjusted < 0.05, rises="better", falls="worse"),
        "net_value": sort_key(part.net),
        "nfr": percent(part.rates.nfr),
        "nfr_value": sort_key(part.rates.nfr),
        "pfr": percent(part.rates.pfr),
        "pfr_value": sort_key(part.rates.pfr),
        "p": p_value(part.adjusted),
        "p_value": sort_key(part.adjusted),
    }


def _change(change: TaskChange, version: Version, tested: Mapping[str, bool], page: str | None) -> View:
    broke = change.new.rate < change.old.rate
    verdicts = change.new_verdicts if broke else change.old_verdicts
    return {
        "task": visible(change.task),
        "page": page,
        "old": f"{change.old.passed}/{change.old.n}",
        "old_value": sort_key(change.old.rate),
        "new": f"{change.new.passed}/{change.new.n}",
        "new_value": sort_key(change.new.rate),
        "change": points(change.new.rate - change.old.rate),
        "change_value": sort_key(change.new.rate - change.old.rate),
        "sure": tested.get(change.task, False),
        "kinds": ", ".join(sorted(set(verdicts) - {"pass"})) or NONE,
        "test": visible(_failing_test(version.new if broke else version.old, change.task), 80),
        "detail": visible((change.new_detail if broke else change.old_detail) or ""),
    }


def _failing_test(run: RunTable, task: str) -> str:
    """The first test that the first failing answer did not pass; "" where no answer was kept."""
    for answer in run.answers.get(task, ()):
        for test, verdict in answer.tests.items():
            if verdict != "pass":
                return test
    return ""


def _notes(one: Comparison) -> list[str]:
    left = one.left_out
    reasons = (
        (left.only_old, "only the old run has"),
        (left.only_new, "only the new run has"),
        (left.changed, "changed between the suites"),
        (left.owed, "a side without a scored sample"),
    )
    notes = [f"{plural(len(tasks), 'task')} left out: {why}." for tasks, why in reasons if tasks]
    if one.partial:
        notes.append(f"{plural(len(one.partial), 'task')} with owed samples: compared on those that are scored.")
    return notes


def _records(version: Version, details: bool) -> Iterator[Mapping[str, Value]]:
    one = version.comparison
    tests = {test.task: test for test in one.task_tests}
    for direction, changes in (("broken", one.broken), ("fixed", one.fixed)):
        for change in changes:
            broke = direction == "broken"
            test = tests.get(change.task)
            yield {
                "suite": one.suite,
                "task": change.task,
                "direction": direction,
                "old_passed": change.old.passed,
                "old_scored": change.old.n,
                "new_passed": change.new.passed,
                "new_scored": change.new.n,
                "verdicts": ", ".join(change.new_verdicts if broke else change.old_verdicts),
                "failing_test": _failing_test(version.new if broke else version.old, change.task),
                "detail": (change.new_detail if broke else change.old_detail) if details else None,
                "fisher_p": None if test is None else test.p,
                "adjusted_p": None if test is None else test.adjusted,
            }
