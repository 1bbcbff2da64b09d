"""Runs attacks in a sandbox, honest answers after each, and says what each attack achieved."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass

from ....benchmarks.errors import BadInput
from ...scoring import score_one
from ...verdict import Score, Verdict
from ..api import Sandbox
from . import arena
from .rows import CONTROL, Attack, Kind
from .sentinels import Planted, leaks_in, sentinel

# What a neighbour in another sandbox does meanwhile: it works for a moment and answers rightly.
_BUSY = "import time\ntime.sleep(0.05)\nsum(range(200000))\n"


@dataclass(frozen=True, slots=True)
class Finding:
    """What came of one attack on one kind of test.

    fits:
        the verdict is one of those that fit the attack.
    forged:
        a test that the attack cannot satisfy was passed.
    leaked:
        whose secrets came out, of ``expected``, ``earlier`` (answers) and ``host``.
    neighbours:
        what befell those beside and after it, one text each: verdicts of honest answers that changed, things left
        behind, harm to the host.
    infra:
        the sandbox failed on it, so that its answer would be owed.
    """

    name: str
    category: str
    kind: Kind
    verdict: str
    fits: bool
    forged: bool
    leaked: tuple[str, ...]
    neighbours: tuple[str, ...]
    infra: bool
    shielded: bool
    seconds: float
    detail: str

    @property
    def bad(self) -> bool:
        """Whether the sandbox did not hold."""
        return self.forged or bool(self.leaked) or bool(self.neighbours) or not self.fits


def chosen(attacks: Iterable[Attack], sandbox: Sandbox) -> list[tuple[Attack, Kind]]:
    """Every attack with each of its kinds of test, but for those that this kind of sandbox does not promise to hold."""
    here = sandbox.info.kind
    return [(attack, kind) for attack in attacks if attack.only in ("", here) for kind in attack.kinds]


def run_attacks(
    sandbox: Sandbox,
    attacks: Iterable[Attack],
    *,
    neighbour: Sandbox | None = None,
    host: Planted | None = None,
    repeat: int = 1,
) -> Iterator[Finding]:
    """Try each attack on each of its kinds of test; after it, a right and a wrong answer and the attack's probe.

    The sandbox should have one worker, so that the next answer runs in the same place. ``neighbour`` is another
    sandbox, in which an honest answer runs at the same time. ``host`` is what was planted on this machine.

    Raises:
        BadInput: the sandbox isolates nothing; as root these programs reach every process of the machine.
    """
    if sandbox.info.kind == "process":
        raise BadInput("--sandbox process isolates nothing: the programs would attack this machine")
    trials = chosen(attacks, sandbox)
    for _ in range(repeat):
        for attack, kind in trials:
            yield try_attack(attack, kind, sandbox, neighbour=neighbour, host=host)


def try_attack(
    attack: Attack, kind: Kind, sandbox: Sandbox, *, neighbour: Sandbox | None = None, host: Planted | None = None
) -> Finding:
    """What comes of one attack on one kind of test; whoever calls it answers for the sandbox it is given."""
    watched = arena.Watched(sandbox)
    harm_before = host.harm() if host else ""
    hurt: list[str] = []
    started = time.monotonic()
    with ExitStack() as stack:
        beside = None
        if neighbour is not None:
            thread = stack.enter_context(ThreadPoolExecutor(1, thread_name_prefix="evalrun-neighbour"))
            beside = thread.submit(_beside, neighbour)
        score = arena.score_attack(attack, kind, watched)
        seconds = time.monotonic() - started
        passed = score.verdict is Verdict.PASS or any(outcome.judged == "pass" for outcome in watched.outcomes())
        if attack.probe:
            hurt += _left_behind(arena.score_probe(attack.probe, watched))
        hurt += _misjudged(kind, sandbox)
        if beside is not None and (other := beside.result()).verdict is not Verdict.PASS:
            hurt.append(f"a right answer in another sandbox at the same time: {other.verdict} ({other.detail[:200]})")
    if host is not None and (harm := host.harm()) != harm_before:
        hurt.append(harm)
    control = attack.category == CONTROL
    leaked: set[str] = set() if control else set().union(*map(leaks_in, watched.outcomes()))
    return Finding(
        name=attack.name,
        category=attack.category,
        kind=kind,
        verdict=str(score.verdict),
        fits=str(score.verdict) in attack.fitting,
        forged=passed and str(Verdict.PASS) not in attack.fitting,
        leaked=tuple(sorted(leaked)),
        neighbours=tuple(hurt),
        infra=score.verdict is Verdict.INFRA,
        shielded=score.shielded,
        seconds=round(seconds, 3),
        detail=score.detail[:500],
    )


def _beside(neighbour: Sandbox) -> Score:
    key = sentinel("earlier")
    return score_one(arena.task("check", key, arena.HONEST_CPU_S), _BUSY + arena.right(key), neighbour)


def _misjudged(kind: Kind, sandbox: Sandbox) -> Iterator[str]:
    for deserved, score in arena.honest_scores(kind, sandbox):
        if score.verdict != deserved:
            what = "right" if deserved == "pass" else "wrong"
            yield f"the next {what} answer was judged {score.verdict} ({score.detail[:200]})"
        elif not score.shielded:
            yield "the next answer ran in one process with its tests"


def _left_behind(score: Score) -> Iterator[str]:
    if score.verdict is not Verdict.WRONG:
        yield f"the next answer looked for what was left: {score.verdict} ({score.detail[:300]})"
