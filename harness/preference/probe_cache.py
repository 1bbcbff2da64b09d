"""What probes found, kept in the user's cache folder for each endpoint and model."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ...benchmarks import BadInput
from ...benchmarks.jsonio import digest, read_json, write_json
from ..endpoint.transport import LOOPBACK
from ..paths import cache_dir
from .loglik import Fetcher
from .probe import Progress, probe
from .probe_result import ProbeResult

log = logging.getLogger("evalrun.probe")
TESTS = 2
"""Counts up when the tests change, so that what older ones found is tested again."""
_KEPT = timedelta(days=7)
_KEPT_HERE = timedelta(hours=1)
"""On this machine another server may soon listen at the same port."""


async def find_out(
    client: Fetcher,
    base_url: str,
    model: str,
    *,
    refresh: bool = False,
    folder: Path | None = None,
    progress: Progress = lambda what: None,
) -> ProbeResult:
    """What the server can do: as found before, or tested now and kept.

    refresh: test now. folder: the cache's folder, by default evalrun's own.

    Raises:
        EndpointRefused, EndpointDown: see ``probe``.
    """
    path = probe_path(base_url, model, folder)
    found = None if refresh else kept(path, base_url, model)
    if found is None:
        found = await probe(client, base_url, model, progress)
        keep(path, found)
    return found


def probe_path(base_url: str, model: str, folder: Path | None = None) -> Path:
    """Where the result for one endpoint and model is kept; its name is a digest, whatever they are called."""
    return (folder or cache_dir()) / "probes" / f"{digest([TESTS, base_url, model])[:32]}.json"


def kept(path: Path, base_url: str, model: str) -> ProbeResult | None:
    """What is kept there, None where nothing is, where it is too old, or damaged."""
    if not path.is_file():
        return None
    try:
        found = _read(read_json(path))
        age = datetime.now(timezone.utc) - datetime.fromisoformat(found.tested_at)
        is_old = age > (_KEPT_HERE if urlsplit(base_url).hostname in LOOPBACK else _KEPT)
    except (BadInput, ValueError, KeyError, TypeError, AttributeError) as error:
        log.warning("%s: not what was written there (%s); the server is tested again", path, error)
        return None
    if is_old or (found.base_url, found.model) != (base_url, model):
        return None
    return found


def keep(path: Path, found: ProbeResult) -> None:
    """Write the result; that it cannot be written costs a warning, and the next run a test."""
    data = found.to_json()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_json(path, {"check": digest(data), "result": data})
    except OSError as error:
        log.warning("%s: cannot be written (%s); the next run tests the server again", path, error.strerror or error)


def _read(data: Any) -> ProbeResult:
    if digest(data["result"]) != data["check"]:
        raise ValueError("the check sum does not fit")
    return ProbeResult.from_json(data["result"])
