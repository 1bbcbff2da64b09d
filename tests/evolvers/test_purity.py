"""What a program looks at beside its arguments is read off its text, also where no name says it."""

import pytest

from evalrun.evolvers.purity import varies_by_itself


@pytest.mark.parametrize(
    ("program", "why"),
    [
        ("from random import *\nx = randint(0, 1)", "the reference depends on chance"),
        ("x = __import__('random').random()", "the reference depends on chance"),
        ("import importlib\nx = importlib.import_module('time').time()", "the reference depends on the clock"),
        ("import os\nx = os.urandom(1)", "the reference depends on chance"),
        ("from os import urandom as u\nx = u(1)", "the reference depends on chance"),
        ("from math import *\nimport os\nx = os.path.join('a', 'b') + __import__('json').dumps(1)", None),
    ],
)
def test_clock_and_chance_are_found_behind_star_imports_and_imports_by_text(program: str, why: str | None) -> None:
    assert varies_by_itself(program) == why
