"""Sources are parsed by one thread at a time, out of the garbage collector's reach."""

from __future__ import annotations

import ast
import gc
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import evalrun
from evalrun.benchmarks import parsing
from evalrun.benchmarks.parsing import parse_expression, parse_module

PROGRAM = "def f(x):\n" + "".join(f"    x = [{depth}, (x, {{1: x}})]\n" for depth in range(200))


def test_a_program_and_an_expression_have_the_trees_that_python_gives() -> None:
    assert ast.dump(parse_module(PROGRAM)) == ast.dump(ast.parse(PROGRAM))
    assert ast.dump(parse_expression("[1, 2]")) == ast.dump(ast.parse("[1, 2]", mode="eval"))
    with pytest.raises(SyntaxError):
        parse_module("def")


def test_no_thread_parses_while_another_does(monkeypatch: pytest.MonkeyPatch) -> None:
    inside, most = 0, 0
    lock = threading.Lock()

    def counted(source: str, *, mode: str) -> ast.Module:
        nonlocal inside, most
        with lock:
            inside += 1
            most = max(most, inside)
        threading.Event().wait(0.002)
        with lock:
            inside -= 1
        return ast.Module([], [])

    monkeypatch.setattr(parsing.ast, "parse", counted)
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(parse_module, ["x"] * 40))
    assert most == 1


def test_what_the_collector_runs_may_parse_and_comes_in_between_no_tree() -> None:
    class Parses:
        def __del__(self) -> None:
            parse_module("x = 1")

    old = gc.get_threshold()
    gc.set_threshold(10)
    try:
        for _ in range(20):
            parses = Parses()
            parses.me = parses  # type: ignore[attr-defined]
            del parses
            parse_module(PROGRAM)
    finally:
        gc.set_threshold(*old)


def test_nothing_that_may_run_in_several_threads_parses_in_another_way() -> None:
    root = Path(evalrun.__file__).parent
    alone = {
        "benchmarks/parsing.py",
        "harness/cli.py",  # before there are threads
        "evolvers/prover/guest.py",  # these run in the sandbox
        "evolvers/preferences/proofs/counting.py",
    }
    found = set()
    for package in ("benchmarks", "evolvers", "harness", "leaderboard"):
        for path in (root / package).rglob("*.py"):
            name = str(path.relative_to(root))
            if "/guest/" not in name and "/attack/" not in name and "ast.parse(" in path.read_text(encoding="utf-8"):
                found.add(name)
    assert found == alone
