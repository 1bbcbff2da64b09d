"""The judges of pages themselves: they object to every fault that is planted, and to nothing on a sound page."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from . import judges
from .browser import Browser

SOUND = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-fzgSXzqz/ARpijUh8F4Dc7QVaHo4fehnLXcJSig3oDc='">
<title>Sound</title>
<style>p{color:#111}</style>
</head>
<body>
<main>
<h1>Sound</h1>
<h2 id="part">Part</h2>
<p><a href="other.html#part">Other</a> <a href="#part">Part</a> <a href="https://maker.example/card">Card</a></p>
<label for="find">Find</label> <input id="find" type="search">
<svg role="img" aria-label="A dot"><circle r="1"></circle></svg>
<table><caption>Scores</caption>
<thead><tr><th scope="col">Model</th><th scope="col">Score</th></tr></thead>
<tbody><tr><th scope="row">m</th><td>1</td></tr></tbody></table>
</main>
</body>
</html>
"""  # noqa: E501


def objections(tmp_path: Path, page: str) -> list[str]:
    for name, text in (("index.html", page), ("other.html", SOUND.replace("other.html", "index.html"))):
        (tmp_path / name).write_text(text, encoding="utf-8", errors="surrogatepass")
    (tmp_path / "data.csv").write_text("a\n")
    return [fault.removeprefix("index.html: ") for fault in judges.objections(tmp_path)]


def test_a_sound_page_meets_no_objection(tmp_path: Path) -> None:
    assert objections(tmp_path, SOUND) == []


@pytest.mark.parametrize(
    ("sound", "faulty", "fault"),
    [
        ("<!doctype html>", "", "no doctype"),
        ('<html lang="en">', "<html>", "language"),
        ('<meta charset="utf-8">', "", "character set"),
        ("<title>Sound</title>", "", "one title"),
        ("<h1>Sound</h1>", "", "one h1"),
        ("<h1>Sound</h1>", "<h1>Sound</h1><h1>Again</h1>", "one h1"),
        ("<h2 ", "<h3 ", "h3 after h1"),
        ("default-src 'none'", "default-src *", "policy"),
        ("p{color:#111}", "p{color:#222}", "inline style"),
        ("</main>", "<script>1</script></main>", "inline script"),
        ("</main>", "<p onclick=x>a</p></main>", "attribute onclick"),
        ("</main>", "<p style=x>a</p></main>", "attribute style"),
        ("</main>", "<iframe></iframe></main>", "no business"),
        ("</main>", "<figure><p>a</p><figcaption>b</figcaption><p>c</p></figure></main>", "in the middle"),
        ("</main>", "<form action=x></form></main>", "sent somewhere"),
        ("</main>", "<p></div></main>", "seen too early"),
        ("</main>", "<b><p></b></p></main>", "End tag"),
        ("</main>", "<p id=a id=b>x</p></main>", "duplicate"),
        ("</main>", "<p id=part>x</p></main>", "id 'part', 2 times"),
        ("</main>", "<p>abc\u202e</p></main>", "U+202E stands 1 times"),
        ("</main>", "<p>abc&#x202e;</p></main>", "U+202E comes out of a reference"),
        ("</main>", "<p>a\x1bb</p></main>", "U+001B"),
        ("</main>", "<img src=data:,></main>", "image without alt"),
        (' aria-label="A dot"', "", "neither named nor hidden"),
        ('for="find"', "", "field without a label"),
        ('for="find"', 'for="lost"', "names nothing"),
        ('<th scope="row">', "<th>", "without scope"),
        ("<td>1</td>", "", "rows of [1, 2] cells"),
        ("<caption>Scores</caption>", "", "without a caption"),
        ("other.html#part", "other.html#lost", "no such place"),
        ("other.html#part", "missing.html", "no file of the site"),
        ("other.html#part", "../index.html", "leaves the site"),
        ("other.html#part", "//evil.example/x", "not relative"),
        ("other.html#part", "javascript:alert(1)", "not relative"),
        ("other.html#part", "file:///etc/passwd", "not relative"),
        ("other.html#part", ".", "no file of the site"),
        ("</main>", "<img alt=x src=https://evil.example/x></main>", "not relative"),
        (
            "</main>",
            "<svg role=img aria-label=x><image href=https://evil.example/x></image></svg></main>",
            "not relative",
        ),
        ("</main>", "<a href=data.csv></a></main>", "no text"),
    ],
)
def test_a_planted_fault_is_objected_to(sound: str, faulty: str, fault: str, tmp_path: Path) -> None:
    assert sound in SOUND
    found = objections(tmp_path, SOUND.replace(sound, faulty, 1))
    assert any(fault in objection for objection in found), found


@pytest.mark.browser
def test_axe_objects_to_what_cannot_be_read(browser: Browser, require: Callable[[str], None], tmp_path: Path) -> None:
    require("axe")
    source, page = judges.axe_source() or "", tmp_path / "index.html"
    faint = "<p aria-hidden=bogus>faint</p><button></button></main>"
    page.write_text(SOUND, encoding="utf-8")
    assert judges.violations(browser, source, page) == []
    page.write_text(SOUND.replace("</main>", faint), encoding="utf-8")
    found = judges.violations(browser, source, page)
    assert {fault.split(": ")[1].split(" ")[0] for fault in found} == {"aria-valid-attr-value", "button-name"}


@pytest.mark.browser
def test_the_browser_tells_of_requests_and_complaints(browser: Browser, tmp_path: Path) -> None:
    page = tmp_path / "site" / "index.html"
    page.parent.mkdir()
    loose = SOUND.replace("default-src 'none'; ", "default-src *; script-src 'unsafe-inline'; ")
    page.write_text(loose.replace("</main>", "<img alt=x src=http://127.0.0.1:9/x><img alt=x src=../y></main>"))
    browser.open(page)
    assert set(judges.stray_requests(browser, page.parent)) == {"http://127.0.0.1:9/x", (tmp_path / "y").as_uri()}

    page.write_text(loose.replace("</main>", "<img alt=x src=data:,x onerror=alert(1)></main>"))
    browser.open(page)
    told = {complaint["method"] for complaint in browser.complaints()}
    assert told >= {"Page.javascriptDialogOpening", "Log.entryAdded"}, "a dialog; and the style that is not allowed now"
    assert browser.js("document.title") == "Sound", "the dialog was closed"
