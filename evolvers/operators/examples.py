"""Adding, replacing, reordering and dropping the examples of a prompt; every value that is shown was executed.

Semantics-preserving. Examples are edited in place only where they end the description and nothing is said about single
ones; elsewhere a doctest is added at the end. No shown input is among the hidden tests.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...benchmarks import CodeTask
from ...benchmarks.plain import decode, dumps, encode
from ..docstring_examples import Example, examples_in, last_block, prose_of
from ..docstrings import Docstring, begins_alike, docstring_of, with_body
from ..protocol import Candidate, Executed, Gate, Kind, NotApplicable, Observation, Pool
from ..sameness import refuse_mirrors, same_program_gate
from ..shown import contradicted, distinct_first, may_be_template, rendered, showable

CONTRADICTED = "an example of the prompt contradicts the reference"
_MENTION = re.compile(
    r"\b(?:first|second|third|fourth|last|previous|following|above|below|these|both)\s+examples?\b"
    r"|\bexamples?\s*(?:#?\d|above|below|one\b|two\b)|\bexplanation\b",
    re.IGNORECASE,
)
_HEADING = re.compile(r"\b(?:examples?|samples?|e\.g\.|for instance|like this)\b[^\n]{0,30}\Z", re.IGNORECASE)
_MOST = 4
_OFFERED = 2


@dataclass(frozen=True, slots=True)
class Examples:
    """See the module's docstring."""

    name: str = "examples"
    version: str = "1"
    kind: Kind = "preserving"
    mends_examples: bool = True

    def describe(self) -> str:
        """One line for people."""
        return "executed examples added to the prompt, or its examples replaced, reordered or dropped"

    def propose(self, task: CodeTask, rng: random.Random, pool: Pool) -> list[Candidate]:
        """One candidate for each variant that fits, in a drawn order."""
        observed = pool.observed(task)
        if observed.problem is not None:
            raise NotApplicable(observed.problem)
        refuse_mirrors(task)
        page = _Page.of(task, observed)
        makers: list[tuple[str, Callable[[random.Random], _Edited]]] = [
            ("add", page.add),
            ("replace", page.replace),
            ("reorder", page.reorder),
            ("drop", page.drop),
        ]
        rng.shuffle(makers)
        reasons: dict[str, str] = {}
        made = []
        for variant, make in makers:
            try:
                edited = make(rng)
            except NotApplicable as error:
                reasons[variant] = str(error)
                continue
            made.append(self._candidate(task, page, variant, edited))
            if len(made) == _OFFERED:
                break
        if not made:
            raise NotApplicable(CONTRADICTED if page.wrong else reasons["add"])
        return made

    def _candidate(self, task: CodeTask, page: _Page, variant: str, edited: _Edited) -> Candidate:
        new = with_body(task, page.docstring, edited.body)
        parameters = {
            "variant": variant,
            "shown": [[encode(row.args), encode(row.returns)] for row in edited.shown],
            "contradicted": len(page.wrong),
            "outputs": min(2, len({dumps(row.returns) for row in page.observed.executed})),
        }
        gates = (*self.prove(new, (task,), parameters), _hidden_gate(new, page, edited.shown))
        return Candidate(new, (task,), parameters, gates)

    def prove(self, task: CodeTask, parents: Sequence[CodeTask], parameters: Mapping[str, Any]) -> tuple[Gate, ...]:
        """Static proofs: same program, same prose, every example an old one or an executed one, different outputs."""
        (parent,) = parents
        old, new = _read(parent), _read(task)
        return (
            same_program_gate(task, parent),
            _prose_gate(task, parent, old, new),
            _accounted_gate(old[1], new[1], parameters),
            _distinct_gate(old[1], new[1], parameters),
        )


@dataclass(frozen=True, slots=True)
class _Edited:
    body: str
    shown: tuple[Executed, ...] = ()


