"""Verifying preference suites: whatever is altered is found, with the task and the gate."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from evalrun.benchmarks import BadInput
from evalrun.benchmarks.preference import PreferenceSuite, PreferenceTask, Proof
from evalrun.evolvers.keeping import with_kept_seeds
from evalrun.evolvers.pipeline import silent
from evalrun.evolvers.preferences.engine import evolve
from evalrun.evolvers.preferences.labels import Labels, labels_hold
from evalrun.evolvers.preferences.proofs import INVERTED
from evalrun.evolvers.preferences.registry import parse_operators
from evalrun.evolvers.preferences.verify import foreign_roots, verify
from evalrun.evolvers.verify import Failure
from evalrun.harness.cli import main
from evalrun.harness.sandbox import Sandbox

pytestmark = pytest.mark.slow  # all of them together; what they try is the same on every Python

Row = dict[str, Any]
OPERATORS = "label_renaming,misleading_claims,rename_identifiers,prompt_noise+pad_rejected,system_filler"


def quiet(what: str, steps: int) -> None:
    pass


@pytest.fixture(scope="module")
def suite(toy: PreferenceSuite, sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> PreferenceSuite:
    """An evolved suite as it comes back from its folder."""
    new = evolve(toy, parse_operators(OPERATORS), 3, sandbox).suite
    folder = tmp_path_factory.mktemp("evolved") / "suite"
    with_kept_seeds(new, toy, 0.3, 3, sandbox, quiet, labels_hold).save(folder)
    return PreferenceSuite.load(folder)


@pytest.fixture
def folder(suite: PreferenceSuite, tmp_path: Path) -> Path:
    suite.save(tmp_path / "suite")
    return tmp_path / "suite"


def verify_code(folder: Path, *options: str) -> int:
    return main(["verify", str(folder), "--sandbox", "process", *options])


def test_an_untouched_suite_verifies(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert verify_code(folder) == 0
    out = capsys.readouterr().out
    assert "labels are shown by a machine (constraints" in out
    assert "certificates hold, 2 kept seeds are untouched" in out


def test_a_hundred_random_altered_bytes_are_all_found(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rng = random.Random(0)
    files = sorted(path for path in folder.iterdir())
    assert {path.name for path in files} >= {"suite.json", "tasks.jsonl", "ancestors.jsonl", "certificates.jsonl"}
    whole = {path: path.read_bytes() for path in files}
    missed = []
    for _ in range(100):
        path = rng.choice(files)
        content = bytearray(whole[path])
        place = rng.choice([at for at, byte in enumerate(content) if not bytes([byte]).isspace()])
        content[place] ^= 1 << rng.randrange(7)
        path.write_bytes(bytes(content))
        if verify_code(folder) != 3:
            missed.append((path.name, place, content[place - 20 : place + 20]))
        path.write_bytes(whole[path])
    assert missed == []
    assert verify_code(folder) == 0


@pytest.mark.parametrize("file", ["ancestors.jsonl", "certificates.jsonl", "digests.jsonl"])
def test_a_missing_file_is_found(folder: Path, file: str) -> None:
    (folder / file).unlink()
    assert verify_code(folder) == 3


def leaves(data: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The places of all values in a JSON document that hold no others."""
    if isinstance(data, dict):
        return [place for key, value in data.items() for place in leaves(value, (*path, key))]
    if isinstance(data, list):
        return [place for key, value in enumerate(data) for place in leaves(value, (*path, key))]
    return [path]


def altered(row: Row, rng: random.Random) -> tuple[Row, tuple[Any, ...]]:
    """A row with one value changed, and where."""
    changed = json.loads(json.dumps(row))
    path = rng.choice(leaves(changed))
    holder = changed
    for key in path[:-1]:
        holder = holder[key]
    value = holder[path[-1]]
    if isinstance(value, bool):
        holder[path[-1]] = not value
    elif isinstance(value, int):
        holder[path[-1]] = value + 1
    else:
        text = str(value)
        place = rng.randrange(len(text) + 1)
        holder[path[-1]] = f"{text[:place]}q{text[place + 1 :]}"
        if holder[path[-1]] == value:
            holder[path[-1]] += "q"
    return changed, path


def test_alterations_under_a_new_seal_are_found_with_task_and_gate(suite: PreferenceSuite, sandbox: Sandbox) -> None:
    """Whoever alters a task can seal the folder again, so the seal is not what this rests on."""
    rng = random.Random(1)
    evolved = [task for task in suite if task.lineage is not None]
    for _ in range(35):
        task = rng.choice(evolved)
        row, path = altered(task.to_json(), rng)
        try:
            new = PreferenceTask.from_json(row)
        except BadInput:
            continue
        failures = verify(replace(suite, tasks=tuple(new if each is task else each for each in suite)), sandbox)
        of_task = [failure for failure in failures if failure.task in (task.id, new.id)]
        assert of_task, path
        assert any("gate " in failure.problem or "certificate" in failure.problem for failure in of_task), of_task


