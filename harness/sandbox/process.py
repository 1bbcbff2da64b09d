"""No isolation: the guest as an ordinary child process, for code that is trusted. Only used when it is asked for by
name.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from ...benchmarks.errors import BadInput
from .requirements import Lacking, closure
from .streams import ProcessTransport
from .worker import BOOT, Mode

ENVIRONMENT = {
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "PYTHONHASHSEED": "0",
    "OPENBLAS_NUM_THREADS": "1",
}


class ProcessBackend:
    """Starts unprotected guests with the host's own Python."""

    mode: Mode = "open"

    def start(self, worker: int) -> ProcessTransport:
        """Start one guest."""
        return ProcessTransport([sys.executable, "-s", "-c", BOOT], env=ENVIRONMENT, cwd="/")

    def close(self) -> None:
        """Nothing is held."""


def installed(requires: Sequence[str]) -> tuple[str, ...]:
    """The packages of this Python that meet these requirements (parsed); BadInput names one that it lacks."""
    try:
        return tuple(package.pin for package in closure(requires))
    except Lacking as error:
        raise BadInput(f"--sandbox process uses this Python, in which {error}; install it, or use docker") from error
