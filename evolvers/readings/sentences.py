"""The controlled language read backwards: a sentence of a prompt becomes a program, without the library's help.

This is a second, independent definition of every transform. A task is admitted only if the program that this module
reads out of its prompt behaves exactly like its reference; a sentence that loses or bends a detail is caught by the
difference. The programs are plain loops on purpose: they share no idea with the expressions in ``transforms``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from . import one_of

_N = r"(-?\d+)"
_T = r"'([^'\\]*)'"


@dataclass(frozen=True, slots=True)
class Reading:
    """What a prompt's generated sentences say.

    letter: the name of the parent's value; inner, inner_arguments: the call whose value it is; body: statements in
    ``value`` that end in a return.
    """

    letter: str
    inner: str
    inner_arguments: str
    body: str


_OPENING = re.compile(
    r"Let (?P<letter>[a-z]) be the value that `(?P<inner>\w+)\((?P<arguments>[^`]*)\)`, as specified above, "
    r"returns\.\s"
)
_CLOSING = re.compile(r"\s*Only the specification of `(\w+)` is given above: implement it as well\.")


def read(text: str) -> Reading:
    """Read the last definition in a prompt's text (docstring escapes resolved). ValueError when it is outside the "
    "language."""
    return read_with(text, lambda sentence, letter: one_of(_GRAMMAR, sentence, letter))


def read_with(text: str, body_of: Callable[[str, str], str]) -> Reading:
    """The same, where ``body_of`` reads the sentence that speaks of a letter."""
    text = " ".join(text.split())
    openings = list(_OPENING.finditer(text))
    if not openings:
        raise ValueError("no definition of a value")
    opening = openings[-1]
    closing = _CLOSING.search(text, opening.end())
    if closing is None or closing.group(1) != opening["inner"]:
        raise ValueError("the definition has no end")
    body = body_of(text[opening.end() : closing.start()], opening["letter"])
    return Reading(opening["letter"], opening["inner"], opening["arguments"], body)


def _affine(a: str, b: str) -> str:
    return f"return value * ({a}) + ({b})"


def _binary() -> str:
    return """
size = value if value >= 0 else -value
text = "" if size else "0"
while size:
    text = "01"[size & 1] + text
    size >>= 1
return "-" + text if value < 0 else text
"""


def _digits_backwards() -> str:
    return """
text = ""
for letter in "%d" % value:
    text = letter + text
return text
"""


def _remainder(m: str, again: str) -> str:
    if m != again:
        raise ValueError("two different divisors")
    return f"""
rest = value - ({m}) * int(value // {m})
while rest < 0:
    rest += {m}
return rest
"""


def _digit_sum() -> str:
    return """
size, total = (value if value >= 0 else -value), 0
while size:
    size, digit = divmod(size, 10)
    total += digit
return total
"""


def _negation() -> str:
    return "if value:\n    return False\nreturn True"


def _choice(yes: str, no: str) -> str:
    return f"if value:\n    return {yes}\nreturn {no}"


def _words(yes: str, no: str) -> str:
    return _choice(repr(yes), repr(no))


def _text_backwards() -> str:
    return """
text = ""
for letter in value:
    text = letter + text
return text
"""


def _swap_case() -> str:
    return """
text = ""
for letter in value:
    text += letter.lower() if letter.isupper() else letter.upper()
return text
"""


def _runs() -> str:
    return """
runs = []
for letter in value:
    if runs and runs[-1][0] == letter:
        runs[-1] = (letter, runs[-1][1] + 1)
    else:
        runs.append((letter, 1))
return runs
"""


def _rotation(empty: str) -> Callable[[str, str], str]:
    def build(k: str, again: str) -> str:
        if k != again:
            raise ValueError("two different rotations")
        return f"""
result = {empty}
for index in range(len(value)):
    place = (index + {k}) % len(value)
    result += value[place:place + 1]
return result
"""

    return build


def _with_length() -> str:
    return 'return "%s:%d" % (value, len(value))'


def _list_backwards() -> str:
    return """
items = []
for item in value:
    items.insert(0, item)
return items
"""


def _odds_last() -> str:
    return """
evens, odds = [], []
for index, item in enumerate(value):
    (odds if index % 2 else evens).append(item)
return evens + odds
"""


