"""What was evolved so far: a new task that does what another does, under whatever name, is not admitted again."""

from __future__ import annotations

from dataclasses import dataclass

from ..benchmarks import CodeTask
from ..harness.sandbox.api import Sandbox
from .evaluated import Evaluated
from .protocol import Executed, Kind, Observation
from .prover import Trial, run_trials
from .prover.rows import key
from .prover.trials import Program
from .texts import text_of

DRIVE = "evalrun_drive"


@dataclass(frozen=True, slots=True)
class _Entry:
    """A task of the archive: its program, the function to call, and what it gives on its own inputs."""

    program: Program
    entry: str
    rows: tuple[Executed, ...]


class Archive:
    """Tasks by functional hash."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._entries: dict[str, list[_Entry]] = {}

    def add_task(self, task: CodeTask, observed: Observation) -> None:
        """Keep a task that was observed."""
        if observed.functional_hash is not None and task.entry_point is not None:
            entry = _Entry((task.reference,), task.entry_point, observed.executed)
            self._entries.setdefault(observed.functional_hash, []).append(entry)

    def add(self, kind: Kind, result: Evaluated) -> None:
        """Keep a new task that asks for a function of its own."""
        if kind == "altering" and result.functional_hash is not None:
            self._entries.setdefault(result.functional_hash, []).append(_entry(result))

    def twin(self, kind: Kind, result: Evaluated) -> str | None:
        """Why a new task is none (a category), or None: an earlier one does the same on the inputs of both."""
        if kind != "altering" or result.functional_hash is None:
            return None
        mine = _entry(result)
        for other in self._entries.get(result.functional_hash, []):
            if _told_apart(mine, other):
                continue
            trials = [trial for trial in (_comparison(mine, other), _comparison(other, mine)) if trial.calls]
            (results,) = run_trials([trials], self._sandbox) if trials else ([],)
            if all(each.witness and not each.witness.problem and not each.witness.different for each in results):
                return "duplicate of an earlier task"
        return None


def _entry(result: Evaluated) -> _Entry:
    driver = result.candidate.driver
    return _Entry((result.task.reference, driver), DRIVE if driver else str(result.task.entry_point), result.rows)


def _told_apart(one: _Entry, other: _Entry) -> bool:
    """Whether some input is known on which the two give something else, so that nothing need be run."""
    known = {text_of(row.args): row for row in other.rows}
    for row in one.rows:
        found = known.get(text_of(row.args))
        if found is not None and (row.raised, key(row.returns)) != (found.raised, key(found.returns)):
            return True
    return False


def _comparison(one: _Entry, other: _Entry) -> Trial:
    """What the one program gives on the other's inputs, beside what the other gives. Where its own rows have an input,
    nothing is asked: ``_told_apart`` saw that they say the same."""
    known = {text_of(row.args) for row in one.rows}
    rows = tuple(row for row in other.rows if text_of(row.args) not in known)
    return Trial(one.program, one.entry, tuple(row.args for row in rows), run=False, expected=rows, witness=one.program)
