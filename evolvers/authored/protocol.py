"""What an operator through a model is: a named, versioned prompt, what a reply to it may say, and what must be shown.

An operator never asks: the pipeline does, for all of them in one way. A reply is data: it is read as JSON, and whatever
program it holds runs in the sandbox only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, runtime_checkable

from ...benchmarks import CodeTask
from ...benchmarks.plain import decode_items, encode_items
from ..protocol import Executed, Gate, Observation, Rows

GROUP = "evalrun.model_operators"
Kind = Literal["preserving", "altering"]
PLAIN = "plain"
"""The strategy that shows nothing beside the parents."""


class UnusableReply(ValueError):
    """A reply that is no draft; the message is one line that the model can be told, so that it mends its reply once.

    reason: a short category of reasons, which reports count.
    """

    def __init__(self, message: str, reason: str = "malformed") -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Helper:
    """A function that a task gives away: its name, its whole program (with docstring), calls that show it at work."""

    name: str
    program: str
    calls: Rows = ()

    def to_json(self) -> dict[str, Any]:
        """As a certificate holds it."""
        return {"name": self.name, "program": self.program, "calls": _rows_to_json(self.calls)}


@dataclass(frozen=True, slots=True)
class Draft:
    """What an author proposes: the validated content of its reply.

    spec:
        what is asked, as prose; without examples, which are executed and added later. It is all that a blind solver
        sees beside ``signature``, ``helpers`` and the executed examples.
    signature:
        one line of Python, ``def name(a: int, b: str) -> bool:``, whose name is ``entry_point``.
    reference:
        the author's whole program.
    inputs:
        argument tuples that the author proposes, as plain data.
    contract:
        Python source that defines ``admissible(*args) -> bool``: for which inputs the task is defined; "" where the
        author declared none. It runs in the sandbox.
    helpers:
        what is given away (``tool_use``).
    preserved:
        of preserving operators: the tests, the signature and the reference are the parent's; only ``spec`` is new.
        ``restating.restated`` makes the task.
    notes:
        what else the replies said that the operator's own proofs rest on, as plain JSON (the pivot of a translation,
        the links of a chain, the words of a story), so that they can be proven again from the certificate alone.
    """

    spec: str
    signature: str
    entry_point: str
    reference: str
    inputs: Rows = ()
    contract: str = ""
    helpers: tuple[Helper, ...] = ()
    preserved: bool = False
    notes: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """As a certificate holds it."""
        return {
            "spec": self.spec,
            "signature": self.signature,
            "entry_point": self.entry_point,
            "reference": self.reference,
            "inputs": _rows_to_json(self.inputs),
            "contract": self.contract,
            "helpers": [helper.to_json() for helper in self.helpers],
            "preserved": self.preserved,
            "notes": dict(self.notes),
        }

    @staticmethod
    def from_json(data: Any) -> Draft:
        """Read the JSON form; KeyError, TypeError, ValueError or PlainError where it is none."""
        helpers = tuple(Helper(str(h["name"]), str(h["program"]), _rows_from_json(h["calls"])) for h in data["helpers"])
        return Draft(
            spec=str(data["spec"]),
            signature=str(data["signature"]),
            entry_point=str(data["entry_point"]),
            reference=str(data["reference"]),
            inputs=_rows_from_json(data["inputs"]),
            contract=str(data["contract"]),
            helpers=helpers,
            preserved=bool(data["preserved"]),
            notes=dict(data["notes"]),
        )


def _rows_to_json(rows: Rows) -> list[Any]:
    return [encode_items(args, False, 0) for args in rows]


def _rows_from_json(data: Any) -> Rows:
    return tuple(tuple(decode_items(args, 0)) for args in data)


@dataclass(frozen=True, slots=True)
class Hints:
    """What a proposal may be told beside its parents; plain texts, shown to the author as data.

    lessons: reasons for which earlier proposals fell out. inspirations: tasks of the archive with their fitness, in the
    order in which they are to be shown. plan: observations on the parents that the proposal is to build on. target:
    a wish in free words. strategy: how inspirations are to be used (``loop.strategies``); the words for it are the
    program's own. avoid: kinds of task of which there are too many.
    """

    lessons: tuple[str, ...] = ()
    inspirations: tuple[tuple[CodeTask, float], ...] = ()
    plan: tuple[str, ...] = ()
    target: str = ""
    strategy: str = PLAIN
    avoid: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rendered:
    """A prompt as it is sent: ``template`` and ``version`` say the file it is made from (name, digest of its text)."""

    template: str
    version: str
    system: str
    text: str


@runtime_checkable
class ModelOperator(Protocol):
    """An operator on code tasks that a model carries out. Stateless; made without arguments.

    parents: how many tasks one proposal is made from. solutions: whether blind solutions decide (all do, by default
    five). Change ``version`` whenever the same reply would give another draft; the template has a version of its own.
    """

    name: str
    version: str
    kind: Kind
    parents: int

    def describe(self) -> str:
        """One line for people."""

    def applies(self, parents: Sequence[CodeTask], observed: Sequence[Observation]) -> None:
        """NotApplicable where nothing can be made of these."""

    def ask(self, parents: Sequence[CodeTask], observed: Sequence[Observation], hints: Hints) -> Rendered:
        """The request for one draft; the first of several where the operator is ``Stepped``."""

    def read(self, reply: Mapping[str, Any], parents: Sequence[CodeTask]) -> Draft:
        """The draft in a reply's JSON object; UnusableReply says what is wrong with it."""

    def prove(self, task: CodeTask, parents: Sequence[CodeTask], evidence: Evidence) -> tuple[Gate, ...]:
        """The operator's own proofs of a finished task, computed from texts and from what was run."""


