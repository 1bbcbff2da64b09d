"""Where an endpoint is and what opens it: the base URL as the user gives it, and the key in the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from urllib.parse import urlsplit

from ...benchmarks import BadInput

KEY_VARIABLES = ("EVALRUN_API_KEY", "OPENAI_API_KEY")


def normal_base_url(url: str) -> str:
    """The URL that the paths of the API are appended to; a bare host gets ``/v1``.

    Raises:
        BadInput: it is no http(s) URL, holds a space or a control character, or carries a password or a query, which a
            run's records would then show.
    """
    url = url.strip()
    if not url.isprintable() or " " in url:
        raise BadInput("--base-url: holds a space or a character that cannot be seen; give it again without")
    try:
        parts = urlsplit(url)
        has_port = parts.port is None or parts.port > 0
    except ValueError as error:
        raise BadInput(f"--base-url {url[:200]!r}: not a URL ({error})") from error
    if parts.scheme not in ("http", "https") or not parts.hostname or not has_port:
        raise BadInput(f"--base-url {url[:200]!r}: expected http://host[:port][/path] or https://...")
    if parts.username is not None or parts.query or parts.fragment:
        raise BadInput(
            f"--base-url: give scheme, host and path only; a key belongs in the environment variable {KEY_VARIABLES[0]}"
        )
    path = parts.path.rstrip("/")
    return f"{parts.scheme}://{parts.netloc}{path or '/v1'}"


def api_key(environment: Mapping[str, str] = os.environ) -> str | None:
    """The key from the environment, the only place it is ever read from; None where there is none."""
    for name in KEY_VARIABLES:
        key = environment.get(name, "").strip()
        if key and not (key.isascii() and key.isprintable() and " " not in key):
            raise BadInput(f"the key in {name} holds characters that no HTTP header can; set it again")
        if key:
            return key
    return None
