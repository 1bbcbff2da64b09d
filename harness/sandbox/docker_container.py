"""The Docker backend: one locked-down container per worker, spoken to over its standard streams."""

from __future__ import annotations

import logging
import os
import socket
import struct
import time
from collections.abc import Callable
from typing import Any

from ...benchmarks.errors import BadInput, InfraError
from .api import REFERENCE_LIMITS
from .docker_engine import LABEL, Engine, Facts, reason
from .docker_image import Image
from .docker_orphans import owner_label
from .process import ENVIRONMENT
from .worker import BOOT, JUDGE_HOME, Mode

log = logging.getLogger("evalrun")

_SPARE_MEMORY_MB = 256
_SYSCTLS = {"kernel.shmmni": "0", "kernel.msgmni": "0", "kernel.sem": "0 0 0 0", "fs.mqueue.queues_max": "0"}
_PATIENCE_S = 10.0
"""How long a start waits for an engine that answered before: about what a restart of it takes."""
_PATH = "/opt/python/bin:" + ENVIRONMENT["PATH"]


class ContainerTransport:
    """A container's standard streams over one attach connection (the engine multiplexes output and error)."""

    def __init__(self, stream: Any, on_close: Callable[[], None]) -> None:
        self._stream = stream
        self._on_close = on_close
        self._socket: socket.socket = getattr(stream, "_sock", stream)
        self._raw = bytearray()
        self._out = bytearray()
        self._words = b""

    def send(self, data: bytes) -> None:
        """Write to the guest; OSError when it is gone."""
        self._socket.settimeout(60)
        self._socket.sendall(data)

    def receive(self, timeout: float) -> bytes:
        """What has come; nothing after ``timeout`` seconds of silence; EOFError when the guest is gone."""
        deadline = time.monotonic() + timeout
        while True:
            self._sort()
            if self._out:
                taken = bytes(self._out)
                self._out.clear()
                return taken
            left = deadline - time.monotonic()
            if left <= 0:
                return b""
            self._socket.settimeout(left)
            try:
                part = self._socket.recv(1 << 18)
            except TimeoutError:
                return b""
            if not part:
                raise EOFError("the sandbox ended")
            self._raw += part

    def _sort(self) -> None:
        """Take whole pieces out of the engine's stream: one byte for which output, three of nothing, four of length."""
        while len(self._raw) >= 8:
            kind, length = struct.unpack_from(">BxxxI", self._raw)
            if len(self._raw) < 8 + length:
                return
            data = self._raw[8 : 8 + length]
            del self._raw[: 8 + length]
            if kind == 1:
                self._out += data
            else:
                self._words = (self._words + data)[-2000:]

    def interrupt(self) -> None:
        """Hang up, which wakes the thread that reads."""
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # the engine hung up first

    def close(self) -> None:
        """Kill and remove the container."""
        response = getattr(self._stream, "_response", None)
        if response is not None:
            response.close()  # before its socket: otherwise the garbage collector finds it open on a closed one
        self._stream.close()
        self._socket.close()
        self._on_close()

    def last_words(self) -> str:
        """What it wrote on standard error."""
        return self._words.decode("utf-8", "replace").strip().replace("\n", " | ")[-400:]


