"""Blind solutions: programs that solvers write from a task's prompt alone.

A solver sees what whoever takes the benchmark sees (signature, prose, executed examples, helpers that are given away),
and never the reference, the contract, the parent, or a word of the author's beside it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ...benchmarks import CodeTask, InfraError
from ...harness.endpoint.api import RequestRefused
from ...harness.endpoint.extract import extract
from ...harness.sandbox.api import Sandbox
from ...harness.scoring import program_of, submit_score
from ...harness.verdict import Verdict
from ..protocol import Executed, Rows
from ..purity import impure_uses
from ..syntax import shared
from .calls import Answer, Asker, Member, Panel
from .running import Program, run_all
from .templates import render

MAX_CHARACTERS = 20_000
SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Solution:
    """A solver's answer. program: "" where ``unusable`` says why there is none; call: digest of the reply."""

    member: Member
    program: str
    unusable: str
    reply_digest: str

    def to_json(self) -> dict[str, Any]:
        """As the certificate holds it."""
        said = {"unusable": self.unusable} if self.unusable else {}
        member = {"model": self.member.model, "family": self.member.family}
        return {**member, "program": self.program, **said, "reply_digest": self.reply_digest}


def read_solution(task: CodeTask, text: str) -> tuple[str, str]:
    """The whole program in a reply, and "" or why it is of no use.

    A program that looks at the clock, at chance or at the machine is of none: what it gives now says nothing of what
    it gives when the proof is run again.
    """
    found = extract(text, form=task.form, entry_point=task.entry_point, prompt=task.prompt)
    program = program_of(task, found.code, found.assembly)
    if not program:
        return "", found.reason or "no code"
    if len(program) > MAX_CHARACTERS:
        return "", "too long"
    try:
        shared(program)
        uses = sorted(impure_uses(program))
    except (SyntaxError, ValueError):
        return "", "no Python program"
    return ("", f"depends on {uses[0][:60]}") if uses else (program, "")


def members_in_turn(panel: Panel, count: int) -> list[tuple[Member, int]]:
    """Who is asked, and the how many-th time: solvers in turn, round and round."""
    each = len(panel.solvers)
    return [(panel.solvers[number % each], number // each) for number in range(count)]


async def solve(
    task: CodeTask, panel: Panel, asker: Asker, seed: int, count: int, purpose: str = "solve"
) -> list[tuple[Solution, Answer | None]]:
    """So many blind solutions of a task, in the order of the members; no answer where a server refused this request."""
    prompt = render("solve", task=task.prompt, entry_point=str(task.entry_point))

    async def one(member: Member, epoch: int) -> tuple[Solution, Answer | None]:
        try:
            answer = await asker.ask("solver", member, purpose, prompt, seed=seed, epoch=epoch)
        except RequestRefused:
            return Solution(member, "", "the request was refused", ""), None
        program, unusable = read_solution(task, answer.text)
        return Solution(member, program, unusable, answer.call.reply_digest), answer

    return list(await asyncio.gather(*(one(*each) for each in members_in_turn(panel, count))))


async def rows_of(
    solutions: Sequence[Solution], entry: str, calls: Rows, sandbox: Sandbox
) -> list[tuple[Executed, ...] | None]:
    """What each solution gives, in a job of its own; None for one that cannot be used or does not load."""
    usable = [solution for solution in solutions if not solution.unusable]
    ran = iter(await run_all([Program(each.program, entry) for each in usable], calls, sandbox))
    found: list[tuple[Executed, ...] | None] = []
    for solution in solutions:
        mine = None if solution.unusable else next(ran)
        found.append(None if mine is None or mine.problem is not None else mine.rows)
    return found


async def solved(task: CodeTask, solutions: Sequence[Solution], sandbox: Sandbox) -> tuple[bool, ...]:
    """Which solutions pass a task's own tests, by real scoring; one that cannot be used does not."""
    asked = [
        None if each.unusable else asyncio.wrap_future(submit_score(task, each.program, sandbox, SECONDS))
        for each in solutions
    ]
    found = []
    for future in asked:
        score = None if future is None else await future
        if score is not None and score.verdict is Verdict.INFRA:
            raise InfraError(f"the sandbox failed: {score.detail[:200]}; nothing was written, start again")
        found.append(score is not None and score.verdict is Verdict.PASS)
    return tuple(found)
