"""The site as a folder: every page and file of it, written whole or not at all."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import ModuleType

from ...benchmarks.errors import BadInput
from ...benchmarks.jsonio import writing
from ...benchmarks.visible import visible
from ..words import plural
from .cells import day
from .content import Content
from .pages import compare, everything, evolved, index, method, models, preferences, provenance, suites, tasks, versions
from .render import Asset, Frame, Page, Place, part, render
from .replacing import CHECKSUMS, refuse_foreign, replacing

# In the order of the navigation. Each has PLACE, present(content) and pages(content).
SECTIONS: tuple[ModuleType, ...] = (
    index,
    evolved,
    versions,
    preferences,
    compare,
    models,
    tasks,
    suites,
    method,
    provenance,
)
PARTS = ("site.css", "site.js", "answers.js", "compare.js")


def build_site(content: Content, folder: Path, *, tick: Callable[[str], None] = lambda path: None) -> int:
    """Write the site to ``folder``; the number of files. An existing site is replaced when the new one is complete.

    tick: told the path of each file as it is written. The same content gives the same bytes. Raises BadInput where
    ``folder`` holds something else than a site of ours, or where the site would be larger than content.choices allow.
    """
    target = folder.resolve()  # behind a symbolic link, what it leads to is replaced, not the link
    refuse_foreign(target)
    with writing(folder), replacing(target) as building:
        return _write(assets(content), building, folder, content.choices.most_bytes, tick)


def assets(content: Content) -> Iterator[Asset]:
    """Every file of the site but its checksums."""
    sections = [section for section in SECTIONS if section.present(content)]
    places: list[Place] = [section.PLACE for section in sections]
    frame = Frame(
        site=visible(content.title),
        facts=_facts(content),
        day=day(content.newest),
        unlisted=content.choices.shows_tasks,
        places=places,
    )
    yield from map(part, PARTS)
    yield from everything.files(content)
    yield Asset(".nojekyll", b"")
    if content.choices.shows_tasks:  # what a model was trained on measures nothing
        yield Asset("robots.txt", b"User-agent: *\nDisallow: /\n")
    for section in sections:
        made: Iterable[Page | Asset] = section.pages(content)
        for one in made:
            yield Asset(one.path, render(one, frame).encode("utf-8")) if isinstance(one, Page) else one


def checksum(file: Asset) -> str:
    """The SHA-256 of a file, as checksums.txt lists it."""
    return hashlib.sha256(file.content).hexdigest()


def _facts(content: Content) -> list[str]:
    labels = len({run.label for run in content.runs})
    tasks = len({task for run in content.runs for task in run.tasks.index})
    return [
        plural(labels, "model"),
        plural(tasks, "task"),
        plural(len(content.runs), "run"),
        f"newest run {day(content.newest)}",
    ]


def _write(files: Iterable[Asset], building: Path, folder: Path, most_bytes: int, tick: Callable[[str], None]) -> int:
    sums: dict[str, str] = {}
    sizes: dict[str, int] = {}
    total = 0
    for file in files:
        if file.path in sums:
            raise RuntimeError(f"two files of the site are called {file.path}")
        sums[file.path] = checksum(file)
        sizes[file.path] = len(file.content)
        total += len(file.content)
        if total <= most_bytes:  # beyond it nothing is written, but the sizes are still to be told
            path = building.joinpath(*file.path.split("/"))
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(file.content)
        tick(file.path)
    if total > most_bytes:
        raise BadInput(_too_large(str(folder), sizes, most_bytes))
    listed = "".join(f"{sums[path]}  {path}\n" for path in sorted(sums))
    (building / CHECKSUMS).write_text(listed, encoding="utf-8")
    return len(sums) + 1


def _too_large(name: str, sizes: dict[str, int], most_bytes: int) -> str:
    parts: dict[str, int] = {}
    for path, size in sizes.items():
        top = path.split("/")[0]
        parts[top] = parts.get(top, 0) + size
    largest = sorted(parts.items(), key=lambda item: -item[1])[:3]
    words = ", ".join(f"{part} {size / 1e6:.1f} MB" for part, size in largest)
    return (
        f"{name}: the site would have {sum(sizes.values()) / 1e6:.1f} MB, more than "
        f"{most_bytes / 1e6:.0f} MB (largest parts: {words}); "
        "publish fewer answers (--samples none), or allow more (--max-size)"
    )
