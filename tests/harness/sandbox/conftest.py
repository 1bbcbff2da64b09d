"""Arenas: sandboxes of every isolating kind, in which hostile answers are scored and honest ones after them."""

from __future__ import annotations

import os
import shutil
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from evalrun.benchmarks import Case, CasesTest, CheckTest, CodeTask, StdioCase, StdioTest
from evalrun.harness.sandbox import bwrap, open_sandbox, rootfs, seccomp
from evalrun.harness.sandbox.attack import Attack, Finding, Planted, planted, try_attack
from evalrun.harness.sandbox.pool import SandboxPool
from evalrun.harness.sandbox.streams import ProcessTransport
from evalrun.harness.scoring import score_one
from evalrun.harness.verdict import Score

NOBODY = 65534
KEY = "7f3a-sentinel-of-the-tests-91c2"
HONEST = f"def solve(n):\n    return '{KEY[:13]}' + '{KEY[13:]}' + str(n)\n"
_CHECK = f"""
def check(candidate):
    for n in range(3):
        assert candidate(n) == "{KEY}" + str(n)
"""


def make_task(kind: str, time_limit_s: float = 0.5) -> CodeTask:
    """A task whose right answer no answer can guess, tested in one of three ways."""
    if kind == "check":
        return CodeTask("arena/check", "", "solve", HONEST, (CheckTest(_CHECK),), time_limit_s=time_limit_s)
    if kind == "calls":
        cases = tuple(Case((n,), KEY + str(n)) for n in range(3))
        return CodeTask("arena/calls", "", "solve", HONEST, (CasesTest(cases),), time_limit_s=time_limit_s)
    stdio = StdioTest((StdioCase("2\n", KEY + "2\n"),))
    return CodeTask("arena/program", "", None, HONEST, (stdio,), time_limit_s=time_limit_s)


class Arena:
    """One sandbox with one worker, so that each answer follows the one before it in the same place."""

    def __init__(self, name: str, sandbox: SandboxPool, host: Planted) -> None:
        self.name = name
        self.sandbox = sandbox
        self.host = host

    def score(self, source: str, kind: str = "check", *, time_limit_s: float = 0.5) -> Score:
        """The verdict on an answer that defines ``solve``; as a program it prints what solve gives for its input."""
        if kind == "program":
            source += "\nprint(solve(int(input())))\n"
        return score_one(make_task(kind, time_limit_s), source, self.sandbox)

    def endure(self, attack: Attack) -> list[Finding]:
        """Try an attack of the corpus on its kinds of test; nothing may come of it, and its neighbours are well.

        Docker tries every kind; bubblewrap check and calls, of slow or similar classes one (`evalrun sandbox attack`
        tries all of them there too).
        """
        if attack.only not in ("", self.sandbox.info.kind):
            pytest.skip(f"{self.sandbox.info.kind} does not promise to hold this")
        kinds = attack.kinds
        if self.name != "docker":
            one = attack.category in ("processes", "network", "secrets", "memory", "leftovers")
            kinds = tuple(kind for kind in kinds if kind in ("check", "calls") and not one) or kinds[:1]
        findings = [try_attack(attack, kind, self.sandbox, host=self.host) for kind in kinds]
        assert not [finding for finding in findings if finding.bad]
        return findings

    def honest(self) -> None:
        """The next answer's verdict is right, be it right or wrong."""
        right = self.score(HONEST, time_limit_s=5.0)
        assert right.verdict == "pass", right
        wrong = self.score("def solve(n):\n    return str(n)\n", time_limit_s=5.0)
        assert wrong.verdict == "wrong", wrong


class BwrapAsNobody(bwrap.BwrapBackend):
    """bubblewrap as an ordinary user starts it, though the tests run as root."""

    def __init__(self, root: Path) -> None:
        self.mode = "single"
        self._root = root

    def start(self, worker: int) -> ProcessTransport:
        """Start one sandbox as the user nobody."""
        user = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
        program = seccomp.program()
        assert program is not None
        with tempfile.TemporaryFile() as stream:
            stream.write(program)
            stream.seek(0)
            command = [*user, *self.command(stream.fileno())]
            return ProcessTransport(command, env=dict(os.environ), pass_fds=(stream.fileno(),))


def _bwrap_as_user() -> Iterator[SandboxPool]:
    if os.getuid() != 0:
        with open_sandbox("bwrap", workers=1) as sandbox:
            yield sandbox
        return
    if shutil.which("setpriv") is None:
        pytest.skip("no setpriv to become an ordinary user with")
    folder = Path(tempfile.mkdtemp(prefix="evalrun-rootfs-"))
    try:
        folder.chmod(0o755)
        archive = folder / "rootfs.tar"
        rootfs.write_rootfs(archive)
        shutil.unpack_archive(archive, folder / "root", **({"filter": "tar"} if hasattr(tarfile, "tar_filter") else {}))
        (folder / "root").chmod(0o755)
        with SandboxPool(BwrapAsNobody(folder / "root"), "bwrap", workers=1) as sandbox:
            yield sandbox
    finally:
        shutil.rmtree(folder)


@pytest.fixture(
    scope="module",
    params=[
        pytest.param("docker", marks=pytest.mark.docker),
        pytest.param("bwrap-root", marks=pytest.mark.bwrap),
        pytest.param("bwrap-user", marks=pytest.mark.bwrap),
    ],
)
def arena(request: pytest.FixtureRequest, require: Callable[[str], None]) -> Iterator[Arena]:
    """Every isolating sandbox in turn: Docker, bubblewrap as root, bubblewrap as an ordinary user."""
    name = str(request.param)
    require("docker" if name == "docker" else "bwrap")
    if name == "bwrap-root" and os.getuid() != 0:
        pytest.skip("only root can start bubblewrap as root")
    os.environ["EVALRUN_TEST_SECRET"] = "an-api-key-of-the-host"  # no job may ever see it
    with planted() as host:
        if name == "bwrap-user":
            for sandbox in _bwrap_as_user():
                yield Arena(name, sandbox, host)
            return
        with open_sandbox("docker" if name == "docker" else "bwrap", workers=1) as sandbox:
            yield Arena(name, sandbox, host)


_TRIED_AS_USER = 8
_LONG = ("test_damage.py", "test_forged_verdicts.py")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """As an ordinary user bubblewrap starts anew for every answer: of the long lists one row in eight is tried there.

    The whole corpus is tried by ``evalrun sandbox attack``.
    """
    as_user = [item for item in items if item.path.name in _LONG and "[bwrap-user" in item.name]
    left_out = {id(item) for number, item in enumerate(as_user) if number % _TRIED_AS_USER}
    config.hook.pytest_deselected(items=[item for item in items if id(item) in left_out])
    items[:] = [item for item in items if id(item) not in left_out]
