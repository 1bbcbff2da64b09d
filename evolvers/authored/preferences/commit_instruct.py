"""An instruction for a change: the new program of a pair serves it, the old one does not (CodeFavor, 2024).

The question of the pair gives way to the instruction. Tests decide where the pair has them; judges, where some are
named or there are no tests.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ....benchmarks.preference import Message, PreferenceTask, Proof
from ...preferences.making import Tiered, Written, ranked
from ...preferences.programs_in import RUN
from ...preferences.proofs import is_inverted, is_proven, kind_of
from ...preferences.shapes import shape_of
from ...preferences.solutions import coded, solution_in, tests_proof
from ...preferences.standing import best, worst
from ..fields import check_known, text_of
from ..protocol import UnusableReply
from ..templates import render
from .judges import agree, compare
from .protocol import Finished, Kind, NotApplicable
from .texts import judged_proof, refuse_equal
from .work import Work

_CRITERION = "instruction following: which program does what the instruction asks for"
_MAX = 3_000


@dataclass(frozen=True, slots=True)
class CommitInstruct:
    """See the module's docstring."""

    name: str = "commit_instruct"
    version: str = "1"
    kind: Kind = "altering"
    asks: int = 2
    comparisons: int = 1

    def describe(self) -> str:
        """One line for people."""
        return "an instruction that the new program of a pair serves and the old one does not"

    def applies(self, task: PreferenceTask) -> None:
        """NotApplicable unless best and worst response are programs, told apart by tests where there are any."""
        if is_inverted(task):
            raise NotApplicable("the criterion is inverted already")
        if kind_of(task) in RUN:
            found = coded(task)
            if not found.right or not found.wrong:
                raise NotApplicable("its programs are not told apart by tests")
            return
        if is_proven(task):
            raise NotApplicable("its label is not about programs")
        for name in (best(task)[0], worst(task)[0]):
            if shape_of(task.response(name).text) not in ("program", "fenced"):
                raise NotApplicable("its responses are no programs")
            solution_in(task.response(name), None)

    async def develop(self, work: Work) -> Finished:
        """The two programs under the instruction."""
        parent = work.parent
        tests = coded(parent) if kind_of(parent) in RUN else None
        new = parent.response(best(parent)[0] if tests is None else tests.right[0])
        old = parent.response(worst(parent)[0] if tests is None else tests.wrong[0])
        entry = None if tests is None else tests.entry_point
        question = parent.messages[-1].content
        prompt = render(self.name, old=old.text, new=new.text, question=question, entry_point=entry or "")
        instruction = await work.author("evolve", prompt, lambda reply: _instruction(reply, question, entry))
        messages = (*(each for each in parent.messages if each.role == "system"), Message("user", instruction))
        tiers = [[Written(new.text, new.source)], [Written(old.text, old.source)]]

        def proof(names: Tiered) -> Proof:
            if tests is None:
                return judged_proof(votes)
            return tests_proof(entry, tests.tests, {names[0][0]: True, names[1][0]: False})

        votes = []
        if tests is None or work.panel.judges:
            about = PreferenceTask("asked", messages, (new, old), ((new.id,), (old.id,)))
            votes = await compare(work, about, new.text, old.text, _CRITERION)
        criterion = parent.criterion if tests is not None else _CRITERION
        task = ranked(parent, tiers, work.rng, proof, messages=messages, criterion=criterion)
        gates = (agree("judges_prefer", votes, "one"),) if votes else ()
        return Finished(task, gates, "judges" if tests is None else "machine")


def _instruction(reply: Mapping[str, Any], question: str, entry: str | None) -> str:
    """The instruction; UnusableReply where it is the old question, holds code, or does not name the function."""
    check_known(reply, ("instruction",))
    text = text_of(reply, "instruction", 20, _MAX)
    refuse_equal("instruction", text, question)
    if "```" in text:
        raise UnusableReply('"instruction": holds a block of code; say in words what is wanted', "leak")
    if entry is not None and entry not in text:
        raise UnusableReply(f'"instruction": must name the function {entry}, which is what the tests call', "name")
    return text
