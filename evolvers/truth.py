"""Does what a prompt's example says agree with what the reference gives?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from ..benchmarks import CodeTask, Comparator, matches
from .docstrings import docstring_of
from .doctests import Read, read_examples
from .protocol import Executed, NotApplicable, Rows

_EQUAL = Comparator(types="python", rtol=1e-6, atol=1e-9)


def agreement(value: Any, says: Any) -> Literal["same", "like", "different"]:
    """``like``: only the type of a sequence, a forgotten comma or the rounding differs."""
    if matches(value, says, _EQUAL):
        return "same"
    return "like" if matches(_loose(value), _loose(says), _EQUAL) or _rounded(value, says) else "different"


def examples_of(task: CodeTask) -> Read:
    """The examples in a prompt as its docstring means them: ``\\\\x01`` in a plain one is ``\\x01``.

    As they stand where more can be read so: not everybody thinks of escaping.
    """
    as_it_stands = read_examples(task.prompt, str(task.entry_point))
    try:
        docstring = docstring_of(task)
    except NotApplicable:
        return as_it_stands
    meant = docstring.read(docstring.body)
    if meant == docstring.body:
        return as_it_stands
    text = task.prompt[: docstring.start] + meant + task.prompt[docstring.end :]
    as_meant = read_examples(text, str(task.entry_point))
    return as_it_stands if len(as_it_stands.examples) > len(as_meant.examples) else as_meant


def example_calls(task: CodeTask) -> tuple[Rows, tuple[Any, ...]]:
    """The arguments and the stated values of the examples in a prompt that are calls with literals.

    Without those with a single ``=``: a formula may speak of something else than the function.
    """
    if task.entry_point is None:
        return (), ()
    read = [each for each in examples_of(task).examples if each.plain and not each.equation]
    return tuple(each.arguments() for each in read), tuple(each.value for each in read)


def contradictions(rows: Sequence[Executed], says: Sequence[Any]) -> int:
    """How many of the stated values are not what the reference gives; one that raises something contradicts too."""
    return sum(
        row.raised is not None or agreement(row.returns, said) == "different"
        for row, said in zip(rows, says, strict=False)
    )


def _loose(value: Any) -> Any:
    """A value with tuples as lists; a tuple of one thing as that thing (its comma is easily forgotten)."""
    if isinstance(value, tuple) and len(value) == 1:
        return _loose(value[0])
    if isinstance(value, (list, tuple)):
        return [_loose(item) for item in value]
    if isinstance(value, dict):
        return {key: _loose(item) for key, item in value.items()}
    return value


def _rounded(value: Any, says: Any) -> bool:
    """Whether the stated number is the value, rounded to the digits that are stated."""
    if isinstance(value, (list, tuple)) and isinstance(says, (list, tuple)) and len(value) == len(says):
        return bool(value) and all(a == b or _rounded(a, b) for a, b in zip(value, says, strict=True))
    if not isinstance(value, float) or not isinstance(says, (int, float)) or "e" in repr(says):
        return False
    digits = len(repr(float(says)).partition(".")[2])
    return digits >= 2 and round(value, digits) == says
