"""What a model thought aloud, told apart from what it answered.

A server that knows the model's template sends the thinking in a field of its own; this is for those that leave it in
the text: tags as models write them, and the channels of gpt-oss, with their markers or with the markers stripped.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_NAMES = "think|thinking|thought|thoughts|reasoning|seed:think"
# opening, as it may stand at the beginning of a line, and the closing that belongs to it
_PAIRS = (
    (rf"<(?:{_NAMES})>", rf"</(?:{_NAMES})>"),
    (r"\[THINK\]", r"\[/THINK\]"),  # Magistral
    (r"◁think▷", r"◁/think▷"),  # Kimi
    (r"<\|START_THINKING\|>", r"<\|END_THINKING\|>"),  # Command A
    (r"<\|begin_of_thought\|>", r"<\|end_of_thought\|>"),  # OpenThinker, Sky-T1
)
_OPENING = "|".join(f"(?P<open{number}>{opening})" for number, (opening, _) in enumerate(_PAIRS))
_ANY_CLOSING = "|".join(closing for _, closing in _PAIRS)
_CLOSINGS = [re.compile(closing, re.IGNORECASE) for _, closing in _PAIRS]
_ANY_TAG = re.compile(rf"{'|'.join(opening for opening, _ in _PAIRS)}|{_ANY_CLOSING}", re.IGNORECASE)
_EVENT = re.compile(
    rf"^[ \t]{{0,12}}(?P<fence>`{{3,}}|~{{3,}})(?P<info>[^`\n]*)$"
    rf"|^[ \t]{{0,12}}(?:{_OPENING})"
    rf"|(?:^[ \t]{{0,12}}(?:{_ANY_CLOSING})|(?:{_ANY_CLOSING})(?=[ \t\r]{{0,12}}$))",
    re.MULTILINE | re.IGNORECASE,
)

_CHANNEL = re.compile(r"<\|channel\|>\s{0,4}(\w+)[^<\n]{0,80}<\|message\|>")
_MESSAGE_END = re.compile(r"<\|(?:end|return|call|start|channel)\|>")
_MARKER = re.compile(r"<\|(?:end|return|call|start)\|>(?:assistant)?")
_STRIPPED_START = re.compile(r"\s{0,20}analysis(?=\S)")
_STRIPPED_FINAL = "assistantfinal"


@dataclass(frozen=True, slots=True)
class Split:
    """A reply in its parts. reasoning: None where there is none. closed: False where the thinking never ended."""

    answer: str
    reasoning: str | None = None
    closed: bool = True


def split_reasoning(text: str) -> Split:
    """Tell the thinking in a reply's text from the answer, in time that grows with its length only.

    Thinking begins with a tag at the beginning of a line, outside of a code block, and ends with the tag that closes
    it. A closing tag without an opening one ends thinking that the chat template had opened: all before it is
    thinking. It counts at the beginning or the end of a line, and not inside a code block that is closed, since a
    program may well speak of such tags.
    """
    channels = _by_channels(text) or _by_stripped_channels(text)
    return channels or (_Tags(text).split() if _ANY_TAG.search(text) else Split(text))


@dataclass(slots=True)
class _Tags:
    text: str
    start: int = 0  # of the piece of the answer that is being read
    kept: list[str] = field(default_factory=list)
    thoughts: list[str] = field(default_factory=list)
    fence: str = ""
    orphan: re.Match[str] | None = None  # a closing tag inside the block that is being read

    def split(self) -> Split:
        at = 0
        while (event := _EVENT.search(self.text, at)) is not None:
            at = max(event.end(), at + 1)
            if event["fence"]:
                self._fence(event)
            elif (pair := next((n for n in range(len(_PAIRS)) if event[f"open{n}"]), None)) is None:
                self._closing(event)
            elif not self.fence:
                closing = _CLOSINGS[pair].search(self.text, event.end())
                self.kept.append(self.text[self.start : event.start()])
                if closing is None:
                    self.thoughts.append(self.text[event.end() :])
                    return self._result("".join(self.kept), closed=False)
                self.thoughts.append(self.text[event.end() : closing.start()])
                at = self.start = self._after(closing.end())
        if self.orphan is not None:
            self._end_thinking(self.orphan)
        return self._result("".join([*self.kept, self.text[self.start :]]))

    def _fence(self, event: re.Match[str]) -> None:
        names_a_language = bool(event["info"].strip())
        if not self.fence:
            self.fence = event["fence"]
        elif not names_a_language and event["fence"].startswith(self.fence):
            self.fence, self.orphan = "", None  # the block is closed: the tag in it was the program's
        elif names_a_language and self.orphan is not None:
            self._end_thinking(self.orphan)  # the block was a draft, left unfinished when the thinking ended
            self.fence = event["fence"]

    def _closing(self, event: re.Match[str]) -> None:
        if self.fence:
            self.orphan = event
        else:
            self._end_thinking(event)

    def _end_thinking(self, closing: re.Match[str]) -> None:
        self.thoughts.append("".join([*self.kept, self.text[self.start : closing.start()]]))
        self.kept.clear()
        self.start = self._after(closing.end())
        self.orphan = None
        self.fence = ""

    def _after(self, position: int) -> int:
        while position < len(self.text) and self.text[position] in "\r\n":
            position += 1
        return position

    def _result(self, answer: str, *, closed: bool = True) -> Split:
        return Split(answer, _joined(self.thoughts), closed)


def _by_channels(text: str) -> Split | None:
    """gpt-oss' own format, sent on unread: only the channel ``final`` is meant for the user."""
    opening = _CHANNEL.search(text) if "<|message|>" in text else None
    if opening is None:
        return None
    before = _MARKER.sub("", text[: opening.start()])  # the template may have opened the first message
    thoughts = [before]
    answers: list[str] = []
    while opening is not None:
        end = _MESSAGE_END.search(text, opening.end())
        message = text[opening.end() : end.start() if end else len(text)]
        (answers if opening[1] == "final" else thoughts).append(message)
        opening = _CHANNEL.search(text, end.start()) if end else None
    return Split("".join(answers), _joined(thoughts), closed=bool(answers))


def _by_stripped_channels(text: str) -> Split | None:
    """The same without its markers, as servers send it that leave special tokens out: ``analysis...assistantfinal``."""
    start = _STRIPPED_START.match(text)
    if start is None:
        return None
    final = text.rfind(_STRIPPED_FINAL)
    if final >= 0:
        return Split(text[final + len(_STRIPPED_FINAL) :], _joined([text[start.end() : final]]))
    if text[start.end()].isupper():  # no word goes on like that
        return Split("", _joined([text[start.end() :]]), closed=False)
    return None


def _joined(thoughts: list[str]) -> str | None:
    kept = [thought.strip("\r\n") for thought in thoughts if thought.strip()]
    return "\n".join(kept) if kept else None
