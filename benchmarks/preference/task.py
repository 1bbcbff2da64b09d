"""One preference task, immutable and identified by a content digest, and its JSON form.

The label is a ranking in tiers: ``(("a",), ("b",))`` says that a is better than b, ``(("a", "b"),)`` that they are
equally good, ``(("c1", "c2"), ("r1", "r2", "r3"))`` that any of two is better than any of three.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import combinations
from typing import Any, Literal, cast, get_args

from ..errors import BadInput
from ..jsonio import digest
from ..task import Lineage

Role = Literal["system", "user", "assistant"]
ROLES = get_args(Role)
TIE = "tie"
"""Among votes: neither response is better."""
PLURAL = "no-single-label"
"""The category of tasks whose responses stand in one tier since each may be the better one, not since they are equal:
reports say of them how consistent a model is, and not whether it is right."""
MOST_VOTES = 2**31 - 1
"""As many as files of scored pairs take: more than people there are to ask about one pair."""
Tiers = tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of the conversation before the response."""

    role: Role
    content: str

    def to_json(self) -> dict[str, Any]:
        """The JSON form."""
        return {"role": self.role, "content": self.content}


@dataclass(frozen=True, slots=True)
class Response:
    """One response; source: who or what wrote it (a model's name, ``human``, an operator), "" where unknown."""

    id: str
    text: str
    source: str = ""

    def to_json(self) -> dict[str, Any]:
        """The JSON form."""
        data = {"id": self.id, "text": self.text}
        return {**data, "source": self.source} if self.source else data


@dataclass(frozen=True, slots=True)
class Proof:
    """How the label can be verified again by a machine, as plain JSON.

    kind names the verifier: ``tests`` (responses are programs; which pass), ``constraints`` (checkable instructions;
    which hold), ``operations`` (programs that agree, and what they cost), ``rules`` (patterns of unsafe code). data is
    what that verifier needs. A task whose label only people can judge has no proof.
    """

    kind: str
    data: Mapping[str, Any]

    def to_json(self) -> dict[str, Any]:
        """The JSON form."""
        return {"kind": self.kind, **self.data}


