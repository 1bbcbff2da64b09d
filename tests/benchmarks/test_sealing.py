"""No byte of a stored suite's rows can change unseen, and what changed is named."""

from __future__ import annotations

import json
import random
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from evalrun.benchmarks import BadInput, Case, CasesTest, CodeTask, Lineage, Suite
from evalrun.benchmarks.merkle import leaf, root_by


def make(number: int) -> CodeTask:
    source = f"def f{number}(x):\n    return x + {number}\n"
    return CodeTask(f"t/{number}", f'def f{number}(x):\n    """x plus."""\n', f"f{number}", source,
                    (CasesTest((Case((1,), 1 + number), Case((2,), 2 + number))),), tags=("sums",))  # fmt: skip


@pytest.fixture(scope="module")
def suite() -> Suite:
    child = replace(make(2), lineage=Lineage("t/0", ("t/0",), (make(0).digest,), "rename", "1", {"k": 1}, 7, 1))
    told = {"t/2": {"kind": "preserving", "gates": [{"gate": "tests_pass", "holds": True, "evidence": {}}]}}
    return Suite("small", "2026.11", (make(1), child), ancestors=(make(0),), certificates=told, evolution={"seed": 7})


@pytest.fixture(scope="module")
def stored(suite: Suite, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sealed") / "suite"
    suite.save(folder)
    return folder


@pytest.fixture
def folder(stored: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(stored, tmp_path / "suite"))


def test_what_is_stored_loads_with_its_seal(suite: Suite, folder: Path) -> None:
    assert Suite.load(folder) == suite
    assert json.loads((folder / "suite.json").read_text())["merkle_root"] == suite.merkle_root


@pytest.mark.parametrize("file", ["tasks.jsonl", "ancestors.jsonl", "certificates.jsonl", "digests.jsonl"])
def test_every_altered_byte_of_a_row_is_refused(file: str, stored: Path, folder: Path) -> None:
    rng = random.Random(file)
    before = (stored / file).read_bytes()
    for _ in range(60):
        place = rng.randrange(len(before))
        byte = rng.choice([b for b in range(256) if b != before[place]])
        (folder / file).write_bytes(before[:place] + bytes([byte]) + before[place + 1 :])
        if place == len(before) - 1 and file == "digests.jsonl":
            continue
        with pytest.raises(BadInput):
            Suite.load(folder)


@pytest.mark.parametrize(
    ("file", "old", "new", "named"),
    [
        ("tasks.jsonl", '"sums"', '"sumz"', "task 't/1' was changed or taken away in tasks.jsonl"),
        ("tasks.jsonl", '"seed":7', '"seed":8', "task 't/2' was changed or taken away in tasks.jsonl"),
        ("ancestors.jsonl", "x + 0", "x + 9", "ancestor 't/0' was changed or taken away in ancestors.jsonl"),
        ("ancestors.jsonl", '"t/0"', '"t/9"', "ancestor 't/0' was changed or taken away"),
        ("tasks.jsonl", '"t/1",', '"t/1"', "task 't/1' was changed or taken away in tasks.jsonl"),
        ("certificates.jsonl", "true", "false", "certificate of 't/2' was changed or taken away in certificates.jsonl"),
        ("suite.json", '"seed": 7', '"seed": 8', "suite.json or digests.jsonl was changed"),
        ("suite.json", "2026.11", "2026.12", "suite.json or digests.jsonl was changed"),
    ],
)
def test_what_was_changed_is_named(file: str, old: str, new: str, named: str, folder: Path) -> None:
    path = folder / file
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(BadInput, match="gate sealed: ") as caught:
        Suite.load(folder)
    assert named in str(caught.value)


def test_an_older_suite_without_a_seal_still_loads(suite: Suite, folder: Path) -> None:
    (folder / "suite.json").write_text(json.dumps(suite.manifest()))
    (folder / "digests.jsonl").unlink()
    assert Suite.load(folder) == suite


def test_a_missing_digests_file_is_refused(folder: Path) -> None:
    (folder / "digests.jsonl").unlink()
    with pytest.raises(BadInput, match=r"digests\.jsonl: gate sealed"):
        Suite.load(folder)


def test_an_inclusion_proof_leads_from_a_task_to_the_seal(suite: Suite) -> None:
    proof = suite.inclusion("t/2")
    assert proof.row[:2] == ("task", "t/2")
    assert leaf(list(proof.row)) == proof.leaf
    assert root_by(proof.path, proof.leaf) == proof.root == suite.merkle_root
    with pytest.raises(BadInput, match="has no task"):
        suite.inclusion("t/0")

