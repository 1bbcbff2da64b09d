"""Merkle trees over the rows of a suite, as RFC 6962 builds them, and proofs that a row belongs to a suite.

With ``||`` for concatenation and canonical JSON (sorted keys, no spaces, ASCII)::

    leaf(row)          = SHA-256("evalrun suite leaf 1\\n" || canonical JSON of the row)
    node(left, right)  = SHA-256("evalrun suite node 1\\n" || left || right)
    tree of no leaf    = SHA-256("evalrun suite empty 1\\n")
    tree of one leaf   = the leaf
    tree of n leaves   = node(tree of the first k, tree of the others), k the largest power of two below n

Leaves and nodes begin differently, so that no inner node can be passed off as a row.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Literal

from .jsonio import canonical_json

Side = Literal["left", "right"]
Path = list[tuple[Side, str]]

_LEAF, _NODE, _EMPTY = (f"evalrun suite {what} 1\n".encode("ascii") for what in ("leaf", "node", "empty"))


def leaf(row: object) -> str:
    """The hash of a row, 64 hex digits."""
    return hashlib.sha256(_LEAF + canonical_json(row).encode("ascii")).hexdigest()


def node(left: str, right: str) -> str:
    """The hash of two trees."""
    return hashlib.sha256(_NODE + bytes.fromhex(left) + bytes.fromhex(right)).hexdigest()


def root(leaves: Sequence[str]) -> str:
    """The hash of the tree over these leaves."""
    if not leaves:
        return hashlib.sha256(_EMPTY).hexdigest()
    if len(leaves) == 1:
        return leaves[0]
    cut = _cut(len(leaves))
    return node(root(leaves[:cut]), root(leaves[cut:]))


def path_to(leaves: Sequence[str], place: int) -> Path:
    """The hashes beside the way from a leaf to the root, the lowest first, and on which side each stands."""
    if len(leaves) <= 1:
        return []
    cut = _cut(len(leaves))
    if place < cut:
        return [*path_to(leaves[:cut], place), ("right", root(leaves[cut:]))]
    return [*path_to(leaves[cut:], place - cut), ("left", root(leaves[:cut]))]


def root_by(path: Path, start: str) -> str:
    """The root that a leaf and its path give: equal to a suite's root only if the leaf belongs to it."""
    for side, other in path:
        start = node(other, start) if side == "left" else node(start, other)
    return start


def _cut(number: int) -> int:
    """The largest power of two below a number of at least 2."""
    return 1 << (number - 1).bit_length() - 1
