"""A class that collects items one by one; ``result()`` is the parent's function of all that was collected."""

from __future__ import annotations

import random
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ...benchmarks import CheckTest, CodeTask, Comparator
from ...benchmarks.plain import dumps
from ..defining import Defining, Plan, ended, parameters_of, plain_signature
from ..language.streams import DRIVER, RESERVED, VARIANTS, Stream, events_for
from ..literals import literal
from ..profiles import Profile, profile_of
from ..protocol import Candidate, Executed, NotApplicable, Pool, Rows
from ..readings import stateful as reading
from ..syntax import parsable_prompt
from ..texts import texts_of
from ..words import NameSource, words_of
from ..wrapping import Signature, Wrapper

_MOST_PIECES = 12
_FEWEST = 6
_MAX_ROWS = 24
_CHECK = """CASES = [
{cases}
]


def check(candidate):
    for given, events, expected in CASES:
        made = candidate(*given)
        results = []
        for name, *handed in events:
            value = getattr(made, name)(*handed)
            if name == "result":
                results.append(value)
        assert results == expected, "after %r the results are %r, expected %r" % (events, results, expected)
"""


class Stateful(Defining):
    """See the module's docstring."""

    name = "stateful"

    def describe(self) -> str:
        """One line for people."""
        return "a class that collects items and applies the parent's function to all of them when asked"

    def propose(self, task: CodeTask, rng: random.Random, pool: Pool) -> list[Candidate]:
        """One candidate for each variant and each parameter that is a list or a text."""
        mine = profile_of(task, pool.observed(task))
        places = [place for place, kind in enumerate(mine.types) if kind == "str" or kind.startswith("list[")]
        if not places:
            raise NotApplicable("no parameter is a list or a text")
        if RESERVED & mine.signature.names:
            raise NotApplicable("a parameter has a name that the class needs")
        source = NameSource(rng, words_of(texts_of(task)))
        made = []
        for place in rng.sample(places, len(places)):
            for variant in rng.sample(VARIANTS, len(VARIANTS)):
                size = rng.randint(2, 4)
                rows = {name: _streams(mine, mine.named[name], place, variant, size, rng) for name in mine.named}
                if sum(map(len, rows.values())) < _FEWEST:
                    continue
                parameters: dict[str, Any] = {
                    "variant": variant,
                    "size": size,
                    "place": place,
                    "texts": mine.types[place] == "str",
                    "entry_point": "".join(word.title() for word in source.function().split("_")),
                }
                rows = {name: kept for name, kept in rows.items() if kept}
                candidate = self.drafted((task,), parameters, rows, Comparator(types="python"))
                made.append(replace(candidate, driver=DRIVER.replace("{name}", str(parameters["entry_point"]))))
        if not made:
            raise NotApplicable("too few inputs can be given piece by piece")
        return made

    def plan(self, parents: Sequence[CodeTask], parameters: Mapping[str, Any]) -> Plan:
        """The new task's parts."""
        (parent,) = parents
        stream = Stream(
            name=str(parameters["entry_point"]),
            inner=str(parent.entry_point),
            given=tuple(parameters_of(plain_signature(parent))),
            place=int(parameters["place"]),
            texts=bool(parameters["texts"]),
            variant=str(parameters["variant"]),
            size=int(parameters["size"]),
        )
        kept = ", ".join(stream.kept)
        wrapper = Wrapper(stream.name, Signature(kept, kept, frozenset(stream.kept)), "", stream.definition())
        return Plan(parent, wrapper, stream.code())

    def program(self, name: str, text: str, parents: Sequence[CodeTask]) -> str:
        """The new part as the prompt describes it."""
        (parent,) = parents
        return reading.program(name, text, str(parent.entry_point), parameters_of(plain_signature(parent)))

    def prompt(self, plan: Plan, examples: Sequence[Executed]) -> str:
        """The parent's prompt, then the class with its definition and sessions with it as examples."""
        wrapper, parent = plan.wrapper, plan.given
        parts = [_filled(part) for part in wrapper.definition.split("\n\n")]
        parts += [_session(wrapper.name, example) for example in examples]
        text = "\n\n".join(parts)
        if parent.form != "completion":
            opening = f"The function specified above is `{parent.entry_point}`. Write a Python class `{wrapper.name}`"
            return f"{parent.prompt.rstrip()}\n\n{opening} as follows.\n\n{text}\n"
        escaped = text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
        body = textwrap.indent(f'"""{escaped}\n"""', "    ")
        return f"{ended(parsable_prompt(parent.prompt))}\n\nclass {wrapper.name}:\n{body}\n"

    def finish(
        self, candidate: Candidate, rows: Mapping[str, tuple[Executed, ...]], examples: Sequence[Executed]
    ) -> CodeTask:
        """The candidate's task with check programs, and sessions in its prompt."""
        plan = self.plan(candidate.parents, candidate.parameters)
        programs = {name: _check(executed) for name, executed in rows.items()}
        tests = tuple(CheckTest(program, name=name) for name, program in programs.items() if program)
        return replace(candidate.task, prompt=self.prompt(plan, examples), tests=tests)


def _streams(mine: Profile, calls: Rows, place: int, variant: str, size: int, rng: random.Random) -> Rows:
    """Events that end in what the calls ask; ``result`` is asked for only where the parent's function is defined."""
    known = set(map(dumps, mine.calls))
    text = mine.types[place] == "str"
    found: list[tuple[Any, ...]] = []
    for args in calls[:_MAX_ROWS]:
        pieces = _pieces(args[place], rng)
        if len(pieces) > _MOST_PIECES:
            continue

        def fits(now: Sequence[Any], args: tuple[Any, ...] = args) -> bool:
            whole: Any = "".join(now) if text else list(now)
            call = (*args[:place], whole, *args[place + 1 :])
            return dumps(call) in known or mine.envelope.admits(call)

        events = events_for(pieces, variant, size, fits, rng)
        if events is not None and len(dumps(events)) <= 2_000:
            found.append((*args[:place], *args[place + 1 :], events))
    return tuple(found)


def _pieces(value: Any, rng: random.Random) -> list[Any]:
    """The items of a list, or a text cut into pieces of one to four characters."""
    if isinstance(value, list):
        return list(value)
    pieces, longest = [], max(4, len(value) // 6)
    while value:
        cut = rng.randint(1, longest)
        pieces.append(value[:cut])
        value = value[cut:]
    return pieces


def _filled(text: str) -> str:
    return textwrap.fill(text, 100, break_long_words=False, break_on_hyphens=False)


def _session(name: str, example: Executed) -> str:
    """An example as one would type it."""
    *given, events = example.args
    lines = [f">>> made = {name}({', '.join(map(literal, given))})"]
    results = iter(example.returns)
    for method, *handed in events:
        lines.append(f">>> made.{method}({', '.join(map(literal, handed))})")
        if method == "result":
            lines.append(literal(next(results)))
    return "\n".join(lines)


def _check(rows: Sequence[Executed]) -> str:
    """A check program of these rows; "" when none of them can be written down."""
    lines = []
    for row in rows:
        *given, events = row.args
        try:
            lines.append(f"    ({literal(given)}, {literal(events)}, {literal(row.returns)}),")
        except ValueError:  # no literal (nan): another input says as much
            continue
    return _CHECK.replace("{cases}", "\n".join(lines)) if lines else ""
