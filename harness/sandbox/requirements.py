"""The packages that a suite requires, looked for among installed distributions."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import Distribution
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from packaging.requirements import Requirement

_NOT_COPIED = {"RECORD", "INSTALLER", "REQUESTED", "direct_url.json"}


class Lacking(Exception):
    """A requirement that these distributions do not meet; says which one and why."""


@dataclass(frozen=True, slots=True)
class Package:
    """An installed distribution: which files of it are copied, relative to the folder it is installed in."""

    name: str
    version: str
    distribution: Distribution
    files: tuple[str, ...]

    @property
    def pin(self) -> str:
        """``name==version``."""
        return f"{self.name}=={self.version}"

    def content(self) -> list[list[str]]:
        """Path, digest and size of every file as the installer recorded them: the package's identity."""
        recorded = {str(path): path for path in self.distribution.files or ()}
        return [
            [name, found.hash.value if found.hash else "", str(found.size)]
            for name in self.files
            for found in [recorded[name]]
        ]


def unmet(requires: Sequence[str], versions: Mapping[str, str]) -> str:
    """The first requirement that these versions (by normal name) do not meet, as ``numpy>=2 (1.26)``; else ``""``."""
    from packaging.requirements import Requirement

    for text in requires:
        requirement = Requirement(text)
        version = versions.get(requirement.name)
        if version is None:
            return f"{text} (not installed)"
        if not _fits(requirement, version):
            return f"{text} (found {version[:40]})"
    return ""


def names_of(requires: Sequence[str]) -> tuple[str, ...]:
    """The names of parsed requirements."""
    from packaging.requirements import Requirement

    return tuple(sorted({Requirement(text).name for text in requires}))


def closure(requires: Sequence[str], path: Sequence[str] | None = None) -> tuple[Package, ...]:
    """The required distributions and all that they require, by name.

    path: folders to look in; None means this Python's own. Lacking says what is not there, does not fit, or cannot be
    copied.
    """
    from packaging.requirements import Requirement

    found: dict[str, Package] = {}
    seen: set[tuple[str, str]] = set()
    waiting = [(Requirement(text), "") for text in requires]
    while waiting:
        requirement, asker = waiting.pop()
        package = _package(requirement, asker, path, found)
        for extra in ("", *sorted(requirement.extras)):
            if (package.name, extra) not in seen:
                seen.add((package.name, extra))
                waiting += _dependencies(package, extra)
    return tuple(found[name] for name in sorted(found))


def _package(requirement: Requirement, asker: str, path: Sequence[str] | None, found: dict[str, Package]) -> Package:
    from packaging.utils import canonicalize_name

    name = canonicalize_name(requirement.name)
    what = f"{requirement}{f' (required by {asker})' if asker else ''}"
    if name not in found:
        distribution = next(iter(Distribution.discover(name=requirement.name, path=list(path or sys.path))), None)
        if distribution is None:
            raise Lacking(f"{what} is not installed")
        found[name] = Package(name, distribution.version, distribution, _files(distribution, what))
    if not _fits(requirement, found[name].version):
        raise Lacking(f"{what} is installed as {found[name].version}")
    return found[name]


def _dependencies(package: Package, extra: str) -> list[tuple[Requirement, str]]:
    from packaging.requirements import Requirement

    wanted = []
    for text in package.distribution.requires or ():
        requirement = Requirement(text)
        marker, requirement.marker = requirement.marker, None
        if marker is None or marker.evaluate({"extra": extra}):
            wanted.append((requirement, package.name))
    return wanted


def _files(distribution: Distribution, what: str) -> tuple[str, ...]:
    """What to copy: no scripts, no compiled modules (they are made anew), nothing that runs whenever Python starts."""
    kept = []
    for path in distribution.files or ():
        pure = PurePosixPath(str(path))
        if pure.is_absolute() or ".." in pure.parts or "__pycache__" in pure.parts or pure.suffix == ".pyc":
            continue
        if pure.parent.suffix == ".dist-info" and pure.name in _NOT_COPIED:
            continue
        if pure.suffix == ".pth":
            if pure.name.startswith("__editable__"):
                raise Lacking(f"{what} is installed in editable form, which cannot be copied")
            continue
        kept.append(str(path))
    if not any(not PurePosixPath(name).parts[0].endswith((".dist-info", ".egg-info")) for name in kept):
        raise Lacking(f"{what} is installed without a record of its files")
    return tuple(sorted(kept))


def _fits(requirement: Requirement, version: str) -> bool:
    from packaging.version import InvalidVersion

    try:
        return requirement.specifier.contains(version, prereleases=True)
    except InvalidVersion:
        return False
