"""The tree is that of RFC 6962, and a path proves its leaf and no other."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalrun.benchmarks.merkle import leaf, node, path_to, root, root_by


def test_leaves_nodes_and_the_empty_tree_are_what_the_documented_formula_gives() -> None:
    assert leaf({"b": 1, "a": "é"}) == sha256(b'evalrun suite leaf 1\n{"a":"\\u00e9","b":1}').hexdigest()
    assert node("00" * 32, "ff" * 32) == sha256(b"evalrun suite node 1\n" + bytes(32) + b"\xff" * 32).hexdigest()
    assert root([]) == sha256(b"evalrun suite empty 1\n").hexdigest()


def test_a_tree_is_cut_at_the_largest_power_of_two_below_its_size() -> None:
    a, b, c, d, e = (leaf(n) for n in range(5))
    assert root([a]) == a
    assert root([a, b, c]) == node(node(a, b), c)
    assert root([a, b, c, d]) == node(node(a, b), node(c, d))
    assert root([a, b, c, d, e]) == node(node(node(a, b), node(c, d)), e)


@settings(max_examples=40)
@given(st.integers(1, 40), st.data())
def test_every_path_gives_the_root_from_its_own_leaf_only(size: int, data: st.DataObject) -> None:
    leaves = [leaf(n) for n in range(size)]
    place = data.draw(st.integers(0, size - 1))
    path = path_to(leaves, place)
    assert len(path) <= (size - 1).bit_length()
    assert root_by(path, leaves[place]) == root(leaves)
    assert root_by(path, leaf("another")) != root(leaves)


@pytest.mark.parametrize("size", [1, 2, 7])
def test_no_leaf_can_change_or_move_without_the_root(size: int) -> None:
    leaves = [leaf(n) for n in range(size)]
    for place in range(size):
        changed = [*leaves[:place], leaf("x"), *leaves[place + 1 :]]
        assert root(changed) != root(leaves)
    assert size == 1 or root(leaves[::-1]) != root(leaves)
