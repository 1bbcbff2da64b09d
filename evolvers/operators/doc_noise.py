"""Slips of the pen in the description: typing errors, odd capitals, extra blanks; never in a word that carries meaning.

Semantics-preserving. Names, numbers, quoted texts, examples, negations, comparatives and words of order stay as they
are, and every typo is nearer to its own word than to any other that a reader could take it for.
"""

from __future__ import annotations

import functools
import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...benchmarks import CodeTask
from ...benchmarks.jsonio import text_digest
from ..docstring_examples import Example, examples_in
from ..docstrings import Docstring, begins_alike, docstring_of, with_body
from ..prose import Token, Words, confusable, kept_lines, names_in, nearest_is, tokens_of
from ..protocol import Candidate, Gate, Kind, NotApplicable, Pool
from ..sameness import refuse_mirrors, same_program_gate
from ..slips import KINDS, slip

MAX_RATE = 0.15
_SHARE = 0.25
_TRIES = 12
_BLANK = re.compile(r"(?<=[a-z,.;]) (?=[a-zA-Z])")
VARIANTS = (*KINDS, "space", "mixed")


@dataclass(frozen=True, slots=True)
class DocNoise:
    """See the module's docstring."""

    name: str = "doc_noise"
    version: str = "1"
    kind: Kind = "preserving"

    def describe(self) -> str:
        """One line for people."""
        return "typing errors, odd capitals and extra blanks in unprotected words of the description"

    def propose(self, task: CodeTask, rng: random.Random, pool: Pool) -> list[Candidate]:
        """One candidate, of a drawn variant."""
        refuse_mirrors(task)
        text = _Text.of(task, task)
        free = [place for place, token in enumerate(text.tokens) if token.free]
        if not free:
            raise NotApplicable("no word of the description may be changed")
        variant = rng.choice(VARIANTS)
        edits = self._edits(text, free, variant, rng) or self._edits(text, free, "mixed", rng)
        if not edits:
            raise NotApplicable("no word of the description may be changed")
        body = text.docstring.body
        for (start, end), new in sorted(edits.items(), reverse=True):
            body = body[:start] + new + body[end:]
        new_task = with_body(task, text.docstring, body)
        parameters = {"variant": variant}
        return [Candidate(new_task, (task,), parameters, self.prove(new_task, (task,), parameters))]

    def _edits(self, text: _Text, free: Sequence[int], variant: str, rng: random.Random) -> dict[tuple[int, int], str]:
        """Span to its new text, for a drawn share of the free words (or of the blanks between words)."""
        if variant == "space":
            return text.wider_blanks(rng)
        others = confusable(text.tokens)
        letters = sum(len(token.text) for token in text.tokens)
        most = max(1, min(round(_SHARE * len(free)), int(MAX_RATE * letters / 2)))
        edits: dict[tuple[int, int], str] = {}
        for place in rng.sample(list(free), len(free)):
            if len(edits) >= rng.randint(1, most):
                break
            token = text.tokens[place]
            typo = _typo(token.text, variant, others, rng)
            if typo is not None:
                edits[token.start, token.end] = typo
        return edits

    def prove(self, task: CodeTask, parents: Sequence[CodeTask], parameters: Mapping[str, Any]) -> tuple[Gate, ...]:
        """Static proofs: same program, protected tokens alike in order, few edits, each nearest to its own word."""
        (parent,) = parents
        old, new = _Text.of(parent, parent), _Text.of(task, parent)
        return (
            same_program_gate(task, parent),
            _protected_gate(task, parent, old, new),
            *_noise_gates(old, new),
        )


@dataclass(frozen=True, slots=True)
class _Text:
    """A description and its tokens; names are those of the parent."""

    docstring: Docstring
    examples: tuple[Example, ...]
    tokens: list[Token]

    @staticmethod
    def of(task: CodeTask, parent: CodeTask) -> _Text:
        docstring = docstring_of(task)
        # Of form instruct the whole prompt is the text.
        code = f"{task.entry_point} {task.prompt[: docstring.start]} {task.prompt[docstring.end :]}"
        return _text(docstring, str(task.entry_point), code, parent.reference)

    def wider_blanks(self, rng: random.Random) -> dict[tuple[int, int], str]:
        """Some single blanks between free words made two or three."""
        ends = {token.end for token in self.tokens if token.free}
        starts = {token.start for token in self.tokens if token.free}
        blanks = [
            match.span()
            for match in _BLANK.finditer(self.docstring.body)
            if match.start() in ends or match.end() in starts
        ]
        letters = sum(len(token.text) for token in self.tokens)
        most = max(1, min(len(blanks) // 3, int(MAX_RATE * letters / 3)))
        chosen = rng.sample(blanks, min(len(blanks), rng.randint(1, most))) if blanks else []
        return {span: " " * rng.randint(2, 3) for span in chosen}


@functools.lru_cache(maxsize=64)
def _text(docstring: Docstring, entry: str, code: str, reference: str) -> _Text:
    examples = examples_in(docstring, entry)
    return _Text(docstring, examples, tokens_of(docstring, examples, names_in(code, reference)))


def _typo(word: str, variant: str, others: Words, rng: random.Random) -> str | None:
    for _ in range(_TRIES):
        kind = rng.choice(KINDS) if variant == "mixed" else variant
        typo = slip(word, kind, rng)
        if typo != word and nearest_is(typo, word, others):
            return typo
    return None


def _protected_gate(task: CodeTask, parent: CodeTask, old: _Text, new: _Text) -> Gate:
    """Every token that may not change is there, in its order; so are the lines of examples, and all around."""
    same = len(old.tokens) == len(new.tokens) and all(
        before.text == after.text or before.free for before, after in zip(old.tokens, new.tokens, strict=True)
    )
    before, after = old.docstring, new.docstring
    around = parent.prompt[: before.start] == task.prompt[: after.start]
    around = around and parent.prompt[before.end :] == task.prompt[after.end :]
    lines = kept_lines(before, old.examples)
    holds = same and around and lines == kept_lines(after, new.examples) and begins_alike(task, parent)
    kept = [token.text for token in old.tokens if not token.free]
    return Gate("protected_tokens", holds, {"protected": len(kept), "digest": text_digest("\n".join(kept))})


def _noise_gates(old: _Text, new: _Text) -> tuple[Gate, ...]:
    others = confusable(old.tokens)
    pairs = [(a.text, b.text) for a, b in zip(old.tokens, new.tokens, strict=False) if a.text != b.text]
    nearest = all(nearest_is(after, before, others) for before, after in pairs)
    blanks = abs(len(new.docstring.body) - len(old.docstring.body))
    letters = sum(len(token.text) for token in old.tokens)
    # A swap is two letters; an added or dropped letter is also counted among the blanks.
    edits = 2 * len(pairs) + (blanks if not pairs else 0)
    rate = round(edits / max(1, letters), 4)
    changed = bool(pairs) or new.docstring.body != old.docstring.body
    return (
        Gate("edit_rate", changed and rate <= MAX_RATE, {"words": len(pairs), "rate": rate}),
        Gate("nearest_word", nearest, {"changed": len(pairs), "compared": len(others)}),
    )
