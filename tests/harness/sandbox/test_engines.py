"""Engines: where they are looked for, what they cannot give, how they fail and come back, what is left on them."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from evalrun.benchmarks import BadInput, InfraError
from evalrun.harness.commands.sandbox import command
from evalrun.harness.sandbox import CallsJob, Limits, docker_container, docker_orphans, doctor, open_sandbox
from evalrun.harness.sandbox.docker_container import DockerBackend, cpus_to_pin, host_config
from evalrun.harness.sandbox.docker_engine import LABEL, Engine, _facts, connect
from evalrun.harness.sandbox.docker_image import choose_image, host_image
from evalrun.harness.sandbox.docker_trial import enforced_limits
from evalrun.harness.sandbox.pool import SandboxPool
from evalrun.harness.sandbox.rootfs import recipe

from .relaying import Relay

pytestmark = [
    pytest.mark.sandbox,
    # The Docker SDK leaves sockets of engines that do not answer to the garbage collector.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

ADD = CallsJob("def add(a, b):\n    return a + b\n", "add", ((20, 22),))
SLEEPER = CallsJob("import time\ndef f():\n    time.sleep(3)\n    return 1\n", "f", ((),), Limits(cpu_s=5))
INFO: dict[str, Any] = {
    "CgroupDriver": "cgroupfs",
    "CgroupVersion": "2",
    "MemoryLimit": True,
    "SwapLimit": True,
    "PidsLimit": True,
    "CPUSet": True,
    "NCPU": 4,
    "Driver": "overlay2",
    "Runtimes": {"runc": {}, "runsc": {}},
    "SecurityOptions": ["name=seccomp,profile=default"],
    "Architecture": "x86_64",
    "KernelVersion": "0.0-elsewhere",
}
VERSION = {"Version": "28.0", "Components": [{"Name": "Engine", "Version": "28.0"}]}


@pytest.fixture
def unix_socket(require: Any) -> str:
    """The path of the real engine's socket."""
    require("docker")
    with closing(connect()) as engine:
        if not engine.address.startswith("unix://"):
            pytest.skip("the engine here is not behind a Unix socket")
        return engine.address.removeprefix("unix://")


@pytest.fixture
def relay(unix_socket: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Relay]:
    """The real engine as a remote one, at DOCKER_HOST."""
    made = Relay(unix_socket)
    monkeypatch.setenv("DOCKER_HOST", made.address)
    yield made
    made.cut()


# --- finding one ---


@pytest.mark.docker
def test_a_remote_engine_is_reached_through_docker_host_and_nothing_of_this_machine_is_mounted(relay: Relay) -> None:
    with open_sandbox("docker", workers=2) as sandbox:
        assert [outcome.calls[0].value for outcome in sandbox.run([ADD] * 5)] == [42] * 5
        with closing(connect()) as engine:
            assert engine.address == relay.address
            mine = [c for c in _containers(engine) if c["Labels"][LABEL] == docker_orphans.owner_label()]
            assert len(mine) == 2
            for container in mine:
                assert [m for m in container["Mounts"] if m["Type"] == "bind"] == []


@pytest.mark.docker
def test_the_image_reaches_a_remote_engine_through_its_api(relay: Relay) -> None:
    name = f"evalrun-test-{os.getpid()}:remote"
    try:
        done = CliRunner().invoke(command, ["build", "--from", "host", "--tag", name])
        assert done.exit_code == 0, done.output
    finally:
        subprocess.run(["docker", "rmi", name], capture_output=True, check=False)


