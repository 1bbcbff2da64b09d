from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalrun.benchmarks import CodeTask
from evalrun.evolvers import NotApplicable, Pool
from evalrun.evolvers.operators.doc_noise import MAX_RATE, DocNoise
from evalrun.evolvers.prose import Words, nearest_is, within_one_slip

from .conftest import make_check_task
from .observing import failing, made

NO_POOL = Pool((), {})
PROMPT = '''def count_items(basket, limit):
    """Carefully examine what the basket holds and report how many items are not greater than limit.

    Ignore "rotten apples" and `skipped things`; the first element never matters, except when 12345 appears.
    >>> count_items([1, 5], 3)
    1
    Surely the remaining sentence explains further background about counting.
    """
'''
KEPT = [
    "basket",
    "limit",
    "not greater than",
    "first",
    "never",
    "except",
    '"rotten apples"',
    "`skipped things`",
    "12345",
]


def task_of(prompt: str = PROMPT, body: str = "    return sum(1 for x in basket if x <= limit)\n") -> CodeTask:
    return make_check_task(0, "count_items", prompt, body, "assert candidate([1, 5], 3) == 1")


def test_only_unprotected_words_change_and_the_program_does_not() -> None:
    task = task_of()
    for candidate in made(DocNoise(), task, NO_POOL, 40):
        new = candidate.task
        assert new.prompt != task.prompt
        squeezed = " ".join(new.prompt.split())
        assert all(text in squeezed for text in KEPT), new.prompt
        assert "    >>> count_items([1, 5], 3)\n    1\n" in new.prompt
        assert new.reference == new.prompt + task.reference[len(task.prompt) :]
        rates = [gate.evidence["rate"] for gate in candidate.gates if gate.gate == "edit_rate"]
        assert 0 < rates[0] <= MAX_RATE


def test_every_variant_comes_up() -> None:
    variants = {candidate.parameters["variant"] for candidate in made(DocNoise(), task_of(), NO_POOL, 60)}
    assert variants == {"key", "swap", "drop", "double", "case", "space", "mixed"}


@pytest.mark.parametrize(
    ("old", "new", "gate"),
    [
        ("never", "nevr", "protected_tokens"),
        ("12345", "12346", "protected_tokens"),
        (">>> count_items([1, 5], 3)", ">>>  count_items([1, 5], 3)", "protected_tokens"),
        ("Carefully", "Carelessly", "nearest_word"),
        ("further", "farther", "nearest_word"),
        ("basket if", "basket  if", "edit_rate"),
        ("x <= limit", "x < limit", "same_program"),
    ],
)
def test_the_proofs_refuse_what_could_mislead(old: str, new: str, gate: str) -> None:
    task = task_of()
    changed = replace(task, prompt=task.prompt.replace(old, new), reference=task.reference.replace(old, new))
    assert changed.reference != task.reference
    assert gate in failing(DocNoise().prove(changed, (task,), {}))


def test_too_many_typos_are_refused() -> None:
    text = 'def count_items(basket, limit):\n    """Happy tiger jumps."""\n'
    task, new = task_of(text), task_of(text.replace("Happy tiger jumps", "Happpy tigger juumps"))
    (rate,) = [gate for gate in DocNoise().prove(new, (task,), {}) if gate.gate == "edit_rate"]
    # Each slip counts as two letters, of 5 + 5 + 5 and the full stop.
    assert rate.evidence == {"words": 3, "rate": 6 / 16}
    assert not rate.holds


def test_a_description_of_protected_words_only_is_refused() -> None:
    task = task_of('def count_items(basket, limit):\n    """Not greater than limit."""\n')
    with pytest.raises(NotApplicable, match="no word"):
        DocNoise().propose(task, random.Random(0), NO_POOL)


def slip_distance(left: str, right: str) -> int:
    """Optimal string alignment by its definition: insert, delete, replace, swap neighbours, each at cost 1."""
    rows = {(i, 0): i for i in range(len(left) + 1)} | {(0, j): j for j in range(len(right) + 1)}
    for i in range(1, len(left) + 1):
        for j in range(1, len(right) + 1):
            best = min(rows[i - 1, j] + 1, rows[i, j - 1] + 1, rows[i - 1, j - 1] + (left[i - 1] != right[j - 1]))
            if i > 1 and j > 1 and left[i - 1] == right[j - 2] and left[i - 2] == right[j - 1]:
                best = min(best, rows[i - 2, j - 2] + 1)
            rows[i, j] = best
    return rows[len(left), len(right)]


@given(st.text("abc", min_size=4, max_size=7), st.text("abc", min_size=4, max_size=7))
@settings(max_examples=200)
def test_one_slip_is_what_the_definition_of_the_distance_says(left: str, right: str) -> None:
    assert within_one_slip(left, right) == (slip_distance(left, right) <= 1)


def test_a_typo_is_nearer_to_its_word_than_to_any_other() -> None:
    assert nearest_is("numbrs", "numbers", Words({"numbers", "letter"}))
    assert not nearest_is("numbes", "numbers", Words({"number"}))
    assert not nearest_is("numbes", "numbers", Words({"letter"}, Words({"number"})))
    assert not nearest_is("three", "there", Words({"three"}))
    assert not nearest_is("nmubres", "numbers", Words(()))
    assert nearest_is("nUmbers", "numbers", Words({"number"}))


@given(st.text("abc", min_size=4, max_size=6), st.sets(st.text("abc", min_size=1, max_size=7), max_size=20))
@settings(max_examples=100)
def test_all_words_near_to_a_typo_are_found(typo: str, words: set[str]) -> None:
    assert set(Words(words).near(typo)) == {word for word in words if slip_distance(typo, word) <= 1}
