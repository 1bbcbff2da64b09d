"""Flipped tasks with the evidence: both answers, the test that fails first, and what it said."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass

from ..records.table import Answer, RunTable
from .comparison import TaskChange


@dataclass(frozen=True, slots=True)
class Case:
    """A task whose pass rate moved. old, new: one answer of each model that shows it (a passing one on the better side,
    a failing one on the worse), None where no answer is recorded. test, detail: the failing answer's first failing test
    and what scoring found, untrusted; empty where they are not recorded. sure: False where several samples a task leave
    it open whether a fall was chance.
    """

    change: TaskChange
    old: Answer | None
    new: Answer | None
    test: str
    detail: str
    sure: bool


def cases(
    changes: Iterable[TaskChange], old: RunTable, new: RunTable, sure: Container[str] | None = None
) -> tuple[Case, ...]:
    """The evidence of each change; both tables are to hold all answers (``read_run(path, keep="all")``).

    sure: the tasks that fell by more than sampling explains; None: nobody asks, and every case is.
    """
    return tuple(_case(change, old, new, sure is None or change.task in sure) for change in changes)


def _case(change: TaskChange, old: RunTable, new: RunTable, sure: bool) -> Case:
    broke = change.new.rate < change.old.rate
    before = _first(old, change.task, _passed if broke else _failed)
    after = _first(new, change.task, _failed if broke else _passed)
    failing = after if broke else before
    detail = change.new_detail if broke else change.old_detail
    return Case(
        change=change,
        old=before,
        new=after,
        test=failing_test(failing),
        detail=detail if failing is None else failing.detail,
        sure=sure,
    )


def failing_test(answer: Answer | None) -> str:
    """The name of the test that an answer did not pass (scoring stops at the first); empty where none is recorded."""
    tests = {} if answer is None else answer.tests
    return next((name for name, verdict in tests.items() if verdict != "pass"), "")


def _first(run: RunTable, task: str, wanted: Callable[[Answer], bool]) -> Answer | None:
    return next((answer for answer in run.answers.get(task, ()) if wanted(answer)), None)


def _passed(answer: Answer) -> bool:
    return answer.verdict == "pass"


def _failed(answer: Answer) -> bool:
    return answer.verdict not in (None, "pass", "infra")
