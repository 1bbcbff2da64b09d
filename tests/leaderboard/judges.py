"""What outside judges say of a built site: the HTML standard's parser, rules of structure, axe-core in a browser.

Each judge returns its objections as texts that name the page and the place, so that a test can demand there be none.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from importlib import resources
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit
from xml.etree.ElementTree import Element

import html5lib
from html5lib.constants import E as PARSE_ERRORS

from .browser import Browser

POLICY = "default-src 'none'"
FORBIDDEN = {"iframe", "frame", "object", "embed", "applet", "base", "portal", "marquee"}
FIELDS = {"input", "select", "textarea", "meter", "progress"}
REFERENCES = ("aria-labelledby", "aria-describedby", "aria-controls", "aria-owns", "for", "headers", "list")
HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
ADDRESSES = ("src", "href", "action", "formaction", "data", "poster", "srcset", "cite", "background", "ping")


# --- HTML ---


def objections(site: Path, pages: Iterable[Path] | None = None) -> list[str]:
    """All that is wrong with pages of a site (all of its pages), as files."""
    known = Pages(site)
    judged = sorted(site.rglob("*.html")) if pages is None else pages
    judges = (parse_errors, characters, frame, names, structure, inertness)
    return [
        f"{path.relative_to(site)}: {fault}"
        for path in judged
        for judge in (*judges, lambda page: links(page, known))
        for fault in judge(known[path.resolve()])
    ]


class Pages(dict[Path, "Document"]):
    """The pages of a site by their paths, read when they are asked for."""

    def __init__(self, site: Path) -> None:
        self.site = site.resolve()

    def __missing__(self, path: Path) -> Document:
        self[path] = Document(path, self.site)
        return self[path]


class Document:
    """A page as the HTML standard's parser sees it."""

    def __init__(self, path: Path, site: Path) -> None:
        self.path, self.site = path, site
        self.text = path.read_text(encoding="utf-8")
        parser = html5lib.HTMLParser(namespaceHTMLElements=False)
        self.root: Element = parser.parse(self.text)
        self.errors = parser.errors
        self.elements = [(tag_of(element), element) for element in self.root.iter() if isinstance(element.tag, str)]
        self.ids = [element.get("id", "") for _, element in self.elements if element.get("id") is not None]
        self.parents = {child: parent for parent in self.root.iter() for child in parent}

    def all(self, *tags: str) -> list[Element]:
        return [element for tag, element in self.elements if tag in tags]

    def within(self, element: Element, tag: str) -> bool:
        while (parent := self.parents.get(element)) is not None:
            element = parent
            if tag_of(element) == tag:
                return True
        return False


def tag_of(element: Element) -> str:
    return str(element.tag).rpartition("}")[2] if isinstance(element.tag, str) else ""


def text_of(element: Element) -> str:
    return " ".join("".join(element.itertext()).split())


def shown(element: Element) -> str:
    given = " ".join(f'{name}="{value[:40]}"' for name, value in element.attrib.items())
    return f"<{tag_of(element)} {given}> {text_of(element)[:40]!r}"


def parse_errors(page: Document) -> Iterator[str]:
    """What the standard's parser had to mend."""
    for (line, column), code, details in page.errors:
        yield f"line {line}, column {column}: {PARSE_ERRORS.get(code, code) % details}"


def characters(page: Document) -> Iterator[str]:
    """Characters that hide, steer or turn round text, or are none; line ends and tabs are fine."""
    found = Counter(c for c in page.text if c not in "\n\t" and unicodedata.category(c) in HIDDEN)
    for character, count in found.items():
        yield f"U+{ord(character):04X} stands {count} times in the text"
    for _, element in page.elements:
        for text in (element.text or "", element.tail or "", *element.attrib.values()):
            for character in {c for c in text if c not in "\n\t" and unicodedata.category(c) in HIDDEN}:
                yield f"U+{ord(character):04X} comes out of a reference in {shown(element)}"


