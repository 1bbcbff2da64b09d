"""The page in a real browser, opened from disk: silent, alone, sortable, readable in both colour schemes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from evalrun.harness.cli import main

from .browser import Browser

MakeRun = Callable[..., Path]

pytestmark = pytest.mark.browser

HOSTILE = "<img src=x onerror=alert(1)>\"'><script>alert(1)</script>\u202e\x00\ud800 $\\frac$"


@pytest.fixture
def page(make_run: MakeRun, tmp_path: Path) -> Path:
    tasks = [f"{HOSTILE}{i}" for i in range(30)]
    roots = {f"{task}~e": task for task in tasks}
    folders = []
    for label, passes, kept in (("memorizer", 30, 0), (HOSTILE, 24, 23), ("small", 9, 8)):
        letters = {task: "P" if i < passes else "w" for i, task in enumerate(tasks)}
        evolved = {child: "P" if i < kept else "w" for i, child in enumerate(roots)}
        folders.append(make_run(label, letters, suite="core", detail=HOSTILE))
        folders.append(make_run(label, evolved, suite="core-evolved", roots=roots, detail=HOSTILE))
    out = tmp_path / "site"
    names = [str(folder) for folder in folders]
    assert main(["leaderboard", *names, "-o", str(out), "--pair", f"memorizer:{HOSTILE}", "--title", HOSTILE]) == 0
    return out / "index.html"


def test_the_page_opens_from_disk_without_a_complaint_or_a_request(browser: Browser, page: Path) -> None:
    browser.open(page)

    assert browser.complaints() == []
    assert {url for url in browser.requests() if not url.startswith("data:")} == {page.as_uri()}
    assert browser.js("document.querySelectorAll('script').length") == 1
    assert browser.js("document.querySelectorAll('img, iframe, object, embed').length") == 0
    assert browser.js("document.querySelectorAll('thead button').length") > 10


def test_the_policy_stops_a_script_that_is_not_ours(browser: Browser, page: Path) -> None:
    # Without this the test above could pass with a policy the browser ignores.
    page.write_text(page.read_text(encoding="utf-8").replace("</main>", "<script>window.broken = 1</script></main>"))
    browser.open(page)
    assert browser.js("window.broken === undefined")
    assert any("Content Security Policy" in json.dumps(event) for event in browser.complaints())


def column(browser: Browser, index: int) -> list[str]:
    rows = "[...document.querySelector('table').tBodies[0].rows]"
    found: list[str] = browser.js(f"{rows}.map((row) => row.cells[{index}].textContent.trim())")
    return found


def test_a_click_on_a_head_sorts_and_says_so(browser: Browser, page: Path) -> None:
    browser.open(page)
    assert column(browser, 2) == ["100.0 %", "80.0 %", "30.0 %"]
    head = "document.querySelectorAll('table')[0].tHead.rows[0].cells[2]"

    browser.js(f"{head}.querySelector('button').click()")
    assert (column(browser, 2), browser.js(f"{head}.ariaSort")) == (["100.0 %", "80.0 %", "30.0 %"], "descending")
    browser.js(f"{head}.querySelector('button').click()")
    assert (column(browser, 2), browser.js(f"{head}.ariaSort")) == (["30.0 %", "80.0 %", "100.0 %"], "ascending")
    assert browser.js("document.getElementById('status').textContent") == "Sorted by pass@1, ascending"

    browser.js("document.querySelectorAll('table')[0].tHead.rows[0].cells[1].querySelector('button').click()")
    assert column(browser, 1)[1:] == ["memorizer", "small"]
    assert browser.js("document.querySelectorAll('table')[0].querySelectorAll('[aria-sort]').length") == 1
    assert browser.complaints() == []


def test_undefined_values_sort_last_either_way(browser: Browser, make_run: MakeRun, tmp_path: Path) -> None:
    letters = {"a": "P", "b": "P"}
    folders = [
        make_run("whole", letters),
        make_run("half", {"a": "P", "b": "w"}),
        make_run("owing", {**letters, "b": "i"}),
    ]
    assert main(["leaderboard", *map(str, folders), "-o", str(tmp_path / "site")]) == 0
    browser.open(tmp_path / "site" / "index.html")
    for expected in (["1", "2", "—"], ["2", "1", "—"]):
        browser.js("document.querySelector('thead button').click()")
        assert column(browser, 0) == expected


def test_the_page_is_whole_without_scripts(browser: Browser, page: Path) -> None:
    browser.call("Emulation.setScriptExecutionDisabled", value=True)
    try:
        browser.open(page)
        text = browser.js("document.body.innerText")
    finally:
        browser.call("Emulation.setScriptExecutionDisabled", value=False)
    assert "100.0 %" in text
    assert "memorizer falls from 100.0 % to 0.0 %" in text


def luminance(colour: str) -> float:
    channels = [int(part) / 255 for part in colour.removeprefix("rgb(").removesuffix(")").split(",")]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_and_marks_stand_out_in_both_colour_schemes(browser: Browser, page: Path, scheme: str) -> None:
    browser.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    browser.open(page)
    paper = luminance(browser.js("getComputedStyle(document.body).backgroundColor"))
    assert (paper > 0.5) == (scheme == "light")

    def contrast(name: str) -> float:
        probe = (
            "(() => { const s = document.createElementNS('http://www.w3.org/2000/svg', 'rect'); "
            f"s.setAttribute('fill', 'var(--{name})'); document.querySelector('figure svg').append(s); "
            "const c = getComputedStyle(s).fill; s.remove(); return c; })()"
        )
        mark = luminance(browser.js(probe))
        return (max(mark, paper) + 0.05) / (min(mark, paper) + 0.05)

    assert {name: contrast(name) for name in ("text", "soft", "link", "warn") if contrast(name) < 4.5} == {}
    assert {name: contrast(name) for name in ("quiet", "blue", "orange") if contrast(name) < 3.0} == {}


def test_nothing_but_tables_scrolls_sideways_on_a_narrow_screen(browser: Browser, page: Path) -> None:
    browser.call("Emulation.setDeviceMetricsOverride", width=360, height=740, deviceScaleFactor=1, mobile=True)
    try:
        browser.open(page)
        assert browser.js("document.documentElement.scrollWidth") <= 360
    finally:
        browser.call("Emulation.clearDeviceMetricsOverride")
