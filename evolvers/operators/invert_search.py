"""The inverse problem: which integers of a range does the parent's function map to a given value?"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...benchmarks import CodeTask
from ...benchmarks.plain import dumps
from ..defining import Defining, Plan, parameters_of, plain_signature
from ..inputs.envelope import Envelope
from ..profiles import Profile, profile_of
from ..protocol import Candidate, NotApplicable, Pool, Rows
from ..readings import search as reading
from ..texts import texts_of
from ..words import NameSource, words_of
from ..wrapping import Signature, Wrapper

_NAMES = (("target", "lo", "hi"), ("wanted", "low", "high"), ("goal", "first", "last"), ("sought", "least", "most"))
_LETTERS = "nkmij"
_BASES = 10
_FEWEST = 8


@dataclass(frozen=True, slots=True)
class _Question:
    """One question about the hits: its sentence ({n}, {target}, {lo}, {hi}, {call}, {none}), its code, its type."""

    sentence: str
    code: str
    gives: str


_SEARCH = "    for {n} in {order}:\n        if {call} == {target}:\n            return {n}\n    return {none}\n"
_QUESTIONS: Mapping[str, _Question] = {
    "smallest": _Question(
        "Return the smallest of the hits, or {none} if there is no hit.",
        _SEARCH.replace("{order}", "range({lo}, {hi} + 1)"),
        "optional[int]",
    ),
    "greatest": _Question(
        "Return the greatest of the hits, or {none} if there is no hit.",
        _SEARCH.replace("{order}", "reversed(range({lo}, {hi} + 1))"),
        "optional[int]",
    ),
    "count": _Question(
        "Return the number of hits, which is 0 if there is no hit.",
        "    return sum({call} == {target} for {n} in range({lo}, {hi} + 1))\n",
        "int",
    ),
    "all": _Question(
        "Return the list of all hits in ascending order, which is empty if there is no hit.",
        "    return [{n} for {n} in range({lo}, {hi} + 1) if {call} == {target}]\n",
        "list[int]",
    ),
}


class InvertSearch(Defining):
    """See the module's docstring."""

    name = "invert_search"

    def describe(self) -> str:
        """One line for people."""
        return "the inverse problem: the smallest integer of a range that the parent's function maps to a given value"

    def propose(self, task: CodeTask, rng: random.Random, pool: Pool) -> list[Candidate]:
        """One candidate for each question about each integer parameter."""
        mine = profile_of(task, pool.observed(task))
        places = [place for place, deep_type in enumerate(mine.types) if deep_type == "int"]
        if not places:
            raise NotApplicable("no integer parameter")
        if "float" in mine.output_type or mine.output_type in ("None", "mixed"):
            raise NotApplicable(f"nobody can search for values of type {mine.output_type[:20]}")
        taken = words_of(texts_of(task))
        source = NameSource(rng, taken)
        names = [row for row in _NAMES if not taken & set(row)]
        letters = [letter for letter in _LETTERS if letter not in mine.signature.names]
        if not names or not letters:
            raise NotApplicable("no free names for the search")
        made = []
        for place in rng.sample(places, len(places)):
            rows = _searches(mine, place, rng)
            if len(rows) < _FEWEST:
                continue
            for how in rng.sample(list(_QUESTIONS), len(_QUESTIONS)):
                none = rng.choice(("None", "-1")) if _never_negative(mine, place) else "None"
                parameters: dict[str, Any] = {
                    "how": how,
                    "place": place,
                    "none": none,
                    "names": list(rng.choice(names)),
                    "letter": letters[0],
                    "entry_point": source.function(),
                    "output_type": "int" if none == "-1" and how in ("smallest", "greatest") else _QUESTIONS[how].gives,
                }
                made.append(self.drafted((task,), parameters, {"base": rows}, mine.comparator))
        if not made:
            raise NotApplicable("too few neighbouring integers in the envelope")
        return made

    def plan(self, parents: Sequence[CodeTask], parameters: Mapping[str, Any]) -> Plan:
        """The new task's parts."""
        (parent,) = parents
        inner, n, place = str(parent.entry_point), str(parameters["letter"]), int(parameters["place"])
        target, lo, hi = parameters["names"]
        given = _parameters_of(parent)
        others = [name for number, name in enumerate(given) if number != place]
        call = f"{inner}({', '.join(n if number == place else name for number, name in enumerate(given))})"
        question = _QUESTIONS[str(parameters["how"])]
        words = {"n": n, "target": target, "lo": lo, "hi": hi, "call": call, "none": parameters["none"]}
        definition = (
            f"Call an integer {n} a hit if it is at least `{lo}` and at most `{hi}` and the value that `{call}`, as "
            f"specified above, returns is equal to `{target}`. You may assume that `{lo}` is at most `{hi}`. "
            f"{question.sentence.format(**words)}\n\n"
            f"Only the specification of `{inner}` is given above: implement it as well."
        )
        parameters_text = ", ".join([*others, target, lo, hi])
        name = str(parameters["entry_point"])
        signature = Signature(parameters_text, parameters_text, frozenset({*others, target, lo, hi}))
        code = f"def {name}({parameters_text}):\n{question.code.format(**words)}"
        return Plan(parent, Wrapper(name, signature, "", definition), code)

    def program(self, name: str, text: str, parents: Sequence[CodeTask]) -> str:
        """The new part as the prompt describes it."""
        (parent,) = parents
        return reading.program(name, text, str(parent.entry_point), len(_parameters_of(parent)))


def _parameters_of(parent: CodeTask) -> list[str]:
    return parameters_of(plain_signature(parent))


def _never_negative(mine: Profile, place: int) -> bool:
    return all(args[place] >= 0 for args in mine.calls)


def _searches(mine: Profile, place: int, rng: random.Random) -> Rows:
    """Searches whose hits lie at every place of the range, and none; all integers tried are inside the envelope."""
    found: dict[str, tuple[Any, ...]] = {}
    near = sorted(mine.calls, key=lambda args: abs(args[place]))[: max(_BASES, len(mine.calls) // 2)]
    for args in rng.sample(near, min(_BASES, len(near))):
        value, at = mine.values[dumps(args)], args[place]
        others = [arg for number, arg in enumerate(args) if number != place]
        for lo, hi in _ranges(at, rng):
            if all(_inside(mine.envelope, args, place, number) for number in range(lo, hi + 1)):
                row = (*others, value, lo, hi)
                found[dumps(row)] = row
    return tuple(found.values())


def _ranges(at: int, rng: random.Random) -> Iterator[tuple[int, int]]:
    """The hit alone, last, first, just outside at both ends, and somewhere in a longer range."""
    yield from ((at, at), (at - 3, at), (at, at + 3), (at - 4, at - 1), (at + 1, at + 4))
    yield from ((at - 1, at - 1), (at + 1, at + 1))
    yield (at - rng.randint(2, 7), at + rng.randint(2, 7))


def _inside(envelope: Envelope, args: tuple[Any, ...], place: int, number: int) -> bool:
    return envelope.admits((*args[:place], number, *args[place + 1 :]))
