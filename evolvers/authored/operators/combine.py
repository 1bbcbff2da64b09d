"""One coherent task that needs what two tasks ask for, and not one after the other (EvoEval's combine, 2024)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ....benchmarks import CodeTask
from ...protocol import Gate, NotApplicable, Observation
from ...wrapping import signature_of
from ..altered import Altering, delta_gate, other_name, quoted_share
from ..fields import lines_of
from ..protocol import Draft, Evidence, UnusableReply

MOST_QUOTED = 0.5
SHORTCUTS = ("first", "second", "first of second", "second of first")


class Combine(Altering):
    """See the module's docstring."""

    name = "combine"
    parents = 2
    extra = ("uses",)

    def describe(self) -> str:
        """One line for people."""
        return "one coherent task that needs what both of two given tasks ask for"

    def applies(self, parents: Sequence[CodeTask], observed: Sequence[Observation]) -> None:
        """NotApplicable for a task joined to itself, too."""
        super().applies(parents, observed)
        if parents[0].digest == parents[1].digest:
            raise NotApplicable("both parents are one task")

    def noted(self, draft: Draft, reply: Mapping[str, Any], parents: Sequence[CodeTask]) -> Mapping[str, Any]:
        """How each of the two is needed; UnusableReply where one of their texts was taken over."""
        other_name(draft, parents)
        for number, parent in enumerate(parents, 1):
            if quoted_share(draft.spec, parent) > MOST_QUOTED:
                raise UnusableReply(
                    f'"spec": holds the text of task {number}; make one problem of the two in words of its own',
                    "quotes a parent",
                )
        return {"uses": list(lines_of(reply, "uses", 2, 2))}

    def shortcuts(self, draft: Draft, parents: Sequence[CodeTask]) -> Mapping[str, str]:
        """Each parent's function alone, and one after the other in both orders; none may solve the task."""
        first, second = "f(*args[:F])", "g(*args[:G])"
        bodies = (first, second, f"f({second})", f"g({first})")
        return {name: _program(draft.entry_point, parents, body) for name, body in zip(SHORTCUTS, bodies, strict=True)}

    def prove(self, task: CodeTask, parents: Sequence[CodeTask], evidence: Evidence) -> tuple[Gate, ...]:
        """Neither parent nor their compositions solve it, neither parent's text stands in it."""
        quoted = [quoted_share(evidence.draft.spec, parent) for parent in parents]
        ran = {name: evidence.shortcuts.get(name) for name in SHORTCUTS}
        return (
            Gate("shortcuts_fail", all(passed is False for passed in ran.values()), {"passed": ran}),
            Gate("parents_not_quoted", max(quoted) <= MOST_QUOTED, {"quoted": quoted, "most": MOST_QUOTED}),
            delta_gate(evidence, 0.0),
        )


def _program(entry: str, parents: Sequence[CodeTask], body: str) -> str:
    """A program that loads both references, each with its own names, and answers with an expression in f and g.

    It runs in the sandbox only, as everything of a task does.
    """
    lines = []
    for letter, parent in zip("fg", parents, strict=True):
        name = str(parent.entry_point)
        count = len(signature_of(parent.reference, name).names)
        lines += [
            f"_{letter} = {{'__name__': '{letter}'}}",
            f"exec({parent.reference!r}, _{letter})",
            f"{letter} = _{letter}[{name!r}]",
            f"{letter.upper()} = {count}",
        ]
    return "\n".join([*lines, "", "", f"def {entry}(*args):", f"    return {body}", ""])