def frame(page: Document) -> Iterator[str]:
    """What every page has, once."""
    if not page.text.lower().startswith("<!doctype html>"):
        yield "no doctype at its begin"
    for name, count in (("title", 1), ("h1", 1), ("main", 1)):
        found = [element for element in page.all(name) if not page.within(element, "svg")]
        if len(found) != count or not all(text_of(element) for element in found):
            yield f"expected one {name} with text, found {[text_of(element)[:40] for element in found]}"
    if not page.root.get("lang"):
        yield "the language is not named"
    metas = {element.get("http-equiv", "").lower(): element.get("content", "") for element in page.all("meta")}
    if not metas.get("content-security-policy", "").startswith(POLICY):
        yield f"the policy does not begin with {POLICY}"
    if not any(element.get("charset", "").lower() == "utf-8" for element in page.all("meta")):
        yield "the character set is not named"


def names(page: Document) -> Iterator[str]:
    """Whether everything that needs a name has one, and every reference to an id finds it."""
    for name, count in Counter(page.ids).items():
        if count > 1 or not name or " " in name:
            yield f"id {name[:40]!r}, {count} times"
    known = set(page.ids)
    labelled = {element.get("for") for element in page.all("label")}
    for tag, element in page.elements:
        for attribute in REFERENCES:
            for name in element.get(attribute, "").split():
                if name not in known:
                    yield f"{attribute}={name[:40]!r} names nothing: {shown(element)}"
        named = element.get("aria-label") or element.get("aria-labelledby")
        hidden = element.get("aria-hidden") == "true"
        if tag == "img" and element.get("alt") is None and not hidden:
            yield f"an image without alt: {shown(element)}"
        if tag == "svg" and not (hidden or (element.get("role") == "img" and (named or has_title(element)))):
            yield f"a drawing that is neither named nor hidden: {shown(element)[:200]}"
        labelless = not (named or element.get("id") in labelled or page.within(element, "label"))
        if tag in FIELDS and element.get("type") != "hidden" and labelless:
            yield f"a field without a label: {shown(element)}"
        if tag in ("button", "a", "summary") and not (text_of(element) or named or has_image_with_text(element)):
            yield f"no text: {shown(element)}"


def has_title(element: Element) -> bool:
    return any(tag_of(child) == "title" and text_of(child) for child in element)


def has_image_with_text(element: Element) -> bool:
    return any(tag_of(child) == "img" and child.get("alt") for child in element.iter())


def structure(page: Document) -> Iterator[str]:
    """Headings that skip no level, tables whose heads say what they are of."""
    level = 0
    for tag, element in page.elements:
        if re.fullmatch("h[1-6]", tag):
            if int(tag[1]) > level + 1:
                yield f"{tag} after h{level}: {text_of(element)[:40]!r}"
            level = int(tag[1])
        if tag == "th" and element.get("scope") not in ("col", "row", "colgroup", "rowgroup"):
            yield f"a head without scope: {shown(element)}"
        if tag == "figcaption":
            siblings = list(page.parents[element])
            if element not in (siblings[0], siblings[-1]):
                yield f"a caption in the middle of its figure: {text_of(element)[:60]!r}"
        if tag == "table":
            rows = [
                [cell for cell in row if tag_of(cell) in ("td", "th")] for row in element.iter() if tag_of(row) == "tr"
            ]
            widths = {sum(int(cell.get("colspan", "1")) for cell in row) for row in rows}
            spans = any(cell.get("rowspan") for row in rows for cell in row)
            if not rows or (len(widths) > 1 and not spans):
                yield f"a table with rows of {sorted(widths)} cells: {text_of(element)[:60]!r}"
            if not is_titled(element, page):
                yield f"a table without a caption: {text_of(element)[:60]!r}"


def is_titled(table: Element, page: Document) -> bool:
    """Whether it says what it holds: by a caption, a name, or the caption or summary of what it is folded into."""
    if any(tag_of(child) == "caption" for child in table) or table.get("aria-label") or table.get("aria-labelledby"):
        return True
    return page.within(table, "figure") or page.within(table, "details")


