"""The pages in a real browser, opened from disk: silent, alone, and to be used by mouse, keyboard and address alike."""

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
ROWS = "[...document.querySelector('table').tBodies[0].rows]"


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


@pytest.fixture
def sampled(make_run: MakeRun, tmp_path: Path) -> Path:
    """Four models with five samples a task, one of them not ranked."""
    letters = {"alpha": "PPPPP", "beta 2": "PPPww", "beta 1": "Pwwww", "gamma": "PPPP-"}
    folders = [
        make_run(label, {f"t{i}": "PPPPP" if i < 9 else kind for i in range(30)}) for label, kind in letters.items()
    ]
    out = tmp_path / "site"
    assert main(["leaderboard", *map(str, folders), "-o", str(out)]) == 0
    return out / "index.html"


def cells(browser: Browser, key: str) -> list[str]:
    """The first lines of the visible cells of a column of the first table, in the order in which they are seen."""
    column = f"document.querySelector('table th[data-key={key}]').cellIndex"
    found: list[str] = browser.js(
        f"{ROWS}.filter((row) => !row.hidden).map((row) => row.cells[{column}].innerText.trim().split('\\n')[0])"
    )
    return found


def press(browser: Browser, key: str) -> None:
    text = {"Enter": "\r", " ": " "}.get(key, "")
    name = {"Enter": "Enter", " ": "Space", "Tab": "Tab"}.get(key, key)
    codes = {"Enter": 13, " ": 32, "Tab": 9}
    details = {"key": key, "code": name, "windowsVirtualKeyCode": codes[key]}
    browser.call("Input.dispatchKeyEvent", type="keyDown", text=text, **details)
    browser.call("Input.dispatchKeyEvent", type="keyUp", **details)


def type_into(browser: Browser, name: str, text: str) -> None:
    browser.js(f"document.querySelector('form.filters [name={name}]').focus()")
    browser.call("Input.insertText", text=text)


def test_every_page_opens_from_disk_without_a_complaint_or_a_request(browser: Browser, page: Path) -> None:
    site = page.parent
    paths = sorted(site.rglob("*.html"))
    for path in paths:
        browser.open(path, quiet_s=0.2)
        own = {(site / name).as_uri() for name in ("site.css", *(script.name for script in site.glob("*.js")))}
        own |= {script.as_uri() for script in (site / "data").glob("*.js")}

        assert browser.complaints() == [], path
        assert {url for url in browser.requests() if not url.startswith("data:")} <= {path.as_uri(), *own}, path
        assert browser.js("document.querySelectorAll('img, iframe, object, embed').length") == 0
    assert len(paths) >= 6


def test_the_policy_stops_a_script_that_is_not_ours(browser: Browser, page: Path) -> None:
    # Without this the test above could pass with a policy the browser ignores.
    page.write_text(page.read_text(encoding="utf-8").replace("</main>", "<script>window.broken = 1</script></main>"))
    browser.open(page)
    assert browser.js("window.broken === undefined")
    assert any("Content Security Policy" in json.dumps(event) for event in browser.complaints())


def test_a_click_on_a_head_sorts_and_says_so(browser: Browser, page: Path) -> None:
    browser.open(page)
    assert [text.split()[0] for text in cells(browser, "pass1")] == ["100.0", "80.0", "30.0"]
    head = "document.querySelector('th[data-key=pass1]')"

    browser.js(f"{head}.querySelector('button').click()")
    assert [text.split()[0] for text in cells(browser, "pass1")] == ["100.0", "80.0", "30.0"]
    assert browser.js(f"{head}.ariaSort") == "descending"
    browser.js(f"{head}.querySelector('button').click()")
    assert [text.split()[0] for text in cells(browser, "pass1")] == ["30.0", "80.0", "100.0"]
    assert browser.js(f"{head}.ariaSort") == "ascending"
    assert browser.js("document.getElementById('status').textContent") == "Sorted by pass@1, ascending"

    browser.js("document.querySelector('th[data-key=model] button').click()")
    assert cells(browser, "model")[1:] == ["memorizer", "small"]
    assert browser.js("document.querySelector('table').querySelectorAll('[aria-sort]').length") == 1
    assert browser.complaints() == []


@pytest.mark.parametrize("key", ["Enter", " "])
def test_the_keyboard_alone_sorts(browser: Browser, sampled: Path, key: str) -> None:
    browser.open(sampled)
    browser.js("document.querySelector('th[data-key=model] button').focus()")
    press(browser, key)
    assert cells(browser, "model") == ["alpha", "beta 1", "beta 2"]
    press(browser, key)
    assert cells(browser, "model") == ["beta 2", "beta 1", "alpha"]
    press(browser, "Tab")
    assert browser.js("document.activeElement.closest('th').dataset.key") == "pass1"


