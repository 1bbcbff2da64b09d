"""A library of typed changes: what a scripted author asks for beyond its parent, and how that is programmed.

Each says its rule exactly (``clear``) and in a way that readers take differently (``vague``). ``code`` and ``other`` are
two programs of the clear rule, written independently; ``misread`` is what some readers make of the vague one; ``bug`` is
wrong for many inputs, ``border`` for few. Bodies of functions: ``value`` is what the parent's function gives, ``{a}``
its first argument, ``size`` the function of ``size_of``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

_SIZES = (
    (("NoneType",), "item is None", "0"),
    (("bool", "int", "float"), "isinstance(item, (bool, int, float))", "int(abs(item))"),
    ((), "", "len(item)"),
)


def size_of(values: Iterable[object]) -> str:
    """The program of ``size``, for such values and no others."""
    kinds = {type(value).__name__ for value in values}
    rest = kinds - {"NoneType", "bool", "int", "float"}
    cases = [(when, gives) for names, when, gives in _SIZES if kinds & set(names) or (rest and not names)]
    *first, (_, last) = cases
    lines = [f"    if {when}:\n        return {gives}\n" for when, gives in first]
    return f"def size(item):\n{''.join(lines)}    return {last}\n"


SIZE_SAYS = (
    "The size of something is the number of its items or characters; of a number it is its absolute value without what "
    "stands behind the decimal point, and of True, False and None it is 1, 0 and 0."
)
ANY = frozenset({"int", "bool", "str", "float", "list", "tuple", "dict", "set", "NoneType", ""})


@dataclass(frozen=True)
class Change:
    """See the module's docstring. takes: kinds of values that it is for."""

    name: str
    takes: frozenset[str]
    clear: str
    vague: str
    code: str
    other: str
    misread: str
    bug: str
    border: str

    @property
    def sizes(self) -> bool:
        """Whether it speaks of sizes."""
        return "size" in self.clear


def _change(name: str, takes: str, **texts: str) -> Change:
    return Change(name, ANY if takes == "any" else frozenset(takes.split()), **texts)


