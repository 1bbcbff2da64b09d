"""The command that evolves in a loop, with and without a model: what it writes and says, and how it goes on."""

from __future__ import annotations

import json
import random
import re
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from evalrun.benchmarks import Suite
from evalrun.benchmarks.jsonio import digest
from evalrun.harness.cli import main

from .answering import Answering, Body, Said, answering, question
from .several import INPUTS, REFERENCE, RIGHT, counted, suite_of

PROCESS = ("--sandbox", "process", "--max-retries", "0")
CHAINS = ("--operators", "compose_post+rename,guard_clause,rename")
NAMED = re.compile(r"total_of_rises_([0-9]+)")


def say(body: Body) -> Said:
    """An author whose tasks differ by the seed that it is asked with (every fifth reply is no JSON), and solvers."""
    text, seed = question(body), int(body["seed"])
    if text.startswith("Complete the Python function"):
        number = NAMED.search(text)
        return counted(body, f"```python\n{RIGHT.format(n=number[1] if number else 0)}```")
    if text.startswith("Below is a task"):
        return counted(body, json.dumps({"observations": [f"It has a border at {place}." for place in range(6)]}))
    if seed % 5 == 0:
        return counted(body, "I would rather not.")
    first = 100 + seed % 900
    draft = {
        "spec": f"Start with {first}. Add every value that is strictly larger than the value directly before it in the "
        f"list. The first value has none before it and is always added. An empty list gives {first}.",
        "signature": f"def total_of_rises_{first}(values: list[int]) -> int:",
        "reference": REFERENCE.format(n=first),
        "inputs": INPUTS,
        "contract": "def admissible(values):\n    return all(type(value) is int for value in values)\n",
        "changes": ["Only rises count."],
    }
    return counted(body, json.dumps(draft))


@pytest.fixture
def server() -> Iterator[Answering]:
    with answering(say) as found:
        yield found


@pytest.fixture
def seeds(tmp_path: Path) -> Path:
    suite_of(4).save(tmp_path / "seeds")
    return tmp_path / "seeds"


def without_model(seeds: Path, output: Path, *further: str, workers: int = 2) -> list[str]:
    size = ["--loop", "--generations", "2", "--batch", "6", "--workers", str(workers)]
    return ["evolve", str(seeds), *CHAINS, *size, *PROCESS[:2], "-o", str(output), *further]


def with_model(seeds: Path, server: Answering, output: Path, *further: str) -> list[str]:
    members = ["--model", "alpha-1", "--base-url", server.base_url, "--solver-model", "beta-7b"]
    size = ["--loop", "--generations", "3", "--batch", "5", "--workers", "2"]
    operators = ["--operators", "difficult,compose_post+rename"]
    return ["evolve", str(seeds), *operators, *members, *size, *PROCESS, "-o", str(output), *further]


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def loop_of(folder: Path) -> dict[str, Any]:
    """What the manifest says of the loop."""
    found: dict[str, Any] = json.loads((folder / "suite.json").read_text())["evolution"]["loop"]
    return found


