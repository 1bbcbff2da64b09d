"""What matplotlib writes, made fit for a page: no prolog, no style attributes, ids of its own, the page's colours.

The page's content security policy forbids style attributes, and dark mode needs colours that follow the page.
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
        _clean(element, name, colours)
    _label(root, name, title, description)
    return ElementTree.tostring(root, encoding="unicode")


def _drop(root: ElementTree.Element, tags: set[str]) -> None:
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag in tags:
                parent.remove(child)


def _clean(element: ElementTree.Element, name: str, colours: Mapping[str, str]) -> None:
    element.tag = element.tag.removeprefix(SVG)
    attributes = dict(element.attrib)
    element.attrib.clear()
    for declaration in attributes.pop("style", "").split(";"):
        key, _, value = (part.strip() for part in declaration.partition(":"))
        if key == "font":
            size = _FONT_SIZE.search(value)
            attributes["font-size"] = size.group(1) if size else "10"
        elif key and key != "font-family":
            attributes[key] = value
    for key, value in attributes.items():
        if key == "id":
            element.set(key, f"{name}-{value}")
        elif key in (XLINK_HREF, "href"):
            element.set("href", "#" + name + "-" + value.removeprefix("#"))
        else:
            own = _REFERENCE.sub(lambda found: f"url(#{name}-{found.group(1)})", value)
            element.set(key, colours.get(own.lower(), own))


def _label(root: ElementTree.Element, name: str, title: str, description: str) -> None:
    for key in ("width", "height", "version"):
        root.attrib.pop(key, None)
    root.set("role", "img")
    root.set("aria-labelledby", f"{name}-title {name}-desc")
    for position, (tag, text) in enumerate((("title", title), ("desc", description))):
        element = ElementTree.Element(tag, {"id": f"{name}-{tag}"})
        element.text = text
        root.insert(position, element)