@pytest.mark.docker
def test_the_docker_context_says_where_the_engine_is(
    unix_socket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    relay = Relay(unix_socket)
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    monkeypatch.setenv("DOCKER_CONTEXT", "away")
    with pytest.raises(BadInput, match="no Docker context 'away'"):
        connect()
    monkeypatch.delenv("DOCKER_CONTEXT")
    made = ["docker", "context", "create", "away", "--docker", f"host={relay.address}"]
    subprocess.run(made, check=True, capture_output=True)
    subprocess.run(["docker", "context", "use", "away"], check=True, capture_output=True)
    with closing(connect()) as engine:
        assert engine.address == relay.address
    relay.cut()


@pytest.mark.docker
def test_usual_sockets_are_tried_in_turn_podman_s_among_them(
    unix_socket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from evalrun.harness.sandbox import docker_engine

    monkeypatch.delenv("DOCKER_HOST", raising=False)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    named = [str(path) for path in docker_engine._sockets()]
    assert named == [
        "/var/run/docker.sock",
        f"{tmp_path}/docker.sock",
        f"{tmp_path}/podman/podman.sock",
        "/run/podman/podman.sock",
    ]
    dead, alive = tmp_path / "docker.sock", tmp_path / "podman" / "podman.sock"
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(dead))
        alive.parent.mkdir()
        alive.symlink_to(unix_socket)
        monkeypatch.setattr(docker_engine, "_sockets", lambda: (tmp_path / "absent.sock", dead, alive))
        with closing(connect()) as engine:
            assert engine.address == f"unix://{alive}"


@pytest.mark.parametrize("address", ["ssh://somewhere", "npipe:////./pipe/docker_engine", "nonsense"])
def test_an_address_that_cannot_be_used_is_refused_with_what_to_do(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", address)
    with pytest.raises(BadInput, match="DOCKER_HOST") as caught:
        connect()
    assert "unix://" in str(caught.value)


def test_an_engine_that_is_not_there_is_one_clear_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/no.sock")
    with pytest.raises(InfraError, match="no such socket") as caught:
        connect()
    assert "\n" not in str(caught.value)


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A machine without an engine on which only the programs of the given names are installed."""
    from evalrun.harness.sandbox import docker_engine

    def make(*programs: str) -> None:
        folder = tmp_path / "bin"
        folder.mkdir()
        for name in programs:
            (folder / name).write_text("#!/bin/sh\n")
            (folder / name).chmod(0o755)
        which = shutil.which
        monkeypatch.setattr(shutil, "which", lambda name, path=None: which(name, path=str(folder)))
        monkeypatch.setattr(docker_engine, "_sockets", lambda: (tmp_path / "docker.sock",))
        for variable in ("DOCKER_HOST", "DOCKER_CONTEXT"):
            monkeypatch.delenv(variable, raising=False)
        monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "config"))

    return make


@pytest.mark.parametrize(
    ("installed", "kind", "said", "unsaid"),
    [
        ([], "docker", ["install one and start it"], ["bwrap", "bubblewrap"]),
        (["bwrap"], "docker", ["install one and start it", "or use --sandbox bwrap"], []),
        (["dockerd"], "docker", ["start it (`systemctl start docker`"], ["install", "bwrap"]),
        (["podman"], "docker", ["podman.socket"], ["install", "bwrap"]),
        ([], "bwrap", ["apt-get install bubblewrap"], ["Docker", "--sandbox bwrap"]),
        ([], "auto", ["one of two", "install one", "apt-get install bubblewrap"], ["--sandbox bwrap"]),
        (["dockerd"], "auto", ["one of two", "start it", "apt-get install bubblewrap"], ["--sandbox bwrap"]),
    ],
)
def test_what_is_missing_is_told_with_what_would_help_on_this_machine(
    installed: list[str], kind: Any, said: list[str], unsaid: list[str], bare: Any
) -> None:
    bare(*installed)
    with pytest.raises(InfraError) as caught:
        open_sandbox(kind, workers=1)
    text = str(caught.value)
    assert "\n" not in text
    assert all(part in text for part in said), text
    assert not any(part in text for part in unsaid), text


def test_a_verb_that_needs_an_engine_does_not_offer_bubblewrap(bare: Any) -> None:
    bare("bwrap")
    done = CliRunner().invoke(command, ["prune"])
    assert isinstance(done.exception, InfraError)
    assert "bwrap" not in str(done.exception)


def test_a_runtime_is_an_engine_s_so_bubblewrap_is_not_offered_instead(bare: Any) -> None:
    bare("bwrap")
    for kind in ("docker", "auto"):
        with pytest.raises(InfraError) as caught:
            open_sandbox(kind, workers=1, runtime="runsc")  # type: ignore[arg-type]
        assert "bwrap" not in str(caught.value)


def test_an_engine_named_by_docker_host_is_the_one_to_start(bare: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    bare()
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:9")
    with pytest.raises(InfraError, match=r"nothing listens there\); start the engine that DOCKER_HOST names"):
        connect()


def test_the_doctor_says_once_what_to_do_about_what_is_missing(bare: Any) -> None:
    bare()
    found = {finding.kind: finding for finding in doctor.examine()}
    assert "install one and start it" in found["docker"].advice
    assert "apt-get install bubblewrap" in found["bwrap"].advice
    assert not any("install" in found[kind].detail.replace("is not installed", "") for kind in ("docker", "bwrap"))


def test_an_engine_that_takes_calls_and_never_answers_is_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    from evalrun.harness.sandbox import docker_engine

    monkeypatch.setattr(docker_engine, "_PING_S", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        monkeypatch.setenv("DOCKER_HOST", f"tcp://127.0.0.1:{deaf.getsockname()[1]}")
        with pytest.raises(InfraError, match="no Docker engine answers"):
            connect()


AS_USER = """
import sys
from evalrun.harness.sandbox import CallsJob, open_sandbox
with open_sandbox("docker", workers=1) as sandbox:
    print(sandbox.submit(CallsJob("def add(a, b): return a + b", "add", ((20, 22),))).result().calls[0].value)
"""


@pytest.mark.docker
def test_an_ordinary_user_who_may_talk_to_the_engine_can_score(unix_socket: str, tmp_path: Path) -> None:
    if os.getuid() != 0 or shutil.which("setpriv") is None:
        pytest.skip("only root can become another user here")
    group, mode = os.stat(unix_socket).st_gid, os.stat(unix_socket).st_mode
    if mode & 0o060 != 0o060:
        pytest.skip("the engine's socket is for its owner alone")
    # It may read this checkout and this Python, wherever they are, but write nowhere and own nothing.
    capability = ["--inh-caps=-all,+dac_read_search", "--ambient-caps=-all,+dac_read_search"]
    user = ["setpriv", "--reuid=65534", f"--regid={group}", "--clear-groups", *capability]
    (tmp_path / "cache").mkdir()
    os.chown(tmp_path / "cache", 65534, group)
    environment = {**os.environ, "EVALRUN_CACHE_DIR": str(tmp_path / "cache"), "HOME": "/nonexistent"}
    how: dict[str, Any] = {"env": environment, "capture_output": True, "text": True, "check": False, "cwd": "/"}
    done = subprocess.run([*user, sys.executable, "-c", AS_USER], **how)
    assert done.stdout == "42\n", done.stderr
    stranger = [part if not part.startswith("--regid") else "--regid=65534" for part in user]
    done = subprocess.run([*stranger, sys.executable, "-c", AS_USER], **how)
    assert "permission denied); join the group that owns the socket" in done.stderr


# --- what it cannot give ---


class Told(Engine):
    """An engine that says of itself what a test wants."""

    def __init__(self, client: Any, **facts: Any) -> None:
        super().__init__(client, "unix:///told")
        self.__dict__["facts"] = replace(_facts(INFO, VERSION), **facts)


@pytest.mark.parametrize(
    ("change", "missing", "cgroup", "rootless"),
    [
        ({}, (), "v2", False),
        ({"CgroupVersion": "1", "SwapLimit": False}, ("swap",), "v1", False),
        (
            {"CgroupDriver": "none", "CgroupVersion": "1", "SecurityOptions": ["name=rootless"]},
            ("memory", "swap", "pids", "cpus"),
            "none",
            True,
        ),
        ({"CPUSet": False, "SecurityOptions": ["name=seccomp", "name=rootless"]}, ("cpus",), "v2", True),
    ],
)
def test_the_limits_that_an_engine_cannot_give_are_known(
    change: dict[str, Any], missing: tuple[str, ...], cgroup: str, rootless: bool
) -> None:
    found = _facts({**INFO, **change}, VERSION)
    assert (found.missing, found.cgroup, found.rootless) == (missing, cgroup, rootless)
    assert (found.product, found.version, found.runtimes) == ("Docker", "28.0", ("runc", "runsc"))
    assert not found.same_kernel


def test_podman_is_called_by_its_name() -> None:
    found = _facts(INFO, {"Components": [{"Name": "Podman Engine"}], "Version": "5.4"})
    assert (found.product, found.missing) == ("Podman", ("inodes", "namespaces"))


@pytest.mark.docker
def test_limits_that_the_engine_lacks_are_left_out_and_the_sandbox_runs_and_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with closing(connect()) as real:
        told = Told(real.client, missing=("memory", "swap", "pids", "cpus", *real.facts.missing))
        config = host_config(told, memory_mb=64)
        assert not {"Memory", "MemorySwap", "PidsLimit", "CpusetCpus"} & set(config)
        assert config["NetworkMode"] == "none"
        assert config["ReadonlyRootfs"]
        image = choose_image(real)
        enforced = enforced_limits(told, image.id)
        assert enforced == {"memory": False, "pids": False}
        assert enforced_limits(real, image.id) == {"memory": True, "pids": True}
    monkeypatch.setattr(Engine, "facts", replace(_facts(INFO, VERSION), missing=("memory", "pids")))
    with open_sandbox("docker", workers=1) as sandbox:
        assert sandbox.submit(ADD).result().calls[0].value == 42
        assert sandbox.info.to_json()["missing"] == ["memory", "pids"]


def test_the_doctor_says_what_to_do_about_limits_that_do_not_hold() -> None:
    advice = doctor._advice_on_limits
    assert advice([], rootless=True, cgroup="none") == ""
    assert "needs cgroup v2" in advice(["memory", "pids"], rootless=True, cgroup="none")
    assert "delegate" in advice(["pids"], rootless=True, cgroup="v2")
    assert "cgroup_enable=memory" in advice(["memory"], rootless=False, cgroup="v1")


@pytest.mark.docker
def test_the_doctor_describes_the_engine() -> None:
    done = CliRunner().invoke(command, ["doctor"])
    assert done.exit_code == 0, done.output
    assert "rootful" in done.output or "rootless" in done.output
    assert "cgroup" in done.output
    assert "limits tried and held: memory, pids" in done.output
    assert "sha256:" in done.output


def test_workers_are_pinned_to_processors_that_are_there() -> None:
    facts = _facts(INFO, VERSION)
    assert sorted(cpus_to_pin(facts)) == [0, 1, 2, 3]
    assert cpus_to_pin(replace(facts, cpus=1)) == ()
    assert cpus_to_pin(replace(facts, missing=("cpus",))) == ()
    assert set(cpus_to_pin(replace(facts, same_kernel=True))) == os.sched_getaffinity(0)


@pytest.mark.docker
def test_an_engine_with_other_processors_than_it_counts_runs_unpinned() -> None:
    engine = connect()
    backend = DockerBackend(engine, choose_image(engine))
    backend._cpus = (4093,)
    with SandboxPool(backend, "docker", workers=1) as sandbox:
        assert sandbox.submit(ADD).result().calls[0].value == 42
    assert backend._cpus == ()


@pytest.mark.docker
def test_a_runtime_that_the_engine_does_not_know_is_refused_and_one_that_it_knows_is_used() -> None:
    with pytest.raises(BadInput, match=r"--runtime no-such: the engine knows .*runc"):
        open_sandbox("docker", workers=1, runtime="no-such")
    with pytest.raises(BadInput, match="only an engine has runtimes"):
        open_sandbox("bwrap", workers=1, runtime="runsc")
    with open_sandbox("auto", workers=1, runtime="runc") as sandbox:
        assert sandbox.submit(ADD).result().calls[0].value == 42
        assert sandbox.info.to_json()["runtime"] == "runc"


@pytest.mark.docker
def test_a_fresh_container_for_every_answer() -> None:
    leave = CallsJob("def f():\n    import os\n    return os.stat('/proc/1').st_ctime_ns\n", "f", ((),))
    with open_sandbox("docker", workers=1, fresh=True) as sandbox:
        births = [sandbox.submit(leave).result().calls[0].value for _ in range(2)]
        assert sandbox.info.fresh
    assert births[0] != births[1]


# --- faults ---


@pytest.mark.docker
def test_a_run_survives_a_restart_of_the_engine(relay: Relay) -> None:
    with open_sandbox("docker", workers=1) as sandbox:
        future = sandbox.submit(SLEEPER)
        time.sleep(1)
        relay.cut()
        threading.Timer(2, relay.restore).start()
        outcome = future.result(timeout=60)
        assert (outcome.status, outcome.calls[0].value) == ("ok", 1)
        assert sandbox.submit(ADD).result(timeout=60).calls[0].value == 42
    with closing(connect()) as engine:
        assert _mine(engine) == []


@pytest.mark.docker
def test_an_engine_that_stays_away_is_infra_and_waited_for_once(relay: Relay, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(docker_container, "_PATIENCE_S", 1.0)
    with open_sandbox("docker", workers=1) as sandbox:
        assert sandbox.submit(ADD).result().status == "ok"
        relay.cut()
        outcome = sandbox.submit(ADD).result(timeout=60)
        assert outcome.status == "infra"
        assert f"the engine at {relay.address} is gone" in outcome.detail
        started = time.monotonic()
        assert [o.status for o in sandbox.run([ADD] * 20)] == ["infra"] * 20
        assert time.monotonic() - started < 5, "each job waits for an engine that is known to be gone"
        relay.restore()
        assert sandbox.submit(ADD).result(timeout=60).calls[0].value == 42
    with closing(connect()) as engine:
        assert _mine(engine) == []


@pytest.mark.docker
def test_an_engine_that_stops_answering_is_one_clear_infra_error(relay: Relay) -> None:
    engine = connect()
    backend = DockerBackend(engine, choose_image(engine))
    engine.client.api.timeout = 1
    relay.silent = True
    engine.forget_connections()
    with pytest.raises(InfraError, match="does not answer") as caught:
        backend.start(0)
    assert "\n" not in str(caught.value)
    relay.silent = False
    transport = backend.start(0)
    transport.close()
    backend.close()


@pytest.mark.docker
def test_an_image_that_is_removed_meanwhile_is_made_again_as_it_was() -> None:
    with open_sandbox("docker", workers=1, requires=["packaging"], fresh=True) as sandbox:
        job = CallsJob("def f():\n    import packaging\n    return packaging.__name__\n", "f", ((),))
        assert sandbox.submit(job).result().calls[0].value == "packaging"
        subprocess.run(["docker", "rmi", "-f", sandbox.info.image], check=True, capture_output=True)
        found = sandbox.submit(job).result()
        assert (found.status, found.calls[0].value) == ("ok", "packaging"), found


@pytest.mark.docker
def test_an_image_that_cannot_be_made_again_is_infra(monkeypatch: pytest.MonkeyPatch) -> None:
    name = f"evalrun-test-{os.getpid()}:gone"
    with closing(connect()) as engine:
        subprocess.run(["docker", "tag", host_image(engine, recipe()).id, name], check=True)
    other = CliRunner().invoke(command, ["build", "--base", name, "--tag", name])
    assert other.exit_code == 0, other.output
    monkeypatch.setenv("EVALRUN_SANDBOX_IMAGE", name)
    with open_sandbox("docker", workers=1, fresh=True) as sandbox:
        assert sandbox.submit(ADD).result().status == "ok"
        subprocess.run(["docker", "rmi", "-f", sandbox.info.image], check=True, capture_output=True)
        outcome = sandbox.submit(ADD).result()
    assert outcome.status == "infra"
    assert "was removed from the engine meanwhile; make it again" in outcome.detail
    with pytest.raises(BadInput, match="no such image"):
        open_sandbox("docker", workers=1)


# --- orphans ---


def _containers(engine: Engine) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = engine.client.api.containers(all=True, filters={"label": LABEL})
    return found


def _mine(engine: Engine) -> list[dict[str, Any]]:
    deadline = time.monotonic() + 10
    while True:
        mine = [c for c in _containers(engine) if c["Labels"][LABEL] == docker_orphans.owner_label()]
        if not mine or time.monotonic() > deadline:
            return mine
        time.sleep(0.2)


@pytest.fixture
def engine(require: Any) -> Iterator[Engine]:
    """The engine here."""
    require("docker")
    with closing(connect()) as found:
        yield found


@pytest.fixture
def leave(engine: Engine) -> Iterator[Any]:
    """Makes a container with a label, and removes it after the test if it is still there."""
    made = []

    def make(label: str) -> str:
        number: str = engine.client.api.create_container(
            choose_image(engine).id, command=["python3", "-c", "pass"], labels={LABEL: label}
        )["Id"]
        made.append(number)
        return number

    yield make
    for number in made:
        subprocess.run(["docker", "rm", "-f", number], capture_output=True, check=False)


def _label_of_a_dead_process() -> str:
    ask = "from evalrun.harness.sandbox.docker_orphans import owner_label; print(owner_label())"
    return subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True).stdout.strip()


@pytest.mark.docker
def test_a_start_sweeps_the_containers_of_an_evalrun_that_is_gone(engine: Engine, leave: Any) -> None:
    orphan = leave(_label_of_a_dead_process())
    with open_sandbox("docker", workers=1) as sandbox:
        assert sandbox.submit(ADD).result().status == "ok"
    assert orphan not in {c["Id"] for c in _containers(engine)}


@pytest.mark.docker
@pytest.mark.parametrize("verb", ["prune", "clean"])
def test_prune_removes_orphans_and_names_them(engine: Engine, leave: Any, verb: str) -> None:
    orphan = leave(_label_of_a_dead_process())
    done = CliRunner().invoke(command, [verb])
    assert done.exit_code == 0, done.output
    assert orphan[:12] in done.output
    assert verb == "prune" or "clean" not in CliRunner().invoke(command, ["--help"]).output


@pytest.mark.docker
def test_nothing_is_swept_that_may_belong_to_a_living_evalrun(engine: Engine, leave: Any) -> None:
    place, _, pid = docker_orphans.owner_label().rpartition(":")
    machine, boot, namespace, started = place.split("/")
    kept = [
        leave(docker_orphans.owner_label()),
        leave(f"another-machine/{boot}/{namespace}/{started}:999999999"),
        leave(f"{machine}/{boot}/4026530000/{started}:999999999"),
        leave("nonsense"),
        leave(f"{socket.gethostname()}:999999999"),
    ]
    other_boot = leave(f"{machine}/another-boot/{namespace}/{started}:{pid}")
    reused = leave(f"{machine}/{boot}/{namespace}/1:{pid}")
    swept = docker_orphans.remove_orphans(engine)
    assert {reused, other_boot} <= set(swept.removed)
    assert swept.foreign >= 4
    assert set(kept) <= {c["Id"] for c in _containers(engine)}


@pytest.mark.docker
def test_many_evalruns_may_sweep_at_once(leave: Any) -> None:
    label = _label_of_a_dead_process()
    orphans = {leave(label) for _ in range(3)}
    found: list[docker_orphans.Sweep] = []

    def sweep() -> None:
        with closing(connect()) as own:
            found.append(docker_orphans.remove_orphans(own))

    threads = [threading.Thread(target=sweep) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 3
    with closing(connect()) as own:
        assert not orphans & {c["Id"] for c in _containers(own)}


def test_a_process_that_another_user_owns_counts_as_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(pid: int, number: int) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "kill", refuse)
    assert docker_orphans._lives(1, docker_orphans._started(1))
    assert not docker_orphans._lives(1, "0.5")
