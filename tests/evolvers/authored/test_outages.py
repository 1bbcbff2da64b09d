"""What an evolution meets beside faulty authors: kills while the suite is written, a full disk, a store that was cut,
a second process at the same output; and replies that come in another order."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TextIO

import pytest

from evalrun.benchmarks import BadInput, Suite
from evalrun.evolvers.authored.store import entries
from evalrun.evolvers.designed.parents import probe_parents
from evalrun.evolvers.journal import Journal
from evalrun.evolvers.storing import save_whole
from evalrun.harness.cli import main
from evalrun.harness.sandbox import Sandbox

from ..designed.test_designing import BAD, operators, replies
from ..designed.trees import LENGTHS, MANY_EVEN, ROTATED, TAGGED
from .answering import Answering, Body, Said, answering
from .command_line import PROGRAM
from .several import suite_of
from .test_evolve_in_a_loop import say

LOOP = ("--loop", "--generations", "2", "--batch", "4")
WAYS = {"plain": (), "loop": LOOP}
PLAIN_FIRST = ("plain", pytest.param("loop", marks=pytest.mark.slow))
KILLED_AT_A_STEP = """
import os, signal, sys
step, done, real = int(sys.argv.pop(1)), 0, os.replace
def replace(*names, **more):
    global done
    done += 1
    if done == step:
        os.kill(os.getpid(), signal.SIGKILL)
    return real(*names, **more)
os.replace = replace
from evalrun.harness.cli import main
sys.exit(main())
"""


def wish(seeds: Path, server: Answering, output: Path, *further: str, workers: int = 2) -> list[str]:
    """The arguments of ``evolve`` with an author and a solver."""
    members = ["--model", "alpha-1", "--base-url", server.base_url, "--solver-model", "beta-7b", "--max-retries", "0"]
    operators = ["--operators", "difficult,compose_post+rename", "--sandbox", "process", "--workers", str(workers)]
    return ["evolve", str(seeds), *operators, *members, "-o", str(output), *further]


def files_of(folder: Path) -> dict[str, str]:
    """The digest of every file of a folder."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


@pytest.fixture
def seeds(tmp_path: Path) -> Path:
    suite_of(2).save(tmp_path / "seeds")
    return tmp_path / "seeds"


def calm(seeds: Path, server: Answering, folder: Path, *further: str) -> dict[str, str]:
    """The undisturbed suite."""
    folder.mkdir()
    assert main(wish(seeds, server, folder / "new", *further)) == 0
    return files_of(folder / "new")


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
def test_a_kill_at_each_step_of_writing_the_suite_leaves_nothing_half_and_nothing_behind(
    way: str, seeds: Path, tmp_path: Path
) -> None:
    with answering(say) as server:
        wanted = calm(seeds, server, tmp_path / "calm", *WAYS[way])
        asked = len(server.bodies)
        (tmp_path / "killed").mkdir()
        output, steps, code = tmp_path / "killed" / "new", 0, -9
        while code == -9:
            steps += 1
            command = [sys.executable, "-c", KILLED_AT_A_STEP, str(steps), *wish(seeds, server, output, *WAYS[way])]
            code = subprocess.run(command, capture_output=True, check=False).returncode
            assert output.exists() == (code == 0)
        assert code == 0
        assert steps >= 7  # five files, the folder, and then the end
        assert files_of(output) == wanted
        assert len(server.bodies) == 2 * asked
    lessons = {"new.lessons.json"} if way == "loop" else set()
    # a kill between a single file and its renaming leaves that one beside it
    beside = {path.name for path in output.parent.iterdir() if not path.name.startswith(".new.lessons.json.")}
    assert beside - {"new", ".new.replies", "..new.replies.lock", "..new.replies.claims"} == lessons


