"""A server of all control baselines of preferences."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from evalrun.harness.serve.choosers import FirstWins, LongerWins, ShorterWins, Uniform
from evalrun.harness.serve.ngram import Ngram
from evalrun.harness.serve.server import TokenSettings, serving

TEXT = "The cat sat on the mat. The dog sat on the log.\nThe cat saw the dog, and the dog saw the cat: naïve.\n" * 2
Post = Callable[..., Any]


class Client:
    """Asks a server; ``v1`` paths begin with /v1."""

    def __init__(self, base_url: str, http: httpx.Client) -> None:
        self.root, self.http = base_url.removesuffix("/v1"), http

    def send(self, path: str, **body: Any) -> httpx.Response:
        """Whatever comes."""
        return self.http.post(self.root + path, json=body)

    def __call__(self, path: str, **body: Any) -> Any:
        """The JSON of a reply that must be one."""
        response = self.send(path, **body)
        assert response.status_code == 200, response.text
        return response.json()


@pytest.fixture(scope="package")
def models() -> list[Any]:
    """One of each."""
    return [Ngram([TEXT]), Uniform(), LongerWins(), ShorterWins(), FirstWins()]


@pytest.fixture(scope="package")
def ask(models: list[Any]) -> Iterator[Client]:
    """The server of all, without faults."""
    with serving(models) as base_url, httpx.Client(trust_env=False) as http:
        yield Client(base_url, http)


@pytest.fixture
def asking(models: list[Any]) -> Iterator[Callable[[TokenSettings], Client]]:
    """Another server of the first, with settings."""
    from contextlib import ExitStack

    with ExitStack() as stack:
        http = stack.enter_context(httpx.Client(trust_env=False))
        yield lambda settings: Client(stack.enter_context(serving(models[:1], tokens=settings)), http)
