"""Choosing executed calls that may be shown as examples, and writing them in the style of a docstring's own."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from ..benchmarks import CodeTask, Comparator, matches
from ..benchmarks.plain import dumps
from .docstring_examples import Example
from .docstrings import Docstring
from .expectations import comparator_of
from .literals import literal
from .protocol import Executed, NotApplicable, Observation

_LONGEST = 100
_NEAR = Comparator(types="python", rtol=1e-6, atol=1e-6)


def showable(task: CodeTask, observed: Observation, examples: Sequence[Example]) -> list[Executed]:
    """Executed calls outside the tests and the prompt that a short example can hold."""
    hidden = {dumps(args) for args in observed.calls}
    shown = {dumps(each.args) for each in examples if each.args is not None}
    exact = _exact(task, observed)
    rows = zip(observed.generated, observed.generated_outputs, strict=True)
    return [
        Executed(args, value)
        for args, value in rows
        if dumps(args) not in hidden | shown and _short(args, value) and (exact or _round(value))
    ]


def distinct_first(rows: Sequence[Executed], count: int, rng: random.Random) -> list[Executed]:
    """A draw of so many rows, one of each output before any output comes again."""
    order = rng.sample(list(rows), len(rows))
    seen: dict[str, int] = {}
    ranked: list[tuple[int, int, Executed]] = []
    for row in order:
        key = dumps(row.returns)
        seen[key] = seen.get(key, 0) + 1
        ranked.append((seen[key], len(ranked), row))
    return [row for _, _, row in sorted(ranked, key=lambda each: each[:2])[:count]]


def contradicted(examples: Sequence[Example], observed: Observation) -> list[Example]:
    """The examples whose value is not what the reference gives, as far as it was run on their inputs."""
    known = {dumps(row.args): row.returns for row in observed.executed}
    found = []
    for example in examples:
        if example.args is None:
            continue
        key = dumps(example.args)
        if key in known and not matches(example.value, known[key], _NEAR):
            found.append(example)
    return found


def rendered(docstring: Docstring, entry: str, row: Executed, template: Example | None) -> str:
    """The lines of one example, as source, without the first line's indentation."""
    call = f"{entry}({', '.join(map(literal, row.args))})"
    value = literal(row.returns)
    if template is None or "\n" in template.between:
        if row.returns is None:
            return docstring.write(f">>> {call} is None") + f"\n{docstring.indent}True"
        return docstring.write(f">>> {call}") + f"\n{docstring.indent}" + docstring.write(value)
    stop = "." if template.tail.strip() == "." else ""
    return docstring.write(f"{template.head}{call}{template.between}{value}{stop}")


def may_be_template(example: Example) -> bool:
    """Whether a further example may look like this one (no number before it)."""
    return example.args is not None and not any(letter.isdigit() for letter in example.head)


def _exact(task: CodeTask, observed: Observation) -> bool:
    try:
        comparator_of(task, observed)
    except NotApplicable:
        return False
    return True


def _short(args: tuple[Any, ...], value: Any) -> bool:
    try:
        text = ", ".join(map(literal, args)) + literal(value)
    except ValueError:
        return False
    return len(text) <= _LONGEST


def _round(value: Any) -> bool:
    """Whether a value may be shown though the tests accept others near it: no float in it has many digits."""
    if isinstance(value, float):
        return len(repr(value)) <= 8
    if isinstance(value, dict):
        return all(map(_round, [*value, *value.values()]))
    return not isinstance(value, (list, tuple, set)) or all(map(_round, value))
