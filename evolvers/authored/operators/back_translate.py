"""Into another language and back: the pivot is kept, and how far the text drifted is measured.

The language is that of the operator's setting (``back_translate:German``), or one drawn by the parent's digest.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ....benchmarks import BadInput, CodeTask
from ...protocol import Gate, Observation
from ..fields import MAX_SPEC, check_known, text_of
from ..likeness import word_similarity
from ..parents import hint_fields
from ..preserving import Preserving, check_protected, drift_of, read_text, rewording, text_fields
from ..protected import protected_in, vocabulary_of
from ..protocol import Draft, Evidence, Hints, Rendered, Step, UnusableReply
from ..restating import described
from ..templates import render

# Each with the letters that a text in it must have, so that a reply in English is none.
LANGUAGES: Mapping[str, str] = {
    "German": r"\b(?:die|der|das|und|eine?[rmsn]?|ist|wird|nicht)\b",
    "French": r"\b(?:le|la|les|une?|des|est|qui|et)\b|\bl'",
    "Spanish": r"\b(?:el|la|los|una?|que|es|de|y)\b",
    "Portuguese": r"\b(?:os?|as?|uma?|que|é|não|de)\b",
    "Italian": r"\b(?:il|la|gli|una?|che|è|di|non)\b",
    "Polish": r"\b(?:jest|nie|się|lub|czy|jeśli|oraz|i|w|z)\b",
    "Turkish": r"\b(?:bir|ve|bu|olan|için|eğer|değil)\b",
    "Russian": "[а-яё]{2}",
    "Chinese": "[一-鿿]",
    "Japanese": "[぀-ヿ]",
    "Korean": "[가-힯]",
    "Arabic": "[ء-ي]{2}",
    "Hindi": "[ऀ-ॿ]",
}
MOST_ENGLISH = 0.6
LEAST_WORDS = 0.2


class BackTranslate(Preserving):
    """See the module's docstring. language: one of LANGUAGES, "" for one drawn by the parent."""

    name = "back_translate"
    asks = 2
    extra = ("language",)

    def __init__(self, language: str = "") -> None:
        self.language = language
        self.name = f"back_translate:{language}" if language else "back_translate"

    @classmethod
    def set_to(cls, setting: str) -> BackTranslate:
        """The operator with a language; BadInput for one that is not known."""
        found = {name.lower(): name for name in LANGUAGES}.get(setting.strip().lower())
        if found is None:
            raise BadInput(f"back_translate:{setting[:40]}: no such language; there are: {', '.join(LANGUAGES)}")
        return cls(found)

    def describe(self) -> str:
        """One line for people."""
        return f"the same task, translated into {self.language or 'another language'} and back"

    def pivot_language(self, parent: CodeTask) -> str:
        """Into which language a parent's text is translated."""
        return self.language or list(LANGUAGES)[int(parent.digest[:12], 16) % len(LANGUAGES)]

    def ask(self, parents: Sequence[CodeTask], observed: Sequence[Observation], hints: Hints) -> Rendered:
        """The first request: into the other language."""
        (parent,) = parents
        fields = text_fields(parent, described(parent).text)
        return render("back_translate", language=self.pivot_language(parent), **fields, **hint_fields(hints))

    def follow(self, replies: Sequence[Mapping[str, Any]], parents: Sequence[CodeTask]) -> Step | None:
        """The second request: back, from the pivot alone."""
        (parent,) = parents
        if len(replies) != 1:
            return None
        language = self.pivot_language(parent)
        fields = text_fields(parent, self._pivot(replies[0], parent))
        return Step(render("back_translate_back", language=language, **fields), "back")

    def gather(self, replies: Sequence[Mapping[str, Any]], parents: Sequence[CodeTask]) -> Draft:
        """The text that came back, with its pivot."""
        (parent,) = parents
        if len(replies) != 2:
            raise UnusableReply(f"expected two replies, found {len(replies)}", "missing reply")
        pivot = self._pivot(replies[0], parent)
        check_known(replies[1], ("spec", *self.extra))
        text = read_text(replies[1], parent)
        check_protected(described(parent).text, text, parent)
        return rewording(parent, text, {"language": self.pivot_language(parent), "pivot": pivot})

    def prove(self, task: CodeTask, parents: Sequence[CodeTask], evidence: Evidence) -> tuple[Gate, ...]:
        """Only the description changed, protected tokens are kept; the pivot is in its language; the drift."""
        (parent,) = parents
        old, new = described(parent).text, described(task).text
        notes = evidence.draft.notes
        pivot, language = str(notes.get("pivot", "")), str(notes.get("language", ""))
        drift = drift_of(new, old)
        shared = round(word_similarity(pivot, old), 4)
        return (
            *super().prove(task, parents, evidence),
            Gate("pivot", _is_in(pivot, language, old), {"language": language, "shared_words": shared}),
            Gate("drift", drift["words"] >= LEAST_WORDS, {**drift, "least_words": LEAST_WORDS}),
        )

    def _pivot(self, reply: Mapping[str, Any], parent: CodeTask) -> str:
        check_known(reply, ("spec", *self.extra))
        text, old = text_of(reply, "spec", 5, MAX_SPEC), described(parent).text
        language = self.pivot_language(parent)
        if not _is_in(text, language, old):
            raise UnusableReply(f'"spec": is not in {language}; translate the text', "other language")
        # Words of the pivot are another language's; what is no word must have come through as it is.
        lost = [token for token in sorted(protected_in(old, vocabulary_of(parent))) if _lost(token, text, old)]
        if lost:
            raise UnusableReply(f'"spec": these were not kept as they are: {", ".join(lost[:6])}', "protected tokens")
        return text


def _lost(token: str, pivot: str, old: str) -> bool:
    kind, _, value = token.partition(" ")
    if kind == "quoted" or (kind == "name" and not value.isalpha()):
        return value not in pivot
    # A number that is written in letters may be translated.
    return kind == "number" and re.search(rf"(?<!\d){re.escape(value)}", old) is not None and value not in pivot


def _is_in(text: str, language: str, old: str) -> bool:
    marks = LANGUAGES.get(language)
    return (
        marks is not None and re.search(marks, text.lower()) is not None and word_similarity(text, old) < MOST_ENGLISH
    )
