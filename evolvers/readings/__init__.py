"""Independent parsers: what definitions in prompts say, read without a look at the libraries that wrote them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

Grammar = Sequence[tuple[str, Callable[..., str]]]


def one_of(grammar: Grammar, sentence: str) -> str:
    """What the one rule builds that matches a whole sentence; ValueError unless exactly one does."""
    found = [
        build(*match.groups()) for pattern, build in grammar if (match := re.fullmatch(pattern, sentence)) is not None
    ]
    if len(found) != 1:
        raise ValueError(f"the sentence has {len(found)} readings")
    return found[0]
