"""Judging candidates: gates on the texts first; what passes them has its label proven again in the sandbox."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...benchmarks import BadInput, InfraError
from ...benchmarks.visible import visible
from .labels import Labels
from .proofs import is_proven
from .protocol import Gate, NotApplicable, PreferenceCandidate, PreferenceOperator
from .structure import label_kept, structural_gates

_MOST_SAID = 120


@dataclass(frozen=True, slots=True)
class Judged:
    """A candidate with its gates in order; ``rejected``: why it cannot be a task, or None."""

    candidate: PreferenceCandidate
    gates: tuple[Gate, ...]
    rejected: str | None


def judge(operator: PreferenceOperator, candidates: Sequence[PreferenceCandidate], labels: Labels) -> list[Judged]:
    """Judge candidates in one batch, in order. InfraError when the sandbox fails, which is never a rejection."""
    static = [_static_gates(operator, candidate) for candidate in candidates]
    sound = [place for place, gates in enumerate(static) if _broken(gates) is None]
    shown = labels.verified(candidates[place].task for place in sound)
    for place, label in zip(sound, shown, strict=True):
        static[place] = (*static[place], label)
    return [Judged(candidate, gates, _broken(gates)) for candidate, gates in zip(candidates, static, strict=True)]


def _static_gates(operator: PreferenceOperator, candidate: PreferenceCandidate) -> tuple[Gate, ...]:
    task, parents = candidate.task, candidate.parents
    gates = [*structural_gates(task, parents)]
    if operator.kind == "preserving":
        gates.append(label_kept(task, parents[0], candidate.parameters))
    else:
        gates.append(Gate("label_has_proof", is_proven(task)))
    try:
        own = tuple(operator.prove(task, parents, candidate.parameters))
        if not all(isinstance(gate, Gate) for gate in own):
            raise TypeError("proofs are Gates")
        gates += own
    except (NotApplicable, BadInput) as error:
        gates.append(Gate("operator", False, {"problem": str(error)}))
    except InfraError:
        raise
    except Exception as error:  # operators can be anybody's: what cannot be proven is not admitted
        gates.append(Gate("operator", False, {"problem": f"the operator failed: {one_line(error)}"}))
    names = {gate.gate for gate in gates}
    return (*gates, *(gate for gate in candidate.gates if gate.gate not in names))


def one_line(error: Exception) -> str:
    """What went wrong in an operator, in one line that says little enough to stand in a table."""
    return visible(f"{type(error).__name__}: {error}", _MOST_SAID)


def _broken(gates: Sequence[Gate]) -> str | None:
    broken = next((gate.gate for gate in gates if not gate.holds), None)
    return None if broken is None else f"gate {broken}"
