"""What another tool said of the answers in a run: kept in ``claims.jsonl``, compared with the verdicts, never mixed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ...benchmarks import BadInput
from ...benchmarks.jsonio import read_jsonl
from ...benchmarks.visible import visible
from ..runs.records import Key, Run
from ..verdict import Verdict

CLAIMS = "claims.jsonl"
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class ClaimRow:
    """One line of ``claims.jsonl``; see ``api.Claim``. tool: who says so."""

    task: str
    epoch: int
    tool: str
    passed: bool
    tests: Mapping[str, bool] = field(default_factory=dict)
    said: str = ""

    def to_json(self) -> dict[str, Any]:
        """One line."""
        return {**asdict(self), "tests": dict(self.tests)}


@dataclass(frozen=True, slots=True)
class Agreement:
    """How claims and verdicts compare. compared: samples with both. only_claimed: claimed to pass, and did not here;
    only_here: the converse.
    """

    tool: str
    compared: int
    only_claimed: tuple[Key, ...]
    only_here: tuple[Key, ...]

    @property
    def agreeing(self) -> int:
        """Samples on which both say the same."""
        return self.compared - len(self.only_claimed) - len(self.only_here)

    def lines(self) -> list[str]:
        """For people."""
        told = [f"claimed by {visible(self.tool, 40)}: {self.agreeing} of {self.compared} verdicts agree"]
        for keys, words in (
            (self.only_claimed, "claimed to pass, and not here"),
            (self.only_here, "claimed to fail, and passing here"),
        ):
            if keys:
                shown = ", ".join(f"{visible(task, 60)}#{epoch}" for task, epoch in keys[:_SHOWN])
                told.append(f"  {len(keys)} {words}: {shown}{', ...' if len(keys) > _SHOWN else ''}")
        return told


def read_claims(folder: Path) -> list[ClaimRow]:
    """The claims in a run's folder, none where there is no such file; BadInput where a line is malformed."""
    path = folder / CLAIMS
    if not path.exists():
        return []
    return [_claim(row, f"{path}: claim {number}") for number, row in enumerate(read_jsonl(path), 1)]


def agreements(run: Run) -> list[Agreement]:
    """One for each tool that made claims; a sample that is owed, or was not claimed of, is in none."""
    claims = read_claims(run.folder)
    tests = {name for row in run.verdicts.values() for name in row.tests}
    found = []
    for tool in sorted({claim.tool for claim in claims}):
        compared = [claim for claim in claims if claim.tool == tool and run.is_scored((claim.task, claim.epoch))]
        sides = [(_claimed(claim, tests), _passed(run, claim), (claim.task, claim.epoch)) for claim in compared]
        found.append(
            Agreement(
                tool,
                len(compared),
                tuple(key for claimed, passed, key in sides if claimed and not passed),
                tuple(key for claimed, passed, key in sides if passed and not claimed),
            )
        )
    return found


def agreement_lines(run: Run) -> Sequence[str]:
    """What `evalrun score` adds for a run that was imported with verdicts."""
    return [line for agreement in agreements(run) if agreement.compared for line in agreement.lines()]


def _claimed(claim: ClaimRow, tests: set[str]) -> bool:
    """Whether the tests that this run's suite has passed there; EvalPlus's "plus" means nothing for base tests."""
    shared = [passed for name, passed in claim.tests.items() if name in tests]
    return all(shared) if shared else claim.passed


def _passed(run: Run, claim: ClaimRow) -> bool:
    return run.verdicts[claim.task, claim.epoch].verdict is Verdict.PASS


def _claim(row: Mapping[str, Any], where: str) -> ClaimRow:
    tests, said = row.get("tests", {}), row.get("said", "")
    whole = (
        isinstance(row.get("task"), str)
        and type(row.get("epoch")) is int
        and isinstance(row.get("tool"), str)
        and isinstance(row.get("passed"), bool)
        and isinstance(tests, dict)
        and isinstance(said, str)
    )
    if not whole:
        raise BadInput(f"{where}: malformed; it needs task, epoch, tool and passed")
    return ClaimRow(row["task"], row["epoch"], row["tool"], row["passed"], {k: bool(v) for k, v in tests.items()}, said)
