"""What a task's new text must not hold: examples (they are executed and added later), its own answer, words that are
meant for a model and not for whoever solves the task, and mention of the task that it was made of."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from ..docstring_examples import examples_in
from ..docstrings import Docstring
from ..syntax import parse, parses
from .folding import folded
from .likeness import containment_of, tokens_of
from .protocol import UnusableReply
from .speaking import speaks_of_trade

LEAK_RUN = 7
LEAK_SHARE = 0.3
_STATEMENT = re.compile(r"\s*(?:(?:async\s+)?def|class|for|while|if|with|match)\b.*:\s*(?:#.*)?$")
_EXAMPLE = re.compile(
    r"^\s*>>>|^\s*(?:for )?examples?\s*\d*\s*:?\s*$|^\s*(?:sample )?(?:in|out)puts?\s*:\s*[\[({\"'\d-]", re.I | re.M
)
# One said in prose; a text that was there before may hold it.
_TOLD = re.compile(
    r"\bfor\s+[\[({\"'\d-][^.\n]{0,60}?\b(?:result|value|answer|output)s?\s+(?:is|are|would be|equals?)\b",
    re.IGNORECASE,
)
_ADDRESSED = re.compile(
    r"<\|[a-z_]{2,40}\|>|\[/?INST\]|<</?SYS>>|</?(?:system|assistant|think)>|^\s*(?:system|assistant|human)\s*:"
    r"|\b(?:ignore|disregard|forget)\b[^.\n]{0,40}\b(?:instructions?|prompts?|rules?|the above|said (?:above|before))\b"
    r"|\bas an? (?:ai|language) (?:model|assistant)\b|\byou are (?:now )?(?:chatgpt|claude|gemini|an? (?:ai|llm))\b"
    r"|\b(?:system prompt|jailbreak|hidden tests?|test harness|unit tests?|this benchmark)\b",
    re.IGNORECASE | re.MULTILINE,
)
_PARENT = re.compile(
    r"\b(?:original|given) (?:task|problem)s?\b|\b(?:first|second|previous|parent|seed) problem\b"
    r"|\b(?:original|parent|seed|previous|first|second) (?:docstring|specification)s?\b"
    r"|\b(?:HumanEval|MBPP|EvoEval)\b|\b(?:reference|canonical) (?:solution|implementation|program)\b",
    re.IGNORECASE,
)


def check_spec(text: str, entry: str, known: str = "", field: str = "spec") -> None:
    """UnusableReply where a text is more than prose that says what is to be done. known: a text that was there before;
    what stands in it may be said again."""
    plain = Docstring(0, len(text), text, "", True, "")
    shown = _EXAMPLE.search(text) or _new(_TOLD, text, known)
    if shown is not None or examples_in(plain, entry):
        raise UnusableReply(
            f'"{field}": holds examples; say it in prose only, examples are added by running it', "examples"
        )
    seen, known_seen = folded(text), folded(known)
    addressed = _new(_ADDRESSED, seen, known_seen)
    spoken = " ".join(addressed[0].split()) if addressed else speaks_of_trade(seen, known_seen)
    if spoken:
        raise UnusableReply(
            f'"{field}": {spoken[:60]!r} speaks to or of those who solve and grade, and not of the task',
            "speaks to a model",
        )
    named = _new(_PARENT, text, known)
    if named is not None:
        raise UnusableReply(
            f'"{field}": speaks of {" ".join(named[0].split())[:60]!r}; it must be understood by itself',
            "not by itself",
        )


def _new(pattern: re.Pattern[str], text: str, known: str) -> re.Match[str] | None:
    said = " ".join(known.lower().split())
    return next((each for each in pattern.finditer(text) if " ".join(each[0].lower().split()) not in said), None)


def check_leak(text: str, programs: Iterable[str], field: str = "spec") -> None:
    """UnusableReply where a text gives away the program that is asked for."""
    if any(leaked_share(text, program) >= LEAK_SHARE for program in programs):
        raise UnusableReply(
            f'"{field}": holds the code of its own answer; say what is done, not how', "gives the answer"
        )
    if _code_in(text):
        raise UnusableReply(f'"{field}": holds code; say in prose what is done', "gives the answer")
    for block in re.findall(r"`{3,}[^\n]*\n(.*?)`{3,}", text, re.DOTALL):
        if re.search(r"^\s*(?:def|return|for|while)\b.*$", block, re.MULTILINE):
            raise UnusableReply(f'"{field}": holds code; say in prose what is done', "gives the answer")


def _code_in(text: str) -> bool:
    """Whether a statement of Python stands in a text with a body below it: prose does not parse."""
    lines = text.expandtabs(4).split("\n")
    return any(parses(_with_body(lines[place:])) for place, line in enumerate(lines) if _STATEMENT.match(line))


def _with_body(lines: Sequence[str]) -> str:
    """The first line, and those below it that are further in."""
    deep = _depth(lines[0])
    end = next((n for n, each in enumerate(lines) if n and each.strip() and _depth(each) <= deep), len(lines))
    return "\n".join(each[deep:] for each in lines[:end])


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip())


def leaked_share(text: str, program: str) -> float:
    """The share of a program's runs of tokens (docstrings and signatures left out) that a text holds as well."""
    return containment_of(_body_tokens(program), tokens_of(text), LEAK_RUN)


@lru_cache(maxsize=1024)
def _body_tokens(program: str) -> tuple[str, ...]:
    try:
        tree = parse(program)
    except SyntaxError:
        return tuple(tokens_of(program))
    parts: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            parts += [
                ast.get_source_segment(program, each) or ""
                for each in node.body
                if not (isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant))
            ]
    return tuple(tokens_of("\n".join(parts)))
