"""Which words of a description carry its meaning and must stay, and which may hold a slip of the pen.

Tokens are words and single signs, white space between them left out; a token is *free* when a typo in it can
mislead nobody.
"""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from .docstring_examples import Example
from .docstrings import Docstring
from .syntax import parse

MIN_LETTERS = 5
_TOKEN = re.compile(r"[^\W_]+(?:_\w*)?|_\w*|[^\w\s]")
_WORD = re.compile(r"[A-Z]?[a-z]+\Z")
_LETTERS = re.compile(r"[a-z]+")
# Lines that show values or formulas; nothing in them is prose.
_DATA_LINE = re.compile(
    r">>>|==|=>|->|\u279e|\u2192|\u27f6|\s=\s|^\s*(?:input|output|explanation|returns?)\s*:|\[\s*\[|^\s*@|```",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"`[^`]*`|\"[^\"]{0,400}\"|(?<!\w)'[^'\n]*'(?!\w)")
_BESIDE_CODE = re.compile(r"[\w\\_`'\"=\[\]{}<>@/*+^%$#&|~()-]")

MEANING = frozenset(
    # negation, exception and condition
    "not never none neither nobody nothing nowhere without except excluding exclude excludes excluded unless "
    "otherwise only cannot either whether however instead although false true null empty nonempty invalid valid "
    # quantity and comparison
    "every each some several always often least most more less fewer than great greater greatest large larger largest "
    "small smaller smallest high higher highest lower lowest longer longest short shorter shortest bigger biggest "
    "close closer closest near nearer nearest farther farthest upper above below under over equal equals unequal same "
    "different differs between within beyond exact exactly about around strictly strict inclusive inclusively "
    "exclusive exclusively including include includes maximum minimum maximal minimal average median total double "
    "triple twice thrice half quarter times single multiple distinct unique duplicate duplicates repeated "
    # order and place
    "first second third fourth fifth sixth seventh eighth ninth tenth final finally before after until since while "
    "again previous previously following follows follow next prior earlier later begin begins beginning start starts "
    "starting ending middle left right leftmost rightmost front ascending descending increasing decreasing increase "
    "decrease reverse reversed reverses backward backwards forward forwards sorted order ordered lexicographical "
    "lexicographically alphabetical alphabetically rotate rotated shift shifted prefix suffix inner outer "
    # numbers and kinds
    "zero three four five seven eight nine eleven twelve twenty hundred thousand million positive negative even "
    "odd prime whole integer integers float floats decimal binary digit digits square squared squares cube cubed "
    "power factor factors multiple multiples divisible product quotient remainder modulo rounded round ceiling floor "
    "vowel vowels consonant consonants lowercase uppercase letter letters character characters white space spaces "
    "comma commas bracket brackets parenthesis parentheses upper lower addition subtraction multiplication division "
    "exponentiation raise raises raised exception error".split()
)
# Words that one slip makes of other words: a typo must be none of these, nor nearer to one of them.
_CONFUSED = frozenset(
    "there their where were here other mother quite quiet quit form from forms trail trial though through thought "
    "tough then them they these those this that with will well were when what would could should world word words "
    "work works given give gives live lives line lines like likes list lists lost last least lease late rate rates "
    "state states stat stats sate string strings strong sting sing song numb number numbers umber element elements "
    "return returns returned retuned turn turns function functions fraction fractions input inputs output outputs "
    "value values valve valves array arrays index contain contains container obtain obtains retain retains create "
    "creates created crate implement implements complement compliment compute computes commute computer write writes "
    "write written white while whole whale check checks cheek chicks find finds fine fines fund bound found round "
    "sound count counts county court courts amount account sum sums some same came name names take takes make makes "
    "made must most much such each teach reach lower lover power tower range ranges change changes chance length "
    "lengths strength contend content context text texts test tests rest best case cases cause phase phrase phrases "
    "place places placed plane plant planet planets point points print prints paint pair pairs part parts past path "
    "paths pass passes possible possibly answer answers convert converts convent cover covers separate separated "
    "desperate sentence sentences sequence sequences consecutive task tasks mask note notes node nodes done none "
    "begin being going doing using used user uses sides side size sizes since science please pleas lease".split()
)


@dataclass(frozen=True, slots=True)
class Token:
    """A word or a sign of the body. free: a typo may be put into it."""

    start: int
    end: int
    text: str
    free: bool


