"""Small tasks, members and proposals."""

from __future__ import annotations

from typing import Any

from evalrun.benchmarks import Case, CasesTest, CodeTask, Lineage
from evalrun.evolvers.authored.protocol import Hints
from evalrun.evolvers.loop.describing import Features, Niche
from evalrun.evolvers.loop.niches import Member
from evalrun.evolvers.loop.protocol import Made, Proposal, Spent


def task(name: str, *, prompt: str = "", depth: int = 0, operator: str = "model:difficult") -> CodeTask:
    """One called so, which doubles a number."""
    text = prompt or f'def f(x: int) -> int:\n    """Return twice the number x ({name}).\n    """\n'
    lineage = None
    if depth:
        lineage = Lineage("toy/root", ("toy/root",), ("0" * 64,), operator, "1", {}, 0, depth)
    tests = (CasesTest(tuple(Case((place,), 2 * place) for place in range(4))),)
    return CodeTask(f"toy/{name}", text, "f", text + "    return 2 * x\n", tests, lineage=lineage)


def features(types: str = "number -> number", topic: str = "numbers", length: str = "length 1") -> Features:
    """Of a task."""
    return Features(types, topic, length, 0.5)


def member(name: str, fitness: float = 0.5, cell: str = "a", depth: int = 0, topic: str = "numbers") -> Member:
    """Of a cell that is told by a word."""
    return Member(task(name), Niche(2, cell, "difficult"), features(topic=topic), fitness, "difficult", 0, depth)


def made(
    name: str | None = "new",
    *,
    parents: tuple[CodeTask, ...] | None = None,
    operator: str = "difficult",
    rejected: str | None = None,
    tokens: int = 0,
    prompt: str = "",
    certificate: dict[str, Any] | None = None,
    **facts: Any,
) -> Made:
    """What became of one proposal; without a name it was not admitted."""
    proposal = Proposal(0, 0, operator, "plain", parents or (task("parent"),), Hints(), 1)
    admitted = None if name is None else task(name, prompt=prompt, depth=1)
    return Made(proposal, admitted, certificate, rejected=rejected, spent=Spent(tokens=tokens), facts=facts)