def test_without_a_model_the_loop_makes_a_suite_that_verifies_and_says_that_its_fitness_is_a_stand_in(
    seeds: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(without_model(seeds, tmp_path / "new")) == 0
    said = capsys.readouterr()
    assert "fitness: PROXY (no runs were given)" in said.err
    assert "generation 1: " in said.err
    assert "operator" in said.out
    loop = loop_of(tmp_path / "new")
    assert loop["fitness"].startswith("PROXY")
    assert [generation["number"] for generation in loop["generations"]] == [0, 1]
    assert {row["operator"] for row in loop["operators"]} == {"compose_post+rename", "guard_clause", "rename"}
    assert loop["ended"] == "2 generations"
    assert main(["verify", str(tmp_path / "new"), *PROCESS[:2]]) == 0
    assert not (tmp_path / ".new.journal").exists()
    assert not (tmp_path / "new.lessons.json").exists()  # there was no author to tell


def test_any_number_of_workers_gives_the_same_bytes(seeds: Path, tmp_path: Path) -> None:
    for workers in (1, 3):
        assert main(without_model(seeds, tmp_path / str(workers) / "new", workers=workers)) == 0
    assert files_of(tmp_path / "1" / "new") == files_of(tmp_path / "3" / "new")


def test_a_model_and_deterministic_chains_in_one_loop_make_a_suite_that_verifies_and_replays_bit_for_bit(
    server: Answering, seeds: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(with_model(seeds, server, tmp_path / "new", "--budget", "calls=400")) == 0
    said = capsys.readouterr()
    assert re.search(r"replies +[0-9]+ used", said.out)
    suite = Suite.load(str(tmp_path / "new"))
    operators = Counter(task.lineage.operator for task in suite if task.lineage is not None)
    assert operators["model:difficult"] >= 2
    assert suite.evolution["panel"]["author"] == {"model": "alpha-1", "family": "alpha"}
    assert main(["verify", str(tmp_path / "new"), *PROCESS[:2], "--replies", str(tmp_path / ".new.replies")]) == 0
    bodies = [digest(body) for body in server.bodies]
    assert len(bodies) == len(set(bodies))

    (tmp_path / "new").rename(tmp_path / "first")
    lessons = (tmp_path / "new.lessons.json").read_bytes()
    assert main(with_model(seeds, server, tmp_path / "new", "--budget", "calls=400", "--replay")) == 0
    assert files_of(tmp_path / "new") == files_of(tmp_path / "first")
    assert (tmp_path / "new.lessons.json").read_bytes() == lessons
    assert len(server.bodies) == len(bodies)


def test_a_dry_run_asks_nobody_and_its_guess_from_an_earlier_loop_comes_within_a_fifth_of_the_bill(
    server: Answering, seeds: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Other proposals than those that were measured. One operator: how a loop chooses among several is what it learns,
    and nobody can know that before."""
    priced = ["--price-in", "3", "--price-out", "15", "--patience", "9", "--operators", "difficult", "--batch", "8"]
    assert main(with_model(seeds, server, tmp_path / "first", *priced)) == 0
    asked = len(server.bodies)
    capsys.readouterr()
    replies = ["--replies", str(tmp_path / ".first.replies")]
    again = [*priced, "--seed", "7", "--dry-run"]
    assert main(with_model(seeds, server, tmp_path / "second", *again, *replies)) == 0
    said = capsys.readouterr().out
    assert len(server.bodies) == asked
    assert not (tmp_path / "second").exists()
    assert main(with_model(seeds, server, tmp_path / "second", *again[:-1])) == 0
    bill = capsys.readouterr().out

    guessed = re.search(r"^in all, about .* ([0-9.]+)$", said, re.MULTILINE)
    paid = re.search(r"^money +([0-9.]+)", bill, re.MULTILINE)
    assert guessed is not None
    assert paid is not None
    assert float(guessed[1]) == pytest.approx(float(paid[1]), rel=0.2)
    assert "all 3 generations of 8" in said


def test_lessons_of_one_evolution_can_begin_another(server: Answering, seeds: Path, tmp_path: Path) -> None:
    library = {"schema": 1, "lessons": [{"operator": "difficult", "reason": "varied", "count": 9, "details": ["at 7"]}]}
    (tmp_path / "lessons.json").write_text(json.dumps(library))
    assert main(with_model(seeds, server, tmp_path / "new", "--lessons", str(tmp_path / "lessons.json"))) == 0
    drafts = [question(body) for body in server.bodies if question(body).startswith("Make a harder task")]
    assert drafts
    assert "nearly all inputs gave one value" in drafts[0]
    assert json.loads((tmp_path / "lessons.json").read_text()) == library  # read only


def test_a_small_budget_makes_small_generations_so_that_something_comes_of_it(
    server: Answering, seeds: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wish = with_model(seeds, server, tmp_path / "new", "--budget", "calls=40")
    assert main([*wish, "--batch", "32", "--generations", "50"]) == 0
    said = capsys.readouterr()
    assert "note: 1 proposals a generation" in said.err
    assert len(server.bodies) <= 40
    assert len(Suite.load(str(tmp_path / "new"))) >= 2


def runs_on(seeds: Path, folder: Path) -> list[str]:
    """Four models' runs, each right on one task more than the one before."""
    suite = Suite.load(str(seeds))
    found = []
    for place, model in enumerate(("beta-1", "gamma-1", "delta-1", "alpha-9")):
        rows = [
            {"task_id": task.id, "solution": task.reference if number <= place else "def nothing(): pass"}
            for number, task in enumerate(suite)
        ]
        answers = folder / f"{model}.jsonl"
        answers.write_text("".join(json.dumps(row) + "\n" for row in rows))
        output = folder / "runs" / model
        call = ["score", str(answers), "--suite", str(seeds), "--model", model, "-o", str(output), *PROCESS[:2]]
        assert main(call) in (0, None)
        found += ["--runs", str(output)]
    return found


def test_runs_decide_what_is_wanted_and_the_authors_family_has_no_say(
    server: Answering, seeds: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = runs_on(seeds, tmp_path)
    capsys.readouterr()
    assert main(with_model(seeds, server, tmp_path / "new", *runs)) == 0
    said = capsys.readouterr().err
    assert "of the author's family, and so without a say in fitness: alpha-9" in said
    assert "runs: 3 models" in said
    assert "discrimination between the given runs" in loop_of(tmp_path / "new")["fitness"]


def test_it_ends_with_so_many_tasks_as_have_the_reliability_that_is_wanted(
    seeds: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = runs_on(seeds, tmp_path)
    capsys.readouterr()
    wish = without_model(seeds, tmp_path / "new", *runs, "--reliability", "0.5")
    assert main([*wish, "--generations", "9", "--patience", "9"]) == 0
    enough = re.search(
        r"^([0-9]+) tasks of their like have a reliability of 0.5", capsys.readouterr().err, re.MULTILINE
    )
    assert enough is not None
    assert len(loop_of(tmp_path / "new")["generations"]) < 9
    assert loop_of(tmp_path / "new")["ended"].endswith("which are enough")


@pytest.mark.parametrize(
    ("further", "said"),
    [
        (["--loop", "--reliability", "0.8"], "--reliability: only runs can say"),
        (["--loop", "--operators", "difficult"], "needs --model NAME"),
        (["--loop", "--lessons", "nowhere.json"], "nowhere.json"),
        (["--loop", "--dry-run"], "--dry-run: without --model nothing is asked"),
        (["--loop", "--public", "nowhere"], "nowhere"),
        (["--loop", "--runs", "."], "run.json"),
        (["--batch", "3"], "--batch: this is for --loop"),
        (["--reliability", "0.5"], "--reliability: this is for --loop"),
        (["--loop", "--operators", "difficult+rename", "--model", "m", "--base-url", "http://h"], "stands alone"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_leaves_nothing_behind(
    seeds: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], further: list[str], said: str
) -> None:
    before = set(tmp_path.iterdir())
    code = main(["evolve", str(seeds), *PROCESS[:2], "-o", str(tmp_path / "new"), *further])
    error = [line for line in capsys.readouterr().err.splitlines() if "warning" not in line]
    assert code == 2
    assert said in error[-1], error
    assert set(tmp_path.iterdir()) == before


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_kills_at_random_instants_cost_nothing_and_change_nothing(tmp_path: Path) -> None:
    """Killed again and again while it works; in the end the suite is that of an undisturbed loop, lessons and all."""
    suite_of(4).save(tmp_path / "seeds")
    with answering(lambda body: replace(say(body), wait_s=0.02)) as server:
        (tmp_path / "calm").mkdir()
        assert main(with_model(tmp_path / "seeds", server, tmp_path / "calm" / "new")) == 0
        wanted = files_of(tmp_path / "calm" / "new")
        lessons = (tmp_path / "calm" / "new.lessons.json").read_bytes()
        paid = {digest(body) for body in server.bodies}
        server.bodies.clear()

        program = [sys.executable, "-c", "import sys; from evalrun.harness.cli import main; sys.exit(main())"]
        wish = [*program, *with_model(tmp_path / "seeds", server, tmp_path / "new", "--max-connections", "2")]
        rng, kills = random.Random(7), 0
        while kills < 12 and not (tmp_path / "new").exists():
            with subprocess.Popen(wish, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
                try:
                    process.wait(rng.uniform(0.5, 2.0))
                except subprocess.TimeoutExpired:
                    process.send_signal(signal.SIGKILL)
                    kills += 1
        if not (tmp_path / "new").exists():
            assert subprocess.run(wish, check=False, capture_output=True).returncode == 0
        asked = Counter(digest(body) for body in server.bodies)

    assert kills >= 3
    assert files_of(tmp_path / "new") == wanted
    assert (tmp_path / "new.lessons.json").read_bytes() == lessons
    assert set(asked) == paid
    # what was in flight at a kill (two connections) had not come yet, and may be asked for again
    assert asked.total() - len(asked) <= 2 * kills
