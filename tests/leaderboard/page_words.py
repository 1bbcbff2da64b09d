"""What a page says, without its tags."""

from __future__ import annotations

from html.parser import HTMLParser


class _Texts(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.texts: list[str] = []

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def words(html: str) -> str:
    """The texts between the tags, in one line."""
    reader = _Texts()
    reader.feed(html)
    return " ".join(" ".join(reader.texts).split())
