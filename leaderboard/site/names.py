"""File names for what runs call by names of any kind: safe on every disk and host, the same on every build."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Sequence

_LONGEST = 48


def slug(text: str, key: str = "") -> str:
    """A short readable name of lower-case letters, digits and hyphens, and six digits of a digest of text and key.

    The digest keeps apart what reads alike (or differs in case alone), and no text can name a folder, a device or a
    file that begins with a dot or an underscore.
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii").lower()
    readable = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:_LONGEST].strip("-") or "x"
    own = hashlib.sha256(f"{text}\0{key}".encode("utf-8", "surrogatepass")).hexdigest()[:6]
    return f"{readable}-{own}"


def pair_path(old: str, new: str) -> str:
    """The page of an update, by the labels of its two runs."""
    return f"versions/{slug(old)}--{slug(new)}.html"


class Names:
    """The page of every model, by label, and of every task, by (id, digest); paths are relative to the site."""

    def __init__(self, models: Sequence[str], tasks: Sequence[tuple[str, str]]) -> None:
        self.models = {label: f"models/{slug(label)}.html" for label in models}
        self.tasks = {task: f"tasks/{slug(*task)}.html" for task in tasks}
        paths = [*self.models.values(), *self.tasks.values()]
        if len(set(paths)) != len(paths):  # one chance in millions, and then it must not pass unseen
            raise RuntimeError("two models or tasks have the same file name")