@dataclass(frozen=True, slots=True)
class _Page:
    """A prompt's text with its examples. block: the last run of them. wrong: those that contradict the reference."""

    docstring: Docstring
    entry: str
    observed: Observation
    examples: tuple[Example, ...]
    block: tuple[Example, ...]
    wrong: tuple[Example, ...]
    fresh: tuple[Executed, ...]

    @staticmethod
    def of(task: CodeTask, observed: Observation) -> _Page:
        docstring, examples = _read(task)
        block = last_block(docstring, examples)
        judged = [e for e in examples if e in block or ">>>" in e.head]
        fresh = tuple(showable(task, observed, examples))
        wrong = tuple(contradicted(judged, observed))
        return _Page(docstring, str(task.entry_point), observed, examples, block, wrong, fresh)

    def add(self, rng: random.Random) -> _Edited:
        """One or two more examples."""
        if self.wrong:
            raise NotApplicable(CONTRADICTED)
        known = {dumps(each.value) for each in self.examples if each.args is not None}
        rows = self._drawn(rng, max(rng.choice((1, 2)), 2 - len(known)))
        if known and len(known) < 2 and all(dumps(row.returns) in known for row in rows):
            other = [row for row in self.fresh if dumps(row.returns) not in known]
            rows = [rng.choice(other), *rows[1:]] if other else rows
        body, at_end = self.docstring.body, not self._editable() or not may_be_template(self.block[-1])
        if not at_end:
            last = self.block[-1]
            return _Edited(body[: last.end] + self._lines(rows, last, leading=True) + body[last.end :], tuple(rows))
        kept = body.rstrip()
        # A text without a line break at its end has its closing quotes beside it: they go to a line of their own.
        ending = body[len(kept) :] if "\n" in body[len(kept) :] else f"\n{self.docstring.indent}"
        return _Edited(f"{kept}\n{self._lines(rows, None, leading=True)}{ending}", tuple(rows))

    def replace(self, rng: random.Random) -> _Edited:
        """Other examples in the place of all."""
        self._demand_editable(1)
        template = next((each for each in self.block if may_be_template(each)), None)
        if template is None:
            raise NotApplicable("the examples are numbered")
        rows = self._varied(rng, min(_MOST, max(2, len(self.block))))
        return self._with_block(self._lines(rows, template, leading=False), tuple(rows))

    def reorder(self, rng: random.Random) -> _Edited:
        """The same examples in another order."""
        self._demand_editable(2)
        if self.wrong:
            raise NotApplicable(CONTRADICTED)
        places = list(range(len(self.block)))
        while places == sorted(places):
            rng.shuffle(places)
        return self._with_block(self._gap().join(self.block[place].text for place in places))

    def drop(self, rng: random.Random) -> _Edited:
        """Fewer examples; never all, and two with different values where there are two."""
        self._demand_editable(2)
        right = [each for each in self.block if each not in self.wrong]
        if self.wrong:  # then those that nobody ran are not to be trusted either
            known = {dumps(row.args) for row in self.observed.executed}
            right = [each for each in right if dumps(each.args) in known]
        values = {dumps(each.value) for each in self.block}
        least = min(2, len(values))
        if len(self.block) <= least or len({dumps(each.value) for each in right}) < least:
            raise NotApplicable("too few examples to drop one")
        rows = [Executed(each.args or (), each.value) for each in right]
        count = rng.randint(least, min(len(right), len(self.block) - 1))
        chosen = {dumps(row.args) for row in distinct_first(rows, count, rng)}
        kept = [each.text for each in right if dumps(each.args) in chosen]
        if len(kept) == len(self.block):
            raise NotApplicable("too few examples to drop one")
        return self._with_block(self._gap().join(kept))

    def _drawn(self, rng: random.Random, count: int) -> list[Executed]:
        rows = distinct_first(self.fresh, count, rng)
        if not rows:
            raise NotApplicable("no inputs outside the tests to show")
        return rows

    def _varied(self, rng: random.Random, count: int) -> list[Executed]:
        rows = self._drawn(rng, count)
        outputs = {dumps(row.returns) for row in self.observed.executed}
        if len(outputs) > 1 and len({dumps(row.returns) for row in rows}) < 2:
            raise NotApplicable("the inputs outside the tests all give the same value")
        return rows

    def _editable(self) -> bool:
        """Whether the last block may be changed without a word of the text becoming wrong."""
        if not self.block or any(each.args is None for each in self.block):
            return False
        body = self.docstring.body
        before, after = body[: self.block[0].start].rstrip(), body[self.block[-1].end :].strip()
        doctest = all(">>>" in each.head for each in self.block)
        announced = doctest or not after or _HEADING.search(before) is not None
        return announced and _MENTION.search(before + "\n" + after) is None

    def _demand_editable(self, least: int) -> None:
        if len(self.block) < least or not self._editable():
            raise NotApplicable("no examples that can be changed in place")
        if any(each not in self.block for each in self.wrong):
            raise NotApplicable(CONTRADICTED)

    def _gap(self) -> str:
        """What stands between two examples of the block: a line break, or a blank line too, and the indentation."""
        body = self.docstring.body
        between = body[self.block[0].end : self.block[1].start] if len(self.block) > 1 else "\n"
        return ("\n\n" if between.count("\n") > 1 else "\n") + self._indent()

    def _indent(self) -> str:
        first = self.docstring.body[self.block[0].start :] if self.block else ""
        if not self.block or self.block[0].start == 0:
            return self.docstring.indent
        return first[: len(first) - len(first.lstrip(" \t"))]

    def _lines(self, rows: Sequence[Executed], template: Example | None, *, leading: bool) -> str:
        gap = self._gap() if template is not None else f"\n{self.docstring.indent}"
        texts = [rendered(self.docstring, self.entry, row, template) for row in rows]
        return (gap if leading else "") + gap.join(texts)

    def _with_block(self, lines: str, shown: tuple[Executed, ...] = ()) -> _Edited:
        body = self.docstring.body
        first, last = self.block[0], self.block[-1]
        start = first.start + len(body[first.start :]) - len(body[first.start :].lstrip(" \t"))
        return _Edited(body[:start] + lines + body[last.end :], shown)


