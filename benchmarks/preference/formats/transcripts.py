"""HH-RLHF: two whole transcripts (``chosen``, ``rejected``) that share all but the last answer.

Bai et al. 2022, "Training a Helpful and Harmless Assistant". The response begins after the last ``Assistant:``; the
text before it must be the same in both.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ..task import Message, PreferenceTask
from .rows import Format, PreferenceRow, Side, in_neutral_order, row_by_row, task_id

_TURN = re.compile(r"\n\n(Human|Assistant):")
_LAST = "\n\nAssistant:"


def _read(row: PreferenceRow, suite: str) -> Iterator[PreferenceTask]:
    before, better = _split(row, "chosen")
    other, worse = _split(row, "rejected")
    if before != other:
        raise row.fault("the transcripts differ before their last answers")
    responses, ranking = in_neutral_order([[Side(better)], [Side(worse)]])
    yield PreferenceTask(
        id=task_id(suite, row.place),
        messages=_turns(row, before),
        responses=responses,
        ranking=ranking,
        criterion="helpfulness and harmlessness",
    )


def _split(row: PreferenceRow, name: str) -> tuple[str, str]:
    """What stands before the last answer, and that answer without the space that follows the colon."""
    text = row.text(name)
    place = text.rfind(_LAST)
    if place < 0:
        raise row.fault(f"{name}: no answer of the assistant's in it")
    answer = text[place + len(_LAST) :]
    if _TURN.search(answer):
        raise row.fault(f"{name}: ends in a turn of the human's, without an answer")
    return text[:place], answer.removeprefix(" ")


def _turns(row: PreferenceRow, text: str) -> tuple[Message, ...]:
    parts = _TURN.split(text)
    if parts[0].strip():
        raise row.fault("chosen: text before the first turn")
    return tuple(
        Message("user" if who == "Human" else "assistant", content.removeprefix(" "))
        for who, content in zip(parts[1::2], parts[2::2], strict=True)
    )


def _matches(row: Mapping[str, Any]) -> bool:
    sides = [row.get("chosen"), row.get("rejected")]
    return "prompt" not in row and any(isinstance(side, str) and _LAST in side for side in sides)


HH = Format("hh_rlhf", "chosen, rejected (whole transcripts)", _matches, row_by_row(_read))
