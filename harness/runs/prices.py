"""A file of prices: money per million tokens, for each model.

["my-model"]
in = 0.15
out = 0.60
"""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...benchmarks import BadInput
from .budget import Prices


def read_prices(path: Path) -> dict[str, Prices]:
    """The prices of each model in a TOML file; BadInput names the file, the model and the fault."""
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadInput(f"{path}: cannot be read ({error.strerror or error})") from error
    except ValueError as error:
        raise BadInput(f"{path}: not valid TOML ({error})") from error
    return {name: _prices(f"{path}: {name[:60]!r}", value) for name, value in found.items()}


def _prices(where: str, found: Any) -> Prices:
    if not isinstance(found, Mapping) or set(found) != {"in", "out"}:
        raise BadInput(f'{where}: expected a table ["model"] with `in` and `out`, money per million tokens')
    return Prices(*(_price(f"{where}: {name}", found[name]) for name in ("in", "out")))


def _price(where: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
        raise BadInput(f"{where}: expected a number that is not negative, found {str(value)[:40]!r}")
    return float(value)
