"""From a draft and its executed calls to the task as it is asked: signature, prose, examples; tests as data."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from ...benchmarks import CasesTest, CodeTask, Comparator
from ..protocol import Executed
from ..texts import text_of
from ..wrapping import case_of, escaped, listed, outcome_text
from .protocol import Draft
from .restating import filled

# Two programs that add floats in another order differ in the last digits.
RTOL, ATOL = 1e-9, 1e-12


@dataclass(frozen=True, slots=True)
class Formed:
    """A task with what it is made of. examples: the calls that its prompt shows. hidden: those of its tests."""

    task: CodeTask
    examples: tuple[Executed, ...]
    hidden: tuple[Executed, ...]

    @property
    def rows(self) -> tuple[Executed, ...]:
        """All calls, the hidden ones first."""
        return (*self.hidden, *self.examples)


def comparator_for(rows: Sequence[Executed]) -> Comparator:
    """Values as Python compares them; floats up to their last digits."""
    floats = any(_holds_float(row.returns) for row in rows)
    return Comparator(types="python", rtol=RTOL, atol=ATOL) if floats else Comparator(types="python")


def _holds_float(value: object) -> bool:
    if isinstance(value, dict):
        return any(map(_holds_float, [*value, *value.values()]))
    return isinstance(value, float) or (isinstance(value, (list, tuple, set)) and any(map(_holds_float, value)))


def formed(draft: Draft, rows: Sequence[Executed], examples: Sequence[Executed], how: Comparator) -> Formed:
    """The task of a draft whose reference gave these rows; those that are examples are no tests."""
    shown = {text_of(row.args): row for row in examples}
    hidden = tuple(row for row in rows if text_of(row.args) not in shown)
    told = tuple(shown.values())
    task = CodeTask(
        id="",
        prompt=prompt_of(draft, told),
        entry_point=draft.entry_point,
        reference=draft.reference,
        tests=(CasesTest(tuple(map(case_of, hidden)), how),),
    )
    return Formed(task, told, hidden)


def prompt_of(draft: Draft, examples: Sequence[Executed]) -> str:
    """The helpers that are given away, the signature, and a docstring of prose and doctests."""
    shown = "\n".join(f">>> {draft.entry_point}({listed(row.args)})\n{outcome_text(row)}" for row in examples)
    text = escaped(filled(draft.spec) + (f"\n\n{shown}" if shown else ""))
    body = textwrap.indent(f'"""{text}\n"""', "    ")
    given = "".join(f"{helper.program.strip()}\n\n\n" for helper in draft.helpers)
    return f"{given}{draft.signature}\n{body}\n"
