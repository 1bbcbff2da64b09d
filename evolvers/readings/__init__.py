"""Independent parsers: what definitions in prompts say, read without a look at the libraries that wrote them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache

Grammar = Sequence[tuple[str, Callable[..., str]]]


def one_of(grammar: Grammar, sentence: str, subject: str = "@") -> str:
    """What the one rule builds that matches a whole sentence; ValueError unless exactly one does.

    subject: what ``@`` in the patterns stands for.
    """
    found = []
    for pattern, build in grammar:
        match = _rule(pattern, subject if "@" in pattern else "").fullmatch(sentence)
        if match:
            found.append(build(*match.groups()))
    if len(found) != 1:
        raise ValueError(f"the sentence has {len(found)} readings")
    return found[0]


@lru_cache(maxsize=4096)
def _rule(pattern: str, subject: str) -> re.Pattern[str]:
    return re.compile(pattern.replace("@", re.escape(subject)))


def always(body: str) -> Callable[..., str]:
    """What a rule builds that has nothing to fill in."""
    return lambda: body
