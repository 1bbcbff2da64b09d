"""Groups of solutions, the input that tells them apart, and the paired test of two solve rates."""

from __future__ import annotations

from collections.abc import Sequence
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.benchmarks import Comparator
from evalrun.evolvers.authored.consensus import MIN_SHARE, agrees, consensus, first_difference, separating
from evalrun.evolvers.authored.paired import ALPHA, paired
from evalrun.evolvers.protocol import Executed

PYTHON = Comparator(types="python")
INPUTS = (([5, 1, 1],), ([2],), ([3, 3],))


def rows(*values: object) -> tuple[Executed, ...]:
    """What a program gives on INPUTS; an exception by its name."""
    return tuple(
        Executed(args, None, value) if isinstance(value, str) else Executed(args, value)
        for args, value in zip(INPUTS, values, strict=True)
    )


REFERENCE = rows(7, 2, 6)


def verdict(*solutions: Sequence[Executed] | None) -> str:
    return consensus(REFERENCE, solutions, PYTHON).why


def test_three_of_five_are_enough_and_two_are_not() -> None:
    other = rows(7, 2, 3)
    assert verdict(REFERENCE, REFERENCE, REFERENCE, other, None) == ""
    assert verdict(REFERENCE, REFERENCE, rows(0, 0, 0), other, rows(1, 1, 1)) == "ambiguous"


def test_solutions_that_cannot_be_used_count_against() -> None:
    assert verdict(REFERENCE, REFERENCE, None, None, None) == "unsolved"
    assert verdict(None, None, None, None, None) == "unsolved"


def test_readers_who_agree_on_something_else_contradict_the_reference() -> None:
    other = rows(7, 2, 3)
    assert verdict(other, other, other, REFERENCE, REFERENCE) == "reference_contradicted"


def test_one_input_is_enough_to_differ_and_an_exception_is_an_outcome() -> None:
    assert first_difference(REFERENCE, rows(7, 2, 5), PYTHON) == 2
    assert first_difference(REFERENCE, rows(7, "ValueError", 6), PYTHON) == 1
    assert agrees(rows("KeyError", 2, 6), rows("KeyError", 2, 6), PYTHON)
    assert not agrees(rows("KeyError", 2, 6), rows("ValueError", 2, 6), PYTHON)


def test_the_shortest_input_that_separates_is_the_ambiguity() -> None:
    solutions = [REFERENCE, REFERENCE, rows(0, 2, 3), rows(0, 2, 3), rows(9, 9, 9)]
    found = consensus(REFERENCE, solutions, PYTHON)
    place = separating(REFERENCE, solutions, found, PYTHON)
    assert place == 2  # [3, 3] is shorter than [5, 1, 1], and both groups agree on [2]


def test_two_groups_without_the_reference_are_told_apart_where_it_differs_too() -> None:
    solutions = [rows(7, 2, 1), rows(7, 2, 1), rows(0, 2, 3), rows(0, 2, 3), None]
    found = consensus(REFERENCE, solutions, PYTHON)
    assert [len(group) for group in found.others] == [2, 2]
    assert separating(REFERENCE, solutions, found, PYTHON) == 2


def test_an_input_that_no_prompt_can_show_is_no_ambiguity() -> None:
    args: tuple[set[int]] = (set(),)
    reference, other = (Executed(args, 1),), (Executed(args, 2),)
    found = consensus(reference, [reference, other, other, None, reference], PYTHON)
    assert separating(reference, [reference, other, other, None, reference], found, PYTHON) is None


@given(st.lists(st.one_of(st.none(), st.integers(0, 3)), min_size=5, max_size=9))
def test_an_accepted_task_has_its_reference_in_the_largest_group(kinds: list[int | None]) -> None:
    solutions = [None if kind is None else rows(7, 2, 6 + kind) for kind in kinds]
    found = consensus(REFERENCE, solutions, PYTHON)
    sizes = [len(group) for group in found.others]
    assert sum(sizes) + len(found.agreeing) == found.usable == len([kind for kind in kinds if kind is not None])
    assert sizes == sorted(sizes, reverse=True)
    if found.why == "":
        assert len(found.agreeing) / len(kinds) >= MIN_SHARE - 1e-9
        assert all(size < len(found.agreeing) for size in sizes)
    assert set(found.agreeing) == {number for number, kind in enumerate(kinds) if kind == 0}


# --- paired ---


def test_the_exact_test_by_hand() -> None:
    found = paired([True] * 5, [False, False, False, True, True])
    assert (found.both, found.lost, found.won, found.neither) == (2, 3, 0, 0)
    assert found.p_lower == pytest.approx(1 / 8)
    assert not found.not_lower
    found = paired([True, True, False, False, True], [False, False, True, False, True])
    assert (found.lost, found.won) == (2, 1)
    assert found.p_lower == pytest.approx(4 / 8)  # P(X >= 2), X ~ Binomial(3, 1/2)
    assert found.not_lower


def test_without_a_discordant_pair_nothing_is_lower() -> None:
    assert paired([True, False], [True, False]).p_lower == 1.0


@given(st.lists(st.tuples(st.booleans(), st.booleans()), max_size=40))
def test_the_two_one_sided_tests_overlap_in_what_was_seen(pairs: list[tuple[bool, bool]]) -> None:
    before, after = [a for a, _ in pairs], [b for _, b in pairs]
    lower, higher = paired(before, after), paired(after, before)
    discordant = lower.lost + lower.won
    seen = comb(discordant, lower.lost) / 2**discordant
    assert lower.p_lower + higher.p_lower == pytest.approx(1 + seen)
    assert lower.not_lower == (lower.p_lower > ALPHA)


def test_rows_of_different_lengths_are_no_pairs() -> None:
    with pytest.raises(ValueError, match="zip"):
        paired([True], [True, False])
