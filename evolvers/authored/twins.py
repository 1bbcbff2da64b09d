"""What is known already: a new task that does what another does is not admitted again.

Functional hashes are a suspicion only. Two tasks count as one when each also gives on the other's inputs what the other
gives; for that each program runs in a job of its own, since one of them at least is a model's.
"""

from __future__ import annotations

from dataclasses import dataclass

from ...benchmarks import CodeTask
from ...harness.sandbox.api import Sandbox
from ..observe import rows_of_tests
from ..protocol import Executed, Observation
from ..prover.rows import Unplain, key
from ..sameness import program_digest
from ..texts import text_of
from .consensus import agrees
from .forming import comparator_for
from .lineages import kind_of
from .running import Program, run


@dataclass(frozen=True, slots=True)
class Known:
    """A task: its program, and what it gives on its own inputs."""

    program: Program
    rows: tuple[Executed, ...]


class Twins:
    """Tasks by functional hash, by program, and by digest."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._known: dict[str, list[Known]] = {}
        self._programs: set[str] = set()
        self._digests: set[str] = set()

    @property
    def hashes(self) -> frozenset[str]:
        """All functional hashes that are known."""
        return frozenset(self._known)

    def add_observed(self, task: CodeTask, observed: Observation) -> None:
        """Keep a task that was observed."""
        self._digests.add(task.digest)
        if observed.functional_hash is not None and task.entry_point is not None:
            self._add(observed.functional_hash, Known(Program(task.reference, task.entry_point), observed.executed))

    def add(self, task: CodeTask, functional_hash: str | None) -> None:
        """Keep a new task; by its digest alone where it asks for its parent's function."""
        self._digests.add(task.digest)
        rows = _rows(task) if asks_anew(task) else ()
        if rows:
            self._programs.add(program_digest(task.reference))
            if functional_hash is not None:
                self._add(functional_hash, Known(Program(task.reference, str(task.entry_point)), rows))

    def _add(self, functional_hash: str, known: Known) -> None:
        self._known.setdefault(functional_hash, []).append(known)

    async def twin(self, task: CodeTask, functional_hash: str | None, *, anew: bool) -> str | None:
        """Why a task is none (a category), or None. anew: whether it asks for a function of its own."""
        if task.digest in self._digests:
            return "duplicate of an earlier task"
        rows = _rows(task) if anew else ()
        if not rows:
            return None
        if program_digest(task.reference) in self._programs:
            return "duplicate of an earlier task"
        mine = Known(Program(task.reference, str(task.entry_point)), rows)
        for other in self._known.get(functional_hash or "", []):
            if not _told_apart(mine, other) and await self._gives(mine, other) and await self._gives(other, mine):
                return "duplicate of an earlier task"
        return None

    async def _gives(self, one: Known, other: Known) -> bool:
        """Whether one program gives on the other's inputs what the other gives."""
        calls = tuple(row.args for row in other.rows)
        ran = await run(one.program, calls, self._sandbox)
        return ran.problem is None and agrees(ran.rows, other.rows, comparator_for(other.rows))


def asks_anew(task: CodeTask) -> bool:
    """Whether an evolved task asks for another function than its parent."""
    return task.lineage is not None and kind_of(task.lineage) != "preserving"


def _rows(task: CodeTask) -> tuple[Executed, ...]:
    return rows_of_tests(task) or ()


def _told_apart(one: Known, other: Known) -> bool:
    """Whether some input is known on which the two give something else, so that nothing need be run."""
    known = {text_of(row.args): row for row in other.rows}
    try:
        return any(
            text_of(row.args) in known and key(row.returns, False) != key(known[text_of(row.args)].returns, False)
            for row in one.rows
        )
    except Unplain:
        return False
