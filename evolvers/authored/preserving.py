"""What operators that only reword a task have in common: how they ask, how a text is read, and what is proven of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...benchmarks import CodeTask
from ..protocol import Gate, NotApplicable, Observation
from ..sameness import refuse_mirrors, same_program_gate
from .fields import MAX_SPEC, check_known, text_of
from .likeness import character_similarity, edit_ratio, length_ratio, word_similarity
from .parents import hint_fields, signature_line
from .protected import change, protected_in, vocabulary_of
from .protocol import Draft, Evidence, Hints, Kind, Rendered, UnusableReply
from .restating import described, restated
from .templates import render
from .wording import check_leak, check_spec, leaked_share


class Preserving:
    """The common part: one text in, one text out, all else is the parent's; a subclass says its name and its bounds.

    shortest, longest: words of the new text for each word of the old one, both left out (None: no bound).
    """

    name: str
    version = "1"
    kind: Kind = "preserving"
    parents = 1
    shortest: float | None = None
    longest: float | None = None
    extra: tuple[str, ...] = ()

    def applies(self, parents: Sequence[CodeTask], observed: Sequence[Observation]) -> None:
        """NotApplicable unless the task has a description that can be told from its examples, which are true."""
        if len(parents) != 1 or len(observed) != 1:
            raise NotApplicable("it is made of one parent")
        (parent,), (seen,) = parents, observed
        if parent.entry_point is None:
            raise NotApplicable("the task asks for no function")
        if seen.problem is not None:
            raise NotApplicable(seen.problem)
        if seen.untrue_examples:
            raise NotApplicable("an example of its prompt contradicts its reference")
        refuse_mirrors(parent)
        signature_line(parent)
        vocabulary_of(parent)
        described(parent)

    def ask(self, parents: Sequence[CodeTask], observed: Sequence[Observation], hints: Hints) -> Rendered:
        """The request: the description as data, and each token that must stay."""
        return render(self.name, **text_fields(parents[0], described(parents[0]).text), **hint_fields(hints))

    def read(self, reply: Mapping[str, Any], parents: Sequence[CodeTask]) -> Draft:
        """The draft: the parent's, with the reply's text."""
        check_known(reply, ("spec", *self.extra))
        text = read_text(reply, parents[0])
        self.check(text, parents[0])
        return rewording(parents[0], text, self.noted(text, reply, parents[0]))

    def check(self, text: str, parent: CodeTask) -> None:
        """UnusableReply where a text is not what this operator asks for."""
        old = described(parent).text
        check_protected(old, text, parent)
        ratio = length_ratio(text, old)
        if self.shortest is not None and ratio <= self.shortest:
            raise UnusableReply(
                f'"spec": has {ratio:.2f} words for each word of the given text; it must have more than '
                f"{self.shortest:.2f}",
                "length",
            )
        if self.longest is not None and ratio >= self.longest:
            raise UnusableReply(
                f'"spec": has {ratio:.2f} words for each word of the given text; it must have fewer than '
                f"{self.longest:.2f}",
                "length",
            )

    def noted(self, text: str, reply: Mapping[str, Any], parent: CodeTask) -> Mapping[str, Any]:
        """What the operator's own fields say."""
        return {}

    def prove(self, task: CodeTask, parents: Sequence[CodeTask], evidence: Evidence) -> tuple[Gate, ...]:
        """Only the description changed; it keeps what is protected, and has the length that was asked for."""
        (parent,) = parents
        gates = rewording_gates(task, parent, evidence.draft)
        if self.shortest is None and self.longest is None:
            return gates
        ratio = round(length_ratio(described(task).text, described(parent).text), 4)
        holds = (self.shortest is None or ratio > self.shortest) and (self.longest is None or ratio < self.longest)
        bounds = {"longer_than": self.shortest, "shorter_than": self.longest}
        return (*gates, Gate("length_ratio", holds, {"ratio": ratio, **bounds}))


def text_fields(parent: CodeTask, text: str) -> Mapping[str, Any]:
    """The fields of ``partials/wording.md``: a text of a task, and what another wording of it must keep."""
    parts = described(parent)
    kept = sorted(protected_in(parts.text, vocabulary_of(parent)))
    return {
        "text": text,
        "signature": signature_line(parent),
        "rest": parts.rest,
        "kept": kept,
        "words": len(text.split()),
    }


def read_text(reply: Mapping[str, Any], parent: CodeTask, field: str = "spec") -> str:
    """The new description in a reply; UnusableReply where it is more, or other, than prose."""
    text = text_of(reply, field, 10, MAX_SPEC)
    known = described(parent).text
    check_spec(text, str(parent.entry_point), known, field)
    if leaked_share(known, parent.reference) == 0:
        check_leak(text, [parent.reference], field)
    if text.split() == known.split():
        raise UnusableReply(f'"{field}": is the given text; word it anew', "nothing changed")
    return text


def check_protected(old: str, new: str, parent: CodeTask, field: str = "spec") -> None:
    """UnusableReply where a wording lost or added what is protected."""
    found = change(old, new, vocabulary_of(parent))
    if not found.none:
        raise UnusableReply(f'"{field}": {found.say()}', "protected tokens")


def rewording(parent: CodeTask, text: str, notes: Mapping[str, Any]) -> Draft:
    """The parent's draft with another text."""
    return Draft(
        spec=text,
        signature=signature_line(parent),
        entry_point=str(parent.entry_point),
        reference=parent.reference,
        preserved=True,
        notes=notes,
    )


def rewording_gates(task: CodeTask, parent: CodeTask, draft: Draft, *, keep_words: bool = True) -> tuple[Gate, ...]:
    """``same_program``, ``only_the_description``, ``protected_tokens`` and ``reworded``.

    keep_words: whether capitalised words are protected, too.
    """
    old, new = described(parent).text, described(task).text
    try:
        expected = restated(parent, draft.spec)
        only = (expected.prompt, expected.form) == (task.prompt, task.form)
    except NotApplicable:
        only = False
    found = change(old, new, vocabulary_of(parent))
    missing = [token for token in found.missing if keep_words or not token.startswith("word ")]
    ratio = round(edit_ratio(new, old), 4)
    evidence = {"kept": len(protected_in(old, vocabulary_of(parent))), "missing": missing, "added": list(found.added)}
    return (
        same_program_gate(task, parent),
        Gate("only_the_description", only, {}),
        Gate("protected_tokens", not missing and not found.added, evidence),
        Gate("reworded", ratio > 0, {"edit_ratio": ratio}),
    )


def drift_of(new: str, old: str) -> dict[str, float]:
    """How far a text is from another one: shares of equal character trigrams and words, edits, and lengths."""
    return {
        "characters": round(character_similarity(new, old), 4),
        "words": round(word_similarity(new, old), 4),
        "edit_ratio": round(edit_ratio(new, old), 4),
        "length": round(length_ratio(new, old), 4),
    }
