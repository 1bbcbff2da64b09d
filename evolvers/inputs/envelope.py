"""The input envelope: a contract of a task's arguments, inferred from the calls that its tests make.

A task seldom says which inputs it is defined for, but its tests respect it. What all of them have in common (types,
ranges, lengths, letters, facts about items, relations between arguments) bounds the inputs that may be made up. It is
an inference, no promise: docs/evolvers.md says how often EvalPlus's contracts agree.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ...benchmarks.plain import dumps
from .inference import shape_of
from .mutation import boundaries, mutated
from .relations import Relation, relations_of
from .shapes import Shape

# Attempts for each input that is asked for: where an envelope is narrow, fewer inputs come out.
ATTEMPTS = 12
# Inputs are made from seeds of no more characters than this, or from the shortest one.
SEED_CHARACTERS = 4_000


@dataclass(frozen=True, slots=True)
class Envelope:
    """What all calls of a task have in common.

    arities: the numbers of arguments that occur. parameters: the shape of each argument. relations: between two.
    """

    arities: tuple[int, ...]
    parameters: tuple[Shape, ...]
    relations: tuple[Relation, ...]

    @property
    def structured(self) -> bool:
        """Whether an argument holds texts with a grammar that nobody wrote down: no inputs are then made up."""
        return any(shape.structured for shape in self.parameters)

    def admits(self, args: tuple[Any, ...]) -> bool:
        """Whether a call lies inside."""
        if len(args) not in self.arities:
            return False
        inside = all(shape.admits(value) for shape, value in zip(self.parameters, args, strict=False))
        return inside and all(relation.holds(args) for relation in self.relations)

    def describe(self) -> list[str]:
        """Sentences for people: one for each argument and for each relation."""
        lines = [f"Argument {at} is {shape.describe()}." for at, shape in enumerate(self.parameters, 1)]
        return lines + [f"{_capital(relation.describe())}." for relation in self.relations]

    def to_json(self) -> dict[str, Any]:
        """Plain JSON, the same for equal envelopes."""
        return {
            "arities": list(self.arities),
            "parameters": [shape.to_json() for shape in self.parameters],
            "relations": [relation.to_json() for relation in self.relations],
        }


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


_MOST_KNOWN = 1024
_known: dict[int, tuple[tuple[tuple[Any, ...], ...], Envelope]] = {}


def infer(calls: Sequence[tuple[Any, ...]]) -> Envelope:
    """The envelope of these calls, each of which it admits. No calls give an envelope that admits nothing.

    It is known by identity for the last tuples of calls, which many operators ask for; nobody changes these.
    """
    if not isinstance(calls, tuple):
        return _inferred(calls)
    if id(calls) not in _known:
        if len(_known) >= _MOST_KNOWN:
            _known.clear()
        # The calls are kept beside it, so that no others get their identity.
        _known[id(calls)] = calls, _inferred(calls)
    return _known[id(calls)][1]


def _inferred(calls: Sequence[tuple[Any, ...]]) -> Envelope:
    arity = max(map(len, calls), default=0)
    columns = [[call[at] for call in calls if at < len(call)] for at in range(arity)]
    arities = tuple(sorted({len(call) for call in calls}))
    return Envelope(arities, tuple(shape_of(column) for column in columns), relations_of(calls))


def generate(
    envelope: Envelope, seeds: Sequence[tuple[Any, ...]], rng: random.Random, count: int
) -> tuple[tuple[Any, ...], ...]:
    """Up to ``count`` different calls inside the envelope, none of them a seed: boundary values, then mutations.

    None at all where the envelope is structured. At most half are boundary values. The same arguments give the same
    calls; the seeds are not changed, but calls may share items with them.
    """
    if envelope.structured or not seeds or count < 1:
        return ()
    texts = [dumps(seed) for seed in seeds]
    bound = max(SEED_CHARACTERS, min(map(len, texts)))
    small = [seed for seed, text in zip(seeds, texts, strict=True) if len(text) <= bound]
    seen = set(texts)
    found: list[tuple[Any, ...]] = []
    for candidates, limit in (
        (_boundary_calls(envelope, small, rng), (count + 1) // 2),
        (_mutated_calls(envelope, small, rng, count * ATTEMPTS), count),
    ):
        for call in candidates:
            if len(found) >= limit:
                break
            if not envelope.admits(call):
                continue
            text = dumps(call)
            if text not in seen:
                seen.add(text)
                found.append(call)
    return tuple(found)


def _boundary_calls(
    envelope: Envelope, seeds: Sequence[tuple[Any, ...]], rng: random.Random
) -> Iterator[tuple[Any, ...]]:
    """Seeds with one argument at a boundary."""
    changes = []
    for at, shape in enumerate(envelope.parameters):
        seen = [seed[at] for seed in seeds if at < len(seed)]
        if seen:
            changes += [(at, value) for value in boundaries(shape, seen, rng)]
    rng.shuffle(changes)
    for at, value in changes:
        seed = rng.choice([seed for seed in seeds if at < len(seed)])
        yield _repaired((*seed[:at], value, *seed[at + 1 :]), at, envelope, rng)


def _mutated_calls(
    envelope: Envelope, seeds: Sequence[tuple[Any, ...]], rng: random.Random, attempts: int
) -> Iterator[tuple[Any, ...]]:
    """Seeds with one or more arguments mutated, now and then after a cross with another seed."""
    for _ in range(attempts):
        call = rng.choice(seeds)
        if not call:
            return
        if rng.random() < 0.25:
            other = rng.choice(seeds)
            call = tuple(rng.choice(pair) for pair in zip(call, other, strict=False)) + call[len(other) :]
        changes = 1 + (rng.random() < 0.4) + (rng.random() < 0.2)
        for _ in range(changes):
            at = rng.randrange(len(call))
            value = mutated(call[at], envelope.parameters[at], [seed[at] for seed in seeds if at < len(seed)], rng)
            call = _repaired((*call[:at], value, *call[at + 1 :]), at, envelope, rng)
        yield call


def _repaired(call: tuple[Any, ...], changed: int, envelope: Envelope, rng: random.Random) -> tuple[Any, ...]:
    """The call with relations restored by changing the other argument, where that is easily done."""
    for relation in envelope.relations:
        if relation.holds(call) or changed not in (relation.first, relation.second):
            continue
        first, second = call[relation.first], call[relation.second]
        new = list(call)
        if relation.name == "longer by":
            other = relation.second if changed == relation.first else relation.first
            size = len(first) + relation.offset if changed == relation.first else len(second) - relation.offset
            new[other] = _resized(call[other], size, rng)
        elif relation.name in ("at most", "at least"):
            new[relation.first], new[relation.second] = second, first
        elif relation.name in ("index", "within length"):
            new[relation.first] = rng.randint(0, len(second)) - (relation.name == "index" and bool(second))
        elif relation.name == "member" and second:
            new[relation.first] = rng.choice(sorted(second, key=dumps))
        call = tuple(new)
    return call


def _resized(value: Any, size: int, rng: random.Random) -> Any:
    """A list, tuple or text of another length, made of its own items; other values as they are."""
    if type(value) not in (list, tuple, str) or not value or size < 0:
        return value
    more = [value[rng.randrange(len(value))] for _ in range(size - len(value))]
    return value[:size] + ("".join(more) if type(value) is str else type(value)(more))
