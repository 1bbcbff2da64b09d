"""The question in other words: what is protected stays, the label stays, judges agree that it asks the same."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ....benchmarks.preference import PreferenceTask
from ...preferences.asking import question_of, with_question
from ..fields import check_known, text_of
from ..protected import Change, Vocabulary, change, protected_in
from ..protocol import UnusableReply
from ..templates import render
from .judges import agree, same
from .protocol import Finished, Gate, Kind, NotApplicable
from .texts import MAX_QUESTION, check_length, refuse_equal
from .work import Work

MIN_WORDS = 6
BOUNDS = (0.5, 2.0)
_BLOCK = re.compile(r"```.*?```", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Paraphrase:
    """See the module's docstring."""

    name: str = "paraphrase"
    version: str = "1"
    kind: Kind = "preserving"
    asks: int = 2
    comparisons: int = 1

    def describe(self) -> str:
        """One line for people."""
        return "the question in other words; names, numbers and quotations stay, and judges agree that it asks the same"

    def applies(self, task: PreferenceTask) -> None:
        """NotApplicable to questions of a few words, and to those that are long, which are mostly material."""
        question = question_of(task)
        if len(question.split()) < MIN_WORDS:
            raise NotApplicable(f"its question has fewer than {MIN_WORDS} words")
        if len(question) > MAX_QUESTION:
            raise NotApplicable(f"its question has more than {MAX_QUESTION} characters")

    async def develop(self, work: Work) -> Finished:
        """The parent with another wording of its question."""
        parent = work.parent
        old, known = question_of(parent), _vocabulary(parent)
        prompt = render(self.name, question=old, kept=sorted(protected_in(old, known)), blocks=_BLOCK.findall(old))

        def read(reply: Mapping[str, Any]) -> str:
            text = read_question(reply, old)
            found = changed(old, text, known)
            if not found.none:
                raise UnusableReply(f'"question": {found.say()}', "protected tokens")
            return text

        text = await work.author("evolve", prompt, read)
        task = with_question(parent, text)
        kept = Gate("protected_tokens", changed(old, text, known).none, {"kept": len(protected_in(old, known))})
        votes = await same(work, "same_question", old, text)
        return Finished(task, (kept, agree("judges_say_it_asks_the_same", votes, "tie")), "machine")


def read_question(reply: Mapping[str, Any], old: str) -> str:
    """The field ``question``; UnusableReply where it is the old one, or much shorter or longer."""
    check_known(reply, ("question",))
    text = text_of(reply, "question", 10, 2 * MAX_QUESTION)
    refuse_equal("question", text, old)
    check_length("question", text, old, BOUNDS)
    return text


def changed(old: str, new: str, known: Vocabulary) -> Change:
    """What a new wording lost or added of what is protected; blocks of code are to stay as they are."""
    found = change(_BLOCK.sub(" ", old), _BLOCK.sub(" ", new), known)
    before, after = _BLOCK.findall(old), _BLOCK.findall(new)
    lost = tuple(f"block {each[:40]}" for each in before if each not in after)
    added = tuple(f"block {each[:40]}" for each in after if each not in before)
    return Change((*found.missing, *lost), (*found.added, *added))


def _vocabulary(task: PreferenceTask) -> Vocabulary:
    """The function that the tests call is a name that must stay."""
    entry = None if task.proof is None else task.proof.data.get("entry_point")
    return Vocabulary(frozenset([entry] if isinstance(entry, str) else []), frozenset())
