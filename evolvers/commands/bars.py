"""Progress bars on stderr, one for each kind of step; silent where stderr is no terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from tqdm import tqdm

from ..observe import Progress


@contextmanager
def bars() -> Iterator[Progress]:
    """A progress function whose bars are closed at the end."""
    shown: dict[str, tqdm[Any]] = {}
    with ExitStack() as stack:

        def step(what: str, steps: int) -> None:
            if what not in shown:
                bar: tqdm[Any] = tqdm(desc=what, unit="", file=sys.stderr, disable=not sys.stderr.isatty())
                shown[what] = stack.enter_context(bar)
            shown[what].update(steps)

        yield step
