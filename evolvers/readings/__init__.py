"""Independent parsers: what definitions in prompts say, read without a look at the libraries that wrote them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

Grammar = Sequence[tuple[str, Callable[..., str]]]


def one_of(grammar: Grammar, sentence: str, subject: str = "@") -> str:
    """What the one rule builds that matches a whole sentence; ValueError unless exactly one does.

    subject: what ``@`` in the patterns stands for.
    """
    found = []
    for pattern, build in grammar:
        match = re.fullmatch(pattern.replace("@", re.escape(subject)), sentence)
        if match:
            found.append(build(*match.groups()))
    if len(found) != 1:
        raise ValueError(f"the sentence has {len(found)} readings")
    return found[0]


def always(body: str) -> Callable[..., str]:
    """What a rule builds that has nothing to fill in."""
    return lambda: body