@dataclass(frozen=True)
class PreferenceTask:
    """A conversation, at least two responses, and their ranking.

    id:
        unique across suites (``suite/name``).
    messages:
        the conversation; the last turn is the user's.
    responses:
        with distinct ids and distinct texts.
    ranking:
        tiers of response ids, the best first; every response stands in exactly one.
    criterion:
        what "better" means, in the words a judge is asked with (``correctness``, ``helpfulness``).
    votes:
        of a pair: group of raters -> response id or TIE -> number of votes. "" is the group of raters of whom no more
        is known.
    category:
        what reports group by; "" for none.
    proof:
        how the label can be verified again.
    family:
        the unit of resampling: tasks that share a text (twins, several pairs of one prompt). By default the root.
    license, tags, lineage, metadata:
        as a code task's; never part of the digest.
    """

    id: str
    messages: tuple[Message, ...]
    responses: tuple[Response, ...]
    ranking: Tiers
    criterion: str = "quality"
    votes: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    category: str = ""
    proof: Proof | None = None
    family: str = ""
    license: str = ""
    tags: tuple[str, ...] = ()
    lineage: Lineage | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        _check(self)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of everything that decides who is right (not of id, category, family, license, tags, lineage)."""
        return digest(self._content())

    @property
    def root(self) -> str:
        """The id of the human-made task this one descends from (its own id if it was not evolved)."""
        return self.lineage.root if self.lineage else self.id

    @property
    def unit(self) -> str:
        """What is resampled together: the family, by default the root."""
        return self.family or self.root

    def response(self, response_id: str) -> Response:
        """The response of this id; KeyError when there is none."""
        for response in self.responses:
            if response.id == response_id:
                return response
        raise KeyError(response_id)

    def tier_of(self, response_id: str) -> int:
        """The place of a response in the ranking, 0 for the best; KeyError when there is no such response."""
        for place, tier in enumerate(self.ranking):
            if response_id in tier:
                return place
        raise KeyError(response_id)

    def pairs(self) -> Iterator[tuple[Response, Response]]:
        """(better, worse) for all pairs of responses of different tiers, in the order of the ranking."""
        places = [(place, self.response(name)) for place, tier in enumerate(self.ranking) for name in tier]
        for (one, better), (other, worse) in combinations(places, 2):
            if one != other:
                yield better, worse

    def agreement(self, group: str | None = None) -> float | None:
        """Share of the votes (of one group, or of all) for the better response of a pair, a tie counting half.

        For a tie, the share for the first response. None without votes.
        """
        groups = self.votes.values() if group is None else [self.votes.get(group, {})]
        total = sum(number for votes in groups for number in votes.values())
        if not total:
            return None
        better = self.ranking[0][0]
        won = sum(votes.get(better, 0) + votes.get(TIE, 0) / 2 for votes in groups)
        return won / total

    def _content(self) -> dict[str, Any]:
        content: dict[str, Any] = {
            "messages": [message.to_json() for message in self.messages],
            "responses": [{"id": response.id, "text": response.text} for response in self.responses],
            "ranking": [sorted(tier) for tier in self.ranking],
            "criterion": self.criterion,
        }
        if self.votes:
            content["votes"] = {group: dict(votes) for group, votes in self.votes.items()}
        if self.proof is not None:
            content["proof"] = self.proof.to_json()
        return content

    def to_json(self) -> dict[str, Any]:
        """The JSON form, one line of ``tasks.jsonl``."""
        responses = [response.to_json() for response in self.responses]
        data: dict[str, Any] = {"type": "preference", "id": self.id, **self._content(), "responses": responses}
        for name in ("category", "family", "license"):
            if getattr(self, name):
                data[name] = getattr(self, name)
        if self.tags:
            data["tags"] = list(self.tags)
        if self.lineage is not None:
            data["lineage"] = self.lineage.to_json()
        if self.metadata:
            data["metadata"] = dict(self.metadata)
        return data

    @staticmethod
    def from_json(data: Any) -> PreferenceTask:
        """Read the JSON form; BadInput names the field that is wrong."""
        name = data.get("id") if isinstance(data, dict) else None
        label = repr(str(name)[:80]) if name else "without id"
        try:
            return _read(data)
        except BadInput as error:
            raise BadInput(f"task {label}: {error}") from error
        except KeyError as error:
            raise BadInput(f"task {label}: the field {error} is missing") from error
        except (TypeError, ValueError, AttributeError, OverflowError) as error:
            raise BadInput(f"task {label}: a field has the wrong type ({error})") from error


def _read(data: Any) -> PreferenceTask:
    if data.get("type") != "preference":
        raise BadInput(f"type: expected preference, found {str(data.get('type'))[:40]}")
    proof = data.get("proof")
    return PreferenceTask(
        id=_text(data, "id"),
        messages=tuple(Message(cast("Role", row["role"]), _text(row, "content")) for row in data["messages"]),
        responses=tuple(
            Response(_text(row, "id"), _text(row, "text"), _optional(row, "source")) for row in data["responses"]
        ),
        ranking=tuple(tuple(map(str, tier)) for tier in data["ranking"]),
        criterion=_optional(data, "criterion") or "quality",
        votes={str(group): _counts(votes) for group, votes in data.get("votes", {}).items()},
        category=_optional(data, "category"),
        proof=None if proof is None else Proof(_text(proof, "kind"), {k: v for k, v in proof.items() if k != "kind"}),
        family=_optional(data, "family"),
        license=_optional(data, "license"),
        tags=tuple(str(tag) for tag in data.get("tags", ())),
        lineage=Lineage.from_json(data["lineage"]) if data.get("lineage") else None,
        metadata=dict(data.get("metadata", {})),
    )


def _text(data: Any, name: str) -> str:
    value = data[name]
    if not isinstance(value, str):
        raise BadInput(f"{name}: expected a text, found {type(value).__name__}")
    return value


def _optional(data: Any, name: str) -> str:
    return _text(data, name) if data.get(name) is not None else ""


def _counts(votes: Any) -> dict[str, int]:
    for choice, number in votes.items():
        if isinstance(number, bool) or not isinstance(number, int) or number < 0:
            raise BadInput(f"votes: expected a whole number of votes for {str(choice)[:40]!r}")
    return dict(votes)


def _check(task: PreferenceTask) -> None:
    """BadInput unless the task can be scored: one line that says what is wrong with it."""
    if not task.messages or task.messages[-1].role != "user":
        raise BadInput("messages: the last turn must be the user's")
    strange = next((message.role for message in task.messages if message.role not in ROLES), None)
    if strange is not None:
        raise BadInput(f"messages: role {str(strange)[:40]!r} is none of {', '.join(ROLES)}")
    names = [response.id for response in task.responses]
    if len(names) < 2:
        raise BadInput(f"responses: at least two are needed, found {len(names)}")
    if len(set(names)) < len(names) or TIE in names:
        raise BadInput(f"responses: ids must be distinct, and none may be {TIE!r}")
    empty = next((response.id for response in task.responses if not response.text.strip()), None)
    if empty is not None:
        raise BadInput(f"responses: {empty[:40]!r} is empty; a missing side cannot be ranked")
    if len({response.text for response in task.responses}) < len(names):
        raise BadInput("responses: two of them are equal; equal texts cannot be ranked")
    if sorted(name for tier in task.ranking for name in tier) != sorted(names) or not all(task.ranking):
        raise BadInput("ranking: every response must stand in exactly one tier, and no tier may be empty")
    _check_votes(task, names)


def _check_votes(task: PreferenceTask, names: list[str]) -> None:
    if not task.votes:
        return
    if len(names) != 2:
        raise BadInput("votes: only a pair of responses can have votes")
    strange = next((choice for votes in task.votes.values() for choice in votes if choice not in (*names, TIE)), None)
    if strange is not None:
        raise BadInput(f"votes: {strange[:40]!r} is neither a response's id nor {TIE!r}")
    if any(number > MOST_VOTES for votes in task.votes.values() for number in votes.values()):
        raise BadInput(f"votes: more than {MOST_VOTES} for one choice")
    share = task.agreement()
    if len(task.ranking) == 2 and share is not None and share < 0.5:
        raise BadInput(f"votes: they contradict the ranking ({share:.0%} are for the response that it calls better)")
