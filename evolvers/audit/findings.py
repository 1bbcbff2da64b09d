"""What an audit finds, and how it is told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from ...benchmarks import Suite

Severity = Literal["error", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")
SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong with a task.

    error: the task gives wrong verdicts or says something untrue; warning: its verdicts are weaker than they seem;
    note: worth knowing. check: the check's name. what, mend: for people. evidence: plain JSON for programs.
    """

    severity: Severity
    task: str
    check: str
    what: str
    mend: str
    evidence: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "severity": self.severity,
            "task": self.task,
            "check": self.check,
            "what": self.what,
            "mend": self.mend,
            "evidence": dict(self.evidence),
        }


@dataclass(frozen=True, slots=True)
class Check:
    """How many tasks a check looked at, and how many of them it could not decide on, by reason."""

    name: str
    looked_at: int
    undecided: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Report:
    """All findings about a suite, those of one task together and the worst first; and figures for each check.

    figures: by task id what was measured (mutants, killed, examples, inputs, ...), as plain JSON.
    """

    suite: Suite
    findings: tuple[Finding, ...]
    checks: tuple[Check, ...]
    figures: Mapping[str, Mapping[str, Any]]

    def count(self, severity: Severity) -> int:
        """The number of findings of a severity."""
        return sum(finding.severity == severity for finding in self.findings)

    def to_json(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "schema": SCHEMA,
            "suite": self.suite.ref,
            "digest": self.suite.digest,
            "tasks": len(self.suite),
            "counts": {severity: self.count(severity) for severity in SEVERITIES},
            "checks": [
                {
                    "check": check.name,
                    "looked_at": check.looked_at,
                    "undecided": dict(check.undecided),
                    **{name: self._count(check.name, name) for name in SEVERITIES},
                }
                for check in self.checks
            ],
            "findings": [finding.to_json() for finding in self.findings],
            "figures": {name: dict(figures) for name, figures in self.figures.items()},
        }

    def table(self) -> str:
        """One line for each finding, then one for each check."""
        width = min(40, max((len(finding.task) for finding in self.findings), default=4))
        lines = [
            f"{each.severity:7}  {each.task:{width}}  {each.check}: {each.what}; {each.mend}" for each in self.findings
        ]
        name = max(len("check"), *(len(check.name) for check in self.checks))
        lines += ["", f"{'check':{name}}  looked at  errors  warnings  notes  undecided"]
        for check in self.checks:
            told = "".join(
                f"  {self._count(check.name, each):{w}}" for each, w in zip(SEVERITIES, (6, 8, 5), strict=True)
            )
            why = "; ".join(f"{reason} ({number})" for reason, number in check.undecided.items())
            lines.append(f"{check.name:{name}}  {check.looked_at:9}{told}  {why or '-'}")
        return "\n".join(lines)

    def _count(self, check: str, severity: str) -> int:
        return sum(finding.check == check and finding.severity == severity for finding in self.findings)


class Notebook:
    """What the checks write into while an audit runs."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.checks: list[Check] = []
        self.figures: dict[str, dict[str, Any]] = {}

    def find(self, severity: Severity, task: str, check: str, what: str, mend: str, **evidence: Any) -> None:
        """Note a finding."""
        self.findings.append(Finding(severity, task, check, what, mend, evidence))

    def figure(self, task: str, **figures: Any) -> None:
        """Note what was measured of a task."""
        self.figures.setdefault(task, {}).update(figures)

    def checked(self, name: str, looked_at: int, undecided: Sequence[str] = ()) -> None:
        """Note that a check was made; ``undecided`` has one reason for each task that it could not decide on."""
        self.checks.append(Check(name, looked_at, dict(Counter(undecided).most_common())))

    def report(self, suite: Suite) -> Report:
        """All that was found: tasks in the suite's order, what is no task of it first."""
        order = {task.id: place for place, task in enumerate(suite)}
        rank = {severity: place for place, severity in enumerate(SEVERITIES)}
        found = sorted(self.findings, key=lambda each: (rank[each.severity], order.get(each.task, -1)))
        return Report(suite, tuple(found), tuple(self.checks), self.figures)