CHANGES: tuple[Change, ...] = (
    _change(
        "treble or lower",
        "int",
        clear="Let v be that value. Where v is even, return three times v plus one; where v is odd, return v minus seven.",
        vague="Let v be that value. Treble it and add one, or take seven away from it, depending on whether it is even.",
        code="return value * 3 + 1 if value % 2 == 0 else value - 7",
        other="if value & 1:\n    return value - 7\nreturn value + value + value + 1",
        misread="return value - 7 if value % 2 == 0 else value * 3 + 1",
        bug="return value * 3 + 1 if value % 2 == 0 else value + 7",
        border="if value == 0:\n    return 0\nreturn value * 3 + 1 if value % 2 == 0 else value - 7",
    ),
    _change(
        "digits in base seven",
        "int",
        clear="Return the digits of the absolute value of that value in base seven, as a list of whole numbers that begins "
        "with the lowest digit; of zero the list holds a single zero. Where the value is negative, the number -1 "
        "follows at the list's end.",
        vague="Return the digits of that value in base seven as a list of whole numbers.",
        code="rest, digits = abs(value), []\nwhile rest:\n    rest, digit = divmod(rest, 7)\n    digits.append(digit)\n"
        "digits = digits or [0]\nreturn digits + [-1] if value < 0 else digits",
        other="rest = -value if value < 0 else value\ndigits = [rest % 7]\nwhile rest >= 7:\n    rest //= 7\n"
        "    digits.append(rest % 7)\nif value < 0:\n    digits.append(-1)\nreturn digits",
        misread="rest, digits = abs(value), []\nwhile rest:\n    rest, digit = divmod(rest, 7)\n"
        "    digits.insert(0, digit)\nreturn digits or [0]",
        bug="rest, digits = abs(value), []\nwhile rest:\n    rest, digit = divmod(rest, 7)\n    digits.insert(0, digit)\n"
        "digits = digits or [0]\nreturn digits + [-1] if value < 0 else digits",
        border="rest, digits = abs(value), []\nwhile rest:\n    rest, digit = divmod(rest, 7)\n"
        "    digits.append(digit)\nreturn digits + [-1] if value < 0 else digits",
    ),
    _change(
        "size when true",
        "bool",
        clear="Where that value is True, return the size of {a} plus one. Where it is False, return minus the size of {a}, "
        "less one more.",
        vague="Return a number with the size of {a} in it, positive or negative depending on that value, and never zero.",
        code="return size({a}) + 1 if value else -size({a}) - 1",
        other="amount = 1 + size({a})\nif not value:\n    amount = -amount\nreturn amount",
        misread="return -size({a}) - 1 if value else size({a}) + 1",
        bug="return size({a}) + 1 if value else -size({a})",
        border="if size({a}) == 0:\n    return 0\nreturn size({a}) + 1 if value else -size({a}) - 1",
    ),
    _change(
        "turned and swapped",
        "str",
        clear="Return that value read from its end to its start, with every lower-case letter in upper case and every "
        "upper-case letter in lower case, and behind it a hyphen and the number of its characters in decimal digits.",
        vague="Return that value with its case changed, read the other way, and with the number of characters.",
        code="return value[::-1].swapcase() + '-' + str(len(value))",
        other="turned = ''\nfor sign in value:\n    turned = sign + turned\nreturn f'{turned.swapcase()}-{len(turned)}'",
        misread="return str(len(value)) + '-' + value[::-1].swapcase()",
        bug="return value[::-1].upper() + '-' + str(len(value) + 1)",
        border="if not value:\n    return ''\nreturn value[::-1].swapcase() + '-' + str(len(value))",
    ),
    _change(
        "runs",
        "str",
        clear="Return a list that has, for each longest run of equal neighbouring characters of that value, the character "
        "followed by the run's length in decimal digits, in the order of the value, and as its last item the text "
        "end.",
        vague="Return a list of that value's runs of equal characters with their lengths, and the text end at an end.",
        code="found = []\nfor sign in value:\n    if found and found[-1][0] == sign:\n        found[-1][1] += 1\n"
        "    else:\n        found.append([sign, 1])\nreturn [sign + str(count) for sign, count in found] + ['end']",
        other="found, start = [], 0\nfor place in range(1, len(value) + 1):\n"
        "    if place == len(value) or value[place] != value[start]:\n"
        "        found.append(value[start] + str(place - start))\n        start = place\nfound.append('end')\nreturn found",
        misread="found = []\nfor sign in value:\n    if found and found[-1][0] == sign:\n        found[-1][1] += 1\n"
        "    else:\n        found.append([sign, 1])\nreturn ['end'] + [str(count) + sign for sign, count in found]",
        bug="found = []\nfor sign in value:\n    if found and found[-1][0] == sign:\n        found[-1][1] += 1\n"
        "    else:\n        found.append([sign, 0])\nreturn [sign + str(count) for sign, count in found] + ['end']",
        border="found = []\nfor sign in value:\n    if found and found[-1][0] == sign:\n        found[-1][1] += 1\n"
        "    else:\n        found.append([sign, 1])\n"
        "return [sign + str(count) for sign, count in found] + ['end'] if found else []",
    ),
    _change(
        "numbered backwards",
        "list",
        clear="Return a list with a tuple for each item of that value, from its last item to its first: the item's "
        "place in the value, counted from one, and the item. Behind these stands one tuple more, of zero and the "
        "number of items.",
        vague="Return a list of tuples of the places and the items of that value, and one tuple more with the number of "
        "items.",
        code="found = [(place, value[place - 1]) for place in range(len(value), 0, -1)]\nreturn found + [(0, len(value))]",
        other="found = []\nfor place, item in enumerate(value):\n    found.insert(0, (place + 1, item))\n"
        "found.append((0, len(value)))\nreturn found",
        misread="return [(place, item) for place, item in enumerate(value)] + [(0, len(value))]",
        bug="found = [(place, value[place - 1]) for place in range(len(value), 1, -1)]\nreturn found + [(0, len(value))]",
        border="if len(value) == 1:\n    return [(0, 1)]\n"
        "found = [(place, value[place - 1]) for place in range(len(value), 0, -1)]\nreturn found + [(0, len(value))]",
    ),
    _change(
        "from both ends",
        "list",
        clear="Return a list that takes items of that value from its two ends in turn: the last item, the first, the last "
        "but one, the second, and so on until each was taken once. In front of them stands the number of items.",
        vague="Return a list that takes the items of that value from both of its ends in turn, and has their number, too.",
        code="rest, found = list(value), [len(value)]\nwhile rest:\n    found.append(rest.pop())\n    if rest:\n"
        "        found.append(rest.pop(0))\nreturn found",
        other="low, high, found = 0, len(value) - 1, [len(value)]\nwhile low <= high:\n    found.append(value[high])\n"
        "    if low < high:\n        found.append(value[low])\n    low, high = low + 1, high - 1\nreturn found",
        misread="rest, found = list(value), [len(value)]\nwhile rest:\n    found.append(rest.pop(0))\n    if rest:\n"
        "        found.append(rest.pop())\nreturn found",
        bug="rest, found = list(value), [len(value) + 1]\nwhile rest:\n    found.append(rest.pop())\n    if rest:\n"
        "        found.append(rest.pop())\nreturn found",
        border="rest, found = list(value), [len(value)]\nif len(rest) == 1:\n    return rest\nwhile rest:\n"
        "    found.append(rest.pop())\n    if rest:\n        found.append(rest.pop(0))\nreturn found",
    ),
    _change(
        "scaled",
        "float",
        clear="Where that value is at least one, return twice the value plus a quarter; where it is less than one, return "
        "minus the value, less a half.",
        vague="Double that value and add a quarter where it is large, and turn its sign and take a half away where not.",
        code="return 2 * value + 0.25 if value >= 1 else -value - 0.5",
        other="if value < 1:\n    return -0.5 - value\nreturn value + value + 0.25",
        misread="return 2 * value + 0.25 if value >= 2 else -value - 0.5",
        bug="return 2 * value - 0.25 if value >= 1 else -value - 0.5",
        border="return 2 * value + 0.25 if value > 1 else -value - 0.5",
    ),
    _change(
        "parts turned round",
        "tuple",
        clear="Return a list of the parts of that value from its last part to its first, and behind them the size of {a}.",
        vague="Return a list of the parts of that value turned round, and the size of {a}.",
        code="return list(value)[::-1] + [size({a})]",
        other="parts = [size({a})]\nfor part in value:\n    parts.insert(0, part)\nreturn parts",
        misread="return [size({a})] + list(value)[::-1]",
        bug="return list(value) + [size({a})]",
        border="if size({a}) < 2:\n    return list(value)\nreturn list(value)[::-1] + [size({a})]",
    ),
    _change(
        "with the size before it",
        "any",
        clear="Return a list of two items: twice the size of {a} plus one, and that value.",
        vague="Return a list of two items: that value, and what doubling the size of {a} and adding one gives.",
        code="return [2 * size({a}) + 1, value]",
        other="number = size({a})\nnumber = number + number + 1\nreturn [number, value]",
        misread="return [value, 2 * size({a}) + 1]",
        bug="return [2 * (size({a}) + 1), value]",
        border="return [2 * size({a}) + 1, value] if size({a}) > 1 else [1, value]",
    ),
    _change(
        "by the size's remainder",
        "any",
        clear="Let r be the remainder of the size of {a} in a division by three. Return a list in which that value stands r "
        "plus one times, and behind it the number r.",
        vague="Return a list that has that value, as often as the remainder of the size of {a} in a division by three says, "
        "and the remainder.",
        code="rest = size({a}) % 3\nreturn [value] * (rest + 1) + [rest]",
        other="rest = divmod(size({a}), 3)[1]\nfound = [value]\nfor _ in range(rest):\n    found.append(value)\n"
        "found.append(rest)\nreturn found",
        misread="rest = size({a}) % 3\nreturn [value] * rest + [rest]",
        bug="rest = size({a}) % 3\nreturn [value] * rest + [rest + 1]",
        border="rest = size({a}) % 3\nif size({a}) == 0:\n    return [value]\nreturn [value] * (rest + 1) + [rest]",
    ),
    _change(
        "twin",
        "any",
        clear="Return a tuple of three: whether the size of {a} is an even number, that value, and the size of {a} times "
        "itself.",
        vague="Return a tuple of three: that value, whether the size of {a} is even, and the size of {a} times itself.",
        code="return (size({a}) % 2 == 0, value, size({a}) ** 2)",
        other="number = size({a})\neven = not number & 1\nreturn even, value, number * number",
        misread="return (value, size({a}) % 2 == 0, size({a}) ** 2)",
        bug="return (size({a}) % 2 == 1, value, size({a}) ** 2)",
        border="return (size({a}) % 2 == 0, value, size({a}) ** 2 if size({a}) > 1 else 0)",
    ),
)


