"""Effect-free statements in a partial solution: the prompt goes on with the reference's first statements and with lines
that do nothing, and the answer is the rest.

Semantics-preserving: what is inserted binds fresh names only and calls nothing, or stands under a false condition.
"""

from __future__ import annotations

import ast
import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ...benchmarks import CodeTask
from ..bindings import Bindings, bindings_of
from ..cuts import Body, body_of, impossible_output
from ..docstrings import begins_alike, entry_node
from ..protocol import Candidate, Gate, Kind, NotApplicable, Observation, Pool
from ..sameness import canonical, refuse_mirrors
from ..syntax import parse
from ..texts import texts_of
from ..words import NameSource, words_of

_CONSTANTS = ("0", "1", "None", "True", "False", "''", "[]", "()", "{}")
_INERT = (
    ast.Name, ast.Constant, ast.List, ast.Tuple, ast.Dict, ast.UnaryOp, ast.USub, ast.Not, ast.Load, ast.Store,
    ast.Compare, ast.Is, ast.IsNot, ast.BoolOp, ast.And, ast.Or,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class DeadCode:
    """See the module's docstring."""

    name: str = "dead_code"
    version: str = "1"
    kind: Kind = "preserving"

    def describe(self) -> str:
        """One line for people."""
        return "a partial solution with effect-free statements in it; the answer is the rest"

    def propose(self, task: CodeTask, rng: random.Random, pool: Pool) -> list[Candidate]:
        """One candidate: a drawn cut, and one to three inserted statements before it."""
        body = body_of(task)
        refuse_mirrors(task)
        known = bindings_of(task.reference, parse(task.reference))
        if known.sees_names:
            raise NotApplicable("the program looks at its own variables' names")
        cut = rng.choice(_cuts(body, pool.observed(task)))
        source = NameSource(rng, words_of(texts_of(task)))
        count = rng.randint(1, 3)
        names = [source.variable() for _ in range(count)]
        parameters = {"names": names, "statements": cut}
        new = _with_noise(task, body, cut, _lines(names, _parameters(body, known), rng), rng)
        return [Candidate(new, (task,), parameters, self.prove(new, (task,), parameters))]

    def prove(self, task: CodeTask, parents: Sequence[CodeTask], parameters: Mapping[str, Any]) -> tuple[Gate, ...]:
        """Static proofs: without the inserted statements the tree is the parent's; each has no effect; names fresh."""
        (parent,) = parents
        names = frozenset(map(str, parameters["names"]))
        tree = parse(task.reference)
        function = entry_node(tree, task.entry_point)
        inserted = [statement for statement in function.body if names & _names_in(statement)]
        function.body = [statement for statement in function.body if statement not in inserted]
        old = entry_node(parse(parent.reference), parent.entry_point)
        parameters_of = {argument.arg for argument in ast.walk(old.args) if isinstance(argument, ast.arg)}
        same = canonical(tree) == canonical(parse(parent.reference)) and task.tests == parent.tests
        inert = all(_is_inert(statement, names, frozenset(parameters_of - _unbound(old))) for statement in inserted)
        fresh = not names & words_of(texts_of(parent)) and len(names) == len(inserted)
        rest = task.reference[len(task.prompt) :]
        shown = task.prompt.startswith(parent.prompt) and not names & words_of([rest]) and bool(rest.strip())
        return (
            Gate("parent_tree", same and begins_alike(task, parent), {"inserted": len(inserted)}),
            Gate("no_effect", inert, {"statements": len(inserted)}),
            Gate("fresh_names", fresh, {"names": len(names)}),
            Gate("answer_left", shown, {"rest_characters": len(rest.strip())}),
        )


def _cuts(body: Body, observed: Observation) -> list[int]:
    """How many statements the prompt may show; with these alone it must fail. None of them is always possible."""
    counts = range(1, len(body.statements))
    return [0, *(count for count in counts if impossible_output(body, count, observed) is not None)]


def _parameters(body: Body, known: Bindings) -> list[str]:
    """Parameters that may be read: nothing deletes them."""
    arguments = [*body.node.args.posonlyargs, *body.node.args.args]
    return [argument.arg for argument in arguments if argument.arg not in _unbound(body.node)]


def _unbound(function: ast.AST) -> set[str]:
    """Names that some statement deletes, or an exception handler unbinds at its end."""
    found = {node.id for node in ast.walk(function) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Del)}
    found |= {node.name for node in ast.walk(function) if isinstance(node, ast.ExceptHandler) and node.name}
    return found


