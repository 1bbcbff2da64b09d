"""Containers whose evalrun is gone: how they are told from those of a living one, and their removal."""

from __future__ import annotations

import functools
import hashlib
import os
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...benchmarks.errors import InfraError
from .docker_engine import LABEL, Engine, reason


@dataclass(frozen=True, slots=True)
class Sweep:
    """removed and failed: container ids. foreign: containers of other machines, which only those can judge."""

    removed: tuple[str, ...]
    failed: tuple[str, ...]
    foreign: int


def owner_label() -> str:
    """Which process on which machine a container belongs to: ``machine/boot/namespace/start:pid``.

    A process id alone is not enough: it is used again, and means another process in another container, after a
    restart of the machine, or on another machine that shares the engine.
    """
    return f"{_machine()}/{_boot()}/{_namespace()}/{_started(os.getpid())}:{os.getpid()}"


def own_containers(engine: Engine) -> list[str]:
    """The containers of this very process."""
    found = engine.client.api.containers(all=True, filters={"label": f"{LABEL}={owner_label()}"})
    return [str(container["Id"]) for container in found]


def remove_orphans(engine: Engine) -> Sweep:
    """Remove the containers of evalruns that are gone; safe beside living ones, here or on other machines."""
    import docker.errors

    try:
        found = engine.client.api.containers(all=True, filters={"label": LABEL})
    except OSError as error:
        raise InfraError(f"the engine could not list its containers ({reason(error)})") from error
    removed, failed, foreign = [], [], 0
    for container in found:
        gone = _is_gone(container)
        foreign += gone is None
        if not gone:
            continue
        number = str(container["Id"])
        try:
            engine.client.api.remove_container(number, force=True)
            removed.append(number)
        except docker.errors.NotFound:
            continue  # it went by itself, or another evalrun was faster
        except docker.errors.APIError as error:
            if error.status_code != 409:  # 409: its removal is under way
                failed.append(number)
        except OSError as error:
            raise InfraError(f"the engine stopped answering ({reason(error)})") from error
    return Sweep(tuple(removed), tuple(failed), foreign)


def _is_gone(container: dict[str, Any]) -> bool | None:
    """Whether the evalrun that made it is gone; None where that cannot be told from here."""
    place, _, pid = str((container.get("Labels") or {}).get(LABEL)).rpartition(":")
    parts = place.split("/")
    if len(parts) != 4 or not pid.isdigit():
        return None
    machine, boot, namespace, started = parts
    if machine != _machine():
        return None
    if boot != _boot():
        # This machine has started anew since. Its twin, copied with its identity, might still run that container.
        return True if container.get("State") not in ("running", "paused", "restarting") else None
    if namespace != _namespace():
        return None
    return not _lives(int(pid), started)


def _lives(pid: int, started: str) -> bool:
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        pass  # it is another user's
    now = _started(pid)
    return now == "" or now == started


@functools.cache
def _machine() -> str:
    identity = ""
    for name in ("/etc/machine-id", "/var/lib/dbus/machine-id"):
        if not identity and Path(name).is_file():
            identity = Path(name).read_text(encoding="utf-8", errors="replace").strip()
    return hashlib.sha256(f"{identity} {socket.gethostname()}".encode()).hexdigest()[:16]


@functools.cache
def _boot() -> str:
    path = Path("/proc/sys/kernel/random/boot_id")
    return path.read_text().strip() if path.is_file() else ""


def _namespace() -> str:
    try:
        return os.readlink("/proc/self/ns/pid").strip("pid:[]")
    except OSError:
        return ""


def _started(pid: int) -> str:
    """When a process started, in ticks since the machine did; "" where that cannot be read."""
    try:
        status = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return ""
    return status.rpartition(b")")[2].split()[19].decode()
