"""Is a new preference task new? What it says that its parent does not must not be what another one says."""

from __future__ import annotations

import re
from collections import Counter

from ....benchmarks.preference import PreferenceTask

ALIKE = 0.8
"""Jaccard's index of the sets of word triples from which on two texts are near duplicates."""
_WORD = re.compile(r"\w+")
_RUN = 3


def new_part(task: PreferenceTask, parent: PreferenceTask) -> str:
    """The texts of a task that are none of its parent's."""
    old = {each.content for each in parent.messages} | {each.text for each in parent.responses}
    texts = [*(each.content for each in task.messages), *(each.text for each in task.responses)]
    return "\n".join(text for text in texts if text not in old)


class Near:
    """Texts that are known, by their word triples; finds those that are nearly one of them."""

    def __init__(self) -> None:
        self._sizes: list[int] = []
        self._names: list[str] = []
        self._places: dict[tuple[str, ...], list[int]] = {}

    def find(self, text: str) -> str | None:
        """The name of a known text that this one is nearly the same as."""
        mine = _runs(text)
        shared = Counter(place for run in mine for place in self._places.get(run, ()))
        for place, number in sorted(shared.items()):
            if number / (len(mine) + self._sizes[place] - number) >= ALIKE:
                return self._names[place]
        return None

    def add(self, name: str, text: str) -> None:
        """Know another text; one without words is not looked for."""
        mine = _runs(text)
        self._names.append(name)
        self._sizes.append(len(mine))
        for run in mine:
            self._places.setdefault(run, []).append(len(self._names) - 1)


def _runs(text: str) -> set[tuple[str, ...]]:
    words = [word.lower() for word in _WORD.findall(text)]
    return {tuple(words[start : start + _RUN]) for start in range(max(1, len(words) - _RUN + 1))} if words else set()
