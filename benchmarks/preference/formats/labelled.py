"""Pairs whose two places have names of their own: LLMBar, PKU-SafeRLHF, CodePrefBench, AlpacaFarm's
cross-annotations. Responses keep the names and the order of the file.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ...errors import BadInput
from ..suite import Skipped
from ..task import TIE, Message, PreferenceTask, Response, Tiers
from .rows import Format, Made, PreferenceRow, Reading, has, number_of, row_by_row, task_id

_ALIGNMENTS = ("correctness", "efficiency", "security")


def _read_llmbar(row: PreferenceRow, suite: str) -> Iterator[PreferenceTask]:
    """LLMBar (Zeng et al. 2024): which output follows the instruction; ``label`` is 1 or 2."""
    yield PreferenceTask(
        id=task_id(suite, row.place),
        messages=(Message("user", row.text("input")),),
        responses=tuple(Response(name, row.text(f"output_{name}")) for name in ("1", "2")),
        ranking=_first_of(row, ("1", "2"), "label"),
        criterion="instruction following",
    )


def _first_of(row: PreferenceRow, names: tuple[str, str], field: str) -> Tiers:
    """The ranking of two responses of which a field names the better."""
    value = row.optional(field)
    if value not in names:
        raise row.fault(f"{field}: {value[:40]!r} names neither response ({' or '.join(names)}); a label is needed")
    return ((value,), tuple(name for name in names if name != value))


def _read_pku(row: PreferenceRow, suite: str) -> Iterator[PreferenceTask | Skipped]:
    """PKU-SafeRLHF (Ji et al. 2024): two labels a row, which response helps more and which is safer: two tasks of one
    family.
    """
    for field, criterion in (("better_response_id", "helpfulness"), ("safer_response_id", "harmlessness")):
        if row.data.get(field) is None:
            continue
        try:
            yield PreferenceTask(
                id=task_id(suite, row.place, criterion),
                messages=(Message("user", row.text("prompt")),),
                responses=tuple(
                    Response(name, row.text(f"response_{name}"), row.optional(f"response_{name}_source"))
                    for name in ("0", "1")
                ),
                ranking=_first_of(row, ("0", "1"), field),
                criterion=criterion,
                category=criterion,
                family=task_id(suite, row.place),
            )
        except BadInput as error:
            yield row.skipped(f"{criterion}: {str(error).removeprefix(f'{row.where}: ')}")


def _read_code(row: PreferenceRow, suite: str) -> Iterator[PreferenceTask]:
    """CodePrefBench (Liu et al. 2024): the problem's id is the family, since several pairs and criteria share it."""
    problem = row.text("task_id")
    choices = row.texts("choices")
    if len(choices) != 2:
        raise row.fault(f"choices: two are needed, found {len(choices)}")
    ranking = _first_of(row, ("0", "1"), "gt_choice")
    yield PreferenceTask(
        id=task_id(suite, problem),
        messages=(Message("user", row.text("instruction")),),
        responses=tuple(Response(str(number), text) for number, text in enumerate(choices)),
        ranking=ranking,
        criterion=_code_criterion(row, suite),
        votes=_annotations(row, ranking),
        family=problem,
        metadata={"source_id": problem},
    )


def _code_criterion(row: PreferenceRow, suite: str) -> str:
    """No field says what the preference is about, but only the human set has annotations, and the other files are
    called after it.
    """
    if row.data.get("annotations") is not None:
        return "what a developer would prefer"
    named = [word for word in _ALIGNMENTS if word in suite.lower()]
    return named[0] if len(named) == 1 else "quality"


def _annotations(row: PreferenceRow, ranking: Tiers) -> dict[str, dict[str, int]]:
    """The annotators' votes. Their letters are those of the order that each set was annotated in, not of ``choices``:
    only how many agreed is known, and the majority is the label's.
    """
    if row.data.get("annotations") is None:
        return {}
    counted = Counter(row.texts("annotations"))
    ties = sum(number for letter, number in counted.items() if letter.lower() == TIE)
    sides = sorted((number for letter, number in counted.items() if letter.lower() != TIE), reverse=True)
    if not sides or len(sides) > 2 or (len(sides) == 2 and sides[0] == sides[1]):
        raise row.fault(f"annotations: {dict(counted)} have no majority, so the label is nobody's")
    votes = {ranking[0][0]: sides[0], TIE: ties, ranking[1][0]: sides[1] if len(sides) == 2 else 0}
    return {"": {choice: number for choice, number in votes.items() if number}}


def _read_crossed(rows: Sequence[PreferenceRow], suite: str) -> Reading:
    """AlpacaFarm's cross-annotations (Dubois et al. 2023): each row is one rater's vote; a pair's votes are joined.

    Equal votes are a tie. 0 and 1.5 are votes for a tie, as alpaca_eval writes them.
    """
    pairs: dict[tuple[str, str, frozenset[str]], list[PreferenceRow]] = {}
    for row in rows:
        try:
            _vote(row, row)
            outputs = frozenset({row.text("output_1"), row.text("output_2")})
            key = (row.text("instruction"), row.optional("input"), outputs)
        except BadInput as error:
            yield row.skipped(error)
            continue
        pairs.setdefault(key, []).append(row)
    for number, group in enumerate(pairs.values(), 1):
        try:
            yield Made(group[-1].where, _crossed(group, task_id(suite, number)))
        except BadInput as error:
            yield group[0].skipped(error)


def _vote(row: PreferenceRow, like: PreferenceRow) -> str:
    """The row's vote, with the responses numbered as ``like`` numbers them."""
    value = number_of(row, row.value("preference"), "preference")
    if value not in (0, 1, 1.5, 2):
        raise row.fault(f"preference: {value:g} is none of 1, 2, and 0 or 1.5 for a tie")
    if value in (0, 1.5):
        return TIE
    same = row.text("output_1") == like.text("output_1")
    return "1" if (value == 1) is same else "2"


def _crossed(group: Sequence[PreferenceRow], name: str) -> PreferenceTask:
    first = group[0]
    votes = Counter(_vote(row, first) for row in group)
    text = first.text("instruction") + (f"\n\n{first.optional('input')}" if first.optional("input").strip() else "")
    one, two = votes["1"], votes["2"]
    ranking: Tiers = (("1", "2"),) if one == two else (("1",), ("2",)) if one > two else (("2",), ("1",))
    return PreferenceTask(
        id=name,
        messages=(Message("user", text),),
        responses=tuple(Response(side, first.text(f"output_{side}")) for side in ("1", "2")),
        ranking=ranking,
        votes={"": {side: votes[side] for side in ("1", "2", TIE) if votes[side]}},
        category=first.optional("dataset"),
    )


def _is_pku(row: Mapping[str, Any]) -> bool:
    labelled = row.get("better_response_id") is not None or row.get("safer_response_id") is not None
    return labelled and has("prompt", "response_0", "response_1")(row)


LLMBAR = Format(
    "llmbar",
    "input, output_1, output_2, label",
    has("input", "output_1", "output_2", "label"),
    row_by_row(_read_llmbar),
)
PKU = Format("pku", "prompt, response_0, response_1, better_ or safer_response_id", _is_pku, row_by_row(_read_pku))
CODEPREFBENCH = Format(
    "codeprefbench",
    "task_id, instruction, choices, gt_choice",
    has("instruction", "choices", "gt_choice"),
    row_by_row(_read_code),
)
ALPACAFARM = Format(
    "alpacafarm",
    "instruction, output_1, output_2, preference",
    has("instruction", "output_1", "output_2", "preference"),
    _read_crossed,
)
