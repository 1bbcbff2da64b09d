"""Several responses with scores: UltraFeedback and its like (one row a prompt), SHP (one row a pair of comments)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ...errors import BadInput
from ..task import Message, PreferenceTask, Response
from .rows import Format, Made, PreferenceRow, Reading, conversation, number_of, row_by_row, task_id, tiers_by_score

_PROMPTS = ("instruction", "prompt", "question")
_LISTS = ("completions", "answers")
_TEXTS = ("response", "text", "answer", "content")
_SCORES = ("overall_score", "score", "pm_score")
_EQUAL = "all responses have the same score, which ranks nothing"


def _read_completions(row: PreferenceRow, suite: str) -> Iterator[PreferenceTask]:
    """One task of a prompt and its completions, the highest score first; equal scores share a tier."""
    items = row.first(*_LISTS)
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise row.fault("completions: expected a list of objects")
    responses = tuple(
        Response(str(number), _text(row, item, number), str(item.get("model") or ""))
        for number, item in enumerate(items, 1)
    )
    scores = {response.id: _score(row, item) for response, item in zip(responses, items, strict=True)}
    if len(set(scores.values())) == 1 and len(scores) > 1:
        raise row.fault(_EQUAL)
    own_id = row.optional("prompt_id") or row.optional("qid") or row.optional("id")
    yield PreferenceTask(
        id=task_id(suite, own_id or row.place),
        messages=conversation(row, row.first(*_PROMPTS), "prompt", row.optional("system")),
        responses=responses,
        ranking=tiers_by_score(scores),
        category=row.optional("source"),
        metadata={"scores": scores},
    )


def _text(row: PreferenceRow, item: Mapping[str, Any], number: int) -> str:
    found = next((item[name] for name in _TEXTS if isinstance(item.get(name), str)), None)
    if found is None:
        raise row.fault(f"completions: number {number} has no text ({', '.join(_TEXTS)})")
    return str(found)


def _score(row: PreferenceRow, item: Mapping[str, Any]) -> float:
    """The score, higher is better; a rank (1 is the best) counts where there is no score."""
    for name in _SCORES:
        if item.get(name) is not None:
            return number_of(row, item[name], name)
    if item.get("rank") is not None:
        return -number_of(row, item["rank"], "rank")
    raise row.fault(f"completions: one has neither a score ({', '.join(_SCORES)}) nor a rank")


def _read_comments(rows: Sequence[PreferenceRow], suite: str) -> Reading:
    """SHP (Ethayarajh et al. 2022): the pairs of one post become one ranking of its comments by score."""
    posts: dict[str, list[PreferenceRow]] = {}
    for row in rows:
        try:
            post = row.optional("post_id") or row.text("history")
        except BadInput as error:
            yield row.skipped(error)
            continue
        posts.setdefault(post, []).append(row)
    for number, (post, group) in enumerate(posts.items(), 1):
        comments: dict[str, tuple[str, float]] = {}
        good: list[PreferenceRow] = []
        for row in group:
            try:
                comments = _with_comments(row, comments)
            except BadInput as error:
                yield row.skipped(error)
                continue
            good.append(row)
        if good:
            try:
                name = post if good[0].optional("post_id") else str(number)
                yield Made(good[-1].where, _post(good[0], task_id(suite, name), comments))
            except BadInput as error:
                yield good[0].skipped(error)


def _with_comments(row: PreferenceRow, known: Mapping[str, tuple[str, float]]) -> dict[str, tuple[str, float]]:
    """The comments known so far (id -> text, score) and this row's two; BadInput where the row contradicts itself or
    another.
    """
    found = dict(known)
    scores = []
    for side in ("A", "B"):
        text, score = row.text(f"human_ref_{side}"), number_of(row, row.value(f"score_{side}"), f"score_{side}")
        name = row.optional(f"c_root_id_{side}") or text
        if known.get(name, (text, score)) != (text, score):
            raise row.fault(f"comment {side} has another text or score here than in an earlier row")
        if not text.strip():
            raise row.fault(f"human_ref_{side} is empty; a missing side cannot be ranked")
        found[name] = (text, score)
        scores.append(score)
    if row.text("human_ref_A") == row.text("human_ref_B"):
        raise row.fault("both comments are equal; equal texts cannot be ranked")
    label = row.data.get("labels")
    if label in (0, 1) and scores[0] != scores[1] and (scores[0] > scores[1]) != bool(label):
        raise row.fault(f"labels says {label}, which the scores {scores[0]:g} and {scores[1]:g} contradict")
    return found


def _post(row: PreferenceRow, name: str, comments: Mapping[str, tuple[str, float]]) -> PreferenceTask:
    responses = tuple(Response(str(number), text) for number, (text, _) in enumerate(comments.values(), 1))
    scores = {str(number): score for number, (_, score) in enumerate(comments.values(), 1)}
    if len(set(scores.values())) == 1:
        raise row.fault(_EQUAL)
    return PreferenceTask(
        id=name,
        messages=(Message("user", row.text("history")),),
        responses=responses,
        ranking=tiers_by_score(scores),
        criterion="helpfulness",
        category=row.optional("domain"),
        metadata={"scores": scores},
    )


def _is_scored(row: Mapping[str, Any]) -> bool:
    items: list[Any] = next((row[name] for name in _LISTS if isinstance(row.get(name), list)), [])
    return any(row.get(name) is not None for name in _PROMPTS) and any(
        isinstance(item, dict) and any(item.get(name) is not None for name in (*_SCORES, "rank")) for item in items
    )


ULTRAFEEDBACK = Format(
    "scored",
    "instruction or prompt, completions (with overall_score or rank)",
    _is_scored,
    row_by_row(_read_completions),
)
SHP = Format(
    "shp", "history, human_ref_A, human_ref_B, score_A, score_B", lambda row: "human_ref_A" in row, _read_comments
)
