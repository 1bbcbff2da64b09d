"""Slips of the pen in the question: typing errors and odd capitals; never in a word that carries meaning.

Preserving. Numbers, names, code, quoted texts, negations, comparisons and words that set a form or a limit stay as they
are, and every typo is nearer to its own word than to any other that a reader could take it for. The responses stay.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ....benchmarks.jsonio import text_digest
from ....benchmarks.preference import PreferenceTask
from ...docstrings import Docstring
from ...prose import Token, Words, confusable, nearest_is, tokens_of
from ...slips import KINDS, slip
from ..asking import question_of, same_responses, with_question
from ..programs_in import RUN
from ..protocol import Gate, Kind, NotApplicable, PreferenceCandidate

MAX_RATE = 0.15
_SHARE = 0.25
_TRIES = 12
_FENCED = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
_SENTENCE_START = re.compile(r"(?:\A|[.!?:]\s+|\n)\s*\Z")
_LINK = re.compile(r"\S+(?:://|@|\\)\S+")
_KEPT_WORDS = frozenset(
    "across against allowed among answer answers avoid avoids begin besides bullet bullets capital capitals "
    "close column columns comma commas count date dates despite digits during english forbid forbidden format "
    "formats french german heading headings headline instead italic json language length lines lists markdown "
    "mention mentions must needs never number numbered numbers output paragraph paragraphs phrase phrases "
    "please point points quote quotes rather reply require required requires response responses return returns "
    "sentence sentences shall should spanish table tables title titles tone upper word words write written".split()
)


@dataclass(frozen=True, slots=True)
class PromptNoise:
    """See the module's docstring."""

    name: str = "prompt_noise"
    version: str = "1"
    kind: Kind = "preserving"

    def describe(self) -> str:
        """One line for people."""
        return "typing errors and odd capitals in words of the question that carry no meaning"

    def propose(self, task: PreferenceTask, rng: random.Random) -> list[PreferenceCandidate]:
        """One candidate."""
        text = question_of(task)
        tokens = _tokens(text, task)
        free = [token for token in tokens if token.free]
        others = confusable(tokens)
        letters = sum(len(token.text) for token in tokens)
        most = max(1, min(round(_SHARE * len(free)), int(MAX_RATE * letters / 2)))
        edits: dict[tuple[int, int], str] = {}
        wanted = rng.randint(1, most)
        for token in rng.sample(free, len(free)):
            typo = _typo(token.text, others, rng) if len(edits) < wanted else None
            if typo is not None:
                edits[token.start, token.end] = typo
        if not edits:
            raise NotApplicable("no word of the question may be changed")
        for (start, end), new in sorted(edits.items(), reverse=True):
            text = text[:start] + new + text[end:]
        return [PreferenceCandidate(with_question(task, text), (task,), {"words": len(edits)})]

    def prove(
        self, task: PreferenceTask, parents: Sequence[PreferenceTask], parameters: Mapping[str, Any]
    ) -> tuple[Gate, ...]:
        """Static proofs: protected words alike and in order, few edits, nearest to its own word; same responses."""
        (parent,) = parents
        old_text, new_text = question_of(parent), question_of(task)
        old, new = _tokens(old_text, parent), _split(new_text)
        alike = len(old) == len(new) and all(
            before.free or before.text == after.text for before, after in zip(old, new, strict=True)
        )
        alike = alike and _gaps(old_text, old) == _gaps(new_text, new)
        alike = alike and _kept_texts(old_text) == _kept_texts(new_text)
        around = task.messages[:-1] == parent.messages[:-1] and same_responses(task, parent)
        kept = [token.text for token in old if not token.free]
        pairs = [(a.text, b.text) for a, b in zip(old, new, strict=False) if a.text != b.text]
        others = confusable(old)
        rate = round(2 * len(pairs) / max(1, sum(len(token.text) for token in old)), 4)
        return (
            Gate(
                "protected_words",
                alike and around,
                {"protected": len(kept), "digest": text_digest("\n".join(kept))},
            ),
            Gate("edit_rate", bool(pairs) and rate <= MAX_RATE, {"words": len(pairs), "rate": rate}),
            Gate("nearest_word", all(_is_slip(typo, word, others) for word, typo in pairs), {"compared": len(others)}),
        )


def _typo(word: str, others: Words, rng: random.Random) -> str | None:
    """A slip that a reader takes for no other word; None when none was found."""
    for _ in range(_TRIES):
        typo = slip(word, rng.choice(KINDS), rng)
        if typo != word and _is_slip(typo, word, others):
            return typo
    return None


def _is_slip(typo: str, word: str, others: Words) -> bool:
    """Whether these are letters that begin as the word does, and that a reader takes for no other word."""
    return typo.isascii() and typo.isalpha() and typo[0] == word[0] and nearest_is(typo, word, others)


def _split(text: str) -> list[Token]:
    return tokens_of(Docstring(0, len(text), text, "", True, ""), (), ())


def _tokens(text: str, task: PreferenceTask) -> list[Token]:
    """The tokens of a question; free are plain words outside of all that is protected."""
    spans = [found.span() for pattern in (_FENCED, _LINK) for found in pattern.finditer(text)]
    proof = {} if task.proof is None else task.proof.data
    told = [str(proof.get("entry_point", ""))]
    if task.proof is not None and task.proof.kind in RUN:  # a word may be a name in the programs
        told += [response.text for response in task.responses]
    names = {word.lower() for text in told for word in re.findall(r"[A-Za-z]+", text)}
    found = []
    for token in _split(text):
        word = token.text.lower()
        free = (
            token.free
            and word not in _KEPT_WORDS
            and word not in names
            and not any(start <= token.start < end for start, end in spans)
            and (
                token.text.islower() or _SENTENCE_START.search(text[max(0, token.start - 8) : token.start]) is not None
            )
        )
        found.append(Token(token.start, token.end, token.text, free))
    return found


def _gaps(text: str, tokens: Sequence[Token]) -> list[str]:
    """What stands between tokens."""
    ends = [0, *(token.end for token in tokens)]
    starts = [*(token.start for token in tokens), len(text)]
    return [text[end:start] for end, start in zip(ends, starts, strict=True)]


def _kept_texts(text: str) -> list[str]:
    return [found.group() for pattern in (_FENCED, _LINK) for found in pattern.finditer(text)]
