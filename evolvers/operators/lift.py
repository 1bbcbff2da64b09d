"""Lifting over a batch: ``new(batch)`` applies the parent's function to every item and aggregates the results."""

from __future__ import annotations

import random
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ...benchmarks import CodeTask
from ...benchmarks.plain import dumps
from ..deeptypes import annotation_of
from ..defining import Defining, Plan, declared, exact_comparator, parameters_of, plain_signature, whole_calls
from ..language.aggregates import BY_NAME, LIBRARY, Aggregate
from ..protocol import Candidate, NotApplicable, Observation, Pool, Rows
from ..readings import lift as reading
from ..texts import texts_of
from ..words import NameSource, words_of
from ..wrapping import Signature, Wrapper

_BATCH_NAMES = ("batch", "entries", "inputs", "rows", "queue", "cases")
_MAX_BATCHES = 16
_MAX_CHARACTERS = 3_000


class Lift(Defining):
    """See the module's docstring."""

    name = "lift"

    def describe(self) -> str:
        """One line for people."""
        return "a new function over a batch of inputs: all results, a count, a sum, the index of the greatest, groups"

    def propose(self, task: CodeTask, rng: random.Random, pool: Pool) -> list[Candidate]:
        """One candidate for each aggregate that fits the type of the parent's values."""
        observed = pool.observed(task)
        comparator = exact_comparator([(task, observed)])
        signature = plain_signature(task)
        count = len(parameters_of(signature))
        whole_calls(observed, count)
        taken = words_of(texts_of(task))
        source = NameSource(rng, taken)
        names = [name for name in _BATCH_NAMES if name not in taken]
        if not names:
            raise NotApplicable("no free name for the batch")
        made = []
        for aggregate in _ranked(observed.output_type, rng):
            drawn = aggregate.draw(rng, (*observed.outputs, *observed.generated_outputs))
            if drawn is None:
                continue
            parameters: dict[str, Any] = {
                "aggregate": aggregate.name,
                "arguments": drawn,
                "arity": count,
                "entry_point": source.function(),
                "batch": rng.choice(names),
                "output_type": declared(aggregate.output_type(observed.output_type)),
            }
            made.append(self.drafted((task,), parameters, _batches(observed, count, rng), comparator))
        if not made:
            raise NotApplicable("no aggregate for the parent's values")
        return made

    def plan(self, parents: Sequence[CodeTask], parameters: Mapping[str, Any]) -> Plan:
        """The new task's parts."""
        (parent,) = parents
        aggregate = BY_NAME[str(parameters["aggregate"])]
        batch, inner, count = str(parameters["batch"]), str(parent.entry_point), int(parameters["arity"])
        item = "one value" if count == 1 else f"a tuple of {count} values"
        call = "x" if count == 1 else "*x"
        definition = (
            f"`{batch}` is a list, which may be empty. Every item of it is {item}, and the result of an item x is the "
            f"value that `{inner}({call})`, as specified above, returns. "
            f"{aggregate.say(batch, parameters['arguments'])}\n\n"
            f"Only the specification of `{inner}` is given above: implement it as well."
        )
        returns = annotation_of(str(parameters["output_type"])) if parameters["output_type"] else ""
        name, arrow = str(parameters["entry_point"]), f" -> {returns}" if returns else ""
        body = textwrap.indent(aggregate.body(parameters["arguments"]), "    ")
        code = f"def {name}({batch}: list){arrow}:\n    results = [{inner}({call}) for x in {batch}]\n{body}\n"
        wrapper = Wrapper(name, Signature(f"{batch}: list", batch, frozenset({batch})), returns, definition)
        return Plan(parent, wrapper, code)

    def program(self, name: str, text: str, parents: Sequence[CodeTask]) -> str:
        """The new part as the prompt describes it."""
        found = reading.read(text)
        if found.inner != parents[0].entry_point:
            raise ValueError("the definition speaks of another function")
        return reading.program(found, name)


def _ranked(deep_type: str, rng: random.Random) -> list[Aggregate]:
    """The fitting aggregates in random order, but the plain list of results mostly later."""
    fitting = [aggregate for aggregate in LIBRARY if aggregate.accepts(deep_type)]
    scored = [(rng.random() + (aggregate.gives == "list"), aggregate) for aggregate in fitting]
    return [aggregate for _, aggregate in sorted(scored, key=lambda pair: pair[0])]


def _batches(observed: Observation, count: int, rng: random.Random) -> dict[str, Rows]:
    """Batches of each test's inputs and of the generated ones; the first test also has an empty batch."""
    made: dict[str, Rows] = {}
    first: list[list[Any]] = [[]]
    for name, rows in (*observed.inputs.items(), ("generated", observed.generated)):
        batches = [*first, *_cut(rows, count, rng)]
        first = []
        if batches:
            made[name] = tuple((batch,) for batch in batches)
    return made


def _cut(rows: Rows, count: int, rng: random.Random) -> Iterator[list[Any]]:
    """Every input in some batch, in batches of growing size; then the same inputs again, some of them twice in one."""
    items = [args[0] if count == 1 else args for args in rows if len(dumps(args)) <= _MAX_CHARACTERS]
    if not items:
        return
    made = 0
    while made < _MAX_BATCHES:
        order = rng.sample(items, len(items))
        start = 0
        while start < len(order) and made < _MAX_BATCHES + len(items) // 6:
            size = (1, 2, 3, 4, 6, 5)[made % 6]
            batch = order[start : start + size]
            if made % 3 == 2:  # ties
                batch.insert(rng.randrange(len(batch) + 1), rng.choice(batch))
                batch.append(batch[0])
            yield batch
            start += size
            made += 1
