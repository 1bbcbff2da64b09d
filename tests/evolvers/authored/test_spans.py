"""Code between backticks: names and formulas may stand in a text, lines of a program may not."""

from __future__ import annotations

import pytest

from evalrun.evolvers.authored.protocol import UnusableReply
from evalrun.evolvers.authored.spans import check_spans, given_functions, spans_in

NAMES = ("load", "weights", "limit", "heaviest")
STEPS = [
    "Then `for w in items: out.append(w)`.",
    "It is `[w for w in items if w <= limit]`.",
    "Take ``out[-1] if out else top``, then go on.",
    "Finally `return out`.",
    "By `total := sum(items)`.",
    "Use `lambda w: -w` to compare.",
    "`found = merge(first[1:], second) + [first[0]] if first else second`",
    "It is `combine(fold(left, right, 0), fold(right, left, 1), scale * 2 + 1)`.",
    "Write `for w in items:\n out.append(w)` in one line.",
]
PROSE = [
    "Return `weights` of at most `limit`.",
    "Call `load(weights, limit)` with `len(weights)` items; `sum(weights)` is not one of them.",
    "Let `n = len(weights)` and `k = n // 2`; then `n * k` counts.",
    "Use `heaviest(weights)`, which is `None` or `[1, 2]`, `'a'` or `x > 0 and y`.",
    "The text `if this` or `for all` is no program, nor is `` ` ``.",
    "As many as `max(weights) if weights else limit` says.",
]


@pytest.mark.parametrize("text", STEPS)
def test_a_line_of_a_program_gives_the_answer(text: str) -> None:
    with pytest.raises(UnusableReply, match="holds code"):
        check_spans(text, NAMES)
    check_spans(text, NAMES, known=" ".join(text.split()))


@pytest.mark.parametrize("text", PROSE)
def test_names_values_and_formulas_do_not(text: str) -> None:
    check_spans(text, NAMES)


def test_what_stands_between_backticks_is_read_as_markdown_reads_it() -> None:
    assert list(spans_in("a `b` c ``d ` e`` f\n```\ng\n``` h `i\nj`")) == ["b", "d ` e", "i j"]


def test_functions_that_a_program_is_given_are_those_that_it_calls_and_does_not_define() -> None:
    program = (
        "def f(x, key):\n    def inner(x):\n        return x\n    low = min\n    return heaviest(inner(key(low(x))))\n"
    )
    assert given_functions(program) == {"heaviest"}
