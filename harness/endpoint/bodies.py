"""The body of a function that a completion prompt began, with whatever indentation a server left it."""

from __future__ import annotations

from collections.abc import Iterator

from .pysource import MAX_PARSED, Parser, leaves_a_function, lines_of

_MAX_INDENTS = 3
_TAB = 4  # columns


def as_body(text: str, parser: Parser, prompt: str | None = None) -> str | None:
    """The text as the indented body of a function, or None where it is not one.

    prompt: what it is appended to, and must fit. Tolerated: a first line that lost its indentation or won a blank
    (servers strip replies), another indentation than the prompt's, and a body that was never indented but can be
    nothing else, since it returns or yields at its top level.
    """
    if len(text) > MAX_PARSED or not text.strip():
        return None
    tree = parser.parse(text)
    if tree is not None and not any(leaves_a_function(statement) for statement in tree.body):
        return None
    if prompt is None or parser.parse(f"{prompt}{_target(prompt)}pass\n") is None:
        prompt = "def _():\n"
    flush = None if tree is None else "".join("    " + line if line.strip() else line for line in lines_of(text))
    for candidate in _candidates(flush or text, _target(prompt)):
        if candidate.lstrip("\n").startswith((" ", "\t")) and parser.parse(prompt + candidate) is not None:
            return candidate
    return None


def _candidates(text: str, target: str) -> Iterator[str]:
    """The text, with its first line mended, and moved as a whole to the indentation that is wanted."""
    bare = text.lstrip("\n").lstrip(" \t")
    indents = dict.fromkeys(_indent(line) for line in lines_of(bare)[1:] if line.strip())
    mended = [indent + bare for indent in [*list(indents)[:_MAX_INDENTS], target] if indent]
    yield text
    yield from mended
    for candidate in (text, *mended):
        yield _moved(candidate, len(target.expandtabs(_TAB)))


def _moved(text: str, target: int) -> str:
    """The body with its outermost lines indented by so many blanks; what follows it at the margin stays."""
    lines = lines_of(text)
    end = next((n for n, line in enumerate(lines) if line.strip() and not _indent(line)), len(lines))
    widths = [len(_indent(line).expandtabs(_TAB)) for line in lines[:end]]
    least = min((width for width, line in zip(widths, lines, strict=False) if line.strip()), default=0)
    moved = [
        " " * (target + width - least) + line.lstrip(" \t") if line.strip() else line
        for width, line in zip(widths, lines, strict=False)
    ]
    return "".join([*moved, *lines[end:]])


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip(" \t"))]


def _target(prompt: str) -> str:
    """The indentation of the prompt's last line where it has one (of a docstring, mostly), else four blanks."""
    last = next((line for line in reversed(lines_of(prompt)) if line.strip()), "")
    return _indent(last) or "    "
