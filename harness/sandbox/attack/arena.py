"""The tasks that attacks are tried on: no answer can guess what is right, because it is drawn anew for each of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from types import TracebackType

from ....benchmarks import Case, CasesTest, CheckTest, CodeTask, ModuleTest, StdioCase, StdioTest, Test
from ...module_tests import EVERY_OPERATOR
from ...scoring import score_one
from ...verdict import Score
from ..api import Job, Outcome, Sandbox, SandboxInfo
from .rows import CONTROL, Attack, Kind
from .sentinels import sentinel

EQUAL = "got == expected"
HONEST_CPU_S = 5.0
WRONG = "def solve(n):\n    return str(n)\n"
_NUMBERS = range(3)
_MODULES = "import json\nimport math\nimport operator\nimport unittest\n"
_FILE = f"""import solution
class TestSolve(unittest.TestCase):
    def test_all(self):
      candidate = solution.solve
      for n in range({len(_NUMBERS)}):
"""
# A class with every operator, so that all of them are forwarded.
_OPERATORS = "class Any:\n" + "".join(f"    def __{name}__(self): pass\n" for name in EVERY_OPERATOR)
_PRINTED = "\nprint(solve(int(input())))\n"
_LOOKING = """
def solve(n):
    found = look()
    if found:
        raise RuntimeError("LEFT BEHIND: %r" % (found,))
    return n
"""


def right(key: str) -> str:
    """The honest answer to the task with this key."""
    return f"def solve(n):\n    return {key!r} + str(n)\n"


def task(kind: Kind, key: str, cpu_s: float, asks: str = EQUAL) -> CodeTask:
    """``solve(n)`` is ``key`` followed by ``n``; tested in one of five ways."""
    entry = None if kind in ("file", "program") else "solve"
    reference = _OPERATORS if kind == "file" else ""
    return CodeTask(f"attack/{kind}", "", entry, reference, (_test(kind, key, asks),), time_limit_s=cpu_s)


def _test(kind: Kind, key: str, asks: str) -> Test:
    if kind == "program":
        return StdioTest((StdioCase("2\n", f"{key}2\n"),))
    if kind == "calls":
        return CasesTest(tuple(Case((n,), f"{key}{n}") for n in _NUMBERS))
    if kind == "asserts":
        lines = [f"    assert candidate({n}) == '{key}{n}'\n" for n in _NUMBERS]
        return CheckTest("def check(candidate):\n" + "".join(lines))
    asked = f"        got, expected = candidate(n), {key!r} + str(n)\n        assert {asks}\n"
    if kind == "file":
        return ModuleTest(f"{_MODULES}{_FILE}{asked}")
    return CheckTest(f"{_MODULES}\ndef check(candidate):\n    for n in range({len(_NUMBERS)}):\n{asked}")


class Watched:
    """A sandbox that keeps what its jobs came to, since a score tells only part of it."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._futures: list[Future[Outcome]] = []

    @property
    def info(self) -> SandboxInfo:
        """As the sandbox says."""
        return self._sandbox.info

    def submit(self, job: Job, *, alone: bool = False) -> Future[Outcome]:
        """Queue one job and remember it."""
        future = self._sandbox.submit(job, alone=alone)
        self._futures.append(future)
        return future

    def run(self, jobs: Iterable[Job]) -> Iterator[Outcome]:
        """Queue all jobs, and remember them."""
        yield from [future.result() for future in [self.submit(job) for job in jobs]]

    def outcomes(self) -> list[Outcome]:
        """What the jobs came to."""
        return [future.result() for future in self._futures]

    def __enter__(self) -> Watched:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        """The sandbox stays open; whoever opened it closes it."""


def score_attack(attack: Attack, kind: Kind, sandbox: Sandbox) -> Score:
    """The verdict on an attack."""
    key = sentinel("expected")
    source = attack.source
    if attack.category == CONTROL and source.strip():
        source = f"EXPECTED = {key!r}\n{source}"
    if kind == "program":
        source += _PRINTED
    return score_one(task(kind, key, attack.cpu_s, attack.asks), source, sandbox)


def score_probe(probe: str, sandbox: Sandbox) -> Score:
    """The verdict on the next answer, which looks for what an attack left; ``wrong`` says that it found nothing."""
    return score_one(task("check", sentinel("expected"), HONEST_CPU_S), probe + _LOOKING, sandbox)


def honest_scores(kind: Kind, sandbox: Sandbox) -> Iterator[tuple[str, Score]]:
    """What a right and a wrong answer are judged, each with the verdict it deserves."""
    answers: tuple[tuple[str, Callable[[str], str]], ...] = (("pass", right), ("wrong", lambda key: WRONG))
    for deserved, answer in answers:
        key = sentinel("earlier")
        source = answer(key) + (_PRINTED if kind == "program" else "")
        yield deserved, score_one(task(kind, key, HONEST_CPU_S), source, sandbox)
