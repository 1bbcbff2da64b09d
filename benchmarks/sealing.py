"""The seal of a suite folder: a Merkle root in ``suite.json`` over every row, so that no byte of one can change unseen.

A row's digest is SHA-256 of its line in the file (which evalrun writes as canonical JSON), without its line end. The
tree's rows are, sorted::

    [role, id, row digest, certificate digest]     for each "task" and "ancestor"; "" where there is no certificate
    ["certificate", id, "", certificate digest]    for a certificate of neither
    ["manifest", "", digest, ""]                   the digest of suite.json without its ``merkle_root``

``digests.jsonl`` holds them too (all but the manifest's), so that what was changed can be named.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import merkle
from .errors import BadInput
from .jsonio import canonical_json, digest, read_json, read_jsonl, read_lines

ROOT = "merkle_root"
FILE = "digests.jsonl"
_FILES = {"task": "tasks.jsonl", "ancestor": "ancestors.jsonl", "certificate": "certificates.jsonl"}
Leaf = tuple[str, str, str, str]


def leaves_of(
    tasks: Iterable[Mapping[str, Any]],
    ancestors: Iterable[Mapping[str, Any]],
    certificates: Iterable[Mapping[str, Any]],
) -> list[Leaf]:
    """The tree's rows for the JSON forms of tasks, ancestors and certificates, without the manifest's."""
    told = {str(row["task"]): _digest(row) for row in certificates}
    rows = [("task", str(row["id"]), _digest(row)) for row in tasks]
    rows += [("ancestor", str(row["id"]), _digest(row)) for row in ancestors]
    return _with_certificates(rows, told)


def sealed(manifest: Mapping[str, Any], leaves: Iterable[Leaf]) -> dict[str, Any]:
    """The manifest with its seal."""
    return {**manifest, ROOT: merkle.root([merkle.leaf(row) for row in _all_rows(manifest, leaves)])}


def check_seal(folder: Path, manifest: Mapping[str, Any]) -> None:
    """BadInput, naming the row, unless a folder's files are those that its manifest was sealed with.

    A manifest without a seal (older suites) is let through.
    """
    if ROOT not in manifest:
        return
    found = _stored(folder)
    if _sealed(folder, manifest, found) != manifest[ROOT]:
        what = _changed(folder, found)
        raise BadInput(f"{folder}: gate sealed: {what}; the suite was changed, get a clean copy")
    if _listed(folder) != found:
        raise BadInput(f"{folder / FILE}: gate sealed: not the digests of the suite; get a clean copy")


def seal_of(folder: Path) -> str:
    """The Merkle root of a folder's files as they are, whatever its manifest says of it. BadInput when they cannot be
    read."""
    manifest = read_json(folder / "suite.json")
    if not isinstance(manifest, dict):
        raise BadInput(f"{folder / 'suite.json'}: not a suite manifest")
    return _sealed(folder, manifest, _stored(folder))


def _sealed(folder: Path, manifest: Mapping[str, Any], leaves: Iterable[Leaf]) -> str:
    try:
        return str(sealed(manifest, leaves)[ROOT])
    except (ValueError, RecursionError) as error:  # no number (NaN, Infinity), or too deep
        raise BadInput(f"{folder / 'suite.json'}: gate sealed: no plain JSON ({error}); get a clean copy") from error


@dataclass(frozen=True, slots=True)
class Inclusion:
    """The proof that a row belongs to the suite with this root: hash ``leaf`` of ``row``, then along ``path``."""

    row: Leaf
    leaf: str
    path: merkle.Path
    root: str

    def to_json(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "row": list(self.row),
            "leaf": self.leaf,
            "path": [{"side": side, "hash": other} for side, other in self.path],
            "merkle_root": self.root,
        }


def inclusion_of(manifest: Mapping[str, Any], leaves: Iterable[Leaf], name: str) -> Inclusion:
    """The proof for the task of this id; BadInput when there is none."""
    rows = _all_rows(manifest, leaves)
    place = next((place for place, row in enumerate(rows) if row[:2] == ("task", name)), None)
    if place is None:
        raise BadInput(f"there is no task {name!r}")
    hashes = [merkle.leaf(row) for row in rows]
    return Inclusion(rows[place], hashes[place], merkle.path_to(hashes, place), merkle.root(hashes))


def _all_rows(manifest: Mapping[str, Any], leaves: Iterable[Leaf]) -> list[Leaf]:
    rest = {key: value for key, value in manifest.items() if key != ROOT}
    return sorted([*leaves, ("manifest", "", digest(rest), "")])


def _with_certificates(rows: Iterable[tuple[str, str, str]], certificates: Mapping[str, str]) -> list[Leaf]:
    leaves: list[Leaf] = [(role, name, content, certificates.get(name, "")) for role, name, content in rows]
    known = {name for _, name, _, _ in leaves}
    leaves += [("certificate", name, "", told) for name, told in certificates.items() if name not in known]
    return sorted(leaves)


def _digest(row: Mapping[str, Any]) -> str:
    return hashlib.sha256(canonical_json(row).encode("ascii")).hexdigest()


def _stored(folder: Path) -> list[Leaf]:
    """The tree's rows of the files as they are, byte for byte; a line that is no row stands under its number."""
    rows: list[tuple[str, str, str]] = []
    certificates: dict[str, str] = {}
    for role, file in _FILES.items():
        path = folder / file
        for number, line in enumerate(read_lines(path) if path.exists() else (), 1):
            text = line.removesuffix(b"\n")
            if not text:
                continue
            name, told = _name_in(text, role) or f"line {number}", hashlib.sha256(text).hexdigest()
            if role != "certificate":
                rows.append((role, name, told))
            elif name in certificates:
                raise BadInput(f"{path}: gate sealed: two certificates of {name[:80]!r}; get a clean copy")
            else:
                certificates[name] = told
    return _with_certificates(rows, certificates)


def _name_in(text: bytes, role: str) -> str | None:
    try:
        return str(json.loads(text)["task" if role == "certificate" else "id"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def _listed(folder: Path) -> list[Leaf] | None:
    """The rows of ``digests.jsonl``; None when there is no such file or it is damaged."""
    try:
        rows = list(read_jsonl(folder / FILE))
    except BadInput:
        return None
    names = ("role", "id", "row", "certificate")
    return sorted(tuple(str(row.get(name, "")) for name in names) for row in rows)  # type: ignore[misc]


def _changed(folder: Path, found: list[Leaf]) -> str:
    """What differs from the listed digests, for people."""
    listed = _listed(folder)
    if listed is None:
        return f"{FILE} is missing or damaged, and the files do not match {ROOT}"
    old, new = ({row[:2]: row[2:] for row in rows} for rows in (listed, found))
    told = []
    for role, name in old:
        before, after = old[role, name], new.get((role, name))
        if after is None or before[0] != after[0]:
            told.append(f"{role} {name[:80]!r} was changed or taken away in {_FILES[role]}")
        elif before != after:
            told.append(f"the certificate of {name[:80]!r} was changed or taken away in {_FILES['certificate']}")
    if not told:
        told = [f"{role} {name[:80]!r} was added" for role, name in new if (role, name) not in old]
    if not told:
        return f"suite.json or {FILE} was changed"
    return "; ".join(told[:3]) + (f"; and {len(told) - 3} more" if len(told) > 3 else "")


def rows_of(leaves: Iterable[Leaf]) -> list[dict[str, str]]:
    """The rows of ``digests.jsonl``."""
    return [{"role": role, "id": name, "row": row, "certificate": told} for role, name, row, told in leaves]
