"""Where the packages that a suite requires come from: this Python's own, else the index that pip is configured for."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from ...benchmarks.errors import InfraError
from ...benchmarks.jsonio import digest
from .keeping import make_once
from .requirements import Lacking, Package, closure

PACKAGES_GROUP = "packages"
_PIP_S = 900


def find_packages(requires: Sequence[str]) -> tuple[Package, ...]:
    """The packages that meet these requirements (parsed), and all that they need.

    Taken from what is installed beside evalrun, else from a folder that pip fills once. InfraError names the one that
    neither has, and what to do.
    """
    if not requires:
        return ()
    try:
        return closure(requires)
    except Lacking as here:
        lack = str(here)
    try:
        key = digest(["pip", sys.version, *requires])
        folder = make_once(PACKAGES_GROUP, key, lambda into: _install(requires, into))
        return closure(requires, [str(folder)])
    except (InfraError, Lacking) as error:
        raise InfraError(
            f"{lack} beside evalrun, and pip could not get it ({error}); install it there "
            f"(pip install {' '.join(repr(text) for text in requires)}), or build an image where a registry can be "
            "reached (evalrun sandbox build --from dockerfile)"
        ) from error


def _install(requires: Sequence[str], into: Path) -> None:
    """Fill a folder with wheels. No sdist is taken: building one would run its code on this machine."""
    options = ["-q", "--no-input", "--disable-pip-version-check", "--no-compile", "--only-binary", ":all:"]
    command = [sys.executable, "-m", "pip", "install", *options, "--target", str(into), "--", *requires]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", timeout=_PIP_S, stdin=subprocess.DEVNULL
        )
    except subprocess.TimeoutExpired as error:
        raise InfraError(f"pip did not end within {_PIP_S} s") from error
    except OSError as error:
        raise InfraError(f"pip could not be started: {error}") from error
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.startswith("ERROR")] or done.stderr.splitlines()
        raise InfraError(f"pip: {lines[-1][:200] if lines else f'exit status {done.returncode}'}")
    shutil.rmtree(into / "bin", ignore_errors=True)
