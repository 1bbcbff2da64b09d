"""Verifying preference tasks that a model wrote, without any model: the replies that their certificates keep are read
again, verdicts are counted again, proofs of labels run again, and all of it is compared."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ....benchmarks import BadInput
from ....benchmarks.jsonio import text_digest
from ....benchmarks.preference import PreferenceSuite, PreferenceTask
from ....harness.sandbox.api import Sandbox
from ...preferences.certificate import differences
from ...preferences.labels import Labels
from ..drafting import Rejected
from ..kept import UNREADABLE
from ..pipeline import FAULTS
from ..verify import one_line
from .certificate import KIND, Kept, certificate_of, named
from .pipeline import develop
from .protocol import ModelPreferenceOperator, NotApplicable
from .registry import PREFIX, model_preference_operator
from .work import Prover, Work, seed_of

Failure = tuple[PreferenceTask, str]
Said = tuple[str, ...]
SAID = ("role", "purpose", "model", "template", "template_version", "reply_digest")
"""What a call and an entry of a store have in common."""


def _replies_in(path: Path) -> frozenset[Said]:
    """Every reply of a store. BadInput where there is none."""
    from ..store import entries  # whoever verifies without one needs no database

    return frozenset(
        (*(str(getattr(kept.asked, name)) for name in SAID[:-1]), text_digest(reply.text))
        for kept in entries(path)
        for reply in kept.response.replies
    )


def is_authored(name: str) -> bool:
    """Whether a lineage's operator is one through a model."""
    return name.startswith(PREFIX)


def verify_authored_preferences(
    suite: PreferenceSuite,
    tasks: Sequence[PreferenceTask],
    sandbox: Sandbox,
    labels: Labels,
    replies: Path | None = None,
) -> list[Failure]:
    """Every failure of these tasks, whose lineages were found in order.

    replies: the store of the panel's replies, which must then hold each reply that a certificate names. BadInput where
    there is no such store. InfraError when the sandbox fails.
    """
    store = None if replies is None else _replies_in(replies)
    return asyncio.run(_all(suite, tasks, sandbox, labels, store))


async def _all(
    suite: PreferenceSuite,
    tasks: Sequence[PreferenceTask],
    sandbox: Sandbox,
    labels: Labels,
    store: frozenset[Said] | None,
) -> list[Failure]:
    prover = Prover(labels)
    known = {task.id: task for task in suite.ancestors}
    failures: list[Failure] = []
    for task in tasks:
        failures += [(task, problem) for problem in await _problems(suite, task, known, sandbox, prover, store)]
    return failures


async def _problems(
    suite: PreferenceSuite,
    task: PreferenceTask,
    known: Mapping[str, PreferenceTask],
    sandbox: Sandbox,
    prover: Prover,
    store: frozenset[Said] | None,
) -> list[str]:
    lineage = task.lineage
    assert lineage is not None
    stored = suite.certificates.get(task.id)
    if not isinstance(stored, dict) or stored.get("made_by") != KIND:
        return ["gate certificate: there is no certificate of a preference task that a model wrote"]
    slot = lineage.parameters.get("slot")
    if type(slot) is not int:
        return ["gate replay: the lineage does not say which proposal the task was"]
    try:
        operator = model_preference_operator(lineage.operator)
        kept = Kept(stored)
    except BadInput as error:
        return [f"gate lineage: {error}"]
    except UNREADABLE as error:
        return [f"gate certificate: it cannot be read ({type(error).__name__}: {one_line(str(error))})"]
    parent = known[lineage.parents[0]]
    leaf = seed_of(lineage.seed, operator.name, operator.version, parent, slot)
    work = Work(parent, leaf, kept.panel, kept, prover)
    try:
        finished, gates = await develop(operator, work)
    except Rejected as rejected:
        return [f"{_gate(rejected.reason)} does not hold: {one_line(rejected.said)}"]
    except (NotApplicable, BadInput) as error:
        return [f"gate replay: the replies make no task: {one_line(str(error))}"]
    except FAULTS as error:
        return [f"gate replay: the certificate proves nothing ({type(error).__name__}: {one_line(str(error))})"]
    made = named(operator, finished, work, slot, lineage.seed, task.id)
    again = certificate_of(operator, made, finished.shown_by, work, gates, sandbox.info)
    return [*_changed(task, made, operator, slot), *_certificate(stored, again, kept), *_stored(stored, store)]


def _gate(reason: str) -> str:
    return reason if reason.startswith("gate ") else f"gate {reason}"


def _changed(task: PreferenceTask, made: PreferenceTask, operator: ModelPreferenceOperator, slot: int) -> Iterator[str]:
    old, new = task.to_json(), made.to_json()
    changed = [name for name in dict.fromkeys([*new, *old]) if old.get(name) != new.get(name)]
    if changed:
        yield f"gate replay: made again, the task is another one: {', '.join(changed)} differ"
    if not task.id.endswith(f"-{operator.name}-{slot}"):
        yield "gate replay: its id is not that of its proposal"


def _certificate(stored: Mapping[str, Any], again: dict[str, Any], kept: Kept) -> Iterator[str]:
    if kept.left:
        yield f"gate calls: {kept.left} calls that nobody made"
    for problem in differences(stored, again):
        yield f"gate certificate: {problem}"


def _stored(stored: Mapping[str, Any], store: frozenset[Said] | None) -> Iterator[str]:
    if store is None:
        return
    missing = sum(tuple(str(call[name]) for name in SAID) not in store for call in stored["calls"])
    if missing:
        yield f"gate replies does not hold: the store lacks {missing} of {len(stored['calls'])} replies"
