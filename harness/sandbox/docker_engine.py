"""Finding a Docker engine, or one that speaks as Docker does, and what it can give."""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...benchmarks.errors import BadInput, InfraError
from .api import NotHere

if TYPE_CHECKING:
    import docker

LABEL = "evalrun.sandbox"
_PING_S = 10
_CALL_S = 60
_LIMITS = {"MemoryLimit": "memory", "SwapLimit": "swap", "PidsLimit": "pids", "CPUSet": "cpus"}


@dataclass(frozen=True, slots=True)
class Facts:
    """What an engine says of itself.

    missing: of memory, swap, pids, cpus, inodes (of /tmp) and namespaces those that it cannot limit. same_kernel: if
    it runs on this machine.
    """

    product: str
    version: str
    rootless: bool
    cgroup: str
    storage: str
    runtimes: tuple[str, ...]
    cpus: int
    architecture: str
    missing: tuple[str, ...]
    same_kernel: bool


class Engine:
    """A connection to an engine, which outlives the engine's restarts."""

    def __init__(self, client: docker.DockerClient, address: str) -> None:
        self.client = client
        self.address = address

    @cached_property
    def facts(self) -> Facts:
        """What it says of itself, asked once."""
        try:
            info, version = self.client.info(), self.client.version()
        except OSError as error:  # what the SDK raises for an answer is a child of it
            raise InfraError(f"the engine at {self.address} stopped answering ({reason(error)})") from error
        return _facts(info, version)

    def forget_connections(self) -> None:
        """Connect anew at the next call."""
        self.client.api.close()

    def close(self) -> None:
        """Hang up."""
        self.client.close()


def _facts(info: dict[str, Any], version: dict[str, Any]) -> Facts:
    components = version.get("Components") or [{}]
    controlled = str(info.get("CgroupDriver")) != "none"
    memory = Path("/proc/meminfo").read_text().split()[1] if Path("/proc/meminfo").exists() else "0"
    product = str(components[0].get("Name", "Engine")).removesuffix(" Engine").replace("Engine", "Docker")
    missing = [name for key, name in _LIMITS.items() if not controlled or info.get(key) is False]
    if product == "Podman":
        # It refuses that option of a tmpfs, and its system-call filter lets programs make user namespaces.
        missing += ["inodes", "namespaces"]
    return Facts(
        product=product,
        version=str(version.get("Version", "?")),
        rootless=any("rootless" in str(option) for option in info.get("SecurityOptions") or ()),
        cgroup=f"v{info.get('CgroupVersion') or '1'}" if controlled else "none",
        storage=str(info.get("Driver", "?")),
        runtimes=tuple(sorted(info.get("Runtimes") or {})),
        cpus=int(info.get("NCPU") or 1),
        architecture=str(info.get("Architecture") or ""),
        missing=tuple(missing),
        # A kernel of the same release with the same memory: a remote twin would only be pinned to processors it has.
        same_kernel=info.get("KernelVersion") == platform.release()
        and abs(int(info.get("MemTotal") or 0) // 1024 - int(memory)) < 1024,
    )


def reason(error: BaseException) -> str:
    """An error of the SDK or the network as one short line."""
    text = str(getattr(error, "explanation", None) or error) or type(error).__name__
    return " ".join(text.split())[:240]


def connect() -> Engine:
    """The engine named by DOCKER_HOST or the Docker context, else the first usual socket that answers.

    NotHere when none answers. docker-compatible sockets of Podman count.
    """
    from docker.errors import DockerException

    failures = []
    for address, options in _addresses():
        try:
            return _reach(address, options)
        except (DockerException, OSError, ValueError) as error:
            failures.append(f"{address}: {_explain(error)}")
    raise NotHere(f"no Docker engine answers ({'; '.join(failures)})", _what_to_do(failures))


def _what_to_do(failures: Iterable[str]) -> str:
    """How to get an engine, after what hindered here."""
    if os.environ.get("DOCKER_HOST"):
        return "start the engine that DOCKER_HOST names, or unset it to look for one here"
    if _context_address() is not None:
        return "start the engine of this Docker context, or choose another (`docker context use`)"
    if any("permission denied" in failure for failure in failures):
        return "join the group that owns the socket (`usermod -aG docker USER`, then log in anew)"
    places = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin", "/sbin"))
    if shutil.which("dockerd", path=places) or shutil.which("docker", path=places):
        return "start it (`systemctl start docker`, or `dockerd` as root)"
    if shutil.which("podman", path=places):
        return "start Podman's (`systemctl --user start podman.socket`)"
    return "install one and start it (Debian: apt-get install docker.io)"


def _reach(address: str, options: dict[str, Any]) -> Engine:
    import docker

    client = docker.DockerClient(base_url=address, timeout=_PING_S, **options)
    try:
        client.ping()
    except BaseException:
        client.close()
        raise
    client.api.timeout = _CALL_S
    return Engine(client, address)


def _addresses() -> Iterator[tuple[str, dict[str, Any]]]:
    """Where an engine may be, with TLS options. A place that the user named is the only one."""
    from docker.utils import kwargs_from_env

    if os.environ.get("DOCKER_HOST"):
        named: dict[str, Any] = {**kwargs_from_env()}
        address = str(named.pop("base_url"))
        _refuse_unknown(address, "DOCKER_HOST")
        yield address, named
        return
    of_context = _context_address()
    if of_context is not None:
        yield of_context
        return
    for path in _sockets():
        if path.exists():
            yield f"unix://{path}", {}
    if not any(path.exists() for path in _sockets()):
        yield f"unix://{_sockets()[0]}", {}


def _sockets() -> tuple[Path, ...]:
    own = os.environ.get("XDG_RUNTIME_DIR")
    mine = (Path(own) / "docker.sock", Path(own) / "podman" / "podman.sock") if own else ()
    return (Path("/var/run/docker.sock"), *mine, Path("/run/podman/podman.sock"))


def _context_address() -> tuple[str, dict[str, Any]] | None:
    """The address of the chosen Docker context; None for the default one."""
    from docker.context import ContextAPI
    from docker.errors import DockerException

    name = os.environ.get("DOCKER_CONTEXT") or None
    try:
        context = ContextAPI.get_context(name)
    except (DockerException, OSError, ValueError, KeyError, TypeError) as error:
        raise BadInput(f"the Docker context {name or ''} cannot be read ({reason(error)})") from error
    if context is None:
        raise BadInput(f"there is no Docker context {name!r}; `docker context ls` lists them")
    if context.name == "default":
        return None
    address = str(context.Host)
    _refuse_unknown(address, f"the Docker context {context.name!r}")
    tls = context.TLSConfig
    return address, {} if tls is None else {"tls": tls}


def _refuse_unknown(address: str, origin: str) -> None:
    if address.startswith("ssh://"):
        raise BadInput(
            f"{origin} is {address}: evalrun does not speak ssh; forward the socket (ssh -L /tmp/engine.sock:"
            "/var/run/docker.sock HOST) and set DOCKER_HOST=unix:///tmp/engine.sock"
        )
    if not address.startswith(("unix://", "tcp://", "http://", "https://")):
        raise BadInput(f"{origin} is {address[:120]!r}: expected unix:///SOCKET or tcp://HOST:PORT")


def _explain(error: Exception) -> str:
    text = str(error)
    if "Permission denied" in text or "PermissionError" in text:
        return "permission denied"
    if "FileNotFoundError" in text:
        return "no such socket"
    if "ConnectionRefusedError" in text or "Connection refused" in text:
        return "nothing listens there"
    return reason(error)[:160]
