"""Combining two tasks: ``f(g(x))``, ``(g(x), f(x))``, or one of the two by a condition on the arguments.

The first parent is the inner one, whose inputs are used; the second is drawn from the tasks that can take what the
first gives, the least similar preferred.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ...benchmarks import CodeTask, Comparator
from ...benchmarks.plain import dumps
from ..deeptypes import annotation_of
from ..defining import Defining, Plan, declared, free_letters, merged, parameters_of, plain_signature
from ..language.conditions import Condition, condition_for, condition_of
from ..profiles import Profile, clash, distance, profile_of
from ..protocol import Candidate, NotApplicable, Pool, Rows
from ..readings import combine as reading
from ..texts import texts_of
from ..words import NameSource, words_of
from ..wrapping import Wrapper

_MAX_CANDIDATES = 10
_SETTLED, _FEW = 3, 5


class Combine(Defining):
    """See the module's docstring."""

    name = "combine"
    mates = True

    def describe(self) -> str:
        """One line for people."""
        return "a new function made of two tasks' functions: one after the other, side by side, or one of the two"

    def propose(self, task: CodeTask, rng: random.Random, pool: Pool) -> list[Candidate]:
        """One candidate for each of the best partners.

        A candidate depends on its pair and on one number drawn first, not on who else is in the pool; a pair is always
        combined in the same way, so that no two children of a task have the same parents.
        """
        observed = pool.observed(task)
        mine = profile_of(task, observed)
        token = rng.getrandbits(64)
        ranked = []
        for other in pool.tasks:
            if other.digest == task.digest or other.form != task.form:
                continue
            try:
                theirs = profile_of(other, pool.observed(other))
            except NotApplicable:
                continue
            match = _matched(mine, theirs, f"{task.digest}/{other.digest}")
            if match is not None:
                own = random.Random(f"{token}/{other.digest}")
                score = match.promise + distance(mine, theirs) + 0.5 * own.random()
                ranked.append((-score, other.digest, other, theirs, match, own))
        if not ranked:
            raise NotApplicable("no other task takes what this one gives or takes")
        best = sorted(ranked, key=lambda row: row[:2])[:_MAX_CANDIDATES]
        return [self._candidate(task, mine, *row[2:]) for row in best]

    def _candidate(
        self, task: CodeTask, mine: Profile, other: CodeTask, theirs: Profile, match: _Match, own: random.Random
    ) -> Candidate:
        taken = words_of(text for each in (task, other) for text in texts_of(each))
        parameters: dict[str, Any] = {
            "variant": match.variant,
            "entry_point": NameSource(own, taken).function(),
            "letters": free_letters({*mine.signature.names, *theirs.signature.names}, 2),
            "condition": None if match.condition is None else match.condition.to_json(),
            "output_type": _output_type(match.variant, mine, theirs),
        }
        exact = mine.comparator.types == theirs.comparator.types == "exact"
        comparator = Comparator(types="exact" if exact else "python")
        return self.drafted((task, other), parameters, _named(mine, match.calls), comparator)

    def plan(self, parents: Sequence[CodeTask], parameters: Mapping[str, Any]) -> Plan:
        """The new task's parts."""
        first, second = parents
        signature = plain_signature(first)
        g, f = str(first.entry_point), str(second.entry_point)
        names = parameters_of(signature)
        drawn = parameters["condition"]
        condition = None if drawn is None else condition_of(drawn)
        v, w = parameters["letters"]
        words = _Words(g, f, signature.arguments, v, w, names, condition)
        say, body = _PARTS[str(parameters["variant"])](words)
        definition = f"{say}\n\nOnly the specifications of `{g}` and `{f}` are given above: implement them as well."
        output_type = str(parameters["output_type"])
        returns = annotation_of(output_type) if output_type else ""
        name, arrow = str(parameters["entry_point"]), f" -> {returns}" if returns else ""
        code = f"def {name}({signature.parameters}){arrow}:\n{body}"
        return Plan(merged(parents), Wrapper(name, signature, returns, definition), code)

    def program(self, name: str, text: str, parents: Sequence[CodeTask]) -> str:
        """The new part as the prompt describes it."""
        parameters, body = reading.read(text, [str(parent.entry_point) for parent in parents])
        lines = body.rstrip("\n").replace("\n", "\n    ")
        return f"def {name}({parameters}):\n    {lines}\n"


def _named(mine: Profile, calls: Rows) -> dict[str, Rows]:
    """The inputs under the names of the first parent's tests; those that are not among them with the generated ones."""
    named = mine.only(calls)
    known = {dumps(args) for rows in named.values() for args in rows}
    more = tuple(args for args in calls if dumps(args) not in known)
    return {**named, "generated": (*named.get("generated", ()), *more)} if more else named


