"""Types, topics, lengths, difficulties: where a task stands."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.benchmarks import Case, CasesTest, Suite
from evalrun.evolvers.loop.describing import (
    LENGTHS,
    Niche,
    entropy,
    family_named,
    family_of,
    features_of,
    length_bin,
    niche_of,
    predicted_difficulty,
    topic_of,
    type_class,
)

from .toys import task


def test_types_are_those_of_the_tests_arguments_and_values() -> None:
    assert type_class(task("a")) == "number -> number"
    cases = (Case((["a"], 1), {"a": 1}), Case((["b", "c"], 2), {}))
    assert type_class(replace(task("a"), tests=(CasesTest(cases),))) == "list,number -> dict"


def test_a_task_of_which_no_values_are_known_is_of_other_types() -> None:
    assert type_class(replace(task("a"), tests=())) == "other"


def test_the_topic_is_the_one_most_of_whose_words_occur() -> None:
    assert topic_of("Count the vowels of each word in the sentence.") == "text"
    assert topic_of("The area of a triangle with these sides") == "geometry"
    assert topic_of("Do it.") == "general"
    assert topic_of("number word") == "numbers"  # a tie goes to the first by name


def test_lengths_fall_into_five_bins() -> None:
    assert [length_bin("x" * (bound + more)) for bound in LENGTHS for more in (0, 1)] == [
        "length 0", "length 1", "length 1", "length 2", "length 2", "length 3", "length 3", "length 4",
    ]  # fmt: skip


def test_longer_and_deeper_programs_look_harder() -> None:
    flat = "def f(x):\n    return x\n"
    longer = "def f(x):\n" + "".join(f"    a{place} = x + {place}\n" for place in range(9)) + "    return x\n"
    deeper = longer.replace("return x", "if x:\n        for y in x:\n            if y:\n                return y")
    assert 0 < predicted_difficulty(flat) < predicted_difficulty(longer) < predicted_difficulty(deeper) < 1
    assert predicted_difficulty("def f(:") == 0.5


def test_what_solvers_did_counts_as_much_as_the_guess() -> None:
    guess = features_of(task("a")).difficulty
    assert features_of(task("a"), solve_rate=0.6).difficulty == pytest.approx((guess + 0.4) / 2)


def test_a_cell_is_difficulty_domain_and_family() -> None:
    found = features_of(task("a"))
    assert niche_of(replace(found, difficulty=0.0), "x") == Niche(0, "number -> number numbers", "x")
    assert niche_of(replace(found, difficulty=1.0), "x").difficulty == 4
    assert niche_of(replace(found, difficulty=0.39), "x").difficulty == 1


def test_the_family_of_a_chain_is_its_first_operator() -> None:
    assert family_named("compose_post+rename") == "compose_post"
    assert family_named("transmission_chain:5") == "transmission_chain"
    root = task("root")
    altered = task("altered", depth=1, operator="compose_post")
    lineage = altered.lineage
    assert lineage is not None
    renamed = replace(task("renamed"), lineage=replace(lineage, operator="rename", parents=("toy/altered",), depth=2))
    known = {each.id: each for each in (root, altered, renamed)}
    assert family_of(root, known) == "seed"
    assert family_of(altered, known) == "compose_post"
    assert family_of(renamed, known) == "compose_post"
    only = replace(task("only"), lineage=replace(lineage, operator="rename"))
    assert family_of(only, {**known, "toy/root": root}) == "rename"
    assert family_of(task("m", depth=1, operator="model:combine"), known) == "combine"


def test_entropy_is_nothing_for_one_kind_and_one_for_evenly_spread_ones() -> None:
    assert entropy(Counter({"a": 7})) == 0
    assert entropy(Counter()) == 0
    assert entropy(Counter({"a": 3, "b": 3, "c": 3})) == pytest.approx(1)
    assert entropy(Counter({"a": 3, "b": 1})) == pytest.approx(0.8112781)


@given(st.text(max_size=300))
def test_any_text_has_a_topic_a_length_and_a_difficulty(text: str) -> None:
    assert topic_of(text)
    assert length_bin(text).startswith("length ")
    assert 0 < predicted_difficulty(text) < 1


def test_core_falls_into_many_domains() -> None:
    domains = Counter(features_of(each).domain for each in Suite.load("core"))
    assert len(domains) >= 20
    assert entropy(domains) > 0.85
