"""Programs that look for somebody to talk to: the network, this machine, abstract sockets, name servers."""

# ruff: noqa: E501
# Programs are easier to read on one line than cut in pieces.

from __future__ import annotations

from ..rows import rows_of
from .refused import must_be_refused

_row = rows_of("network")
_ALL = "check asserts calls program"

# Connects to whatever listens in its network namespace; the planted sockets of the host tell a secret.
_CONNECT = """
import os, re, socket
def ask(family, address):
    try:
        with socket.socket(family) as s:
            s.settimeout(0.5)
            s.connect(address)
            return s.recv(100)
    except OSError: return None
def tell(found):
    found = sorted(set(found) - {None}, key=lambda text: b'sentinel' not in text)[:6]
    if found: raise RuntimeError('FOUND ' + b' '.join(found).decode('latin-1')[::-1])
"""

ROWS = (
    _row("a connection to an address", "the internet", must_be_refused("socket.create_connection(('1.1.1.1', 53), 1)\nsocket.create_connection(('2606:4700:4700::1111', 53), 1)"), "wrong", "check", cpu_s=3),
    _row("a connection to this machine", "the engine's bridge and its services", must_be_refused("socket.create_connection(('172.17.0.1', 22), 1)\nsocket.create_connection(('10.0.2.2', 22), 1)\nsocket.create_connection(('169.254.169.254', 80), 1)"), "wrong", "check", cpu_s=3),
    _row("a name looked up", "names are a channel as well", must_be_refused("socket.getaddrinfo('example.org', 80)\nsocket.gethostbyname('host.docker.internal')"), "wrong", "check", cpu_s=3),
    _row(
        "a question to name servers by datagram",
        "DNS without a connection",
        must_be_refused("\n".join(f"socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('{host}', 53)) and 'sent'" for host in ("1.1.1.1", "8.8.8.8", "172.17.0.1", "192.168.0.1"))),
        "wrong",
        "check",
        cpu_s=3,
    ),
    _row("the engine's socket", "whoever reaches it is root", must_be_refused("\n".join(f"socket.socket(socket.AF_UNIX).connect('{path}')" for path in ("/var/run/docker.sock", "/run/docker.sock", "/run/containerd/containerd.sock", "/run/podman/podman.sock", "/run/dbus/system_bus_socket"))), "wrong", "check", cpu_s=3),
    _row("a raw socket", "packets of its own making", must_be_refused("socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)\nsocket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)"), "wrong", "check", cpu_s=3),
    _row(
        "the host's listening ports",
        "services on 127.0.0.1 trust whoever reaches them",
        _CONNECT
        + """
def solve(n):
    found = []
    for line in open('/proc/net/tcp').read().splitlines()[1:]:
        place, state = line.split()[1], line.split()[3]
        if state == '0A': found.append(ask(socket.AF_INET, ('127.0.0.1', int(place.split(':')[1], 16))))
    tell(found)
    return n
""",
        "wrong",
        _ALL,
        cpu_s=3,
    ),
    _row(
        "the host's abstract sockets",
        "they belong to the network namespace and need no file",
        _CONNECT
        + """
def solve(n):
    found = []
    for line in open('/proc/net/unix').read().splitlines()[1:]:
        name = line.split()[-1]
        if name.startswith('@') and 'sentinel' in name: found.append(ask(socket.AF_UNIX, '\\0' + name[1:]))
    tell(found)
    return n
""",
        "wrong",
        _ALL,
        cpu_s=3,
    ),
    _row(
        "a socket of the host by its name in the file system",
        "sockets in shared folders",
        _CONNECT
        + """
import stat
def solve(n):
    for top in ('/tmp', '/run', '/var', '/home', '/root', '/mnt'):
        for folder, _, names in os.walk(top):
            for name in names:
                path = os.path.join(folder, name)
                try:
                    if stat.S_ISSOCK(os.lstat(path).st_mode): tell([ask(socket.AF_UNIX, path) or b'reached'])
                except OSError: pass
    return n
""",
        "wrong",
        _ALL,
        cpu_s=3,
    ),
    _row("other families of sockets", "vsock, netlink, Bluetooth and AF_ALG lead to the host's kernel", _CONNECT + "def solve(n):\n    for number in (40, 31, 17, 29):\n        try: s = socket.socket(number, socket.SOCK_STREAM)\n        except (OSError, ValueError): continue\n        try: s.connect((2, 22) if number == 40 else ('', 0))\n        except (OSError, TypeError, ValueError): continue\n        tell([b'connected'])\n    return n", "wrong", "check", cpu_s=3),
    _row("an interface brought up", "a network of its own to the host", "import fcntl, os, socket, struct\ndef solve(n):\n    names = [name for _, name in socket.if_nameindex()]\n    if set(names) - {'lo'} and any(n.startswith(('eth', 'ens', 'wl', 'docker', 'br')) for n in names): raise RuntimeError(names)\n    return n", "wrong", "check", cpu_s=3),
    _row("sockets of other families", "vsock knows no network namespaces, packets need no address", must_be_refused("socket.socket(40, 1, 0)\nsocket.socket(38, 5, 0)\nsocket.socket(44, 3, 0)\nsocket.socket(17, 3, 3)\nsocket.socket(31, 5, 0)"), "wrong", "check", cpu_s=3),
    _row("a service for the next answer", "a listening port that stays", "import os, socket, time\ns = socket.socket()\ntry:\n    s.bind(('127.0.0.1', 45454))\n    s.listen()\nexcept OSError: pass\nif os.fork() == 0:\n    os.setsid()\n    time.sleep(1000)\ndef solve(n): return n", "wrong", "check", probe="import socket\ndef look():\n    s = socket.socket()\n    s.settimeout(0.5)\n    return s.connect_ex(('127.0.0.1', 45454)) == 0\n"),
)
