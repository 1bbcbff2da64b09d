"""The library of aggregates over a batch of results: each is data, the types it is for, one sentence, and its code.

``{batch}`` in a sentence is the new function's parameter; other fields are drawn. The code speaks of ``results`` (the
list of the results, in the order of the batch) and of builtins only, and ends in a return. Every sentence has an
independent reading in ``readings.lift``.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...benchmarks.plain import dumps
from ..literals import literal

Parameters = dict[str, Any]
_HASHABLE = ("bool", "int", "str")
_SIZED = ("str", "list[", "tuple[", "dict[")


def _nothing(rng: random.Random, values: Sequence[Any]) -> Parameters | None:
    return {}


def _common_value(rng: random.Random, values: Sequence[Any]) -> Parameters | None:
    """One of the values that are seen often but not always, as a short literal."""
    counts = Counter(map(dumps, values))
    known = {dumps(value): value for value in values}
    fitting = [
        literal(known[text])
        for text, count in counts.items()
        if count >= 2 and 0.1 <= count / len(values) <= 0.8 and len(text) <= 30 and "`" not in text
    ]
    return {"value": rng.choice(fitting)} if fitting else None


@dataclass(frozen=True, slots=True)
class Aggregate:
    """One aggregate.

    takes: deep types of results that it is for, a whole type or a prefix that ends in ``[``; "" for any. gives: the
    type of its value; ``list`` and ``group`` are made of the results'. draw: its parameters, None when the values that
    were seen do not suit it.
    """

    name: str
    takes: tuple[str, ...]
    gives: str
    sentence: str
    code: str
    draw: Callable[[random.Random, Sequence[Any]], Parameters | None] = _nothing

    def accepts(self, deep_type: str) -> bool:
        """Whether it is for results of this type."""
        return any(
            deep_type.startswith(each) if each.endswith("[") or not each else deep_type == each for each in self.takes
        )

    def output_type(self, deep_type: str) -> str:
        """The type of its values."""
        return {"list": f"list[{deep_type}]", "group": f"dict[{deep_type},list[int]]"}.get(self.gives, self.gives)

    def say(self, batch: str, parameters: Mapping[str, Any]) -> str:
        """The sentence."""
        return self.sentence.format(batch=batch, **parameters)

    def body(self, parameters: Mapping[str, Any]) -> str:
        """Its statements."""
        text = self.code
        for name, value in parameters.items():
            text = text.replace(f"<{name}>", value)
        return text


LIBRARY: tuple[Aggregate, ...] = (
    Aggregate(
        "all_results", ("",), "list",
        "Return the list of the results in the order of the items; for an empty `{batch}` this is an empty list.",
        "return results",
    ),
    Aggregate(
        "count_true", ("bool",), "int",
        "Return the number of results that are True; for an empty `{batch}` this is 0.",
        "return results.count(True)",
    ),
    Aggregate(
        "count_equal", ("int", "str", "list[", "tuple["), "int",
        "Return the number of results that are equal to `{value}`; for an empty `{batch}` this is 0.",
        "return results.count(<value>)", draw=_common_value,
    ),
    Aggregate(
        "first_true", ("bool",), "int",
        "Return the index in `{batch}`, counted from 0, of the first item whose result is True; return -1 if there is "
        "no such item, as in an empty `{batch}`.",
        "return results.index(True) if True in results else -1",
    ),
    Aggregate(
        "first_greatest", ("int",), "int",
        "Return the index in `{batch}`, counted from 0, of the first item whose result is the greatest of all results; "
        "return -1 if `{batch}` is empty.",
        "return results.index(max(results)) if results else -1",
    ),
    Aggregate(
        "first_smallest", ("int",), "int",
        "Return the index in `{batch}`, counted from 0, of the first item whose result is the smallest of all results; "
        "return -1 if `{batch}` is empty.",
        "return results.index(min(results)) if results else -1",
    ),
    Aggregate(
        "first_longest", _SIZED, "int",
        "Return the index in `{batch}`, counted from 0, of the first item whose result has the greatest length, as "
        "`len` counts it; return -1 if `{batch}` is empty.",
        "lengths = [len(result) for result in results]\nreturn lengths.index(max(lengths)) if lengths else -1",
    ),
    Aggregate(
        "total", ("int",), "int", "Return the sum of all results; for an empty `{batch}` this is 0.",
        "return sum(results)",
    ),
    Aggregate(
        "groups", _HASHABLE, "group",
        "Return a dict that has every different result as a key; its value is the list, in ascending order, of the "
        "indices in `{batch}`, counted from 0, of the items with that result. For an empty `{batch}` this is an empty "
        "dict.",
        "groups = {}\nfor index, result in enumerate(results):\n    groups.setdefault(result, []).append(index)\n"
        "return groups",
    ),
    Aggregate(
        "distinct", ("int", "str"), "int",
        "Return how many different values there are among the results; for an empty `{batch}` this is 0.",
        "return len(set(results))",
    ),
    Aggregate(
        "repeats", ("bool", "int", "str", "list[", "tuple["), "list[int]",
        "Return the list, in ascending order, of the indices in `{batch}`, counted from 0, of those items whose result "
        "is equal to the result of an earlier item; for an empty `{batch}` this is an empty list.",
        "return [index for index, result in enumerate(results) if result in results[:index]]",
    ),
)  # fmt: skip

BY_NAME: Mapping[str, Aggregate] = {aggregate.name: aggregate for aggregate in LIBRARY}
