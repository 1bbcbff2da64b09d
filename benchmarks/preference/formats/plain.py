"""Our own rows, and the two simple schemas that any tool can write: ``prompt``, ``chosen``, ``rejected``, and
``prompt``, ``responses`` with a ranking, a label, scores or votes. Documented in docs/formats.md.

RewardBench 1 (``subset``, ``id``, models) and 2 (``chosen`` and ``rejected`` lists; its Ties subset has several right
answers) and sets of chat messages (``chosen`` and ``rejected`` lists of turns) are the first schema with more fields.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..task import TIE, Message, PreferenceTask, Response, Tiers
from .rows import (
    Format,
    PreferenceRow,
    Side,
    conversation,
    has,
    in_neutral_order,
    number_of,
    row_by_row,
    task_id,
    tiers_by_score,
)

_PROMPTS = ("prompt", "messages", "instruction", "question")


def _read_own(row: PreferenceRow, suite: str) -> Iterator[PreferenceTask]:
    yield PreferenceTask.from_json(dict(row.data))


def _read_plain(row: PreferenceRow, suite: str) -> Iterator[PreferenceTask]:
    return _read_ranked(row, suite) if row.data.get("responses") is not None else _read_pair(row, suite)


def _read_pair(row: PreferenceRow, suite: str) -> Iterator[PreferenceTask]:
    before, better = _sides(row, "chosen")
    other, worse = _sides(row, "rejected")
    if before != other:
        raise row.fault("the conversations before the chosen and the rejected response differ")
    counted = row.data.get("num_correct")
    if isinstance(counted, int) and counted not in (len(better), -1):
        raise row.fault(f"num_correct says {counted}, but {len(better)} responses are among the chosen")
    responses, ranking = in_neutral_order([better, worse])
    yield _task(row, suite, _messages(row, before), responses, ranking)


def _sides(row: PreferenceRow, name: str) -> tuple[tuple[Message, ...], list[Side]]:
    """The conversation that a field holds before the response (mostly none), and its responses."""
    value = row.first(name)
    if isinstance(value, str):
        return (), [Side(value, _model(row, name, 0))]
    if isinstance(value, list) and value and all(isinstance(item, str) for item in value):
        return (), [Side(text, _model(row, name, number)) for number, text in enumerate(value)]
    turns = conversation(row, value, name)
    if turns[-1].role != "assistant":
        raise row.fault(f"{name}: the last turn must be the assistant's")
    return turns[:-1], [Side(turns[-1].content, _model(row, name, 0))]


def _model(row: PreferenceRow, side: str, number: int) -> str:
    """Who wrote a response: RewardBench 1 says it in a column for each side, RewardBench 2 in one list for all."""
    models = row.data.get("models")
    if isinstance(models, list):
        right = row.data.get("chosen")
        place = number + (len(right) if side == "rejected" and isinstance(right, list) else 0)
        return str(models[place]) if place < len(models) and isinstance(models[place], str) else ""
    return row.optional(f"{side}_model")


def _messages(row: PreferenceRow, before: tuple[Message, ...]) -> tuple[Message, ...]:
    """The conversation: the prompt, and what stands before the responses; a prompt that is a text repeats the
    latter.
    """
    system = row.optional("system") or row.optional("system_prompt")
    prompt = next((row.data[name] for name in _PROMPTS if row.data.get(name) is not None), None)
    given = (Message("system", system),) if system.strip() else ()
    if before and not isinstance(prompt, list):
        return (*given, *before)
    if prompt is None:
        raise row.fault(f"the field {' or '.join(map(repr, _PROMPTS))} is missing")
    turns = conversation(row, prompt, "prompt", system)
    return turns if turns[-len(before) :] == before else (*turns, *before)


def _read_ranked(row: PreferenceRow, suite: str) -> Iterator[PreferenceTask]:
    items = row.items("responses")
    responses = tuple(_response(row, item, number) for number, item in enumerate(items, 1))
    names = [response.id for response in responses]
    votes = _votes(row)
    yield _task(row, suite, _messages(row, ()), responses, _ranking(row, items, names, votes), votes)


def _response(row: PreferenceRow, item: Any, number: int) -> Response:
    if isinstance(item, str):
        return Response(str(number), item)
    if not isinstance(item, dict) or not isinstance(item.get("text"), str):
        raise row.fault(f"responses: number {number}: expected a text, or an object with 'text'")
    return Response(str(item.get("id", number)), item["text"], str(item.get("source") or ""))


def _ranking(row: PreferenceRow, items: Sequence[Any], names: list[str], votes: Mapping[str, dict[str, int]]) -> Tiers:
    if row.data.get("ranking") is not None:
        places = row.items("ranking")
        return tuple(tuple(map(str, place)) if isinstance(place, list) else (str(place),) for place in places)
    if row.data.get("label") is not None:
        label = row.optional("label")
        if label != TIE and label not in names:
            raise row.fault(f"label: {label[:40]!r} is neither {TIE!r} nor the id of a response ({', '.join(names)})")
        return (tuple(names),) if label == TIE else ((label,), tuple(name for name in names if name != label))
    scores = row.data.get("scores", [item.get("score") if isinstance(item, dict) else None for item in items])
    if isinstance(scores, list) and any(score is not None for score in scores):
        if len(scores) != len(names):
            raise row.fault(f"scores: {len(scores)} for {len(names)} responses")
        return tiers_by_score(
            {name: number_of(row, score, "scores") for name, score in zip(names, scores, strict=True)}
        )
    if votes:
        return tiers_by_score({name: sum(of.get(name, 0) for of in votes.values()) for name in names})
    raise row.fault("says nowhere which response is better: one of 'ranking', 'label', 'scores', 'votes' is needed")


def _votes(row: PreferenceRow) -> dict[str, dict[str, int]]:
    """Votes by group; those of one unnamed group may stand without its name."""
    given = row.data.get("votes")
    if given is None:
        return {}
    if not isinstance(given, dict):
        raise row.fault("votes: expected an object, response id or 'tie' -> number of votes")
    groups = given if all(isinstance(value, dict) for value in given.values()) else {"": given}
    for votes in groups.values():
        for choice, number in votes.items():
            if isinstance(number, bool) or not isinstance(number, int) or number < 0:
                raise row.fault(f"votes: expected a whole number of votes for {str(choice)[:40]!r}")
    return {str(group): dict(votes) for group, votes in groups.items()}


def _task(
    row: PreferenceRow,
    suite: str,
    messages: tuple[Message, ...],
    responses: tuple[Response, ...],
    ranking: Tiers,
    votes: Mapping[str, dict[str, int]] | None = None,
) -> PreferenceTask:
    subset, own_id = row.optional("subset"), row.optional("id") or row.optional("prompt_id")
    kind, _, pair = own_id.partition(":")
    # RewardBench 2's Ties come in two, one with a single right answer and one with several: "ref:7" and "tied:7".
    twins = subset and kind in ("ref", "tied") and bool(pair)
    return PreferenceTask(
        id=own_id if own_id and "subset" not in row.data else task_id(suite, subset, own_id or row.place),
        messages=messages,
        responses=responses,
        ranking=ranking,
        criterion=row.optional("criterion") or "quality",
        votes=votes or {},
        category=row.optional("category") or subset,
        family=row.optional("family") or (task_id(suite, subset, pair) if twins else ""),
        license=row.optional("license"),
        tags=(kind,) if twins else (),
        metadata={"source_id": own_id} if own_id else {},
    )


def _is_own(row: Mapping[str, Any]) -> bool:
    return row.get("type") == "preference"


def _is_ranked(row: Mapping[str, Any]) -> bool:
    return isinstance(row.get("responses"), list) and any(name in row for name in _PROMPTS)


def _is_rewardbench(row: Mapping[str, Any]) -> bool:
    return has("prompt", "chosen", "rejected", "subset")(row)


OWN = Format("evalrun", "type, id, messages, responses, ranking", _is_own, row_by_row(_read_own), own_ids=True)
REWARDBENCH = Format(
    "rewardbench", "prompt, chosen, rejected, subset, id", _is_rewardbench, row_by_row(_read_pair), own_ids=False
)
PLAIN = Format(
    "plain",
    "prompt, and chosen, rejected or responses with ranking, label, scores or votes",
    lambda row: has("chosen", "rejected")(row) or _is_ranked(row),
    row_by_row(_read_plain),
    own_ids=True,
)
