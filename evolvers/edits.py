"""Renaming in source text: identifiers by their positions in the syntax tree, mentions in docstrings and comments
by context.

The layout of the source is kept; only the spans of names change.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from .positions import CannotEdit, Placed, Positions, Span, spliced
from .syntax import nodes_of

KeywordRule = Callable[[ast.Call, str], bool]
_DOCTEST_LINE = re.compile(r"^([ \t]*(?:>>>|\.\.\.) )(.*)$", re.MULTILINE)
_WORD = re.compile(r"\w+")
_HEAD = re.compile(r"(?:async[ \t]+)?def[ \t]+(\w+)")
FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
_ANNOUNCED = re.compile(r"\b(?:function|method|named|called|routine|helper) [`'\"]?$", re.IGNORECASE)


def never(call: ast.Call, keyword: str) -> bool:
    """The keyword rule for programs whose keywords all belong to somebody else."""
    return False


def renamed_program(
    source: str,
    names: Mapping[str, str],
    mentions: Mapping[str, str],
    keyword_rule: KeywordRule = never,
    identifiers: Collection[str] | None = None,
) -> str:
    """A program with the identifiers ``names`` replaced in code and ``mentions`` in docstrings and comments.

    ``keyword_rule`` says whether a keyword at a call names a parameter of this program; ``identifiers`` limits what
    is replaced elsewhere than at such keywords. Raises SyntaxError when the source does not parse and CannotEdit
    when a position does not show the name that it should.
    """
    parts = _parts_of(source)
    variables = names if identifiers is None else {name: names[name] for name in identifiers if name in names}
    spans = {*_identifier_spans(parts, variables), *_keyword_spans(parts, names, keyword_rule)}
    edits = [(start, end, names[name]) for start, end, name in spans]
    for start, end in parts.texts if mentions else ():
        text = source[start:end]
        changed = renamed_text(text, mentions)
        if changed != text:
            edits.append((start, end, changed))
    return spliced(source, edits)


def renamed_text(text: str, mentions: Mapping[str, str]) -> str:
    """Prose with whole-word mentions replaced; doctest lines are read as code.

    A name that no English word could be (``has_close``, ``fib4``, ``minPath``) is replaced wherever it stands as a
    whole word. A plain word (``add``, ``f``) is a mention only where it is called, stands in backticks, or is
    announced ("the function f").
    """
    if not mentions:
        return text
    parts, position = [], 0
    for line in _DOCTEST_LINE.finditer(text):
        code = _renamed_line(line.group(2), mentions)
        if code is not None:
            parts.append(_renamed_prose(text[position : line.start(2)], mentions))
            parts.append(code)
            position = line.end(2)
    parts.append(_renamed_prose(text[position:], mentions))
    return "".join(parts)


def code_like(name: str) -> bool:
    """Whether a name cannot be an ordinary word of a sentence."""
    return "_" in name or any(letter.isdigit() for letter in name) or not (name.islower() or name.istitle())


def _renamed_prose(text: str, mentions: Mapping[str, str]) -> str:
    def replaced(match: re.Match[str]) -> str:
        name = match.group()
        if name not in mentions:
            return name
        before, after = text[max(0, match.start() - 24) : match.start()], text[match.end() : match.end() + 1]
        called = after == "(" or (before.endswith("`") and after == "`")
        return mentions[name] if code_like(name) or called or _ANNOUNCED.search(before) else name

    # To make a pattern of these very names takes longer than to look at every word.
    return _WORD.sub(replaced, text) if any(name in text for name in mentions) else text


def _renamed_line(code: str, mentions: Mapping[str, str]) -> str | None:
    try:
        # An example may pass a parameter by keyword; in a prompt every keyword that is a mention is the function's own.
        return renamed_program(code, mentions, {}, lambda call, keyword: keyword in mentions)
    except (SyntaxError, CannotEdit, ValueError):
        return None


def _tokens(source: str) -> list[tokenize.TokenInfo]:
    try:
        return list(tokenize.generate_tokens(io.StringIO(source, newline="").readline))
    except tokenize.TokenError as error:
        raise CannotEdit("the source cannot be split into tokens") from error


@dataclass
class _Parts:
    """What a source is made of, as far as renaming goes; worked out once, because many programs are made from one.

    named: every node that binds or reads a name, by name. calls: the calls with keywords. texts: spans of comments and
    of strings that are statements (docstrings, wherever they stand).
    """

    source: str
    lines: Positions
    named: Mapping[str, Sequence[ast.AST]]
    calls: Sequence[ast.Call]
    texts: Sequence[tuple[int, int]]
    known_tokens: list[tokenize.TokenInfo] | None

    @property
    def tokens(self) -> Sequence[tokenize.TokenInfo]:
        """The tokens, split when they are first needed: it takes long."""
        if self.known_tokens is None:
            self.known_tokens = _tokens(self.source)
        return self.known_tokens


@lru_cache(maxsize=2048)
def _parts_of(source: str) -> _Parts:
    lines, nodes = Positions(source), nodes_of(source)
    tokens = _tokens(source) if "#" in source else None
    named: dict[str, list[ast.AST]] = {}
    calls = []
    comments = [token for token in tokens or () if token.type == tokenize.COMMENT]
    texts = [(lines.of_token(token.start), lines.of_token(token.end)) for token in comments]
    for node in nodes:
        for name in _names_of(node):
            named.setdefault(name, []).append(node)
        if isinstance(node, ast.Call) and node.keywords:
            calls.append(node)
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            texts.append((lines.start(node), lines.end(node.value)))
    return _Parts(source, lines, named, calls, texts, tokens)


def _names_of(node: ast.AST) -> Sequence[str]:
    """The names that a node itself binds or reads."""
    if isinstance(node, ast.Name):
        return (node.id,)
    if isinstance(node, ast.arg):
        return (node.arg,)
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return (node.name,)
    if isinstance(node, ast.ExceptHandler):
        return (node.name,) if node.name else ()
    if isinstance(node, ast.alias):
        return (node.asname,) if node.asname else ()
    return tuple(dict.fromkeys(node.names)) if isinstance(node, (ast.Global, ast.Nonlocal)) else ()


def _identifier_spans(parts: _Parts, names: Mapping[str, str]) -> Iterator[Span]:
    lines = parts.lines
    for name in names:
        for node in parts.named.get(name, ()):
            if isinstance(node, (ast.Name, ast.arg)):
                yield lines.span(lines.of_node(node.lineno, node.col_offset), name)
            elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                yield _defined(node, name, parts)
            elif isinstance(node, ast.ExceptHandler):
                yield _after(node.type or node, "as", name, parts.tokens, lines)
            elif isinstance(node, ast.alias):
                yield _after(node, "as", name, parts.tokens, lines)
            elif isinstance(node, (ast.Global, ast.Nonlocal)):
                yield from _in_statement(node, parts.tokens, lines, name)


def _keyword_spans(parts: _Parts, names: Mapping[str, str], keyword_rule: KeywordRule) -> Iterator[Span]:
    lines = parts.lines
    for node in parts.calls:
        for keyword in node.keywords:
            if keyword.arg is not None and keyword.arg in names and keyword_rule(node, keyword.arg):
                yield lines.span(lines.of_node(keyword.lineno, keyword.col_offset), keyword.arg)


def _defined(node: FunctionNode, name: str, parts: _Parts) -> Span:
    """The name in a definition's head."""
    found = _HEAD.match(parts.source, parts.lines.start(node))
    if found is not None and found.group(1) == name:
        return parts.lines.span(found.start(1), name)
    return _after(node, "def", name, parts.tokens, parts.lines)  # a line break or a comment stands in the head


def _after(
    node: Placed,
    word: str,
    name: str,
    tokens: Sequence[tokenize.TokenInfo],
    lines: Positions,
) -> Span:
    """The name token that follows the first ``word`` token from the node's place on."""
    start = lines.start(node)
    inside = [token for token in tokens if token.type == tokenize.NAME and lines.of_token(token.start) >= start]
    for first, second in pairwise(inside):
        if first.string == word and second.string == name:
            return lines.span(lines.of_token(second.start), name)
    raise CannotEdit(f"no name after {word!r}")


def _in_statement(
    node: ast.Global | ast.Nonlocal, tokens: Sequence[tokenize.TokenInfo], lines: Positions, name: str
) -> Iterator[Span]:
    start, end = lines.start(node), lines.end(node)
    for token in tokens:
        place = lines.of_token(token.start)
        if token.type == tokenize.NAME and start <= place < end and token.string == name:
            yield lines.span(place, token.string)
