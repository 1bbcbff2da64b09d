"""Rules that need no model: what a suite gives away to those who look at the responses and never at the prompt.

Each rule gives a response a number, and prefers the higher one. On a suite that measures preferences a rule like these
is right about half of the time; where it is right more often, a model may be, too, for the same poor reason.
"""

from __future__ import annotations

import math
import re
import string
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from ...benchmarks.preference import PreferenceTask

Rule = Callable[[str], float]
_LIST = re.compile(r"^\s*(?:[-*•]|\d+[.)])\s", re.M)
_MARKDOWN = re.compile(r"^#{1,6} |\*\*\S|^\s*(?:[-*•]|\d+[.)])\s|^\|.*\||`", re.M)
_REFUSAL = re.compile(
    r"\b(?:I(?:'m| am)? (?:really )?(?:sorry|afraid)|I (?:can(?:'t|not)|won't|will not|don't want|would rather not)|"
    r"I'd rather not|I'm not going to|please don't|unable to|as an AI)\b",
    re.I,
)
_HEDGE = re.compile(
    r"\b(?:perhaps|maybe|might|possibly|I think|seems?|about|usually|often|not sure|do not know)\b", re.I
)


def _punctuation(text: str) -> int:
    return sum(char in string.punctuation for char in text)


def _share(text: str, wanted: Callable[[str], bool]) -> float:
    return sum(map(wanted, text)) / len(text) if text else 0.0


RULES: Mapping[str, Rule] = {
    "longer": len,
    "shorter": lambda text: -len(text),
    "more words": lambda text: len(text.split()),
    "more lines": lambda text: text.count("\n"),
    "has Markdown": lambda text: _MARKDOWN.search(text) is not None,
    "has a list": lambda text: _LIST.search(text) is not None,
    "has a code block": lambda text: "```" in text,
    "has comments or docstrings": lambda text: '"""' in text or re.search(r"(?:^|\s)# ", text) is not None,
    "ends with a question": lambda text: text.rstrip().rstrip('"').endswith("?"),
    "more punctuation": _punctuation,
    "more digits": lambda text: sum(map(str.isdigit, text)),
    "more capitals": lambda text: _share(text, str.isupper),
    "refuses": lambda text: _REFUSAL.search(text) is not None,
    "does not refuse": lambda text: _REFUSAL.search(text) is None,
    "hedges": lambda text: len(_HEDGE.findall(text)),
    "longer words": lambda text: sum(map(len, text.split())) / max(1, len(text.split())),
}
"""By name. The position is no property of a text: see ``first_wins``."""


@dataclass(frozen=True, slots=True)
class RuleAccuracy:
    """How often a rule is right on pairs of responses of different tiers, where it cannot say counting half.

    pairs: how many; decided: those on which it says something; accuracy: NaN without pairs.
    """

    pairs: int
    decided: int
    accuracy: float


def accuracy(tasks: Iterable[PreferenceTask], rule: Rule) -> RuleAccuracy:
    """The accuracy of a rule that looks at each response alone."""
    return _of([rule(better.text) - rule(worse.text) for task in tasks for better, worse in task.pairs()])


def first_wins(tasks: Iterable[PreferenceTask]) -> RuleAccuracy:
    """The accuracy of taking what stands first in the task."""
    differences = []
    for task in tasks:
        place = {response.id: number for number, response in enumerate(task.responses)}
        differences += [place[worse.id] - place[better.id] for better, worse in task.pairs()]
    return _of(differences)


def echo_wins(tasks: Iterable[PreferenceTask]) -> RuleAccuracy:
    """The accuracy of taking the response with the larger share of words that the prompt has, too.

    It reads the prompt, if poorly, and so it may well be right more often than half of the time.
    """
    differences = []
    for task in tasks:
        asked = _words(" ".join(message.content for message in task.messages))
        differences += [_echo(better.text, asked) - _echo(worse.text, asked) for better, worse in task.pairs()]
    return _of(differences)


def _echo(text: str, asked: set[str]) -> float:
    said = _words(text)
    return len(said & asked) / len(said) if said else 0.0


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.lower()))


def table(tasks: Iterable[PreferenceTask]) -> dict[str, RuleAccuracy]:
    """Every rule's accuracy, by its name, the position first."""
    every = list(tasks)
    return {"first listed": first_wins(every), **{name: accuracy(every, rule) for name, rule in RULES.items()}}


def _of(differences: Sequence[float]) -> RuleAccuracy:
    if not differences:
        return RuleAccuracy(0, 0, math.nan)
    right = sum((difference > 0) + (difference == 0) / 2 for difference in differences)
    return RuleAccuracy(len(differences), sum(each != 0 for each in differences), right / len(differences))
