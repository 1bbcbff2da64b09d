"""The host's side: broken engines, killed hosts, images, and nothing left behind."""

from __future__ import annotations

import gc
import gzip
import io
import lzma
import os
import random
import signal
import struct
import subprocess
import sys
import tarfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from evalrun.benchmarks import BadInput, InfraError
from evalrun.harness.cli import main
from evalrun.harness.commands.sandbox import command
from evalrun.harness.sandbox import (
    CallsJob,
    CheckJob,
    Limits,
    ProgramJob,
    bwrap,
    docker_engine,
    docker_image,
    open_sandbox,
    rootfs,
)
from evalrun.harness.sandbox.pool import SandboxPool
from evalrun.harness.sandbox.streams import ProcessTransport

pytestmark = pytest.mark.sandbox

ADD = CheckJob(
    "def add(a, b):\n    return a + b\n", "add", "def check(candidate):\n    assert candidate(20, 22) == 42\n"
)
SLEEPER = CallsJob("import time\ndef f():\n    time.sleep(2)\n    return 1\n", "f", ((),), Limits(cpu_s=5))


def _until(condition: Callable[[], bool], seconds: float = 15.0) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def _containers(pid: int) -> list[str]:
    listing = [
        "docker",
        "ps",
        "-a",
        "--filter",
        f"label={docker_engine.LABEL}",
        "--format",
        '{{.ID}} {{.Label "evalrun.sandbox"}}',
    ]
    found = subprocess.run(listing, capture_output=True, text=True, check=True).stdout.split("\n")
    return [line.split()[0] for line in found if line.endswith(f":{pid}")]


@pytest.fixture
def tag(request: pytest.FixtureRequest) -> Iterator[str]:
    """A name for an image that is removed after the test."""
    name = f"evalrun-test-{os.getpid()}:{abs(hash(request.node.name)) % 10**6}"
    yield name
    subprocess.run(["docker", "rmi", "-f", name], capture_output=True, check=False)


@pytest.mark.docker
def test_a_container_killed_in_the_middle_is_replaced_and_the_verdict_is_right() -> None:
    with open_sandbox("docker", workers=1) as sandbox:
        future = sandbox.submit(SLEEPER)
        time.sleep(0.7)
        (container,) = _containers(os.getpid())
        subprocess.run(["docker", "kill", container], check=True, capture_output=True)
        outcome = future.result(timeout=60)
        assert (outcome.status, outcome.calls[0].value) == ("ok", 1)
        assert sandbox.submit(ADD).result(timeout=60).judged == "pass"
    assert _until(lambda: not _containers(os.getpid()))


@pytest.mark.docker
def test_a_job_whose_container_is_killed_twice_is_owed_and_not_wrong() -> None:
    with open_sandbox("docker", workers=1) as sandbox:
        future = sandbox.submit(SLEEPER)
        killed: set[str] = set()
        while len(killed) < 2 and not future.done():
            time.sleep(0.5)
            for container in set(_containers(os.getpid())) - killed:
                if subprocess.run(["docker", "kill", container], capture_output=True, check=False).returncode == 0:
                    killed.add(container)
        outcome = future.result(timeout=60)
        assert outcome.status == "infra"
        assert "broke twice" in outcome.detail
        assert sandbox.submit(ADD).result(timeout=60).judged == "pass"


HOST = """
import sys, time
from evalrun.harness.sandbox import CallsJob, Limits, open_sandbox
with open_sandbox(sys.argv[1], workers=2) as sandbox:
    jobs = [CallsJob("import time, os\\ndef f():\\n    if os.fork() == 0: os.setsid()\\n    time.sleep(30)", "f", ((),),
            Limits(cpu_s=30)) for _ in range(2)]
    futures = [sandbox.submit(job) for job in jobs]
    time.sleep(1.0)
    print("running", flush=True)
    [future.result() for future in futures]
"""


def _host(kind: str) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOST, kind], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "running\n"
    return process


def _descendants(pid: int) -> list[int]:
    found = []
    for child in subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False
    ).stdout.split():
        found += [int(child), *_descendants(int(child))]
    return found


def _ends(process: subprocess.Popen[str]) -> None:
    process.communicate(timeout=30)


