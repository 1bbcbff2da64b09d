"""The same function in another story (re-context, after DyCodeEval's scenarios, 2025): who needs it and what for."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ....benchmarks import CodeTask
from ...protocol import Gate
from ..fields import line_of, lines_of
from ..likeness import shingle_similarity
from ..preserving import Preserving, rewording_gates
from ..protected import change, protected_in, story_words, vocabulary_of
from ..protocol import Evidence, UnusableReply
from ..restating import described

MOST_SIMILAR = 0.5


class Scenario(Preserving):
    """See the module's docstring."""

    name = "scenario"
    extra = ("setting", "replaced")

    def describe(self) -> str:
        """One line for people."""
        return "the same function in another story"

    def check(self, text: str, parent: CodeTask) -> None:
        """UnusableReply where the old story's names are there still, a protected token is not, or nothing is new."""
        old, known = described(parent).text, vocabulary_of(parent)
        found = change(old, text, known)
        missing = [token for token in found.missing if not _of_story(token, old, parent)]
        if missing or found.added:
            shown = ", ".join([*missing, *found.added][:6])
            raise UnusableReply(f'"spec": these were lost, or are new: {shown}', "protected tokens")
        left = story_words(old, known) & set(_words(text))
        if left:
            raise UnusableReply(f'"spec": names the old story still: {", ".join(sorted(left)[:6])}', "old story")
        similar = shingle_similarity(text, old)
        if similar > MOST_SIMILAR:
            raise UnusableReply(
                f'"spec": shares {similar:.0%} of its runs of three words with the given text; tell another story',
                "too similar",
            )

    def noted(self, text: str, reply: Mapping[str, Any], parent: CodeTask) -> Mapping[str, Any]:
        """The new setting, and the old one's words, which must be gone."""
        replaced = [word.lower() for word in lines_of(reply, "replaced", 1, 20)]
        wrong = _misfits(replaced, text, parent)
        if wrong:
            raise UnusableReply(f'"replaced": {wrong}', "old story")
        return {"setting": line_of(reply, "setting", 3, 200), "replaced": replaced}

    def prove(self, task: CodeTask, parents: Sequence[CodeTask], evidence: Evidence) -> tuple[Gate, ...]:
        """Only the description changed, protected tokens are kept, the old story's words are gone."""
        (parent,) = parents
        old, new = described(parent).text, described(task).text
        replaced = [str(word) for word in evidence.draft.notes.get("replaced", ())]
        wrong = _misfits(replaced, new, parent) if replaced else "no word was replaced"
        left = sorted(story_words(old, vocabulary_of(parent)) & set(_words(new)))
        similar = round(shingle_similarity(new, old), 4)
        return (
            *rewording_gates(task, parent, evidence.draft, keep_words=False),
            Gate("old_story_gone", not wrong and not left, {"replaced": replaced, "left": left, "fault": wrong}),
            Gate("new_story", similar <= MOST_SIMILAR, {"similarity": similar, "most": MOST_SIMILAR}),
        )


def _misfits(replaced: Sequence[str], text: str, parent: CodeTask) -> str:
    """What is wrong with the words that the author says it replaced; "" where nothing is."""
    before = {word.lower() for word in _words(described(parent).text)}
    after = {word.lower() for word in _words(text)}
    kept = {
        part.lower()
        for token in protected_in(described(parent).text, vocabulary_of(parent))
        if not _of_story(token, described(parent).text, parent)
        for part in _words(token.partition(" ")[2])
    }
    for word in replaced:
        if not re.fullmatch(r"[^\W\d_][\w'-]*", word):
            return f"{word[:40]!r} is no single word"
        if word not in before:
            return f"{word[:40]!r} is no word of the given text"
        if word in kept:
            return f"{word[:40]!r} must be kept"
        if word in after:
            return f"{word[:40]!r} is in the new text still"
    return ""


def _of_story(token: str, old: str, parent: CodeTask) -> bool:
    kind, _, value = token.partition(" ")
    return kind == "word" and value in story_words(old, vocabulary_of(parent))


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text)
