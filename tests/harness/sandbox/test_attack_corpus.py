"""The hostile corpus as data: what each row must be, and that the programs which look for something can find it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import pytest

from evalrun.benchmarks import BadInput
from evalrun.harness.sandbox import Outcome, Sandbox, open_sandbox
from evalrun.harness.sandbox.attack import (
    CATEGORIES,
    CONTROL,
    CORPUS,
    KINDS,
    Attack,
    Planted,
    planted,
    run_attacks,
    try_attack,
)
from evalrun.harness.sandbox.attack.arena import score_probe
from evalrun.harness.sandbox.attack.reading import read_corpus
from evalrun.harness.sandbox.attack.rows import FITTING
from evalrun.harness.sandbox.attack.sentinels import VARIABLE, leaks_in, sentinel

ATTACKS = {attack.name: attack for attack in CORPUS}


def test_there_are_at_least_100_hostile_programs_and_each_has_a_name_of_its_own() -> None:
    assert len([attack for attack in CORPUS if attack.category != CONTROL]) >= 100
    assert len(ATTACKS) == len(CORPUS)


def test_every_category_that_is_explained_has_programs_and_the_reverse() -> None:
    assert {attack.category for attack in CORPUS} == set(CATEGORIES)


def test_the_documentation_names_every_category(checkout: Path) -> None:
    text = (checkout / "docs" / "security.md").read_text(encoding="utf-8")
    assert [name for name in CATEGORIES if f"| {name} |" not in text] == []


@pytest.mark.parametrize("attack", CORPUS, ids=ATTACKS)
def test_no_attack_may_pass_and_every_row_says_why_it_is_there(attack: Attack) -> None:
    assert attack.why
    assert attack.kinds
    assert set(attack.kinds) <= set(KINDS)
    assert attack.fitting
    allowed = FITTING | {"pass"} if attack.category == CONTROL else FITTING
    assert attack.fitting <= allowed
    if attack.probe:
        compile(attack.probe, "<probe>", "exec")
        assert "def look()" in attack.probe


# (right, wrong, expected) for what is asked of other values than texts.
OTHER_VALUES: dict[str, tuple[Any, Any, Any]] = {
    "abs(got - expected) < 1e-6": (0.5, 2.5, 0.5),
    "abs(expected - got) < 1e-6": (0.5, 2.5, 0.5),
    "abs(-(got - expected)) < 1e-6": (0.5, 2.5, 0.5),
    "not got - expected": (0.5, 2.5, 0.5),
    "got - 0.5 == 0": (0.5, 2.5, 0.5),
    "len(got - {expected}) == 0": ({"key-1"}, {"key-2"}, "key-1"),
    "got.count(expected[-1]) == 1": ("key-1", "2", "key-1"),
    "got.get(expected) == 1": ({"key-1": 1}, {}, "key-1"),
    "got.issubset(set(expected)) and got.issubset([expected])": (set(), {"key-2"}, "key-1"),
    "got != expected and unittest.TestCase().assertRaises(BaseException, got.pop, expected) is None": ([1], [1] * 9, 5),
}


@pytest.mark.parametrize("asks", sorted({attack.asks for attack in CORPUS} - {"got.equals(expected)"}))
def test_what_a_test_asks_holds_for_the_right_answer_and_not_for_a_wrong_one(asks: str) -> None:
    import math
    import operator
    import unittest

    space: dict[str, Any] = {"json": json, "math": math, "operator": operator, "unittest": unittest}
    right, wrong, expected = OTHER_VALUES.get(asks, ("key-1", "1", "key-1"))
    assert eval(asks, {**space, "got": right, "expected": expected})
    try:
        accepted = eval(asks, {**space, "got": wrong, "expected": expected})
    except AssertionError:
        accepted = False
    assert not accepted


@pytest.fixture(scope="module")
def open_house() -> Iterator[tuple[Sandbox, Planted]]:
    """A sandbox that protects nothing, on a host with secrets.

    Only programs that read, or that change nothing but their own process, may ever run in it: the tests may be root.
    """
    with planted() as host, open_sandbox("process", workers=1) as sandbox:
        yield sandbox, host


@pytest.mark.sandbox
@pytest.mark.parametrize(
    ("name", "whose"),
    [
        ("/proc/self/mem scanned", "expected"),
        ("the address space read by ctypes", "expected"),
        ("the address space read by process_vm_readv", "expected"),
        ("every object of the garbage collector", "expected"),
        ("interned and attribute strings of every module", "expected"),
        ("constants of every function", "expected"),
        ("the environment", "host"),
        ("the host's listening ports", "host"),
        ("the host's abstract sockets", "host"),
    ],
)
def test_what_looks_for_a_secret_finds_one_that_is_there(
    open_house: tuple[Sandbox, Planted], name: str, whose: str
) -> None:
    sandbox, host = open_house
    attack = ATTACKS[name]
    key = sentinel("expected")
    there = f"note = {key!r} * 1\nkept = [note]\ndef held(): return {key!r}\n"
    if whose == "host":
        there = f"import os\nos.environ[{VARIABLE!r}] = {os.environ[VARIABLE]!r}\n"
    planted_in = Attack(name, attack.category, "", there + attack.source, cpu_s=attack.cpu_s)
    found = try_attack(planted_in, "calls", sandbox, host=host)
    assert whose in found.leaked, found
    assert found.bad


@pytest.mark.sandbox
@pytest.mark.parametrize(
    "name", ["modules and builtins patched", "limits lowered", "a changed environment",
             "another working folder and mask", "abstract sockets left"],
)  # fmt: skip
def test_a_probe_finds_what_is_left_where_nothing_is_taken_away(open_house: tuple[Sandbox, Planted], name: str) -> None:
    attack = ATTACKS[name]
    source = attack.source.replace("time.sleep(1000)", "time.sleep(2)")
    # This machine's abstract names are shared by every test session on it, and tox runs several at once.
    program = f"{source}\n{attack.probe}".replace("'\\0left'", repr(f"\0left{os.getpid()}"))
    score = score_probe(program, open_house[0])
    assert "LEFT BEHIND" in score.detail, score


def test_the_corpus_as_a_whole_is_never_run_where_nothing_is_protected() -> None:
    with open_sandbox("process", workers=1) as sandbox, pytest.raises(BadInput, match="would attack this machine"):
        list(run_attacks(sandbox, [ATTACKS["a right answer"]]))


def _written(path: Path, *rows: object) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_a_private_corpus_needs_a_name_and_a_source_alone(tmp_path: Path) -> None:
    rows = read_corpus(_written(tmp_path / "own.jsonl", {"name": "mine", "source": "def solve(n): return n"}))
    assert rows == (Attack("mine", "private", "", "def solve(n): return n"),)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"source": "x"}, "'name' is missing"),
        ({"name": "a"}, "'source' is missing"),
        ({"name": "a", "source": "x", "fits": []}, "unknown field 'fits'"),
        ({"name": "a", "source": "x", "fitting": ["wrong", "pass"]}, "'pass' in 'fitting'"),
        ({"name": "a", "source": "x", "fitting": ["infra"]}, "'infra' in 'fitting'"),
        ({"name": "a", "source": "x", "fitting": "wrong"}, "must be a list"),
        ({"name": "a", "source": "x", "fitting": []}, "must be a list"),
        ({"name": "a", "source": "x", "kinds": ["chek"]}, "'chek' in 'kinds'"),
        ({"name": "a", "source": 5}, "'source' must be a text"),
        ({"name": "a", "source": "x", "only": "podman"}, "'podman' in 'only'; choose docker or bwrap"),
        ({"name": "a", "source": "x", "cpu_s": "long"}, "'cpu_s' must be a number"),
        ({"name": "a", "source": "x", "cpu_s": -1}, "'cpu_s' is -1"),
        ({"name": "a", "source": "x", "asks": "got =="}, "'asks' is no expression"),
    ],
)
def test_a_private_corpus_that_is_wrong_is_refused_in_one_line(tmp_path: Path, row: object, said: str) -> None:
    with pytest.raises(BadInput, match="program 1: ") as caught:
        read_corpus(_written(tmp_path / "own.jsonl", row))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_private_corpus_without_programs_or_with_two_of_one_name_is_refused(tmp_path: Path) -> None:
    row = {"name": "a", "source": "x"}
    with pytest.raises(BadInput, match="no programs in it"):
        read_corpus(_written(tmp_path / "own.jsonl"))
    with pytest.raises(BadInput, match="program 2: a program named 'a' came before"):
        read_corpus(_written(tmp_path / "own.jsonl", row, row))


@pytest.mark.parametrize("judged", ["wrong", "error", "pass", None])
def test_an_expected_value_that_the_test_itself_tells_is_no_leak(
    judged: Literal["wrong", "error", "pass"] | None,
) -> None:
    key, told = sentinel("expected"), judged in ("wrong", "error")
    assert leaks_in(Outcome("ok", f"KeyError: {key}", judged=judged)) == (set() if told else {"expected"})
    assert leaks_in(Outcome("ok", f"KeyError: {key[::-1]}", judged=judged)) == {"expected"}
    assert leaks_in(Outcome("ok", f"KeyError: {sentinel('host')}", judged=judged)) == {"host"}
