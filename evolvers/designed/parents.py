"""Small tasks of every type that definitions take or give, so that each finds parents on which its gates are tried."""

from __future__ import annotations

from typing import Any

from ...benchmarks import Case, CasesTest, CodeTask, Suite

_INTS = [0, 1, 2, 3, 5, 7, 10, 12, 18, 25, 33, 40, 64, 99, 100, -1, -4, -9]
_LISTS = [
    [], [4], [1, 2], [2, 1, 2], [5, 3, 8, 1], [7, 7, 7], [0, -2, 9, 4], [10, 20, 30, 40, 50], [3, 1, 4, 1, 5, 9],
    [-5, -1, -3], [6, 0, 6, 0], [12, 11, 10, 9, 8, 7], [100, 1], [2, 4, 8, 16, 32], [9, 8, 1, 2],
]  # fmt: skip
_TEXTS = [
    "", "a", "ab", "abba", "hello", "Hello World", "one two three", "x1y2z3", "Racecar", "aaab", "the end", "Zebra",
    "to be or not to be", "12 apples", "mississippi", "Q", "level up",
]  # fmt: skip
_WORDS = [
    [],
    ["a"],
    ["b", "a"],
    ["one", "two"],
    ["x", "x", "y"],
    ["pear", "fig", "apple"],
    ["", "z"],
    ["to", "be", "or"],
]
_FLAGS = [[], [True], [False], [True, False], [False, False, True], [True, True, False, True], [False, True] * 3]
_ROWS = [[], [[1]], [[1, 2], [3]], [[], [4, 4]], [[5, 1], [2, 2, 2], [0]], [[9], [8], [7, 6]], [[3, 2, 1], []]]
_PAGES = [[], [["a"]], [["a", "b"], ["c"]], [[], ["x", "x"]], [["one"], ["two", "three"]], [["z", "y"], ["q"], []]]
_COUNTS = [{}, {"a": 1}, {"b": 2, "a": 1}, {"x": 0, "y": 5, "z": -1}, {"one": 3, "two": 3}, {"k": 9, "kk": 8, "m": 1}]

# name: signature, what it does, the body, inputs
_TASKS: dict[str, tuple[str, str, str, list[Any]]] = {
    "square_and_one": ("n: int) -> int", "The square of n, plus 1.", "return n * n + 1", _INTS),
    "total_of": ("items: list[int]) -> int", "The sum of the items.", "return sum(items)", _LISTS),
    "vowels_in": (
        "text: str) -> int", "How many of the letters a, e, i, o, u stand in text.",
        "return sum(letter in 'aeiou' for letter in text)", _TEXTS,
    ),
    "is_multiple": ("n: int) -> bool", "Whether n is a multiple of 3.", "return n % 3 == 0", _INTS),
    "is_rising": (
        "items: list[int]) -> bool", "Whether no item is less than the one before it.",
        "return items == sorted(items)", _LISTS,
    ),
    "has_capital": (
        "text: str) -> bool", "Whether text has an upper-case letter.",
        "return any(letter.isupper() for letter in text)", _TEXTS,
    ),
    "without_blanks": ("text: str) -> str", "text without its spaces.", "return text.replace(' ', '')", _TEXTS),
    "spelled": ("n: int) -> str", "n in decimal between angle brackets.", "return '<' + str(n) + '>'", _INTS),
    "initials_of": (
        "words: list[str]) -> str", "The first letters of the words that are not empty.",
        "return ''.join(word[:1] for word in words)", _WORDS,
    ),
    "halves_of": (
        "items: list[int]) -> list[int]", "Half of each item, rounded down.", "return [item // 2 for item in items]",
        _LISTS,
    ),
    "multiples_of": (
        "n: int) -> list[int]", "The first five multiples of n.", "return [n * k for k in range(1, 6)]", _INTS
    ),
    "flags_of": ("items: list[int]) -> list[bool]", "Of each item, whether it is greater than 3.",
                 "return [item > 3 for item in items]", _LISTS),
    "turned": ("flags: list[bool]) -> list[bool]", "The opposite of each flag.", "return [not each for each in flags]",
               _FLAGS),
    "tokens_of": ("text: str) -> list[str]", "The words of text.", "return text.split()", _TEXTS),
    "doubled_words": (
        "words: list[str]) -> list[str]", "Each word twice in a row.", "return [word + word for word in words]", _WORDS
    ),
    "paired_rows": (
        "items: list[int]) -> list[list[int]]", "Each item in a list with the item plus 1.",
        "return [[item, item + 1] for item in items]", _LISTS,
    ),
    "grown_rows": (
        "rows: list[list[int]]) -> list[list[int]]", "Each row with its length behind it.",
        "return [row + [len(row)] for row in rows]", _ROWS,
    ),
    "pages_of": (
        "text: str) -> list[list[str]]", "For each word the list of its letters.",
        "return [list(word) for word in text.split()]", _TEXTS,
    ),
    "marked_pages": (
        "pages: list[list[str]]) -> list[list[str]]", "Each page with a dash before it.",
        "return [['-'] + page for page in pages]", _PAGES,
    ),
    "tally_of": (
        "text: str) -> dict[str, int]", "How often each letter stands in text, in the order of their first places.",
        "return {letter: text.count(letter) for letter in text}", _TEXTS,
    ),
    "doubled_counts": (
        "counts: dict[str, int]) -> dict[str, int]", "The counts, each twice as large.",
        "return {name: 2 * count for name, count in counts.items()}", _COUNTS,
    ),
    "flag_value": ("flag: bool, n: int) -> int", "n if flag is true, else minus n.", "return n if flag else -n",
                   [(flag, n) for n in _INTS[:10] for flag in (True, False)]),
}  # fmt: skip


def probe_parents() -> Suite:
    """The tasks as a suite; expected values come from running the references."""
    return Suite("probe-parents", "1", tuple(_task(name, *rest) for name, rest in _TASKS.items()))


def _task(name: str, signature: str, what: str, body: str, inputs: list[Any]) -> CodeTask:
    prompt = f'def {name}({signature}:\n    """{what}"""\n'
    cases = tuple(Case(given if isinstance(given, tuple) else (given,)) for given in inputs)
    return CodeTask(f"probe-parents/{name}", prompt, name, f"{prompt}    {body}\n", (CasesTest(cases),))