def test_the_first_tab_stop_leads_past_the_navigation(browser: Browser, sampled: Path) -> None:
    browser.open(sampled)
    press(browser, "Tab")
    assert browser.js("document.activeElement.textContent") == "Skip to content"
    assert browser.js("document.activeElement.getBoundingClientRect().top >= 0")
    press(browser, "Enter")
    assert browser.js("document.activeElement.id") == "main"


def test_undefined_values_sort_last_either_way(browser: Browser, make_run: MakeRun, tmp_path: Path) -> None:
    folders = [make_run("one", {"a": "PP", "b": "PP"}), make_run("two", {"a": "Pw", "b": "ww"})]
    folders.append(make_run("single", {"a": "P", "b": "P"}))
    assert main(["leaderboard", *map(str, folders), "-o", str(tmp_path / "site")]) == 0
    browser.open(tmp_path / "site" / "index.html")
    browser.js("document.querySelector('input[name=k][value=\"2\"]').click()")
    for expected in (["100.0 %", "50.0 %", "—"], ["50.0 %", "100.0 %", "—"]):
        browser.js("document.querySelector('th[data-key=pass2] button').click()")
        assert cells(browser, "pass2") == expected


def test_the_search_hides_rows_in_every_table_and_changes_no_rank(browser: Browser, sampled: Path) -> None:
    browser.open(sampled)
    ranks = dict(zip(cells(browser, "model"), cells(browser, "rank"), strict=True))
    type_into(browser, "q", "BETA")

    assert cells(browser, "model") == ["beta 2", "beta 1"]
    assert dict(zip(cells(browser, "model"), cells(browser, "rank"), strict=True)).items() <= ranks.items()
    assert browser.js("document.querySelector('form.filters output').textContent") == "2 of 4 rows shown"
    type_into(browser, "q", " 1")
    assert cells(browser, "model") == ["beta 1"]
    type_into(browser, "q", "<b>")
    assert cells(browser, "model") == []
    press(browser, "Enter")  # sends no form
    assert browser.complaints() == []


def test_tags_and_the_tie_at_the_top_filter_rows(browser: Browser, make_run: MakeRun, tmp_path: Path) -> None:
    folders = []
    for label, passes, tags in (("a", 40, ["open", "70 B"]), ("b", 39, ["closed"]), ("c", 9, ["open"])):
        letters = {f"t{i}": "P" if i < passes else "w" for i in range(40)}
        folders.append(make_run(label, letters, manifest={"model": {"name": label, "label": label, "tags": tags}}))
    assert main(["leaderboard", *map(str, folders), "-o", str(tmp_path / "site")]) == 0
    browser.open(tmp_path / "site" / "index.html")
    choose = (
        "((value) => { const s = document.querySelector('select[name=tags]'); s.value = value; "
        "s.dispatchEvent(new Event('input', { bubbles: true })); })"
    )
    assert browser.js("[...document.querySelector('select[name=tags]').options].map((one) => one.textContent)") == [
        "all", "70 B", "closed", "open"
    ]  # fmt: skip
    browser.js(f"{choose}('open')")
    assert cells(browser, "model") == ["a", "c"]
    browser.js(f"{choose}('70-b')")
    assert cells(browser, "model") == ["a"]
    browser.js(f"{choose}('')")
    browser.js("document.querySelector('input[name=leads]').click()")
    assert cells(browser, "model") == ["a", "b"]
    assert browser.js("location.hash") == "#leads=1"


def test_the_selector_shows_one_pass_at_k_or_all(browser: Browser, sampled: Path) -> None:
    browser.open(sampled)
    seen = (
        "[...document.querySelectorAll('table th[data-k]')].filter((th) => th.offsetWidth && th.dataset.key)"
        ".map((th) => th.dataset.key)"
    )
    assert browser.js(seen) == ["pass1"]
    browser.js("document.querySelector('input[name=k][value=\"5\"]').click()")
    assert browser.js(seen) == ["pass5"]
    assert cells(browser, "pass5") == ["100.0 %"] * 3
    browser.js("document.querySelector('input[name=k][value=\"\"]').click()")
    assert browser.js(seen) == ["pass1", "pass2", "pass5"]