def test_altered_certificates_are_found_with_task_and_gate(suite: PreferenceSuite, sandbox: Sandbox) -> None:
    rng = random.Random(2)
    names = sorted(suite.certificates)
    for _ in range(20):
        name = rng.choice(names)
        row, path = altered(dict(suite.certificates[name]), rng)
        if path[0] in ("python", "sandbox"):
            continue  # these say where the proofs were run
        failures = verify(replace(suite, certificates={**suite.certificates, name: row}), sandbox)
        assert {failure.task for failure in failures} == {name}, path
        assert all(failure.problem.startswith("gate certificate: ") for failure in failures)


def test_altered_ancestors_are_found(suite: PreferenceSuite, sandbox: Sandbox) -> None:
    rng = random.Random(3)
    for _ in range(20):
        task = rng.choice(suite.ancestors)
        row, path = altered(task.to_json(), rng)
        if path[0] in ("license", "source", "tags") or path[-1] == "source":
            continue  # of a root; nothing is made of these but copies
        try:
            new = PreferenceTask.from_json(row)
        except BadInput:
            continue
        ancestors = tuple(new if each is task else each for each in suite.ancestors)
        assert verify(replace(suite, ancestors=ancestors), sandbox), path


def only(failures: list[Failure], start: str) -> bool:
    return bool(failures) and all(failure.problem.startswith(start) for failure in failures)


def test_a_suite_whose_seed_was_changed_is_found(suite: PreferenceSuite, sandbox: Sandbox) -> None:
    assert only(verify(replace(suite, evolution={**suite.evolution, "seed": 4}), sandbox), "gate seed")


def test_a_task_slipped_in_is_found(suite: PreferenceSuite, toy: PreferenceSuite, sandbox: Sandbox) -> None:
    kept = {task.id for task in suite}
    foreign = next(task for task in toy if task.id not in kept)
    failures = verify(replace(suite, tasks=(*suite.tasks, foreign)), sandbox)
    said = "it was not evolved from any ancestor and is no kept seed, so nothing about it is proven"
    assert failures == [Failure(foreign.id, said)]


def test_a_task_that_is_there_twice_is_found(suite: PreferenceSuite, sandbox: Sandbox) -> None:
    task = suite.tasks[0]
    failures = verify(replace(suite, tasks=(*suite.tasks, replace(task, id=f"{task.id}-again"))), sandbox)
    assert any("gate novelty" in failure.problem for failure in failures)


def test_an_ancestor_of_nobody_is_found(suite: PreferenceSuite, sandbox: Sandbox) -> None:
    extra = replace(next(task for task in suite.ancestors if task.lineage is None), id="toy/extra")
    failures = verify(replace(suite, ancestors=(*suite.ancestors, extra)), sandbox)
    assert failures == [Failure("toy/extra", "an ancestor of no task in the suite")]


def test_a_removed_kept_seed_is_found(suite: PreferenceSuite, sandbox: Sandbox) -> None:
    kept = next(task for task in suite if task.lineage is None)
    failures = verify(replace(suite, tasks=tuple(task for task in suite if task is not kept)), sandbox)
    assert only(failures, "gate kept_seed: the manifest names it")


