"""The hostile corpus: programs as data, one module a category."""

from __future__ import annotations

from ..rows import Attack
from . import (
    bombs,
    codec,
    controls,
    exits,
    leftovers,
    memory,
    network,
    objects,
    operators,
    patching,
    processes,
    protocol,
    refused,
    secrets,
    text,
)

_MODULES = (
    exits,
    operators,
    objects,
    codec,
    protocol,
    patching,
    memory,
    text,
    bombs,
    processes,
    refused,
    network,
    secrets,
    leftovers,
    controls,
)
CORPUS: tuple[Attack, ...] = tuple(attack for module in _MODULES for attack in module.ROWS)
"""Every attack and every control, in the order of the categories."""
