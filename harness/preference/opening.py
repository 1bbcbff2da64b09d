"""From what was asked for to what asks: finding the mode, writing it down, and opening it again from what was written.

A run asks as its manifest says, also when it is resumed. Nothing is found out twice, so a server that is tested again
and does a little better cannot split a run in two halves that were asked differently.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ...benchmarks import BadInput
from ...benchmarks.preference import Message, PreferenceTask, Response
from ..endpoint.api import EndpointRefused, RequestRefused, Sampling
from ..endpoint.client import OpenAIEndpoint
from ..endpoint.responses import UnusableResponse, read_response
from .api import CHOICE_MODES, LOGLIKELIHOOD_MODES, Chooser, LogLikelihoods, Mode
from .forced_choice import TOPS, ForcedChoice
from .judge import Judge
from .label_shares import first_share, tells_shares
from .loglik import Fetcher
from .loglik_opening import Scoring, open_loglikelihoods, scoring_json
from .manifest import Asked
from .probe import Progress
from .probe_result import AUTO, MODES, choose_mode
from .question_layout import LABELS
from .questions import FORCED_CHOICE, JUDGE, Labels
from .verdicts import AROUND

_LABEL_TOKENS = 16
"""Limit of a reply that begins with a label whose probability the server tells: the rest is not needed."""
_TRIAL = PreferenceTask(
    id="trial",
    messages=(Message("user", "How much is two and two?"),),
    responses=(Response("a", "Four."), Response("b", "The answer is five.")),
    ranking=(("a",), ("b",)),
    criterion="correctness",
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for. mode: one of the modes, or ``auto``. scoring: for log-likelihoods. The rest is for choices:
    labels by position, the system message, further fields of each request.
    """

    mode: str = AUTO
    scoring: Scoring = field(default_factory=Scoring)
    labels: Labels = LABELS
    system: str | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)
    sampling: Sampling = field(default_factory=Sampling)

    def __post_init__(self) -> None:
        names = [label.casefold() for label in self.labels]
        bad = next((each for each in self.labels if not each.strip(AROUND) or each.strip(AROUND) != each), None)
        if bad is not None or len({*names, "tie"}) < 3:
            raise BadInput(f"--labels {','.join(self.labels)[:60]!r}: two different words are needed, such as A,B")


async def find_way(
    client: Fetcher,
    model: str,
    base_url: str,
    wanted: Wanted,
    among: Sequence[Mode] = MODES,
    *,
    cache: Path | None = None,
    progress: Progress = lambda what: None,
) -> Asked:
    """How a model is asked: the mode that was asked for, with the settings it was found to work with.

    A choice that is asked for by name needs no probe. cache: the folder of what probes found, by default evalrun's own.

    Raises:
        BadInput: the mode is not among those that are possible here, or does not work on this server.
        InfraError: the server does not answer.
    """
    probe = None
    known = next((mode for mode in CHOICE_MODES if mode == wanted.mode and mode in among), None)
    settings: Mapping[str, Any] = {}
    if known is None:
        from .probe_cache import find_out

        found = await find_out(client, base_url, model, folder=cache, progress=progress)
        probe = found.to_json()
        known = choose_mode(found, wanted.mode, among)
        settings = found.works[known]
    if known in LOGLIKELIHOOD_MODES:
        return Asked(model, base_url, scoring_json(known, settings, wanted.scoring), probe)
    question = JUDGE if known == "judge" else FORCED_CHOICE
    how: dict[str, Any] = {"mode": known, "settings": {}, "question": question.to_json(wanted.labels)}
    if wanted.system is not None:
        how["system"] = wanted.system
    if wanted.fields:
        how["extra_body"] = dict(wanted.fields)
    if known == "forced_choice":
        how["settings"] = await label_settings(client, model, wanted)
    return Asked(model, base_url, how, probe)


async def label_settings(client: Fetcher, model: str, wanted: Wanted) -> dict[str, Any]:
    """What a server tells about the tokens of a reply that is to be a label, found by asking for one.

    top: alternatives at each token, 0 where it tells none. max_tokens: the limit of a reply, where it begins with the
    label and the caller set no other.
    """
    for top in TOPS:
        asked = ForcedChoice(
            client, model, wanted.sampling, top, wanted.labels, FORCED_CHOICE, wanted.system, wanted.fields
        )
        try:
            payload = await client.fetch("/chat/completions", asked.body(_TRIAL, "Four.", "The answer is five."))
            reply = read_response(payload, "chat", 1).replies[0]
        except (RequestRefused, EndpointRefused, UnusableResponse):
            continue  # what else is wrong with the request shows when it is made without log-probabilities
        if not tells_shares(payload):
            return {"top": 0}
        at_once = not reply.reasoning and first_share(payload, wanted.labels) is not None
        limited = wanted.sampling.max_tokens is not None or "max_completion_tokens" in wanted.fields
        return {"top": top, **({"max_tokens": _LABEL_TOKENS} if at_once and not limited else {})}
    return {"top": 0}


def open_scores(client: Fetcher, model: str, how: Mapping[str, Any], scoring: Scoring) -> LogLikelihoods:
    """What scores responses as a manifest says."""
    mode = _mode(how)
    return open_loglikelihoods(client, model, mode, how["settings"], scoring)


def open_chooser(client: OpenAIEndpoint, model: str, how: Mapping[str, Any], sampling: Sampling) -> Chooser:
    """What chooses as a manifest says."""
    first, second = how["question"]["labels"]
    system, fields, settings = how.get("system"), how.get("extra_body", {}), how["settings"]
    if _mode(how) == "judge":
        return Judge(client, model, sampling, (first, second), JUDGE, system, fields)
    if settings.get("max_tokens") is not None and sampling.max_tokens is None:
        sampling = replace(sampling, max_tokens=settings["max_tokens"])
    return ForcedChoice(
        client, model, sampling, int(settings.get("top", 0)), (first, second), FORCED_CHOICE, system, fields
    )


def _mode(how: Mapping[str, Any]) -> Mode:
    mode = next((mode for mode in MODES if mode == how["mode"]), None)
    if mode is None:
        raise BadInput(f"run.json: how.mode: {str(how['mode'])[:40]!r} is none of {', '.join(MODES)}")
    return mode
