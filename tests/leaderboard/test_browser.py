"""The page in a real browser, opened from disk: silent, alone, sortable, readable in both colour schemes."""

from __future__ import annotations

import json
import os
import select
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from evalrun.harness.cli import main

MakeRun = Callable[..., Path]

pytestmark = pytest.mark.browser

FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --remote-debugging-pipe"
).split()
WATCHED = {
    "Log.entryAdded",
    "Runtime.consoleAPICalled",
    "Runtime.exceptionThrown",
    "Page.javascriptDialogOpening",
    "Security.certificateError",
}


class Browser:
    """One tab of a headless Chromium, spoken to over its debugging pipe; it keeps every event it is told of."""

    def __init__(self, program: str, profile: Path) -> None:
        read_ours, write_theirs = os.pipe()
        read_theirs, write_ours = os.pipe()
        # Chromium reads commands from descriptor 3 and writes to 4.
        shell = f'exec "$0" "$@" 3<&{read_theirs} 4>&{write_theirs}'
        self._process = subprocess.Popen(
            ["bash", "-c", shell, program, *FLAGS, f"--user-data-dir={profile}"],
            pass_fds=(read_theirs, write_theirs), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        os.close(read_theirs)
        os.close(write_theirs)
        self._read, self._write = read_ours, write_ours
        self._buffer = b""
        self._number = 0
        self._session: str | None = None
        self.events: list[dict[str, Any]] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network", "Security"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **params: object) -> dict[str, Any]:
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next(time.monotonic() + 60)
            if answer.get("id") == self._number:
                assert "error" not in answer, answer
                return dict(answer["result"])

    def _hears_something(self, until: float) -> bool:
        return b"\0" in self._buffer or bool(select.select([self._read], [], [], max(0.0, until - time.monotonic()))[0])

    def _next(self, deadline: float) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._read], [], [], max(0.0, deadline - time.monotonic()))
            assert ready, "the browser says nothing"
            chunk = os.read(self._read, 1 << 16)
            assert chunk, "the browser has gone"
            self._buffer += chunk
        raw, _, self._buffer = self._buffer.partition(b"\0")
        message: dict[str, Any] = json.loads(raw)
        if "method" in message:
            self.events.append(message)
        return message

    def open(self, page: Path) -> None:
        """Open a file and wait until it has loaded and the browser has had half a second to complain."""
        self.events.clear()
        self.call("Page.navigate", url=page.as_uri())
        while not any(event["method"] == "Page.loadEventFired" for event in self.events):
            self._next(time.monotonic() + 60)
        until = time.monotonic() + 0.5
        while self._hears_something(until):
            self._next(until + 60)

    def js(self, expression: str) -> Any:
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def complaints(self) -> list[dict[str, Any]]:
        return [event for event in self.events if event["method"] in WATCHED]

    def requests(self) -> list[str]:
        sent = [event for event in self.events if event["method"] == "Network.requestWillBeSent"]
        return [event["params"]["request"]["url"] for event in sent]

    def close(self) -> None:
        os.close(self._write)
        os.close(self._read)
        self._process.terminate()
        self._process.wait(timeout=30)


@pytest.fixture(scope="module")
def browser(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    tab = Browser(chromium, tmp_path_factory.mktemp("profile"))
    yield tab
    tab.close()


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
