"""Sentences that say nothing about any question: no claim, no praise, no doubt, no topic."""

from __future__ import annotations

import random
from collections.abc import Sequence

FILLER = (
    "Thank you for this question.",
    "There is always more that could be said about a matter like this one.",
    "As with many things, one can look at it from more than one side.",
    "What stands above can be read in a minute or two.",
    "It can be read again later, at a quiet moment and with a cup of tea.",
    "Some readers like to begin at the end, others at the beginning.",
    "A text can be looked at as a whole or one part after the other.",
    "Every reader brings something different to a text.",
    "This is the place where the answer comes to its end.",
    "Further questions can be asked at any time.",
    "It is a pleasure to talk about such things.",
    "One thought leads to the next, and so a text grows.",
    "Some people prefer to print such texts, others read them on a screen.",
    "The weather outside has nothing to do with any of this.",
    "A conversation like this one can go on for as long as one likes.",
    "There are days for short texts and days for long ones.",
    "Whoever has read this far has read nearly all of it.",
    "Questions of this kind come up now and then, at all times of the day.",
    "The same thing could be put in other words as well.",
    "It was written from the first line to the last one, in that order.",
    "Nothing in this closing part adds to what was said before it.",
    "That brings us to the closing remarks, which are only closing remarks.",
    "One may pause here for a moment before going on.",
    "Such is the nature of questions and of the replies to them.",
    "A reply is made of sentences, and sentences are made of words.",
    "In the course of a day, many questions are asked and many are answered.",
    "Let us leave it there for the moment.",
    "With that, everything that was to be written here is written.",
    "Reading takes some time, and so does writing.",
    "This sentence is here to accompany the ones before it.",
    "The rest of the page is left to the reader.",
    "So much for now, with friendly greetings.",
)


def drawn(rng: random.Random, least: int, most: int, already: Sequence[str] = ()) -> list[str] | None:
    """Different sentences that make, one blank each, at least ``least`` and at most ``most`` characters; None when no
    draw of a hundred does.
    """
    left = [sentence for sentence in FILLER if sentence not in already]
    for _ in range(100):
        chosen: list[str] = []
        size = 0
        for sentence in rng.sample(left, len(left)):
            if size + len(sentence) + 1 <= most:
                chosen.append(sentence)
                size += len(sentence) + 1
            if size >= least:
                return chosen
    return None
