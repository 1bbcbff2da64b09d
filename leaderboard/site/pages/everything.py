"""The numbers of the whole site in two files, and the choices it was made with, so that it can be built again."""

from __future__ import annotations

from collections.abc import Iterator

from ...boards.data import board_csv, site_data
from ...data import to_text
from ..content import Content
from ..options import RECORD, recorded
from ..render import Asset


def files(content: Content) -> Iterator[Asset]:
    """data/board.csv, data/board.json and data/options.json."""
    numbers = site_data(
        content.title,
        content.boards,
        content.evolutions,
        content.updates,
        content.seed,
        details=content.choices.prompts,
    )
    yield Asset("data/board.json", to_text(numbers).encode("utf-8"))
    yield Asset("data/board.csv", board_csv(content.boards).encode("utf-8"))
    yield Asset(RECORD, to_text(recorded(content)).encode("utf-8"))
