"""What a text looks like, whatever it says: two responses that are to differ in one thing must not differ in that."""

from __future__ import annotations

import re
import tokenize

from ....benchmarks.preference import PreferenceTask
from ....harness.endpoint.pysource import Parser
from ...preferences.operators.code_layout import without_comments
from ...protocol import Gate, NotApplicable
from ...questions import bare
from ..likeness import containment_of, tokens_of

_MARKS = {
    "headings": re.compile(r"^#{1,6} ", re.MULTILINE),
    "bullets": re.compile(r"^\s*[-*•] ", re.MULTILINE),
    "numbered": re.compile(r"^\s*\d{1,3}[.)] ", re.MULTILINE),
    "bold": re.compile(r"\*\*[^*\n]+\*\*"),
    "fences": re.compile(r"^\s*```", re.MULTILINE),
}
_VERDICT = re.compile(
    r"\[\[\s*(?:A|B|tie|same|different)\s*\]\]|\b(?:response|answer) (?-i:[AB])\b"
    r"|\b(?:prefer|choose|pick|select|vote for|rate)\s+(?:(?:response|answer|option|label)\s+)?(?-i:[AB])\b"
    r"|\b(?:prefer|choose|pick|select|vote for|rate)\s+(?:the\s+)?(?:first|second|other|this)\s+(?:response|answer|one)\b"
    r"|\b(?:judges?|graders?|evaluators?|raters?)\b[^.\n]{0,20}\b(?:must|should|shall|please|always|will)\b[^.\n]{0,20}"
    r"\b(?:prefer|choose|pick|rate|score|give|award|say)\b"
    r"|\b(?:ignore|disregard|forget)\b[^.\n]{0,40}\b(?:instructions?|prompts?|rules?|criteri\w+|above|other response)\b"
    r"|\b(?:the|your) verdict\b|={5,} (?:RESPONSE|CONVERSATION|END)\b|<\|[a-z_]{2,40}\|>|\[/?INST\]|</?(?:system|assistant|think)>",
    re.IGNORECASE,
)


def marks_of(text: str) -> tuple[str, ...]:
    """Which kinds of layout a text has."""
    return tuple(name for name, pattern in _MARKS.items() if pattern.search(text))


def length_gate(new: str, old: str, low: float, high: float) -> Gate:
    """``length_alike``: the new text is as long as the old one, within bounds."""
    share = len(new) / max(1, len(old))
    return Gate("length_alike", low <= share <= high, {"share": round(share, 3), "from": low, "to": high})


def layout_gate(new: str, old: str) -> Gate:
    """``same_layout``: both have the same kinds of headings, lists, bold text and fences, or none."""
    one, other = marks_of(new), marks_of(old)
    return Gate("same_layout", one == other, {"new": list(one), "old": list(other)})


def no_injection(texts: list[str], parent: PreferenceTask) -> Gate:
    """``no_injection``: nothing that the author wrote speaks to a judge, in words that its parent does not have."""
    known = "\n".join([*(each.content for each in parent.messages), *(each.text for each in parent.responses)]).lower()
    found = [match[0] for text in texts for match in _VERDICT.finditer(text) if match[0].lower() not in known]
    return Gate("no_injection", not found, {"says": found[0][:60]} if found else {})


def kept_share(new: str, old: str) -> float:
    """The share of the old text's pairs of words that stand in the new one as well."""
    return containment_of(tokens_of(old), tokens_of(new), 2)


def plain_program(program: str) -> str:
    """A program without docstrings and comments. NotApplicable where that cannot be told."""
    try:
        found = without_comments(bare(program.strip("\n") + "\n")).strip("\n")
    except (SyntaxError, tokenize.TokenError, ValueError) as error:
        raise NotApplicable("a program cannot be parsed") from error
    if Parser().parse(found) is None:
        raise NotApplicable("a program cannot be parsed")
    return found
