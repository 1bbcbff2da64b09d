"""Sandboxes that are child processes: their pipes as a transport."""

from __future__ import annotations

import os
import select
import subprocess
from collections.abc import Callable, Mapping, Sequence


def _at_end(fd: int) -> bool:
    """Whether the other end of a pipe is closed."""
    poll = select.poll()
    poll.register(fd, 0)
    return bool(poll.poll(0))


class ProcessTransport:
    """Talks to a child process over its standard input and output."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        env: Mapping[str, str],
        cwd: str | None = None,
        on_close: Callable[[], None] | None = None,
        pass_fds: Sequence[int] = (),
    ) -> None:
        self._process = subprocess.Popen(
            list(command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=dict(env),
            cwd=cwd,
            start_new_session=True,
            close_fds=True,
            pass_fds=tuple(pass_fds),
        )
        self._on_close = on_close
        self._words = b""
        if self._process.stderr is not None:
            os.set_blocking(self._process.stderr.fileno(), False)

    def send(self, data: bytes) -> None:
        """Write to the guest; OSError when it is gone."""
        if self._process.stdin is None:
            raise BrokenPipeError
        self._process.stdin.write(data)
        self._process.stdin.flush()

    def receive(self, timeout: float) -> bytes:
        """What has come; nothing after ``timeout`` seconds of silence; EOFError when the guest is gone."""
        if self._process.stdout is None:
            raise EOFError
        fd = self._process.stdout.fileno()
        if not select.select([fd], [], [], max(timeout, 0.0))[0]:
            return b""
        part = os.read(fd, 1 << 20)
        if not part:
            raise EOFError("the sandbox ended")
        return part

    def interrupt(self) -> None:
        """Kill the process; its pipes stay open for the thread that reads them."""
        self._process.kill()

    def close(self) -> None:
        """Kill the process (and, being PID 1 of its namespace or a group leader, all below it) and free the pipes."""
        process = self._process
        try:
            if process.stdout is not None and not process.stdout.closed and _at_end(process.stdout.fileno()):
                process.wait(1)  # it is ending by itself: its own exit status tells why
        except subprocess.TimeoutExpired:
            pass  # it must be ended after all
        if process.poll() is None:
            process.kill()
        process.wait()
        if process.stderr is not None and not process.stderr.closed:
            self._words = (process.stderr.read() or b"")[-2000:]
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream is not None:
                try:
                    stream.close()
                except BrokenPipeError:
                    continue  # what was still buffered for a guest that is gone
        if self._on_close is not None:
            self._on_close()
            self._on_close = None

    def last_words(self) -> str:
        """What it wrote on standard error, and how it ended."""
        words = self._words.decode("utf-8", "replace").strip().replace("\n", " | ")
        return f"exit status {self._process.returncode}; {words[-400:]}".rstrip("; ")
