"""One line of a JSON Lines file: its fields, typed, and complaints that name the line and the field."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ...benchmarks.errors import BadInput
from ...benchmarks.jsonio import read_lines
from ...benchmarks.visible import visible

_LARGEST = 1e100


class Line:
    """One line of the file: gives its fields typed, and names itself in every complaint."""

    def __init__(self, path: Path, number: int, fields: Mapping[str, Any]) -> None:
        self.number = number
        self.fields = fields
        self._path = path

    def wrong(self, what: str) -> BadInput:
        """The error to raise: where, and what."""
        return BadInput(f"{self._path}:{self.number}: {what}")

    def only(self, known: tuple[str, ...]) -> None:
        """Refuse fields that nobody reads."""
        strange = [name for name in self.fields if name not in known]
        if strange:
            raise self.wrong(
                f"{visible(strange[0], 80)}: not a field; there are {', '.join(known)} (your own go into metadata)"
            )

    def has(self, name: str) -> bool:
        """Whether the field is there and not null."""
        return self.fields.get(name) is not None

    def text(self, name: str, default: str = "") -> str:
        """A text that is not empty, or the default."""
        value = self.fields.get(name)
        if value is None:
            return default
        if not isinstance(value, str) or not value:
            raise self.wrong(f"{name}: a text that is not empty is expected, found {shown(value)}")
        return value

    def one_of(self, name: str, allowed: tuple[str, ...]) -> str | None:
        """One of these texts, or None."""
        value = self.fields.get(name)
        if value is None or (isinstance(value, str) and value in allowed):
            return value
        raise self.wrong(f"{name}: one of {', '.join(allowed)} is expected, found {shown(value)}")

    def flag(self, name: str) -> bool:
        """True or false, by default false."""
        value = self.fields.get(name)
        if value is not None and not isinstance(value, bool):
            raise self.wrong(f"{name}: true or false is expected, found {shown(value)}")
        return bool(value)

    def share(self, name: str, what: str) -> float:
        """A number from 0 to 1, NaN where there is none."""
        value = self.number_of(name)
        if not (math.isnan(value) or 0 <= value <= 1):
            raise self.wrong(f"{name}: {what} from 0 to 1 is expected, found {value:g}")
        return value

    def number_of(self, name: str) -> float:
        """A finite number, NaN where there is none. Sums and squares of those that are taken are finite too."""
        value = self.fields.get(name)
        if value is None:
            return math.nan
        try:
            if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
                raise ValueError
            if abs(value) > _LARGEST:
                raise self.wrong(f"{name}: a number within +-{_LARGEST:g} is expected, found {shown(value)}")
            return float(value)
        except (ValueError, OverflowError):
            raise self.wrong(f"{name}: a finite number is expected, found {shown(value)}") from None

    def count(self, name: str) -> float:
        """A length; as a float, for it may be missing (NaN)."""
        value = self.fields.get(name)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**53):
            raise self.wrong(f"{name}: a whole number from 0 up is expected, found {shown(value)}")
        return math.nan if value is None else float(value)


def shown(value: object) -> str:
    """A value as a complaint names it."""
    return visible(json.dumps(value), 80)


def json_objects(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """(line number, object) of every line that is not blank; BadInput where one is no JSON object."""
    for number, line in enumerate(read_lines(path), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            fault = f"{error.msg} at column {error.colno}" if isinstance(error, json.JSONDecodeError) else str(error)
            raise BadInput(f"{path}:{number}: not a JSON object ({fault})") from error
        if not isinstance(row, dict):
            raise BadInput(f"{path}:{number}: not a JSON object (found {type(row).__name__})")
        yield number, row