def test_a_label_that_its_proof_does_not_show_is_found_in_a_suite_that_was_not_evolved(
    toy: PreferenceSuite, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    toy.save(tmp_path / "good")
    assert verify_code(tmp_path / "good") == 0
    assert (
        "3 of 6 labels are shown by a machine (constraints 1, tests 2); 3 rest on what people"
        in capsys.readouterr().out
    )
    task = toy.task("toy/middle")
    assert task.proof is not None
    wrong = replace(
        task, ranking=(("a",), ("b",)), proof=Proof("tests", {**task.proof.data, "passes": {"a": True, "b": False}})
    )
    replace(toy, tasks=tuple(wrong if each is task else each for each in toy)).save(tmp_path / "bad")
    assert verify_code(tmp_path / "bad") == 3
    told = capsys.readouterr()
    assert "toy/middle: gate label_by_tests does not hold: the program of a passes 0 of 1, not 1" in told.out
    assert "Traceback" not in told.err


def test_an_inverted_proof_shows_nothing_where_the_criterion_asks_for_the_better_one(
    toy: PreferenceSuite, sandbox: Sandbox
) -> None:
    task = toy.task("toy/middle")
    assert task.proof is not None
    proof = Proof("tests", {**task.proof.data, "inverted": True})
    turned = replace(task, ranking=task.ranking[::-1], proof=proof)
    asked = replace(turned, id="toy/asked", criterion=INVERTED["tests"])
    (failure,) = verify(replace(toy, tasks=(asked, turned)), sandbox)
    assert (failure.task, "does not ask for the worse response" in failure.problem) == (turned.id, True)
    assert Labels(sandbox, silent).verified([asked, turned])[1].holds is False  # whatever is known of the programs


def test_roots_are_compared_with_the_suite_that_is_trusted(
    suite: PreferenceSuite, toy: PreferenceSuite, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    toy.save(tmp_path / "toy")
    assert verify_code(folder, "--against", str(tmp_path / "toy")) == 0
    assert "the roots are those of toy@1#" in capsys.readouterr().out
    other = replace(toy, tasks=tuple(replace(task, criterion="taste") for task in toy))
    assert {failure.task for failure in foreign_roots(suite, other)} == {task.id for task in toy}


def test_a_suite_without_a_commitment_reveals_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert verify_code(folder, "--reveal", "ab" * 32) == 3
    assert "records no commitment" in capsys.readouterr().out


Options = Callable[..., int]


@pytest.fixture
def evolve_code(toy: PreferenceSuite, tmp_path: Path) -> Options:
    toy.save(tmp_path / "toy")

    def run(*options: str) -> int:
        return main(["evolve", str(tmp_path / "toy"), "-o", str(tmp_path / "new"), "--sandbox", "process", *options])

    return run


def test_the_verb_prints_a_table_and_the_balance_and_writes_a_suite_that_verifies(
    evolve_code: Options, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert evolve_code("--operators", "position_swap,code_layout", "--name", "fresh", "--version", "2026.11") == 0
    out = capsys.readouterr().out
    assert "refused: the responses are no programs: 4" in out
    assert "pairs the better response is the shorter one in" in out
    new = PreferenceSuite.load(tmp_path / "new")
    assert (new.name, new.version, new.license) == ("fresh", "2026.11", "CC0-1.0")
    assert verify_code(tmp_path / "new") == 0
    assert not list(tmp_path.glob(".*journal"))


def test_the_verb_follows_a_secret(evolve_code: Options, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("0f" * 32)
    assert evolve_code("--secret", str(tmp_path / "secret")) == 0
    assert verify_code(tmp_path / "new", "--reveal", str(tmp_path / "secret")) == 0
    assert verify_code(tmp_path / "new", "--reveal", "00" * 32) == 3


def test_the_verb_evolves_chosen_tasks_only(evolve_code: Options, tmp_path: Path) -> None:
    assert evolve_code("--tasks", "toy/s*", "--operators", "position_swap") == 0
    assert {task.root for task in PreferenceSuite.load(tmp_path / "new")} == {"toy/sky"}


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--operators", "nix"), "no operator on preference tasks is called 'nix'"),
        (("--tasks", "nobody"), "matches no task of the suite"),
        (("--name", "a/b"), "use only letters"),
        (("--operators", "code_layout", "--tasks", "toy/advice"), "no task could be evolved"),
    ],
)
def test_bad_input_is_one_line_and_nothing_is_written(
    evolve_code: Options, tmp_path: Path, capsys: pytest.CaptureFixture[str], options: tuple[str, ...], says: str
) -> None:
    assert evolve_code(*options) == 2
    err = capsys.readouterr().err.strip()
    assert says in err
    assert "\n" not in err
    assert not (tmp_path / "new").exists()


def test_foreign_pairs_are_evolved_and_rows_that_are_none_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [
        {"prompt": "Why are there tides?", "chosen": "The moon pulls.", "rejected": "The wind blows."},
        {"prompt": "Why is it warm?", "chosen": "The sun shines.", "rejected": "The sun shines."},
    ]
    (tmp_path / "pairs.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    options = ("--operators", "pad_rejected,position_swap", "--sandbox", "process")
    assert main(["evolve", str(tmp_path / "pairs.jsonl"), "-o", str(tmp_path / "new"), *options]) == 0
    assert "1 rows of pairs are no tasks and are left out" in capsys.readouterr().err
    assert verify_code(tmp_path / "new", "--against", str(tmp_path / "pairs.jsonl")) == 0


def test_a_folder_that_holds_something_is_left_alone(evolve_code: Options, tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "notes").write_text("mine")
    assert evolve_code() == 2
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["notes"]


def test_a_damaged_manifest_is_a_broken_gate(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "copy")
    (tmp_path / "copy" / "suite.json").write_text("{")
    assert verify_code(tmp_path / "copy") == 3
