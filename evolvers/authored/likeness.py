"""How alike two texts are: how much of one was edited to get the other, and how many of their pieces they share.

Plain functions of texts; every measure is 1 (or an edit ratio 0) for equal texts and symmetric.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

_TOKEN = re.compile(r"\w+|[^\w\s]")
SHINGLE = 3


def tokens_of(text: str) -> list[str]:
    """Words and single signs in lower case; how a text is wrapped and spaced does not matter."""
    return [token.lower() for token in _TOKEN.findall(text)]


def edit_distance(left: Sequence[str], right: Sequence[str]) -> int:
    """Levenshtein's distance between two rows of tokens: the fewest insertions, deletions and substitutions.

    Myers's bit-parallel method in Hyyrö's form for the whole distance ("A bit-vector algorithm for computing
    Levenshtein and Damerau edit distances", 2003), one arbitrarily long word of bits for the column.
    """
    if not left or not right:
        return max(len(left), len(right))
    places: dict[str, int] = {}
    for place, token in enumerate(left):
        places[token] = places.get(token, 0) | 1 << place
    whole, last = (1 << len(left)) - 1, 1 << (len(left) - 1)
    up, down, distance = whole, 0, len(left)
    for token in right:
        equal = places.get(token, 0)
        zero = (((equal & up) + up) ^ up) | equal | down
        right_up = down | (~(zero | up) & whole)
        right_down = zero & up
        distance += bool(right_up & last) - bool(right_down & last)
        right_up = (right_up << 1 | 1) & whole
        right_down = (right_down << 1) & whole
        up = right_down | (~(zero | right_up) & whole)
        down = right_up & zero
    return distance


def edit_ratio(left: str, right: str) -> float:
    """The edit distance of two texts' tokens, divided by the number of tokens of the longer one; 0 for two empty
    texts."""
    mine, other = tokens_of(left), tokens_of(right)
    longer = max(len(mine), len(other))
    return edit_distance(mine, other) / longer if longer else 0.0


def shingle_similarity(left: str, right: str, size: int = SHINGLE) -> float:
    """Jaccard's index of the sets of runs of ``size`` words (Broder's resemblance, 1997).

    A text shorter than that is one run; two texts without words are alike.
    """
    mine, other = _shingles(left, size), _shingles(right, size)
    return len(mine & other) / len(mine | other) if mine | other else 1.0


def character_similarity(left: str, right: str, size: int = 3) -> float:
    """Dice's coefficient of the multisets of character n-grams; case and white space do not matter."""
    mine, other = (_grams(" ".join(text.lower().split()), size) for text in (left, right))
    total = mine.total() + other.total()
    return 2 * (mine & other).total() / total if total else 1.0


def word_similarity(left: str, right: str) -> float:
    """Dice's coefficient of the multisets of words, in any order."""
    mine, other = (Counter(re.findall(r"\w+", text.lower())) for text in (left, right))
    total = mine.total() + other.total()
    return 2 * (mine & other).total() / total if total else 1.0


def length_ratio(new: str, old: str) -> float:
    """The number of words of a new text for each word of the old one; infinite where the old one has none."""
    count = len(old.split())
    return len(new.split()) / count if count else float("inf")


def containment_of(part: Sequence[str], whole: Sequence[str], size: int) -> float:
    """The share of a row's n-grams of tokens that stand in another row as well; 0 for a row without one."""
    mine = {tuple(part[start : start + size]) for start in range(len(part) - size + 1)}
    other = {tuple(whole[start : start + size]) for start in range(len(whole) - size + 1)}
    return len(mine & other) / len(mine) if mine else 0.0


def _shingles(text: str, size: int) -> set[tuple[str, ...]]:
    words = [word.lower() for word in re.findall(r"\w+", text)]
    if not words:
        return set()
    return {tuple(words[start : start + size]) for start in range(max(1, len(words) - size + 1))}


def _grams(text: str, size: int) -> Counter[str]:
    if not text:
        return Counter()
    return Counter(text[start : start + size] for start in range(max(1, len(text) - size + 1)))
