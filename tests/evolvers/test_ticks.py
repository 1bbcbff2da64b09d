"""Steps in a mutant's text are those that ``ticking`` puts into its tree."""

from __future__ import annotations

import ast

import pytest

from evalrun.evolvers.mutants import mutants_of
from evalrun.evolvers.positions import CannotEdit, Positions
from evalrun.evolvers.prover.guest import ticking
from evalrun.evolvers.prover.ticks import Ticks

SHAPES = [
    "def f(a):\n    return a + 1\n",
    'def f(a):\n    """Says it."""\n    return a + 1\n',
    'def f(a):\n    """Says it."""  # alone\n\ndef g(a):\n    return a + 1\n',
    'def f(a): "Says it."; return a + 1\n',
    "def f(a): return a + 1\n",
    "def f(a):\n    for x in a: a += x; a -= 1\n    while a > 1:\n        a -= 1\n    else:\n        a += 2\n",
    "def f(a):\n\tif a > 1:\n\t\tfor x in a:\n\t\t\ttry:\n\t\t\t\ta += 1\n\t\t\tfinally:\n\t\t\t\tpass\n\treturn a\n",
    "def f(a):\n    def g(b):\n        @h(1)\n        def i(c):\n            return c + 1\n        return i(b) - 1\n",
    "class A:\n    def f(self, é='ü'):\n        é = 'ü' + é; return [é for é in self.g if é > 'ö']\n",
    "async def f(a):\n    async for x in a:\n        with x as y:\n            y += 1\n    return y + 1\n",
    "def f(a):\n    match a:\n        case 1:\n            for x in a:\n                a += x\n    return a + 1\n",
    "def f(a):\n    for x in a:\n        @g\n        class B:\n            x = 1\n    return 1 + a\n",
    "def f(a):\r\n    for x in a:\r\n        a += x\r\n    return a + 1\r\n",
    "def f(a):\n    while True:\n        if a > 1:\n            break\n        a += 1\n    return (a -\n        1)\n",
]


@pytest.mark.parametrize("source", SHAPES)
def test_the_text_has_the_steps_of_the_tree(source: str) -> None:
    mutants = mutants_of(source)
    assert mutants
    for mutant in mutants:
        assert ast.dump(ast.parse(mutant.ticked)) == ast.dump(ticking(mutant.source))


def test_a_statement_that_begins_in_another_line_is_left_to_the_tree() -> None:
    source = "def f(a):\n    for x in a: \\\n        a += x\n    return a + 1\n"
    assert {mutant.ticked for mutant in mutants_of(source)} == {""}


def test_nothing_is_said_where_a_step_lies_inside_what_is_replaced() -> None:
    source = "def f(a):\n    for x in a:\n        a += x\n    return a\n"
    ticks = Ticks(source, ast.parse(source), Positions(source))
    with pytest.raises(CannotEdit):
        ticks.changed(source.index("for"), source.index("\n    return"), "pass")
