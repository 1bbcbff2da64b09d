"""The page: one HTML file that holds all it needs and may load nothing, with CSV and JSON beside it."""

from __future__ import annotations

import base64
import hashlib
from importlib import resources
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from ...benchmarks.jsonio import write_atomic, writing
from .view import View


def render(view: View) -> str:
    """The page's HTML. Its policy lets exactly the style and the script that are in it run, named by their SHA-256."""
    environment = Environment(
        loader=PackageLoader(__package__, "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    style, script = _part("page.css"), _part("page.js")
    return environment.get_template("page.html.j2").render(
        view,
        style=style,
        script=script,
        policy=(
            f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; img-src data:; "
            "base-uri 'none'; form-action 'none'"
        ),
    )


def _part(name: str) -> str:
    """A file of ours that goes into the page as it stands; it and our figures are all that is not escaped."""
    text = resources.files(__package__).joinpath("templates", name).read_text(encoding="utf-8").strip()
    # A browser hashes what it parsed, in which line ends are always \n.
    return text.replace("\r\n", "\n")


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")


def write_site(folder: Path, html: str, csv: str, json_text: str) -> Path:
    """Write index.html, data.csv and data.json into ``folder`` (made if need be); the path of the page."""
    page = folder / "index.html"
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        write_atomic(folder / "data.csv", csv)
        write_atomic(folder / "data.json", json_text)
        write_atomic(page, html)
    return page
