"""What arguments a function was called with, as data: checked by a few lines of Python that run in the judge, and told
in words.

A form is nested plain data: ``["int", low, high]``, ``["str", shortest, longest, letters]``, ``["list", shortest,
longest, form]``, ``["tuple", forms]``, ``["dict", smallest, largest, key form, value form]``, ``["optional", form]``,
``["bool"]``, ``["None"]``, ``["float", low, high]``.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Sequence
from typing import Any


def fits(value: Any, form: Any) -> bool:
    """Whether a value has a form, exactly."""
    kind = form[0]
    if kind == "optional":
        return value is None or fits(value, form[1])
    if kind == "None":
        return value is None
    if type(value).__name__ != kind:
        return False
    if kind in ("int", "float"):
        return bool(form[1] <= value <= form[2])
    if kind == "bool":
        return True
    if kind == "tuple":
        return len(value) == len(form[1]) and all(map(fits, value, form[1]))
    if not form[1] <= len(value) <= form[2]:
        return False
    if kind == "str":
        return set(value) <= set(form[3])
    if kind == "dict":
        return all(fits(key, form[3]) and fits(value[key], form[4]) for key in value)
    return all(fits(item, form[3]) for item in value)


CHECKER = inspect.getsource(fits).replace("(value: Any, form: Any) -> bool", "(value, form)")
"""The source of ``fits``, for programs that run elsewhere."""


class NoForm(ValueError):
    """The values have no common form that can be checked."""


def form_of(values: Sequence[Any]) -> list[Any]:
    """The tightest form that all values have; NoForm when they are of several types or of others than these."""
    kinds = {type(value) for value in values}
    if type(None) in kinds and len(kinds) > 1:
        return ["optional", form_of([value for value in values if value is not None])]
    if len(kinds) != 1:
        raise NoForm("values of several types")
    (kind,) = kinds
    if kind is type(None) or kind is bool:
        return ["None" if kind is type(None) else "bool"]
    if kind in (int, float):
        if not all(math.isfinite(value) for value in values):
            raise NoForm("a float that is not finite")
        return [kind.__name__, min(values), max(values)]
    if kind is tuple:
        if len({len(value) for value in values}) > 1:
            raise NoForm("tuples of several lengths")
        return ["tuple", [form_of(column) for column in zip(*values, strict=True)]]
    if kind not in (str, list, set, dict):
        raise NoForm("values of another type")
    sizes = [len(value) for value in values]
    form: list[Any] = [kind.__name__, min(sizes), max(sizes)]
    if kind is str:
        return [*form, "".join(sorted(set().union(*values)))]
    parts = [[item for value in values for item in value]]
    if kind is dict:
        parts.append([item for value in values for item in value.values()])
    return [*form, *([form_of(part) if part else ["None"] for part in parts])]


def told(form: Sequence[Any]) -> str:
    """The form in words: ``a list of 0 to 4 items, each an int from -1 to 9``."""
    kind = form[0]
    if kind == "optional":
        return f"None or {told(form[1])}"
    if kind in ("int", "float"):
        return f"{'an' if kind == 'int' else 'a'} {kind} from {form[1]!r} to {form[2]!r}"
    if kind in ("bool", "None"):
        return "a bool" if kind == "bool" else "None"
    if kind == "tuple":
        return f"a tuple of {len(form[1])}: ({'; '.join(map(told, form[1]))})" if form[1] else "an empty tuple"
    sizes = f"{form[1]}" if form[1] == form[2] else f"{form[1]} to {form[2]}"
    if kind == "str":
        letters = f" of the letters {form[3]!r}" if form[3] else ""
        return f"a str of {sizes} characters{letters}"
    if kind == "dict":
        return f"a dict of {sizes} items, each key {told(form[3])}, each value {told(form[4])}"
    return f"a {kind} of {sizes} items" + (f", each {told(form[3])}" if form[2] else "")
