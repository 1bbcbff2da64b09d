"""The Docker backend: one locked-down container per worker, spoken to over its standard streams."""

from __future__ import annotations

import os
import socket
import struct
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...benchmarks.errors import BadInput, InfraError
from .api import REFERENCE_LIMITS
from .process import ENVIRONMENT
from .rootfs import write_rootfs
from .worker import BOOT, Mode

if TYPE_CHECKING:
    import docker

IMAGE = "evalrun-sandbox:latest"
LABEL = "evalrun.sandbox"
BASE_IMAGE = "python:3.12-slim"
_SPARE_MEMORY_MB = 256
_SYSCTLS = {"kernel.shmmni": "0", "kernel.msgmni": "0", "kernel.sem": "0 0 0 0", "fs.mqueue.queues_max": "0"}


def image_name() -> str:
    """The image to use: ``EVALRUN_SANDBOX_IMAGE``, else evalrun-sandbox:latest."""
    return os.environ.get("EVALRUN_SANDBOX_IMAGE") or IMAGE


def connect() -> docker.DockerClient:
    """A client of the engine; InfraError when none answers."""
    import docker
    import docker.errors

    client = None
    try:
        client = docker.from_env(timeout=60)
        client.ping()
    except (docker.errors.DockerException, OSError) as error:
        if client is not None:
            client.close()
        raise InfraError(f"no Docker engine answers ({str(error)[:160]}); start one, or use --sandbox bwrap") from error
    return client


def image_digest(client: docker.DockerClient, name: str) -> str | None:
    """The image's id, or None when the engine has no such image; BadInput when the name cannot be an image's."""
    import docker.errors

    try:
        return str(client.images.get(name).id)
    except docker.errors.ImageNotFound:
        return None
    except docker.errors.APIError as error:
        raise BadInput(f"image {name[:200]!r}: the engine does not take this name ({error.explanation})") from error


def build_from_host(client: docker.DockerClient, name: str) -> str:
    """Import an image made of the host's own Python; returns its id."""
    with tempfile.TemporaryDirectory(prefix="evalrun-image-") as folder:
        archive = Path(folder) / "rootfs.tar"
        write_rootfs(archive)
        return build_from_rootfs(client, name, archive)


def build_from_rootfs(client: docker.DockerClient, name: str, archive: Path) -> str:
    """Import a root filesystem archive (.tar, .tar.gz, .tar.xz) with a python3 on its path; returns the image id."""
    import docker.errors

    if not archive.is_file():
        raise BadInput(f"{archive}: no such root filesystem archive")
    repository, _, tag = name.rpartition(":")
    before = image_digest(client, name)
    try:
        client.api.import_image_from_file(str(archive), repository=repository, tag=tag)
    except docker.errors.DockerException as error:
        raise InfraError(f"{archive}: the engine could not import it ({str(error)[:200]})") from error
    made = image_digest(client, name)
    if made is None or made == before:
        raise InfraError(f"{archive}: the engine made no image of it; is it a tar archive of a root filesystem?")
    return made


def build_from_dockerfile(client: docker.DockerClient, name: str, base: str = BASE_IMAGE) -> str:
    """Build the image from our Dockerfile on ``base`` (pulled where a registry can be reached); returns its id."""
    import docker.errors

    try:
        image, _ = client.images.build(
            path=str(Path(__file__).parent / "image"), tag=name, buildargs={"BASE": base}, rm=True, forcerm=True
        )
    except (docker.errors.DockerException, TypeError) as error:
        raise InfraError(
            f"the image could not be built on {base} ({str(error)[:200]}); "
            "without a registry use `evalrun sandbox build --from host`"
        ) from error
    return str(image.id)


def remove_orphans(client: docker.DockerClient) -> int:
    """Remove sandbox containers started on this machine by an evalrun that is gone; returns how many."""
    import docker.errors

    removed = 0
    for container in client.containers.list(all=True, filters={"label": LABEL}):
        host, _, pid = str(container.labels[LABEL]).rpartition(":")
        if host != socket.gethostname() or (pid.isdigit() and Path(f"/proc/{pid}").exists()):
            continue
        try:
            container.remove(force=True)
            removed += 1
        except docker.errors.NotFound:
            continue  # it went by itself in the meantime
    return removed


class ContainerTransport:
    """A container's standard streams over one attach connection (the engine multiplexes output and error)."""

    def __init__(self, client: docker.DockerClient, container: str, stream: Any) -> None:
        self._client = client
        self._container = container
        self._stream = stream
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
        import docker.errors

        self._stream.close()
        self._socket.close()
        try:
            self._client.api.remove_container(self._container, force=True)
        except docker.errors.NotFound:
            return  # it ended by itself and the engine removed it
        except docker.errors.APIError as error:
            if error.status_code != 409:  # 409: its removal is under way already
                raise InfraError(f"container {self._container[:12]} could not be removed ({error})") from error

    def last_words(self) -> str:
        """What it wrote on standard error."""
        return self._words.decode("utf-8", "replace").strip().replace("\n", " | ")[-400:]


class DockerBackend:
    """Starts containers without network, rights or writable disk."""

    mode: Mode = "uids"

    def __init__(self, client: docker.DockerClient, image: str) -> None:
        self._client = client
        self._image = image
        self._cpus = int(client.info().get("NCPU", 1))

    def start(self, worker: int) -> ContainerTransport:
        """Create, attach and start one container; InfraError says why it cannot."""
        import docker.errors

        api = self._client.api
        try:
            made = api.create_container(
                self._image,
                command=["python3", "-s", "-c", BOOT],
                stdin_open=True,
                user="0:0",
                working_dir="/",
                environment={**ENVIRONMENT, "PATH": "/opt/python/bin:" + ENVIRONMENT["PATH"], "HOME": "/tmp"},
                labels={LABEL: f"{socket.gethostname()}:{os.getpid()}"},
                network_disabled=True,
                host_config=self._host_config(worker),
            )
            stream = api.attach_socket(made["Id"], params={"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1})
            api.start(made["Id"])
        except (docker.errors.DockerException, OSError) as error:
            raise InfraError(f"the engine could not start a container of {self._image} ({str(error)[:300]})") from error
        return ContainerTransport(self._client, made["Id"], stream)

    def close(self) -> None:
        """Hang up on the engine."""
        self._client.close()

    def _host_config(self, worker: int) -> Any:
        import docker.types

        memory = f"{REFERENCE_LIMITS.memory_mb + _SPARE_MEMORY_MB}m"
        return self._client.api.create_host_config(
            network_mode="none",
            read_only=True,
            tmpfs={"/tmp": "size=64m,nr_inodes=4k,nosuid,nodev,mode=1777"},
            cap_drop=["ALL"],
            # For the warden alone (it starts jobs as other users, ends and wipes them); jobs have no capability at all.
            cap_add=["SETUID", "SETGID", "KILL", "DAC_OVERRIDE"],
            security_opt=["no-new-privileges"],
            pids_limit=128,
            mem_limit=memory,
            memswap_limit=memory,
            ipc_mode="none",
            sysctls=_SYSCTLS,
            log_config=docker.types.LogConfig(type="none"),
            cpuset_cpus=str(worker % self._cpus),
            auto_remove=True,
            ulimits=[docker.types.Ulimit(name="core", soft=0, hard=0)],
        )
