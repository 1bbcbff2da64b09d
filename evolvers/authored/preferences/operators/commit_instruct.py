"""A request that the newer of two programs serves and the older does not, written from the change between them.

Altering, after the idea of CodeFavor's Commit-Instruct (Liu et al. 2024, arXiv 2410.03837), with other words and with
proofs. The parent is a pair of programs, the better one being the newer (``metadata.message`` may say what the change
was for, as a commit does). The responses stay as they are; the conversation is the new request. Where the parent has
tests, they decide, and solvers who see the request alone must pass them, so that it asks for what the tests test;
elsewhere judges must find that the newer program serves the request better.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from .....benchmarks import CodeTask
from .....benchmarks.preference import Message, PreferenceTask
from .....harness.endpoint.extract import extract
from .....harness.endpoint.pysource import Parser
from ....preferences.protocol import PreferenceCandidate
from ....protocol import Gate, NotApplicable
from ...protocol import Rendered, UnusableReply
from ...wording import leaked_share
from ..criteria import SERVING
from ..evidence import blind_task, compared, entry_of, unjudged
from ..protocol import Draft, Kind, Question, Round, Asking
from ..talk import question_in, render, require_ranked_pair, require_short

_MOST_LEAKED = 0.2
_CHANGE = re.compile(
    r"\b(?:old|new|previous|current|changed?|before|after|original|updated?|existing) (?:version|code|program|"
    r"implementation|function|line)s?\b|\b(?:commit|diff|patch|bug ?fix|refactor\w*)\b|\bfix(?:es|ed|ing)? the\b",
    re.IGNORECASE,
)


class CommitInstruct(Asking):
    """See the module's docstring."""

    name = "commit_instruct"
    version = "1"
    kind: Kind = "altering"

    def describe(self) -> str:
        """One line for people."""
        return "a request written from a change of a program, which the newer version serves and the older does not"

    def applies(self, parent: PreferenceTask) -> None:
        """A ranked pair of programs."""
        require_short(parent)
        require_ranked_pair(parent)
        if parent.proof is not None and parent.proof.kind == "open":
            raise NotApplicable("who is right depends on norms")
        for text in _texts(parent):
            program = _program(text, parent)
            if not program.strip() or Parser().parse(program) is None:
                raise NotApplicable("the responses are no programs")
        if parent.proof is not None and parent.proof.kind in ("operations", "rules", "constraints"):
            raise NotApplicable("the programs differ in something else than what they do")

    def ask(self, parent: PreferenceTask, seed: int) -> Rendered:
        """Shows the change, and what was said of it."""
        new, old = (_program(text, parent) for text in _texts(parent))
        change = "\n".join(difflib.unified_diff(old.splitlines(), new.splitlines(), "old", "new", lineterm="", n=30))
        return render(
            "commit_instruct",
            new=new,
            old=old,
            change=change,
            message=_message(parent),
            asked=parent.messages[-1].content,
            function=entry_of(parent) or "",
        )

    def read(self, replies: Sequence[Mapping[str, Any]], parent: PreferenceTask, seed: int) -> Draft:
        """The request."""
        return {"instruction": question_in(replies[-1], "instruction", ("instruction",))}

    def check(self, draft: Draft, parent: PreferenceTask, seed: int) -> None:
        """It stands by itself: it names the function, holds no code of the answer, and speaks of no change."""
        text, entry = draft["instruction"], entry_of(parent)
        if entry and not re.search(rf"\b{re.escape(entry)}\b", text):
            raise UnusableReply(f'"instruction": does not name the function {entry}', "no function")
        if "```" in text or any(leaked_share(text, _program(each, parent)) > _MOST_LEAKED for each in _texts(parent)):
            raise UnusableReply('"instruction": holds code; say what the program should do', "gives the answer")
        found = _CHANGE.search(text)
        if found is not None:
            raise UnusableReply(
                f'"instruction": speaks of {found[0][:40]!r}; it must be understood without any earlier version',
                "not by itself",
            )

    def make(self, draft: Draft, parent: PreferenceTask, seed: int) -> list[PreferenceCandidate]:
        """The same responses under the request."""
        changes: dict[str, Any] = {"messages": (Message("user", draft["instruction"]),), "votes": {}, "metadata": {}}
        if blind_task(parent) is None:
            changes.update(criterion=SERVING, proof=unjudged(()))
        return [PreferenceCandidate(replace(parent, lineage=None, **changes), (parent,), {}, twin=False)]

    def prove(
        self, task: PreferenceTask, parents: Sequence[PreferenceTask], parameters: Mapping[str, Any]
    ) -> tuple[Gate, ...]:
        """The parent's responses and label, and nothing of its conversation."""
        (parent,) = parents
        told = [(each.id, each.text) for each in task.responses] == [(each.id, each.text) for each in parent.responses]
        return (
            Gate("same_responses", told, {}),
            Gate("same_ranking", task.ranking == parent.ranking, {}),
            Gate("only_the_request", [message.role for message in task.messages] == ["user"], {}),
        )

    def rounds(self, task: PreferenceTask, parent: PreferenceTask, draft: Draft) -> Sequence[Round]:
        """Judges are asked where there are no tests."""
        if task.proof is None or task.proof.kind != "judged":
            return ()
        new, old = _texts(task)
        return ((Question("serves", "better", compared(task, new, old, SERVING)),),)

    def blind(self, task: PreferenceTask, parent: PreferenceTask) -> CodeTask | None:
        """The request, with the parent's tests."""
        return blind_task(task)


def _texts(task: PreferenceTask) -> tuple[str, str]:
    """The newer (better) and the older response."""
    return task.response(task.ranking[0][0]).text, task.response(task.ranking[1][0]).text


def _program(text: str, task: PreferenceTask) -> str:
    return extract(text, form="instruct", entry_point=entry_of(task)).code


def _message(task: PreferenceTask) -> str:
    told = task.metadata.get("message")
    return told.strip()[:2_000] if isinstance(told, str) else ""
