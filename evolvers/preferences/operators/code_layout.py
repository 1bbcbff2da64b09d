"""Code layout: comments come or go, blank lines and indentation change, in all programs alike.

Preserving: every program parses to the same syntax tree, and where the label's proof runs programs, it runs these.
"""

from __future__ import annotations

import ast
import io
import random
import re
import tokenize
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ....benchmarks.parsing import parse_module
from ....benchmarks.preference import PreferenceTask
from ..insertions import with_texts
from ..programs_in import placed_programs, same_around
from ..protocol import Gate, Kind, NotApplicable, PreferenceCandidate

COMMENTS = (
    "next step", "go on from here", "and then", "this part comes next", "one thing after the other",
    "the following lines", "continue", "here we go", "now this", "a few more lines",
)  # fmt: skip
_KEPT = re.compile(r"#!|#\s*(?:type:|noqa|nosec|pragma|-\*-|coding[:=])")
_SHARE = 0.4


@dataclass(frozen=True, slots=True)
class CodeLayout:
    """See the module's docstring."""

    name: str = "code_layout"
    version: str = "1"
    kind: Kind = "preserving"

    def describe(self) -> str:
        """One line for people."""
        return "comments, blank lines and indentation of all programs changed alike"

    def propose(self, task: PreferenceTask, rng: random.Random) -> list[PreferenceCandidate]:
        """One candidate for each change that does something to every program (comments go from those that have any)."""
        programs = placed_programs(task)
        found = []
        for mode in rng.sample(sorted(_MODES), len(_MODES)):
            try:
                new = {name: _MODES[mode](placed.program, rng) for name, placed in programs.items()}
            except (SyntaxError, tokenize.TokenError, ValueError):
                continue
            changed = [name for name in new if new[name] != programs[name].program]
            if len(changed) == len(new) or (changed and mode == "without_comments"):
                texts = {name: programs[name].text_with(new[name]) for name in new}
                found.append(PreferenceCandidate(with_texts(task, texts, self.name), (task,), {"mode": mode}))
        if not found:
            raise NotApplicable("no change of layout fits all programs")
        return found

    def prove(
        self, task: PreferenceTask, parents: Sequence[PreferenceTask], parameters: Mapping[str, Any]
    ) -> tuple[Gate, ...]:
        """Static proof: the same syntax trees, and the same text around the programs."""
        (parent,) = parents
        new, old = placed_programs(task), placed_programs(parent)
        same = task.messages == parent.messages and list(new) == list(old)
        same = same and all(same_around(new[name], old[name]) for name in old)
        trees = same and all(_tree(new[name].program) == _tree(old[name].program) for name in old)
        changed = sum(new[name].program != old[name].program for name in old) if same else 0
        return (Gate("same_tree", trees and changed > 0, {"changed": changed}), Gate("same_around", same))


def _tree(program: str) -> str:
    return ast.dump(parse_module(program))


def _without_comments(program: str, rng: random.Random) -> str:
    """Comments that no tool reads are taken out, with their lines where nothing else stands there."""
    lines = program.split("\n")
    for token in reversed(list(tokenize.generate_tokens(io.StringIO(program).readline))):
        if token.type == tokenize.COMMENT and not _KEPT.match(token.string):
            row, column = token.start
            rest = lines[row - 1][:column].rstrip()
            lines[row - 1 : row] = [rest] if rest else []
    return "\n".join(lines)


def _with_comments(program: str, rng: random.Random) -> str:
    """Comments that say nothing before some statements."""
    places = sorted({node.lineno for node in ast.walk(parse_module(program)) if isinstance(node, ast.stmt)} - {1})
    lines = program.split("\n")
    for row in sorted(rng.sample(places, round(_SHARE * len(places))), reverse=True):
        indent = re.match(r"[ \t]*", lines[row - 1])
        lines.insert(row - 1, f"{indent.group() if indent else ''}# {rng.choice(COMMENTS)}")
    return "\n".join(lines)


def _airy(program: str, rng: random.Random) -> str:
    """A blank line after the first line of every function, and before every return."""
    statements = [node for node in ast.walk(parse_module(program)) if isinstance(node, ast.Return)]
    lines = program.split("\n")
    for row in sorted({node.lineno for node in statements}, reverse=True):
        if row > 1 and lines[row - 1].lstrip().startswith("return") and lines[row - 2].strip():
            lines.insert(row - 1, "")
    return "\n".join(lines)


def _narrow(program: str, rng: random.Random) -> str:
    """Two blanks for each level of indentation instead of four; lines within brackets and texts stay."""
    tokens = list(tokenize.generate_tokens(io.StringIO(program + "\n").readline))
    lines, level, fresh = program.split("\n"), 0, True
    for token in tokens:
        if token.type == tokenize.INDENT:
            level += 1
        elif token.type == tokenize.DEDENT:
            level -= 1
        elif token.type == tokenize.NEWLINE:
            fresh = True
        elif token.type in (tokenize.COMMENT, tokenize.NL, tokenize.ENDMARKER):
            continue
        elif fresh:
            row = token.start[0] - 1
            lines[row] = "  " * level + lines[row].lstrip(" \t")
            fresh = False
    return "\n".join(lines)


_MODES: Mapping[str, Callable[[str, random.Random], str]] = {
    "without_comments": _without_comments,
    "with_comments": _with_comments,
    "airy": _airy,
    "narrow": _narrow,
}