class DockerBackend:
    """Starts containers without network, rights or writable disk."""

    mode: Mode = "uids"

    def __init__(self, engine: Engine, image: Image, *, runtime: str | None = None) -> None:
        self._engine = engine
        self._image = image
        self._runtime = runtime
        self._cpus = cpus_to_pin(engine.facts)
        self._sysctls: dict[str, str] | None = _SYSCTLS
        self._patient = True
        self._left_behind: set[str] = set()
        if runtime is not None:
            check_runtime(engine, runtime)

    def start(self, worker: int) -> ContainerTransport:
        """Create, attach and start one container; InfraError says why it cannot.

        An engine that is being restarted is waited for, once: while it stays away, further starts fail at once.
        """
        import requests.exceptions

        for number in list(self._left_behind):
            self._remove(number)
        deadline = time.monotonic() + (_PATIENCE_S if self._patient else 0)
        while True:
            try:
                transport = self._start(worker)
            except requests.exceptions.Timeout as error:
                self._engine.forget_connections()
                raise InfraError(f"the engine at {self._engine.address} does not answer ({reason(error)})") from error
            except OSError as error:
                self._engine.forget_connections()
                if time.monotonic() > deadline:
                    self._patient = False
                    raise InfraError(f"the engine at {self._engine.address} is gone ({reason(error)})") from error
                time.sleep(0.3)
            else:
                self._patient = True
                return transport

    def close(self) -> None:
        """Remove what could not be removed before, and hang up on the engine."""
        for number in list(self._left_behind):
            self._remove(number)
        if self._left_behind:
            log.warning("%d containers are left: `evalrun sandbox prune` removes them", len(self._left_behind))
        self._engine.close()

    def _start(self, worker: int) -> ContainerTransport:
        """As ``start``, without patience; a refusal that a simpler or newer request may escape is followed by one."""
        import docker.errors

        while True:
            try:
                return self._create(worker)
            except docker.errors.ImageNotFound as error:
                self._image = self._image.again(error)
            except docker.errors.APIError as error:
                text = reason(error)
                if self._cpus and "cpu" in text.lower():
                    self._cpus = ()  # those are not the engine's processors
                elif self._sysctls and "sysctl" in text.lower():
                    self._sysctls = None  # an old kernel leaves these to the machine's root; PID 1 looks itself
                elif error.status_code in (502, 503):  # it is ending or starting
                    raise OSError(text) from error
                else:
                    raise InfraError(
                        f"the engine could not start a container of {self._image.name} ({text})"
                    ) from error

    def _create(self, worker: int) -> ContainerTransport:
        api = self._engine.client.api
        made: str = api.create_container(
            self._image.id,
            command=["python3", "-s", "-c", BOOT],
            stdin_open=True,
            user="0:0",
            working_dir="/",
            environment={**ENVIRONMENT, "PATH": _PATH, "HOME": "/tmp"},
            labels={LABEL: owner_label()},
            network_disabled=True,
            host_config=self._host_config(worker),
        )["Id"]
        stream = None
        try:
            stream = api.attach_socket(made, params={"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1})
            api.start(made)
        except BaseException:
            if stream is not None:
                stream.close()
            self._remove(made)
            raise
        return ContainerTransport(stream, lambda: self._remove(made))

    def _remove(self, container: str) -> None:
        """Kill and remove; what cannot be removed now is tried again at the next start."""
        import docker.errors

        try:
            self._engine.client.api.remove_container(container, force=True)
        except docker.errors.NotFound:
            pass  # it ended by itself and the engine removed it
        except docker.errors.APIError as error:
            if error.status_code != 409:  # 409: its removal is under way already
                self._left_behind.add(container)
                return
        except OSError:
            self._left_behind.add(container)
            self._engine.forget_connections()
            return
        self._left_behind.discard(container)

    def _host_config(self, worker: int) -> dict[str, Any]:
        return host_config(
            self._engine,
            memory_mb=REFERENCE_LIMITS.memory_mb + _SPARE_MEMORY_MB,
            auto_remove=True,
            cpuset_cpus=str(self._cpus[worker % len(self._cpus)]) if self._cpus else None,
            sysctls=self._sysctls,
            runtime=self._runtime,
        )


def host_config(engine: Engine, *, memory_mb: int, pids: int = 128, **more: Any) -> dict[str, Any]:
    """How a container is locked down, with those limits that the engine can give."""
    import docker.types

    missing = engine.facts.missing
    inodes = "" if "inodes" in missing else "nr_inodes=4k,"
    folders = {
        "/tmp": f"size=64m,{inodes}nosuid,nodev,mode=1777",
        JUDGE_HOME: f"size=16m,{inodes}nosuid,nodev,mode=755",
    }
    if engine.facts.product == "Podman":
        # It puts writable folders there although all is to be read-only: one answer could leave files for the next.
        folders |= dict.fromkeys(("/run", "/var/tmp"), "ro,size=4k,nosuid,nodev,mode=755")
    limits: dict[str, Any] = {}
    if "memory" not in missing:
        limits["mem_limit"] = f"{memory_mb}m"
        if "swap" not in missing:
            limits["memswap_limit"] = f"{memory_mb}m"
    if "pids" not in missing:
        limits["pids_limit"] = pids
    made: dict[str, Any] = engine.client.api.create_host_config(
        network_mode="none",
        read_only=True,
        tmpfs=folders,
        cap_drop=["ALL"],
        # For PID 1 and the zygotes alone, which start jobs as other users and end them; jobs have no capability.
        cap_add=["SETUID", "SETGID", "KILL", "DAC_OVERRIDE"],
        security_opt=["no-new-privileges"],
        ipc_mode="none",
        log_config=docker.types.LogConfig(type="none"),
        ulimits=[
            docker.types.Ulimit(name="core", soft=0, hard=0),
            docker.types.Ulimit(name="nofile", soft=4096, hard=4096),
        ],
        **limits,
        **more,
    )
    return made


def cpus_to_pin(facts: Facts) -> tuple[int, ...]:
    """The processors that workers are pinned to in turn; none where pinning is impossible or pointless.

    On this machine those that this process may use, elsewhere those that the engine counts. Each evalrun begins at
    another one, so that several of them do not meet on the first.
    """
    if "cpus" in facts.missing or facts.cpus < 2:
        return ()
    cpus = sorted(os.sched_getaffinity(0)) if facts.same_kernel else list(range(facts.cpus))
    if len(cpus) < 2 and facts.same_kernel:
        return tuple(cpus)
    first = os.getpid() % len(cpus)
    return tuple(cpus[first:] + cpus[:first])


def check_runtime(engine: Engine, runtime: str) -> None:
    """BadInput when the engine does not know this runtime; names with dots are containerd's and left to the engine."""
    known = engine.facts.runtimes
    if runtime in known or (known and "." in runtime):
        return
    raise BadInput(
        f"--runtime {runtime[:60]}: the engine knows {', '.join(known) or 'none by name'}; install it and name it in "
        'the engine\'s configuration (Docker: "runtimes" in daemon.json)'
    )