def _first_occurrences() -> str:
    return """
items = []
for item in value:
    if not any(item == earlier for earlier in items):
        items.append(item)
return items
"""


def _running_sums() -> str:
    return """
items, total = [], 0
for item in value:
    total += item
    items.append(total)
return items
"""


def _affine_items(a: str, b: str) -> str:
    return f"items = []\nfor item in value:\n    items.append(item * ({a}) + ({b}))\nreturn items"


def _backward_items() -> str:
    return "items = []\nfor item in value:\n    items.append(''.join(reversed(item)))\nreturn items"


def _numbered_items(separator: str) -> str:
    return f"""
items, index = [], 0
for item in value:
    items.append("%d" % index + {separator!r} + item)
    index += 1
return items
"""


def _tuple_backwards() -> str:
    return _list_backwards().replace("return items", "return tuple(items)")


def _flagged() -> str:
    return "if value is None:\n    return (True, None)\nreturn (False, value)"


def _sorted_pairs() -> str:
    return "items = []\nfor key in sorted(value):\n    items.append((key, value[key]))\nreturn items"


_ITEMS = "Return a list of the items of @ "
_EACH = "Return a list with, for every item"
_ROTATED = (
    rf"rotated to the left by {_N}: the (?:character|item) at index i of the result is the one at index \(i \+ "
    rf"{_N}\) modulo the "
    r"length of @ in @ \(an empty @ stays empty\)\."
)

_GRAMMAR: tuple[tuple[str, Callable[..., str]], ...] = (
    (rf"Return {_N} times @, plus {_N}\.", _affine),
    (r"Return the text of @ in base two, without a prefix and with a minus sign in front if @ is negative\.", _binary),
    (
        r"Return the decimal text of @ read backwards, a minus sign \(if @ is negative\) coming last\.",
        _digits_backwards,
    ),
    (
        rf"Return the remainder of @ divided by {_N}, as a number from 0 to {_N} - 1 even if @ is negative\.",
        _remainder,
    ),
    (r"Return the sum of the decimal digits of @, ignoring its sign\.", _digit_sum),
    (r"Return True if @ is False, and False if @ is True\.", _negation),
    (rf"Return the text {_T} if @ is True, and the text {_T} if @ is False\.", _words),
    (rf"Return the number {_N} if @ is True, and the number {_N} if @ is False\.", _choice),
    (r"Return the characters of @ in reverse order\.", _text_backwards),
    (
        r"Return @ with every upper-case letter made lower-case and every lower-case letter made upper-case, "
        r"as str\.swapcase does\.",
        _swap_case,
    ),
    (
        r"Return the run-length encoding of @: a list with, for every maximal run of equal characters in order, a "
        r"tuple of the "
        r"character and the length of the run\.",
        _runs,
    ),
    (rf"Return @ {_ROTATED}", _rotation('""')),
    (r"Return @ followed by a colon and the number of characters of @ in decimal\.", _with_length),
    (rf"{_ITEMS}in reverse order\.", _list_backwards),
    (rf"{_ITEMS}{_ROTATED}", _rotation("[]")),
    (
        rf"{_ITEMS}at even indices \(0, 2, \.\.\.\) in order, followed by the items of @ at odd indices in order\.",
        _odds_last,
    ),
    (rf"{_ITEMS}in order, leaving out every item that is equal to an earlier one\.", _first_occurrences),
    (
        r"Return a list as long as @ whose item at index i is the sum of the items of @ at the indices 0 to i\.",
        _running_sums,
    ),
    (rf"{_EACH} x of @ in order, {_N} times x, plus {_N}\.", _affine_items),
    (rf"{_EACH} of @ in order, its characters in reverse order\.", _backward_items),
    (
        rf"{_EACH} of @ in order, its index in @ \(from 0, in decimal\) followed by {_T} and the item\.",
        _numbered_items,
    ),
    (
        r"Return a tuple of two items: first True if @ is None and False if it is not, then @ itself\.",
        _flagged,
    ),
    (r"Return a tuple of the items of @ in reverse order\.", _tuple_backwards),
    (r"Return a list of the \(key, value\) tuples of @, sorted by key in ascending order\.", _sorted_pairs),
)


def body_of(sentence: str, letter: str) -> str:
    """The statements in ``value`` that one sentence about a value means; ValueError unless it has one reading."""
    return one_of(_GRAMMAR, sentence, letter)
