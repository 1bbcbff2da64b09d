"""Tools: the prompt gives helper functions with their code, of which the new function needs one.

The parent's function stands among functions of other tasks that are not needed, without docstrings and under new names.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ...benchmarks import CodeTask
from ...benchmarks.jsonio import text_digest
from ..bindings import identifiers_in
from ..deeptypes import annotation_of
from ..defining import Defining, Plan, declared, parameters_of, plain_signature
from ..language.conditions import Condition, condition_for, condition_of
from ..language.transforms import BY_NAME, Transform, transforms_for
from ..positions import CannotEdit
from ..profiles import Profile, clash, profile_of
from ..protocol import Candidate, Gate, NotApplicable, Pool
from ..readings import tool_use as reading
from ..syntax import shared
from ..texts import texts_of
from ..tools import as_tool, is_tool_of
from ..words import NameSource, words_of
from ..wrapping import Wrapper, definition_in

_LETTER = "v"
_DISTRACTORS = 2
_MAX_CODE = 1_200


class ToolUse(Defining):
    """See the module's docstring."""

    name = "tool_use"
    mates = True

    def describe(self) -> str:
        """One line for people."""
        return "a new function that needs one of several functions given with their code, among distractors"

    def propose(self, task: CodeTask, rng: random.Random, pool: Pool) -> list[Candidate]:
        """One candidate for each transform of the parent's values, now and then for part of the inputs only."""
        mine = profile_of(task, pool.observed(task))
        fitting = [each for each in transforms_for(mine.output_type) if each.injective]
        if not fitting:
            raise NotApplicable("no transform for the outputs' type")
        if _LETTER in mine.signature.names:
            raise NotApplicable("no free letter for the parent's value")
        if not _usable(task, mine):
            raise NotApplicable("its code cannot be given as a tool")
        others = _distractors(task, mine, rng, pool)
        if len(others) < _DISTRACTORS:
            raise NotApplicable("too few other tasks whose code can stand beside it")
        parents = (task, *others)
        source = NameSource(rng, words_of(text for each in parents for text in texts_of(each)))
        made = []
        for transform, condition in _changes(mine, fitting, rng):
            parameters: dict[str, Any] = {
                "transform": transform.name,
                "arguments": transform.draw(rng),
                "condition": None if condition is None else condition.to_json(),
                "tools": [source.function() for _ in parents],
                "order": rng.sample(range(len(parents)), len(parents)),
                "entry_point": source.function(),
                "output_type": declared(transform.output_type(mine.output_type)),
            }
            candidate = self.drafted(parents, parameters, mine.named, mine.comparator)
            made.append(replace(candidate, called=(str(parameters["tools"][0]), *[""] * len(others))))
        return made

    def plan(self, parents: Sequence[CodeTask], parameters: Mapping[str, Any]) -> Plan:
        """The new task's parts; all tools stand in the prompt, the one that is needed in the reference."""
        names, order = [str(name) for name in parameters["tools"]], [int(place) for place in parameters["order"]]
        tools = [as_tool(p.reference, str(p.entry_point), name) for p, name in zip(parents, names, strict=True)]
        signature = plain_signature(parents[0])
        transform = BY_NAME[str(parameters["transform"])]
        branch, way_out = "", ""
        if parameters["condition"] is not None:
            condition = condition_of(parameters["condition"])
            argument = parameters_of(signature)[condition.place]
            branch = f"If {condition.say(argument)}, return {_LETTER} unchanged. Otherwise: "
            way_out = f"    if {condition.code(argument)}:\n        return {_LETTER}\n"
        *most, last = [f"`{names[place]}`" for place in order]
        definition = (
            f"Let {_LETTER} be the value that `{names[0]}({signature.arguments})` returns. "
            f"{branch}{transform.say(_LETTER, parameters['arguments'])}\n\n"
            f"The functions {', '.join(most)} and {last} are given above, with their code: call what you need of them."
        )
        returns = annotation_of(str(parameters["output_type"])) if parameters["output_type"] else ""
        wrapper = Wrapper(str(parameters["entry_point"]), signature, returns, definition)
        arrow = f" -> {returns}" if returns else ""
        code = (
            f"def {wrapper.name}({signature.parameters}){arrow}:\n"
            f"    {_LETTER} = {names[0]}({signature.arguments})\n{way_out}"
            f"    return {transform.code(parameters['arguments'])}\n"
        )
        prompt = "\n\n".join(tools[place] for place in order)
        given = replace(parents[0], prompt=prompt, reference=tools[0], form="completion", metadata={}, lineage=None)
        return Plan(given, wrapper, code)

    def prove(self, task: CodeTask, parents: Sequence[CodeTask], parameters: Mapping[str, Any]) -> tuple[Gate, ...]:
        """Static proofs: every tool is its task's program under one new name, the reference uses the right one and no
        other, the definition has exactly one reading."""
        plan, names = self.plan(parents, parameters), [str(name) for name in parameters["tools"]]
        tools = [as_tool(p.reference, str(p.entry_point), name) for p, name in zip(parents, names, strict=True)]
        same = all(
            is_tool_of(tool, p.reference, str(p.entry_point), name) and tool in task.prompt
            for tool, p, name in zip(tools, parents, names, strict=True)
        )
        taken = words_of(text for parent in parents for text in texts_of(parent))
        fresh = not {*names, str(task.entry_point)} & taken and len({*names, task.entry_point}) == len(names) + 1
        used = identifiers_in(shared(task.reference))
        right = names[0] in used and not used & set(names[1:]) and task.reference.startswith(plan.given.reference)
        return (
            Gate("tools_given", same and fresh, {"tools": [text_digest(tool) for tool in tools]}),
            Gate("distractors_unused", right, {"distractors": len(names) - 1}),
            self._reading_gate(task, parents, parameters),
        )

    def program(self, name: str, text: str, parents: Sequence[CodeTask]) -> str:
        """The new part as the prompt describes it."""
        return reading.program(name, text)[0]

    def witness(self, task: CodeTask, parents: Sequence[CodeTask]) -> str:
        """The tools as they stand in the prompt, and the new function as it is read there."""
        name, text = definition_in(task)
        end = shared(task.prompt).body[-1].lineno
        tools = "\n".join(task.prompt.split("\n")[: end - 1])
        return f"{tools}\n{self.program(name, text, parents)}"


