"""How far a command is: one bar for each of its stages, on stderr, where that is a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def bar(what: str, total: int | None = None, *, quiet: bool = False) -> Iterator[Callable[[object], None]]:
    """A bar for the block, which calls what it is given once for each of ``total`` steps (None: nobody knows).

    quiet: no bar, also where stderr is a terminal.
    """
    from tqdm import tqdm

    with tqdm(desc=what, total=total, unit="", file=sys.stderr, disable=quiet or None, dynamic_ncols=True) as shown:

        def advance(_: object = None) -> None:
            shown.update()

        yield advance