def inertness(page: Document) -> Iterator[str]:
    """Nothing on the page runs, loads or styles but what its policy allows."""
    for tag, element in page.elements:
        if tag in FORBIDDEN:
            yield f"an element that has no business here: {shown(element)}"
        for name in element.attrib:
            if name.lower().startswith("on") or name == "style":
                yield f"the attribute {name}: {shown(element)}"
        inline = tag == "style" or (tag == "script" and not element.get("src") and is_code(element))
        if inline and sha256_of(element) not in page.text:
            yield f"inline {tag} whose digest the policy does not name: {shown(element)}"
        if tag == "meta" and element.get("http-equiv", "").lower() == "refresh":
            yield "a page that goes elsewhere by itself"
        if tag == "form" and (element.get("action") or element.get("method")):
            yield f"a form that is sent somewhere: {shown(element)}"


def is_code(script: Element) -> bool:
    return script.get("type", "module") in ("", "module", "text/javascript", "application/javascript", "importmap")


def sha256_of(element: Element) -> str:
    content = hashlib.sha256("".join(element.itertext()).encode("utf-8")).digest()
    return "sha256-" + base64.b64encode(content).decode("ascii")


def links(page: Document, pages: Pages) -> Iterator[str]:
    """Every address is a file of the site, and its fragment an id there; other places only behind http(s) links."""
    for tag, element in page.elements:
        for name, value in element.attrib.items():
            if name.rpartition("}")[2] not in ADDRESSES or (value.startswith("data:") and name != "href"):
                continue
            if tag == "link" and value == "data:,":  # no icon
                continue
            fault = fault_of(value, tag, page, pages)
            if fault:
                yield f"{name}={value[:80]!r}: {fault}"


def fault_of(address: str, tag: str, page: Document, pages: Pages) -> str | None:
    if tag == "a" and re.match(r"https?://[^\s/]", address):
        return None
    parts = urlsplit(address)
    if parts.scheme or parts.netloc or "\\" in address or address.startswith("/"):
        return "not relative"
    target = page.path if not parts.path else (page.path.parent / unquote(parts.path)).resolve()
    if not target.is_relative_to(page.site):
        return "leaves the site"
    if not target.is_file():
        return "no file of the site"
    # A fragment with a sign in it is no place in the page: its script reads it.
    place = "" if "=" in parts.fragment else unquote(parts.fragment)
    lost = place and target.suffix == ".html" and place not in pages[target].ids
    return "no such place in that page" if lost else None


# --- in a browser ---


def axe_source() -> str | None:
    """axe-core as one script, from the package that brings it (extra ``browser``); None where it is not installed."""
    try:
        return resources.files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
    except ModuleNotFoundError:
        return None


def violations(tab: Browser, source: str, page: Path, *, rules: Sequence[str] = ()) -> list[str]:
    """What axe-core finds on a page, by these rules or all; what it cannot decide is left to people."""
    tab.open(page, quiet_s=0.0)
    tab.js(source + "; true")  # the debugger's scripts are not the page's, so its policy is no obstacle
    options: dict[str, Any] = {
        "resultTypes": ["violations"],
        "preload": False,  # it would fetch the style sheets again, which a page from disk may not
    }
    if rules:
        options["runOnly"] = {"type": "rule", "values": list(rules)}
    found = tab.js(
        f"axe.run(document, {json.dumps(options)}).then((result) => result.violations.map((one) =>"
        " [one.id, one.help, one.nodes.length, one.nodes[0].target.join(' '), one.nodes[0].html.slice(0, 200)]))"
    )
    return [f"{page.name}: {rule} ({count} times): {text}: {where}: {html}" for rule, text, count, where, html in found]


def exercise(tab: Browser) -> None:
    """Open and press everything that a reader can."""
    tab.js("document.querySelectorAll('details').forEach((one) => { one.open = true; }); true")
    tab.js("document.querySelectorAll('button, summary, select, input').forEach((one) => one.click()); true")


def stray_requests(tab: Browser, site: Path) -> list[str]:
    """What the page asked for beyond the site's own folder."""
    home = site.resolve().as_uri() + "/"
    return [url for url in tab.requests() if not url.startswith(("data:", home))]
