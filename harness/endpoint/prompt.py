"""How a task is put to a model: one wording for each kind of task, versioned, because one word changes the numbers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal

from ...benchmarks import CodeTask
from ...benchmarks.jsonio import digest

PROMPT_VERSION = 2
EndpointForm = Literal["chat", "completions"]

COMPLETE_FUNCTION = """\
Complete the Python function below. Reply with one Python code block that holds the whole program: the imports and \
helper definitions that are given, and the finished function `{entry_point}` with its signature unchanged. Leave out \
tests, examples and explanations.

{fence}python
{prompt}
{fence}
"""
WRITE_FUNCTION = """\
Solve the task below in Python. Reply with one Python code block that holds the whole program, imports included, and \
that defines `{entry_point}` at its top level. Leave out tests, examples and explanations.

{prompt}
"""
WRITE_PROGRAM = """\
Solve the task below with a Python program that reads its input from standard input and prints its answer to standard \
output. Reply with one Python code block that holds the whole program. Leave out tests, examples and explanations.

{prompt}
"""
WRITE_LITERAL = """\
Answer the question below. Reply with one Python code block that holds nothing but the value, as a Python literal. \
Leave out assignments, calls, tests and explanations.

{prompt}
"""
STOPS = ("\ndef ", "\nclass ", "\nif __name__", "\nprint(")
"""Where the continuation of a function ends. Four, since servers take no more."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """What the model is given: the text of the user message, or the text to continue, up to a stop sequence.

    system: the text of a message before it; a text to continue has none.
    """

    text: str
    stop: tuple[str, ...] = ()
    system: str | None = None

    def fields(self, form: EndpointForm) -> dict[str, Any]:
        """The fields of the request that hold it."""
        if form == "completions":
            fields: dict[str, Any] = {"prompt": self.text}
        else:
            system = [] if self.system is None else [{"role": "system", "content": self.system}]
            fields = {"messages": [*system, {"role": "user", "content": self.text}]}
        return {**fields, "stop": list(self.stop)} if self.stop else fields


def build_prompt(task: CodeTask, form: EndpointForm) -> Prompt:
    """The task as it is asked where nothing else is wanted.

    ``completions`` gives the task's own prompt to continue, which suits base models and completion tasks. ``chat``
    wraps it in an instruction and sets no stop sequences: they would cut a reply inside its reasoning.
    """
    return instruct(task) if form == "chat" else completion(task)


def completion(task: CodeTask) -> Prompt:
    """The task's own prompt, and where the continuation of a function ends."""
    return Prompt(task.prompt, STOPS if task.form == "completion" and task.entry_point is not None else ())


def instruct(task: CodeTask) -> Prompt:
    """The task's prompt in an instruction that says what to reply."""
    prompt = task.prompt.strip("\n")
    if task.wants_literal:
        return Prompt(WRITE_LITERAL.format(prompt=prompt))
    if task.entry_point is None:
        return Prompt(WRITE_PROGRAM.format(prompt=prompt))
    wording = COMPLETE_FUNCTION if task.form == "completion" else WRITE_FUNCTION
    return Prompt(wording.format(prompt=prompt, entry_point=task.entry_point, fence=fence_for(prompt)))


def fence_for(text: str) -> str:
    """A code fence that the text cannot close."""
    return "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))


def prompt_digest() -> str:
    """SHA-256 of every wording and stop sequence; a run's manifest holds it."""
    return digest([PROMPT_VERSION, COMPLETE_FUNCTION, WRITE_FUNCTION, WRITE_PROGRAM, WRITE_LITERAL, list(STOPS)])
