"""Does a site hold what its runs give? Its files against its checksums, and its checksums against a site built anew."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from ...benchmarks.errors import BadInput
from .build import assets, checksum
from .content import Content
from .replacing import CHECKSUMS, files_in, read_checksums


@dataclass(frozen=True, slots=True)
class Differences:
    """Paths, sorted. changed, gone, added: files on disk against checksums.txt. stale: listed otherwise than the runs
    give them now; not_made: listed, but the runs give no such file; not_listed: the converse."""

    changed: tuple[str, ...]
    gone: tuple[str, ...]
    added: tuple[str, ...]
    stale: tuple[str, ...]
    not_made: tuple[str, ...]
    not_listed: tuple[str, ...]

    def sentences(self) -> list[tuple[str, tuple[str, ...]]]:
        """(what is wrong, the files it is wrong with), for every kind of difference that was found."""
        kinds = (
            ("changed since the site was made", self.changed),
            ("listed but not there", self.gone),
            ("there but not listed", self.added),
            ("the runs now give another content", self.stale),
            ("the runs do not give this file", self.not_made),
            ("the runs give this file, the site lacks it", self.not_listed),
        )
        return [(words, paths) for words, paths in kinds if paths]


def check_site(content: Content, folder: Path, *, tick: Callable[[str], None] = lambda path: None) -> Differences:
    """Build the site again, in memory, and compare; BadInput where ``folder`` holds no site with checksums."""
    listed = read_checksums(folder)
    if not listed:
        raise BadInput(f"{folder / CHECKSUMS}: not there or not readable; give the folder of a site that evalrun made")
    there = files_in(folder) - {CHECKSUMS}
    made: dict[str, str] = {}
    for file in assets(content):
        made[file.path] = checksum(file)
        tick(file.path)
    return Differences(
        changed=_sorted(path for path in there & listed.keys() if _file_sum(folder / path) != listed[path]),
        gone=_sorted(listed.keys() - there),
        added=_sorted(there - listed.keys()),
        stale=_sorted(path for path in listed.keys() & made.keys() if listed[path] != made[path]),
        not_made=_sorted(listed.keys() - made.keys()),
        not_listed=_sorted(made.keys() - listed.keys()),
    )


def _sorted(paths: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(paths))


def _file_sum(path: Path) -> str:
    # A link is no file of a site, wherever it leads.
    return "" if path.is_symlink() else hashlib.sha256(path.read_bytes()).hexdigest()
