"""``evalrun evolve`` with all operators and a scripted panel: outages, budgets, replays, proofs without a model, and
what it was said to cost before."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from evalrun.benchmarks import Suite
from evalrun.evolvers.authored.store import entries
from evalrun.harness.cli import main

from ...scripted.starting import Endpoint, scripted
from .campaign import HUMANEVAL, OPERATORS, functions_of
from .command_line import SANDBOX, TEN, digest_of, wish

pytestmark = pytest.mark.sandbox
PRICES = ("--price-in", "3", "--price-out", "15")
FEW = "difficult,verbose"


@pytest.fixture
def seeds(tmp_path: Path) -> Path:
    functions_of("core", 4).save(tmp_path / "seeds")
    return tmp_path / "seeds"


def number_in(pattern: str, text: str) -> float:
    """A number that the command printed."""
    found = re.search(pattern, text, re.MULTILINE)
    assert found is not None, text
    return float(found[1])


def rejected(table: str) -> Counter[str]:
    """The reasons in the command's table, with their numbers."""
    return Counter({reason: int(number) for reason, number in re.findall(r"rejected by ([^:]+): (\d+)", table)})


def test_requests_that_fail_at_first_change_nothing(
    seeds: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every request ends in 429, 500 or 503 once before it is answered; none of that is a rejection."""
    tasks = Suite.load(str(seeds)).tasks
    with scripted(tasks, tmp_path) as endpoint:
        assert main(wish(seeds, endpoint, tmp_path / "calm", operators=FEW)) == 0
        calm = rejected(capsys.readouterr().out)
    with scripted(tasks, tmp_path, stumble=1) as endpoint:
        assert main(wish(seeds, endpoint, tmp_path / "stormy", operators=FEW)) == 0
        assert endpoint.counts()["failed"] >= len(endpoint.counts()["answered"])
    assert rejected(capsys.readouterr().out) == calm
    assert digest_of(tmp_path / "stormy") == digest_of(tmp_path / "calm")


def test_an_outage_rejects_nothing_writes_nothing_and_the_same_command_goes_on(
    seeds: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tasks = Suite.load(str(seeds)).tasks
    with scripted(tasks, tmp_path) as endpoint:
        assert main(wish(seeds, endpoint, tmp_path / "calm", operators=FEW)) == 0
        endpoint.tell("forget")
        endpoint.tell("shut")
        down = wish(seeds, endpoint, tmp_path / "new", "--max-retries", "0", operators=FEW)
        assert main(down) == 5
        assert not (tmp_path / "new").exists()
        assert "rejected" not in capsys.readouterr().out.split("\n")[-1]
        endpoint.tell("open")
        assert main(down) == 0
        assert max(endpoint.counts()["answered"].values()) == 1
    assert digest_of(tmp_path / "new") == digest_of(tmp_path / "calm")


def test_a_budget_that_ends_leaves_a_suite_that_its_store_makes_again_and_more_money_goes_on(
    seeds: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tasks = Suite.load(str(seeds)).tasks
    with scripted(tasks, tmp_path) as endpoint:
        good = {"author": "scripted:good", "operators": "difficult"}
        few = wish(seeds, endpoint, tmp_path / "few", "--budget", "calls=13", **good)
        assert main(few) == 0
        assert sum(endpoint.counts()["answered"].values()) <= 13
        assert "budget" in capsys.readouterr().out
        (tmp_path / "few").rename(tmp_path / "first")
        assert main([*few, "--replay"]) == 0
        assert digest_of(tmp_path / "few") == digest_of(tmp_path / "first")
        (tmp_path / "few").rename(tmp_path / "second")
        rich = [part for part in few if part not in ("--budget", "calls=13")]
        assert main(rich) == 0
        assert max(endpoint.counts()["answered"].values()) == 1
    assert len(Suite.load(str(tmp_path / "few"))) > len(Suite.load(str(tmp_path / "first")))


@pytest.mark.slow
@pytest.mark.parametrize("ref", ["core", "HumanEval"])
def test_all_operators_evolve_a_suite_that_is_replayed_offline_and_proven_without_a_model(
    ref: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if ref == "HumanEval" and not HUMANEVAL.is_file():
        pytest.skip(f"no {HUMANEVAL}")
    suite = functions_of("core" if ref == "core" else str(HUMANEVAL), 6)
    suite.save(tmp_path / "seeds")
    with scripted(suite.tasks, tmp_path) as endpoint:
        assert main(wish(tmp_path / "seeds", endpoint, tmp_path / "new")) == 0
        told = endpoint.counts()
        assert not told["unknown"]
        assert max(told["answered"].values()) == 1
        said = capsys.readouterr().out
        print(said)
    evolved = [task for task in Suite.load(str(tmp_path / "new")) if task.lineage is not None]
    made = {task.lineage.operator.removeprefix("model:") for task in evolved if task.lineage}
    assert made <= set(OPERATORS)
    assert len(made) >= 8
    assert rejected(said).total() >= 10
    assert len(rejected(said)) >= 6

    (tmp_path / "new").rename(tmp_path / "first")
    gone = Endpoint(endpoint.origin)
    assert main([*wish(tmp_path / "seeds", gone, tmp_path / "new"), "--replay"]) == 0
    assert digest_of(tmp_path / "new") == digest_of(tmp_path / "first")
    assert main(["verify", str(tmp_path / "new"), "--replies", str(tmp_path / ".new.replies"), *SANDBOX]) == 0


def test_what_was_measured_on_one_half_tells_what_the_other_half_costs_within_a_fifth(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    within(tmp_path, capsys, FEW, 12)


@pytest.mark.slow
def test_of_all_operators_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    within(tmp_path, capsys, TEN, 20)


def within(folder: Path, capsys: pytest.CaptureFixture[str], operators: str, count: int) -> None:
    """Evolve every other task, estimate the remaining ones from the replies, evolve these, compare money and calls."""
    suite = functions_of("core", count)
    halves = {"odd": suite.tasks[1::2], "even": suite.tasks[::2]}
    for name, tasks in halves.items():
        suite.subset(list(tasks)).save(folder / name)
    with scripted(suite.tasks, folder) as endpoint:
        assert main(wish(folder / "even", endpoint, folder / "first", *PRICES, operators=operators)) == 0
        capsys.readouterr()
        store = str(folder / ".first.replies")
        recorded = ("--dry-run", "--replies", store)
        before = sum(endpoint.counts()["answered"].values())
        assert main(wish(folder / "odd", endpoint, folder / "second", *recorded, *PRICES, operators=operators)) == 0
        estimate = number_in(r"^in all, about .* ([0-9.]+)$", capsys.readouterr().out)
        assert sum(endpoint.counts()["answered"].values()) == before
        assert main(wish(folder / "odd", endpoint, folder / "second", *PRICES, operators=operators)) == 0
        bill = number_in(r"^money +([0-9.]+)", capsys.readouterr().out)
        calls = len(list(entries(folder / ".second.replies")))
    print(f"estimated {estimate:.4f}, paid {bill:.4f} for {calls} replies")
    assert estimate == pytest.approx(bill, rel=0.2)
