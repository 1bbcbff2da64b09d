"""Opening the endpoint that a run's options name: the one place where client, retries and cache are put together."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ...benchmarks import BadInput
from .api import Endpoint, Response
from .prompt import EndpointForm

if TYPE_CHECKING:
    from .cachestore import ResponseCache

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def open_endpoint(
    options: Mapping[str, Any],
    cache: ResponseCache | None = None,
    unbelieved: Callable[[Mapping[str, Any], Response], bool] = lambda body, response: True,
    environment: Mapping[str, str] = os.environ,
) -> Endpoint:
    """The endpoint, not yet entered.

    options: of ``evalrun run`` by name: base_url, form, max_connections, max_retries, timeout, total_timeout,
    no_adaptive, api_key_env. cache: asked first where there is one; whoever opened it closes it.
    unbelieved: see ``OpenAIEndpoint``. environment: where the key is read.
    """
    from .address import normal_base_url
    from .client import OpenAIEndpoint
    from .retry import RetryPolicy

    form: EndpointForm = options["form"]
    endpoint = OpenAIEndpoint(
        options["base_url"],
        form,
        key=key_of(options, environment),
        retry=RetryPolicy(max_retries=options["max_retries"], total_s=options["total_timeout"]),
        timeout_s=options["timeout"],
        connections=options["max_connections"],
        adaptive=not options["no_adaptive"],
        unbelieved=unbelieved,
    )
    if cache is None:
        return endpoint
    from .cache import CachedEndpoint

    return CachedEndpoint(endpoint, cache, form, normal_base_url(options["base_url"]))


def key_of(options: Mapping[str, Any], environment: Mapping[str, str] = os.environ) -> str | None:
    """The key: from the variable that ``api_key_env`` names, else from the usual ones; None where there is none.

    Raises:
        BadInput: the variable is named and not set, or holds what no key can be.
    """
    from .address import KEY_VARIABLES, api_key

    name = options.get("api_key_env")
    if name is None:
        return api_key(environment)
    if not _VARIABLE.fullmatch(name):
        raise BadInput("--api-key-env: give the name of an environment variable, never the key itself")
    if not environment.get(name, "").strip():
        raise BadInput(f"--api-key-env {name}: this environment variable is not set")
    return api_key({KEY_VARIABLES[0]: environment[name]})
