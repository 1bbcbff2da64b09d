"""A stand-in for an engine's address that can be cut and restored: what a remote or a restarting engine looks like."""

from __future__ import annotations

import contextlib
import socket
import threading


class Relay:
    """Forwards a TCP port of this machine to a Unix socket."""

    def __init__(self, target: str) -> None:
        self._target = target
        self._open: list[socket.socket] = []
        self._lock = threading.Lock()
        self._listener = self._listen(0)
        self.port: int = self._listener.getsockname()[1]
        self.address = f"tcp://127.0.0.1:{self.port}"
        self.silent = False

    def _listen(self, port: int) -> socket.socket:
        listener = socket.create_server(("127.0.0.1", port), reuse_port=False)
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()
        return listener

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            with self._lock:
                self._open.append(near)
                if self.silent:
                    continue
                far = socket.socket(socket.AF_UNIX)
                far.connect(self._target)
                self._open.append(far)
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=_copy, args=(one, other), daemon=True).start()

    def cut(self) -> None:
        """Nothing listens any more, and every connection is gone."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            for one in self._open:
                with contextlib.suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)
                one.close()
            self._open.clear()

    def restore(self) -> None:
        """Listen again at the same place."""
        self._listener = self._listen(self.port)


def _copy(one: socket.socket, other: socket.socket) -> None:
    try:
        while data := one.recv(1 << 16):
            other.sendall(data)
        other.shutdown(socket.SHUT_WR)
    except OSError:
        return
