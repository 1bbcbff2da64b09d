"""How a conversation and two responses stand in a question to a judge, and how they are read out of it again.

    ===== CONVERSATION =====
    ===== user =====
    Which city is the capital of Australia?
    ===== RESPONSE A =====
    Canberra.
    ===== RESPONSE B =====
    Sydney, of course.
    ===== END =====

The bars are longer than any run of ``=`` in any of the texts. So no text can end early, or hold a question of its own
that is taken for the real one, whatever is written in it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ...benchmarks import BadInput
from ...benchmarks.preference import Message

LABELS = ("A", "B")
_SHORTEST = 5
_RUN = re.compile("=+")
_MARKER = re.compile(rf"(={{{_SHORTEST},}}) ([^\s=](?:[^=\n]*[^\s=])?) (={{{_SHORTEST},}})")
_OPENS, _RESPONSE, _ENDS = "CONVERSATION", "RESPONSE ", "END"


@dataclass(frozen=True, slots=True)
class Shown:
    """Two responses as a question shows them, with what they are called there, both in the order of the question."""

    responses: tuple[str, str]
    labels: tuple[str, str]


def lay_out(
    messages: Sequence[Message], first: str, second: str, criterion: str, labels: tuple[str, str] = LABELS
) -> str:
    """The part of a question that shows what is to be judged: the criterion (no line with ""), and all texts.

    labels: what the two responses are called, by position; different ones, without line breaks, blanks at the edges,
    and ``=``. The swapped order has the same bars, so nothing but the order differs. Ends without a line break.

    Raises:
        BadInput: labels that no question can have.
    """
    if labels[0] == labels[1] or not all(_MARKER.fullmatch(f"===== {_RESPONSE}{label} =====") for label in labels):
        raise BadInput(f"labels {labels!r}: two different short texts are needed, without line breaks and =")
    bar = _bar([criterion, first, second, *(message.content for message in messages)])

    def line(title: str) -> str:
        return f"{bar} {title} {bar}"

    turns = [part for message in messages for part in (line(message.role), message.content)]
    shown = [part for label, text in zip(labels, (first, second), strict=True) for part in (_RESPONSE + label, text)]
    shown[::2] = map(line, shown[::2])
    said = [f"Criterion: {criterion}"] if criterion else []
    return "\n".join([*said, line(_OPENS), *turns, *shown, line(_ENDS)])


def read_layout(text: str) -> tuple[str, str] | None:
    """The two responses that a question shows, character for character, in its order; None where it shows none."""
    shown = read_shown(text)
    return None if shown is None else shown.responses


def read_shown(text: str) -> Shown | None:
    """The responses and labels that a question shows (of several layouts the last), None where it shows none.

    Linear in the length of the text.
    """
    lines = text.split("\n")
    markers: defaultdict[int, list[tuple[int, str]]] = defaultdict(list)
    for number, line in enumerate(lines):
        found = _MARKER.fullmatch(line) if line.startswith("=" * _SHORTEST) else None
        if found and found[1] == found[3]:
            markers[len(found[1])].append((number, found[2]))
    # one that stands inside another's text has shorter bars and ends before it
    layouts = [layout for each in markers.values() for layout in _layouts(each)]
    if not layouts:
        return None
    (one, first), (other, second), (end, _) = max(layouts)[1][-3:]
    labels = (first.removeprefix(_RESPONSE), second.removeprefix(_RESPONSE))
    return Shown(("\n".join(lines[one + 1 : other]), "\n".join(lines[other + 1 : end])), labels)


def _layouts(markers: Iterable[tuple[int, str]]) -> list[tuple[int, list[tuple[int, str]]]]:
    """The whole layouts among the marker lines of one length: (the line where it ends, its marker lines)."""
    found: list[tuple[int, list[tuple[int, str]]]] = []
    inside: list[tuple[int, str]] = []
    for number, title in markers:
        inside = [] if title == _OPENS else inside
        inside.append((number, title))
        if title == _ENDS:
            is_response = [each.startswith(_RESPONSE) for _, each in inside]
            if inside[0][1] == _OPENS and is_response[-3:-1] == [True, True] and sum(is_response) == 2:
                found.append((number, inside))
            inside = []
    return found


def _bar(texts: Iterable[str]) -> str:
    longest = max((len(run) for text in texts for run in _RUN.findall(text)), default=0)
    return "=" * max(_SHORTEST, longest + 1)
