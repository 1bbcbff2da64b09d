"""The docstring of a prompt's function: where it stands, what it says, and another text in its place.

All by positions: whatever is not replaced stays as it is, to the last blank.
"""

from __future__ import annotations

import ast
import functools
import inspect
import re
from dataclasses import dataclass, replace

from ..benchmarks import CheckTest, CodeTask, Test
from ..benchmarks.formats.source import runnable_prefix
from .places import Offsets
from .protocol import NotApplicable
from .syntax import parsable_prompt, shared

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
_OPENING = re.compile(r"([rRuU]?)(\"\"\"|'''|\"|')")
_READ = re.compile(r"\\(\\|'|\"|\n)")


@dataclass(frozen=True, slots=True)
class Docstring:
    """A text for people in a prompt.

    start, end: the span of its body in the prompt, without quotes. body: the source between the quotes. quote: the
    closing quotes, "" where the whole prompt is the text (form instruct). raw: backslashes stand for themselves.
    """

    start: int
    end: int
    body: str
    quote: str
    raw: bool
    indent: str

    @property
    def text(self) -> str:
        """What it says, without indentation: ``\\\\`` is one backslash; other escapes are left as people see them."""
        return inspect.cleandoc(self.read(self.body))

    def read(self, source: str) -> str:
        """A part of the body as it is meant."""
        if self.raw or "\\" not in source:
            return source
        return _READ.sub(lambda found: "" if found.group(1) == "\n" else found.group(1), source)

    def write(self, text: str) -> str:
        """A text as source for the body. NotApplicable when a raw docstring cannot hold it."""
        if self.raw:
            if self.quote and self.quote in text:
                raise NotApplicable("the docstring cannot hold its own quotes")
            return text
        text = text.replace("\\", "\\\\")
        return text.replace(self.quote, "".join(f"\\{letter}" for letter in self.quote))


def entry_node(tree: ast.Module, entry: str | None) -> FunctionNode:
    """The top-level function of a name, the last if there are several; NotApplicable when there is none."""
    for node in reversed(tree.body):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name == entry:
            return node
    raise NotApplicable("the entry point is not a function of the program")


def docstring_of(task: CodeTask) -> Docstring:
    """The text of a task's prompt; NotApplicable when there is none that can be edited."""
    if task.form != "completion":
        return Docstring(0, len(task.prompt), task.prompt, "", True, "")
    return docstring_in(task.prompt, task.entry_point)


@functools.lru_cache(maxsize=2048)
def docstring_in(prompt: str, entry: str | None) -> Docstring:
    """The docstring of a completion prompt's function; some prompts have imports before it."""
    try:
        source = parsable_prompt(prompt)
        node = entry_node(shared(source), entry)
    except SyntaxError as error:
        raise NotApplicable("a program of the task does not parse") from error
    for statement in node.body:
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
            return _located(source, statement.value)
        if not isinstance(statement, (ast.Import, ast.ImportFrom)):
            break
    raise NotApplicable("the prompt has no docstring")


def _located(source: str, node: ast.Constant) -> Docstring:
    offsets = Offsets(source)
    start, end = offsets.start(node), offsets.end(node)
    literal = source[start:end]
    opening = _OPENING.match(literal)
    indent = offsets.indent(node)
    if not isinstance(node.value, str) or opening is None or indent is None:
        raise NotApplicable("the prompt has no docstring")
    quote = opening.group(2)
    body = literal[opening.end() : -len(quote)]
    plain = re.sub(r"\\.", "xx", body, flags=re.DOTALL)
    if not literal.endswith(quote) or quote in plain:
        raise NotApplicable("the docstring is made of several strings")
    return Docstring(start + opening.end(), end - len(quote), body, quote, opening.group(1) in ("r", "R"), indent)


def with_body(task: CodeTask, docstring: Docstring, body: str) -> CodeTask:
    """The task with another text in the docstring's place, in prompt, reference and preludes."""
    return with_prompt(task, task.prompt[: docstring.start] + body + task.prompt[docstring.end :])


def with_prompt(task: CodeTask, prompt: str) -> CodeTask:
    """The task with another prompt; a reference that begins with the old one begins with the new one."""
    reference = task.reference
    if task.form == "completion" and reference.startswith(task.prompt):
        reference = prompt + reference[len(task.prompt) :]
    return replace(
        task,
        prompt=prompt,
        reference=reference,
        tests=tuple(_with_prelude(test, task.prompt, prompt) for test in task.tests),
        metadata={},
    )


def begins_alike(task: CodeTask, parent: CodeTask) -> bool:
    """Whether the reference still begins with the prompt, where the parent's did."""
    if parent.form != "completion" or not parent.reference.startswith(parent.prompt):
        return True
    return task.form != "completion" or task.reference.startswith(task.prompt)


def _with_prelude(test: Test, old: str, new: str) -> Test:
    """HumanEval's preludes are the prompt, which gives tests its helper functions."""
    if isinstance(test, CheckTest) and test.prelude and test.prelude in (old, runnable_prefix(old)):
        return replace(test, prelude=runnable_prefix(new) or "")
    return test
