"""Judges as witnesses: who of the panel counts, what a judge's two answers come to, and how many must agree.

The author's relatives are never counted where there are others. Each judge sees every pair in both orders, and only
what it says in both is its verdict. Two thirds of the judges must find the same, and where judges of two families or
more are counted, judges of two families must.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ....benchmarks.jsonio import text_digest
from ....harness.preference.questions import JUDGE, VERSION
from ....harness.preference.verdicts import ends_with_verdict, last_verdict
from ...preferences.proofs.by_judges import needed
from ...protocol import Gate
from ..calls import Answer, Member, Panel
from ..protocol import Rendered
from ..templates import render
from .protocol import Question

VERDICTS = ("better", "worse", "tie", "same", "different", "none")
_SAME = re.compile(r"\[\[\s*(same|different)\s*\]\]", re.IGNORECASE)
_COMPARED: Mapping[str, str] = {"first": "better", "second": "worse", "tie": "tie", "none": "none"}
_TURNED: Mapping[str, str] = {"first": "worse", "second": "better", "tie": "tie", "none": "none"}


@dataclass(frozen=True, slots=True)
class Jury:
    """counted: the judges whose verdicts count. excluded: judges that are the author's relatives. independent: whether
    none of those counted is one."""

    counted: tuple[Member, ...]
    excluded: tuple[Member, ...]
    independent: bool

    @property
    def families(self) -> int:
        """How many families the counted ones are of."""
        return len({member.family for member in self.counted})

    def to_json(self) -> dict[str, Any]:
        """As certificates hold it."""
        return {
            "judges": [{"model": each.model, "family": each.family} for each in self.counted],
            "excluded": [{"model": each.model, "family": each.family} for each in self.excluded],
            "independent": self.independent,
        }


def jury_of(panel: Panel) -> Jury:
    """The jury of a panel: its judges; where none is named, its solvers (the author, where there is no other)."""
    named = {(member.model, member.family): member for member in reversed(panel.judges or panel.solvers)}
    pool = tuple(reversed(named.values()))  # one model at two addresses is one witness
    others = tuple(member for member in pool if member.family != panel.author.family)
    if not others:
        return Jury(pool, (), independent=False)
    return Jury(others, tuple(member for member in pool if member not in others), independent=True)


def jury_warnings(panel: Panel) -> list[str]:
    """What a reader of the new suite should know of its judges, in whole sentences."""
    jury = jury_of(panel)
    said = []
    if not jury.independent:
        said.append(
            f"all judges are of the author's family, {panel.author.family}: what rests on judges is not independent, and "
            "certificates say `independent: false`; name judges of other families with --judge-model"
        )
    elif jury.excluded:
        names = ", ".join(member.model for member in jury.excluded)
        said.append(f"not counted among the judges, being of the author's family, {panel.author.family}: {names}")
    if jury.independent and jury.families < 2:
        said.append("all judges are of one family; name one of another with --judge-model, so that two must agree")
    return said


@dataclass(frozen=True, slots=True)
class Ballot:
    """What one judge said of one question. forward, backward: its verdict with the texts in the question's order, and
    swapped; one of ``VERDICTS``. replies: the digests of both replies."""

    key: str
    model: str
    family: str
    forward: str
    backward: str
    replies: tuple[str, str]

    @property
    def verdict(self) -> str:
        """What it said in both orders; ``split`` where these differ, ``none`` where one cannot be read."""
        if "none" in (self.forward, self.backward):
            return "none"
        return self.forward if self.forward == self.backward else "split"

    def finds(self, wanted: str) -> bool:
        """Whether this judge found what is wanted.

        No difference is seen by who says so, and by who says otherwise when the order is another one. A vote can be
        anything that can be read.
        """
        if wanted == "vote":
            return self.verdict != "none"
        if wanted == "no_difference":
            return self.verdict in ("tie", "split")
        return self.verdict == wanted

    def to_json(self) -> dict[str, Any]:
        """As certificates hold it."""
        return {
            "key": self.key, "model": self.model, "family": self.family,
            "forward": self.forward, "backward": self.backward, "replies": list(self.replies),
        }  # fmt: skip

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> Ballot:
        """Read the JSON form; KeyError, TypeError or ValueError where it is none."""
        forward, backward = str(data["forward"]), str(data["backward"])
        if not {forward, backward} <= set(VERDICTS):
            raise ValueError(f"verdicts are one of {', '.join(VERDICTS)}")
        first, second = data["replies"]
        return Ballot(
            str(data["key"]), str(data["model"]), str(data["family"]), forward, backward, (str(first), str(second))
        )


def rendered(question: Question) -> tuple[Rendered, Rendered]:
    """The two requests of a question: in its order, and swapped."""
    if question.task is None:
        one, other = question.texts
        return render(question.template, one=one, other=other), render(question.template, one=other, other=one)
    first, second = (response.text for response in question.task.responses)
    words = str(JUDGE.to_json()["digest"])[:12]
    asked = [JUDGE.text(question.task, *pair) for pair in ((first, second), (second, first))]
    one_way, other_way = (Rendered(f"judge_{JUDGE.name}", f"{VERSION}-{words}", "", text) for text in asked)
    return one_way, other_way


def verdict_in(question: Question, text: str, *, swapped: bool, finish_reason: str | None = None) -> str:
    """A judge's verdict in its reply; ``none`` where there is none, or where the reply was cut before it."""
    if finish_reason == "length" and not ends_with_verdict(text):
        return "none"
    if question.task is not None:
        return (_TURNED if swapped else _COMPARED)[last_verdict(text)]
    found = [each.lower() for each in _SAME.findall(text)]
    return found[-1] if found else "none"


def ballot_of(question: Question, judge: Member, forward: Answer, backward: Answer) -> Ballot:
    """The ballot in a judge's two replies."""
    said = [
        verdict_in(question, answer.text, swapped=swapped, finish_reason=answer.finish_reason)
        for answer, swapped in ((forward, False), (backward, True))
    ]
    return Ballot(
        question.key,
        judge.model,
        judge.family,
        said[0],
        said[1],
        (text_digest(forward.text), text_digest(backward.text)),
    )


def gate_of(question: Question, ballots: Sequence[Ballot], jury: Jury) -> Gate:
    """Whether enough of the jury found what is wanted. ballots: of this question; a judge without one found nothing."""
    found = [ballot for ballot in ballots if ballot.finds(question.wanted)]
    least = needed(len(jury.counted))
    families = len({ballot.family for ballot in found})
    enough = len(found) >= least and families >= min(2, jury.families)
    return Gate(
        f"judges_{question.key}",
        enough,
        {
            "wanted": question.wanted,
            "found": len(found),
            "needed": least,
            "judges": len(jury.counted),
            "families": families,
            "independent": jury.independent,
            "verdicts": [ballot.verdict for ballot in ballots],
        },
    )


def witnesses(question: Question, ballots: Iterable[Ballot], jury: Jury) -> tuple[Member, ...]:
    """The judges that found what is wanted, in the jury's order: only they are asked further."""
    found = {(ballot.model, ballot.family) for ballot in ballots if ballot.finds(question.wanted)}
    return tuple(member for member in jury.counted if (member.model, member.family) in found)
