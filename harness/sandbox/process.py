"""No isolation: the guest as an ordinary child process, for code that is trusted. Only used when it is asked for by
name.
"""

from __future__ import annotations

import sys

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
