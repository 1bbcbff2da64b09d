"""What rules that read nothing get right."""

from __future__ import annotations

from dataclasses import replace
from math import isnan

from evalrun.benchmarks.preference import PreferenceSuite
from evalrun.evolvers.preferences.balance import balance_of, report_of

from .tasks import ask, rank_three


def test_the_better_is_counted_where_it_is_shorter_or_first() -> None:
    short_first = ask("1", "Why?", "No.", "Because.", "a")
    long_second = ask("2", "Why?", "No.", "Because.", "b")
    equal = ask("3", "Why?", "Yes.", "Nay.", "a")
    balance = balance_of([short_first, long_second, equal])
    assert balance.pairs == 3
    assert balance.shorter == 1.5 / 3
    assert balance.first == 2 / 3
    assert not balance.is_even


def test_every_two_tiers_are_a_pair() -> None:
    assert balance_of([rank_three()]).pairs == 3


def test_ties_are_no_pairs_and_no_pairs_no_figure() -> None:
    tie = replace(ask("1", "Why?", "No.", "Because."), ranking=(("a", "b"),))
    balance = balance_of([tie])
    assert balance.pairs == 0
    assert isnan(balance.shorter)
    assert not balance.is_even
    assert report_of([tie]) == "all tasks: no pair of responses is ranked"


def test_operators_that_move_the_balance_are_named(toy: PreferenceSuite) -> None:
    padded = [replace(ask(str(n), "Why?", "No.", "Because.", "a"), metadata={"operator": "pad"}) for n in range(4)]
    even = [
        replace(ask(f"e{n}", "Why?", "No.", "Because.", "ab"[n % 2]), metadata={"operator": "swap"}) for n in range(4)
    ]
    text = report_of([*padded, *even])
    assert text.splitlines()[0].startswith("all tasks: of 8 pairs the better response is the shorter one in 75%")
    assert [line.split(":")[0].strip() for line in text.splitlines()[1:]] == ["pad"]