@pytest.mark.parametrize(
    "kind",
    [pytest.param("docker", marks=pytest.mark.docker), pytest.param("bwrap", marks=pytest.mark.bwrap), "process"],
)
@pytest.mark.parametrize(
    "number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM], ids=["SIGKILL", "SIGINT", "SIGTERM"]
)
def test_a_host_that_is_killed_or_interrupted_leaves_nothing_behind(kind: str, number: signal.Signals) -> None:
    if kind == "process" and number != signal.SIGINT:
        pytest.skip("without isolation only the job's own group is ended, by a host that is alive")
    process = _host(kind)
    below = _descendants(process.pid)
    if kind == "docker":
        assert len(_containers(process.pid)) == 2
    else:
        assert below
    started = time.monotonic()
    process.send_signal(number)
    _ends(process)
    assert time.monotonic() - started < 10, "it waits for jobs that nobody waits for"
    assert _until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in below) or kind == "process")
    if kind == "docker":
        assert _until(lambda: not _containers(process.pid))


@pytest.mark.docker
def test_more_workers_than_jobs_and_more_jobs_than_workers() -> None:
    with open_sandbox("docker", workers=3) as sandbox:
        assert [outcome.judged for outcome in sandbox.run([ADD])] == ["pass"]
        wrong = CheckJob("def add(a, b):\n    return a - b\n", "add", ADD.program)
        found = [outcome.judged for outcome in sandbox.run([ADD, wrong] * 20)]
        assert found == ["pass", "wrong"] * 20
        assert len(_containers(os.getpid())) == 3
    assert _until(lambda: not _containers(os.getpid()))


def test_a_closed_sandbox_takes_no_jobs() -> None:
    with open_sandbox("process", workers=1) as sandbox:
        assert sandbox.submit(ADD).result().judged == "pass"
    with pytest.raises(InfraError, match="closed"):
        sandbox.submit(ADD)


def test_closing_does_not_wait_for_the_job_that_runs() -> None:
    with open_sandbox("process", workers=1) as sandbox:
        future = sandbox.submit(CallsJob("import time\ndef f(): time.sleep(60)", "f", ((),), Limits(cpu_s=60)))
        time.sleep(0.5)
        started = time.monotonic()
    assert time.monotonic() - started < 5
    assert future.result().status == "infra"


@pytest.mark.parametrize(("kind", "workers"), [("docker", 0), ("process", -1)])
def test_a_sandbox_needs_a_worker(kind: str, workers: int) -> None:
    with pytest.raises(BadInput, match="workers"):
        open_sandbox(kind, workers=workers)  # type: ignore[arg-type]


def test_an_unknown_kind_of_sandbox_is_refused() -> None:
    with pytest.raises(BadInput, match="choose one of"):
        open_sandbox("chroot")  # type: ignore[arg-type]


class Scripted:
    """A backend whose guest is a script, to see what the host makes of guests that do not keep to the protocol."""

    mode = "open"

    def __init__(self, script: str) -> None:
        self.script = script

    def start(self, worker: int) -> ProcessTransport:
        """Start the script."""
        return ProcessTransport([sys.executable, "-c", self.script], env={})

    def close(self) -> None:
        """Nothing is held."""


READY = """
import os, struct
def frame(data): os.write(1, struct.pack(">I", len(data)) + data)
def take(count):
    while count: count -= len(os.read(0, count))
for _ in range(2):  # the guest's program and its configuration, to the last byte: the host is still writing them
    take(struct.unpack(">I", os.read(0, 4))[0])
frame(b'{"ready": true, "python": "3.11.0", "pid": 1}')
"""


@pytest.mark.parametrize(
    "answer",
    [
        "frame(b'nonsense')",
        "frame(b'[]')",
        "frame(b'{}')",
        "frame(b'\\xff\\xfe')",
        'frame(b\'{"killed": 1, "wall_s": "x"}\')',
        "os.write(1, b'\\xff' * 400)",
        "os._exit(3)",
        'frame(b\'{"id":1,"killed":"","exit":0,"signal":null,"wall_s":0,"cpu_s":0,"rss_kb":0,"unexplained":false,"oom":false,"clean":true,'
        '"fault":"OSError: no","output_over":false,"results_over":false}\'); [frame(b\'\') for _ in range(3)]',
        'frame(b\'{"id":7,"killed":"","exit":0,"signal":null,"wall_s":0,"cpu_s":0,"rss_kb":0,"unexplained":false,"oom":false,"clean":true,'
        '"fault":"","output_over":false,"results_over":false}\'); [frame(b\'\') for _ in range(3)]',
    ],
)
def test_a_guest_that_breaks_the_protocol_is_infra(answer: str) -> None:
    backend = Scripted(f"{READY}\n{answer}\nos.read(0, 1)\nos.read(0, 1)\n")
    with SandboxPool(backend, "process", workers=1) as sandbox:  # type: ignore[arg-type]
        outcome = sandbox.submit(ADD).result(timeout=90)
    assert outcome.status == "infra"
    assert "twice" in outcome.detail


