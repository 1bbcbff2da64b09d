"""A chain of tellers (cultural transmission, after Bartlett's serial reproduction, 1932): each words anew what the one
before it wrote, and never sees the first text.

The chain ends at the last link that keeps every protected token; how far each link drifted from the first text and
from the one before is measured and kept. ``transmission_chain:5`` has five links; ``transmission_chain:5/panel`` asks
the panel's members in turn.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ....benchmarks import BadInput, CodeTask
from ...protocol import Gate, Observation
from ..fields import check_known
from ..likeness import word_similarity
from ..parents import hint_fields
from ..preserving import Preserving, check_protected, drift_of, read_text, rewording, text_fields
from ..protected import change, vocabulary_of
from ..protocol import Draft, Evidence, Hints, Rendered, Step, UnusableReply
from ..restating import described
from ..steps import MAX_ASKS
from ..templates import render

LINKS = 3
LEAST_WORDS = 0.15


class TransmissionChain(Preserving):
    """See the module's docstring. links: how many at most; panel: whether the members are asked in turn."""

    def __init__(self, links: int = LINKS, panel: bool = False) -> None:
        self.links, self.panel, self.asks = links, panel, links
        setting = f"{links}/panel" if panel else str(links)
        self.name = "transmission_chain" if (links, panel) == (LINKS, False) else f"transmission_chain:{setting}"

    @classmethod
    def set_to(cls, setting: str) -> TransmissionChain:
        """The operator with so many links; BadInput for what is no setting."""
        found = re.fullmatch(r"(\d{1,2})(/panel)?", setting.strip())
        if found is None or not 1 <= int(found[1]) <= MAX_ASKS:
            raise BadInput(
                f"transmission_chain:{setting[:40]}: expected 1 to {MAX_ASKS} links, like transmission_chain:5, or "
                "transmission_chain:5/panel to ask the panel's members in turn"
            )
        return cls(int(found[1]), found[2] is not None)

    def describe(self) -> str:
        """One line for people."""
        return f"the same task, worded anew {self.links} times, each time from the wording before"

    def ask(self, parents: Sequence[CodeTask], observed: Sequence[Observation], hints: Hints) -> Rendered:
        """The first link."""
        (parent,) = parents
        fields = text_fields(parent, described(parent).text)
        return render("transmission_chain", **fields, **hint_fields(hints))

    def follow(self, replies: Sequence[Mapping[str, Any]], parents: Sequence[CodeTask]) -> Step | None:
        """The next link, from the last text alone; None when there are enough, or when the last one lost something.

        Only what the first link lost may be mended: to mend a later one would hide the drift.
        """
        (parent,) = parents
        text = self._text(replies, parent)
        if len(replies) == 1:
            check_protected(described(parent).text, text, parent)
        if len(replies) >= self.links or not _keeps(text, parent):
            return None
        fields = text_fields(parent, text)
        none = hint_fields(Hints())
        step = len(replies)
        return Step(render("transmission_chain", **fields, **none), f"link {step + 1}", step if self.panel else 0)

    def gather(self, replies: Sequence[Mapping[str, Any]], parents: Sequence[CodeTask]) -> Draft:
        """The last link that keeps what is protected, with all links."""
        (parent,) = parents
        if len(replies) == 1:
            check_protected(described(parent).text, self._text(replies, parent), parent)
        links = [str(reply.get("spec", "")).strip("\n").rstrip() for reply in replies[:-1]]
        links.append(self._text(replies, parent))
        kept = _last_kept(links, parent)
        if not kept:
            raise UnusableReply('"spec": no link keeps what is protected', "protected tokens")
        return rewording(parent, links[kept - 1], {"links": links, "kept": kept})

    def prove(self, task: CodeTask, parents: Sequence[CodeTask], evidence: Evidence) -> tuple[Gate, ...]:
        """Only the description changed, protected tokens are kept, the text is that of the last link that keeps them;
        the drift of each link."""
        (parent,) = parents
        old, known = described(parent).text, vocabulary_of(parent)
        links = [str(link) for link in evidence.draft.notes.get("links", ())]
        rows = [
            {
                "from_first": drift_of(link, old),
                "from_previous": drift_of(link, links[place - 1] if place else old),
                "missing": list(change(old, link, known).missing),
                "added": list(change(old, link, known).added),
            }
            for place, link in enumerate(links)
        ]
        kept = _last_kept(links, parent)
        right = 0 < kept == evidence.draft.notes.get("kept") and links[kept - 1] == evidence.draft.spec
        far = word_similarity(described(task).text, old)
        return (
            *super().prove(task, parents, evidence),
            Gate("chain", right, {"asked": self.links, "links": len(links), "kept": kept}),
            Gate("drift", far >= LEAST_WORDS, {"links": rows, "least_words": LEAST_WORDS}),
        )

    def _text(self, replies: Sequence[Mapping[str, Any]], parent: CodeTask) -> str:
        check_known(replies[-1], ("spec",))
        return read_text(replies[-1], parent)


def _keeps(text: str, parent: CodeTask) -> bool:
    return change(described(parent).text, text, vocabulary_of(parent)).none


def _last_kept(links: Sequence[str], parent: CodeTask) -> int:
    """How many links come before the first that lost something."""
    for place, link in enumerate(links):
        if not _keeps(link, parent):
            return place
    return len(links)