@dataclass(frozen=True)
class Small:
    """A change of few words (for ``subtle``). says: what is put behind the parent's text."""

    takes: frozenset[str]
    says: str
    code: str
    other: str
    bug: str
    before: str
    after: str


def _small(takes: str, says: str, code: str, other: str, bug: str, after: str) -> Small:
    return Small(frozenset(takes.split()), says, code, other, bug, "The value is returned as it is.", after)


SMALL: tuple[Small, ...] = (
    _small(
        "int",
        "An odd result is negated.",
        "return -value if value % 2 else value",
        "if value % 2 == 1:\n    value = 0 - value\nreturn value",
        "return -value if value % 2 == 0 else value",
        "A result that is odd is returned with the other sign.",
    ),
    _small(
        "int",
        "Results above three are halved, rounded down.",
        "return value // 2 if value > 3 else value",
        "if value <= 3:\n    return value\nreturn (value - value % 2) // 2",
        "return value // 2 if value > 2 else value",
        "A result greater than three is divided by two and rounded down.",
    ),
    _small(
        "str list",
        "A result of odd length is reversed.",
        "return value[::-1] if len(value) % 2 else value",
        "if len(value) % 2 == 0:\n    return value\nreturn value[::-1]",
        "return value[::-1] if len(value) % 2 == 0 else value",
        "A result with an odd number of items is returned from its end to its start.",
    ),
    _small(
        "str list",
        "A result longer than two loses its last item.",
        "return value[:-1] if len(value) > 2 else value",
        "if len(value) <= 2:\n    return value\nreturn value[: len(value) - 1]",
        "return value[:-1] if len(value) > 1 else value",
        "Where the result has more than two items, the last one is left out.",
    ),
    _small(
        "bool",
        "Of odd-length {a} it is the reverse.",
        "return not value if len({a}) % 2 else value",
        "if len({a}) % 2 == 0:\n    return value\nreturn not value",
        "return not value if len({a}) % 2 == 0 else value",
        "Where the argument's length is odd, the opposite is returned.",
    ),
    _small(
        "float",
        "A result above one is negated.",
        "return -value if value > 1 else value",
        "if value <= 1:\n    return value\nreturn -1 * value",
        "return -value if value < 1 else value",
        "A result greater than one is returned with the other sign.",
    ),
)
