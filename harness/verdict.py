"""What scoring a sample can find."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum


class Verdict(str, Enum):
    """``infra`` is never a wrong answer: it is owed and scored again."""

    PASS = "pass"
    WRONG = "wrong"
    ERROR = "error"
    TIMEOUT = "timeout"
    OOM = "oom"
    NO_ANSWER = "no_answer"
    INFRA = "infra"

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True)
class Score:
    """The verdict on one answer; ``tests`` maps each named test of the task to its own verdict, ``detail`` is untrusted
    text.
    """

    verdict: Verdict
    detail: str = ""
    tests: Mapping[str, str] = field(default_factory=dict)
    wall_s: float = 0.0
    cpu_s: float = 0.0
    shielded: bool = True