def _read(task: CodeTask) -> tuple[Docstring, tuple[Example, ...]]:
    docstring = docstring_of(task)
    return docstring, examples_in(docstring, str(task.entry_point))


def _prose_gate(
    task: CodeTask,
    parent: CodeTask,
    old: tuple[Docstring, tuple[Example, ...]],
    new: tuple[Docstring, tuple[Example, ...]],
) -> Gate:
    """Nothing but examples changed in the prompt."""
    words = prose_of(*new)
    around = (task.prompt[: new[0].start], task.prompt[new[0].end :])
    holds = (
        words == prose_of(*old)
        and around == (parent.prompt[: old[0].start], parent.prompt[old[0].end :])
        and begins_alike(task, parent)
    )
    return Gate("prose_kept", holds, {"words": len(words)})


def _accounted_gate(old: Sequence[Example], new: Sequence[Example], parameters: Mapping[str, Any]) -> Gate:
    """Every example is one of the parent's, or one of those that were executed, and all of these are there."""
    executed = {dumps(decode(args)): dumps(decode(value)) for args, value in parameters["shown"]}
    texts = [example.text for example in old]
    added, unknown = set(), 0
    for example in new:
        key = dumps(example.args) if example.args is not None else ""
        if key in executed and dumps(example.value) == executed[key]:
            added.add(key)
        elif example.text in texts:
            texts.remove(example.text)
        else:
            unknown += 1
    lost = len(texts)
    allowed = lost == 0 if parameters["variant"] in ("add", "reorder") else lost > 0
    holds = unknown == 0 and len(added) == len(executed) and allowed
    return Gate("examples_executed", holds, {"executed": len(added), "unknown": unknown, "dropped": lost})


def _distinct_gate(old: Sequence[Example], new: Sequence[Example], parameters: Mapping[str, Any]) -> Gate:
    """Two different values are shown where the function has two, unless the parent shows no more than one either."""
    shown = {dumps(example.value) for example in new if example.args is not None}
    before = {dumps(example.value) for example in old if example.args is not None}
    needed = int(parameters["outputs"])
    if parameters["variant"] != "replace":
        needed = min(needed, max(1, len(before)))
    return Gate("distinct_values", len(shown) >= needed, {"distinct": len(shown), "needed": needed})


def _hidden_gate(task: CodeTask, page: _Page, shown: Sequence[Executed]) -> Gate:
    """No new example is a hidden test, and none that contradicts the reference is left."""
    hidden = {dumps(args) for args in page.observed.calls}
    shared = sum(dumps(row.args) in hidden for row in shown)
    left = len(contradicted([e for e in _read(task)[1] if e.text in {w.text for w in page.wrong}], page.observed))
    evidence = {"hidden_inputs": len(hidden), "shared": shared, "contradicting": left}
    return Gate("examples_apart", shared == 0 and left == 0, evidence)
