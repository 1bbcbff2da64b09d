"""HumanEval rows: a code prefix, a body that completes it, and an assert-style test. Read and written back.

Fields: ``task_id, prompt, entry_point, canonical_solution, test``; a program is ``prompt + canonical_solution + "\\n"
+ test + "\\ncheck(entry_point)"`` (openai/human-eval). Other fields (ReCode's ``partial``, ...) are kept.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..errors import BadInput
from ..task import CheckTest, CodeTask
from .check_source import check_program
from .rows import Row, in_source_order, kept_fields, rows_of
from .source import has_future_import, parse, runnable_prefix

FORMAT = "humaneval"
FIELDS = ("task_id", "prompt", "entry_point", "canonical_solution", "test")


def read_row(row: Row) -> CodeTask:
    """One task of a HumanEval file."""
    task_id, prompt = row.text("task_id"), row.text("prompt")
    return CodeTask(
        id=task_id,
        prompt=prompt,
        entry_point=row.name("entry_point"),
        reference=prompt + row.text("canonical_solution"),
        # A prompt that is no module even with a body (a broken one) can give the test no names.
        tests=(CheckTest(program=row.text("test"), prelude=runnable_prefix(prompt) or ""),),
        metadata=row.metadata(FORMAT, task_id, FIELDS),
    )


def write_rows(tasks: Iterable[CodeTask]) -> list[dict[str, Any]]:
    """HumanEval rows of tasks; BadInput that names the tasks that the format cannot hold."""
    return rows_of(tasks, _row, FORMAT)


def _row(task: CodeTask) -> dict[str, Any]:
    prompt, completion = split_reference(task)
    row = {
        "task_id": task.id,
        "prompt": prompt,
        "entry_point": task.entry_point,
        "canonical_solution": completion,
        "test": check_program(task),
    }
    return in_source_order(task, {**row, **kept_fields(task, FORMAT)})


def split_reference(task: CodeTask) -> tuple[str, str]:
    """A prompt and a completion whose concatenation is a program that defines what the reference defines.

    A reference that does not begin with the prompt follows it as a whole: it then redefines what the prompt began.
    BadInput if no such pair exists.
    """
    if task.form == "completion" and task.reference.startswith(task.prompt):
        return task.prompt, task.reference[len(task.prompt) :]
    if not task.reference.strip():
        raise BadInput("it has no reference")
    if has_future_import(task.reference):
        raise BadInput("its reference has a __future__ import, which cannot follow the prompt")
    if task.form == "instruct":
        prompt = task.prompt if parse(task.prompt) is not None else _commented(task.prompt)
        stub = ""
    else:
        prompt = task.prompt
        whole = runnable_prefix(prompt)
        if whole is None:
            raise BadInput("its prompt is not the beginning of a Python program")
        stub = whole[len(prompt) :]
    completion = f"{stub}\n\n{task.reference}"
    if parse(prompt + completion) is None:
        raise BadInput("its reference is not valid Python")
    return prompt, completion


def _commented(prose: str) -> str:
    return "".join(f"# {line}".rstrip() + "\n" for line in prose.splitlines())