@pytest.mark.parametrize(
    "script", ["raise SystemExit('no python here')", "print('x' * 100)", READY.replace("python", "x")]
)
def test_a_guest_that_does_not_start_is_one_clear_infra_error(script: str) -> None:
    with pytest.raises(InfraError, match="did not start"), SandboxPool(Scripted(script), "process", workers=1):  # type: ignore[arg-type]
        pass


@pytest.mark.docker
def test_an_image_without_python_is_one_clear_infra_error(
    tag: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "tmp").mkdir()
    archive = tmp_path / "empty.tar"
    subprocess.run(["tar", "-cf", archive, "-C", tmp_path / "root", "."], check=True)
    with closing(docker_engine.connect()) as client:
        docker_image.build_from_rootfs(client, tag, archive)
    monkeypatch.setenv("EVALRUN_SANDBOX_IMAGE", tag)
    with pytest.raises(InfraError) as caught, open_sandbox("docker", workers=1):
        pass
    assert "python3" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not _containers(os.getpid())


# The Docker SDK leaves the connection of a build to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.docker
def test_images_are_built_from_the_host_from_an_archive_and_on_a_base(
    tag: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = CliRunner().invoke
    done = run(command, ["build", "--from", "host", "--tag", tag])
    assert done.exit_code == 0, done.output
    assert tag in done.output
    archive = tmp_path / "rootfs.tar"
    rootfs.write_rootfs(archive)
    done = run(command, ["build", "--rootfs", str(archive), "--tag", tag])
    assert done.exit_code == 0, done.output
    done = run(command, ["build", "--base", tag, "--tag", tag + "-on-base"])
    assert done.exit_code == 0, done.output
    monkeypatch.setenv("EVALRUN_SANDBOX_IMAGE", tag + "-on-base")
    try:
        with open_sandbox("docker", workers=1) as sandbox:
            assert sandbox.submit(ADD).result().judged == "pass"
            with closing(docker_engine.connect()) as client:
                assert sandbox.info.image == docker_image.image_digest(client, tag + "-on-base")
    finally:
        subprocess.run(["docker", "rmi", "-f", tag + "-on-base"], capture_output=True, check=False)
    gc.collect()


def tar_of_one_file(size: int) -> bytes:
    """An archive with one file that cannot be compressed."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as writer:
        info = tarfile.TarInfo("usr/bin/python3")
        info.size = size
        writer.addfile(info, io.BytesIO(random.Random(0).randbytes(size)))
    return archive.getvalue()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "no such root filesystem archive"),
        (b"no archive", "not a tar archive"),
        (b"", "not a tar archive"),
        (gzip.compress(b"no archive", mtime=0), "not a tar archive"),
        (gzip.compress(tar_of_one_file(100_000), mtime=0)[:-300], "not a tar archive"),
        (lzma.compress(tar_of_one_file(100_000))[:-300], "not a tar archive"),
        (tar_of_one_file(100_000)[:50_000], "not a tar archive"),
        (bytes(10240), "an archive with nothing in it"),
    ],
)
def test_an_archive_that_is_none_is_one_line_and_exit_code_2_and_no_engine_is_asked(
    content: bytes | None,
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def connect() -> None:
        raise AssertionError("the engine was touched")

    monkeypatch.setattr(docker_engine, "connect", connect)
    archive = tmp_path / "root.tar"
    if content is not None:
        archive.write_bytes(content)
    assert main(["sandbox", "build", "--rootfs", str(archive)]) == 2
    error = capsys.readouterr().err
    assert f"{archive}: {said}" in error
    assert error.count("\n") == 1


@pytest.mark.parametrize("other", [["--from", "host"], ["--rootfs", "root.tar"]])
def test_a_base_image_beside_what_needs_none_is_one_line_and_exit_code_2(
    other: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def connect() -> None:
        raise AssertionError("the engine was touched")

    monkeypatch.setattr(docker_engine, "connect", connect)
    assert main(["sandbox", "build", *other, "--base", "x"]) == 2
    error = capsys.readouterr().err
    assert f"leave out --base or {other[0]}" in error
    assert error.count("\n") == 1


@pytest.mark.docker
@pytest.mark.bwrap
def test_the_doctor_tries_every_kind_and_says_what_it_found() -> None:
    done = CliRunner().invoke(command, ["doctor"])
    assert done.exit_code == 0, done.output
    lines = [line for line in done.output.splitlines() if line.startswith("ok")]
    assert [line.split()[1] for line in lines] == ["docker", "bwrap", "process"]
    assert "NO isolation" in lines[2]


# The Docker SDK leaves its socket to the garbage collector when no engine answers it.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_the_doctor_says_what_to_do_where_nothing_isolates(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nonexistent.sock")
    monkeypatch.setenv("PATH", "/nonexistent")
    done = CliRunner().invoke(command, ["doctor"])
    assert isinstance(done.exception, InfraError)
    assert done.exception.exit_code == 5
    assert done.output.count("FAIL") == 2
    assert done.output.count("->") == 2
    with pytest.raises(InfraError, match="--sandbox process"):
        open_sandbox("auto")
    del done
    gc.collect()


@pytest.mark.bwrap
def test_bubblewrap_starts_again_after_each_job_where_all_share_one_user(tmp_path: Path) -> None:
    assert "--seccomp" in bwrap.BwrapBackend().command(9)


SCHEDULING = """
import ctypes, os, struct, time
syscall = ctypes.CDLL(None, use_errno=True).syscall
def attempt(call, *given):
    try:
        return call(*given) != -1
    except PermissionError:
        return False
def f(own):
    child = os.fork()
    if child == 0:
        time.sleep(60)
    pid = 0 if own else child
    level = os.getpriority(os.PRIO_PROCESS, 0)
    attr = struct.pack("IIQiIQQQ", 48, 3, 0, level, 0, 0, 0, 0)
    setattr_, ioprio_set = (314, 251) if os.uname().machine == "x86_64" else (274, 30)
    try:
        return {
            "affinity": attempt(lambda: os.sched_setaffinity(pid, os.sched_getaffinity(0))),
            "scheduler": attempt(lambda: os.sched_setscheduler(pid, os.SCHED_BATCH, os.sched_param(0))),
            "param": attempt(lambda: os.sched_setparam(pid, os.sched_param(0))),
            "attr": attempt(syscall, setattr_, pid, attr, 0),
            "process": attempt(lambda: os.setpriority(os.PRIO_PROCESS, pid, level)),
            "nice": attempt(lambda: own and os.nice(1)),
            "group": attempt(lambda: os.setpriority(os.PRIO_PGRP, pid, 19)),
            "user": attempt(lambda: os.setpriority(os.PRIO_USER, 0, 19)),
            "io": attempt(syscall, ioprio_set, 1, pid, 2 << 13 | 7),
            "seen": len(os.sched_getaffinity(child)) > 0 and os.sched_getscheduler(child) >= 0,
        }
    finally:
        os.kill(child, 9)
"""


@pytest.mark.bwrap
@pytest.mark.skipif(bwrap.seccomp.program() is None, reason="no system-call filter for this machine")
def test_under_bubblewrap_a_process_can_change_its_own_schedule_and_no_other() -> None:
    """Of two processes of one user, where the kernel itself would allow it."""
    with open_sandbox("bwrap", workers=1) as sandbox:
        own, other = sandbox.submit(CallsJob(SCHEDULING, "f", ((True,), (False,)))).result().calls
    allowed = {"affinity", "scheduler", "param", "attr", "process", "nice", "seen"}
    assert {name for name, holds in own.value.items() if holds} == allowed
    assert {name for name, holds in other.value.items() if holds} == {"nice", "seen"}


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_every_jump_of_the_filter_ends_within_it(machine: str) -> None:
    program = bwrap.seccomp.program(machine)
    assert program is not None
    steps = list(struct.iter_unpack("<HBBI", program))
    for number, (code, if_true, if_false, _) in enumerate(steps):
        if code & 7 == 5:  # a jump
            assert number + 1 + max(if_true, if_false) < len(steps)
    assert steps[-1][0] == 6, "the last step returns"


def test_threads_may_submit_at_once() -> None:
    found = []
    with open_sandbox("process", workers=2) as sandbox:
        threads = [threading.Thread(target=lambda: found.append(sandbox.submit(ADD).result().judged)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert found == ["pass"] * 8


def test_a_program_reads_its_input_and_its_output_is_kept_in_full() -> None:
    with open_sandbox("process", workers=1) as sandbox:
        job = ProgramJob("print(input()[::-1] * 100000)", stdin="äb\n")
        assert sandbox.submit(job).result().stdout == ("bä" * 100000 + "\n").encode()
