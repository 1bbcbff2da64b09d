"""Walking syntax trees, and comparing them with names taken back."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from evalrun import evolvers
from evalrun.evolvers.alpha import alike, taken_back
from evalrun.evolvers.syntax import walked

SOURCES = sorted(Path(str(evolvers.__file__)).parent.glob("*.py"))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_a_tree_is_walked_in_the_order_of_ast_walk(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert walked(tree) == list(ast.walk(tree))


@pytest.mark.parametrize(
    ("new", "old", "same"),
    [
        ("def g(y):\n    return y\n", "def f(x):\n    return x\n", True),
        ("def g(y):\n    return -y\n", "def f(x):\n    return x\n", False),
        ("def g(y):\n    global z\n    return 1\n", "def f(x):\n    global z\n    return 1\n", True),
        ("def g(y):\n    return 1\n", "def f(x):\n    return True\n", False),
        ("def g(y):\n    return 0.0\n", "def f(x):\n    return -0.0\n", False),
        ("def g(y):\n    return 1\n    return 2\n", "def f(x):\n    return 1\n", False),
        ("def g(y):\n    'calls g'\n", "def f(x):\n    'calls f'\n", True),
        ("def g(x):\n    return x\n", "def f(x):\n    return x\n", True),
        ("def f(x):\n    return g\n", "def f(x):\n    return g\n", False),
    ],
)
def test_trees_are_alike_when_their_dumps_are_with_names_taken_back(new: str, old: str, same: bool) -> None:
    inverse = {"g": "f", "y": "x"}
    assert alike(ast.parse(new), ast.parse(old), inverse) == same
    assert (taken_back(ast.parse(new), inverse) == ast.dump(ast.parse(old))) == same
