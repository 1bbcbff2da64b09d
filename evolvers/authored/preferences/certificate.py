"""The certificate of a preference task that a model wrote: every call, and every reply, so that all of it can be
computed again without asking anybody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ....benchmarks import Lineage
from ....benchmarks.jsonio import canonical_json, digest, text_digest
from ....benchmarks.preference import PreferenceTask
from ....harness.endpoint.api import RequestRefused
from ....harness.sandbox.api import SandboxInfo
from ...preferences.structure import effect_of
from ..calls import Answer, Call, Member, Panel, Role
from ..drafting import Rejected
from ..protocol import Rendered
from .judges import counted, independent
from .persona import TAG
from .protocol import Finished, Gate, ModelPreferenceOperator
from .registry import lineage_name
from .work import Work

SCHEMA = 1
KIND = "authored-preference"


@dataclass(frozen=True, slots=True)
class Told:
    """All that was said about one proposal, as a certificate holds it."""

    panel: Mapping[str, Any]
    calls: Sequence[Mapping[str, Any]]
    replies: Sequence[Mapping[str, Any]]
    refused: Sequence[Mapping[str, Any]]

    def to_json(self) -> dict[str, Any]:
        """As the certificate holds it."""
        return {
            "panel": dict(self.panel),
            "calls": [dict(each) for each in self.calls],
            "replies": [dict(each) for each in self.replies],
            "refused": [dict(each) for each in self.refused],
        }


def told_of(work: Work) -> Told:
    """What was said while something was worked on."""
    return Told(
        panel=panel_json(work.panel, judged=any(each.call.role == "judge" for each in work.answers)),
        calls=[each.call.to_json() for each in work.answers],
        replies=[{"text": each.text, "finish": each.finish_reason} for each in work.answers],
        refused=[each.to_json() for each in work.refusals],
    )


def panel_json(panel: Panel, *, judged: bool = True) -> dict[str, Any]:
    """The author and all judges by model and family. independent: whether nobody of the author's family was believed;
    so it is where no judge was asked, since a machine showed everything then."""
    return {
        "author": _member(panel.author),
        "judges": [_member(each) for each in panel.judges],
        "counted": [_member(each) for each in counted(panel)] if judged else [],
        "independent": independent(panel) or not judged,
        "under_test": None,
    }


def _member(member: Member) -> dict[str, str]:
    return {"model": member.model, "family": member.family}


def named(
    operator: ModelPreferenceOperator, finished: Finished, work: Work, slot: int, seed: int, task_id: str
) -> PreferenceTask:
    """A finished task with its id, family, lineage, tags and what makes it a twin."""
    parent, told = work.parent, told_of(work)
    parameters = {
        "slot": slot,
        **{name: digest(value) for name, value in told.to_json().items()},
    }
    lineage = Lineage(
        root=parent.root,
        parents=(parent.id,),
        parent_digests=(parent.digest,),
        operator=lineage_name(operator),
        operator_version=operator.version,
        parameters=parameters,
        seed=seed,
        depth=1 + (parent.lineage.depth if parent.lineage else 0),
    )
    own = ("authored",) if told.panel["independent"] else ("authored", "own-witness")
    twin = {
        "parent": parent.id,
        "operator": lineage_name(operator),
        "effect": effect_of(operator.kind, finished.task, parent),
    }
    return replace(
        finished.task,
        id=task_id,
        family=parent.unit,
        lineage=lineage,
        tags=tuple(dict.fromkeys((*finished.task.tags, *own))),
        # a task without a single label is no twin: a flip gap would read it as a tie
        metadata={} if TAG in finished.task.tags else twin,
    )


def certificate_of(
    operator: ModelPreferenceOperator,
    task: PreferenceTask,
    shown_by: str,
    work: Work,
    gates: Sequence[Gate],
    info: SandboxInfo,
) -> dict[str, Any]:
    """The certificate as plain JSON."""
    return {
        "schema": SCHEMA,
        "made_by": KIND,
        "operator": operator.name,
        "operator_version": operator.version,
        "kind": operator.kind,
        "shown_by": shown_by,
        "task_digest": task.digest,
        "parent_digests": [work.parent.digest],
        **told_of(work).to_json(),
        "gates": [gate.to_json() for gate in gates],
        "python": info.python,
        "sandbox": info.kind,
    }


class Kept:
    """An asker that hands out the replies of a certificate. ValueError, KeyError or TypeError where it holds none."""

    def __init__(self, stored: Mapping[str, Any]) -> None:
        canonical_json(stored)  # JSON as Python reads it knows Infinity and NaN, and no digest is made of these
        calls = [Call.from_json(call) for call in stored["calls"]]
        replies = [(str(each["text"]), each["finish"]) for each in stored["replies"]]
        self.panel = _panel(stored["panel"])
        self._refused = {(str(each["purpose"]), str(each["model"])) for each in stored["refused"]}
        self._left: list[Answer] = []
        for call, (text, finish) in zip(calls, replies, strict=True):
            if text_digest(text) != call.reply_digest:
                raise ValueError("a reply is not the one that its call names")
            self._left.append(Answer(text, call, None if finish is None else str(finish), cached=True))

    @property
    def left(self) -> int:
        """Replies that nobody asked for."""
        return len(self._left)

    async def ask(
        self, role: Role, member: Member, purpose: str, prompt: Rendered, *, seed: int, epoch: int = 0
    ) -> Answer:
        """The reply to the next call of that purpose and member."""
        wanted = (role, purpose, member.model, member.family, prompt.template, epoch)
        for answer in self._left:
            call = answer.call
            if (call.role, call.purpose, call.model, call.family, call.template, call.epoch) == wanted:
                self._left.remove(answer)
                return answer
        if (purpose, member.model) in self._refused:
            raise RequestRefused("the certificate says so")
        raise Rejected("calls", f"the certificate names no call with the purpose {purpose}")


def _panel(data: Mapping[str, Any]) -> Panel:
    author, *judges = (
        Member(str(each["model"]), "", str(each["family"])) for each in (data["author"], *data["judges"])
    )
    return Panel(author, (author,), tuple(judges))
