"""What is asked of models while a suite is evolved: who is asked, what came back, and what a certificate names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, Protocol, get_args

from ...benchmarks.families import are_kin
from .protocol import Rendered

Role = Literal["author", "solver", "judge", "designer"]
"""author: proposes, mends its reply, clarifies, names inputs. solver: sees a prompt alone. judge: compares responses.
designer: proposes operators."""


@dataclass(frozen=True, slots=True)
class Member:
    """A model of the panel. family: what it is a relative of (by default read from its name), since a model, or its
    like, is never its own only witness."""

    model: str
    base_url: str
    family: str


@dataclass(frozen=True, slots=True)
class Panel:
    """Who does what. solvers, judges: at least one each where they are needed; asked in turn, the author among them
    only where no other is given."""

    author: Member
    solvers: tuple[Member, ...]
    judges: tuple[Member, ...] = ()

    @property
    def independent(self) -> bool:
        """Whether some solver is another model than the author, and of another family."""
        return any(self.is_other(member.model, member.family) for member in self.solvers)

    def is_other(self, model: str, family: str) -> bool:
        """Whether a model is no relative of the author, by what was stated and by what their names tell."""
        return not are_kin(self.author.model, self.author.family, model, family)


@dataclass(frozen=True, slots=True)
class Call:
    """One request and its reply, as a certificate names it. Digests are SHA-256 of the request's JSON and of the
    reply's text; purpose: ``evolve``, ``mend``, ``solve``, ``clarify``, ``inputs``, ``judge``, ``plan``, ..."""

    role: Role
    purpose: str
    model: str
    family: str
    template: str
    template_version: str
    temperature: float | None
    seed: int | None
    epoch: int
    request_digest: str
    reply_digest: str

    def to_json(self) -> dict[str, Any]:
        """As the certificate holds it."""
        return asdict(self)

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> Call:
        """Read what a certificate holds, and anybody may have written. TypeError or ValueError if it is no call."""
        call = Call(**data)
        texts = (call.role, call.purpose, call.model, call.family, call.template, call.template_version)
        if not all(isinstance(each, str) for each in (*texts, call.request_digest, call.reply_digest)):
            raise TypeError("a call's names and digests are texts")
        if call.role not in get_args(Role) or type(call.epoch) is not int or type(call.seed) not in (int, type(None)):
            raise ValueError("a call has a role that is known, and whole numbers as seed and repetition")
        if type(call.temperature) not in (int, float, type(None)):
            raise TypeError("a call's temperature is a number, or none was sent")
        return call


@dataclass(frozen=True, slots=True)
class Answer:
    """A reply: its text (thinking left out), the call, and what it took. cached: nothing was paid for it now."""

    text: str
    call: Call
    finish_reason: str | None = None
    input_tokens: int = 0
    output_tokens: int = 0
    cached: bool = False


class Asker(Protocol):
    """What the pipeline asks with. Implementations keep each reply before they hand it on (content-addressed by the
    exact request and its epoch), hold to the budget, and bound what is in flight."""

    async def ask(
        self, role: Role, member: Member, purpose: str, prompt: Rendered, *, seed: int, epoch: int = 0
    ) -> Answer:
        """The reply to one prompt. seed: of the seed tree, sent where a seed was asked for; epoch: repetition of the
        same prompt to the same member, so that five blind solutions are five replies.

        Raises:
            OutOfBudget: nothing further may be spent; what is proven so far stands.
            EndpointRefused, RequestRefused, EndpointDown: see harness.endpoint.api; an outage is never a rejection.
        """


class OutOfBudget(Exception):
    """The budget of calls, tokens, money or minutes is used up."""


Fields = Mapping[str, Any]
