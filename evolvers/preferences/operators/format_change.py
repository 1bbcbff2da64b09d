"""Format change: the same words in other clothes, for all responses alike.

Preserving: marks of Markdown come or go, and what is left when all of them are taken away is what it was. Code is never
touched but for the fence around it.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ....benchmarks.preference import PreferenceTask
from ..insertions import with_texts
from ..protocol import Gate, Kind, NotApplicable, PreferenceCandidate
from ..shapes import shape_of
from ..standing import require_free_form

_FENCE = re.compile(r"^[ ]{0,3}(```|~~~)[ \t]*(\w*)[ \t]*$")
_HEADING = re.compile(r"^[ ]{0,3}#{1,6}[ ]+(?=\S)")
_BULLET = re.compile(r"^[ ]*[-*+\u2022][ ]+(?=\S)")
_BOLD = re.compile(r"\*\*(?=\S)([^*\n]+?)(?<=\S)\*\*")
_ANY_MARK = re.compile(
    r"^[ ]{0,3}#{1,6}[ ]|^[ ]*(?:[-*+\u2022]|\d+[.)])[ ]|\*\*|^[ ]{0,3}(?:```|~~~)|^[ ]*[|>]", re.MULTILINE
)
_SENTENCE = re.compile(r"(?<=[a-z)][.!?])[ ]+(?=[A-Z])")
_BOLD_WORDS = 3


@dataclass(frozen=True, slots=True)
class FormatChange:
    """See the module's docstring."""

    name: str = "format_change"
    version: str = "1"
    kind: Kind = "preserving"

    def describe(self) -> str:
        """One line for people."""
        return "the same words with or without marks of Markdown, all responses alike"

    def propose(self, task: PreferenceTask, rng: random.Random) -> list[PreferenceCandidate]:
        """One candidate for each change that does something to some response, in drawn order."""
        require_free_form(task)
        found = []
        for mode in rng.sample(sorted(_MODES), len(_MODES)):
            texts = {response.id: _MODES[mode](response.text) for response in task.responses}
            changed = [response.id for response in task.responses if texts[response.id] != response.text]
            whole = mode == "plain" or len(changed) == len(texts)  # what puts marks in does so everywhere, or nowhere
            if changed and whole:
                found.append(PreferenceCandidate(with_texts(task, texts, self.name), (task,), {"mode": mode}))
        if not found:
            raise NotApplicable("no change of format fits all responses")
        return found

    def prove(
        self, task: PreferenceTask, parents: Sequence[PreferenceTask], parameters: Mapping[str, Any]
    ) -> tuple[Gate, ...]:
        """Static proof: without all marks, every response says what its parent's says; the conversation is the same."""
        (parent,) = parents
        pairs = list(zip(task.responses, parent.responses, strict=False))
        same = len(task.responses) == len(parent.responses) and task.messages == parent.messages
        same = same and all(new.id == old.id and stripped(new.text) == stripped(old.text) for new, old in pairs)
        changed = sum(new.text != old.text for new, old in pairs)
        return (Gate("same_without_format", same and changed > 0, {"changed": changed}),)


def stripped(text: str) -> list[tuple[str, str]]:
    """A text without marks: (language, code as it is) for programs, and ("words", ...) for what stands between them."""
    if not any(_FENCE.match(line) for line in text.split("\n")) and shape_of(text) == "program":
        return [("code in python", text.strip("\n"))]
    parts: list[tuple[str, str]] = []
    for language, lines in _segments(text):
        if language is not None:
            parts.append((f"code in {language.lower() or 'python'}", "\n".join(lines).strip("\n")))
        else:
            words = " ".join(" ".join(map(_without_marks, lines)).split())
            parts += [("words", words)] if words else []
    return parts


def _segments(text: str) -> list[tuple[str | None, list[str]]]:
    """Runs of lines within fences (with the language that the fence names; the fences themselves are left out) and
    outside of them (None).
    """
    runs: list[tuple[str | None, list[str]]] = [(None, [])]
    fence = ""
    for line in text.split("\n"):
        found = _FENCE.match(line)
        if found and not fence:
            fence = found.group(1)
            runs.append((found.group(2), []))
        elif found and found.group(1) == fence and not found.group(2):
            fence = ""
            runs.append((None, []))
        else:
            runs[-1][1].append(line)
    return runs


def _without_marks(line: str) -> str:
    return _BOLD.sub(r"\1", _BULLET.sub("", _HEADING.sub("", line)))


def _plain(text: str) -> str:
    """Without headings, bullets and bold; text within fences stays."""
    if shape_of(text) in ("program", "data"):
        return text
    fence, lines = "", []
    for line in text.split("\n"):
        found = _FENCE.match(line)
        if found:
            fence = "" if fence else found.group(1)
        lines.append(line if found or fence else _without_marks(line))
    return "\n".join(lines)


def _bulleted(text: str) -> str:
    """Plain prose of several sentences, each of them a bullet."""
    sentences = [sentence for line in text.split("\n") for sentence in _SENTENCE.split(line.strip()) if sentence]
    if not _is_plain(text) or len(sentences) < 2:
        return text
    return "\n".join(f"- {sentence}" for sentence in sentences)


def _emboldened(text: str) -> str:
    """Plain prose whose paragraphs begin in bold."""
    if not _is_plain(text):
        return text
    return "\n".join(_bold_start(line) for line in text.split("\n"))


def _bold_start(line: str) -> str:
    words = line.split(" ")
    if len(words) <= _BOLD_WORDS or "" in words[:_BOLD_WORDS] or "*" in line:
        return line
    return f"**{' '.join(words[:_BOLD_WORDS])}** {' '.join(words[_BOLD_WORDS:])}"


def _is_plain(text: str) -> bool:
    return shape_of(text) == "prose" and _ANY_MARK.search(text) is None


def _fenced(text: str) -> str:
    """A bare program in a fence."""
    body = text.strip("\n")
    return f"```python\n{body}\n```" if shape_of(text) == "program" and "```" not in text else text


def _unfenced(text: str) -> str:
    """A program that stands alone in its fence, bare."""
    lines = text.strip().split("\n")
    first = _FENCE.match(lines[0])
    if first is None or len(_segments(text.strip())) != 3 or lines[-1].strip() != first.group(1):
        return text
    body = "\n".join(lines[1:-1])
    return body if shape_of(body) == "program" else text


_MODES: Mapping[str, Callable[[str], str]] = {
    "plain": _plain,
    "bullets": _bulleted,
    "bold": _emboldened,
    "fence": _fenced,
    "unfence": _unfenced,
}
