"""Making preference tasks through models: proposals side by side, what depends on others one after the other.

A model's fault rejects its candidate; an outage, or the end of the budget, rejects nothing.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ....benchmarks import BadInput
from ....benchmarks.jsonio import text_digest
from ....benchmarks.preference import PreferenceSuite, PreferenceTask
from ....harness.endpoint.api import RequestRefused
from ....harness.sandbox.api import Sandbox
from ...observe import Progress
from ...pipeline import MAX_DEPTH, Tally, silent
from ...preferences.engine import Evolution, kind_in_lineages, local_names
from ...preferences.labels import Labels
from ...preferences.proofs import is_proven
from ...preferences.structure import label_kept, structural_gates
from ..calls import OutOfBudget
from ..drafting import Rejected
from ..pipeline import FAULTS, TOGETHER, PanelAsker
from .certificate import certificate_of, named
from .persona import TAG
from .protocol import Finished, Gate, ModelPreferenceOperator, NotApplicable
from .work import Prover, Work, seed_of

log = logging.getLogger("evalrun.evolve")
_JUDGED = "judges_prefer"


@dataclass(frozen=True, slots=True)
class _Slot:
    """One proposal."""

    operator: ModelPreferenceOperator
    parent: PreferenceTask
    number: int


@dataclass(frozen=True, slots=True)
class _Made:
    """What became of a proposal that was worked on."""

    work: Work
    finished: Finished | None = None
    gates: tuple[Gate, ...] = ()
    refused: str = ""
    rejected: str = ""


async def develop(operator: ModelPreferenceOperator, work: Work) -> tuple[Finished, tuple[Gate, ...]]:
    """A finished task and all its gates; nothing is built on a label that does not hold.

    The same for who makes a task and for who verifies it: only the asker differs. NotApplicable, Rejected: there is
    none.
    """
    if not (await work.prover.label(work.parent)).holds:
        raise NotApplicable("the task's own label does not hold")
    operator.applies(work.parent)
    finished = await operator.develop(work)
    task, parent = finished.task, work.parent
    gates = [*structural_gates(task, (parent,))]
    if operator.kind == "preserving":
        gates.append(label_kept(task, parent, {}))
    else:
        gates.append(_witness(finished))
    gates += finished.gates
    broken = next((gate for gate in gates if not gate.holds), None)
    if broken is None:
        gates.append(await work.prover.label(task))
        broken = None if gates[-1].holds else gates[-1]
    if broken is not None:
        raise Rejected(f"gate {broken.gate}", str(broken.evidence.get("problem", "it does not hold"))[:300])
    return finished, tuple(gates)


def _witness(finished: Finished) -> Gate:
    """A new label is shown by a machine or by judges, or the task says that it has no single one."""
    holds = {
        "machine": is_proven(finished.task),
        "judges": any(gate.gate == _JUDGED for gate in finished.gates),
        "none": len(finished.task.ranking) == 1 and TAG in finished.task.tags,
    }[finished.shown_by]
    return Gate("label_has_witness", holds, {"by": finished.shown_by})


def default_name(suite: PreferenceSuite, operators: Sequence[ModelPreferenceOperator], author: str, seed: int) -> str:
    """The name when none is given."""
    labels = ".".join(operator.name for operator in operators)
    if len(labels) > 60:
        labels = f"{len(operators)}-operators-{text_digest(labels)[:6]}"
    return f"{suite.name}-{labels}-{author}-s{seed}"


def evolve_preferences_authored(
    suite: PreferenceSuite,
    operators: Sequence[ModelPreferenceOperator],
    asker: PanelAsker,
    sandbox: Sandbox,
    *,
    seed: int,
    name: str,
    count: int = 1,
    depth: int = MAX_DEPTH,
    progress: Progress = silent,
) -> Evolution:
    """Up to ``count`` new tasks for each task and operator. Where the budget ends, what is proven by then is the suite.

    BadInput when no task at all survives. EndpointRefused, EndpointDown, InfraError: an endpoint or the sandbox failed.
    """
    tallies = {operator.name: Tally(operator.name) for operator in operators}
    known = {task.id: task for task in (*suite.ancestors, *suite.tasks)}
    slots = []
    for operator in operators:
        for parent in suite.tasks:
            if operator.kind == "altering" and _altered(parent, known) >= depth:
                tallies[operator.name].refused[f"altered {depth} times already"] += count
                continue
            slots += [_Slot(operator, parent, number) for number in range(count)]
    made = asker.run(_all(slots, asker, Labels(sandbox, silent), seed, progress))
    ended = next((each for each in made if isinstance(each, OutOfBudget)), None)
    tasks, certificates = _admitted(suite, slots, made, tallies, name, seed, sandbox, progress)
    if not tasks:
        reasons = sum((tally.refused + tally.rejected for tally in tallies.values()), Counter[str]())
        shown = [f"{reason} ({number})" for reason, number in reasons.most_common(3)]
        raise BadInput(
            f"suite {suite.ref}: no task could be evolved: {'; '.join([*shown, *([str(ended)] if ended else [])])}"
        )
    ancestors = _ancestors(suite, tasks)
    certificates |= {each.id: suite.certificates[each.id] for each in ancestors if each.id in suite.certificates}
    new = PreferenceSuite(
        name=name,
        version=suite.version,
        tasks=tuple(tasks),
        description=f"{', '.join(tallies)} through {asker.panel.author.model} applied to {suite.ref}, seed {seed}",
        license=suite.license,
        source=suite.ref,
        ancestors=ancestors,
        certificates=certificates,
        evolution={"seed": seed},
    )
    return Evolution(new, tuple(tallies.values()))


def _altered(task: PreferenceTask, known: Mapping[str, PreferenceTask]) -> int:
    """How many altering operators lie between a task and its root, by first parents."""
    seen: set[str] = set()
    found, here = 0, task
    while here.lineage is not None and here.id not in seen:
        seen.add(here.id)
        found += kind_in_lineages(here.lineage.operator) == "altering"
        here = known.get(here.lineage.parents[0], here) if here.lineage.parents else here
    return found


async def _all(
    slots: Sequence[_Slot], asker: PanelAsker, labels: Labels, seed: int, progress: Progress
) -> list[_Made | OutOfBudget]:
    turns, prover = asyncio.Semaphore(TOGETHER), Prover(labels)
    tasks = [asyncio.ensure_future(_one(slot, asker, prover, seed, turns, progress)) for slot in slots]
    try:
        return await asyncio.gather(*tasks)
    except BaseException:  # an outage: nothing further is begun
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise


async def _one(
    slot: _Slot, asker: PanelAsker, prover: Prover, seed: int, turns: asyncio.Semaphore, progress: Progress
) -> _Made | OutOfBudget:
    operator = slot.operator
    leaf = seed_of(seed, operator.name, operator.version, slot.parent, slot.number)
    work = Work(slot.parent, leaf, asker.panel, asker, prover)
    async with turns:
        try:
            made = _Made(work, *await develop(operator, work))
        except OutOfBudget as end:
            return end
        except NotApplicable as error:
            made = _Made(work, refused=str(error))
        except Rejected as rejected:
            made = _Made(work, rejected=rejected.reason)
        except RequestRefused:
            made = _Made(work, rejected="request_refused")
        except BadInput as error:  # it tried to make a task that cannot be one
            made = _Made(work, rejected=str(error)[:120])
        except FAULTS:
            log.exception("a candidate of %s could not be judged", operator.name)
            made = _Made(work, rejected="fault")
    progress("candidates", 1)
    return made


def _admitted(
    suite: PreferenceSuite,
    slots: Sequence[_Slot],
    made: Sequence[_Made | OutOfBudget],
    tallies: dict[str, Tally],
    name: str,
    seed: int,
    sandbox: Sandbox,
    progress: Progress,
) -> tuple[list[PreferenceTask], dict[str, Any]]:
    """The new tasks and their certificates, in the order of the proposals; each proposal is counted."""
    locals_of = local_names(suite)
    known = {task.digest for task in (*suite.tasks, *suite.ancestors)}
    taken = {task.id for task in (*suite.tasks, *suite.ancestors)}
    tasks: list[PreferenceTask] = []
    certificates: dict[str, Any] = {}
    for slot, each in zip(slots, made, strict=True):
        if isinstance(each, OutOfBudget):
            continue
        tally = tallies[slot.operator.name]
        if each.refused:
            tally.refused[each.refused] += 1
            continue
        tally.proposed += 1
        reason = each.rejected
        if each.finished is not None and each.finished.task.digest in known:
            reason = "the same task is there already"
        if reason or each.finished is None:
            tally.rejected[reason] += 1
            progress(f"rejected by {reason.removeprefix('gate ')}", 1)
            continue
        task_id = f"{name}/{locals_of[slot.parent.id]}-{slot.operator.name}-{slot.number}"
        if task_id in taken:
            raise BadInput(f"--name {name[:60]!r}: a task {task_id[:80]!r} is there already; choose another name")
        task = named(slot.operator, each.finished, each.work, slot.number, seed, task_id)
        known.add(task.digest)
        tally.accepted += 1
        progress("admitted", 1)
        tasks.append(task)
        certificates[task.id] = certificate_of(
            slot.operator, task, each.finished.shown_by, each.work, each.gates, sandbox.info
        )
    return tasks, certificates


def _ancestors(suite: PreferenceSuite, tasks: Sequence[PreferenceTask]) -> tuple[PreferenceTask, ...]:
    """Every task that these descend from."""
    known = {task.id: task for task in (*suite.ancestors, *suite.tasks)}
    wanted: dict[str, PreferenceTask] = {}
    queue = [parent for task in tasks for parent in (task.lineage.parents if task.lineage else ())]
    while queue:
        found = known.get(queue.pop())
        if found is not None and found.id not in wanted:
            wanted[found.id] = found
            queue += found.lineage.parents if found.lineage else ()
    return tuple(wanted[key] for key in sorted(wanted))
