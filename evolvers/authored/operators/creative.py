"""Another task of the same kinds of values: a new story with mechanics of its own (EvoEval, 2024)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ....benchmarks import CodeTask
from ...protocol import Gate
from ..altered import Altering, delta_gate, other_name
from ..fields import line_of
from ..likeness import shingle_similarity
from ..protocol import Draft, Evidence, UnusableReply
from ..restating import bare

MOST_SIMILAR = 0.2
LEAST_DELTA = 0.3


class Creative(Altering):
    """See the module's docstring."""

    name = "creative"
    extra = ("story",)

    def describe(self) -> str:
        """One line for people."""
        return "another task for the same kinds of values: a new story with mechanics of its own"

    def noted(self, draft: Draft, reply: Mapping[str, Any], parents: Sequence[CodeTask]) -> Mapping[str, Any]:
        """The story in a few words; UnusableReply where the text is the parent's still."""
        other_name(draft, parents)
        similar = shingle_similarity(draft.spec, bare(parents[0]))
        if similar > MOST_SIMILAR:
            raise UnusableReply(
                f'"spec": shares {similar:.0%} of its runs of three words with the given task; tell another story',
                "too similar",
            )
        return {"story": line_of(reply, "story", 3, 200)}

    def prove(self, task: CodeTask, parents: Sequence[CodeTask], evidence: Evidence) -> tuple[Gate, ...]:
        """No known task does the same, the text is another one, and the parent's reference fails."""
        known = evidence.functional_hash is not None and evidence.functional_hash in evidence.archive
        similar = round(shingle_similarity(evidence.draft.spec, bare(parents[0])), 4)
        facts = {"hash": evidence.functional_hash}
        return (
            Gate("new_function", not known, facts),
            Gate("new_text", similar <= MOST_SIMILAR, {"similarity": similar, "most": MOST_SIMILAR}),
            delta_gate(evidence, LEAST_DELTA),
        )
