"""Evolutions that are killed at random instants: the suite is that of a calm one, and no reply is paid twice."""

from __future__ import annotations

import random
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from evalrun.evolvers.authored.store import entries
from evalrun.harness.cli import main

from ...scripted.starting import Endpoint, scripted
from .campaign import functions_of
from .command_line import PROGRAM, digest_of, wish

pytestmark = pytest.mark.sandbox
CONNECTIONS = 4
DELAY = 0.03


@dataclass
class Killing:
    """An evolution in a folder, which is begun anew when it is done. lost: replies that the server had sent, and that
    were not in the store, when a process was killed: the only ones that may be asked for again."""

    arguments: list[str]
    output: Path
    endpoint: Endpoint
    kills: int = 0
    ends: int = 0
    lost: int = 0
    again: int = 0

    @property
    def store(self) -> Path:
        """Where its replies are."""
        return self.output.parent / f".{self.output.name}.replies"

    def run(self, wait_s: float | None) -> None:
        """Once, until it is killed; None lets it end."""
        with subprocess.Popen(
            [*PROGRAM, *self.arguments], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        ) as process:
            try:
                _, said = process.communicate(timeout=wait_s)
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()
                self.kills += 1
                time.sleep(5 * DELAY)  # what is on its way arrives, and counts
                self.lost += self.answered() - self.stored()
                return
        assert process.returncode == 0, said

    def answered(self) -> int:
        """Different requests that the server answered since the evolution began."""
        return len(self.endpoint.counts()["answered"])

    def stored(self) -> int:
        """Replies that are kept."""
        return len(list(entries(self.store))) if self.store.is_file() else 0

    def ended(self, wanted: str) -> None:
        """Look at what it made, and forget all of it."""
        assert digest_of(self.output) == wanted
        answered = self.endpoint.counts()["answered"]
        self.again += sum(answered.values()) - len(answered)
        assert self.stored() == len(answered)
        self.ends += 1
        for path in self.output.parent.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        self.endpoint.tell("forget")


def killed_at_random(kills: int, folder: Path, *further: str, operators: str, tasks: int, seed: int) -> Killing:
    """The evolution, killed so often; every one that came to its end was compared with an undisturbed one."""
    suite = functions_of("core", tasks)
    suite.save(folder / "seeds")
    for name in ("calm", "killed"):
        (folder / name).mkdir()
    with scripted(suite.tasks, folder, delay=DELAY) as endpoint:
        options = ("--max-connections", str(CONNECTIONS), "--count", "1", *further)
        begun = time.monotonic()
        calm = folder / "calm" / "new"
        done = subprocess.run(
            [*PROGRAM, *wish(folder / "seeds", endpoint, calm, *options, operators=operators)],
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        lasts = time.monotonic() - begun
        wanted = digest_of(calm)
        told = endpoint.counts()
        paid = told["answered"]
        assert not told["unknown"], told["unknown"][:3]
        assert max(paid.values()) == 1
        endpoint.tell("forget")

        output = folder / "killed" / "new"
        arguments = wish(folder / "seeds", endpoint, output, *options, operators=operators)
        killing = Killing(arguments, output, endpoint)
        rng = random.Random(seed)
        while killing.kills < kills:
            killing.run(rng.uniform(0.2, lasts))
            if output.exists():
                assert set(endpoint.counts()["answered"]) == set(paid)
                killing.ended(wanted)
        killing.run(None)
        killing.ended(wanted)

        endpoint.tell("shut")
        store = calm.parent / ".new.replies"
        again = wish(folder / "seeds", endpoint, folder / "again", *options, operators=operators)
        name = ("--replay", "--replies", str(store))
        assert main([*again, *name]) == 0
        assert digest_of(folder / "again") == wanted
    return killing


def judge(killing: Killing) -> None:
    """No reply that was kept was asked for again; what was on its way at a kill is little."""
    said = f"{killing.kills} kills, {killing.ends} ends, {killing.lost} replies lost on their way"
    print(f"{said}, {killing.again} asked for again")
    assert killing.again <= killing.lost <= CONNECTIONS * killing.kills


@pytest.mark.slow
def test_thirty_five_kills_at_random_instants_change_nothing_and_pay_for_nothing_twice(tmp_path: Path) -> None:
    killing = killed_at_random(
        35, tmp_path, operators="difficult,model:tool_use,verbose,transmission_chain", tasks=2, seed=5
    )
    judge(killing)
    assert killing.kills == 35


@pytest.mark.slow
def test_fifteen_kills_of_a_loop_change_nothing_and_pay_for_nothing_twice(tmp_path: Path) -> None:
    further = ("--loop", "--generations", "2", "--batch", "4")
    killing = killed_at_random(15, tmp_path, *further, operators="difficult,model:tool_use,verbose", tasks=4, seed=6)
    judge(killing)
    assert killing.kills == 15


def test_two_kills_change_nothing_and_pay_for_nothing_twice(tmp_path: Path) -> None:
    killing = killed_at_random(2, tmp_path, operators="difficult,verbose", tasks=2, seed=7)
    judge(killing)
