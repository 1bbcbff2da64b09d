"""Short programs of our own, run once in a locked-down container: what is in an image, which limits really hold."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from ...benchmarks.errors import InfraError
from .docker_engine import LABEL, Engine, reason
from .docker_orphans import owner_label
from .requirements import names_of

_VERSIONS = """
import json, sys
from importlib.metadata import PackageNotFoundError, version
found = {}
for name in sys.argv[1:]:
    try:
        found[name] = version(name)
    except PackageNotFoundError:
        pass
print(json.dumps(found))
"""
_MEMORY = "print('begun', flush=True)\nheld = b'x' * (200 << 20)\nprint('survived', flush=True)\n"
_PIDS = """
import os, signal, time
made = []
try:
    for _ in range(64):
        pid = os.fork()
        if pid == 0:
            time.sleep(60)
            os._exit(0)
        made.append(pid)
except OSError:
    print('refused', flush=True)
else:
    print('survived', flush=True)
for pid in made:
    os.kill(pid, signal.SIGKILL)
"""
_TRIAL_S = 30.0


def installed_versions(engine: Engine, image: str, requires: Sequence[str]) -> dict[str, str]:
    """The versions of the required packages (parsed) that the image's Python finds."""
    said = run_once(engine, image, _VERSIONS, names_of(requires))
    try:
        found = json.loads(said)
    except ValueError as error:
        raise InfraError(f"the image's Python cannot say which packages it has ({said[-200:]!r})") from error
    return {str(key): str(value) for key, value in found.items()} if isinstance(found, dict) else {}


def enforced_limits(engine: Engine, image: str) -> dict[str, bool]:
    """Whether the engine stops a program that wants more memory, or more processes, than its container may have."""
    memory = run_once(engine, image, _MEMORY, memory_mb=96)
    pids = run_once(engine, image, _PIDS, pids=16)
    return {"memory": "begun" in memory and "survived" not in memory, "pids": "refused" in pids}


def run_once(
    engine: Engine, image: str, program: str, arguments: Sequence[str] = (), *, memory_mb: int = 512, pids: int = 64
) -> str:
    """What a Python program prints in a fresh container, which is removed."""
    from .docker_container import ContainerTransport, host_config

    api = engine.client.api
    try:
        made: str = api.create_container(
            image,
            command=["python3", "-s", "-c", program, *arguments],
            user="0:0",
            working_dir="/",
            environment={"PATH": "/opt/python/bin:/usr/local/bin:/usr/bin:/bin", "OPENBLAS_NUM_THREADS": "1"},
            labels={LABEL: owner_label()},
            network_disabled=True,
            host_config=host_config(engine, memory_mb=memory_mb, pids=pids),
        )["Id"]
        try:
            stream = api.attach_socket(made, params={"stdout": 1, "stderr": 1, "stream": 1})
            transport = ContainerTransport(stream, lambda: None)
            api.start(made)
            return _all_of(transport)
        finally:
            api.remove_container(made, force=True)
    except OSError as error:
        raise InfraError(f"a trial container did not run ({reason(error)})") from error


def _all_of(transport: Any) -> str:
    """All that a program prints; at most 100 kB are kept."""
    said = b""
    try:
        while len(said) < 100_000:
            part = transport.receive(_TRIAL_S)
            if not part:
                raise TimeoutError(f"silent for {_TRIAL_S:g} s")
            said += part
    except EOFError:
        pass
    finally:
        transport.close()
    return said.decode("utf-8", "replace")