def test_what_a_killed_writer_left_is_taken_away_and_what_another_writes_is_not(tmp_path: Path) -> None:
    suite = suite_of(1)
    left, written = tmp_path / ".new.aaaa.partial", tmp_path / ".new.bbbb.partial"
    for folder in (left, written):
        folder.mkdir()
        (folder / "tasks.jsonl").write_text("{}")
    other = (
        "import fcntl, os, sys, time; held = os.open(sys.argv[1], os.O_RDONLY); fcntl.flock(held, fcntl.LOCK_EX);"
        "print(1, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", other, str(written)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        save_whole(suite, tmp_path / "new")
        assert {path.name for path in tmp_path.iterdir()} == {"new", ".new.bbbb.partial"}
        process.kill()
    save_whole(suite, tmp_path / "new2")
    assert written.exists()  # of another name


def test_a_folder_that_appears_while_the_suite_is_written_is_bad_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    suite, folder, save = suite_of(1), tmp_path / "new", Suite.save

    def slow(self: Suite, where: Path) -> None:
        save(self, where)
        save(self, folder)  # another process was faster

    monkeypatch.setattr(Suite, "save", slow)
    with pytest.raises(BadInput, match="not an empty folder"):
        save_whole(suite, folder)
    assert [path.name for path in tmp_path.iterdir()] == ["new"]


@pytest.mark.parametrize("way", PLAIN_FIRST)
def test_a_second_process_at_the_same_output_is_sent_away_and_the_first_goes_on(
    way: str, seeds: Path, tmp_path: Path
) -> None:
    with answering(lambda body: replace(say(body), wait_s=0.5)) as server:
        first = subprocess.Popen(
            [*PROGRAM, *wish(seeds, server, tmp_path / "new", *WAYS[way])], stderr=subprocess.PIPE, text=True
        )
        while not server.bodies:
            time.sleep(0.02)
        second = subprocess.run(
            [*PROGRAM, *wish(seeds, server, tmp_path / "new", *WAYS[way])], capture_output=True, text=True, check=False
        )
        _, said = first.communicate(timeout=120)
    assert first.returncode == 0, said
    assert second.returncode == 2
    assert "another process is at work on this output" in second.stderr
    assert len(second.stderr.splitlines()) <= 3


def test_a_journal_is_held_by_one_and_a_torn_line_spoils_no_other(tmp_path: Path, sandbox: Sandbox) -> None:
    path = tmp_path / "journal"
    path.write_text('{"job": "a", "calls": []}\n{"job": "b", "cal')
    with Journal(sandbox, path) as journal:
        assert journal.remembered == 1
        with pytest.raises(BadInput, match="another process"):
            Journal(sandbox, path)
    assert path.read_text().endswith('"cal\n')
    with Journal(sandbox, path) as journal:
        assert journal.remembered == 1


def test_a_journal_that_its_holder_takes_away_is_nobody_elses(
    tmp_path: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "journal"
    first = Journal(sandbox, path)
    lock = fcntl.flock

    def late(file: TextIO, how: int) -> None:
        first.discard()
        lock(file, how)

    monkeypatch.setattr(fcntl, "flock", late)
    with pytest.raises(BadInput, match="another process"):
        Journal(sandbox, path)
    assert not path.exists()


def test_a_file_system_without_locks_has_journals_and_suites(
    tmp_path: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, toy_suite: Suite
) -> None:
    def refused(file: TextIO, how: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refused)
    with Journal(sandbox, tmp_path / "journal") as journal:
        assert journal.remembered == 0
    save_whole(toy_suite, tmp_path / "new")
    assert Suite.load(tmp_path / "new").digest == toy_suite.digest


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Callable[[str], None]]:
    """A file system of a size, which can be changed; skipped where none may be mounted."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    try:
        made = subprocess.run(mount, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        made = False
    if not made:
        pytest.skip("no file system may be mounted here")
    try:
        yield lambda new: subprocess.run(["mount", "-o", f"remount,size={new}", str(folder)], check=True) and None
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
def test_a_full_disk_at_any_time_is_an_outage_and_the_same_command_goes_on_when_there_is_room(
    way: str, seeds: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with answering(say) as server:
        wanted = calm(seeds, server, tmp_path / "calm", *WAYS[way])
        asked = len(server.bodies)
        codes = []
        with small_disk(tmp_path / "disk", "24k") as resize:
            output = tmp_path / "disk" / "new"
            for size in (24, 64, 96, 128, 160, 192, 224, 256, 320, 400, 500, 700, 1000, 2000):
                resize(f"{size}k")
                capsys.readouterr()
                codes.append(main(wish(seeds, server, output, *WAYS[way])))
                said = capsys.readouterr().err
                if codes[-1] == 0:
                    break
                assert codes[-1] == 5, said
                assert "Traceback" not in said
                assert not output.exists()
            found = files_of(output)
        assert codes[-1] == 0
        assert len(codes) > 3
        assert found == wanted
        # a reply that came while nothing could be kept is lost, and nothing else
        assert len(server.bodies) <= 2 * asked + 8 * len(codes)


@pytest.mark.slow
def test_a_store_that_was_cut_anywhere_is_left_as_it_is_or_goes_on_and_never_a_traceback(
    seeds: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with answering(say) as server:
        wanted = calm(seeds, server, tmp_path / "calm")
        whole = (tmp_path / "calm" / ".new.replies").read_bytes()
        rng, codes = random.Random(3), []
        for number in range(12):
            folder = tmp_path / str(number)
            folder.mkdir()
            cut = whole[: rng.randrange(1, len(whole))]
            (folder / ".new.replies").write_bytes(cut)
            capsys.readouterr()
            codes.append(main(wish(seeds, server, folder / "new")))
            said = capsys.readouterr().err
            assert codes[-1] in (0, 2, 5), said
            assert "Traceback" not in said
            if codes[-1] == 0:
                assert files_of(folder / "new") == wanted
            else:
                assert (folder / ".new.replies").read_bytes() == cut, (number, len(cut), len(whole), codes, said)
                assert not (folder / "new").exists()
    assert 2 in codes


def shuffled(salt: int) -> Callable[[Body], Said]:
    """Replies that take their time, each another one in each evolution."""

    def reply(body: Body) -> Said:
        drawn = hashlib.sha256(f"{salt}{sorted(body.items(), key=str)}".encode("utf-8", "replace")).digest()[0]
        return replace(say(body), wait_s=drawn / 255 * 0.15)

    return reply


@pytest.mark.parametrize("way", PLAIN_FIRST)
def test_neither_the_number_of_workers_nor_the_order_of_replies_changes_a_byte_and_the_replay_needs_no_network(
    way: str, seeds: Path, tmp_path: Path
) -> None:
    found = []
    for salt, workers, connections in ((1, 1, "1"), (2, 2, "16"), (3, 1, "16")):
        folder = tmp_path / str(salt)
        folder.mkdir()
        with answering(shuffled(salt)) as server:
            further = (*WAYS[way], "--max-connections", connections)
            assert main(wish(seeds, server, folder / "new", *further, workers=workers)) == 0
            found.append(files_of(folder / "new"))
    assert found[0] == found[1] == found[2]
    store = tmp_path / "2" / ".new.replies"
    kept = len(list(entries(store)))
    members = ["--model", "alpha-1", "--solver-model", "beta-7b", "--sandbox", "process", "--workers", "1"]
    operators = ["--operators", "difficult,compose_post+rename"]
    replayed = ["evolve", str(seeds), *operators, *members, "--replay", "--replies", str(store), *WAYS[way]]
    assert main([*replayed, "-o", str(tmp_path / "again")]) == 0  # no URL is known to it
    assert files_of(tmp_path / "again") == found[0]
    assert len(list(entries(store))) == kept


@pytest.mark.slow
def test_kills_of_a_design_at_random_instants_change_nothing_and_ask_for_nothing_twice(tmp_path: Path) -> None:
    script = replies(
        operators(BAD["partial"], BAD["constant"]), operators(TAGGED, LENGTHS), operators(ROTATED, MANY_EVEN)
    )
    (tmp_path / "killed").mkdir()
    output, calm_output = tmp_path / "killed" / "made.json", tmp_path / "calm.json"
    probe = tmp_path / "probe"
    probe_parents().subset([task for task in probe_parents() if task.id.endswith("halves_of")]).save(probe)
    with answering(script) as server:

        def wanted(where: Path) -> list[str]:
            asked = ["--model", "maker-7b", "--base-url", server.base_url, "--count", "4", "--rounds", "6"]
            return ["design", *asked, "--probe", str(probe), "--sandbox", "process", "-o", str(where)]

        begun = time.monotonic()
        calm_run = subprocess.run([*PROGRAM, *wanted(calm_output)], capture_output=True, text=True, check=False)
        lasts = time.monotonic() - begun
        assert calm_run.returncode == 0, calm_run.stderr
        asked = len(server.bodies)
        rng, kills = random.Random(4), 0
        for _ in range(10):
            with subprocess.Popen(
                [*PROGRAM, *wanted(output)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            ) as one:
                try:
                    one.wait(rng.uniform(0.3, 0.9) * lasts)
                except subprocess.TimeoutExpired:
                    one.kill()
                    kills += 1
            if output.exists():
                break
        if not output.exists():
            assert subprocess.run([*PROGRAM, *wanted(output)], capture_output=True, check=False).returncode == 0
        again = len(server.bodies) - asked
    assert kills >= 2
    assert output.read_bytes() == calm_output.read_bytes()
    assert asked <= again <= asked + kills  # what was on its way at a kill, one request at a time
