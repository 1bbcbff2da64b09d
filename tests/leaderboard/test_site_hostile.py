"""Every page of a site made from hostile runs, before outside judges: sound HTML, silent and alone in a browser."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from evalrun.harness.cli import main

from . import hostile, judges
from .browser import Browser
from .showcase import MODELS
from .showcase import write as write_showcase

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
MAKING = {"os.mkdir", "os.rename", "os.link", "os.symlink", "os.rmdir", "os.remove", "os.truncate"}


class Written:
    """The paths that this process writes to while ``on``: an audit hook stays for good, so there is one."""

    def __init__(self) -> None:
        self.on = False
        self.paths: list[Path] = []
        sys.addaudithook(self._hook)

    def _hook(self, event: str, args: tuple[Any, ...]) -> None:
        if not self.on:
            return
        if event == "open" and isinstance(args[0], str | bytes) and args[2] & WRITING:
            self.paths.append(Path(os.fsdecode(args[0])))
        elif event in MAKING:
            self.paths += [Path(os.fsdecode(arg)) for arg in args[:2] if isinstance(arg, str | bytes | os.PathLike)]


@pytest.fixture(scope="session")
def written() -> Written:
    return Written()


@pytest.fixture(scope="module")
def hostile_site(tmp_path_factory: pytest.TempPathFactory, written: Written) -> tuple[Path, list[Path]]:
    """The site of the hostile runs, and every path that was written to while it was made."""
    runs = hostile.write(tmp_path_factory.mktemp("hostile"))
    site = tmp_path_factory.mktemp("out") / "site"
    written.paths.clear()
    written.on = True
    try:
        assert main(["leaderboard", *runs.options, "-o", str(site)]) == 0
    finally:
        written.on = False
    return site, list(written.paths)


@pytest.fixture(scope="module")
def showcase_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site as people publish them."""
    runs = write_showcase(tmp_path_factory.mktemp("runs"), models=MODELS[:5], epochs=2)
    site = tmp_path_factory.mktemp("out") / "site"
    pair = "Kestrel 70B (March):Kestrel 70B (June)"
    assert main(["leaderboard", *map(str, runs), "-o", str(site), "--pair", pair]) == 0
    return site


def pages_of(site: Path) -> list[Path]:
    return sorted(site.rglob("*.html"))


def kinds_of(site: Path, each: int = 2) -> Iterator[Path]:
    """A few pages of every folder of the site; the pages of one folder are made alike."""
    count: dict[Path, int] = {}
    for page in pages_of(site):
        count[page.parent] = count.get(page.parent, 0) + 1
        if page.parent == site or page.name == "index.html" or count[page.parent] <= each:
            yield page


def assert_none(objections: list[str]) -> None:
    assert not objections, "\n" + "\n".join(objections)


def test_hostile_names_make_no_file_outside_the_site(hostile_site: tuple[Path, list[Path]]) -> None:
    site, paths = hostile_site
    assert paths, "the hook saw nothing"
    allowed = [site.parent, *(Path(os.environ[name]) for name in ("MPLCONFIGDIR", "EVALRUN_CACHE_DIR"))]
    strange = [
        path
        for path in {Path(os.path.abspath(path)) for path in paths}
        if path != Path(os.devnull) and "__pycache__" not in path.parts
        if not any(path.is_relative_to(folder) for folder in allowed)
    ]
    assert strange == []
    assert [path.name for path in site.parent.iterdir()] == ["site"], "nothing is left beside the site"
    names = [path.relative_to(site).as_posix() for path in site.rglob("*")]
    assert len({name.casefold() for name in names}) == len(names), "names must differ on any disk"
    assert all(part.isascii() and len(part) < 100 for name in names for part in name.split("/"))


def test_pages_from_hostile_runs_are_sound_html(hostile_site: tuple[Path, list[Path]]) -> None:
    assert_none(judges.objections(hostile_site[0]))


def test_pages_as_published_are_sound_html(showcase_site: Path) -> None:
    assert_none(judges.objections(showcase_site, kinds_of(showcase_site, 5)))


@pytest.mark.browser
def test_every_page_from_hostile_runs_is_silent_and_alone(
    browser: Browser, hostile_site: tuple[Path, list[Path]]
) -> None:
    site = hostile_site[0]
    for page in pages_of(site):
        browser.open(page, quiet_s=0.05)
        judges.exercise(browser)
        browser.listen(0.1)
        assert browser.complaints() == [], page
        assert judges.stray_requests(browser, site) == [], page
        assert browser.js("document.title") != "", page


@pytest.fixture(scope="session")
def axe(require: Callable[[str], None]) -> str:
    require("axe")
    source = judges.axe_source()
    assert source is not None
    return source


@pytest.mark.browser
def test_axe_finds_no_violation_on_any_kind_of_page(browser: Browser, showcase_site: Path, axe: str) -> None:
    assert_none([fault for page in kinds_of(showcase_site) for fault in judges.violations(browser, axe, page)])


@pytest.mark.browser
def test_axe_finds_enough_contrast_in_the_dark(browser: Browser, showcase_site: Path, axe: str) -> None:
    browser.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark"}])
    try:
        pages = list(kinds_of(showcase_site, 1))
        found = [fault for page in pages for fault in judges.violations(browser, axe, page, rules=["color-contrast"])]
    finally:
        browser.call("Emulation.setEmulatedMedia", features=[])
    assert_none(found)


@pytest.mark.browser
def test_axe_finds_no_violation_on_pages_from_hostile_runs(
    browser: Browser, hostile_site: tuple[Path, list[Path]], axe: str
) -> None:
    pages = kinds_of(hostile_site[0], 1)
    assert_none([fault for page in pages for fault in judges.violations(browser, axe, page)])
