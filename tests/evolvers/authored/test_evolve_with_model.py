"""The command that evolves a suite with a model: what it writes, says, costs, and how it goes on after a kill."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import click
import pytest

from evalrun.benchmarks import Suite
from evalrun.benchmarks.jsonio import digest
from evalrun.evolvers.authored.store import entries
from evalrun.evolvers.commands.author_options import OPTION_NAMES, author_options
from evalrun.evolvers.commands.author_progress import line_of
from evalrun.harness.cli import main

from .answering import Answering, Body, Said, answering
from .several import say, suite_of

PROCESS = ("--sandbox", "process", "--workers", "2", "--max-retries", "0")


@pytest.fixture
def server() -> Iterator[Answering]:
    with answering(say) as found:
        yield found


@pytest.fixture
def seeds(tmp_path: Path) -> Path:
    suite_of(2).save(tmp_path / "seeds")
    return tmp_path / "seeds"


def command(seeds: Path, server: Answering, output: Path, *further: str, operators: str = "difficult") -> list[str]:
    members = ["--model", "alpha-1", "--base-url", server.base_url, "--solver-model", "beta-7b"]
    return ["evolve", str(seeds), "--operators", operators, *members, *PROCESS, "-o", str(output), *further]


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_a_suite_is_evolved_and_its_store_makes_the_same_suite_again_bit_for_bit(
    server: Answering, seeds: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(command(seeds, server, tmp_path / "new", "--price-in", "1", "--price-out", "2")) == 0

    said = capsys.readouterr()
    suite = Suite.load(str(tmp_path / "new"))
    evolved = [task for task in suite if task.lineage is not None]
    assert [task.lineage.operator for task in evolved if task.lineage] == ["model:difficult"] * 2
    assert len(server.bodies) == 2 * (1 + 5)
    assert re.search(r"difficult +2 +2 +0 +0", said.out)
    assert "12 used, 12 of them asked for now" in said.out
    store = tmp_path / ".new.replies"
    tokens = sum((kept.response.input_tokens or 0) for kept in entries(store))
    assert f"{tokens:,} in" in said.out
    assert not (tmp_path / ".new.journal").exists()

    (tmp_path / "new").rename(tmp_path / "first")
    assert main(command(seeds, server, tmp_path / "new", "--replay")) == 0
    assert files_of(tmp_path / "new") == files_of(tmp_path / "first")
    assert len(server.bodies) == 12
    assert "12 used, 0 of them asked for now" in capsys.readouterr().out


def test_operators_of_both_kinds_go_together_and_stack_and_all_of_it_is_verified(
    server: Answering, seeds: Path, tmp_path: Path
) -> None:
    assert main(command(seeds, server, tmp_path / "new", operators="difficult+rename,rename,difficult")) == 0

    suite = Suite.load(str(tmp_path / "new"))
    operators = Counter(task.lineage.operator for task in suite if task.lineage is not None)
    assert operators == {"model:difficult": 2, "rename": 4}
    stacked = [task for task in suite if task.lineage is not None and task.lineage.depth == 2]
    ancestors = {task.id: task for task in suite.ancestors}
    assert len(stacked) == 2
    for task in stacked:
        assert task.lineage is not None
        [parent] = task.lineage.parents
        assert ancestors[parent].lineage is not None
        assert parent in suite.certificates
    assert len(server.bodies) == 12
    assert main(["verify", str(tmp_path / "new"), *PROCESS[:4]]) == 0
    replies = ["--replies", str(tmp_path / ".new.replies")]
    assert main(["verify", str(tmp_path / "new"), *replies, *PROCESS[:4]]) == 0


def test_a_model_that_is_its_own_only_witness_is_named_aloud(
    server: Answering, seeds: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    alone = command(seeds, server, tmp_path / "new", "--limit", "1")
    place = alone.index("--solver-model")
    assert main(alone[:place] + alone[place + 2 :]) == 0

    assert "alpha-1 is its own only solver" in capsys.readouterr().err
    suite = Suite.load(str(tmp_path / "new"))
    [certificate] = suite.certificates.values()
    assert certificate["panel"]["independent"] is False


def test_a_dry_run_asks_and_writes_nothing_and_comes_within_a_fifth_of_the_bill(
    server: Answering, seeds: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    prices = ("--price-in", "3", "--price-out", "15")
    before = set(tmp_path.iterdir())
    assert main(command(seeds, server, tmp_path / "new", "--dry-run", *prices)) == 0
    guess = capsys.readouterr().out
    assert server.bodies == []
    assert set(tmp_path.iterdir()) == before
    assert "assumed: 10% of drafts are mended" in guess

    assert main(command(seeds, server, tmp_path / "new", *prices)) == 0
    bill = money_of(capsys.readouterr().out)
    assert (
        main(
            command(
                seeds, server, tmp_path / "other", "--dry-run", "--replies", str(tmp_path / ".new.replies"), *prices
            )
        )
        == 0
    )
    known = capsys.readouterr().out

    assert "measured on" in known
    assert estimated_money(guess) == pytest.approx(bill, rel=0.2)
    assert estimated_money(known) == pytest.approx(bill, rel=0.02)


def money_of(said: str) -> float:
    found = re.search(r"^money +([0-9.]+)", said, re.MULTILINE)
    assert found is not None
    return float(found[1])


def estimated_money(said: str) -> float:
    found = re.search(r"^in all, about .* ([0-9.]+)$", said, re.MULTILINE)
    assert found is not None
    return float(found[1])


def test_where_the_budget_ends_what_is_proven_makes_the_suite_and_a_replay_ends_there(
    server: Answering, seeds: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wish = command(seeds, server, tmp_path / "new", "--budget", "calls=10", "--max-connections", "1")
    assert main(wish) == 0

    assert "the budget is used up (10 of 10 calls)" in capsys.readouterr().out
    assert len(server.bodies) == 10
    (tmp_path / "new").rename(tmp_path / "first")
    assert main([*wish, "--replay"]) == 0
    assert files_of(tmp_path / "new") == files_of(tmp_path / "first")


def test_a_store_can_be_gone_on_with_under_a_larger_budget(server: Answering, seeds: Path, tmp_path: Path) -> None:
    store = str(tmp_path / "replies")
    assert main(command(seeds, server, tmp_path / "a", "--replies", store, "--budget", "calls=10")) in (0, 2)
    assert main(command(seeds, server, tmp_path / "b", "--replies", store, "--budget", "calls=12")) == 0

    assert len(server.bodies) == 12
    assert len([task for task in Suite.load(str(tmp_path / "b")) if task.lineage is not None]) == 2


@pytest.mark.parametrize(
    ("further", "operators", "said"),
    [
        (["--base-url", "http://h/v1"], "difficult", "needs --model NAME"),
        ([], "difficult", "needs --model NAME"),
        ([], "model:combine", "needs --model NAME"),
        (["--model", "m"], "difficult", "--model needs --base-url"),
        (["--model", "m", "--base-url", "ftp://h"], "difficult", "expected http"),
        (["--model", "m", "--base-url", "http://h", "--budget", "calls=0"], "difficult", "--budget 'calls=0'"),
        (["--model", "m", "--base-url", "http://h", "--budget", "money=1"], "difficult", "needs the prices of m"),
        (["--model", "m", "--base-url", "http://h", "--price-in", "1"], "difficult", "go together"),
        (["--model", "m", "--base-url", "http://h"], "difficult+subtle", "comes first in a chain"),
        (["--model", "m", "--base-url", "http://h"], "difficult,difficult", "different operators"),
        (["--model", "m", "--base-url", "http://h"], "difficul", r"'difficul'.*through a model .*difficult,"),
        (["--model", "m", "--base-url", "http://h"], "rename+difficult", "difficult is an operator through a model"),
        ([], "rename+difficult", "needs --model and comes first"),
        (["--model", "m", "--base-url", "http://h"], "difficult+", r"beside '\+'"),
        (["--model", "m", "--replay"], "difficult", "no such store"),
        (["--model", "m", "--base-url", "http://h", "--dry-run"], "rename", "none of --operators asks a model"),
        (["--model", "m", "--base-url", "http://h", "--api-key-env", "NOT_SET_HERE"], "difficult", "not set"),
        (["--budget", "calls=3"], "rename", "--budget: only operators through a model"),
        (["--model", "m", "--base-url", "http://h", "--solver-base-url", "http://x"], "difficult", "goes with"),
        (["--model", "m", "--base-url", "http://h", "--extra-body", "seed=1"], "difficult", "not set here"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_one_line_and_leaves_nothing_behind(
    seeds: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], further: list[str], operators: str, said: str
) -> None:
    before = set(tmp_path.iterdir())
    code = main(["evolve", str(seeds), "--operators", operators, *PROCESS[:4], "-o", str(tmp_path / "new"), *further])

    error = [line for line in capsys.readouterr().err.splitlines() if "warning" not in line]
    assert code == 2
    assert re.search(said, error[-1]), error
    assert len(error) == 1
    assert set(tmp_path.iterdir()) == before


def test_an_outage_is_said_aloud_and_the_same_command_goes_on(
    seeds: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    down = [True]

    def sometimes(body: Body) -> Said:
        is_solver = body["model"] == "beta-7b"
        return Said("overloaded", status=500) if down[0] and is_solver else say(body)

    with answering(sometimes) as server:
        assert main(command(seeds, server, tmp_path / "new")) == 5
        assert "pays for no reply again" in capsys.readouterr().err
        assert not (tmp_path / "new").exists()
        down[0] = False
        assert main(command(seeds, server, tmp_path / "new")) == 0

        good = Counter(digest(body) for body in server.bodies if body["model"] == "alpha-1")
        assert max(good.values()) == 1


def test_what_a_server_says_cannot_steer_the_terminal(
    seeds: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with answering(lambda body: Said("\x1b[2Jgone\r\nagain", status=404)) as server:
        assert main(command(seeds, server, tmp_path / "new")) == 2

    said = capsys.readouterr()
    assert "\x1b" not in said.err + said.out


@pytest.mark.slow
def test_a_kill_at_any_instant_costs_nothing_and_changes_nothing(tmp_path: Path) -> None:
    """Killed again and again while it works; in the end the suite is that of an undisturbed run."""
    suite_of(6).save(tmp_path / "seeds")
    with answering(lambda body: replace(say(body), wait_s=0.02)) as server:
        undisturbed = command(tmp_path / "seeds", server, tmp_path / "calm" / "new")
        (tmp_path / "calm").mkdir()
        assert main(undisturbed) == 0
        wanted = files_of(tmp_path / "calm" / "new")
        paid = Counter(digest(body) for body in server.bodies)
        server.bodies.clear()

        program = [sys.executable, "-c", "import sys; from evalrun.harness.cli import main; sys.exit(main())"]
        wish = [*program, *command(tmp_path / "seeds", server, tmp_path / "new", "--max-connections", "2")]
        kills = 0
        for wait_s in (0.6, 0.8, 0.7, 0.9, 1.0, 0.75, 0.85, 1.2):
            with subprocess.Popen(wish, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
                try:
                    process.wait(wait_s)
                except subprocess.TimeoutExpired:
                    process.send_signal(signal.SIGKILL)
                    kills += 1
            if (tmp_path / "new").exists():
                break
        if not (tmp_path / "new").exists():
            assert subprocess.run(wish, check=False, capture_output=True).returncode == 0
        asked = Counter(digest(body) for body in server.bodies)

    assert kills >= 2
    assert files_of(tmp_path / "new") == wanted
    assert set(asked) == set(paid)
    # what was in flight at a kill (two connections) had not come yet, and may be asked for again
    assert asked.total() - len(asked) <= 2 * kills


@pytest.mark.slow
def test_ctrl_c_ends_in_order_and_the_same_command_goes_on(tmp_path: Path) -> None:
    suite_of(4).save(tmp_path / "seeds")
    with answering(lambda body: replace(say(body), wait_s=0.2)) as server:
        program = [sys.executable, "-c", "import sys; from evalrun.harness.cli import main; sys.exit(main())"]
        wish = [*program, *command(tmp_path / "seeds", server, tmp_path / "new", "--max-connections", "2")]
        with subprocess.Popen(wish, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            while len(server.bodies) < 3:
                time.sleep(0.02)
            process.send_signal(signal.SIGINT)
            _, said = process.communicate(timeout=30)
        assert process.returncode == 130
        assert "goes on from there" in said.replace("\n", " ")
        assert len(list(entries(tmp_path / ".new.replies"))) == len(server.bodies)

        assert subprocess.run(wish, check=False, capture_output=True).returncode == 0
        assert len(server.bodies) == 4 * 6


def test_help_imports_nothing_heavy() -> None:
    program = (
        "import sys; from evalrun.harness.cli import main; main(['evolve', '--help']);"
        "print([name for name in ('aiohttp', 'numpy', 'pandas', 'jinja2', 'httpx', 'sqlite3') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout.splitlines()[-1] == "[]"
    assert "--solver-model" in done.stdout


def test_every_option_of_models_is_known_as_one() -> None:
    def nothing() -> None: ...

    made = click.command()(author_options(nothing))

    assert {parameter.name for parameter in made.params} == OPTION_NAMES


def test_the_line_of_progress_tells_tokens_money_and_fates() -> None:
    from evalrun.evolvers.authored.budget import Bill

    bill = Bill(calls=4, input_tokens=1_000, output_tokens=200, money=0.0123)
    fates = Counter({"admitted": 2, "rejected by ambiguous": 3, "rejected by total\x1b": 1})

    assert line_of(bill, fates) == "1,200 tokens, $0.0123, 2 admitted, 4 rejected (ambiguous 3, total\\x1b 1)"
