"""Finding out what a server can do by testing it: documentation and version numbers are not believed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timezone
from typing import Any

from ... import __version__
from ...benchmarks.preference import Message
from ..endpoint.api import EndpointDown, EndpointRefused, RequestRefused
from . import probe_ways as ways
from .api import Mode, NotScorable
from .loglik import Fetcher
from .loglik_tokenizer import ServerTokenizer, find_tokenizer
from .probe_result import MODES, ProbeResult
from .probe_ways import Passed, Settings

Progress = Callable[[str], None]
_HELLO = "Say hello."


async def probe(client: Fetcher, base_url: str, model: str, progress: Progress = lambda what: None) -> ProbeResult:
    """Test every mode. progress: told what is tested next.

    Raises:
        EndpointRefused: the server refuses the key or the model, whatever is asked.
        EndpointDown: it does not answer at all, or stopped answering meanwhile.
    """
    await _require_alive(client, model)
    tokenizer = await find_tokenizer(client, model)
    works: dict[Mode, Settings] = {}
    refused: dict[Mode, str] = {}
    notes: list[str] = []
    tests: Mapping[Mode, Callable[[Fetcher, str, ServerTokenizer | None], Awaitable[Passed]]] = {
        "prompt_logprobs": ways.prompt_logprobs,
        "echo": ways.echo,
        "teacher_force": ways.teacher_force,
        "forced_choice": ways.forced_choice,
        "judge": ways.judge,
    }
    for mode in MODES:
        progress(mode)
        try:
            passed = await tests[mode](client, model, tokenizer)
        except NotScorable as fault:
            refused[mode] = str(fault)
        except RequestRefused as refusal:
            refused[mode] = f"refused: {refusal}"
        except EndpointRefused as refusal:
            if is_for_all(refusal):
                raise
            refused[mode] = f"not_offered: {refusal}"
        except EndpointDown as failure:
            await _require_alive(client, model)  # else it is an outage, which says nothing about the mode
            refused[mode] = f"server_error: {failure}"
        else:
            works[mode] = passed.settings
            notes += [f"{mode}: {note}" for note in passed.notes]
    now = datetime.now(timezone.utc).isoformat(timespec="seconds")
    return ProbeResult(base_url, model, works, refused, tuple(notes), now, __version__)


def is_for_all(refusal: EndpointRefused) -> bool:
    """Whether a refusal is about the key or the account, and not about one path."""
    return refusal.status in (401, 402, 403)


async def _require_alive(client: Fetcher, model: str) -> None:
    """Raise unless the server answers one of the two usual requests for this model."""
    messages = [Message("user", _HELLO).to_json()]
    bodies: Mapping[str, dict[str, Any]] = {
        "/chat/completions": {"model": model, "messages": messages, "max_tokens": 1},
        "/completions": {"model": model, "prompt": _HELLO, "max_tokens": 1},
    }
    failures: list[Exception] = []
    for path, body in bodies.items():
        try:
            await client.fetch(path, body)
            return
        except RequestRefused:
            return  # it took the path and the model, and did not like the rest
        except EndpointRefused as refusal:
            if is_for_all(refusal):
                raise
            failures.append(refusal)
        except EndpointDown as failure:
            failures.append(failure)
    raise next((each for each in failures if isinstance(each, EndpointDown)), failures[0])
