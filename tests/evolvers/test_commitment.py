"""A suite follows from a secret that was committed to, or the reveal says why not."""

from __future__ import annotations

import hashlib
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from evalrun.benchmarks import BadInput, CasesTest, CodeTask, Lineage, Suite
from evalrun.evolvers.commitment import broken_promises, commitment_of, given_secret, new_secret, seed_of
from evalrun.harness.cli import main

SECRET = bytes(range(32))


def promised(seed: int, commitment: str) -> Suite:
    lineage = Lineage("t/0", ("t/0",), ("00",), "rename", "1", {}, seed, 1)
    task = CodeTask("s/0", "", "f", "def f(): ...", (CasesTest(()),), lineage=lineage)
    return Suite("s", "1", (task,), evolution={"seed": seed, "commitment": commitment})


def test_commitment_and_seed_are_what_the_documented_formulas_give() -> None:
    assert commitment_of(SECRET) == hashlib.sha256(b"evalrun commitment 1\n" + SECRET).hexdigest()
    first = hashlib.sha256(b"evalrun seed 1\n" + SECRET).hexdigest()[:16]
    assert seed_of(SECRET) == int(first, 16) // 2


def test_the_right_secret_proves_all_and_a_wrong_one_nothing() -> None:
    suite = promised(seed_of(SECRET), commitment_of(SECRET))
    assert broken_promises(suite, SECRET) == []
    assert "not the one" in broken_promises(suite, bytes(32))[0][1]
    assert "no commitment" in broken_promises(replace(suite, evolution={}), SECRET)[0][1]


def test_a_suite_with_a_chosen_seed_does_not_follow_from_its_secret() -> None:
    problems = broken_promises(promised(7, commitment_of(SECRET)), SECRET)
    assert [name for name, _ in problems] == ["s", "s/0"]
    assert "it is 7" in problems[1][1]


def test_commit_prints_the_commitment_and_never_the_secret(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "secret"
    assert main(["evolve", "--commit", str(path)]) == 0
    told = capsys.readouterr()
    secret = given_secret(str(path))
    assert told.out.strip() == commitment_of(secret)
    assert secret.hex() not in told.out + told.err
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert main(["evolve", "--commit", str(path)]) == 2
    assert given_secret(str(path)) == secret


def test_a_secret_is_given_by_file_or_as_digits_and_nothing_else(tmp_path: Path) -> None:
    secret = new_secret(tmp_path / "kept")
    assert given_secret(str(tmp_path / "kept")) == given_secret(secret.hex()) == secret
    (tmp_path / "bad").write_text("hunter2")
    for text in (str(tmp_path / "bad"), "hunter2", ""):
        with pytest.raises(BadInput) as caught:
            given_secret(text)
        assert "hunter2" not in str(caught.value)


def test_a_seed_beside_a_secret_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    new_secret(tmp_path / "kept")
    arguments = ["evolve", "core", "--seed", "1", "--secret", str(tmp_path / "kept"), "-o", str(tmp_path / "out")]
    assert main(arguments) == 2
    assert "give one of them" in capsys.readouterr().err
    assert main(["evolve", "core", "--version", "2026.13", "-o", str(tmp_path / "out")]) == 2