@dataclass(frozen=True, slots=True)
class _Words:
    """What the sentences speak of: both functions, their arguments, two letters, the parameters, a condition."""

    g: str
    f: str
    given: str
    v: str
    w: str
    names: Sequence[str]
    condition: Condition | None

    @property
    def let(self) -> str:
        """The opening of most sentences."""
        return f"Let {self.v} be the value that `{self.g}({self.given})`, as specified above, returns"


def _chain(words: _Words) -> tuple[str, str]:
    say = f"{words.let}. Return the value that `{words.f}({words.v})`, as specified above, returns."
    return say, f"    return {words.f}({words.g}({words.given}))\n"


def _trail(words: _Words) -> tuple[str, str]:
    f, v = words.f, words.v
    say = (
        f"{words.let}. Return a tuple of two items: first {v} itself, then the value that `{f}({v})`, as specified "
        "above, returns."
    )
    return say, f"    {v} = {words.g}({words.given})\n    return ({v}, {f}({v}))\n"


def _both(words: _Words) -> tuple[str, str]:
    g, f, given = words.g, words.f, words.given
    say = (
        f"{words.let}, and let {words.w} be the value that `{f}({given})`, as specified above, returns. Return a tuple "
        f"of two items: first {words.v}, then {words.w}."
    )
    return say, f"    return ({g}({given}), {f}({given}))\n"


def _select(words: _Words) -> tuple[str, str]:
    if words.condition is None:
        raise ValueError("a choice without a condition")
    g, f, given, name = words.g, words.f, words.given, words.names[words.condition.place]
    say = (
        f"If {words.condition.say(name)}, return the value that `{f}({given})`, as specified above, returns; otherwise "
        f"return the value that `{g}({given})`, as specified above, returns."
    )
    return say, f"    if {words.condition.code(name)}:\n        return {f}({given})\n    return {g}({given})\n"


_PARTS: Mapping[str, Callable[[_Words], tuple[str, str]]] = {
    "chain": _chain,
    "trail": _trail,
    "both": _both,
    "select": _select,
}


@dataclass(frozen=True, slots=True)
class _Match:
    """How two tasks are combined, on which calls; promise: how likely the values are to vary, from 0 to 1."""

    variant: str
    calls: Rows
    promise: float
    condition: Condition | None = None


@lru_cache(maxsize=8192)
def _matched(mine: Profile, theirs: Profile, pair: str) -> _Match | None:
    """The one way in which a pair is combined, or None; drawn by the pair alone."""
    if clash(mine, theirs) or len({*"vwyz"} - mine.signature.names - theirs.signature.names) < 2:
        return None
    draw = random.Random(hashlib.sha256(pair.encode()).digest())
    ways = [way for way in (_one_after_the_other(mine, theirs, draw), _side_by_side(mine, theirs, draw)) if way]
    return draw.choice(ways) if ways else None


def _one_after_the_other(mine: Profile, theirs: Profile, draw: random.Random) -> _Match | None:
    if len(theirs.types) != 1 or not _takes(theirs.types[0], mine.output_type):
        return None
    between = [(mine.values[dumps(args)],) for args in mine.calls]
    if not all(theirs.envelope.admits(args) for args in between):
        return None
    known = [dumps(theirs.values[key]) for key in map(dumps, between) if key in theirs.values]
    varies = len(set(known)) > 1
    # A truth value of few different values is often the same one: then both values are asked for.
    likely_constant = not varies and (len(known) >= _SETTLED or theirs.output_type == "bool")
    if likely_constant or draw.random() < 0.2:
        return _Match("trail", mine.calls, 0.8)
    return _Match("chain", mine.calls, 1.0 if varies else 0.7)


def _side_by_side(mine: Profile, theirs: Profile, draw: random.Random) -> _Match | None:
    if len(mine.types) != len(theirs.types) or not all(map(_takes, theirs.types, mine.types)):
        return None
    own = tuple(args for args in mine.calls if theirs.envelope.admits(args))
    # The other's inputs as well: they are what tells its faults.
    known = set(map(dumps, own))
    calls = (*own, *(args for args in theirs.calls if dumps(args) not in known and mine.envelope.admits(args)))
    if len(own) < max(_FEW, len(mine.calls) // 2):
        return None
    condition = condition_for(calls, draw) if mine.output_type == theirs.output_type else None
    return _Match("both", calls, 0.6) if condition is None else _Match("select", calls, 0.9, condition)


def _takes(wanted: str, given: str) -> bool:
    """Whether values of one deep type may be arguments of another; the envelope says the rest."""
    return wanted == given and given not in ("nothing", "mixed", "None")


def _output_type(variant: str, mine: Profile, theirs: Profile) -> str:
    if variant in ("trail", "both"):
        return declared(f"tuple[{mine.output_type},{theirs.output_type}]")
    return declared(theirs.output_type)