def test_the_address_keeps_what_was_chosen_and_gives_it_back(browser: Browser, sampled: Path) -> None:
    browser.open(sampled)
    type_into(browser, "q", "beta")
    browser.js("document.querySelector('input[name=k][value=\"5\"]').click()")
    browser.js("document.querySelector('th[data-key=model] button').click()")
    kept = browser.js("location.hash")
    assert sorted(kept[1:].split("&")) == ["k=5", "q=beta", "sort=model.ascending"]

    browser.call("Page.navigate", url="about:blank")
    browser.listen(1.0)
    browser.open(sampled, fragment=kept)
    assert cells(browser, "model") == ["beta 1", "beta 2"]
    assert browser.js("document.querySelector('input[name=q]').value") == "beta"
    assert browser.js("document.querySelector('th[data-key=pass5]').offsetWidth > 0")
    assert browser.js("document.querySelector('th[data-key=model]').ariaSort") == "ascending"

    browser.js("document.querySelector('input[name=q]').select()")
    press(browser, " ")
    assert "q=" not in browser.js("location.hash")
    assert len(cells(browser, "model")) == 3


@pytest.mark.parametrize("address", ["#sort=nonsense&k=7&q=%", "#sort=model.sideways&leads=2", "#<img src=x>", "#%ff="])
def test_an_address_of_nonsense_is_survived(browser: Browser, sampled: Path, address: str) -> None:
    browser.call("Page.navigate", url="about:blank")
    browser.events.clear()
    browser.listen(1.0)
    browser.open(sampled, fragment=address)
    assert browser.complaints() == []
    assert browser.js("document.querySelector('form.filters').hidden") is False
    assert browser.js("document.querySelector('th[data-key=pass1]').offsetWidth > 0")


def test_the_pages_are_whole_without_scripts(browser: Browser, page: Path) -> None:
    browser.call("Emulation.setScriptExecutionDisabled", value=True)
    try:
        browser.open(page)
        text = browser.js("document.body.innerText")
        shown = browser.js("[...document.querySelectorAll('form')].filter((form) => form.offsetHeight).length")
        browser.open(page.parent / "evolved.html")
        evolved = browser.js("document.body.innerText")
    finally:
        browser.call("Emulation.setScriptExecutionDisabled", value=False)
    assert "100.0 %" in text
    assert "memorizer" in text
    assert shown == 0
    assert "memorizer falls from 100.0 % to 0.0 %" in evolved


def luminance(colour: str) -> float:
    channels = [int(part) / 255 for part in colour.removeprefix("rgb(").removesuffix(")").split(",")]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: float, other: float) -> float:
    return (max(one, other) + 0.05) / (min(one, other) + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_and_marks_stand_out_in_both_colour_schemes(browser: Browser, page: Path, scheme: str) -> None:
    browser.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    browser.open(page)
    names = (
        "text soft link warn good quiet blue orange green purple paper panel blue-tint orange-tint green-tint grey-tint"
    )
    probe = (
        "(() => { const s = document.createElement('i'); document.body.append(s); const found = {}; "
        f"for (const name of '{names}'.split(' ')) {{ s.setAttribute('hidden', ''); "
        "s.attributeStyleMap.set('color', `var(--${name})`); found[name] = getComputedStyle(s).color; } "
        "s.remove(); return found; })()"
    )
    found = {name: luminance(colour) for name, colour in browser.js(probe).items()}
    assert (found["paper"] > 0.5) == (scheme == "light")

    texts = [(name, ground) for name in ("text", "soft", "link", "warn", "good") for ground in ("paper", "panel")]
    texts += [("link", "blue-tint"), ("warn", "orange-tint"), ("good", "green-tint"), ("soft", "grey-tint")]
    marks = [(name, ground) for name in ("quiet", "blue", "orange", "green", "purple") for ground in ("paper", "panel")]
    ratios = {pair: round(contrast(found[pair[0]], found[pair[1]]), 2) for pair in texts + marks}
    assert {pair: ratios[pair] for pair in texts if ratios[pair] < 4.5} == {}
    assert {pair: ratios[pair] for pair in marks if ratios[pair] < 3.0} == {}


def test_on_a_narrow_screen_only_tables_scroll_sideways_and_the_score_is_in_view(
    browser: Browser, page: Path, sampled: Path
) -> None:
    browser.call("Emulation.setDeviceMetricsOverride", width=390, height=740, deviceScaleFactor=1, mobile=True)
    try:
        for path in sorted(page.parent.rglob("*.html")):
            browser.open(path, quiet_s=0.1)
            assert browser.js("document.documentElement.scrollWidth") <= 390, path
        browser.open(sampled)
        edges = "[...document.querySelectorAll('table')[0].rows[1].cells].map((c) => c.getBoundingClientRect().right)"
        rank, model, score = browser.js(edges)[:3]
        assert rank < model < score <= 390
    finally:
        browser.call("Emulation.clearDeviceMetricsOverride")