def _lines(names: Sequence[str], arguments: Sequence[str], rng: random.Random) -> list[str]:
    made = []
    for name in names:
        value = rng.choice(_CONSTANTS)
        plain = [f"{name} = {value}", f"{name} = [{value}, {rng.choice(_CONSTANTS)}]"]
        blocks = [f"if False:\n    {name} = {value}", f"while False:\n    {name} = {value}"]
        blocks.append(f"for {name} in ():\n    pass")
        if arguments:
            argument = rng.choice(arguments)
            plain += [f"{name} = {argument}", f"{name} = {argument} is None"]
            blocks.append(f"if False:\n    {name} = len({argument})")
        # The prompt ends in a plain line, which shows how far to indent.
        made.append(rng.choice(plain if name == names[-1] else plain + blocks))
    return made


def _with_noise(task: CodeTask, body: Body, cut: int, lines: Sequence[str], rng: random.Random) -> CodeTask:
    """The statements before the cut with the lines among them, the last of these at the cut itself."""
    places = sorted(rng.randint(0, cut) for _ in lines)
    places[-1] = cut
    offsets = [len(task.prompt), *body.ends]
    parts, position = [], 0
    for place, line in zip(places, lines, strict=True):
        parts.append(task.reference[position : offsets[place]])
        parts.append(re.sub(r"^", body.indent, line, flags=re.MULTILINE) + "\n")
        position = offsets[place]
    prompt = "".join(parts)
    return replace(task, prompt=prompt, reference=prompt + task.reference[position:], metadata={})


def _names_in(statement: ast.AST) -> set[str]:
    return {node.id for node in ast.walk(statement) if isinstance(node, ast.Name)}


def _is_inert(statement: ast.stmt, fresh: frozenset[str], readable: frozenset[str]) -> bool:
    """Whether a statement cannot do anything but bind fresh names, whatever the values of ``readable`` are."""
    if isinstance(statement, (ast.If, ast.While)):
        false = isinstance(statement.test, ast.Constant) and statement.test.value is False
        return false and not statement.orelse and _binds_only(statement.body, fresh)
    if isinstance(statement, ast.For):
        empty = isinstance(statement.iter, ast.Tuple) and not statement.iter.elts
        named = isinstance(statement.target, ast.Name) and statement.target.id in fresh
        passes = all(isinstance(inner, ast.Pass) for inner in statement.body)
        return empty and named and passes and not statement.orelse
    if not isinstance(statement, ast.Assign) or not _binds_only([statement], fresh):
        return False
    for node in ast.walk(statement.value):
        if not isinstance(node, _INERT) or (isinstance(node, ast.Name) and node.id not in readable):
            return False
        if isinstance(node, ast.Compare) and not all(isinstance(each, (ast.Is, ast.IsNot)) for each in node.ops):
            return False
    return True


def _binds_only(statements: Sequence[ast.stmt], fresh: frozenset[str]) -> bool:
    """Whether these are plain assignments to fresh names (bound in the function even where they never run)."""
    for statement in statements:
        if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
            return False
        target = statement.targets[0]
        if not isinstance(target, ast.Name) or target.id not in fresh:
            return False
        if any(isinstance(node, (ast.NamedExpr, ast.Yield, ast.YieldFrom, ast.Await)) for node in ast.walk(statement)):
            return False
    return True
