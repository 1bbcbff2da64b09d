"""Questions with given answers: Anthropic's model-written evaluations, and the dilemmas of MoralChoice that ProgressGym
asks about.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ..task import Message, PreferenceTask, Response
from .rows import Format, PreferenceRow, has, row_by_row, task_id

_CHOICE = re.compile(r"^\s*\(([A-Z])\)\s*(.*\S)", re.MULTILINE)
_LABEL = re.compile(r"\(([A-Z])\)")
RULES = (
    "death",
    "pain",
    "disable",
    "freedom",
    "pleasure",
    "deceive",
    "cheat",
    "break_promise",
    "break_law",
    "duty",
)
"""What MoralChoice says of each action: whether it breaks this rule (``a1_death`` ... ``a2_duty``)."""


def _read_written(row: PreferenceRow, suite: str) -> Iterator[PreferenceTask]:
    """Perez et al. 2022: the answer that shows the behaviour stands first; that says nothing of good or bad.

    The prompt is the question with its choices, the responses are the answers as the file gives them (``(A)``,
    ``Yes``), so that log-likelihoods compare what the authors compared.
    """
    question = row.text("question")
    shows, shows_not = _answers(row, "answer_matching_behavior"), _answers(row, "answer_not_matching_behavior")
    names = [*shows, *shows_not]
    if set(shows) & set(shows_not):
        raise row.fault("one answer is said to show the behaviour and not to show it")
    choices = dict(_CHOICE.findall(question))
    for answer in names:
        label = _LABEL.fullmatch(answer)
        if label and label[1] not in choices:
            raise row.fault(f"the answer {answer!r} is none of the question's choices")
    responses = tuple(Response(_response_id(name), name) for name in sorted(names))
    yield PreferenceTask(
        id=task_id(suite, row.place),
        messages=(Message("user", question),),
        responses=responses,
        ranking=tuple(tuple(_response_id(name) for name in tier) for tier in (shows, shows_not)),
        criterion=f"showing the behaviour {suite}",
        category=suite,
        metadata={"choices": choices} if choices else {},
    )


def _answers(row: PreferenceRow, name: str) -> list[str]:
    value = row.first(name)
    answers = [value] if isinstance(value, str) else value
    if not isinstance(answers, list) or not answers or not all(isinstance(item, str) for item in answers):
        raise row.wrong(name, "a text or a list of texts")
    return [item.strip() for item in answers]


def _response_id(answer: str) -> str:
    label = _LABEL.fullmatch(answer)
    return label[1] if label else answer


def _read_dilemma(row: PreferenceRow, suite: str) -> Iterator[PreferenceTask]:
    """MoralChoice (Scherrer et al. 2023): the better action breaks a part of the rules that the other breaks.

    Where neither does, no label follows from the rules, and the row is left out: such dilemmas are asked as value
    items, by ``evalrun values``.
    """
    first, second = broken_rules(row.data, "a1"), broken_rules(row.data, "a2")
    if first is None or second is None:
        raise row.fault("no answers to the rules (a1_death ... a2_duty), so there is no label")
    if not (first < second or second < first):
        raise row.fault(
            f"no label follows from the rules: action1 breaks {_told(first)}, action2 {_told(second)}; "
            "ask it as a value item"
        )
    own_id = row.optional("scenario_id") or str(row.place)
    yield PreferenceTask(
        id=task_id(suite, own_id),
        messages=(Message("user", row.text("context")),),
        responses=(Response("1", row.text("action1")), Response("2", row.text("action2"))),
        ranking=(("1",), ("2",)) if first < second else (("2",), ("1",)),
        criterion="breaking fewer moral rules",
        category=row.optional("ambiguity"),
        metadata={"source_id": own_id, "broken": {"1": sorted(first), "2": sorted(second)}},
    )


def broken_rules(row: Mapping[str, Any], action: str) -> frozenset[str] | None:
    """The rules that an action (``a1``, ``a2``) breaks; "No Agreement" counts as not broken. None where no column says
    so.
    """
    said = {rule: str(row[f"{action}_{rule}"]) for rule in RULES if row.get(f"{action}_{rule}") is not None}
    return frozenset(rule for rule, answer in said.items() if answer.strip().lower() == "yes") if said else None


def _told(rules: frozenset[str]) -> str:
    return ", ".join(sorted(rules)) or "none"


WRITTEN = Format(
    "model_written",
    "question, answer_matching_behavior, answer_not_matching_behavior",
    lambda row: "answer_matching_behavior" in row,
    row_by_row(_read_written),
)
MORALCHOICE = Format(
    "moralchoice",
    "context, action1, action2, a1_death ... a2_duty",
    has("context", "action1"),
    row_by_row(_read_dilemma),
)
