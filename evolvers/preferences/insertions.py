"""Fixed sentences put before and after a text that itself stays as it is, character for character.

In a bare program they stand as comments, one a line; elsewhere as paragraphs. That nothing else was added is read off
the two texts: the old one stands in the new one, and what is around it is made of the fixed sentences.
"""

from __future__ import annotations

import random
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from ...benchmarks.preference import PreferenceTask
from ..protocol import Gate, NotApplicable
from .protocol import PreferenceCandidate
from .shapes import shape_of

_COMMENT = re.compile(r"^\s*#[ ]?")


def surrounded(text: str, before: Sequence[str] = (), after: Sequence[str] = ()) -> str:
    """A text with sentences before and after it; NotApplicable when it is data or holds a fence that is not closed."""
    shape = shape_of(text)
    if shape == "data":
        raise NotApplicable("a response is data, in which no sentence can stand")
    if shape == "program":
        above = "".join(f"# {sentence}\n" for sentence in before)
        below = "".join(f"\n# {sentence}" for sentence in after)
        return above + text + (below[1:] if text.endswith("\n") else below)
    above = f"{' '.join(before)}\n\n" if before else ""
    gap = "\n" if text.endswith("\n") else "\n\n"
    return above + text + (f"{gap}{' '.join(after)}" if after else "")


def framed(
    task: PreferenceTask,
    ids: Iterable[str],
    openings: Sequence[str],
    closings: Sequence[str],
    by: str,
    rng: random.Random,
) -> list[PreferenceCandidate]:
    """Candidates in which the responses of these ids have a drawn sentence before and one after their text; then one
    in which they have one after it only."""
    ids, found = list(ids), []
    for opened in (True, False):
        texts = {}
        for name in ids:
            before = [rng.choice(openings)] if opened else []
            texts[name] = surrounded(task.response(name).text, before, [rng.choice(closings)])
        found.append(PreferenceCandidate(with_texts(task, texts, by), (task,), {}))
    return found


def with_texts(task: PreferenceTask, texts: Mapping[str, str], by: str) -> PreferenceTask:
    """The task with other texts of some responses, by id; their source says which operator wrote them."""
    responses = tuple(
        replace(response, text=texts[response.id], source=f"{by} of {response.source or 'a response'}")
        if response.id in texts and texts[response.id] != response.text
        else response
        for response in task.responses
    )
    return replace(task, responses=responses)


def only_inserted(
    task: PreferenceTask, parent: PreferenceTask, ids: Collection[str], sentences: Collection[str]
) -> Gate:
    """The gate that some responses gained nothing but fixed sentences, and that everything else is as it was.

    ids: of the responses that must have gained something; all others must be the parent's.
    """
    added: dict[str, int] = {}
    holds = task.messages == parent.messages and len(task.responses) == len(parent.responses)
    for response, old in zip(task.responses, parent.responses, strict=False):
        holds = holds and response.id == old.id
        if response.id not in ids:
            holds = holds and response.text == old.text
            continue
        around = around_of(response.text, old.text)
        holds = holds and around is not None and made_of(around, sentences)
        added[response.id] = len(response.text) - len(old.text)
    return Gate("only_fixed_sentences_added", holds and bool(added), {"characters": added})


def around_of(new: str, old: str) -> str | None:
    """What stands before and after an old text in a new one; None when the old one does not stand in it."""
    place = new.find(old)
    return None if place < 0 else f"{new[:place]}\n{new[place + len(old) :]}"


def made_of(text: str, sentences: Iterable[str]) -> bool:
    """Whether a text is one or more of these sentences and nothing else (comment signs and white space aside)."""
    joined = " ".join(word for line in text.split("\n") for word in _COMMENT.sub("", line).split())
    known = sorted((" ".join(sentence.split()) for sentence in sentences), key=len, reverse=True)
    found = 0
    while joined:
        sentence = next((each for each in known if joined.startswith(each)), None)
        if sentence is None:
            return False
        joined, found = joined[len(sentence) :].lstrip(), found + 1
    return found > 0
