"""Plausible new names, drawn from a small vocabulary so that they never collide with a name in use."""

from __future__ import annotations

import builtins
import keyword
import random
import re
from collections.abc import Iterable
from functools import lru_cache

_VERBS = (
    "assess", "assign", "blend", "carry", "chart", "clarify", "collate", "compile", "condense", "consult",
    "convey", "decide", "deliver", "derive", "detect", "devise", "discern", "distill", "enlist", "establish",
    "examine", "extract", "fetch", "figure", "finish", "forge", "furnish", "gather", "gauge", "handle", "infer",
    "inspect", "issue", "judge", "measure", "obtain", "perform", "prepare", "present", "probe", "process",
    "procure", "produce", "provide", "reckon", "refine", "render", "report", "resolve", "review", "settle",
    "shape", "study", "supply", "survey", "tackle", "trace", "treat", "weigh", "yield",
)  # fmt: skip
_ADJECTIVES = (
    "actual", "basic", "broad", "bright", "calm", "central", "chief", "clear", "close", "common", "current",
    "deep", "early", "exact", "extra", "fair", "final", "firm", "fixed", "fresh", "full", "given", "global",
    "grand", "handy", "inner", "joint", "keen", "known", "large", "later", "local", "loose", "major", "minor",
    "narrow", "nearby", "next", "open", "outer", "plain", "prior", "quick", "quiet", "rapid", "regular",
    "rough", "round", "running", "simple", "single", "slim", "small", "solid", "spare", "stable", "steady",
    "total", "usual", "whole",
)  # fmt: skip
_NOUNS = (
    "account", "amount", "answer", "batch", "block", "branch", "bundle", "buffer", "catalog", "chain", "choice",
    "chunk", "cluster", "column", "course", "detail", "digest", "element", "entry", "extent", "factor", "field",
    "figure", "finding", "fragment", "group", "guide", "holder", "item", "label", "layer", "ledger", "limit",
    "listing", "margin", "marker", "matter", "measure", "member", "mixture", "notion", "object", "outcome",
    "outline", "packet", "parcel", "partial", "pattern", "phase", "piece", "portion", "profile", "quota",
    "record", "register", "sample", "section", "segment", "series", "signal", "slice", "source", "span",
    "stage", "store", "stream", "subject", "summary", "supply", "table", "tally", "target", "thread", "token",
    "total", "track", "value", "volume", "window", "zone",
)  # fmt: skip

_WORD = re.compile(r"\w+")
BUILTIN_NAMES = frozenset(dir(builtins))


def words_of(texts: Iterable[str]) -> set[str]:
    """Every word of the texts: a superset of every name that any program in them could use."""
    return set[str]().union(*map(_words_in, texts))


@lru_cache(maxsize=1024)
def _words_in(text: str) -> frozenset[str]:
    """The words of one text: many operators ask for those of the same parent."""
    return frozenset(_WORD.findall(text))


class NameSource:
    """Draws distinct fresh names; ``taken`` are the words that no new name may equal."""

    def __init__(self, rng: random.Random, taken: Iterable[str]) -> None:
        self._rng = rng
        self._taken = {*taken, *BUILTIN_NAMES, *keyword.kwlist, *keyword.softkwlist}

    def function(self) -> str:
        """A new function name, ``verb_noun``."""
        return self._draw(_VERBS)

    def variable(self) -> str:
        """A new variable name, ``adjective_noun``."""
        return self._draw(_ADJECTIVES)

    def _draw(self, first_words: tuple[str, ...]) -> str:
        name = ""
        while not name or name in self._taken:
            # Every so often a third word, so that a task with thousands of names still ends.
            nouns = self._rng.choices(_NOUNS, k=1 if self._rng.random() < 0.9 else 2)
            name = "_".join([self._rng.choice(first_words), *nouns])
            if len(set(name.split("_"))) < len(nouns) + 1:
                name = ""
        self._taken.add(name)
        return name
