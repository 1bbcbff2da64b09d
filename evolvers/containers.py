"""Other places for a prompt's text than the docstring: comments above the function, an instruction, and back again."""

from __future__ import annotations

import re
from dataclasses import replace

from ..benchmarks import CodeTask
from .docstrings import docstring_of, entry_node, with_prompt
from .places import Offsets
from .protocol import NotApplicable
from .specrecord import Record, described, split_examples
from .syntax import parsable_prompt, parse

_ASK = "Write a Python program that defines the function `{entry}`, which is begun here; leave nothing out of it."
_INSTRUCTION = re.compile(r"[^\n]*`(\w+)`[^\n]*\n\n```python\n(.*?)\n```\n\n(.*)\Z", re.DOTALL)


def with_comments(task: CodeTask) -> CodeTask:
    """The docstring's text as comments above the function."""
    docstring = docstring_of(task)
    source = parsable_prompt(task.prompt)
    node = entry_node(parse(source), task.entry_point)
    first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    offsets = Offsets(task.prompt)
    if first > 1 and offsets.lines[first - 2].lstrip().startswith("#"):
        raise NotApplicable("there are comments above the function already")
    above = "".join(f"# {line.rstrip()}".rstrip() + "\n" for line in docstring.text.split("\n"))
    start = task.prompt.rindex("\n", 0, docstring.start) + 1
    end = task.prompt.find("\n", docstring.end)
    rest = task.prompt[docstring.end + len(docstring.quote) : end if end >= 0 else None]
    if rest.strip() or end < 0 or node.lineno == task.prompt.count("\n", 0, docstring.start) + 1:
        raise NotApplicable("the docstring shares a line with code")
    place = offsets.line_start(first)
    prompt = task.prompt[:place] + above + task.prompt[place:start] + task.prompt[end + 1 :]
    return with_prompt(task, prompt)


def read_comments(task: CodeTask) -> Record:
    """The record of a prompt whose text stands in comments right above the function; ValueError if it does not."""
    source = parsable_prompt(task.prompt)
    node = entry_node(parse(source), task.entry_point)
    lines = source.split("\n")
    last = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)]) - 2
    text = []
    while last >= 0 and lines[last].startswith("#"):
        text.append(lines[last][2:])
        last -= 1
    return _described(source, task, "\n".join(reversed(text)))


def with_instruction(task: CodeTask) -> CodeTask:
    """A completion prompt as an instruction: the code without the text, then the text."""
    docstring = docstring_of(task)
    if "```" in task.prompt:
        raise NotApplicable("the prompt holds a code fence")
    start = docstring.start - len(docstring.quote) - (task.prompt[docstring.start - len(docstring.quote) - 1] in "rRuU")
    code = task.prompt[:start] + "..." + task.prompt[docstring.end + len(docstring.quote) :]
    text = "\n".join(line.rstrip() for line in docstring.text.split("\n"))
    ask = _ASK.format(entry=task.entry_point)
    return replace(task, form="instruct", prompt=f"{ask}\n\n```python\n{code.strip()}\n```\n\n{text}\n", metadata={})


def read_instruction(task: CodeTask) -> Record:
    """The record of such an instruction; ValueError if it is none."""
    found = _INSTRUCTION.match(task.prompt)
    if found is None or found.group(1) != task.entry_point:
        raise ValueError("no instruction with code in it")
    return _described(found.group(2), task, found.group(3))


def as_completion(task: CodeTask) -> CodeTask:
    """An instruction as a completion prompt: its text is the docstring of the reference's function."""
    tree = parse(task.reference)
    node = entry_node(tree, task.entry_point)
    before = tree.body[: tree.body.index(node)]
    if any(type(statement).__name__ not in ("Import", "ImportFrom") for statement in before):
        raise NotApplicable("the reference's own helpers would be shown")
    offsets = Offsets(task.reference)
    first = node.body[0]
    indent = offsets.indent(first)
    if indent is None or first.lineno == node.lineno:
        raise NotApplicable("the body begins in the line of its signature")
    if '"""' in task.prompt or task.prompt.rstrip().endswith(('"', "\\")):
        raise NotApplicable("the docstring cannot hold its own quotes")
    text = task.prompt.strip().replace("\\", "\\\\").split("\n")
    lines = "\n".join(f"{indent}{line}".rstrip() for line in text).lstrip()
    head = task.reference[: offsets.line_start(first.lineno)]
    prompt = f'{head}{indent}"""{lines}\n{indent}"""\n'
    reference = prompt + task.reference[len(head) :]
    return replace(task, form="completion", prompt=prompt, reference=reference, metadata={})


def _described(source: str, task: CodeTask, text: str) -> Record:
    return described(source, str(task.entry_point), *split_examples(text.strip("\n"), str(task.entry_point)))
