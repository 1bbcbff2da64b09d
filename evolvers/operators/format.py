"""The same text in another container: a docstring dialect, comments above the function, an instruction, a completion.

Semantics-preserving. No line of the text is changed; a reader who knows the dialect's marks only gets the same record
of description, examples and signature back.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...benchmarks import CodeTask, ModuleTest, StdioTest
from ...benchmarks.jsonio import digest
from ..containers import as_completion, read_comments, read_instruction, with_comments, with_instruction
from ..dialects import DIALECTS
from ..docstrings import Docstring, begins_alike, docstring_of, with_body
from ..protocol import Candidate, Gate, Kind, NotApplicable, Pool
from ..sameness import refuse_mirrors, same_program_gate
from ..specrecord import Record, described, record_of
from ..syntax import parsable_prompt

_OFFERED = 2


@dataclass(frozen=True, slots=True)
class Format:
    """See the module's docstring."""

    name: str = "format"
    version: str = "1"
    kind: Kind = "preserving"

    def describe(self) -> str:
        """One line for people."""
        return "the prompt's text in another container: docstring dialects, comments, instruction or completion"

    def propose(self, task: CodeTask, rng: random.Random, pool: Pool) -> list[Candidate]:
        """Up to two candidates, of drawn containers."""
        if task.entry_point is None or any(isinstance(test, (ModuleTest, StdioTest)) for test in task.tests):
            raise NotApplicable("it is tested as a whole program")
        refuse_mirrors(task)
        names = [*DIALECTS, "comments", "instruct"] if task.form == "completion" else ["completion"]
        rng.shuffle(names)
        made: list[Candidate] = []
        reason = "no other container"
        for name in names:
            try:
                new = _contained(task, name)
            except NotApplicable as error:
                reason = str(error)
                continue
            except SyntaxError:
                reason = "a program of the task does not parse"
                continue
            parameters = {"variant": name}
            made.append(Candidate(new, (task,), parameters, self.prove(new, (task,), parameters)))
            if len(made) == _OFFERED:
                break
        if not made:
            raise NotApplicable(reason)
        return made

    def prove(self, task: CodeTask, parents: Sequence[CodeTask], parameters: Mapping[str, Any]) -> tuple[Gate, ...]:
        """Static proofs: same program, and the new prompt read by its dialect's marks gives the same record."""
        (parent,) = parents
        return (same_program_gate(task, parent), _record_gate(task, parent, str(parameters["variant"])))


def _contained(task: CodeTask, name: str) -> CodeTask:
    if name == "completion":
        return as_completion(task)
    if name == "comments":
        return with_comments(task)
    if name == "instruct":
        return with_instruction(task)
    docstring = docstring_of(task)
    text = DIALECTS[name].write(record_of(task))
    return with_body(task, docstring, _body(docstring, text))


def _body(docstring: Docstring, text: str) -> str:
    """A text as the body of a docstring, indented like the old one, its closing quotes in a line of their own."""
    lines = [docstring.indent + line if line else "" for line in docstring.write(text).split("\n")]
    first = "\n" if text[:1] in ("'", '"') else ""
    return (first + "\n".join(lines) if first else "\n".join(lines).lstrip()) + f"\n{docstring.indent}"


def _read(task: CodeTask, parent: CodeTask, name: str) -> Record:
    """The record that a prompt in a container holds; ValueError when it holds none."""
    if name == "comments":
        return read_comments(task)
    if name == "instruct":
        return read_instruction(task)
    if name == "completion":
        return record_of(task)
    text, examples, parameters, returns = DIALECTS[name].read(docstring_of(task).text)
    record = described(parsable_prompt(task.prompt), str(task.entry_point), text, examples)
    if (record.parameters, record.returns) != (parameters, returns):
        raise ValueError("the docstring names other parameters than the signature")
    return record


def _record_gate(task: CodeTask, parent: CodeTask, name: str) -> Gate:
    try:
        old, new = record_of(parent), _read(task, parent, name)
    except (ValueError, SyntaxError, KeyError, NotApplicable) as error:
        return Gate("same_record", False, {"problem": str(error)[:80]})
    holds = old == new and begins_alike(task, parent)
    evidence = {"lines": len(new.text), "examples": len(new.examples), "text": digest([*new.text, *new.examples])}
    return Gate("same_record", holds, evidence)
