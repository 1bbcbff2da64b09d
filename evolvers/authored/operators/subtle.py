"""Nearly the same task: exactly one requirement is another one, all else is kept word by word (EvoEval, 2024)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ....benchmarks import CodeTask
from ...protocol import Gate
from ..altered import Altering, delta_gate
from ..fields import line_of
from ..likeness import edit_ratio, tokens_of
from ..protocol import Draft, Evidence, UnusableReply
from ..restating import bare

MOST_EDITED = 0.25
MOST_DELTA = 0.7


class Subtle(Altering):
    """See the module's docstring."""

    name = "subtle"
    extra = ("before", "after")

    def describe(self) -> str:
        """One line for people."""
        return "nearly the same task: exactly one requirement is another one"

    def noted(self, draft: Draft, reply: Mapping[str, Any], parents: Sequence[CodeTask]) -> Mapping[str, Any]:
        """The requirement before and after; UnusableReply where too much of the text changed, or nothing did."""
        before, after = line_of(reply, "before"), line_of(reply, "after")
        if tokens_of(before) == tokens_of(after):
            raise UnusableReply('"before" and "after" say the same; change one requirement', "nothing changed")
        ratio = edit_ratio(draft.spec, bare(parents[0]))
        if ratio == 0:
            raise UnusableReply('"spec": is the given text; change one requirement', "nothing changed")
        if ratio > MOST_EDITED:
            raise UnusableReply(
                f'"spec": {ratio:.0%} of its words differ from the given text, at most {MOST_EDITED:.0%} may; copy the '
                "text and change one requirement",
                "too much changed",
            )
        return {"before": before, "after": after}

    def prove(self, task: CodeTask, parents: Sequence[CodeTask], evidence: Evidence) -> tuple[Gate, ...]:
        """Few tokens of the text were edited; the parent's reference fails some of the cases, and not most."""
        ratio = round(edit_ratio(evidence.draft.spec, bare(parents[0])), 4)
        return (
            Gate("edit_ratio", 0 < ratio <= MOST_EDITED, {"ratio": ratio, "most": MOST_EDITED}),
            delta_gate(evidence, 0.0, MOST_DELTA, known=True),
        )
