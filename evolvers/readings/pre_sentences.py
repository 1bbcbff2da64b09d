"""Phrases of input transforms read backwards: each becomes statements in ``value``, without the library's help.

An independent second definition of every transform in ``pre_transforms``: plain loops that share no idea with the
expressions there.
"""

from __future__ import annotations

from collections.abc import Callable

from . import always, one_of

_N = r"(-?\d+)"
_T = r"'([^'\\]*)'"
_EMPTY = r" \(an empty @ stays empty\)"
_UNCHANGED = rf" moved to (?:its|the) end, in the same order \(unchanged if @ has fewer than {_N}\)"
_SWAPPED = (
    r"with every upper-case letter made lower-case and every lower-case letter made upper-case, as str\.swapcase does"
)


def body_of(phrase: str, parameter: str) -> str:
    """Statements in ``value`` that end in a return. ValueError unless the phrase has exactly one reading."""
    return one_of(_GRAMMAR, phrase, f"`{parameter}`")


def _half(direction: str) -> str:
    step = "1" if direction == "up" else "-1"
    return f"""
if value % 2:
    value += {step}
return int(value / 2) if abs(value) < 2 ** 50 else value >> 1
"""


def _extreme(which: str, k: str) -> str:
    return f"if value {'<' if which == 'larger' else '>'} ({k}):\n    return {k}\nreturn value"


def _distance(k: str) -> str:
    return f"rest = value - ({k})\nif rest < 0:\n    return 0 - rest\nreturn rest"


def _moved(empty: str) -> Callable[..., str]:
    def build(k: str = "1", again: str = "1") -> str:
        if k != again:
            raise ValueError("two different numbers")
        return f"""
start, end = {empty}, {empty}
for index in range(len(value)):
    if index < {k}:
        end += value[index:index + 1]
    else:
        start += value[index:index + 1]
return start + end
"""

    return build


def _walk(empty: str, kept: str) -> Callable[..., str]:
    """The pieces of a text or list at the indices for which a condition holds."""
    return always(f"""
result = {empty}
for index in range(len(value)):
    if {kept}:
        result += value[index:index + 1]
return result
""")


def _each(item: str) -> Callable[..., str]:
    def build(*numbers: str) -> str:
        return f"items = []\nfor item in value:\n    items.append({item.format(*numbers)})\nreturn items"

    return build


def _backwards(empty: str) -> Callable[..., str]:
    return always(f"""
result = {empty}
for index in range(len(value)):
    result = value[index:index + 1] + result
return result
""")


def _sorted(empty: str, before: str) -> Callable[..., str]:
    """Stable insertion: a piece goes before the first one that it must precede."""
    return always(f"""
items = []
for item in value:
    place = 0
    while place < len(items) and not item {before} items[place]:
        place += 1
    items.insert(place, item)
return {empty}
""")


def _added(text: str) -> str:
    return f"return '%s%s' % (value, {text!r})"


def _replaced(old: str, new: str) -> str:
    return f"result = ''\nfor letter in value:\n    result += {new!r} if letter == {old!r} else letter\nreturn result"


def _appended(k: str) -> str:
    return f"items = [item for item in value]\nitems.append({k})\nreturn items"


def _words(kept: str, then: str = "pass") -> Callable[..., str]:
    return always(f"""
words, word = [], ''
for letter in value + ' ':
    if letter == ' ':
        {kept}
        word = ''
    else:
        word += letter
{then}
text = ''
for number, word in enumerate(words):
    text += ' ' + word if number else word
return text
""")


_FLIPPED = "''.join(c.lower() if c.isupper() else c.upper() for c in {})"
_ITEMS = "a list of the items of @"
_WORDS = r"the words of @ \(the parts that single spaces separate\)"
_EVERY = "a list with, for every item of @ in order,"

