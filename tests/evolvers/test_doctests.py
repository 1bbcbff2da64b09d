"""Examples are read in every style that benchmarks use, and nothing is read that is no example."""

from __future__ import annotations

import pytest

from evalrun.evolvers.doctests import read_examples


@pytest.mark.parametrize(
    "text",
    [
        ">>> f(1, [2])\n(3, 4)\n",
        "    >>> f(1, [2]) == (3, 4)\n    >>> f(2, [])\n    0",
        "f(1, [2]) -> (3, 4)",
        "* f(1, [2]) ➞ (3, 4), because",
        "f(1, [2]) => (3, 4)",
        "f(1, [2])  # => (3, 4)",
        "f(1, [2]) == (3, 4)",
        "f(1, [2]) = (3, 4)",
        "f(1, [2]) should return (3, 4).",
        "f(1, [2])\n    -> (3,\n        4)",
        ">>> f(1, [2])\n-> (3, 4)",
    ],
)
def test_every_style_gives_call_and_value(text: str) -> None:
    example = read_examples(text, "f").examples[0]
    assert (example.arguments(), example.value) == ((1, [2]), (3, 4))
    assert text[example.start : example.end].startswith("f(1")
    assert text[example.start : example.end].endswith(")")


@pytest.mark.parametrize(
    "text",
    ["f(n) returns the sum", "def f(1) -> 2", "g.f(1) -> 2", "off(1) -> 2", "f(x) is f(1), f(2) and", "f(1, 2"],
)
def test_prose_and_definitions_are_no_examples(text: str) -> None:
    assert read_examples(text, "f").examples == ()


def test_what_looks_like_an_example_and_cannot_be_read_is_told() -> None:
    read = read_examples("f(1) -> true\nf(2) == 1 + 1\n>>> f(3) [1]\n", "f")
    assert read.examples == ()
    assert read.unread == ("f(1) -> true", "f(2) == 1 + 1", ">>> f(3) [1]")


def test_a_doctest_without_output_says_none_and_strings_may_hold_brackets() -> None:
    first, second = read_examples(">>> f([])\n>>> f(')(')\n'->'\n", "f").examples
    assert first.value is None
    assert (second.arguments(), second.value) == ((")(",), "->")


def test_an_expression_around_the_call_is_kept_whole_and_marked() -> None:
    (example,) = read_examples(">>> round(f([1, 2]), 2)\n-0.5\n", "f").examples
    assert (example.call, example.value, example.plain) == ("round(f([1, 2]), 2)", -0.5, False)