def tokens_of(docstring: Docstring, examples: Sequence[Example], names: Collection[str]) -> list[Token]:
    """The tokens of a docstring's body; ``names`` are words of the code, which are never free."""
    body = docstring.body
    kept = _kept_spans(body, examples)
    taken = {part for name in names for part in (name.lower(), *name.lower().split("_"))}
    taken |= {word + "s" for word in taken}
    found = []
    for match in _TOKEN.finditer(body):
        start, end, text = match.start(), match.end(), match.group()
        free = (
            len(text) >= MIN_LETTERS
            and _WORD.match(text) is not None
            and text.lower() not in MEANING
            and text.lower() not in taken
            and not _beside_code(body, start, end)
            and not any(first <= start < last for first, last in kept)
        )
        found.append(Token(start, end, text, free))
    return found


def kept_lines(docstring: Docstring, examples: Sequence[Example]) -> list[str]:
    """The lines that show examples, values or formulas, which must stay to the last blank."""
    body = docstring.body
    shown = [(each.start, each.end) for each in examples]
    lines, position = [], 0
    for line in body.split("\n"):
        if _DATA_LINE.search(line) or any(start <= position < end for start, end in shown):
            lines.append(line)
        position += len(line) + 1
    return lines


@functools.lru_cache(maxsize=2048)
def names_in(prompt_code: str, reference: str) -> frozenset[str]:
    """Words that the code knows: its identifiers, and the words in its strings (which an answer must spell right)."""
    names = set(re.findall(r"\w+", prompt_code))
    tree = parse(reference)
    alone = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}  # docstrings are prose
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in alone:
            names.update(re.findall(r"\w+", node.value[:200]))
    return frozenset(names)


class Words:
    """Words that a typo could be taken for, found by their length and their first or last letter."""

    def __init__(self, words: Iterable[str], more: Words | None = None) -> None:
        self._more = more
        self._words = frozenset(words)
        self._by_ends: dict[tuple[str, int, bool], list[str]] = {}
        for word in self._words:
            self._by_ends.setdefault((word[0], len(word), True), []).append(word)
            self._by_ends.setdefault((word[-1], len(word), False), []).append(word)

    def __len__(self) -> int:
        return len(self._words) + (len(self._more) if self._more else 0)

    def near(self, typo: str) -> Iterator[str]:
        """Every word that one slip separates from a typo, or none; no slip changes the first and the last letter."""
        for length in (len(typo) - 1, len(typo), len(typo) + 1):
            for ends in ((typo[0], length, True), (typo[-1], length, False)):
                yield from (word for word in self._by_ends.get(ends, ()) if within_one_slip(typo, word))
        if self._more:
            yield from self._more.near(typo)


_ALWAYS = Words(MEANING | _CONFUSED)


def nearest_is(typo: str, original: str, others: Words) -> bool:
    """Whether a typo is one slip from its word, and more than one from every other word it could be taken for."""
    typo, original = typo.lower(), original.lower()
    if typo == original:
        return True  # another case only
    return within_one_slip(typo, original) and all(word == original for word in others.near(typo))


def confusable(tokens: Sequence[Token]) -> Words:
    """All words that a reader of these tokens could take a typo for."""
    return Words({t.text.lower() for t in tokens if _LETTERS.fullmatch(t.text.lower())}, _ALWAYS)


def within_one_slip(left: str, right: str) -> bool:
    """Whether one letter put in, left out, changed, or swapped with its neighbour makes one word of the other."""
    if left == right:
        return True
    if abs(len(left) - len(right)) > 1 or (left[0] != right[0] and left[-1] != right[-1]):
        return False
    if len(left) > len(right):
        left, right = right, left
    same = 0
    while same < len(left) and left[same] == right[same]:
        same += 1
    rest, other = left[same:], right[same:]
    if len(left) < len(right):
        return rest == other[1:]
    return rest[1:] == other[1:] or (rest[1:2] + rest[:1] == other[:2] and rest[2:] == other[2:])


def _beside_code(body: str, start: int, end: int) -> bool:
    """Whether a sign of code, a quote or an escape touches the word; a full stop within a word does too."""
    before, after = body[max(0, start - 1) : start], body[end : end + 2]
    if before and (_BESIDE_CODE.match(before) is not None and before not in "("):
        return True
    if before == "." and start >= 2 and not body[start - 2].isspace():
        return True
    return bool(after) and (
        (_BESIDE_CODE.match(after[0]) is not None and after[0] != ")") or re.match(r"\.\w", after) is not None
    )


def _kept_spans(body: str, examples: Sequence[Example]) -> list[tuple[int, int]]:
    spans = [(each.start, each.end) for each in examples]
    position = 0
    for line in body.split("\n"):
        if _DATA_LINE.search(line):
            spans.append((position, position + len(line)))
        position += len(line) + 1
    return spans + [match.span() for match in _QUOTED.finditer(body)]