_GRAMMAR: tuple[tuple[str, Callable[..., str]], ...] = (
    (rf"@ plus {_N}", lambda k: f"return {k} + value"),
    (rf"@ minus {_N}", lambda k: f"return value + (0 - ({k}))"),
    (r"2 times @", always("return value + value")),
    (r"half of @, rounded (up|down) if @ is odd", _half),
    (r"0 minus @", always("return value * -1")),
    (rf"the (larger|smaller) of @ and {_N}", _extreme),
    (rf"the absolute difference of @ and {_N}", _distance),
    (
        r"the number whose decimal digits are those of @, which is not negative, in reverse order \(12 for 210\)",
        always("result = 0\nwhile value:\n    result = result * 10 + value % 10\n    value //= 10\nreturn result"),
    ),
    (r"True if @ is False, and False if @ is True", always("if value:\n    return False\nreturn True")),
    (r"the characters of @ in reverse order", _backwards("''")),
    (rf"@ with its first character moved to its end{_EMPTY}", _moved("''")),
    (rf"@ with its first {_N} characters{_UNCHANGED}", _moved("''")),
    (rf"@ without its first character{_EMPTY}", _walk("''", "index > 0")),
    (rf"@ without its last character{_EMPTY}", _walk("''", "index + 1 < len(value)")),
    (rf"@ {_SWAPPED}", always("return " + _FLIPPED.format("value"))),
    (r"the characters of @ sorted in ascending order of their code points", _sorted("''.join(items)", "<")),
    (
        r"the characters of @ in order, without those that occur earlier in @",
        _walk("''", "value[index] not in value[:index]"),
    ),
    (r"the characters of @ at even indices \(0, 2, \.\.\.\), in order", _walk("''", "index % 2 == 0")),
    (r"@ followed by @ once more", always("return '%s%s' % (value, value)")),
    (rf"@ followed by the character {_T}", _added),
    (rf"@ with every {_T} replaced by {_T}", _replaced),
    (rf"{_WORDS} in reverse order, joined by single spaces", _words("words.insert(0, word)")),
    (
        rf"{_WORDS} with the first one moved to the end, joined by single spaces",
        _words("words.append(word)", "words.append(words.pop(0))"),
    ),
    (
        rf"{_WORDS} without the first one, joined by single spaces \(an empty text if there is only one\)",
        _words("words.append(word)", "words.pop(0)"),
    ),
    (r"@ followed by one space and by @ once more", always("return '%s %s' % (value, value)")),
    (rf"{_ITEMS} in reverse order", _backwards("[]")),
    (rf"{_ITEMS} with the first one moved to the end{_EMPTY}", _moved("[]")),
    (rf"{_ITEMS} with the first {_N}{_UNCHANGED}", _moved("[]")),
    (rf"{_ITEMS} without the first one{_EMPTY}", _walk("[]", "index > 0")),
    (rf"{_ITEMS} without the last one{_EMPTY}", _walk("[]", "index + 1 < len(value)")),
    (rf"{_ITEMS} at even indices \(0, 2, \.\.\.\), in order", _walk("[]", "index % 2 == 0")),
    (
        rf"{_ITEMS} in order, without those that are equal to an earlier one",
        _walk("[]", "all(value[index] != item for item in value[:index])"),
    ),
    (rf"{_ITEMS} in order, followed by the same items once more", always("return [x for _ in '12' for x in value]")),
    (rf"{_ITEMS} sorted in ascending order, as sorted\(@\) gives them", _sorted("items", "<")),
    (rf"{_ITEMS} sorted in descending order, as sorted\(@, reverse=True\) gives them", _sorted("items", ">")),
    (rf"{_ITEMS} in order, each of them plus {_N}", _each("{} + item")),
    (r"a list with 0 minus y for every item y of @, in order", _each("item * -1")),
    (rf"{_ITEMS} in order, followed by the number {_N}", _appended),
    (rf"{_EVERY} the characters of the item in reverse order", _each("''.join(reversed(item))")),
    (rf"{_EVERY} the item {_SWAPPED}", _each(_FLIPPED.format("item"))),
    (rf"{_EVERY} a list of the items of that item in reverse order", _each("list(reversed(item))")),
)
