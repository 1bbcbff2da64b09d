"""The verb `probe`: what a server can do for preference tasks, found out by testing it."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ...benchmarks import GateFailed
from ...benchmarks.visible import visible
from .cache import cache_dir_option
from .options import finite, not_blank

if TYPE_CHECKING:
    from ..preference.probe_result import ProbeResult

_MEANING = {
    "prompt_logprobs": "log-likelihoods by prompt_logprobs",
    "echo": "log-likelihoods by echo and logprobs",
    "teacher_force": "log-likelihoods token by token",
    "forced_choice": "choice of a label",
    "judge": "written verdicts",
}
_MOST_SHOWN = 400


@click.command()
@click.option("--base-url", required=True, metavar="URL", help="The server's OpenAI-compatible API, with its /v1.")
@click.option("--model", required=True, callback=not_blank, metavar="NAME", help="The model's name there.")
@click.option("--api-key-env", metavar="VARIABLE", help="Environment variable with the key (default: EVALRUN_API_KEY).")
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    callback=finite,
    default=120.0,
    show_default=True,
    metavar="SECONDS",
    help="One request may take.",
)
@click.option("--refresh", is_flag=True, help="Test again, whatever was found before.")
@click.option("--json", "as_json", is_flag=True, help="Print what was found as JSON.")
@cache_dir_option
def command(
    base_url: str,
    model: str,
    api_key_env: str | None,
    timeout: float,
    refresh: bool,
    as_json: bool,
    cache_dir: Path | None,
) -> None:
    """Find out by tests how a server can be asked about preference tasks.

    Some dozens of short requests show whether it gives log-probabilities of a prompt (prompt_logprobs, echo, or token
    by token as llama.cpp can), whether these can be true (all zero, all equal, stale, shifted, cut, altered by the
    temperature), and whether it chooses between responses. What is found is kept for a week (an hour on this machine);
    `evalrun prefer` uses it. Exits with 3 where nothing works.

    \b
    Examples:
      evalrun probe --base-url http://localhost:8000/v1 --model my-model
      evalrun probe --base-url http://localhost:8000/v1 --model my-model --refresh --json
    """
    import asyncio

    from ..endpoint.address import normal_base_url

    options = {"base_url": normal_base_url(base_url), "api_key_env": api_key_env, "timeout": timeout}
    found = asyncio.run(_found(options, model, refresh, cache_dir))
    click.echo(json.dumps(found.to_json(), indent=2, sort_keys=True) if as_json else _shown(found))
    if not found.works:
        raise GateFailed(f"{visible(model)} at {found.base_url}: no way of asking about preferences works")


async def _found(options: dict[str, Any], model: str, refresh: bool, folder: Path | None) -> ProbeResult:
    from ..endpoint.client import OpenAIEndpoint
    from ..endpoint.opening import key_of
    from ..endpoint.retry import RetryPolicy
    from ..preference.probe_cache import find_out

    def progress(mode: str) -> None:
        if sys.stderr.isatty():
            click.echo(f"testing {mode}...", err=True)

    retry = RetryPolicy(max_retries=2, base_s=0.25, cap_s=2.0, total_s=max(options["timeout"], 1.0) * 2)
    async with OpenAIEndpoint(
        options["base_url"], "chat", key=key_of(options), retry=retry, timeout_s=options["timeout"]
    ) as client:
        return await find_out(client, options["base_url"], model, refresh=refresh, folder=folder, progress=progress)


def _shown(found: ProbeResult) -> str:
    from ..preference.probe_result import MODES, default_mode

    lines = [f"{visible(found.model)} at {found.base_url}, tested {visible(found.tested_at)}"]
    for mode in MODES:
        works = mode in found.works
        about = _settings(found.works[mode]) if works else visible(found.refused[mode], _MOST_SHOWN)
        lines.append(f"  {mode:<16} {'works  ' if works else 'refused'}  {about}".rstrip())
    lines += [f"  note: {visible(note, _MOST_SHOWN)}" for note in found.notes]
    best = default_mode(found)
    if found.works:
        lines.append(f"used by default: {best} ({_MEANING[best]})" if best else "used by default: none")
    return "\n".join(lines)


def _settings(settings: Any) -> str:
    shown = {name: value for name, value in settings.items() if value is not None and not name.endswith("digest")}
    return ", ".join(f"{visible(name)}={visible(json.dumps(value))}" for name, value in shown.items())
