"""What a run of attacks found, as lines for people and as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ....benchmarks.visible import visible
from ..api import SandboxInfo
from .rows import CATEGORIES, Attack
from .run import Finding

_NAME = 58


@dataclass(frozen=True, slots=True)
class Report:
    """All findings of one run, and what was wrong with sandbox, engine and host after it."""

    info: SandboxInfo
    findings: Sequence[Finding]
    troubles: Sequence[str]

    @property
    def holds(self) -> bool:
        """Whether nothing at all was found."""
        return not self.troubles and not any(finding.bad for finding in self.findings)

    def summary(self) -> str:
        """The one line that says it."""
        rows = self.findings
        forged, leaks = sum(row.forged for row in rows), sum(bool(row.leaked) for row in rows)
        effects, infra = sum(bool(row.neighbours) for row in rows), sum(row.infra for row in rows)
        other = sum(not (row.fits or row.forged or row.infra) for row in rows)
        parts = [f"{forged} forged", f"{leaks} leaks", f"{effects} effects on neighbours"]
        parts += [f"{infra} infra"] if infra else []
        parts += [f"{other} verdicts that do not fit"] if other else []
        health = "engine healthy" if not self.troubles else f"engine or host NOT healthy: {'; '.join(self.troubles)}"
        programs = len({(row.category, row.name) for row in rows})
        return visible(f"{programs} programs: {', '.join(parts)}, {health}", 2000)

    def lines(self) -> Iterator[str]:
        """A table a category, then every finding in full, then the summary."""
        for category in dict.fromkeys(row.category for row in self.findings):
            yield from _table(category, [row for row in self.findings if row.category == category])
        bad = [row for row in self.findings if row.bad]
        if bad:
            yield f"\nFINDINGS ({len(bad)})"
        for row in bad:
            yield f"  {visible(row.name)} ({row.kind}): {_what(row)}"
            if row.detail:
                yield f"      {visible(row.detail)}"
            yield from (f"      {visible(text, 400)}" for text in row.neighbours)
        yield f"\n{self.summary()}"

    def to_json(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "sandbox": self.info.to_json(),
            "summary": self.summary(),
            "holds": self.holds,
            "troubles": list(self.troubles),
            "findings": [{**asdict(row), "bad": row.bad} for row in self.findings],
        }


def listing(attacks: Iterable[Attack]) -> Iterator[str]:
    """The corpus as lines: what each program is tried on, what fits it, and why it is there."""
    attacks = tuple(attacks)
    for category in dict.fromkeys(attack.category for attack in attacks):
        rows = [attack for attack in attacks if attack.category == category]
        yield f"\n{visible(category)} ({len(rows)}): {CATEGORIES.get(category, '')}".rstrip(": ")
        for attack in rows:
            tried, fits = ",".join(attack.kinds), ",".join(sorted(attack.fitting))
            yield f"  {visible(attack.name, _NAME):<{_NAME}}  {tried:<26} {fits:<24} {visible(attack.why)}"
    yield f"\n{len(attacks)} programs"


def _table(category: str, rows: Sequence[Finding]) -> Iterator[str]:
    seconds = sum(row.seconds for row in rows)
    programs = len({row.name for row in rows})
    yield f"\n{visible(category)}: {programs} programs, {len(rows)} trials, {seconds:.1f} s"
    by_name: dict[str, list[Finding]] = {}
    for row in rows:
        by_name.setdefault(row.name, []).append(row)
    for name, trials in by_name.items():
        verdicts = "  ".join(dict.fromkeys(f"{row.kind} {row.verdict}" for row in trials))
        found = "; ".join(dict.fromkeys(_what(row) for row in trials if row.bad))
        slowest = max(row.seconds for row in trials)
        mark = "ok  " if not found else "BAD "
        yield f"  {mark}{visible(name, _NAME):<{_NAME}} {slowest:6.2f} s  {verdicts}{'  <- ' if found else ''}{found}"


def _what(row: Finding) -> str:
    found = ["FORGED"] if row.forged else []
    found += [f"LEAKED {' and '.join(row.leaked)}"] if row.leaked else []
    found += ["NEIGHBOUR HURT"] if row.neighbours else []
    found += ["INFRA"] if row.infra else []
    found += [f"{row.verdict} does not fit"] if not (row.fits or row.forged or row.infra) else []
    return ", ".join(found)
