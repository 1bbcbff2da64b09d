"""Lessons: why earlier proposals fell out, told to the next (evolution of thought), and kept for later evolutions.

A detail may be what a model wrote, so it is data: one printable line, cut short, shown inside a fence.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...benchmarks import BadInput
from ...benchmarks.jsonio import read_json, write_json
from ...benchmarks.visible import visible

SCHEMA = 1
SHOWN = 4
_DETAILS = 3
_LONGEST = 160
_ADVICE: Mapping[str, str] = {
    "ambiguous": "careful readers understood the text in different ways; say every case exactly",
    "reference_contradicted": "independent solvers agreed with each other and not with your program; make the text say "
    "what the program does",
    "beyond_the_tests": "for an input that you did not propose, solvers agreed with each other and not with your "
    "program; text and program must hold for every input",
    "reached": "no input led to some place in your program; write no special case that the task does not speak of, and "
    "propose an input for each case",
    "unsolved": "hardly any reader could write a working program from the text alone",
    "parent_fails": "the new task gave nearly the same values as the old one; change what it asks for",
    "varied": "nearly all inputs gave one value; ask for something that varies",
    "mutants": "the inputs did not tell small mistakes in the program from the program; propose inputs at the edges",
    "total": "the program failed on an input that the contract allows; narrow the contract or mend the program",
    "contract": "the contract refused most of the proposed inputs; make both say the same",
    "duplicate of an earlier task": "a task that does the same is there already; ask for something else",
    "no_leak": "the text held parts of the program; describe what it does and not how it is written",
    "no_injection": "the text spoke to its readers or graders; only describe the task",
    "pure": "the program used chance, the clock, files or the interpreter's insides; use plain computation only",
}


@dataclass
class Lessons:
    """How often proposals of each operator fell out for each reason, with the last details."""

    counts: dict[tuple[str, str], float] = field(default_factory=dict)
    details: dict[tuple[str, str], list[str]] = field(default_factory=dict)

    def learn(self, operator: str, reason: str, detail: str = "") -> None:
        """One rejection."""
        key = (operator, visible(reason, 60))
        self.counts[key] = self.counts.get(key, 0.0) + 1
        line = visible(detail, _LONGEST)
        if line:
            known = self.details.setdefault(key, [])
            if line in known:
                known.remove(line)
            known.append(line)
            del known[:-_DETAILS]

    def fade(self, share: float) -> None:
        """Forget some, so that a fault which was mended is not held up for ever."""
        self.counts = {key: count * share for key, count in self.counts.items() if count * share >= 0.5}

    def told(self, operator: str, most: int = SHOWN) -> tuple[str, ...]:
        """What the next proposal of an operator is told, the commonest reason first."""
        own = [(count, reason) for (name, reason), count in self.counts.items() if name == operator]
        lines = []
        for _, reason in sorted(own, key=lambda pair: (-pair[0], pair[1]))[:most]:
            advice = _ADVICE.get(reason, reason)
            last = self.details.get((operator, reason), [""])[-1]
            lines.append(f"{advice} (for example: {last})" if last else advice)
        return tuple(lines)

    def save(self, path: Path) -> None:
        """Write the library."""
        rows = [
            {"operator": name, "reason": reason, "count": count, "details": self.details.get((name, reason), [])}
            for (name, reason), count in sorted(self.counts.items())
        ]
        write_json(path, {"schema": SCHEMA, "lessons": rows})

    @staticmethod
    def load(path: Path) -> Lessons:
        """Read a library. BadInput where it is none."""
        found = read_json(path)
        if not isinstance(found, dict) or found.get("schema") != SCHEMA or not isinstance(found.get("lessons"), list):
            raise BadInput(f"{path}: not a library of lessons of schema {SCHEMA}; --lessons takes what --loop writes")
        lessons = Lessons()
        for row in _rows(found["lessons"], path):
            key = (visible(row["operator"], 60), visible(row["reason"], 60))
            lessons.counts[key] = float(row["count"])
            lessons.details[key] = [visible(str(each), _LONGEST) for each in row["details"][:_DETAILS]]
        return lessons


def _rows(found: Iterable[Any], path: Path) -> Iterable[dict[str, Any]]:
    wanted: dict[str, Any] = {"operator": str, "reason": str, "count": (int, float), "details": list}
    for place, row in enumerate(found, 1):
        good = isinstance(row, dict) and all(isinstance(row.get(name), kind) for name, kind in wanted.items())
        if not good or isinstance(row["count"], bool) or not 0 <= row["count"] < 1e9:
            raise BadInput(f"{path}: lesson {place}: expected operator, reason, count and details")
        yield row
