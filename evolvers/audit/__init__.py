"""Auditing anybody's benchmark: the proofs that evolved tasks must give, asked of the tasks of a given suite."""

from __future__ import annotations

from collections.abc import Sequence

from ...benchmarks import CodeTask, Suite
from ...benchmarks.formats.lenient import BadRow
from ...harness.sandbox.api import Sandbox
from ..observe import Progress
from .answers import Witness, read_witnesses
from .claims import claimed
from .copies import duplicates, published
from .declared import declared
from .findings import SEVERITIES, Check, Finding, Notebook, Report, Severity
from .running import observed, passing
from .shown import examples_true
from .static import impurities, parsed
from .strength import MUTANTS, exactness, mutation
from .witnesses import witnessed


def audit(
    suite: Suite,
    sandbox: Sandbox,
    progress: Progress,
    *,
    bad_rows: Sequence[BadRow] = (),
    public: Sequence[Suite] = (),
    mutants: int = MUTANTS,
    witnesses: Sequence[Witness] = (),
) -> Report:
    """Every finding about a suite. A task that fails one check is left out of those that build on it, and no other is.

    bad_rows: what could not be read of the suite. public: suites in whose prompts its prompts are looked for. mutants:
    at most so many for each task; 0 leaves the check out. witnesses: other models' answers. InfraError when the sandbox
    fails.
    """
    book = Notebook()
    for row in bad_rows:
        book.find("error", row.name or row.where, "load", f"{row.where}: {row.problem}", "mend or remove the row")
    book.checked("load", len(suite) + len(bad_rows))
    standing = parsed(suite.tasks, book)
    impurities([task for task in standing if task.entry_point is not None], book)
    passed = passing(standing, sandbox, progress, book)
    # Whether its tests pass or not, an example is true or not.
    examples_true([task for task in standing if _defines(task)], sandbox, progress, book)
    sound = observed(passed, sandbox, progress, book)
    declared(sound, book)
    claimed(sound, sandbox, progress, book)
    witnessed(sound, witnesses, sandbox, progress, book)
    mutation(sound, mutants, sandbox, progress, book)
    exactness(sound, book)
    duplicates(suite.tasks, sound, sandbox, book)
    published(suite.tasks, public, book)
    return book.report(suite)


def _defines(task: CodeTask) -> bool:
    return task.entry_point is not None


__all__ = ["MUTANTS", "SEVERITIES", "Check", "Finding", "Report", "Severity", "Witness", "audit", "read_witnesses"]
