"""A tokenizer made on the spot from some texts: their commonest pieces, all bytes for everything else, and marks.

A text is cut into runs of letters and digits with the blank before them, runs of blanks, and runs of other characters.
A run that is common in the texts is one token; any other is cut from the left into the longest common pieces, and what
none of them fits is spelled in UTF-8 bytes. So every text can be written, and a text that goes on may need other tokens
at its end: ``foo`` and ``bar`` are two, ``foobar`` may be one, as with the tokenizers of real models.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache

BEGIN, START, END = "<|begin|>", "<|start|>", "<|end|>"
"""Before a text; before a turn of a conversation; after a turn, and after a text."""
MARKS = (BEGIN, START, END)
_MARK = re.compile("(" + "|".join(map(re.escape, MARKS)) + ")")
_LONGEST = 16
_RUN = re.compile(rf" ?\w{{1,{_LONGEST - 1}}}|\s{{1,{_LONGEST}}}|[^\w\s]{{1,4}}")
_TWICE = 2
_REMEMBERED = 16_384


class Vocabulary:
    """Token ids and their texts: the marks first, then the 256 bytes, then the pieces, the commonest first.

    begins: a server puts the BEGIN mark before texts, as models have it that were trained with one.
    """

    def __init__(self, pieces: Sequence[str] = (), *, begins: bool = True) -> None:
        self.pieces = tuple(pieces)
        self.begins = begins
        self._first_byte = len(MARKS)
        self._first_piece = self._first_byte + 256
        self._ids = {piece: self._first_piece + place for place, piece in enumerate(self.pieces)}
        self._run_ids = lru_cache(_REMEMBERED)(self._of_run)
        self.begin, self.start, self.end = (MARKS.index(mark) for mark in (BEGIN, START, END))

    @staticmethod
    def of(texts: Iterable[str], most: int = 8192, *, begins: bool = True) -> Vocabulary:
        """The ``most`` commonest pieces of these texts, of those that occur at least twice and are not one byte."""
        counts = Counter(run for text in texts for run in _RUN.findall(text))
        common = [(run, count) for run, count in counts.items() if count >= _TWICE and len(_utf8(run)) > 1]
        common.sort(key=lambda item: (-item[1], item[0]))
        return Vocabulary([run for run, _ in common[:most]], begins=begins)

    def __len__(self) -> int:
        return self._first_piece + len(self.pieces)

    def encode(self, text: str, *, with_begin: bool = False, with_marks: bool = True) -> list[int]:
        """The ids of a text. with_marks: a mark that is written out in the text becomes the mark's own token."""
        ids = [self.begin] if with_begin else []
        for part in _MARK.split(text) if with_marks else [text]:
            if with_marks and part in MARKS:
                ids.append(MARKS.index(part))
            else:
                for run in _RUN.findall(part):
                    ids += self._run_ids(run)
        return ids

    def _of_run(self, run: str) -> tuple[int, ...]:
        ids: list[int] = []
        place = 0
        while place < len(run):
            fitting = (end for end in range(len(run), place, -1) if run[place:end] in self._ids)
            end = next(fitting, None)
            if end is None:
                ids += [self._first_byte + byte for byte in _utf8(run[place])]
                place += 1
            else:
                ids.append(self._ids[run[place:end]])
                place = end
        return tuple(ids)

    def bytes_of(self, token: int) -> bytes:
        """What a token writes; IndexError where there is no such token."""
        if not 0 <= token < len(self):
            raise IndexError(token)
        if token < self._first_byte:
            return MARKS[token].encode("ascii")
        if token < self._first_piece:
            return bytes([token - self._first_byte])
        return _utf8(self.pieces[token - self._first_piece])

    def text_of(self, token: int) -> str:
        """A token's text by itself; for a byte that is only part of a character U+FFFD."""
        return _text(self.bytes_of(token))

    def decode(self, ids: Iterable[int], *, with_marks: bool = True) -> str:
        """The text that ids write together. with_marks: marks are written out, else they are left out."""
        return _text(b"".join(self.bytes_of(each) for each in ids if with_marks or each >= self._first_byte))

    def between_marks(self, ids: Iterable[int]) -> list[str]:
        """The texts before, between and after the marks."""
        parts: list[list[int]] = [[]]
        for each in ids:
            if each < self._first_byte:
                parts.append([])
            else:
                parts[-1].append(each)
        return [self.decode(part) for part in parts]


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return data.decode("utf-8", "replace")
