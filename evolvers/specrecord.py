"""What a prompt says, whatever the container: the lines of its description, those of its examples, and the signature.

Two prompts with the same record ask for the same thing in the same words.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass

from ..benchmarks import CodeTask
from .docstring_examples import examples_in, last_block
from .docstrings import Docstring, FunctionNode, docstring_of, entry_node
from .protocol import NotApplicable
from .sameness import canonical
from .syntax import parsable_prompt, shared

_HEADING = re.compile(r"\s*(?:for )?(?:examples?|samples?|e\.g\.|\[input/output\] samples)\s*:*\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Record:
    """text, examples: lines without indentation and without blanks at their ends. signature: of the syntax tree.

    parameters: names with their annotations as they stand in the source, "" for none; so is returns.
    """

    text: tuple[str, ...]
    examples: tuple[str, ...]
    signature: str
    parameters: tuple[tuple[str, str], ...]
    returns: str


def record_of(task: CodeTask) -> Record:
    """The record of a prompt in the plain style; NotApplicable when it has no text."""
    docstring = docstring_of(task)
    source = parsable_prompt(task.prompt) if task.form == "completion" else task.reference
    text, examples = split_examples(docstring.text, str(task.entry_point))
    return described(source, str(task.entry_point), text, examples)


def described(source: str, entry: str, text: Sequence[str], examples: Sequence[str]) -> Record:
    """A record of a function in a source, with a text and examples."""
    node = entry_node(shared(source), entry)
    arguments = node.args
    stars = [(star, mark) for star, mark in ((arguments.vararg, "*"), (arguments.kwarg, "**")) if star is not None]
    named = [(argument, "") for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
    parameters = tuple((mark + each.arg, _segment(source, each.annotation)) for each, mark in (*named, *stars))
    return Record(tidy(text), tidy(examples), signature(node), parameters, _segment(source, node.returns))


def signature(node: FunctionNode) -> str:
    """A text for name, parameters, defaults and annotations."""
    returns = canonical(node.returns) if node.returns is not None else ""
    return f"{type(node).__name__} {node.name} {canonical(node.args)} {returns}"


def split_examples(text: str, entry: str) -> tuple[list[str], list[str]]:
    """Lines of the description, and of the examples that end it; a heading between them is of the container."""
    plain = Docstring(0, len(text), text, "", True, "")
    block = last_block(plain, examples_in(plain, entry))
    lines = text.split("\n")
    if not block or text[block[-1].end :].strip():
        return lines, []
    first = text.count("\n", 0, block[0].start)
    before = len(tidy(lines[:first])) - 1
    above = lines[:before] if before >= 0 and _HEADING.fullmatch(lines[before]) else lines[:first]
    return (above, lines[first:]) if any(line.strip() for line in above) else (lines, [])


def tidy(lines: Sequence[str]) -> tuple[str, ...]:
    """Lines without blanks at their ends, and without empty ones before and after."""
    kept = [line.rstrip() for line in lines]
    while kept and not kept[0]:
        kept.pop(0)
    while kept and not kept[-1]:
        kept.pop()
    return tuple(kept)


def _segment(source: str, node: ast.expr | None) -> str:
    if node is None:
        return ""
    found = ast.get_source_segment(source, node)
    if found is None or "\n" in found:
        raise NotApplicable("an annotation goes over several lines")
    return found
