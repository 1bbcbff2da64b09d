"""The shared libraries that an interpreter and its modules load, and where they must lie in a root filesystem."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Collection, Sequence
from pathlib import Path

from ...benchmarks.errors import InfraError

_AT_ONCE = 100


def shared_libraries(loadable: Sequence[Path], *, but_not_in: Collection[Path] = ()) -> list[tuple[Path, str]]:
    """Where the libraries of these files are, and under which name the loader will look for them.

    but_not_in: folders whose libraries come along anyway, and are found where they lie.
    """
    needed: dict[str, Path] = {}
    for start in range(0, len(loadable), _AT_ONCE):
        files = [str(path) for path in loadable[start : start + _AT_ONCE]]
        listing = subprocess.run(["ldd", *files], capture_output=True, text=True, check=False).stdout
        for found in re.findall(r"(/\S+)\s+\(0x", listing):
            path = Path(found)
            if not any(home in path.resolve().parents for home in but_not_in):
                needed[found] = path
    if not needed:
        return []  # a static interpreter
    libc = next((Path(name) for name in needed if Path(name).name.startswith("libc.so")), None)
    if libc is None:
        raise InfraError(
            "this Python is not linked to a C library evalrun knows; use `evalrun sandbox build --rootfs FILE`"
        )
    placed = []
    for name, path in sorted(needed.items()):
        # The loader has no cache file in the sandbox: what lies outside its standard folders goes beside the C library.
        standard = name.startswith(("/lib", "/usr/lib"))
        placed.append((path.resolve(), (name if standard else f"{libc.parent}/{path.name}").lstrip("/")))
    return placed
