"""Other questions about a task's program: what operators of kind "derived" share.

They start from the mutants that were observed: programs that differ from the reference in one place, with what each
of the observation's calls gives. Nothing is run to propose a question.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from ..benchmarks import CodeTask, Comparator, matches
from .expectations import comparator_of
from .literals import literal
from .mutants import mutants_of
from .positions import CannotEdit, Positions, spliced
from .protocol import Executed, NotApplicable, Observation, ObservedMutant, Pool
from .syntax import nodes_of, parse, walked
from .texts import PYTHON_BLOCK

NEAR = 1e-6
"""How near a float must be to what a program gave: nobody is asked for the last digit."""
MOST_CALL, MOST_VALUE = 200, 100
"""Characters of a call and of a value that are shown."""
_UNORDERED = frozenset({"set", "frozenset", "hash", "id", "random", "time", "intersection", "union", "difference"})


@dataclass(frozen=True, slots=True)
class Differing:
    """An observed mutant with the rows (places in ``executed``) on which it differs from the reference, or agrees."""

    mutant: ObservedMutant
    differs: tuple[int, ...]
    agrees: tuple[int, ...]

    @property
    def raises(self) -> bool:
        """Whether some call ends in an exception, or for its cost."""
        return any(row.raised is not None for row in self.mutant.results)


def observed_of(task: CodeTask, pool: Pool) -> Observation:
    """The observation of a task that something can be asked about; NotApplicable with the reason."""
    observed = pool.observed(task)
    for problem in (observed.problem, observed.unobservable):
        if problem is not None:
            raise NotApplicable(problem)
    if not observed.mutants:
        raise NotApplicable("no mutant differs from the reference")
    return observed


def exact_comparator(task: CodeTask, observed: Observation) -> Comparator | None:
    """The tests' comparator where they demand one value for each input, else None."""
    try:
        return comparator_of(task, observed)
    except NotApplicable:
        return None


def differing(observed: Observation, how: Comparator) -> list[Differing]:
    """The mutants that differ under a comparator, in the observation's order (the most telling first)."""
    truth = observed.executed
    found = []
    for mutant in observed.mutants:
        same = [alike(mine, right, how) for mine, right in zip(mutant.results, truth, strict=True)]
        differs = tuple(place for place, equal in enumerate(same) if not equal)
        if differs:
            found.append(Differing(mutant, differs, tuple(place for place, equal in enumerate(same) if equal)))
    return found


def alike(first: Executed, second: Executed, how: Comparator) -> bool:
    """Whether two calls ended alike."""
    if first.raised is not None or second.raised is not None:
        return first.raised == second.raised
    return matches(first.returns, second.returns, how)


def shown_call(entry: str, row: Executed) -> str | None:
    """A call as an expression; None when an argument has no short literal."""
    try:
        text = f"{entry}({', '.join(map(literal, row.args))})"
    except ValueError:
        return None
    return text if len(text) <= MOST_CALL else None


def shown_value(row: Executed) -> str | None:
    """What a call returns, as a literal; None when it raises or has no short literal."""
    if row.raised is not None:
        return None
    try:
        text = literal(row.returns)
    except ValueError:
        return None
    return text if len(text) <= MOST_VALUE else None


def block(code: str) -> str:
    """A fenced block of Python that the code cannot close."""
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", code)), default=0))
    return f"{fence}python\n{code.strip(chr(10))}\n{fence}"


def blocks_in(prompt: str) -> list[str]:
    """The Python in a prompt's fenced blocks, each without newlines at its ends."""
    return [found.group(2).strip("\n") for found in PYTHON_BLOCK.finditer(prompt)]


def is_one_change(source: str, parent: CodeTask) -> bool:
    """Whether a program is a first-order mutant of a task's reference."""
    wanted = source.strip("\n")
    return any(mutant.source.strip("\n") == wanted for mutant in mutants_of(parent.reference))


@lru_cache(maxsize=2048)
def bare(source: str) -> str:
    """A program without docstrings that stand on lines of their own: they describe the parent, not its mutant.

    NotApplicable where the program reads docstrings or its places cannot be trusted.
    """
    if "__doc__" in source:
        raise NotApplicable("the program reads docstrings")
    try:
        tree, lines = parse(source), Positions(source)
    except (SyntaxError, CannotEdit) as error:
        raise NotApplicable("the program's places cannot be trusted") from error
    edits = []
    for node in walked(tree):
        body = getattr(node, "body", None)
        if not isinstance(node, (ast.Module, ast.FunctionDef, ast.ClassDef)) or not isinstance(body, list):
            continue
        if len(body) > 1 and ast.get_docstring(node, clean=False) is not None:
            start, end = lines.of_line(body[0].lineno), lines.of_line((body[0].end_lineno or 0) + 1)
            if not source[start : lines.start(body[0])].strip() and not source[lines.end(body[0]) : end].strip():
                edits.append((start, end, ""))
    return spliced(source, edits).strip("\n") + "\n"


def depends_on_order(source: str, output_type: str) -> bool:
    """Whether values could differ from run to run: sequences made by a program that may walk through a set."""
    if output_type in ("bool", "int", "None"):
        return False
    tree = nodes_of(source)
    names = {getattr(node, "id", None) or getattr(node, "attr", None) for node in tree}
    sets = any(isinstance(node, (ast.Set, ast.SetComp)) for node in tree)
    return sets or bool(names & _UNORDERED)


def in_first_lines(task: CodeTask, line: int) -> bool:
    """Whether a line of the reference is one of the prompt's, so that a change there would change the specification."""
    given = task.prompt.rstrip()
    return task.reference.startswith(given) and line <= given.count("\n") + 1


def specification(task: CodeTask) -> str:
    """The parent's prompt, verbatim: code in a block, prose as it is."""
    return block(task.prompt) if task.form == "completion" else task.prompt.strip("\n")


def is_specified(prompt: str, parent: CodeTask) -> bool:
    """Whether the parent's specification stands in a prompt."""
    return parent.prompt.strip("\n") in prompt


def function_giving(entry: str, text: str) -> str:
    """A program whose function gives the same whatever it is asked."""
    return f"def {entry}(*args, **kwargs):\n    return {text}\n"


def plain_rows(rows: Sequence[Executed]) -> bool:
    """Whether every call returned a value."""
    return all(row.raised is None for row in rows)
