"""The bubblewrap backend: namespaces without an engine, on a root filesystem made of the host's own Python."""

from __future__ import annotations

import os
import shutil

from . import seccomp
from .api import NotHere
from .keeping import hold
from .process import ENVIRONMENT
from .rootfs import Recipe, unpacked_rootfs
from .streams import ProcessTransport
from .worker import BOOT, JUDGE_HOME, Mode

_CAPABILITIES = ("CAP_SETUID", "CAP_SETGID", "CAP_KILL", "CAP_DAC_OVERRIDE")


def is_installed() -> bool:
    """Whether bubblewrap is on PATH."""
    return shutil.which("bwrap") is not None


class BwrapBackend:
    """Starts bubblewrap sandboxes: no network, read-only root, own process, IPC and host-name spaces.

    As root PID 1 gives candidate and judge users of their own and the sandbox stays warm; as an ordinary user all
    processes share one user, so the sandbox is thrown away after every job.
    """

    mode: Mode
    _held = -1

    def __init__(self, made_of: Recipe | None = None) -> None:
        if not is_installed():
            raise NotHere(
                "bubblewrap is not installed (the program bwrap)", "install it (Debian: apt-get install bubblewrap)"
            )
        self.mode = "uids" if os.getuid() == 0 else "single"
        self._root = unpacked_rootfs(made_of)
        self._held = hold(self._root)  # until close, so that nobody prunes it meanwhile

    def start(self, worker: int) -> ProcessTransport:
        """Start one sandbox."""
        env = {**ENVIRONMENT, "PATH": os.environ.get("PATH", ENVIRONMENT["PATH"])}
        filter_fd = _filter_file()
        try:
            inherited = () if filter_fd is None else (filter_fd,)
            return ProcessTransport(self.command(filter_fd), env=env, pass_fds=inherited)
        finally:
            if filter_fd is not None:
                os.close(filter_fd)

    def close(self) -> None:
        """Let go of the root filesystem."""
        held, self._held = self._held, -1
        if held >= 0:
            os.close(held)

    def command(self, filter_fd: int | None) -> list[str]:
        """The command line, with a descriptor from which bubblewrap reads its system-call filter."""
        spaces = ["--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try"]
        if self.mode == "single":
            spaces.append("--unshare-user")
        command = ["bwrap", *spaces, "--die-with-parent", "--new-session", "--as-pid-1", "--clearenv"]
        for name, value in {**ENVIRONMENT, "PATH": "/opt/python/bin", "HOME": "/tmp"}.items():
            command += ["--setenv", name, value]
        command += ["--ro-bind", str(self._root), "/", "--proc", "/proc", "--dev", "/dev"]
        command += ["--remount-ro", "/dev", "--perms", "1777"]
        command += ["--size", str(64 << 20), "--tmpfs", "/tmp", "--chdir", "/", "--cap-drop", "ALL"]
        command += ["--perms", "755", "--size", str(16 << 20), "--tmpfs", JUDGE_HOME]
        if self.mode == "uids":
            for capability in _CAPABILITIES:
                command += ["--cap-add", capability]
        if filter_fd is not None:
            command += ["--seccomp", str(filter_fd)]
        return [*command, "python3", "-s", "-c", BOOT]


def _filter_file() -> int | None:
    program = seccomp.program()
    if program is None:
        return None
    fd = os.memfd_create("seccomp", 0)
    os.write(fd, program)
    os.lseek(fd, 0, os.SEEK_SET)
    return fd
