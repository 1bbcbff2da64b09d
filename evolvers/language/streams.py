"""Classes that collect items and apply a given function to all of them: their sentences, their code, their events.

An event is a method's name with its arguments. Variants: ``undo`` and ``clear`` take items away again, ``batches`` adds
several at once, ``latest`` looks at the last few only.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

Event = tuple[Any, ...]
VARIANTS = ("undo", "clear", "batches", "latest")
RESULT = ("result",)
# Names that the class, or the one that is read back, has for itself.
RESERVED = frozenset("self collected add undo clear add_all result settings log thing things what place".split())

_VOWELS = tuple("AEIO")  # most names in U begin with a consonant's sound


@dataclass(frozen=True, slots=True)
class Stream:
    """What a class is made of.

    name: the class. inner, given: the parent's function and its parameters. place: which of them is collected. texts:
    whether pieces of text are collected and joined, or items of a list. size: how many ``latest`` looks at.
    """

    name: str
    inner: str
    given: tuple[str, ...]
    place: int
    texts: bool
    variant: str
    size: int

    @property
    def kept(self) -> list[str]:
        """The parameters that are given once, when an object is made."""
        return [name for number, name in enumerate(self.given) if number != self.place]

    @property
    def item(self) -> str:
        """The word for what is added."""
        return "piece" if self.texts else "item"

    def definition(self) -> str:
        """The text that defines the class."""
        item, whole = self.item, self.given[self.place]
        what = "pieces of text" if self.texts else "items"
        keeps = " and keeps its arguments" if self.kept else ""
        one = "one piece of text" if self.texts else "one item"
        which = f"the {self.size} {item}s added last (all {item}s if there are fewer)"
        which = which if self.variant == "latest" else f"all {item}s collected"
        joined = f"{which}, joined without anything between them" if self.texts else f"the list of {which}"
        more = {
            "undo": f" The method `undo()` removes the {item} that was added last, and does nothing if there is none.",
            "clear": f" The method `clear()` removes every {item} collected so far.",
            "batches": f" The method `add_all({item}s)` adds every {item} of a list, in its order, as `add` does.",
        }.get(self.variant, "")
        article = "An" if self.name.startswith(_VOWELS) else "A"
        return (
            f"{article} `{self.name}` object collects {what}. `{self.name}({', '.join(self.kept)})` makes one that has "
            f"collected nothing yet{keeps}. The method `add({item})` adds {one} after those collected so far.{more} "
            f"The method `result()` returns the value that `{self.inner}({', '.join(self.given)})`, as specified "
            f"above, returns, where `{whole}` is {joined}, in the order in which they were added. It changes nothing "
            "and may be called at any time.\n\n"
            f"Only the specification of `{self.inner}` is given above: implement it as well."
        )

    def code(self) -> str:
        """The class."""
        item = self.item
        latest = f"self.collected[-{self.size}:]" if self.variant == "latest" else ""
        collected = f"''.join({latest or 'self.collected'})" if self.texts else latest or "list(self.collected)"
        handed = [collected if n == self.place else f"self.{name}" for n, name in enumerate(self.given)]
        keep = "".join(f"        self.{name} = {name}\n" for name in self.kept)
        more = {
            "undo": "    def undo(self):\n        if self.collected:\n            self.collected.pop()\n\n",
            "clear": "    def clear(self):\n        self.collected = []\n\n",
            "batches": f"    def add_all(self, {item}s):\n        self.collected.extend({item}s)\n\n",
        }.get(self.variant, "")
        return (
            f"class {self.name}:\n"
            f"    def __init__({', '.join(['self', *self.kept])}):\n{keep}        self.collected = []\n\n"
            f"    def add(self, {item}):\n        self.collected.append({item})\n\n{more}"
            f"    def result(self):\n        return {self.inner}({', '.join(handed)})\n"
        )


DRIVER = """

def evalrun_drive(*args):
    *given, events = args
    stepped, silent = {name}(*given), {name}(*given)
    results = []
    for name, *handed in events:
        value = getattr(stepped, name)(*handed)
        if name == "result":
            results.append(value)
        else:
            getattr(silent, name)(*handed)
    # Looking at the stream changes nothing: one that was never looked at ends in the same result.
    if events[-1][0] != "result" or silent.result() != results[-1]:
        raise AssertionError("the stream differs from the batch")
    return results
"""


def events_for(
    pieces: Sequence[Any], variant: str, size: int, fits: Callable[[Sequence[Any]], bool], rng: random.Random
) -> list[Event] | None:
    """Events that add the pieces one after another and end in a result, with detours of the variant; None if they
    cannot.

    ``fits`` says whether ``result`` may be called when these pieces count.
    """
    events: list[Event] = []
    now: list[Any] = []

    def look() -> None:
        if fits(now[-size:] if variant == "latest" else now):
            events.append(RESULT)

    if variant == "undo" and rng.random() < 0.4:
        events.append(("undo",))
    if variant == "clear" and pieces:
        now = [rng.choice(pieces) for _ in range(rng.randint(1, 2))]
        events += [("add", piece) for piece in now]
        look()
        events.append(("clear",))
        now = []
    rest = list(pieces)
    while rest:
        count = min(len(rest), rng.randint(2, 3)) if variant == "batches" and rng.random() < 0.6 else 1
        taken, rest = rest[:count], rest[count:]
        events.append(("add_all", taken) if count > 1 else ("add", taken[0]))
        now = now + taken
        if variant == "undo" and rng.random() < 0.5:
            events += [("add", rng.choice(pieces)), ("undo",)]
        if rest and rng.random() < 0.5:
            look()
    before = len(events)
    look()
    return events if len(events) > before else None
