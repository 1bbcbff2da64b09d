"""Tasks found by their prompts: the one that occurs in a text word for word, and the one most like it."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from ...benchmarks import BadInput, CodeTask, Suite

if TYPE_CHECKING:
    import numpy as np

_WORD = re.compile(r"\w+")
_LINE_STARTS = re.compile(r"^[^\S\n]*(?=\S)", re.MULTILINE)
_WORD_STARTS = re.compile(r"(?<!\w)(?=\S)")
_HEAD = 8
_SHINGLE = 3
_REMEMBERED = 4096


class PromptIndex:
    """The tasks of some suites. Both look-ups stay well below a millisecond for thousands of tasks."""

    def __init__(self, suites: Iterable[Suite]) -> None:
        self.tasks = tuple(task for suite in suites for task in suite)
        if not self.tasks:
            raise BadInput("this baseline needs at least one task: give it a suite")
        numbers: dict[str, int] = {}
        for number, task in enumerate(self.tasks):
            if prompt := task.prompt.strip():
                numbers.setdefault(prompt, number)
        self._prompts = sorted(numbers)
        self._numbers = [numbers[prompt] for prompt in self._prompts]
        self._longest = max(map(len, self._prompts), default=0)
        self._head = min(_HEAD, *map(len, self._prompts), _HEAD)
        self._heads = frozenset(prompt[: self._head] for prompt in self._prompts)
        self._prefixes = _prefixes(self._prompts)
        # a run asks the same prompt once for each epoch, and each model of the server gets it
        self.asked = lru_cache(_REMEMBERED)(self._asked)

    def _asked(self, text: str) -> CodeTask | None:
        """The task whose prompt occurs in a text: of several the one that ends last (the others are examples), of
        those that end together the longest."""
        for starts in (_LINE_STARTS, _WORD_STARTS):
            found = []
            for match in starts.finditer(text):
                for place in self._at(text, match.end()):
                    length = len(self._prompts[place])
                    found.append((match.end() + length, length, place))
            if found:
                return self.tasks[self._numbers[max(found)[-1]]]
        return None

    def _at(self, text: str, start: int) -> Sequence[int]:
        """The longest prompt that begins exactly there, by its place among the sorted prompts."""
        if text[start : start + self._head] not in self._heads:
            return ()
        rest = text[start : start + self._longest]
        # whatever prompt begins the rest also begins its predecessor in the sorted order, or is it
        place = bisect_right(self._prompts, rest) - 1
        while place >= 0 and not rest.startswith(self._prompts[place]):
            place = self._prefixes[place]
        return (place,) if place >= 0 else ()

    def nearest(self, text: str, among: Sequence[int] = ()) -> CodeTask:
        """The task of whose prompt's runs of three words the largest share occurs in the text; of equals the first.

        among: numbers of the tasks to choose from; all where there is none.
        """
        import numpy as np

        keys, owners, sizes = self._shingles
        wanted = np.fromiter(sorted(_shingles(text)), np.int64)
        spans = zip(np.searchsorted(keys, wanted, "left"), np.searchsorted(keys, wanted, "right"), strict=True)
        hits = np.concatenate([owners[low:high] for low, high in spans])
        shares = np.bincount(hits, minlength=len(self.tasks)) / sizes
        if among:
            return self.tasks[among[int(np.argmax(shares[list(among)]))]]
        return self.tasks[int(np.argmax(shares))]

    @cached_property
    def _shingles(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The hashes of all tasks' runs of words in order, whose each is, and how many each task has."""
        import numpy as np

        each = [np.fromiter(_shingles(task.prompt), np.int64) for task in self.tasks]
        sizes = np.array([len(hashes) for hashes in each])
        keys = np.concatenate(each)
        owners = np.repeat(np.arange(len(each)), sizes)
        order = np.argsort(keys, kind="stable")
        return keys[order], owners[order], sizes


def _prefixes(prompts: Sequence[str]) -> list[int]:
    """For each of the sorted prompts the place of the longest other one that it begins with, else -1."""
    places: list[int] = []
    open_ones: list[int] = []
    for place, prompt in enumerate(prompts):
        while open_ones and not prompt.startswith(prompts[open_ones[-1]]):
            open_ones.pop()
        places.append(open_ones[-1] if open_ones else -1)
        open_ones.append(place)
    return places


def _shingles(text: str) -> set[int]:
    words = _WORD.findall(text.lower())
    return {hash(tuple(words[at : at + _SHINGLE])) for at in range(max(1, len(words) - _SHINGLE + 1))}