def _changes(
    mine: Profile, fitting: Sequence[Transform], rng: random.Random
) -> list[tuple[Transform, Condition | None]]:
    """What is done with the value: first the transforms for part of the inputs, where they keep the type, and those
    that cannot be so; then the rest for all inputs."""
    first: list[tuple[Transform, Condition | None]] = []
    rest: list[tuple[Transform, Condition | None]] = []
    for transform in rng.sample(fitting, len(fitting)):
        keeps = transform.output_type(mine.output_type) == mine.output_type
        condition = condition_for(mine.calls, rng) if keeps else None
        first.append((transform, condition))
        if condition is not None:
            rest.append((transform, None))
    return first + rest


def _usable(task: CodeTask, profile: Profile) -> bool:
    """Whether a task's code may stand in a prompt as a tool: not too long, plain functions, editable."""
    try:
        tool = as_tool(task.reference, str(task.entry_point), f"{task.entry_point}_")
        return len(tool) <= _MAX_CODE and is_tool_of(
            tool, task.reference, str(task.entry_point), f"{task.entry_point}_"
        )
    except (CannotEdit, SyntaxError):
        return False


def _distractors(task: CodeTask, mine: Profile, rng: random.Random, pool: Pool) -> list[CodeTask]:
    """Other tasks, those that take and give the same types preferred, whose programs may stand beside each other."""
    ranked = []
    for other in pool.tasks:
        draw = rng.random()
        if other.digest == task.digest or other.entry_point == task.entry_point:
            continue
        try:
            theirs = profile_of(other, pool.observed(other))
        except NotApplicable:
            continue
        score = (theirs.types == mine.types) + 0.5 * (theirs.output_type == mine.output_type) + draw
        ranked.append((-score, other.id, other, theirs))
    chosen: list[tuple[CodeTask, Profile]] = []
    for _, _, other, theirs in sorted(ranked, key=lambda row: row[:2]):
        beside = [mine, *(profile for _, profile in chosen)]
        if not any(clash(profile, theirs) for profile in beside) and _usable(other, theirs):
            chosen.append((other, theirs))
        if len(chosen) == _DISTRACTORS:
            break
    return [other for other, _ in chosen]
