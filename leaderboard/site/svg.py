"""What matplotlib writes, made fit for a page: no prolog, no style attributes, ids of its own, the page's colours.

The page's content security policy forbids style attributes, and dark mode needs colours that follow the page. What a
page has no use for goes too: coordinates to a millionth of a point, ids that nothing refers to, groups of nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from io import BytesIO
from xml.etree import ElementTree

from matplotlib.figure import Figure

SVG = "{http://www.w3.org/2000/svg}"
XLINK_HREF = "{http://www.w3.org/1999/xlink}href"
_REFERENCE = re.compile(r"url\(#([^)]*)\)")
_FONT_SIZE = re.compile(r"(?:^|\s)(\d+(?:\.\d+)?)px")
_NUMBER = re.compile(r"-?\d+\.\d+(?:e-?\d+)?")
_COORDINATES = {"d", "x", "y", "transform", "viewBox", "stroke-dasharray", "stroke-width", "width", "height"}
# What SVG takes for granted.
_DEFAULTS = {
    ("text-anchor", "start"),
    ("stroke-linecap", "butt"),
    ("stroke-linejoin", "miter"),
    ("stroke-dashoffset", "0"),
    ("fill-rule", "nonzero"),
}
_NO_TURN = re.compile(r"rotate\(-?0 ")


def inline_svg(figure: Figure, *, name: str, title: str, description: str, colours: Mapping[str, str]) -> str:
    """The figure as one ``<svg role="img">`` element, the same bytes each time.

    name: prefix of every id in it. colours: matplotlib's hex colour to the CSS value that replaces it. title,
    description: plain text, escaped here.
    """
    buffer = BytesIO()
    figure.savefig(buffer, format="svg")
    root = ElementTree.fromstring(buffer.getvalue())
    _drop(root, {f"{SVG}metadata", f"{SVG}style"})
    for element in root.iter():
        _clean(element, colours)
    _number_ids(root, name)
    _flatten(root)
    _label(root, name, title, description)
    return ElementTree.tostring(root, encoding="unicode")


def _drop(root: ElementTree.Element, tags: set[str]) -> None:
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag in tags:
                parent.remove(child)


def _clean(element: ElementTree.Element, colours: Mapping[str, str]) -> None:
    """Style declarations become attributes, colours the page's, coordinates short."""
    element.tag = element.tag.removeprefix(SVG)
    if element.tag != "text" and element.text and not element.text.strip():
        element.text = None
    if element.tail and not element.tail.strip():
        element.tail = None
    attributes = dict(element.attrib)
    element.attrib.clear()
    for declaration in attributes.pop("style", "").split(";"):
        key, _, value = (part.strip() for part in declaration.partition(":"))
        if key == "font":
            size = _FONT_SIZE.search(value)
            attributes["font-size"] = size.group(1) if size else "10"
            if {"bold", "700"} & set(value.split()):
                attributes["font-weight"] = "bold"
        elif key and key != "font-family":
            attributes[key] = value
    for key, value in attributes.items():
        own = colours.get(value.lower(), value)
        if key in _COORDINATES:
            own = " ".join(_NUMBER.sub(_shorter, own).split())
        if (key, own) not in _DEFAULTS and not (key == "transform" and _NO_TURN.match(own)):
            element.set("href" if key == XLINK_HREF else key, own)


def _shorter(found: re.Match[str]) -> str:
    text = f"{float(found.group()):.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _number_ids(root: ElementTree.Element, name: str) -> None:
    """Ids that something refers to are numbered in their order, all others go.

    matplotlib names them by a digest of coordinates, whose last digits may differ from machine to machine.
    """
    wanted = set()
    for element in root.iter():
        for key, value in element.attrib.items():
            wanted.update(_REFERENCE.findall(value))
            if key == "href":
                wanted.add(value.removeprefix("#"))
    given: dict[str, str] = {}
    for element in root.iter():
        own = element.attrib.pop("id", None)
        if own is not None and own in wanted:
            given[own] = f"{name}-{len(given) + 1}"
            element.set("id", given[own])
    for element in root.iter():
        for key, value in element.attrib.items():
            if key == "href":
                element.set(key, f"#{given[value.removeprefix('#')]}")
            elif "url(#" in value:
                element.set(key, _REFERENCE.sub(lambda found: f"url(#{given[found.group(1)]})", value))


def _flatten(parent: ElementTree.Element) -> None:
    """Groups without attributes give way to what they hold."""
    children: list[ElementTree.Element] = []
    for child in list(parent):
        _flatten(child)
        if child.tag == "g" and not child.attrib:
            children.extend(child)
        elif not _is_nothing(child):
            children.append(child)
    parent[:] = children


def _is_nothing(element: ElementTree.Element) -> bool:
    if element.tag == "path":
        unseen = element.get("fill") == "none" and element.get("stroke", "none") == "none"
        return unseen and "id" not in element.attrib
    return element.tag == "defs" and not len(element)


def _label(root: ElementTree.Element, name: str, title: str, description: str) -> None:
    for key in ("width", "height", "version"):
        root.attrib.pop(key, None)
    root.set("role", "img")
    root.set("aria-labelledby", f"{name}-title {name}-desc")
    for position, (tag, text) in enumerate((("title", title), ("desc", description))):
        element = ElementTree.Element(tag, {"id": f"{name}-{tag}"})
        element.text = text
        root.insert(position, element)
