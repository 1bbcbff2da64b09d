"""A model proposes operators, the proofs decide, and what was refused for which reason goes into the next request."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ...harness.endpoint.api import RequestRefused
from ..authored.calls import OutOfBudget
from ..authored.json_reply import read_object
from ..authored.protocol import Rendered, UnusableReply
from ..authored.templates import Safe, render
from .admission import Admission, Rejected
from .admitted import Admitted
from .definition import KINDS
from .primitives import LIBRARY, TYPES
from .trees import MAX_DEPTH, MAX_NODES

if TYPE_CHECKING:
    from ..authored.asking import ModelAsker

AT_ONCE = 4
"""Operators that one request asks for, at most."""
MOST_IN_REPLY = 12
"""Proposals of one reply that are looked at; a longer list is a mistake, and nobody's to prove."""
_LESSONS = 12
_SAID = 300


@dataclass(slots=True)
class Designed:
    """What came of it. ended: why nothing further was asked, "" where enough was admitted or all rounds were used."""

    admitted: list[Admitted] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    rounds: int = 0
    ended: str = ""

    @property
    def reasons(self) -> Counter[str]:
        """How many proposals were rejected for each reason."""
        return Counter(each.reason for each in self.rejected)


@dataclass(frozen=True, slots=True)
class Wanted:
    """How many operators are wanted, in how many requests at most, of which kinds; seed: of the seed tree."""

    count: int
    rounds: int
    kinds: tuple[str, ...] = KINDS
    seed: int = 0


def design(
    asker: ModelAsker, admission: Admission, wanted: Wanted, told: Callable[[str], None] = lambda fate: None
) -> Designed:
    """Ask round by round until enough operators are admitted. told: the fate of each proposal, as it is known.

    Raises:
        EndpointDown, EndpointRefused, InfraError: no fault of a proposal; what came is kept in the store of replies.
    """
    found = Designed()
    for number in range(wanted.rounds):
        missing = wanted.count - len(found.admitted)
        if missing <= 0:
            break
        prompt = request(found, min(AT_ONCE, missing), wanted.kinds)
        seed = _seed(wanted.seed, number)
        member = asker.panel.author
        try:
            answer = asker.run(asker.ask("designer", member, "design", prompt, seed=seed))
        except OutOfBudget as end:
            found.ended = str(end)
            break
        except RequestRefused as refusal:
            _reject(found, "request refused", str(refusal), told)
            found.rounds += 1
            continue
        found.rounds += 1
        try:
            proposals = proposals_in(answer.text)
        except UnusableReply as fault:
            _reject(found, "unusable reply", str(fault), told)
            continue
        for fate in admission.judge(proposals, answer.call.to_json()):
            if isinstance(fate, Admitted) and fate.definition.kind not in wanted.kinds:
                fate = Rejected(fate.definition.name, "kind not wanted", f"{fate.definition.kind} is not wanted")
            if isinstance(fate, Admitted):
                found.admitted.append(fate)
            else:
                found.rejected.append(fate)
            told("admitted" if isinstance(fate, Admitted) else f"rejected by {fate.reason}")
    del found.admitted[wanted.count :]
    return found


def request(found: Designed, count: int, kinds: Sequence[str]) -> Rendered:
    """The next request."""
    lessons = [f"{each.name}: {each.reason}: {each.said[:_SAID]}" for each in found.rejected[-_LESSONS:]]
    return render(
        "design",
        count=count,
        types=Safe(", ".join(TYPES)),
        nodes=MAX_NODES,
        levels=MAX_DEPTH,
        primitives=Safe(primitives_told()),
        known=_known(found.admitted),
        lessons=lessons,
        kinds=Safe("" if tuple(kinds) == KINDS else ", ".join(kinds)),
    )


def primitives_told() -> str:
    """One line for each primitive, as the designer (and the documentation) sees it."""
    lines = []
    for each in LIBRARY:
        types = " or ".join(f"({', '.join(operands)} -> {result})" for operands, result in each.types)
        bound = f"; operand {each.binds + 1} for each item" if each.binds is not None else ""
        bound += ", which may name its index" if each.indexed else ""
        lines.append(f"- {each.name} {types}: {each.phrase}{bound}")
    return "\n".join(lines)


def proposals_in(text: str) -> list[Any]:
    """The proposals of a reply. UnusableReply when it holds none."""
    listed = read_object(text).get("operators")
    if not isinstance(listed, list) or not listed:
        raise UnusableReply('the reply has no list "operators" with at least one of them')
    if len(listed) > MOST_IN_REPLY:
        raise UnusableReply(f"the reply has {len(listed)} operators; at most {MOST_IN_REPLY} are looked at", "too long")
    return listed


def _known(admitted: Sequence[Admitted]) -> list[str]:
    from ..language import pre_transforms, predicates, transforms

    library = [
        *(f"post, {each.takes}: {each.sentence}" for each in transforms.LIBRARY),
        *(f"pre, {' or '.join(each.takes)}: {each.phrase}" for each in pre_transforms.LIBRARY),
        *(f"guard, {' or '.join(each.takes)}: {each.clause}" for each in predicates.LIBRARY),
    ]
    return library + [f"{d.kind}, {d.takes}: {d.phrase}" for d in (each.definition for each in admitted)]


def _reject(found: Designed, reason: str, said: str, told: Callable[[str], None]) -> None:
    found.rejected.append(Rejected("(a whole reply)", reason, said[:_SAID]))
    told(f"rejected by {reason}")


def _seed(seed: int, number: int) -> int:
    """The seed of a round: a leaf of the seed tree, 63 bits."""
    return int.from_bytes(hashlib.sha256(f"{seed}/design/{number}".encode()).digest()[:8], "big") >> 1
