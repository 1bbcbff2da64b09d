"""The code in a model's reply.

The whole program is kept: nothing that the model wrote around the asked function is pruned, because helper functions,
imports and settings belong to the answer. What cannot be parsed is still returned, so that scoring says ``error`` and
not ``no_answer``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from textwrap import dedent
from typing import Literal

from ...benchmarks import CodeTask
from ...benchmarks.task import Form
from .api import Reply
from .blocks import Block, fenced_blocks, inline_blocks, opens_a_block, typed_in, unquoted
from .bodies import as_body
from .literal_answer import literal_in
from .pysource import MAX_PARSED, Parser, bound_by_prompt, lines_of
from .reasoning import split_reasoning

NOT_CLOSED = "reasoning not closed"
TRUNCATED = "reasoning truncated"
_EMPTY = {
    "length": "empty reply, cut at the token limit",
    "content_filter": "withheld by a content filter",
    "tool_calls": "a tool call instead of a text",
}
_TOKEN = re.compile(r"(?:</s>|<[|｜][^<>\n]{1,40}[|｜]>)\Z")
_MAX_TOKEN = 44  # characters
_MAX_TOKENS = 8
_MAX_HELPERS = 50
_NEARLY = 2 / 3
_ORDINARY = ("python", "py", "python3", "")
_BLANKS = ("", " ", "\t", "\n")


@dataclass(frozen=True, slots=True)
class Extracted:
    """The code found: ``append`` it to the prompt or let it stand ``alone``; "" with the reason where there is none."""

    code: str
    assembly: Literal["append", "alone"]
    reason: str = ""


def extract_reply(reply: Reply, task: CodeTask) -> Extracted:
    """The code in a reply to a task; where there is none, the reason says what became of the tokens."""
    if not reply.text.strip():
        cut = reply.finish_reason == "length"
        thought = (TRUNCATED if cut else "reasoning without an answer") if reply.reasoning else None
        return Extracted("", "alone", thought or _EMPTY.get(reply.finish_reason or "", "empty reply"))
    found = extract(
        reply.text, form=task.form, entry_point=task.entry_point, prompt=task.prompt, literal=task.wants_literal
    )
    if found.reason == NOT_CLOSED and reply.finish_reason == "length":
        return replace(found, reason=TRUNCATED)
    return found


def extract(
    text: str, *, form: Form, entry_point: str | None, prompt: str | None = None, literal: bool = False
) -> Extracted:
    """Find the code in a reply.

    form: the task's; only the answer to a ``completion`` task can be a body that continues its prompt.
    entry_point: the function that was asked for; None for a program that reads stdin, where any program will do.
    prompt: the task's own. A program that leaves out an import or a helper of a completion prompt is appended to it.
    literal: whether a value was asked for; its text is then what is found.
    """
    split = split_reasoning(text)
    if not split.closed:
        return Extracted("", "alone", NOT_CLOSED)
    answer = _without_special_tokens(split.answer.replace("\r\n", "\n").replace("\r", "\n"))
    if not answer.strip():
        return Extracted("", "alone", "empty reply")
    if literal:
        return Extracted(literal_in(answer), "alone")
    return _Search(form, entry_point, prompt if form == "completion" else None).find(answer)


def _without_special_tokens(text: str) -> str:
    """The text without ``<|im_end|>``, ``</s>`` and their like at its end, which raw completions may show."""
    for _ in range(_MAX_TOKENS):
        end = len(text.rstrip())
        token = _TOKEN.search(text, max(0, end - _MAX_TOKEN), end)
        if token is None:
            break
        text = text[: token.start()]
    return text


def _stands_alone(answer: str, first: int, start: int, end: int) -> bool:
    """Whether the fences at ``first`` and ``end`` are all that there are, and ordinary ones."""
    closing = answer.find("\n", end)
    return (
        (first == 0 or answer[first - 1] == "\n")
        and answer[first + 3 : start].strip().lower() in _ORDINARY
        and not answer[end + 3 : closing if closing >= 0 else len(answer)].strip()
        and answer.count("```") == 2
        and "~~~" not in answer
    )


class _Search:
    def __init__(self, form: Form, entry_point: str | None, prompt: str | None) -> None:
        self._entry_point = entry_point
        self._may_continue = form == "completion" and entry_point is not None
        self._prompt = prompt
        self._parser = Parser()

    def find(self, answer: str) -> Extracted:
        """The code in an answer. Most hold one block and nothing doubtful: these cost a third of a whole search."""
        return self._in_the_one_block(answer) or self.search(answer)

    def _in_the_one_block(self, answer: str) -> Extracted | None:
        """What ``search`` finds where two fences stand at the beginning of lines, and the program between them."""
        first = answer.find("```")
        start = answer.find("\n", first) + 1
        end = answer.find("\n```", start - 1) + 1
        if (
            self._entry_point is None
            or first < 0
            or not start
            or not end
            or not _stands_alone(answer, first, start, end)
        ):
            return None
        code = answer[start:end]
        if code[:1] in _BLANKS or not self._is_program(code):
            return None
        return self._standing(code)

    def search(self, answer: str) -> Extracted:
        """The code in any answer."""
        blocks = fenced_blocks(answer, self._parser)
        if not self._any_program(blocks):
            blocks = self._unwrapped(blocks, answer)
        if not self._is_in_one(blocks):
            continued = self._leading_body(answer)
            if continued is not None:
                return Extracted(continued, "append")
            prefilled = self._before_a_closing_fence(answer)
            if prefilled is not None:
                return prefilled
        if not blocks:
            return self._from_plain(answer)
        blocks = [self._dedented(block) for block in blocks if block.code.strip()]
        return self._from_blocks(blocks) if blocks else Extracted("", "alone", "empty code block")

    def _any_program(self, blocks: list[Block]) -> bool:
        return any(block.code.strip() and self._is_program(dedent(block.code)) for block in blocks)

    def _unwrapped(self, blocks: list[Block], answer: str) -> list[Block]:
        """The blocks in a block quote, or what was typed in a transcript, where these and no others are programs."""
        plain = unquoted(answer)
        inner = [] if plain is None else fenced_blocks(plain, self._parser)
        if self._any_program(inner):
            return inner
        typed = [replace(block, code=self._typed(block.code) or block.code) for block in blocks]
        return typed if self._any_program(typed) else blocks

    def _typed(self, text: str) -> str | None:
        """The program that a transcript shows; what reads stdin must be one from its first line."""
        if ">>>" not in text or (self._entry_point is None and not text.lstrip().startswith(">>>")):
            return None
        typed = typed_in(text)
        return typed if typed.strip() and self._is_program(typed) else None

    def _defines(self, code: str) -> bool:
        return self._entry_point is not None and self._parser.defines(code, self._entry_point)

    def _is_program(self, code: str) -> bool:
        return self._parser.parse(code) is not None and (self._entry_point is None or self._defines(code))

    def _begins_the_function(self, text: str) -> bool:
        head = rf"\s*(?:(?:async[ \t]+)?def|class)[ \t]+{re.escape(self._entry_point or '')}\b"
        return re.match(head, text) is not None

    def _is_in_one(self, blocks: list[Block]) -> bool:
        """Whether a block holds the function: one indented word before it is no body."""
        return any(self._defines(block.code) and self._is_program(block.code) for block in blocks)

    def _leading_body(self, answer: str) -> str | None:
        """The body in a reply that begins by continuing the prompt, up to the first fence if a fence follows it."""
        if not self._may_continue or not answer.lstrip("\n").startswith((" ", "\t")):
            return None
        head = answer
        if "```" in answer or "~~~" in answer:
            lines = lines_of(answer)
            end = next((n for n, line in enumerate(lines) if opens_a_block(line)), len(lines))
            head = "".join(lines[:end])
        if self._begins_the_function(head):
            return None  # a whole program behind a blank
        for text in dict.fromkeys((head, head.partition("```")[0])):
            body = as_body(text, self._parser, self._prompt)
            if body is not None:
                return body
        return None

    def _before_a_closing_fence(self, answer: str) -> Extracted | None:
        """The code in a reply to a prompt that ended in an opening fence: it begins at once, and a fence ends it."""
        if self._entry_point is None or "```" not in answer:
            return None
        lines = lines_of(answer)
        end = next((n for n, line in enumerate(lines) if opens_a_block(line)), len(lines))
        head = "".join(lines[:end])
        if end == len(lines) or lines[end].strip().strip("`") or not head.strip():
            return None  # no fence, or one that opens a block
        if self._is_program(head):
            return self._standing(head)
        if not self._may_continue or self._begins_the_function(head):
            return None
        body = as_body(head, self._parser, self._prompt)
        return None if body is None else Extracted(body, "append")

    def _dedented(self, block: Block) -> Block:
        if block.code[0] not in " \t" or len(block.code) > MAX_PARSED:
            return block
        code = dedent(block.code)
        return replace(block, code=code) if self._is_program(code) and self._defines(code) else block

    def _from_blocks(self, blocks: list[Block]) -> Extracted:
        if self._entry_point is not None:
            named = [block for block in blocks if self._defines(block.code)]
            if named:
                return self._whole(self._best(named), blocks)
        if self._may_continue:
            bodies = {block: as_body(block.code, self._parser, self._prompt) for block in blocks}
            fitting = [block for block in blocks if bodies[block] is not None]
            if fitting:
                return Extracted(bodies[self._best(fitting)] or "", "append")
        return self._whole(self._best(blocks), blocks)

    def _best(self, blocks: list[Block]) -> Block:
        """Valid Python first, then tagged as Python, then the longest, or a later one about as long: a correction."""
        ranks = [(self._parser.parse(block.code) is not None, block.is_python) for block in blocks]
        best = [block for block, rank in zip(blocks, ranks, strict=True) if rank == max(ranks)]
        enough = _NEARLY * max(len(block.code) for block in best)
        return next(block for block in reversed(best) if len(block.code) >= enough)

    def _whole(self, chosen: Block, blocks: list[Block]) -> Extracted:
        """The program of a block, with those blocks before it that hold what it lacks."""
        code = chosen.code
        if not chosen.closed and self._parser.parse(code) is None:
            program = self._parser.longest_program(code)  # prose may follow a block that was never closed
            code = program if program is not None and self._is_program(program) else code
        if len(blocks) == 1:
            return self._standing(code)
        lacking = self._parser.lacking(code)
        helpers: list[Block] = []
        others = [block for block in blocks[-_MAX_HELPERS:] if block != chosen] if lacking else []
        for block in reversed(others):
            if self._parser.bound(block.code) & lacking and not self._defines(block.code):
                helpers.insert(0, block)
                lacking = (lacking - self._parser.bound(block.code)) | self._parser.lacking(block.code)
        if helpers:
            code = "\n\n".join([*(block.code.rstrip("\n") for block in helpers), code])
        return self._standing(code)

    def _standing(self, code: str) -> Extracted:
        """A whole program, appended where it needs what the prompt gives."""
        if self._may_continue and self._prompt is not None and "from __future__" not in code:
            given = bound_by_prompt(self._prompt) - {self._entry_point}
            if given and given & self._parser.lacking(code):
                for appended in (code, f"\n{code}", f"    pass\n\n\n{code}"):
                    if self._parser.parse(self._prompt + appended) is not None:
                        return Extracted(appended, "append")
        return Extracted(code, "alone")

    def _from_plain(self, answer: str) -> Extracted:
        for text in dict.fromkeys((answer, answer.strip())):
            if self._is_program(text):
                return self._standing(text)
        if self._may_continue and not self._begins_the_function(answer):
            body = as_body(answer, self._parser, self._prompt)
            if body is not None:
                return Extracted(body, "append")
        inline = [block for block in inline_blocks(answer) if self._is_program(block.code.strip())]
        if inline:
            return self._whole(self._best(inline), inline)
        program = self._parser.longest_program(answer)
        if program is not None and self._is_program(program):
            return self._standing(program)
        bare = answer.strip()
        quoted = bare[1:-1].strip() if bare.count("`") == 2 and bare[0] == bare[-1] == "`" else ""
        if quoted and self._is_program(quoted):
            return self._standing(quoted)
        typed = self._typed(answer)
        if typed is not None:
            return self._standing(typed)
        continues = self._may_continue and answer.lstrip("\n").startswith((" ", "\t"))
        return Extracted(answer, "append" if continues else "alone")
