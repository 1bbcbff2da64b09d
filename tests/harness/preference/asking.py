"""Asking a toy server for log-likelihoods."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from evalrun.benchmarks.preference import Message
from evalrun.harness.endpoint.client import OpenAIEndpoint
from evalrun.harness.endpoint.retry import RetryPolicy
from evalrun.harness.preference.api import TokenScores
from evalrun.harness.preference.loglik_opening import Scoring, open_loglikelihoods
from evalrun.harness.preference.loglik_template import TEMPLATES

from .toy_server import Toy, serving

TEXT = TEMPLATES["text"]
QUICK = RetryPolicy(max_retries=1, base_s=0.01, cap_s=0.02)
WITH_TOKENIZER = {"max_tokens": 1, "tokenizer": "vllm", "max_length": 4096}
WITHOUT = {"max_tokens": 1}


def score(
    toy: Toy,
    responses: Sequence[str],
    prompt: str = "a",
    mode: Any = "echo",
    settings: dict[str, Any] | None = None,
    scoring: Scoring | None = None,
) -> tuple[TokenScores, ...]:
    async def once(url: str) -> tuple[TokenScores, ...]:
        async with OpenAIEndpoint(url, "completions", retry=QUICK, timeout_s=10.0) as client:
            way = open_loglikelihoods(
                client, "toy", mode, WITHOUT if settings is None else settings, scoring or Scoring(TEXT)
            )
            return await way.score([Message("user", prompt)], responses)

    with serving(toy) as url:
        return asyncio.run(once(url))
