"""From views to HTML: one shell for every page, everything escaped, nothing that a page may load but the site's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

View = Mapping[str, Any]
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'"
)


@dataclass(frozen=True, slots=True)
class Place:
    """An entry of the navigation; ``path`` is relative to the site."""

    key: str
    title: str
    path: str


@dataclass(frozen=True, slots=True)
class Page:
    """One HTML page. path: relative to the site, with forward slashes. finding: its result in one sentence.

    place: the key of the navigation entry it belongs to. scripts: names of script files besides site.js.
    """

    path: str
    template: str
    title: str
    finding: str
    place: str
    view: View
    scripts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Asset:
    """A file that is not a page."""

    path: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Frame:
    """What all pages of a site share: its title, its facts in a few words each, its date, and its navigation.

    unlisted: search engines and collectors of training data are asked to leave the pages alone.
    """

    site: str
    facts: Sequence[str]
    day: str
    unlisted: bool
    places: Sequence[Place]


def render(page: Page, frame: Frame) -> str:
    """The page's HTML; links are relative, so that it opens from disk and from any folder of any host."""
    root = "../" * page.path.count("/")
    return (
        _environment()
        .get_template(page.template)
        .render(
            page.view,
            page=page,
            frame=frame,
            root=root,
            policy=POLICY,
            scripts=("site.js", *page.scripts),
        )
    )


@cache
def _environment() -> Environment:
    # Escaping is on whatever a template's name ends with; a name that is missing is an error, not an empty text.
    return Environment(
        loader=PackageLoader(__package__, "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def part(name: str) -> Asset:
    """A style sheet or script of ours, as a file of the site; a script without its lines of comments."""
    text = resources.files(__package__).joinpath("templates", name).read_text(encoding="utf-8").replace("\r\n", "\n")
    if name.endswith(".js"):
        text = "".join(line for line in text.splitlines(keepends=True) if not line.lstrip().startswith("//"))
    return Asset(name, text.encode("utf-8"))