@dataclass(frozen=True, slots=True)
class Step:
    """One further request of an operator that asks several times.

    purpose: as the call's certificate names it (``back``, ``link 2``). turn: who is asked: 0 is the author, n the n-th
    of the panel's other members after it, round and round.
    """

    prompt: Rendered
    purpose: str
    turn: int = 0


@runtime_checkable
class Stepped(ModelOperator, Protocol):
    """An operator whose later requests depend on earlier replies. Ask it through ``steps.next_step`` and
    ``steps.draft_of``, which treat all operators alike. asks: the most requests that one draft takes."""

    asks: int

    def follow(self, replies: Sequence[Mapping[str, Any]], parents: Sequence[CodeTask]) -> Step | None:
        """The next request after these replies, None after the last one.

        UnusableReply says what is wrong with the last of the replies, which its author may mend.
        """

    def gather(self, replies: Sequence[Mapping[str, Any]], parents: Sequence[CodeTask]) -> Draft:
        """The draft that all replies make together; UnusableReply as in ``read``."""


@runtime_checkable
class Guarded(Protocol):
    """An operator that names answers of its own which must not solve its tasks, beside those that hold for all."""

    def shortcuts(self, draft: Draft, parents: Sequence[CodeTask]) -> Mapping[str, str]:
        """Whole programs that define the entry point, by name; none may pass the new task's tests."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of a candidate when its operator's own proofs are asked for.

    delta: share of the hidden cases that the first parent's reference fails; None where it cannot be run on them.
    functional_hash: of the new reference. archive: functional hashes that are known. solved, parent_solved: for each
    blind solver in order, whether it solved the new task, and the parent (preserving operators). shortcuts: for each
    answer that ``Guarded.shortcuts`` named, whether it passed the new task's tests. helper_rows: by a helper's name,
    its calls as they were run.
    """

    draft: Draft
    delta: float | None = None
    functional_hash: str | None = None
    archive: frozenset[str] = frozenset()
    solved: tuple[bool, ...] = ()
    parent_solved: tuple[bool, ...] = ()
    shortcuts: Mapping[str, bool] = field(default_factory=dict)
    helper_rows: Mapping[str, tuple[Executed, ...]] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
