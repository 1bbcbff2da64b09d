"""What operators that ask for a new function have in common: how they ask, and how a draft is read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ...benchmarks import CodeTask
from ..expectations import comparator_of
from ..protocol import Gate, NotApplicable, Observation
from ..wrapping import signature_of
from .fields import (
    MAX_CONTRACT,
    MAX_INPUTS,
    MAX_PROGRAM,
    MAX_SPEC,
    MIN_INPUTS,
    MIN_SPEC,
    calls_of,
    check_known,
    code_of,
    text_of,
)
from .likeness import containment_of, tokens_of
from .parents import hint_fields, shown
from .programs import read_contract, read_reference
from .protocol import Draft, Evidence, Hints, Kind, Rendered, UnusableReply
from .restating import bare
from .signatures import read_signature
from .spans import check_spans, given_functions
from .templates import render
from .wording import check_leak, check_spec

ASKED_INPUTS = (12, 20)
"""Two of them become examples, and eight at least must be left as hidden cases when the contract has refused some."""
COMMON = ("spec", "signature", "reference", "inputs", "contract")


class Altering:
    """The common part; a subclass says its name, ``extra`` fields, what it takes from them, and its proofs."""

    name: str
    version = "1"
    kind: Kind = "altering"
    parents = 1
    extra: tuple[str, ...] = ()

    def applies(self, parents: Sequence[CodeTask], observed: Sequence[Observation]) -> None:
        """NotApplicable unless every parent is a plain function with one right value for each of its inputs."""
        if len(parents) != self.parents or len(observed) != self.parents:
            raise NotApplicable(f"it is made of {self.parents} parents")
        for parent, seen in zip(parents, observed, strict=True):
            if parent.entry_point is None:
                raise NotApplicable("the task asks for no function")
            comparator_of(parent, seen)
            signature_of(parent.reference, parent.entry_point)
            bare(parent)

    def ask(self, parents: Sequence[CodeTask], observed: Sequence[Observation], hints: Hints) -> Rendered:
        """The request: the parents as data, what is wanted of them, and the form of the reply."""
        rows = [shown(parent, seen) for parent, seen in zip(parents, observed, strict=True)]
        least, most = ASKED_INPUTS
        names = [str(parent.entry_point) for parent in parents]
        return render(self.name, parents=rows, names=names, least_inputs=least, most_inputs=most, **hint_fields(hints))

    def read(self, reply: Mapping[str, Any], parents: Sequence[CodeTask]) -> Draft:
        """The draft of a reply's common fields, then of the operator's own."""
        check_known(reply, (*COMMON, *self.extra))
        stated = read_signature(text_of(reply, "signature", 10, 400))
        spec = text_of(reply, "spec", MIN_SPEC, MAX_SPEC)
        reference = code_of(reply, "reference", 20, MAX_PROGRAM)
        read_reference(reference, stated, MAX_PROGRAM)
        check_spec(spec, stated.name)
        check_leak(spec, [reference])
        check_spans(spec, {stated.name, *stated.parameters, *given_functions(reference)})
        draft = Draft(
            spec=spec,
            signature=stated.line,
            entry_point=stated.name,
            reference=reference,
            inputs=calls_of(reply, "inputs", stated, MIN_INPUTS, MAX_INPUTS),
            contract=read_contract(code_of(reply, "contract", 0, MAX_CONTRACT), stated, MAX_CONTRACT),
        )
        return replace(draft, notes=self.noted(draft, reply, parents))

    def noted(self, draft: Draft, reply: Mapping[str, Any], parents: Sequence[CodeTask]) -> Mapping[str, Any]:
        """What the operator's own fields say; UnusableReply where they do not fit the draft."""
        return {}

    def prove(self, task: CodeTask, parents: Sequence[CodeTask], evidence: Evidence) -> tuple[Gate, ...]:
        """The operator's proofs."""
        raise NotImplementedError


def other_name(draft: Draft, parents: Sequence[CodeTask]) -> None:
    """UnusableReply where the new function is called like a parent's."""
    if draft.entry_point in {parent.entry_point for parent in parents}:
        raise UnusableReply(f'"signature": `{draft.entry_point}` is a given task\'s name; choose another', "signature")


def quoted_share(spec: str, parent: CodeTask) -> float:
    """How much of a parent's description stands in a new text, as runs of five tokens."""
    return round(containment_of(tokens_of(bare(parent)), tokens_of(spec), 5), 4)


def delta_gate(evidence: Evidence, least: float, most: float = 1.0, *, known: bool = False) -> Gate:
    """``delta``: the share of the hidden cases that the parent's reference fails lies within bounds (not 0 in any
    case). known: it must be known; else a parent that cannot be run on the new inputs is taken to fail them all."""
    delta = evidence.delta
    if delta is None:
        return Gate("delta", not known and most == 1.0, {"delta": None, "why": "the parent takes other inputs"})
    return Gate("delta", delta > 0 and least <= delta <= most, {"delta": round(delta, 4), "least": least, "most": most})
